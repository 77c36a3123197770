//! Files in MySQL. The only place that knows the `files` table; every statement names the owner.
//! What each file does: `rows` reads and writes rows, `edit` renames and tags, `shelves` is the
//! trash, `content` finds the bytes, `ending` removes what goes with an account.

mod content;
mod edit;
mod ending;
mod rows;
mod shelves;

use crate::domain::id::{FileId, UserId};
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError};
use crate::records::attachments::{self, Place};
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;

pub(super) use content::Content;
pub(super) use edit::Edited;
pub use ending::purge_owner;
pub(super) use rows::{COLUMNS, NewFile, insert, words};
pub(super) use shelves::Removed;
pub use shelves::{purge_gone, purge_trash};

use super::listing::{Listing, list_query};
use super::model::File;

/// Files of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct FileStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

impl FileStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// One file of the owner, wherever it lies but gone for good.
    pub(super) async fn find(&self, owner: UserId, id: FileId) -> Result<Option<File>, DbError> {
        let row: Option<rows::Listed> = self.db.first(&rows::FIND, (owner, id)).await?;
        Ok(row.map(|row| row.0))
    }

    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<File>, bool), DbError> {
        let (query, values) = list_query(owner, listing);
        let mut rows: Vec<rows::Listed> = self.db.list(&query, values).await?;
        let more = rows.len() > listing.limit as usize;
        rows.truncate(listing.limit as usize);
        Ok((rows.into_iter().map(|row| row.0).collect(), more))
    }

    /// What the file is attached to, after one of them.
    pub(super) async fn places(
        &self,
        owner: UserId,
        id: FileId,
        after: Option<(u8, [u8; 16])>,
        limit: u32,
    ) -> Result<Vec<Place>, DbError> {
        attachments::places(&self.db, owner, id, after, limit).await
    }

    /// After every commit: pages that were read before it are worth nothing now.
    async fn changed(&self, owner: UserId) {
        changes::announce(&self.cache, owner).await;
    }
}

fn change(file: &File, op: Op) -> NewChange {
    NewChange {
        kind: Kind::File,
        entity: *file.id.as_bytes(),
        op,
        version: file.version,
    }
}
