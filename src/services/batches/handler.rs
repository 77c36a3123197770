//! How a kind takes part in batches: the operations that a client can request, and the functions that
//! the kind's feature registers to apply and to undo them.

use std::sync::OnceLock;

use futures_util::future::BoxFuture;

use super::Item;
use crate::domain::id::{BatchId, EntityId, Id, UserId};
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Tx};
use crate::services::documents::{self, Action, ApplyOutcome, Document};
use crate::services::entity_kind::EntityKind;

/// One operation on many entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    Tag(Vec<TagName>),
    Untag(Vec<TagName>),
    /// Move to the trash.
    Delete,
    /// Restore from the trash.
    Restore,
    /// Move to a container (a notebook, a list); `None` is the top level or the inbox.
    Move(Option<EntityId>),
    Pin(bool),
    Archive(bool),
    /// The name of a task status.
    Status(&'static str),
    Priority(u8),
    Due {
        at: Option<Timestamp>,
        /// `at` is midnight UTC of a civil date.
        is_date: bool,
    },
}

/// The arguments of `BatchHandler::apply`.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    pub owner: UserId,
    pub batch: BatchId,
    pub ids: &'a [EntityId],
    pub operation: &'a Operation,
    pub now: Timestamp,
}

/// The arguments of `BatchHandler::undo`.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'a> {
    pub owner: UserId,
    pub batch: BatchId,
    /// The items of all kinds; a handler undoes those of its own kinds.
    pub items: &'a [Item],
    pub now: Timestamp,
}

/// How many entities an undo restored, and how many it left alone because they changed since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UndoCount {
    pub undone: u64,
    pub skipped: u64,
}

impl std::ops::AddAssign for UndoCount {
    fn add_assign(&mut self, other: Self) {
        self.undone += other.undone;
        self.skipped += other.skipped;
    }
}

impl From<(u64, u64)> for UndoCount {
    fn from((undone, skipped): (u64, u64)) -> Self {
        Self { undone, skipped }
    }
}

/// The functions of a kind; both run in the transaction of the batch.
#[derive(Debug, Clone, Copy)]
pub struct BatchHandler {
    pub kind: EntityKind,
    /// `ApplyOutcome::Unknown` without ids for an operation that the kind does not have.
    pub apply: for<'a> fn(&'a Tx, Apply<'a>) -> BoxFuture<'a, Result<ApplyOutcome, DbError>>,
    pub undo: for<'a> fn(&'a Tx, Undo<'a>) -> BoxFuture<'a, Result<UndoCount, DbError>>,
}

/// `BatchHandler::apply` for a kind of the document engine. `custom` maps the operations that only this
/// kind has.
pub async fn apply_documents<D: Document>(
    tx: &Tx,
    call: Apply<'_>,
    custom: impl FnOnce(&Operation) -> Option<D::Action>,
) -> Result<ApplyOutcome, DbError> {
    let action = match call.operation {
        Operation::Tag(tags) => Action::Tag(tags.clone()),
        Operation::Untag(tags) => Action::Untag(tags.clone()),
        Operation::Delete => Action::Delete,
        Operation::Restore => Action::Restore,
        other => match custom(other) {
            Some(action) => Action::Custom(action),
            None => return Ok(ApplyOutcome::Unknown(Vec::new())),
        },
    };
    let ids: Vec<Id<D::IdMarker>> = call.ids.iter().map(|id| id.cast()).collect();
    documents::apply::<D>(tx, call.owner, Some(call.batch), &ids, (&action, call.now)).await
}

/// `BatchHandler::undo` for a kind of the document engine.
pub async fn undo_documents<D: Document>(tx: &Tx, call: Undo<'_>) -> Result<UndoCount, DbError> {
    let undone = documents::undo::<D>(tx, call.owner, call.batch, call.items, call.now).await?;
    Ok(undone.into())
}

static REGISTERED: OnceLock<Vec<BatchHandler>> = OnceLock::new();

/// Makes the handlers known to the process. Only the first call has an effect.
pub fn register(handlers: impl IntoIterator<Item = BatchHandler>) {
    REGISTERED.get_or_init(|| handlers.into_iter().collect());
}

/// All registered handlers.
pub fn all() -> &'static [BatchHandler] {
    REGISTERED.get().map_or(&[], Vec::as_slice)
}

/// The handler of a kind.
pub fn of(kind: EntityKind) -> Option<BatchHandler> {
    all().iter().copied().find(|handler| handler.kind == kind)
}
