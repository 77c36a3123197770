//! Where tasks lie: lists that are there, the order inside of a list, tasks and their parts. What
//! looks for a place makes the owner's other writers wait, so that no two find the same one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;

use super::KIND;
use crate::domain::id::{TaskId, TaskListId, UserId};
use crate::domain::position::{self, COMFORTABLE_CHARS};
use crate::platform::db::{DbError, Query, Tx, in_clause};
use crate::services::changes::{self, NewChange, Op};

/// Neighbours on each side that are spaced anew: more when fewer do not help.
const WIDTHS: [usize; 3] = [32, 256, 1024];
/// A place that is short enough after its neighbourhood was spaced anew.
const SHORT_CHARS: usize = 24;

/// The bytes of a list in its column: the inbox is all zeros, so that it has an order as well.
pub(super) fn list_bytes(list: Option<TaskListId>) -> [u8; 16] {
    list.map_or([0; 16], |list| *list.as_bytes())
}

/// The list of such bytes.
pub(super) fn list_of(bytes: [u8; 16]) -> Option<TaskListId> {
    (bytes != [0; 16]).then(|| TaskListId::from_bytes(bytes))
}

/// What one transaction knows about places, so that it asks once.
#[derive(Debug, Default)]
pub(super) struct Places {
    held: bool,
    lists: HashMap<TaskListId, bool>,
    /// The last place of each list, as it was found.
    ends: HashMap<[u8; 16], Option<String>>,
    /// The places of each list that this transaction gives to its tasks; not all are written yet.
    given: HashMap<[u8; 16], BTreeSet<String>>,
    /// Who has places that were looked up beforehand.
    known: HashMap<([u8; 16], String), Option<TaskId>>,
    /// The lists of tasks that are in use when this transaction ends; `None`: it is not.
    homes: HashMap<TaskId, Option<[u8; 16]>>,
}

impl Places {
    /// Makes the owner's other writers wait.
    async fn hold(&mut self, tx: &Tx, owner: UserId) -> Result<(), DbError> {
        if !self.held {
            changes::lock_sequence(tx, owner).await?;
            self.held = true;
        }
        Ok(())
    }

    /// Whether a list is there; it is locked against deletion then. The inbox always is.
    pub(super) async fn has_list(
        &mut self,
        tx: &Tx,
        owner: UserId,
        list: Option<TaskListId>,
    ) -> Result<bool, DbError> {
        const EXISTS: Query = Query::new(
            "tasks.list_exists",
            "SELECT 1 FROM task_lists WHERE owner_id = ? AND id = ? AND deleted_at IS NULL \
             LOCK IN SHARE MODE",
        );
        let Some(list) = list else { return Ok(true) };
        if let Some(there) = self.lists.get(&list) {
            return Ok(*there);
        }
        let there = tx.first::<(u8,)>(&EXISTS, (owner, list)).await?.is_some();
        self.lists.insert(list, there);
        Ok(there)
    }

    /// A new place at the end of a list.
    pub(super) async fn end(
        &mut self,
        tx: &Tx,
        owner: UserId,
        list: Option<TaskListId>,
    ) -> Result<String, DbError> {
        const LAST: Query = Query::new(
            "tasks.last_position",
            "SELECT MAX(position) FROM tasks WHERE owner_id = ? AND list_id = ?",
        );
        self.hold(tx, owner).await?;
        let list = list_bytes(list);
        if let Entry::Vacant(entry) = self.ends.entry(list) {
            let row: Option<(Option<String>,)> = tx.first(&LAST, (owner, list.as_slice())).await?;
            entry.insert(row.and_then(|(last,)| last));
        }
        let found = self.ends.get(&list).and_then(Option::as_ref);
        let last = found.max(self.given.get(&list).and_then(BTreeSet::last));
        let end = position::between(last.map(String::as_str), None);
        Ok(self.give(list, end))
    }

    /// Looks up at once who has some places, because each of them will be asked for.
    pub(super) async fn prefetch(
        &mut self,
        tx: &Tx,
        owner: UserId,
        wanted: &[(Option<TaskListId>, String)],
    ) -> Result<(), DbError> {
        if wanted.len() < 2 {
            return Ok(());
        }
        let mut by_list: HashMap<[u8; 16], Vec<&String>> = HashMap::new();
        for (list, place) in wanted {
            // Lists are locked before the other writers, as everywhere.
            if self.has_list(tx, owner, *list).await? {
                by_list.entry(list_bytes(*list)).or_default().push(place);
            }
        }
        self.hold(tx, owner).await?;
        for (list, places) in by_list {
            for place in &places {
                self.known.insert((list, (*place).clone()), None);
            }
            for (marks, values) in in_clause(places) {
                let sql = format!(
                    "SELECT position, id FROM tasks \
                     WHERE owner_id = ? AND list_id = ? AND position IN ({marks})"
                );
                let query = Query::assembled("tasks.positions_taken", sql);
                let values = [vec![owner.into(), list.as_slice().into()], values].concat();
                for (place, task) in tx.list::<(String, TaskId)>(&query, values).await? {
                    self.known.insert((list, place), Some(task));
                }
            }
        }
        Ok(())
    }

    /// A place in a list, or right behind it where another task has it.
    pub(super) async fn at(
        &mut self,
        tx: &Tx,
        owner: UserId,
        list: Option<TaskListId>,
        (place, task): (&str, TaskId),
    ) -> Result<String, DbError> {
        self.hold(tx, owner).await?;
        let bytes = list_bytes(list);
        let ours = self
            .given
            .get(&bytes)
            .is_some_and(|ours| ours.contains(place));
        if !ours && !self.is_taken(tx, owner, bytes, (place, task)).await? {
            return Ok(self.give(bytes, place.to_owned()));
        }
        let written = neighbour(tx, owner, list, (place, task), true).await?;
        let behind = (Bound::Excluded(place), Bound::Unbounded);
        let ours = self.given.get(&bytes);
        let ours = ours.and_then(|ours| ours.range::<str, _>(behind).next());
        let next = written.as_ref().into_iter().chain(ours).min();
        let found = position::between(Some(place), next.map(String::as_str));
        Ok(self.give(bytes, found))
    }

    /// Whether another task has a place, as far as it is written.
    async fn is_taken(
        &self,
        tx: &Tx,
        owner: UserId,
        list: [u8; 16],
        (place, task): (&str, TaskId),
    ) -> Result<bool, DbError> {
        const TAKEN: Query = Query::new(
            "tasks.position_taken",
            "SELECT 1 FROM tasks WHERE owner_id = ? AND list_id = ? AND position = ? AND id <> ?",
        );
        if let Some(who) = self.known.get(&(list, place.to_owned())) {
            return Ok(who.is_some_and(|who| who != task));
        }
        let values = (owner, list.as_slice(), place, task);
        Ok(tx.first::<(u8,)>(&TAKEN, values).await?.is_some())
    }

    /// Remembers a place that no other task may get.
    fn give(&mut self, list: [u8; 16], place: String) -> String {
        self.given.entry(list).or_default().insert(place.clone());
        place
    }

    /// Notes that a task is in use in a list when the transaction ends.
    pub(super) fn settled(&mut self, task: TaskId, list: Option<TaskListId>) {
        self.homes.insert(task, Some(list_bytes(list)));
    }

    /// Whether a task is in use in a list, so that another one there may be a part of it.
    pub(super) async fn has_home(
        &mut self,
        tx: &Tx,
        owner: UserId,
        task: TaskId,
        list: Option<TaskListId>,
    ) -> Result<bool, DbError> {
        const HOME: Query = Query::new(
            "tasks.home",
            "SELECT list_id FROM tasks WHERE owner_id = ? AND id = ? AND shelf = 0 \
             LOCK IN SHARE MODE",
        );
        if let Entry::Vacant(entry) = self.homes.entry(task) {
            let row: Option<(Vec<u8>,)> = tx.first(&HOME, (owner, task)).await?;
            entry.insert(row.and_then(|(home,)| home.try_into().ok()));
        }
        Ok(self.homes.get(&task) == Some(&Some(list_bytes(list))))
    }
}

/// Beside which task another one is put.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// Right behind it.
    After(TaskId),
    /// Right before it.
    Before(TaskId),
}

/// A new place beside a task of a list; `None`: it is not there. The caller holds the owner's
/// other writers.
pub(super) async fn beside(
    tx: &Tx,
    owner: UserId,
    list: Option<TaskListId>,
    (anchor, task): (Anchor, TaskId),
) -> Result<Option<String>, DbError> {
    const PLACE: Query = Query::new(
        "tasks.position",
        "SELECT position FROM tasks WHERE owner_id = ? AND id = ? AND list_id = ? AND shelf < 2",
    );
    let (Anchor::After(other) | Anchor::Before(other)) = anchor;
    let bytes = list_bytes(list);
    let mut spaced = false;
    loop {
        let values = (owner, other, bytes.as_slice());
        let row: Option<(String,)> = tx.first(&PLACE, values).await?;
        let Some((place,)) = row.filter(|_| other != task) else {
            return Ok(None);
        };
        let up = matches!(anchor, Anchor::After(_));
        let next = neighbour(tx, owner, list, (&place, task), up).await?;
        let found = if up {
            position::between(Some(&place), next.as_deref())
        } else {
            position::between(next.as_deref(), Some(&place))
        };
        if found.len() <= COMFORTABLE_CHARS || spaced {
            return Ok(Some(found));
        }
        space_anew(tx, owner, list, &place).await?;
        spaced = true;
    }
}

/// The next place upwards or downwards that another task of the list has, the trash included.
async fn neighbour(
    tx: &Tx,
    owner: UserId,
    list: Option<TaskListId>,
    (place, task): (&str, TaskId),
    up: bool,
) -> Result<Option<String>, DbError> {
    const NEXT: Query = Query::new(
        "tasks.next_position",
        "SELECT position FROM tasks WHERE owner_id = ? AND list_id = ? AND position > ? \
           AND id <> ? ORDER BY position LIMIT 1",
    );
    const PREVIOUS: Query = Query::new(
        "tasks.previous_position",
        "SELECT position FROM tasks WHERE owner_id = ? AND list_id = ? AND position < ? \
           AND id <> ? ORDER BY position DESC LIMIT 1",
    );
    let query = if up { &NEXT } else { &PREVIOUS };
    let bytes = list_bytes(list);
    let row: Option<(String,)> = tx
        .first(query, (owner, bytes.as_slice(), place, task))
        .await?;
    Ok(row.map(|(place,)| place))
}

/// Gives the tasks around a place shorter places in the same order.
async fn space_anew(
    tx: &Tx,
    owner: UserId,
    list: Option<TaskListId>,
    place: &str,
) -> Result<(), DbError> {
    const UP: Query = Query::new(
        "tasks.positions_up",
        "SELECT id, position FROM tasks WHERE owner_id = ? AND list_id = ? AND position >= ? \
         ORDER BY position LIMIT ?",
    );
    const DOWN: Query = Query::new(
        "tasks.positions_down",
        "SELECT id, position FROM tasks WHERE owner_id = ? AND list_id = ? AND position < ? \
         ORDER BY position DESC LIMIT ?",
    );
    let bytes = list_bytes(list);
    let mut spaced: Vec<(TaskId, String)> = Vec::new();
    for width in WIDTHS {
        // One more on each side: what is spaced anew stays between those two.
        let values = (owner, bytes.as_slice(), place, width + 1);
        let mut around: Vec<(TaskId, String)> = tx.list(&DOWN, values).await?;
        let low = (around.len() > width).then(|| around.pop()).flatten();
        around.reverse();
        let mut above: Vec<(TaskId, String)> = tx.list(&UP, values).await?;
        let high = (above.len() > width).then(|| above.pop()).flatten();
        around.extend(above);
        let (low, high) = (low.as_ref(), high.as_ref());
        let places = position::spread(
            low.map(|(_, place)| place.as_str()),
            high.map(|(_, place)| place.as_str()),
            around.len(),
        );
        let short = places.iter().all(|place| place.len() <= SHORT_CHARS);
        spaced = around.into_iter().map(|(id, _)| id).zip(places).collect();
        if short {
            break;
        }
    }
    write_anew(tx, owner, &spaced).await
}

async fn write_anew(tx: &Tx, owner: UserId, tasks: &[(TaskId, String)]) -> Result<(), DbError> {
    const PLACE: Query = Query::new(
        "tasks.space",
        "UPDATE tasks SET position = ?, version = GREATEST(version, max_version) + 1 \
         WHERE owner_id = ? AND id = ?",
    );
    let ids = || tasks.iter().map(|(id, _)| *id);
    // First nowhere: a new place may be one that another of them still has.
    for (marks, ids) in in_clause(ids()) {
        let sql =
            format!("UPDATE tasks SET position = NULL WHERE owner_id = ? AND id IN ({marks})");
        let query = Query::assembled("tasks.unplace", sql);
        tx.exec(&query, [vec![owner.into()], ids].concat()).await?;
    }
    for (id, place) in tasks {
        tx.exec(&PLACE, (place, owner, *id)).await?;
    }
    let mut changes = Vec::with_capacity(tasks.len());
    for (marks, ids) in in_clause(ids()) {
        let sql = format!("SELECT id, version FROM tasks WHERE owner_id = ? AND id IN ({marks})");
        let query = Query::assembled("tasks.versions", sql);
        let values = [vec![owner.into()], ids].concat();
        for (id, version) in tx.list::<(TaskId, u64)>(&query, values).await? {
            changes.push(NewChange {
                kind: KIND,
                entity: *id.as_bytes(),
                op: Op::Update,
                version,
            });
        }
    }
    changes::record(tx, owner, &changes, None).await
}
