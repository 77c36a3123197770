//! Creating documents, once for each idempotency key.

use super::rows;
use super::{Document, DocumentWithBody, Documents, TextDocument, change};
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::platform::db::{Abort, DbError, Tx};
use crate::services::changes::{self, Op};
use crate::services::dedup::idempotency_keys::{self, Claim, IdempotencyKey, StoredReply};
use crate::services::documents::revisions::{self, NewRevision, Reason};
use crate::services::search;
use crate::services::tags::{self, Tag};

/// What became of a document to be created.
#[derive(Debug)]
pub enum InsertOutcome {
    /// The answer of this or of an earlier run.
    Reply(StoredReply),
    /// The client's id is in use.
    IdTaken,
    /// The idempotency key stands for another request.
    KeyMismatch,
    /// It cannot have its place.
    Refused(Invalid),
}

impl<D: TextDocument> Documents<D> {
    /// Creates a document with its tags. `reply` makes of it the answer that the idempotency key
    /// will give again.
    pub async fn insert<R>(
        &self,
        owner: UserId,
        (full, names): (&DocumentWithBody<D>, &[TagName]),
        key: Option<&IdempotencyKey>,
        reply: R,
    ) -> Result<InsertOutcome, DbError>
    where
        R: Fn(&DocumentWithBody<D>) -> StoredReply + Send + Sync,
    {
        let reply = &reply;
        let inserted = self.db.transaction("documents.insert", |tx| async move {
            if let Some(key) = key {
                match idempotency_keys::claim(&tx, owner, key).await? {
                    Claim::New => {}
                    Claim::Replay(stored) => return Ok(InsertOutcome::Reply(stored)),
                    Claim::Mismatch => return Ok(InsertOutcome::KeyMismatch),
                }
            }
            let mut full = full.clone();
            if let Err(refusal) = full.document.validate_new(&tx, owner).await? {
                // The key was not used: nothing was done.
                return Err(Abort::Refused(refusal));
            }
            let tags = tags::resolve(&tx, owner, names).await?;
            *full.document.meta_mut().tags = tags::names(&tags);
            let reply = reply(&full);
            if let Some(key) = key {
                idempotency_keys::store(&tx, owner, key, &reply).await?;
            }
            insert_text(&tx, owner, &full).await?;
            let words = [full.document.title(), &full.body];
            create(&tx, owner, &full.document, &tags, &words).await?;
            Ok(InsertOutcome::Reply(reply))
        });
        match inserted.await {
            Err(Abort::Refused(refusal)) => Ok(InsertOutcome::Refused(refusal)),
            Err(Abort::Failed(err))
                if err.violates("PRIMARY") || err.violates(D::SQL.unique_id) =>
            {
                Ok(InsertOutcome::IdTaken)
            }
            Err(Abort::Failed(err)) => Err(err),
            Ok(inserted) => {
                self.changed(owner).await;
                Ok(inserted)
            }
        }
    }
}

async fn insert_text<D: TextDocument>(
    tx: &Tx,
    owner: UserId,
    full: &DocumentWithBody<D>,
) -> Result<(), DbError> {
    let head = full.document.meta();
    let revision = NewRevision {
        kind: D::KIND,
        entity: head.id.as_bytes(),
        version: head.version,
        parent_version: 0,
        title: full.document.title(),
        body: &full.body,
        reason: Reason::Edit,
        at: head.created_at,
    };
    revisions::insert(tx, owner, revision).await
}

/// Writes a new document: its row, the words it is found by, its tags, and its change.
pub async fn create<D: Document>(
    tx: &Tx,
    owner: UserId,
    document: &D,
    tags: &[Tag],
    words: &[&str],
) -> Result<(), DbError> {
    let id = *document.meta().id.as_bytes();
    tx.exec(&D::SQL.insert, rows::values(owner, document))
        .await?;
    search::replace(tx, owner, D::KIND, &id, &[], words).await?;
    let pairs: Vec<_> = tags.iter().map(|tag| (*tag.id.as_bytes(), id)).collect();
    tags::add_pairs(tx, owner, D::KIND, &pairs).await?;
    changes::record(tx, owner, &[change(document, Op::Create)], None).await
}
