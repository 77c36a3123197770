//! The statement of a list of tasks, put together from fixed parts. No value ever becomes part of
//! its text. Which index reads it is said, not guessed: a server that guesses by its statistics
//! guesses wrong for somebody.

use mysql_async::Value;

use super::KIND;
use super::days::Day;
use super::items::SUBTASKS;
use super::listing::{Listing, Smart, Sort};
use super::model::{Status, TaskSummary};
use super::places::list_bytes;
use crate::api::page::Position;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::platform::crypto;
use crate::platform::db::Query;
use crate::services::documents::{Document, keyset_condition};
use crate::services::search::Found;
use crate::services::{attachments, tags};

/// Indexes that do not begin with the owner, or that only keep places apart.
const OTHERS: &str = " IGNORE INDEX (uq_tasks_id, uq_tasks_position, ix_tasks_shelf_deleted)";

struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }
}

/// The statement of one page and its values; it asks for one item more than the page holds.
/// `found` is what its search finds.
pub(super) fn list_query(owner: UserId, listing: &Listing, found: &Found) -> (Query, Vec<Value>) {
    let columns = TaskSummary::SQL.columns;
    let shelf = if listing.trashed { 2_u8 } else { 0 };
    let index = match indexes(listing).as_slice() {
        [] => found.read_by(OTHERS).to_owned(),
        indexes => format!(" FORCE INDEX ({})", indexes.join(", ")),
    };
    let mut statement = Statement {
        sql: format!(
            "SELECT {columns}, {}, {SUBTASKS} FROM tasks n{index} WHERE n.owner_id = ? AND n.shelf = ?",
            attachments::flag(KIND)
        ),
        values: vec![owner.into(), shelf.into()],
    };
    add_progress(&mut statement, listing);
    add_filters(&mut statement, owner, listing, found);
    add_due(&mut statement, listing);
    if let Some(after) = &listing.after {
        add_cursor(&mut statement, listing, after);
    }
    let order = match listing.sort {
        // A constant in the order can keep a server from taking that of the index.
        Sort::Position if listing.list.is_some() => "n.position",
        Sort::Position => "n.list_id, n.position",
        Sort::Due => "n.due_key, n.id",
        Sort::Priority => "n.priority DESC, n.id DESC",
        Sort::Updated => "n.updated_at DESC, n.id DESC",
        Sort::Created => "n.created_at DESC, n.id DESC",
        Sort::Completed => "n.completed_at DESC, n.id DESC",
    };
    let Statement {
        mut sql,
        mut values,
    } = statement;
    sql.push_str(&format!(" ORDER BY {order} LIMIT ?"));
    values.push((listing.limit + 1).into());
    let name = if listing.search.is_some() {
        "tasks.search"
    } else {
        "tasks.list"
    };
    (Query::assembled(name, sql), values)
}

/// The indexes that may read a list; none: what bears a tag or holds a word is looked up one by one.
/// Where a filter goes by another index than the order does, the server weighs the two: it knows how
/// many rows each holds. Left with all of them it would weigh guesses.
fn indexes(listing: &Listing) -> Vec<&'static str> {
    if listing.tag.is_some() || listing.search.is_some() {
        return Vec::new();
    }
    if matches!(listing.parent, Some(Some(_))) {
        return vec!["ix_tasks_owner_parent"];
    }
    if listing.note.is_some() {
        return vec!["ix_tasks_owner_note"];
    }
    let wanted = listing.wanted();
    let one_status = matches!(wanted, Some(Ok(_)));
    let either = |all, open| if wanted.is_some() { open } else { all };
    let by_due = either("ix_tasks_owner_due", "ix_tasks_owner_open_due");
    let by_priority = either("ix_tasks_owner_priority", "ix_tasks_owner_open_priority");
    let by_place = match listing.list {
        Some(_) if one_status => "ix_tasks_owner_column",
        _ => either("ix_tasks_owner_position", "ix_tasks_owner_open"),
    };
    // What is due in some time is little, in whatever order.
    if listing.needs_day() || listing.due.iter().any(Option::is_some) {
        return vec![by_due];
    }
    let mut indexes = vec![match listing.sort {
        Sort::Position => by_place,
        Sort::Due => by_due,
        Sort::Priority => by_priority,
        Sort::Updated => "ix_tasks_owner_updated",
        Sort::Created => "ix_tasks_owner_created",
        Sort::Completed => "ix_tasks_owner_completed",
    }];
    if listing.list.is_some() && listing.sort != Sort::Position {
        indexes.push(by_place);
    }
    if listing.priority.is_some() && listing.sort != Sort::Priority {
        indexes.push(by_priority);
    }
    indexes
}

fn add_progress(statement: &mut Statement, listing: &Listing) {
    let Some(wanted) = listing.wanted() else {
        return;
    };
    let done = wanted == Ok(Status::Done);
    if listing.sort == Sort::Completed && !done {
        // Nothing is both; the server would look through all that is done to find that out.
        statement.and("1 = 0", []);
        return;
    }
    statement.and("n.done = ?", [done.into()]);
    if let Ok(status) = wanted {
        statement.and("n.status = ?", [status.number().into()]);
    }
    if listing.sort == Sort::Completed {
        statement.and("n.completed_at IS NOT NULL", []);
    }
}

fn add_filters(statement: &mut Statement, owner: UserId, listing: &Listing, found: &Found) {
    if let Some(list) = listing.list {
        statement.and("n.list_id = ?", [list_bytes(list).as_slice().into()]);
    }
    if let Some(priority) = listing.priority {
        statement.and("n.priority = ?", [priority.into()]);
    }
    match listing.parent {
        None => {}
        Some(None) => statement.and("n.parent_id IS NULL", []),
        Some(Some(parent)) => statement.and("n.parent_id = ?", [parent.into()]),
    }
    if let Some(note) = listing.note {
        statement.and("n.note_id = ?", [note.into()]);
    }
    if let Some(tag) = &listing.tag {
        let (condition, names) = tags::condition(owner, KIND, "n.id", tag);
        statement.sql.push_str(&condition);
        statement.values.extend(names);
    }
    if let Some(search) = &listing.search {
        let (condition, values) = found.documents(owner, KIND, search);
        statement.sql.push_str(&condition);
        statement.values.extend(values);
    }
}

/// A task without a due date has the end of time for a key: it is never before anything.
fn add_due(statement: &mut Statement, listing: &Listing) {
    let [from, before] = listing.due;
    if let Some(from) = from {
        let condition = "n.due_key >= ? AND n.due_key < '9999-12-31'";
        statement.and(condition, [from.into()]);
    }
    if let Some(before) = before {
        statement.and("n.due_key < ?", [before.into()]);
    }
    let Some(day) = listing.day.filter(|_| listing.needs_day()) else {
        return;
    };
    let Day {
        now,
        date,
        next_date,
        begins,
        ends,
    } = day;
    // The first comparison lets the index begin or end at the right place, the second is the rule.
    let either = |date: &str, moment: &str| {
        format!(
            "((n.due_is_date = 1 AND n.due_key {date}) OR (n.due_is_date = 0 AND n.due_key {moment}))"
        )
    };
    match listing.smart {
        Some(Smart::Today) => {
            let (low, high) = (date.min(begins), next_date.max(ends));
            statement.and(
                "n.due_key >= ? AND n.due_key < ?",
                [low.into(), high.into()],
            );
            let rule = "((n.due_is_date = 1 AND n.due_key = ?) OR \
                         (n.due_is_date = 0 AND n.due_key >= ? AND n.due_key < ?))";
            statement.and(rule, [date.into(), begins.into(), ends.into()]);
        }
        Some(Smart::Upcoming) => {
            let low = next_date.min(ends);
            let condition = "n.due_key >= ? AND n.due_key < '9999-12-31'";
            statement.and(condition, [low.into()]);
            statement.and(&either(">= ?", ">= ?"), [next_date.into(), ends.into()]);
        }
        Some(Smart::Overdue) => {
            statement.and("n.due_key < ?", [date.max(now).into()]);
            statement.and(&either("< ?", "< ?"), [date.into(), now.into()]);
        }
        Some(Smart::Done) | None => {}
    }
    statement.and("n.done = 0", []);
}

fn add_cursor(statement: &mut Statement, listing: &Listing, after: &Position) {
    let id = || Value::from(after.id.as_slice());
    let moment = || -> Value {
        let micros = after.key.parse().ok();
        let at = micros.and_then(Timestamp::from_micros);
        at.map_or(Value::Date(9999, 12, 31, 0, 0, 0, 0), Value::from)
    };
    let (condition, key) = match listing.sort {
        Sort::Position => {
            let (list, position) = after.key.split_once('|').unwrap_or_default();
            if listing.list.is_some() {
                statement.and("n.position > ?", [position.into()]);
                return;
            }
            let list = crypto::decode(list).unwrap_or_default();
            let list = || Value::from(list.as_slice());
            let condition = "n.list_id >= ? AND (n.list_id > ? OR n.position > ?)";
            statement.and(condition, [list(), list(), position.into()]);
            return;
        }
        Sort::Due => (keyset_condition("n.due_key", ">"), moment()),
        Sort::Priority => {
            let priority: u8 = after.key.parse().unwrap_or(0);
            (keyset_condition("n.priority", "<"), priority.into())
        }
        Sort::Updated => (keyset_condition("n.updated_at", "<"), moment()),
        Sort::Created => (keyset_condition("n.created_at", "<"), moment()),
        Sort::Completed => (keyset_condition("n.completed_at", "<"), moment()),
    };
    statement.and(&condition, [key.clone(), key, id()]);
}
