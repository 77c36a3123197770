//! Transactions around `services::tags`. No SQL of its own.

use crate::domain::id::{TagId, UserId};
use crate::domain::tag::TagName;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError};
use crate::services::changes;
use crate::services::tags::{self, Retagged, TagRow};

/// Tags of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct TagStore {
    db: Db,
    cache: Cache,
}

impl TagStore {
    pub(super) fn new(db: Db, cache: Cache) -> Self {
        Self { db, cache }
    }

    /// The tags after a name.
    pub(super) async fn list(
        &self,
        owner: UserId,
        after: &str,
        limit: u32,
    ) -> Result<Vec<TagRow>, DbError> {
        tags::list(&self.db, owner, after, limit).await
    }

    /// Renames a tag everywhere.
    pub(super) async fn rename(
        &self,
        owner: UserId,
        id: TagId,
        name: &TagName,
    ) -> Result<Retagged, DbError> {
        let work = self.db.transaction("tags.rename", |tx| async move {
            tags::rename(&tx, owner, id, name).await
        });
        match work.await {
            // Another request took the name between our look and our write.
            Err(err) if err.violates("uq_tags_owner_name_norm") => Ok(Retagged::NameTaken),
            done => self.settled(owner, done).await,
        }
    }

    /// Puts everything under another tag.
    pub(super) async fn merge(
        &self,
        owner: UserId,
        from: TagId,
        into: TagId,
    ) -> Result<Retagged, DbError> {
        let work = self.db.transaction("tags.merge", |tx| async move {
            tags::merge(&tx, owner, from, into).await
        });
        self.settled(owner, work.await).await
    }

    /// Takes a tag off everything.
    pub(super) async fn remove(&self, owner: UserId, id: TagId) -> Result<Retagged, DbError> {
        let work = self.db.transaction("tags.delete", |tx| async move {
            tags::remove(&tx, owner, id).await
        });
        self.settled(owner, work.await).await
    }

    async fn settled(
        &self,
        owner: UserId,
        done: Result<Retagged, DbError>,
    ) -> Result<Retagged, DbError> {
        let done = done?;
        changes::notify(&self.cache, owner).await;
        Ok(done)
    }
}
