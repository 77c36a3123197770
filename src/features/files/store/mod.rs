//! Files in MySQL. The only place that knows the `files` table; every statement names the owner.

mod rows;

use crate::domain::id::{FileId, UserId};
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::records::changes;

pub(super) use rows::{NewFile, insert};

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

    /// After every commit: pages that were read before it are worth nothing now.
    pub(super) async fn changed(&self, owner: UserId) {
        changes::announce(&self.cache, owner).await;
    }
}

/// Whether anybody's file has this id, one that is gone for good included. Says nothing else: an id
/// is one of a kind everywhere.
pub(super) async fn is_taken(tx: &Tx, id: FileId) -> Result<bool, DbError> {
    const TAKEN: Query = Query::new("files.is_taken", "SELECT 1 FROM files WHERE id = ?");
    Ok(tx.first::<(u8,)>(&TAKEN, (id,)).await?.is_some())
}
