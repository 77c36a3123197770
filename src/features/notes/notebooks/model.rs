//! Notebooks as values: what a client sees, what it may send, and what of it is valid.

use mysql_async::prelude::FromRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::patch;
use crate::api::reply::Versioned;
use crate::domain::id::NotebookId;
use crate::domain::text;
use crate::domain::time::Timestamp;

/// Most levels of notebooks, the topmost included.
pub(super) const DEPTH_MAX: usize = 8;
/// Most notebooks of an account.
pub(super) const COUNT_MAX: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, FromRow)]
pub(super) struct Notebook {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: NotebookId,
    /// Grows by one with every write.
    pub version: u64,
    /// 1 to 100 characters.
    pub name: String,
    /// The notebook it lies in; `null`: at the top.
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<NotebookId>,
    /// Notes in use that lie in it, not in the notebooks below.
    pub notes: u64,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its name or place last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl Versioned for Notebook {
    fn version(&self) -> u64 {
        self.version
    }
}

/// One page of notebooks, sorted by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotebookPage {
    pub items: Vec<Notebook>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// A notebook to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNotebook {
    /// The client's own id for it, any UUID but nil and max.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub id: Option<NotebookId>,
    /// 1 to 100 characters on one line.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
    /// The notebook it lies in; absent or `null`: at the top.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<NotebookId>,
}

impl Validate for NewNotebook {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(text::check_name("name", &self.name));
    }
}

/// The fields of a notebook that change; absent ones stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotebookPatch {
    /// 1 to 100 characters on one line.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        min_length = 1,
        max_length = 100,
        nullable = false,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: Option<String>,
    /// Move under this notebook; `null`: to the top.
    #[serde(default, deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<Uuid>)]
    pub parent_id: Option<Option<NotebookId>>,
}

impl Validate for NotebookPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(name) = &self.name {
            errors.check(text::check_name("name", name));
        }
    }
}

/// What happens to the notes of a notebook that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// They, and the notebooks below, go to the notebook above.
    Keep,
    /// They go into the trash, with those of all notebooks below, which go as well.
    Trash,
}

/// How a notebook is deleted.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveQuery {
    /// What happens to its notes; needed when it is not empty.
    #[param(inline)]
    pub notes: Option<Fate>,
}

impl Validate for RemoveQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}
