//! The kinds of documents whose promises are the same, as types: a generic test names paths, fields and values
//! through `DocumentKind` and runs once for each kind (`document_suite!`).

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// A kind of document: the words of its API and its tables.
pub(crate) trait DocumentKind:
    Debug + Clone + PartialEq + Eq + Send + Sync + 'static
{
    /// The word of the API for one of them.
    const WORD: &'static str;
    /// The path below `/api/v1/`.
    const PATH: &'static str;
    const TABLE: &'static str;
    /// The number of the kind in the tables.
    const NUMBER: u8;
    /// The field with the Markdown text.
    const BODY: &'static str;
    /// The path of the containers: notebooks or lists.
    const CONTAINERS: &'static str;
    const CONTAINER_TABLE: &'static str;
    /// The filter of a list by container.
    const CONTAINER: &'static str;
    /// The field with the container's id.
    const CONTAINER_ID: &'static str;
    /// A field with two values: pinned or not, priority 1 or 0.
    const PIN: &'static str;
    /// Another one: archived or not, doing or todo.
    const ARCHIVE: &'static str;
    /// The orders of a list, the default first.
    const ORDERS: &'static [&'static str];
    /// An order in which documents of one title, however it is spelled, are equal.
    const TIED_ORDER: &'static str;
    /// The order of documents created from A to Z.
    const CREATED_A_TO_Z: &'static str;
    /// Fields that only list rows have.
    const LIST_ONLY: &'static [&'static str];
    /// The job that empties the trash.
    const PURGE_TRASH_JOB: &'static str;
    /// The job that deletes removed containers.
    const PURGE_CONTAINERS_JOB: &'static str;
    /// What must be true of the row of a purged document, as SQL.
    const PURGED_ROW: &'static str;

    /// The value of `PIN`.
    fn pin(on: bool) -> Value;

    /// The value of `ARCHIVE`.
    fn archive(on: bool) -> Value;

    /// The word of the batch action that sets `PIN`, and the fields it takes.
    fn pin_action(on: bool) -> (&'static str, Value);

    /// The same for `ARCHIVE`.
    fn archive_action(on: bool) -> (&'static str, Value);

    /// The path of one document or of a list with parameters.
    fn path(rest: &str) -> String {
        format!("{}{rest}", Self::PATH)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notes;

impl DocumentKind for Notes {
    const WORD: &'static str = "note";
    const PATH: &'static str = "notes";
    const TABLE: &'static str = "notes";
    const NUMBER: u8 = 1;
    const BODY: &'static str = "body";
    const CONTAINERS: &'static str = "notebooks";
    const CONTAINER_TABLE: &'static str = "notebooks";
    const CONTAINER: &'static str = "notebook";
    const CONTAINER_ID: &'static str = "notebook_id";
    const PIN: &'static str = "pinned";
    const ARCHIVE: &'static str = "archived";
    const ORDERS: &'static [&'static str] = &["updated", "created", "title"];
    const TIED_ORDER: &'static str = "title";
    const CREATED_A_TO_Z: &'static str = "title";
    const LIST_ONLY: &'static [&'static str] = &[];
    const PURGE_TRASH_JOB: &'static str = "notes.purge_trash";
    const PURGE_CONTAINERS_JOB: &'static str = "notebooks.purge";
    const PURGED_ROW: &'static str = "notebook_id IS NULL";

    fn pin(on: bool) -> Value {
        json!(on)
    }

    fn archive(on: bool) -> Value {
        json!(on)
    }

    fn pin_action(on: bool) -> (&'static str, Value) {
        (if on { "pin" } else { "unpin" }, json!({}))
    }

    fn archive_action(on: bool) -> (&'static str, Value) {
        (if on { "archive" } else { "unarchive" }, json!({}))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tasks;

impl DocumentKind for Tasks {
    const WORD: &'static str = "task";
    const PATH: &'static str = "tasks";
    const TABLE: &'static str = "tasks";
    const NUMBER: u8 = 2;
    const BODY: &'static str = "description";
    const CONTAINERS: &'static str = "task-lists";
    const CONTAINER_TABLE: &'static str = "task_lists";
    const CONTAINER: &'static str = "list";
    const CONTAINER_ID: &'static str = "list_id";
    const PIN: &'static str = "priority";
    const ARCHIVE: &'static str = "status";
    const ORDERS: &'static [&'static str] = &["position", "created", "updated", "due", "priority"];
    const TIED_ORDER: &'static str = "priority";
    const CREATED_A_TO_Z: &'static str = "position";
    const LIST_ONLY: &'static [&'static str] = &["subtasks"];
    const PURGE_TRASH_JOB: &'static str = "tasks.purge_trash";
    const PURGE_CONTAINERS_JOB: &'static str = "task_lists.purge";
    const PURGED_ROW: &'static str = "position IS NULL AND parent_id IS NULL AND note_id IS NULL";

    fn pin(on: bool) -> Value {
        json!(u8::from(on))
    }

    fn archive(on: bool) -> Value {
        json!(if on { "doing" } else { "todo" })
    }

    fn pin_action(on: bool) -> (&'static str, Value) {
        ("priority", json!({ "priority": Self::pin(on) }))
    }

    fn archive_action(on: bool) -> (&'static str, Value) {
        ("status", json!({ "status": Self::archive(on) }))
    }
}

/// A document as a client reads it; list rows have no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doc<D> {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) excerpt: String,
    /// Whether `PIN` has its second value.
    pub(crate) pinned: bool,
    /// Whether `ARCHIVE` has its second value.
    pub(crate) archived: bool,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) deleted_at: Option<String>,
    pub(crate) kind: PhantomData<D>,
}

impl<'de, D: DocumentKind> Deserialize<'de> for Doc<D> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        let value = Value::deserialize(deserializer)?;
        fn field<F: DeserializeOwned, E: Error>(value: &Value, name: &str) -> Result<F, E> {
            let field = value.get(name).cloned().unwrap_or(Value::Null);
            serde_json::from_value(field).map_err(|err| E::custom(format!("{name}: {err}")))
        }
        let switch = |name: &str, off: Value, on: Value| match &value[name] {
            found if *found == on => Ok(true),
            found if *found == off => Ok(false),
            found => Err(T::Error::custom(format!("{name}: {found}"))),
        };
        Ok(Self {
            id: field(&value, "id")?,
            version: field(&value, "version")?,
            title: field(&value, "title")?,
            body: field(&value, D::BODY)?,
            excerpt: field(&value, "excerpt")?,
            pinned: switch(D::PIN, D::pin(false), D::pin(true))?,
            archived: switch(D::ARCHIVE, D::archive(false), D::archive(true))?,
            created_at: field(&value, "created_at")?,
            updated_at: field(&value, "updated_at")?,
            deleted_at: field(&value, "deleted_at")?,
            kind: PhantomData,
        })
    }
}

/// A page of documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, bound = "D: DocumentKind")]
pub(crate) struct DocPage<D> {
    pub(crate) items: Vec<Doc<D>>,
    pub(crate) next_cursor: Option<String>,
}

impl<D> DocPage<D> {
    /// The titles in their order.
    pub(crate) fn titles(&self) -> Vec<&str> {
        self.items.iter().map(|item| item.title.as_str()).collect()
    }
}

pub(crate) type Note = Doc<Notes>;
pub(crate) type Page = DocPage<Notes>;
