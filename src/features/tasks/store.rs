//! Tasks in MySQL: what of a task is its own, beside what all documents have. Every statement names
//! the owner.

use mysql_async::Value;

use super::KIND;
use super::actions::{Action, Due, Step};
use super::links::no_list;
use super::model::{Status, TaskSummary};
use super::places::{Places, list_bytes, list_of};
use super::requests::TaskPatch;
use crate::domain::id::{self, TaskId, TaskListId, UserId};
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query, Tx, in_clause};
use crate::services::attachments::{self, Attachment};
use crate::services::documents::{
    self, Columns, Document, DocumentMeta, DocumentMetaMut, Documents, RowMeta, Statements,
    TextDocument, Verdict, purge_at,
};
use crate::services::entity_kind::EntityKind;

const STATEMENTS: Statements = documents::statements! {
    table: "tasks", kind: 2,
    columns: [
        title, excerpt, list_id, status, done, priority, start_at, start_is_date, due_at,
        due_is_date, due_key, completed_at, position, parent_id, note_id
    ],
    buried: "title = '', excerpt = '', position = NULL, parent_id = NULL, note_id = NULL",
};

/// Tasks of all owners, each asked for by its owner.
pub(super) type TaskStore = Documents<TaskSummary>;

impl Document for TaskSummary {
    const KIND: EntityKind = KIND;
    const SQL: &'static Statements = &STATEMENTS;
    type IdMarker = id::Task;
    type Action = Action;
    type Step = Step;
    type Places = Places;

    fn meta(&self) -> DocumentMeta<'_, id::Task> {
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

    fn read(head: RowMeta<id::Task>, columns: &mut Columns<'_>) -> Option<Self> {
        let (title, excerpt) = (columns.take()?, columns.take()?);
        let list: Vec<u8> = columns.take()?;
        let (status, _done): (u8, u8) = (columns.take()?, columns.take()?);
        let priority = columns.take()?;
        let (start_at, start_is_date) = (columns.take()?, columns.take()?);
        let (due_at, due_is_date) = (columns.take()?, columns.take()?);
        let _due_key: Value = columns.take()?;
        let completed_at = columns.take()?;
        let position: Option<String> = columns.take()?;
        Some(Self {
            id: head.id,
            version: head.version,
            list_id: list_of(list.try_into().ok()?),
            title,
            excerpt,
            status: Status::from_number(status)?,
            priority,
            start_at,
            start_is_date,
            due_at,
            due_is_date,
            completed_at,
            position: position.unwrap_or_default(),
            parent_id: columns.take()?,
            note_id: columns.take()?,
            tags: head.tags,
            attachments: Vec::new(),
            created_at: head.created_at,
            updated_at: head.updated_at,
            deleted_at: head.deleted_at,
            purge_at: purge_at(head.deleted_at),
        })
    }

    fn column_values(&self) -> Vec<Value> {
        vec![
            self.title.as_str().into(),
            self.excerpt.as_str().into(),
            list_bytes(self.list_id).as_slice().into(),
            self.status.number().into(),
            (self.status == Status::Done).into(),
            self.priority.into(),
            self.start_at.into(),
            self.start_is_date.into(),
            self.due_at.into(),
            self.due_is_date.into(),
            self.due_at.map_or(NEVER, Value::from),
            self.completed_at.into(),
            self.position.as_str().into(),
            self.parent_id.into(),
            self.note_id.into(),
        ]
    }

    fn step(&self, action: &Action) -> Option<Step> {
        self.step_of(action)
    }

    fn take(&mut self, step: &Step, now: Timestamp) {
        self.take_step(step, now);
    }

    fn reverse(&self, step: &Step) -> Option<Step> {
        self.reversed(step)
    }

    async fn authorize(tx: &Tx, owner: UserId, action: &Action, places: &mut Places) -> Verdict {
        match action {
            Action::Move(list) | Action::Place { list, .. }
                if !places.has_list(tx, owner, *list).await? =>
            {
                Ok(Err(no_list()))
            }
            _ => Ok(Ok(())),
        }
    }

    async fn settle(
        &mut self,
        tx: &Tx,
        owner: UserId,
        step: &mut documents::Step<Step>,
        places: &mut Places,
    ) -> Result<bool, DbError> {
        let came_out = match step {
            documents::Step::Trashed(false) => true,
            documents::Step::Custom(Step::Moved { .. }) => false,
            _ => return Ok(true),
        };
        let there = places.has_list(tx, owner, self.list_id).await?;
        if !there && !came_out {
            return Ok(false);
        }
        if !there {
            self.list_id = None;
            self.position = places.end(tx, owner, None).await?;
        }
        if let documents::Step::Custom(Step::Moved { from, to }) = step {
            if to.position.is_empty() {
                self.position = places.end(tx, owner, self.list_id).await?;
            } else if from.asks_for(to) {
                let place = (to.position.as_str(), self.id);
                self.position = places.at(tx, owner, self.list_id, place).await?;
            }
        }
        if let Some(parent) = self.parent_id
            && !places.has_home(tx, owner, parent, self.list_id).await?
        {
            self.parent_id = None;
        }
        if self.deleted_at.is_none() {
            places.settled(self.id, self.list_id);
        }
        if let documents::Step::Custom(Step::Moved { to, .. }) = step {
            *to = self.spot();
        }
        Ok(true)
    }

    async fn prefetch(
        tx: &Tx,
        owner: UserId,
        steps: &[&Step],
        places: &mut Places,
    ) -> Result<(), DbError> {
        let wanted = steps.iter().filter_map(|step| match step {
            Step::Moved { from, to } if from.asks_for(to) => {
                Some((to.list_id, to.position.clone()))
            }
            _ => None,
        });
        let wanted: Vec<(Option<TaskListId>, String)> = wanted.collect();
        places.prefetch(tx, owner, &wanted).await
    }

    fn apply_order(&self) -> u8 {
        self.parent_id.is_some().into()
    }

    async fn validate_new(&mut self, tx: &Tx, owner: UserId) -> Verdict {
        self.find_place(tx, owner, None, &mut Places::default())
            .await
    }

    async fn cascade(
        tx: &Tx,
        owner: UserId,
        ids: &[TaskId],
        action: &documents::Action<Action>,
    ) -> Result<Vec<TaskId>, DbError> {
        let which = match action {
            documents::Action::Delete | documents::Action::Custom(Action::Move(_)) => "c.shelf = 0",
            // Those that went into the trash together with it.
            documents::Action::Restore => "c.shelf = 2 AND c.deleted_at = p.deleted_at",
            _ => return Ok(Vec::new()),
        };
        let mut parts = Vec::new();
        for (marks, ids) in in_clause(ids.iter().copied()) {
            let sql = format!(
                "SELECT c.id FROM tasks c JOIN tasks p ON p.owner_id = c.owner_id \
                   AND p.id = c.parent_id \
                 WHERE c.owner_id = ? AND c.parent_id IN ({marks}) AND {which}"
            );
            let query = Query::assembled("tasks.parts", sql);
            let values = [vec![owner.into()], ids].concat();
            parts.extend(tx.list::<(TaskId,)>(&query, values).await?);
        }
        Ok(parts.into_iter().map(|(id,)| id).collect())
    }

    async fn purge_related(tx: &Tx, owner: UserId, id: TaskId) -> Result<(), DbError> {
        attachments::remove_entity(tx, owner, KIND, id.as_bytes()).await
    }
}

/// Where what is not due stands in an order of due dates: at its end.
const NEVER: Value = Value::Date(9999, 12, 31, 0, 0, 0, 0);

impl TextDocument for TaskSummary {
    type Patch = TaskPatch;

    fn title(&self) -> &str {
        &self.title
    }

    fn set_title(&mut self, title: String) {
        self.title = title;
    }

    fn set_attachments(&mut self, files: Vec<Attachment>) {
        self.attachments = files;
    }

    fn update_from_body(&mut self, body: &str) {
        self.excerpt = text::excerpt(body);
    }

    fn patch(&mut self, patch: &TaskPatch, now: Timestamp) {
        // The database keeps microseconds.
        let cut = |at: Timestamp| Timestamp::new(at.inner());
        if let Some(status) = patch.status {
            self.set_status(status, now);
        }
        self.priority = patch.priority.unwrap_or(self.priority);
        self.start_at = patch.start_at.map_or(self.start_at, |at| at.map(cut));
        self.start_is_date = patch.start_is_date.unwrap_or(self.start_is_date);
        self.start_is_date &= self.start_at.is_some();
        self.set_due(Due {
            at: patch.due_at.unwrap_or(self.due_at),
            is_date: patch.due_is_date.unwrap_or(self.due_is_date),
        });
        self.parent_id = patch.parent_id.unwrap_or(self.parent_id);
        self.note_id = patch.note_id.unwrap_or(self.note_id);
        // A part lies where its task lies, whatever is said.
        if self.parent_id.is_none() {
            self.list_id = patch.list_id.unwrap_or(self.list_id);
        }
    }

    async fn place(
        &mut self,
        tx: &Tx,
        owner: UserId,
        before: &Self,
        (_, now): (&TaskPatch, Timestamp),
    ) -> Verdict {
        let mut places = Places::default();
        if let Err(err) = self
            .find_place(tx, owner, Some(before), &mut places)
            .await?
        {
            return Ok(Err(err));
        }
        if self.list_id != before.list_id {
            // Its parts go with it.
            let action = documents::Action::Custom(Action::Move(self.list_id));
            let parts = Self::cascade(tx, owner, &[self.id], &action).await?;
            places.settled(self.id, self.list_id);
            documents::apply_at::<Self>(tx, owner, None, &parts, (&action, now), places).await?;
        }
        Ok(Ok(()))
    }

    fn is_edited_since(&self, before: &Self) -> bool {
        let unplaced = |task: &Self| Self {
            position: String::new(),
            tags: Vec::new(),
            ..task.clone()
        };
        unplaced(self) != unplaced(before)
    }
}
