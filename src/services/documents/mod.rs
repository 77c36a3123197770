//! Documents: what notes, tasks and files have in common. Each has a row with a version, tags and
//! a trash, can be changed in batches that are undone, and may have a text that is saved without
//! losing any. The mechanism stands here once; a noun says what is its own by `Document` and
//! `TextDocument`, see "Adding a resource" in `CONTRIBUTING.md`.

mod attaching;
mod bulk;
mod history;
mod insert;
pub mod merge;
mod page;
pub mod retention;
pub mod revisions;
mod rows;
mod save;
mod saved;
mod trash;
mod undo;

use std::fmt::Debug;
use std::marker::PhantomData;

use mysql_async::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use attaching::Attaching;
pub use bulk::{Action, ApplyOutcome, Step, apply, apply_at};
pub use history::{HistoryPage, RevisionOutcome};
pub use insert::{InsertOutcome, create};
pub(crate) use rows::statements;
pub use rows::{Bearing, Columns, Listed, Locked, RowMeta, Statements};
pub use saved::{Base, Conflict, Merge, Saved, SavedDocument};
pub use trash::{Removed, TRASH_DAYS, purge_at, purge_tombstones, purge_trash};
pub use undo::undo;

use crate::domain::id::{Id, SaveId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::db::{Db, DbError, Tx};
use crate::services::attachments::{self, Attachment};
use crate::services::changes::{self, NewChange, Op};
use crate::services::entity_kind::EntityKind;

/// A condition on rows `n` that stand behind a place in an order by a column and then by the id;
/// its values are the key of the place twice and its id. `sign`: `>`, or `<` when it descends.
pub fn keyset_condition(column: &str, sign: &str) -> String {
    // The first comparison lets the index begin at the right place.
    format!("{column} {sign}= ? AND ({column} {sign} ? OR n.id {sign} ?)")
}

/// What every document has.
#[derive(Debug, Clone, Copy)]
pub struct DocumentMeta<'a, M> {
    pub id: Id<M>,
    /// Grows with every write.
    pub version: u64,
    /// Names, sorted.
    pub tags: &'a [String],
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last edited, in the noun's own sense.
    pub updated_at: Timestamp,
    /// When it was put into the trash.
    pub deleted_at: Option<Timestamp>,
}

/// What of it the mechanism changes.
#[derive(Debug)]
pub struct DocumentMetaMut<'a> {
    /// Grows with every write.
    pub version: &'a mut u64,
    /// Names, sorted.
    pub tags: &'a mut Vec<String>,
    /// When it was last edited.
    pub updated_at: &'a mut Timestamp,
}

/// What a noun decided about a place that something is to have: another noun may not be there.
pub type Verdict = Result<Result<(), Invalid>, DbError>;

/// A noun with a version, tags and a trash, as its lists show it. Every function that takes a
/// transaction touches nothing else.
pub trait Document:
    Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    const KIND: EntityKind;
    /// Its statements, made by `statements!`.
    const SQL: &'static Statements;
    /// The marker of its ids.
    type IdMarker: 'static;
    /// What only this noun does in a batch.
    type Action: Debug + Clone + PartialEq + Send + Sync + 'static;
    /// The one thing that such an action changed.
    type Step: Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What one transaction remembers about places it looked for.
    type Places: Default + Send;

    /// What every document has.
    fn meta(&self) -> DocumentMeta<'_, Self::IdMarker>;

    /// What of it changes.
    fn meta_mut(&mut self) -> DocumentMetaMut<'_>;

    /// Puts it into the trash, or takes it out.
    fn set_deleted_at(&mut self, at: Option<Timestamp>);

    /// The list it belongs to: 0 in use, 1 the noun's own, 2 the trash. 3 is a document that is
    /// gone for good: only its id is kept for a while, so that a repeated DELETE is still known to
    /// be the owner's.
    fn shelf(&self) -> u8 {
        match self.meta().deleted_at {
            Some(_) => 2,
            None => 0,
        }
    }

    /// Reads the noun's own columns, in the order in which `statements!` names them.
    fn read(head: RowMeta<Self::IdMarker>, columns: &mut Columns<'_>) -> Option<Self>;

    /// The values of the noun's own columns, in the same order.
    fn column_values(&self) -> Vec<Value>;

    /// What an action changes about this document; `None`: nothing.
    fn step(&self, action: &Self::Action) -> Option<Self::Step>;

    /// Does a step in memory.
    fn take(&mut self, step: &Self::Step, now: Timestamp);

    /// What takes a step back; `None` when the document is no longer as the step left it.
    fn reverse(&self, step: &Self::Step) -> Option<Self::Step>;

    /// Whether an action can be done at all.
    fn authorize(
        tx: &Tx,
        owner: UserId,
        action: &Self::Action,
        places: &mut Self::Places,
    ) -> impl Future<Output = Verdict> + Send;

    /// Finds the document a place after a step that a batch or its undo took, and notes it in the
    /// step; `false`: it has none, so the step is left alone.
    fn settle(
        &mut self,
        tx: &Tx,
        owner: UserId,
        step: &mut Step<Self::Step>,
        places: &mut Self::Places,
    ) -> impl Future<Output = Result<bool, DbError>> + Send;

    /// Looks up at once what `settle` will ask for each of these steps.
    fn prefetch(
        _: &Tx,
        _: UserId,
        _: &[&Self::Step],
        _: &mut Self::Places,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        async { Ok(()) }
    }

    /// Finds a new document its place.
    fn validate_new(&mut self, tx: &Tx, owner: UserId) -> impl Future<Output = Verdict> + Send;

    /// Documents of a lower rank are settled first, because others follow them.
    fn apply_order(&self) -> u8 {
        0
    }

    /// What goes the same way with these documents, which are locked.
    fn cascade(
        _: &Tx,
        _: UserId,
        _: &[Id<Self::IdMarker>],
        _: &Action<Self::Action>,
    ) -> impl Future<Output = Result<Vec<Id<Self::IdMarker>>, DbError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Changes whatever shows these documents, after they went into the trash or came out; the
    /// changes to be recorded with theirs.
    fn touch_referrers(
        _: &Tx,
        _: UserId,
        _: &[Id<Self::IdMarker>],
    ) -> impl Future<Output = Result<Vec<NewChange>, DbError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Lets go of whatever else belongs to a document that is deleted for good.
    fn purge_related(
        _: &Tx,
        _: UserId,
        _: Id<Self::IdMarker>,
    ) -> impl Future<Output = Result<(), DbError>> + Send {
        async { Ok(()) }
    }
}

/// A document with a text: its title, and a body that lists do not read.
pub trait TextDocument: Document {
    /// The fields that a save changes.
    type Patch: Patch;

    fn title(&self) -> &str;

    /// Takes a title.
    fn set_title(&mut self, title: String);

    /// Takes what is derived from a body.
    fn update_from_body(&mut self, body: &str);

    /// Takes the files that are attached to it.
    fn set_attachments(&mut self, files: Vec<Attachment>);

    /// Changes the noun's own fields as a save asks.
    fn patch(&mut self, patch: &Self::Patch, now: Timestamp);

    /// Finds the document a place after its own fields were changed.
    fn place(
        &mut self,
        tx: &Tx,
        owner: UserId,
        before: &Self,
        change: (&Self::Patch, Timestamp),
    ) -> impl Future<Output = Verdict> + Send;

    /// Whether it was edited since, in more than its text.
    fn is_edited_since(&self, _before: &Self) -> bool {
        false
    }
}

/// What every save may say.
pub trait Patch: Serialize + Send + Sync {
    /// The version that was changed, and the client's id of this save.
    fn base(&self) -> (Option<u64>, Option<SaveId>);

    /// The new title and body; what is absent stays.
    fn text(&self) -> (Option<&String>, Option<&String>);

    /// The names of all tags it is to have.
    fn tags(&self) -> Option<&[String]>;
}

/// A document with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentWithBody<D> {
    /// What a list shows of it.
    pub document: D,
    /// Markdown, exactly as it was saved.
    pub body: String,
}

impl<D: TextDocument> DocumentWithBody<D> {
    /// Takes a body, with what is derived from it.
    pub fn set_body(&mut self, body: String) {
        self.document.update_from_body(&body);
        self.body = body;
    }
}

/// The documents of all owners, each asked for by its owner.
pub struct Documents<D> {
    pub db: Db,
    cache: Cache,
    clock: Clock,
    of: PhantomData<fn() -> D>,
}

impl<D> Clone for Documents<D> {
    fn clone(&self) -> Self {
        Self::new(self.db.clone(), self.cache.clone(), self.clock.clone())
    }
}

impl<D> Documents<D> {
    /// Remembers what it works with.
    pub fn new(db: Db, cache: Cache, clock: Clock) -> Self {
        Self {
            db,
            cache,
            clock,
            of: PhantomData,
        }
    }

    /// After every commit: pages that were read before it are worth nothing now.
    pub async fn changed(&self, owner: UserId) {
        changes::notify(&self.cache, owner).await;
    }
}

impl<D: TextDocument> Documents<D> {
    /// One document of the owner, wherever it lies but gone for good.
    pub async fn find(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
    ) -> Result<Option<DocumentWithBody<D>>, DbError> {
        let row: Option<rows::Stored<D>> = self.db.first(&D::SQL.find, (owner, id)).await?;
        let Some(mut stored) = row else {
            return Ok(None);
        };
        if stored.bears_files {
            let entity = *id.as_bytes();
            let mut files = attachments::of(&self.db, owner, D::KIND, [entity]).await?;
            let files = files.remove(&entity).unwrap_or_default();
            stored.full.document.set_attachments(files);
        }
        Ok(Some(stored.full))
    }
}

impl<D: Document> Documents<D> {
    /// The version of a document of the owner, wherever it lies but gone for good.
    pub async fn version(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
    ) -> Result<Option<u64>, DbError> {
        let row: Option<(u64,)> = self.db.first(&D::SQL.version, (owner, id)).await?;
        Ok(row.map(|(version,)| version))
    }
}

/// What the change sequence hears of a document.
fn change<D: Document>(document: &D, op: Op) -> NewChange {
    let head = document.meta();
    NewChange {
        kind: D::KIND,
        entity: *head.id.as_bytes(),
        op,
        version: head.version,
    }
}
