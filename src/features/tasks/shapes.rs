//! The shapes that the statement of a list can have, for whoever looks at their plans.

use mysql_async::Value;

use super::days::Day;
use super::listing::{Listing, Progress, Smart, Sort};
use super::places::list_bytes;
use super::statement::list_query;
use crate::api::page::Position;
use crate::domain::id::{NoteId, TaskId, TaskListId, UserId};
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::platform::crypto;
use crate::platform::db::Query;
use crate::services::search::Found;

/// What the filters of the shapes name.
#[derive(Debug, Clone)]
pub struct Named {
    pub list: TaskListId,
    /// A list of few tasks.
    pub short: TaskListId,
    /// A priority that few tasks have.
    pub rare: u8,
    /// A task with parts.
    pub parent: TaskId,
    pub note: NoteId,
    pub tag: TagName,
    pub now: Timestamp,
    /// Where it is looked at.
    pub zone: String,
}

/// A filter, and what it changes about a list of everything.
type Filter<'a> = (&'static str, &'a dyn Fn(&mut Listing));

/// All mixtures of order, progress and cursor with one filter at a time, by name.
pub fn list_shapes(owner: UserId, named: &Named) -> Vec<(String, Query, Vec<Value>)> {
    let filters: [Filter<'_>; 16] = [
        ("plain", &|_| {}),
        ("trashed", &|of| of.trashed = true),
        ("list", &|of| of.list = Some(Some(named.list))),
        ("inbox", &|of| of.list = Some(None)),
        ("parent", &|of| of.parent = Some(Some(named.parent))),
        ("whole", &|of| of.parent = Some(None)),
        ("note", &|of| of.note = Some(named.note)),
        ("priority", &|of| of.priority = Some(3)),
        ("short", &|of| of.list = Some(Some(named.short))),
        ("rare", &|of| of.priority = Some(named.rare)),
        ("due", &|of| of.due = [Some(named.now), Some(named.now)]),
        ("tag", &|of| of.tag = Some(named.tag.clone())),
        ("today", &|of| of.smart = Some(Smart::Today)),
        ("upcoming", &|of| of.smart = Some(Smart::Upcoming)),
        ("overdue", &|of| of.smart = Some(Smart::Overdue)),
        ("finished", &|of| of.smart = Some(Smart::Done)),
    ];
    let place = format!("{}|a1", crypto::encode(&list_bytes(Some(named.list))));
    let micros = named.now.micros().to_string();
    let sorts = [
        (Sort::Position, place),
        (Sort::Due, micros.clone()),
        (Sort::Priority, "2".to_owned()),
        (Sort::Updated, micros.clone()),
        (Sort::Created, micros.clone()),
        (Sort::Completed, micros),
    ];
    let progress = [
        None,
        Some(Progress::Todo),
        Some(Progress::Done),
        Some(Progress::Open),
    ];
    let mut shapes = Vec::new();
    for (name, filter) in filters {
        for progress in progress {
            for (sort, key) in &sorts {
                for cut in [false, true] {
                    let mut listing = Listing::all();
                    listing.day = Day::at(named.now, &named.zone);
                    listing.progress = progress;
                    listing.sort = *sort;
                    listing.after = cut.then(|| Position {
                        key: key.clone(),
                        id: [7; 16],
                    });
                    filter(&mut listing);
                    let (query, values) = list_query(owner, &listing, &Found::Many);
                    let name = format!("{name}|{progress:?}|{sort:?}|{cut}");
                    shapes.push((name, query, values));
                }
            }
        }
    }
    shapes
}
