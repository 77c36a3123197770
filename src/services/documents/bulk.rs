//! Many documents at once. A batch remembers of each the one thing it changed, so that `undo` can
//! put that back and nothing else.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::rows::{Locked, lock_all, values};
use super::{Document, change};
use crate::domain::id::{BatchId, Id, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Tx};
use crate::services::batches::Item;
use crate::services::changes::{self, NewChange, Op};
use crate::services::tags::{self, Tag};

/// Most documents of one batch, with what goes along.
const MOST: usize = 5000;

/// What is done to each document of a batch; `Own` is what only its noun knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<A> {
    /// Put these tags on.
    Tag(Vec<TagName>),
    /// Take these tags off.
    Untag(Vec<TagName>),
    /// Into the trash.
    Delete,
    /// Out of the trash.
    Restore,
    /// What only this noun does.
    Custom(A),
}

/// The one thing a batch changed about a document; `Own` is what only its noun knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step<S> {
    /// It went into the trash, or came out.
    Trashed(bool),
    /// It got these tags.
    Tagged(Vec<String>),
    /// It lost these tags.
    Untagged(Vec<String>),
    /// What only this noun does, in words of its own.
    #[serde(untagged)]
    Custom(S),
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// Done: the version of each document, and what the batch has to remember.
    Done {
        /// In the order of the request.
        versions: Vec<([u8; 16], u64)>,
        /// Only documents that were really changed.
        items: Vec<Item>,
    },
    /// These places of the list name no document of the owner.
    Unknown(Vec<usize>),
    /// These places of the list name documents that would have more tags than allowed.
    TooManyTags(Vec<usize>),
    /// The action cannot be done.
    Refused(Invalid),
}

/// Does one thing to many documents, or to none of them when one is not there; as part of a batch,
/// or of none.
pub async fn apply<D: Document>(
    tx: &Tx,
    owner: UserId,
    batch: Option<BatchId>,
    ids: &[Id<D::IdMarker>],
    action: (&Action<D::Action>, Timestamp),
) -> Result<ApplyOutcome, DbError> {
    apply_at::<D>(tx, owner, batch, ids, action, D::Places::default()).await
}

/// The same for whoever knows some places already.
pub async fn apply_at<D: Document>(
    tx: &Tx,
    owner: UserId,
    batch: Option<BatchId>,
    ids: &[Id<D::IdMarker>],
    (action, now): (&Action<D::Action>, Timestamp),
    places: D::Places,
) -> Result<ApplyOutcome, DbError> {
    let mut work = Work::<D>::new(owner, now);
    work.places = places;
    if let Action::Custom(own) = action
        && let Err(refusal) = D::authorize(tx, owner, own, &mut work.places).await?
    {
        return Ok(ApplyOutcome::Refused(refusal));
    }
    let mut locked = lock_all::<D>(tx, owner, ids).await?;
    let there: HashSet<Id<D::IdMarker>> = locked.iter().map(|row| row.document.meta().id).collect();
    let places = |wanted: &dyn Fn(&Id<D::IdMarker>) -> bool| -> Vec<usize> {
        let found = ids.iter().enumerate().filter(|(_, id)| wanted(id));
        found.map(|(place, _)| place).collect()
    };
    let unknown = places(&|id| !there.contains(id));
    if !unknown.is_empty() {
        return Ok(ApplyOutcome::Unknown(unknown));
    }
    let along = D::cascade(tx, owner, ids, action).await?;
    let along: Vec<Id<D::IdMarker>> = along.into_iter().filter(|id| !there.contains(id)).collect();
    if ids.len() + along.len() > MOST {
        let detail = format!("More than {MOST} would go along.");
        return Ok(ApplyOutcome::Refused(Invalid::new(
            "ids", "too_many", detail,
        )));
    }
    locked.extend(lock_all::<D>(tx, owner, &along).await?);
    locked.sort_by_key(|row| row.document.apply_order());
    let tags = match action {
        Action::Tag(names) => tags::resolve(tx, owner, names).await?,
        Action::Untag(names) => tags::existing(tx, owner, names).await?,
        _ => Vec::new(),
    };
    if matches!(action, Action::Tag(_)) {
        let full = locked.iter().filter(|row| is_over(&row.document, &tags));
        let full: HashSet<Id<D::IdMarker>> = full.map(|row| row.document.meta().id).collect();
        if !full.is_empty() {
            return Ok(ApplyOutcome::TooManyTags(places(&|id| full.contains(id))));
        }
    }
    let mut versions = HashMap::with_capacity(locked.len());
    for row in locked {
        let head = row.document.meta();
        versions.insert(head.id, head.version);
        if let Some(step) = step(&row.document, action, &tags)
            && let Some(version) = work.take(tx, row, step, &tags).await?
        {
            versions.insert(version.0, version.1);
        }
    }
    work.write(tx, batch).await?;
    let version = |id: &Id<D::IdMarker>| Some((*id.as_bytes(), *versions.get(id)?));
    Ok(ApplyOutcome::Done {
        versions: ids.iter().filter_map(version).collect(),
        items: work.items,
    })
}

/// Whether a document would have more tags than allowed.
fn is_over<D: Document>(document: &D, tags: &[Tag]) -> bool {
    let has = document.meta().tags;
    let new = tags.iter().filter(|tag| !has.contains(&tag.name)).count();
    new + has.len() > tag::MAX_TAGS
}

/// What the action changes about a document; `None`: nothing.
fn step<D: Document>(
    document: &D,
    action: &Action<D::Action>,
    tags: &[Tag],
) -> Option<Step<D::Step>> {
    let head = document.meta();
    let names = |wanted: bool| -> Option<Vec<String>> {
        let bears = |tag: &&Tag| head.tags.contains(&tag.name) == wanted;
        let names = tags.iter().filter(bears).map(|tag| tag.name.clone());
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then_some(names)
    };
    match action {
        Action::Tag(_) => names(false).map(Step::Tagged),
        Action::Untag(_) => names(true).map(Step::Untagged),
        Action::Delete => head.deleted_at.is_none().then_some(Step::Trashed(true)),
        Action::Restore => head.deleted_at.is_some().then_some(Step::Trashed(false)),
        Action::Custom(own) => document.step(own).map(Step::Custom),
    }
}

/// The documents that change, and what is written besides them.
pub(super) struct Work<D: Document> {
    owner: UserId,
    now: Timestamp,
    /// What is known of places so far.
    pub(super) places: D::Places,
    changed: Vec<D>,
    /// Those of them that went into the trash or came out.
    moved: Vec<Id<D::IdMarker>>,
    items: Vec<Item>,
    changes: Vec<NewChange>,
    come: Vec<([u8; 16], [u8; 16])>,
    gone: Vec<([u8; 16], [u8; 16])>,
}

impl<D: Document> Work<D> {
    pub(super) fn new(owner: UserId, now: Timestamp) -> Self {
        Self {
            owner,
            now,
            places: D::Places::default(),
            changed: Vec::new(),
            moved: Vec::new(),
            items: Vec::new(),
            changes: Vec::new(),
            come: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// How many documents change.
    pub(super) fn count(&self) -> u64 {
        self.changed.len() as u64
    }

    /// Does a step to a document in memory; its version then, or `None` when it finds no place.
    /// `tags` are those that the step may name.
    pub(super) async fn take(
        &mut self,
        tx: &Tx,
        row: Locked<D>,
        mut step: Step<D::Step>,
        tags: &[Tag],
    ) -> Result<Option<(Id<D::IdMarker>, u64)>, DbError> {
        let Locked {
            mut document,
            max_version,
        } = row;
        let op = match &step {
            Step::Trashed(true) => {
                document.set_deleted_at(Some(self.now));
                Op::Trash
            }
            Step::Trashed(false) => {
                document.set_deleted_at(None);
                Op::Restore
            }
            Step::Tagged(names) => {
                let all = document.meta_mut().tags;
                all.extend(names.iter().cloned());
                tag::sort(all);
                Op::Update
            }
            Step::Untagged(names) => {
                let all = document.meta_mut().tags;
                all.retain(|name| !names.contains(name));
                Op::Update
            }
            Step::Custom(own) => {
                document.take(own, self.now);
                Op::Update
            }
        };
        let settled = document.settle(tx, self.owner, &mut step, &mut self.places);
        if !settled.await? {
            return Ok(None);
        }
        *document.meta_mut().version = max_version + 1;
        let id = document.meta().id;
        let pairs = |names: &[String]| -> Vec<([u8; 16], [u8; 16])> {
            let named = tags.iter().filter(|tag| names.contains(&tag.name));
            named
                .map(|tag| (*tag.id.as_bytes(), *id.as_bytes()))
                .collect()
        };
        match &step {
            Step::Tagged(names) => self.come.extend(pairs(names)),
            Step::Untagged(names) => self.gone.extend(pairs(names)),
            Step::Trashed(_) => self.moved.push(id),
            Step::Custom(_) => {}
        }
        self.changes.push(change(&document, op));
        self.items.push(Item::new(D::KIND, id.as_bytes(), &step));
        self.changed.push(document);
        Ok(Some((id, max_version + 1)))
    }

    /// Writes rows that are there and locked, with an upsert that always updates, and what goes
    /// with them.
    pub(super) async fn write(&mut self, tx: &Tx, batch: Option<BatchId>) -> Result<(), DbError> {
        let rows = self.changed.iter().map(|one| values(self.owner, one));
        tx.write_rows(&D::SQL.write_many, rows).await?;
        tags::add_pairs(tx, self.owner, D::KIND, &self.come).await?;
        tags::remove_pairs(tx, self.owner, D::KIND, &self.gone).await?;
        let shown_by = D::touch_referrers(tx, self.owner, &self.moved).await?;
        self.changes.extend(shown_by);
        changes::record(tx, self.owner, &self.changes, batch).await
    }
}
