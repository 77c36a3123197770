//! Saved views in MySQL. The only place that knows the `views` table.

use super::KIND;
use super::model::{COUNT_MAX, NewView, View, ViewPatch};
use crate::domain::id::{UserId, ViewId};
use crate::domain::if_match::IfMatch;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::services::changes::{self, NewChange, Op};

/// Views of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct ViewStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

/// What became of a view that was to be written.
pub(super) enum Kept {
    /// As it is now.
    Done(View),
    /// Not there, or not the owner's.
    Missing,
    /// The client's id is in use.
    IdTaken,
    /// The account has as many as it may have.
    TooMany,
    /// Changed meanwhile; as it is.
    Stale(View),
}

const LIST: Query = Query::new(
    "views.list",
    "SELECT id, version, name, kind, query, layout, position, created_at, updated_at FROM views \
     WHERE owner_id = ? ORDER BY position, id",
);

impl ViewStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// All views, in their order.
    pub(super) async fn list(&self, owner: UserId) -> Result<Vec<View>, DbError> {
        self.db.list(&LIST, (owner,)).await
    }

    /// One view.
    pub(super) async fn find(&self, owner: UserId, id: ViewId) -> Result<Option<View>, DbError> {
        const FIND: Query = Query::new(
            "views.find",
            "SELECT id, version, name, kind, query, layout, position, created_at, updated_at \
             FROM views WHERE owner_id = ? AND id = ?",
        );
        self.db.first(&FIND, (owner, id)).await
    }

    /// Saves a view.
    pub(super) async fn insert(&self, owner: UserId, new: &NewView) -> Result<Kept, DbError> {
        const INSERT: Query = Query::new(
            "views.insert",
            "INSERT INTO views (owner_id, id, name, kind, query, layout, position, created_at, \
               updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        );
        let (now, id) = (self.clock.now(), new.id.unwrap_or_default());
        let kept = self.db.transaction("views.insert", |tx| async move {
            changes::lock_sequence(&tx, owner).await?;
            let views: Vec<View> = tx.list(&LIST, (owner,)).await?;
            if views.len() >= COUNT_MAX {
                return Ok(Kept::TooMany);
            }
            let last = views
                .last()
                .map_or(0, |view| view.position.saturating_add(1));
            let view = View {
                id,
                version: 1,
                name: new.name.clone(),
                kind: new.kind.word().to_owned(),
                query: new.query.clone(),
                layout: new.layout.clone(),
                position: new.position.unwrap_or(last),
                created_at: now,
                updated_at: now,
            };
            let values = (
                owner,
                id,
                &view.name,
                &view.kind,
                &view.query,
                &view.layout,
                view.position,
                now,
                now,
            );
            tx.exec(&INSERT, values).await?;
            note_change(&tx, owner, (id, 1), Op::Create).await?;
            Ok::<_, DbError>(Kept::Done(view))
        });
        match kept.await {
            Err(err) if err.violates("PRIMARY") || err.violates("uq_views_id") => Ok(Kept::IdTaken),
            kept => {
                let kept = kept?;
                changes::notify(&self.cache, owner).await;
                Ok(kept)
            }
        }
    }

    /// Changes a view.
    pub(super) async fn update(
        &self,
        owner: UserId,
        id: ViewId,
        base: Option<&IfMatch>,
        patch: &ViewPatch,
    ) -> Result<Kept, DbError> {
        const LOCK: Query = Query::new(
            "views.lock",
            "SELECT id, version, name, kind, query, layout, position, created_at, updated_at \
             FROM views WHERE owner_id = ? AND id = ? FOR UPDATE",
        );
        const UPDATE: Query = Query::new(
            "views.update",
            "UPDATE views SET version = ?, name = ?, query = ?, layout = ?, position = ?, \
               updated_at = ? WHERE owner_id = ? AND id = ?",
        );
        let now = self.clock.now();
        let kept = self.db.transaction("views.update", |tx| async move {
            let Some(before) = tx.first::<View>(&LOCK, (owner, id)).await? else {
                return Ok(Kept::Missing);
            };
            if base.is_some_and(|base| !base.allows(before.version)) {
                return Ok(Kept::Stale(before));
            }
            let mut after = patch.applied_to(&before);
            if after == before {
                return Ok(Kept::Done(before));
            }
            after.version += 1;
            after.updated_at = now;
            let values = (
                after.version,
                &after.name,
                &after.query,
                &after.layout,
                after.position,
                now,
                owner,
                id,
            );
            tx.exec(&UPDATE, values).await?;
            note_change(&tx, owner, (id, after.version), Op::Update).await?;
            Ok::<_, DbError>(Kept::Done(after))
        });
        let kept = kept.await?;
        changes::notify(&self.cache, owner).await;
        Ok(kept)
    }

    /// Removes a view; one that is gone stays gone.
    pub(super) async fn remove(&self, owner: UserId, id: ViewId) -> Result<(), DbError> {
        const REMOVE: Query = Query::new(
            "views.remove",
            "DELETE FROM views WHERE owner_id = ? AND id = ?",
        );
        self.db
            .transaction("views.remove", |tx| async move {
                if tx.exec(&REMOVE, (owner, id)).await?.affected > 0 {
                    note_change(&tx, owner, (id, 0), Op::Delete).await?;
                }
                Ok::<_, DbError>(())
            })
            .await?;
        changes::notify(&self.cache, owner).await;
        Ok(())
    }
}

async fn note_change(
    tx: &Tx,
    owner: UserId,
    (id, version): (ViewId, u64),
    op: Op,
) -> Result<(), DbError> {
    let change = NewChange {
        kind: KIND,
        entity: *id.as_bytes(),
        op,
        version,
    };
    changes::record(tx, owner, &[change], None).await
}
