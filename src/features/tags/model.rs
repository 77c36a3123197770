//! Tags as values: what a client sees, what it may send, and what of it is valid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::shapes;
use crate::domain::id::TagId;
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::services::tags::TagRow;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Tag {
    /// UUID version 7.
    #[schema(value_type = Uuid)]
    pub id: TagId,
    /// 1 to 50 characters.
    pub name: String,
    /// Notes that bear it, the trash left out.
    pub notes: u64,
    /// Tasks that bear it, the trash left out.
    pub tasks: u64,
    /// Files that bear it, the trash left out.
    pub files: u64,
    /// When it was first used, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<TagRow> for Tag {
    fn from(row: TagRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            notes: row.notes,
            tasks: row.tasks,
            files: row.files,
            created_at: row.created_at,
        }
    }
}

/// One page of tags, sorted by name without regard to case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TagPage {
    pub items: Vec<Tag>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// The new name of a tag.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TagPatch {
    /// 1 to 50 characters on one line.
    #[schema(value_type = shapes::TagName)]
    pub name: String,
}

impl Validate for TagPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(TagName::parse("name", &self.name).map(drop));
    }
}

/// Where a tag goes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeTag {
    /// The tag that stays.
    #[schema(value_type = Uuid)]
    pub into: TagId,
}

impl Validate for MergeTag {
    fn validate(&self, _: &mut ValidationErrors) {}
}
