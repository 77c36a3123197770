//! A page of tasks out of the database: each with its files, and how its parts are.

use mysql_async::prelude::{FromRow, FromValue};
use mysql_async::{FromRowError, Row};

use super::listing::{Listing, list_query};
use super::model::{Subtasks, TaskItem, TaskSummary};
use super::store::TaskStore;
use crate::domain::id::UserId;
use crate::platform::db::DbError;
use crate::services::documents::Bearing;
use crate::services::search::Found;

/// How the parts of a task are, as two columns; parts have none. Left to guess, a server reads all
/// tasks of the owner for each.
pub(super) const SUBTASKS: &str = "IF(n.parent_id IS NULL, (SELECT COUNT(*) \
     FROM tasks c FORCE INDEX (ix_tasks_owner_parent) \
     WHERE c.owner_id = n.owner_id AND c.parent_id = n.id AND c.shelf = 0 AND c.done = 0), 0), \
   IF(n.parent_id IS NULL, (SELECT COUNT(*) FROM tasks c FORCE INDEX (ix_tasks_owner_parent) \
     WHERE c.owner_id = n.owner_id AND c.parent_id = n.id AND c.shelf = 0), 0)";

/// A row of a list: the task, whether it bears files, and at its end `SUBTASKS`.
struct ItemRow(Bearing<TaskSummary>, Subtasks);

impl FromRow for ItemRow {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        let end = row.len();
        let (open, total) = (take(&mut row, end - 2), take(&mut row, end - 1));
        let (Some(open), Some(total)) = (open, total) else {
            return Err(FromRowError(row));
        };
        Ok(Self(Bearing::from_row_opt(row)?, Subtasks { open, total }))
    }
}

fn take<T: FromValue>(row: &mut Row, place: usize) -> Option<T> {
    row.take_opt(place)?.ok()
}

impl TaskStore {
    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<TaskItem>, bool), DbError> {
        let (search, limit) = (listing.search.as_deref(), listing.limit);
        let statement = |found: &Found| list_query(owner, listing, found);
        let (rows, more): (Vec<ItemRow>, _) = self.page(owner, search, limit, statement).await?;
        let (rows, subtasks): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .map(|ItemRow(row, subtasks)| (row, subtasks))
            .unzip();
        let tasks = self.with_files(owner, rows).await?.into_iter();
        let items = tasks.zip(subtasks);
        let items = items.map(|(summary, subtasks)| TaskItem { summary, subtasks });
        Ok((items.collect(), more))
    }
}
