//! Transactions around batches. No SQL of its own: nouns and records have it.

use super::model::{BatchDone, BatchItem, BatchSummary, NewBatch, Undone};
use crate::domain::id::{BatchId, EntityId, UserId};
use crate::domain::time::Timestamp;
use crate::features::{files, notes, tasks};
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Abort, Db, DbError, Tx};
use crate::services::batches::{self, Batch};
use crate::services::changes;
use crate::services::dedup::idempotency_keys::{self, Claim, IdempotencyKey, StoredReply};
use crate::services::documents::ApplyOutcome;
use crate::services::entity_kind::EntityKind;

/// Batches of all owners, each asked for by its owner.
#[derive(Clone)]
pub(super) struct BatchStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

/// What became of a batch.
pub(super) enum Created {
    /// The answer of this or of an earlier run.
    Reply(StoredReply),
    /// The idempotency key stands for another request.
    KeyMismatch,
    /// Nothing was done.
    Refused(ApplyOutcome),
}

/// What became of an undo.
pub(super) enum Undo {
    Done(Undone),
    /// Not there, not the owner's, or too old.
    Missing,
    /// RevisionOutcome back before.
    Already,
}

impl BatchStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// Does a batch, once per idempotency key.
    pub(super) async fn create(
        &self,
        owner: UserId,
        new: &NewBatch,
        key: Option<&IdempotencyKey>,
    ) -> Result<Created, DbError> {
        let now = self.clock.now();
        let created = self.db.transaction("batches.create", |tx| async move {
            if let Some(key) = key {
                match idempotency_keys::claim(&tx, owner, key).await? {
                    Claim::New => {}
                    Claim::Replay(stored) => return Ok(Created::Reply(stored)),
                    Claim::Mismatch => return Ok(Created::KeyMismatch),
                }
            }
            // After a refusal nothing of the key may stay.
            let done = run(&tx, owner, new, now).await?.map_err(Abort::Refused)?;
            let reply = reply(&done)?;
            if let Some(key) = key {
                idempotency_keys::store(&tx, owner, key, &reply).await?;
            }
            Ok(Created::Reply(reply))
        });
        match created.await {
            Err(Abort::Refused(refusal)) => Ok(Created::Refused(refusal)),
            Err(Abort::Failed(err)) => Err(err),
            Ok(created) => {
                changes::notify(&self.cache, owner).await;
                Ok(created)
            }
        }
    }

    /// The batches before one of them, newest first.
    pub(super) async fn list(
        &self,
        owner: UserId,
        before: Option<BatchId>,
        limit: u32,
    ) -> Result<Vec<Batch>, DbError> {
        batches::list(&self.db, owner, before, limit).await
    }

    /// Takes a batch back.
    pub(super) async fn undo(&self, owner: UserId, id: BatchId) -> Result<Undo, DbError> {
        let now = self.clock.now();
        let undo = self
            .db
            .transaction("batches.undo", |tx| async move {
                let Some(batch) = batches::lock(&tx, owner, id).await? else {
                    return Ok(Undo::Missing);
                };
                if batch.undone_at.is_some() {
                    return Ok(Undo::Already);
                }
                let items = batches::items(&tx, owner, id).await?;
                let notes = notes::undo(&tx, owner, id, &items, now).await?;
                let tasks = tasks::undo(&tx, owner, id, &items, now).await?;
                let files = files::undo(&tx, owner, id, &items, now).await?;
                batches::mark_undone(&tx, owner, id, now).await?;
                Ok::<_, DbError>(Undo::Done(Undone {
                    id,
                    undone: notes.0 + tasks.0 + files.0,
                    skipped: notes.1 + tasks.1 + files.1,
                    undone_at: now,
                }))
            })
            .await?;
        changes::notify(&self.cache, owner).await;
        Ok(undo)
    }
}

/// Does the work of a batch; `Err` is a refusal of the noun.
async fn run(
    tx: &Tx,
    owner: UserId,
    new: &NewBatch,
    now: Timestamp,
) -> Result<Result<BatchDone, ApplyOutcome>, DbError> {
    let id = BatchId::new();
    let applied = match new.kind() {
        EntityKind::Note if let Some(action) = new.on_notes() => {
            notes::apply(tx, owner, id, &new.ids, (&action, now)).await?
        }
        EntityKind::Task if let Some(action) = new.on_tasks() => {
            tasks::apply(tx, owner, id, &new.ids, (&action, now)).await?
        }
        EntityKind::File if let Some(action) = new.on_files() => {
            files::apply(tx, owner, id, &new.ids, (&action, now)).await?
        }
        // Refused before it came here.
        _ => ApplyOutcome::Unknown(Vec::new()),
    };
    let ApplyOutcome::Done { versions, items } = applied else {
        return Ok(Err(applied));
    };
    let head = (id, new.kind(), new.action.word());
    batches::insert(tx, owner, head, &items, now).await?;
    let versions = versions.into_iter();
    Ok(Ok(BatchDone {
        batch: BatchSummary {
            id,
            kind: new.kind().word().to_owned(),
            action: new.action.word().to_owned(),
            count: u32::try_from(items.len()).unwrap_or(u32::MAX),
            created_at: now,
            undone_at: None,
        },
        items: versions
            .map(|(id, version)| BatchItem {
                id: EntityId::from_bytes(id),
                version,
            })
            .collect(),
    }))
}

fn reply(done: &BatchDone) -> Result<StoredReply, DbError> {
    let body = serde_json::to_vec(done)
        .map_err(|err| DbError::unreadable("batches.answer", err.to_string()))?;
    Ok(StoredReply {
        status: 200,
        body,
        ..StoredReply::default()
    })
}
