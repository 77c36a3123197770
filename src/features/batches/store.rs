//! Runs batches and their undo in one transaction each, through the handlers of the kinds.
//! The SQL is in `services::batches` and in the features.

use super::model::{BatchDone, BatchItem, BatchSummary, NewBatch, Undone};
use crate::domain::id::{BatchId, EntityId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Abort, Db, DbError, Tx};
use crate::services::batches::handler::{self, UndoCount};
use crate::services::batches::{self, Batch};
use crate::services::changes;
use crate::services::dedup::idempotency_keys::{self, Claim, IdempotencyKey, StoredReply};
use crate::services::documents::ApplyOutcome;

#[derive(Clone)]
pub(super) struct BatchStore {
    db: Db,
    cache: Cache,
    clock: Clock,
}

pub(super) enum CreateOutcome {
    /// The answer of this or of an earlier run.
    Reply(StoredReply),
    /// The idempotency key was used for another request.
    KeyMismatch,
    /// Nothing was changed.
    Refused(ApplyOutcome),
}

pub(super) enum UndoOutcome {
    Done(Undone),
    /// Unknown to this owner, or older than the retention of batches.
    Missing,
    AlreadyUndone,
}

impl BatchStore {
    pub(super) fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self { db, cache, clock }
    }

    /// Runs a batch, once for each idempotency key.
    pub(super) async fn create(
        &self,
        owner: UserId,
        new: &NewBatch,
        key: Option<&IdempotencyKey>,
    ) -> Result<CreateOutcome, DbError> {
        let now = self.clock.now();
        let created = self.db.transaction("batches.create", |tx| async move {
            if let Some(key) = key {
                match idempotency_keys::claim(&tx, owner, key).await? {
                    Claim::New => {}
                    Claim::Replay(stored) => return Ok(CreateOutcome::Reply(stored)),
                    Claim::Mismatch => return Ok(CreateOutcome::KeyMismatch),
                }
            }
            // A refusal rolls back, which frees the key as well: the client may correct the request and repeat it.
            let done = run(&tx, owner, new, now).await?;
            let reply = reply(&done)?;
            if let Some(key) = key {
                idempotency_keys::store(&tx, owner, key, &reply).await?;
            }
            Ok(CreateOutcome::Reply(reply))
        });
        match created.await {
            Err(Abort::Refused(refusal)) => Ok(CreateOutcome::Refused(refusal)),
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

    pub(super) async fn undo(&self, owner: UserId, id: BatchId) -> Result<UndoOutcome, DbError> {
        let now = self.clock.now();
        let undo = self
            .db
            .transaction("batches.undo", |tx| async move {
                let Some(batch) = batches::lock(&tx, owner, id).await? else {
                    return Ok(UndoOutcome::Missing);
                };
                if batch.undone_at.is_some() {
                    return Ok(UndoOutcome::AlreadyUndone);
                }
                let items = batches::items(&tx, owner, id).await?;
                let call = handler::Undo {
                    owner,
                    batch: id,
                    items: &items,
                    now,
                };
                let mut count = UndoCount::default();
                for handler in handler::all() {
                    count += (handler.undo)(&tx, call).await?;
                }
                batches::mark_undone(&tx, owner, id, now).await?;
                Ok::<_, DbError>(UndoOutcome::Done(Undone {
                    id,
                    undone: count.undone,
                    skipped: count.skipped,
                    undone_at: now,
                }))
            })
            .await?;
        changes::notify(&self.cache, owner).await;
        Ok(undo)
    }
}

/// Applies the operation of a batch and records its items.
async fn run(
    tx: &Tx,
    owner: UserId,
    new: &NewBatch,
    now: Timestamp,
) -> Result<BatchDone, Abort<ApplyOutcome>> {
    let (id, kind) = (BatchId::new(), new.kind());
    let unknown = || Abort::Refused(ApplyOutcome::Unknown(Vec::new()));
    let handler = handler::of(kind).ok_or_else(unknown)?;
    let operation = new.operation().ok_or_else(unknown)?;
    let call = handler::Apply {
        owner,
        batch: id,
        ids: &new.ids,
        operation: &operation,
        now,
    };
    let applied = (handler.apply)(tx, call).await?;
    let ApplyOutcome::Done { versions, items } = applied else {
        return Err(Abort::Refused(applied));
    };
    let head = (id, kind, new.action.name());
    batches::insert(tx, owner, head, &items, now).await?;
    let versions = versions.into_iter();
    Ok(BatchDone {
        batch: BatchSummary {
            id,
            kind: kind.name.to_owned(),
            action: new.action.name().to_owned(),
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
    })
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
