//! Notes in MySQL: what of a note is its own, beside what all documents have. The only place that
//! knows the columns of `notes`; every statement names the owner.

use std::collections::HashMap;

use mysql_async::Value;
use serde::{Deserialize, Serialize};

use super::KIND;
use super::listing::{Listing, Shelf, list_query};
use super::model::{ChecklistCount, NotePatch, NoteSummary};
use crate::domain::checklist::Checklist;
use crate::domain::id::{self, NoteId, NotebookId, SaveId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::attachments::{self, Attachment};
use crate::services::documents::{
    self, Columns, Document, DocumentMeta, DocumentMetaMut, Documents, Patch, RowMeta, Statements,
    TextDocument, Verdict, purge_at,
};
use crate::services::entity_kind::EntityKind;
use crate::services::search::Found;

const STATEMENTS: Statements = documents::statements! {
    table: "notes", kind: 1,
    columns: [title, excerpt, notebook_id, pinned, archived, checks_open, checks_total],
    buried: "title = '', excerpt = '', notebook_id = NULL",
};

/// Notes of all owners, each asked for by its owner.
pub(super) type NoteStore = Documents<NoteSummary>;

/// What only notes do in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Into a notebook, or into none.
    Move(Option<NotebookId>),
    /// Keep at the top, or no longer.
    Pin(bool),
    /// Into the archive, or out of it.
    Archive(bool),
}

/// The one thing that such an action changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// It was pinned, or no longer.
    Pinned(bool),
    /// It was archived, or no longer.
    Archived(bool),
    /// It was moved: a note to another notebook, a notebook to another parent.
    Moved {
        from: Option<NotebookId>,
        to: Option<NotebookId>,
    },
}

/// A step of a note or of a notebook.
pub(super) type AnyStep = documents::Step<Step>;

impl From<Step> for AnyStep {
    fn from(step: Step) -> Self {
        Self::Custom(step)
    }
}

impl NoteStore {
    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<NoteSummary>, bool), DbError> {
        let (search, limit) = (listing.search.as_deref(), listing.limit);
        let statement = |found: &Found| list_query(owner, listing, found);
        let (rows, more) = self.page(owner, search, limit, statement).await?;
        Ok((self.with_files(owner, rows).await?, more))
    }
}

impl Document for NoteSummary {
    const KIND: EntityKind = KIND;
    const SQL: &'static Statements = &STATEMENTS;
    type IdMarker = id::Note;
    type Action = Action;
    type Step = Step;
    type Places = Notebooks;

    fn meta(&self) -> DocumentMeta<'_, id::Note> {
        DocumentMeta {
            id: self.id,
            version: self.version,
            tags: &self.tags,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        }
    }

    fn meta_mut(&mut self) -> DocumentMetaMut<'_> {
        DocumentMetaMut {
            version: &mut self.version,
            tags: &mut self.tags,
            updated_at: &mut self.updated_at,
        }
    }

    fn set_deleted_at(&mut self, at: Option<Timestamp>) {
        self.deleted_at = at;
        self.purge_at = purge_at(at);
    }

    fn shelf(&self) -> u8 {
        let shelf = match (self.deleted_at, self.archived) {
            (Some(_), _) => Shelf::Trashed,
            (None, true) => Shelf::Archived,
            (None, false) => Shelf::InUse,
        };
        shelf.number()
    }

    fn read(head: RowMeta<id::Note>, columns: &mut Columns<'_>) -> Option<Self> {
        Some(Self {
            id: head.id,
            version: head.version,
            tags: head.tags,
            created_at: head.created_at,
            updated_at: head.updated_at,
            deleted_at: head.deleted_at,
            purge_at: purge_at(head.deleted_at),
            title: columns.take()?,
            excerpt: columns.take()?,
            notebook_id: columns.take()?,
            pinned: columns.take()?,
            archived: columns.take()?,
            checklist: ChecklistCount {
                open: columns.take()?,
                total: columns.take()?,
            },
            attachments: Vec::new(),
        })
    }

    fn column_values(&self) -> Vec<Value> {
        vec![
            self.title.as_str().into(),
            self.excerpt.as_str().into(),
            self.notebook_id.into(),
            self.pinned.into(),
            self.archived.into(),
            self.checklist.open.into(),
            self.checklist.total.into(),
        ]
    }

    fn step(&self, action: &Action) -> Option<Step> {
        match action {
            Action::Move(to) => (self.notebook_id != *to).then_some(Step::Moved {
                from: self.notebook_id,
                to: *to,
            }),
            Action::Pin(to) => (self.pinned != *to).then_some(Step::Pinned(*to)),
            Action::Archive(to) => (self.archived != *to).then_some(Step::Archived(*to)),
        }
    }

    fn take(&mut self, step: &Step, _: Timestamp) {
        match step {
            Step::Pinned(pinned) => self.pinned = *pinned,
            Step::Archived(archived) => self.archived = *archived,
            Step::Moved { to, .. } => self.notebook_id = *to,
        }
    }

    fn reverse(&self, step: &Step) -> Option<Step> {
        match step {
            Step::Pinned(to) => (self.pinned == *to).then_some(Step::Pinned(!to)),
            Step::Archived(to) => (self.archived == *to).then_some(Step::Archived(!to)),
            Step::Moved { from, to } => (self.notebook_id == *to).then_some(Step::Moved {
                from: *to,
                to: *from,
            }),
        }
    }

    async fn authorize(tx: &Tx, owner: UserId, action: &Action, places: &mut Notebooks) -> Verdict {
        match action {
            Action::Move(to) if !places.has(tx, owner, *to).await? => Ok(Err(no_notebook())),
            _ => Ok(Ok(())),
        }
    }

    async fn settle(
        &mut self,
        tx: &Tx,
        owner: UserId,
        step: &mut AnyStep,
        places: &mut Notebooks,
    ) -> Result<bool, DbError> {
        match step {
            // It may have lain in a notebook that is gone.
            documents::Step::Trashed(false) => {
                if !places.has(tx, owner, self.notebook_id).await? {
                    self.notebook_id = None;
                }
                Ok(true)
            }
            documents::Step::Custom(Step::Moved { to, .. }) => places.has(tx, owner, *to).await,
            _ => Ok(true),
        }
    }

    async fn validate_new(&mut self, tx: &Tx, owner: UserId) -> Verdict {
        let is_there = is_notebook(tx, owner, self.notebook_id).await?;
        Ok(is_there.then_some(()).ok_or_else(no_notebook))
    }

    async fn purge_related(tx: &Tx, owner: UserId, id: NoteId) -> Result<(), DbError> {
        attachments::remove_entity(tx, owner, KIND, id.as_bytes()).await
    }
}

impl TextDocument for NoteSummary {
    type Patch = NotePatch;

    fn title(&self) -> &str {
        &self.title
    }

    fn set_title(&mut self, title: String) {
        self.title = title;
    }

    fn update_from_body(&mut self, body: &str) {
        self.excerpt = text::excerpt(body);
        self.checklist = Checklist::of(body).into();
    }

    fn set_attachments(&mut self, files: Vec<Attachment>) {
        self.attachments = files;
    }

    fn patch(&mut self, patch: &NotePatch, _: Timestamp) {
        self.notebook_id = patch.notebook_id.unwrap_or(self.notebook_id);
        self.pinned = patch.pinned.unwrap_or(self.pinned);
        self.archived = patch.archived.unwrap_or(self.archived);
    }

    async fn place(
        &mut self,
        tx: &Tx,
        owner: UserId,
        _: &Self,
        (patch, _): (&NotePatch, Timestamp),
    ) -> Verdict {
        let to = patch.notebook_id.flatten();
        let is_there = is_notebook(tx, owner, to).await?;
        Ok(is_there.then_some(()).ok_or_else(no_notebook))
    }
}

impl Patch for NotePatch {
    fn base(&self) -> (Option<u64>, Option<SaveId>) {
        (self.base_version, self.save_id)
    }

    fn text(&self) -> (Option<&String>, Option<&String>) {
        (self.title.as_ref(), self.body.as_ref())
    }

    fn tags(&self) -> Option<&[String]> {
        self.tags.as_deref()
    }
}

fn no_notebook() -> Invalid {
    Invalid::new("notebook_id", "not_found", "There is no such notebook.")
}

/// Whether a note may lie there: nowhere, or in a notebook that is not deleted. The notebook is
/// locked against deletion until the transaction ends.
async fn is_notebook(tx: &Tx, owner: UserId, id: Option<NotebookId>) -> Result<bool, DbError> {
    const EXISTS: Query = Query::new(
        "notes.notebook_exists",
        "SELECT 1 FROM notebooks WHERE owner_id = ? AND id = ? AND deleted_at IS NULL \
         LOCK IN SHARE MODE",
    );
    let Some(id) = id else {
        return Ok(true);
    };
    Ok(tx.first::<(u8,)>(&EXISTS, (owner, id)).await?.is_some())
}

/// Notebooks that were looked for: each is asked for once, however many notes lie in it.
#[derive(Debug, Default)]
pub(super) struct Notebooks(HashMap<NotebookId, bool>);

impl Notebooks {
    /// Whether a note may lie there.
    async fn has(
        &mut self,
        tx: &Tx,
        owner: UserId,
        id: Option<NotebookId>,
    ) -> Result<bool, DbError> {
        let Some(id) = id else { return Ok(true) };
        if let Some(there) = self.0.get(&id) {
            return Ok(*there);
        }
        let there = is_notebook(tx, owner, Some(id)).await?;
        self.0.insert(id, there);
        Ok(there)
    }
}
