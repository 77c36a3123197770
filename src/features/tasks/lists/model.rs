//! Lists of tasks as values: what a client sees, what it may send, and what of it is valid.

use mysql_async::prelude::FromRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::patch;
use crate::api::reply::Versioned;
use crate::domain::id::TaskListId;
use crate::domain::text;
use crate::domain::time::Timestamp;

/// Most lists of an account.
pub(super) const COUNT_MAX: u64 = 500;

/// A list of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, FromRow)]
pub(super) struct TaskList {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: TaskListId,
    /// Grows by one with every write.
    pub version: u64,
    /// 1 to 100 characters.
    pub name: String,
    /// Tasks in it that are not done.
    pub tasks: u64,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its name last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl Versioned for TaskList {
    fn version(&self) -> u64 {
        self.version
    }
}

/// One page of lists, sorted by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskListPage {
    pub items: Vec<TaskList>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// A list to be created.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTaskList {
    /// The client's own id for it, any UUID but nil and max.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub id: Option<TaskListId>,
    /// 1 to 100 characters on one line.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
}

impl Validate for NewTaskList {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(text::check_name("name", &self.name));
    }
}

/// The fields of a list that change; absent ones stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskListPatch {
    /// 1 to 100 characters on one line.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        min_length = 1,
        max_length = 100,
        nullable = false,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: Option<String>,
}

impl Validate for TaskListPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(name) = &self.name {
            errors.check(text::check_name("name", name));
        }
    }
}

/// What happens to the tasks of a list that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    /// They go to the inbox.
    Keep,
    /// They go into the trash.
    Trash,
}

/// How a list is deleted.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveListQuery {
    /// What happens to its tasks; needed when it is not empty.
    #[param(inline)]
    pub tasks: Option<Fate>,
}

impl Validate for RemoveListQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}
