//! Saved views as values: what a client sees, what it may send, and what of it is valid.

use mysql_async::prelude::FromRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::patch;
use crate::api::reply::Versioned;
use crate::domain::id::ViewId;
use crate::domain::invalid::Invalid;
use crate::domain::text;
use crate::domain::time::Timestamp;

/// Most views of an account.
pub(super) const COUNT_MAX: usize = 100;
/// Most characters of the filters.
const QUERY_MAX_CHARS: usize = 2000;
/// Most characters of a layout.
const LAYOUT_MAX_CHARS: usize = 32;

/// What a view lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ViewKind {
    Tasks,
    Notes,
    Files,
}

impl ViewKind {
    /// The word in table and API.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Notes => "notes",
            Self::Files => "files",
        }
    }
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, FromRow)]
pub(super) struct View {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: ViewId,
    /// Grows by one with every write.
    pub version: u64,
    /// 1 to 100 characters.
    pub name: String,
    /// `tasks`, `notes`, `files`.
    pub kind: String,
    /// The filters, as the page wrote them.
    pub query: String,
    /// How it is laid out, as the page wrote it.
    pub layout: String,
    /// Its place among the others.
    #[schema(value_type = i64, minimum = 0)]
    pub position: u32,
    /// When it was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl Versioned for View {
    fn version(&self) -> u64 {
        self.version
    }
}

/// All views, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ViewPage {
    pub items: Vec<View>,
    /// Always `null`: there are at most 100.
    pub next_cursor: Option<String>,
}

/// A view to be saved.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewView {
    /// The client's own id for it, any UUID but nil and max.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    pub id: Option<ViewId>,
    /// 1 to 100 characters on one line.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
    /// What it lists.
    pub kind: ViewKind,
    /// The filters, in the page's own words.
    #[serde(default)]
    #[schema(max_length = 2000, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub query: String,
    /// How it is laid out, in the page's own words.
    #[serde(default)]
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub layout: String,
    /// Its place among the others; absent: the last.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64, nullable = false)]
    pub position: Option<u32>,
}

impl Validate for NewView {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(text::check_name("name", &self.name));
        errors.check(check_line("query", &self.query, QUERY_MAX_CHARS));
        errors.check(check_line("layout", &self.layout, LAYOUT_MAX_CHARS));
    }
}

/// The fields of a view that change; absent ones stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewPatch {
    /// 1 to 100 characters on one line.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        min_length = 1,
        max_length = 100,
        nullable = false,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: Option<String>,
    /// The filters, in the page's own words.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        max_length = 2000,
        nullable = false,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub query: Option<String>,
    /// How it is laid out, in the page's own words.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        max_length = 32,
        nullable = false,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub layout: Option<String>,
    /// Its place among the others.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64, nullable = false)]
    pub position: Option<u32>,
}

impl Validate for ViewPatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(name) = &self.name {
            errors.check(text::check_name("name", name));
        }
        if let Some(query) = &self.query {
            errors.check(check_line("query", query, QUERY_MAX_CHARS));
        }
        if let Some(layout) = &self.layout {
            errors.check(check_line("layout", layout, LAYOUT_MAX_CHARS));
        }
    }
}

impl ViewPatch {
    /// The view with these changes.
    pub(super) fn applied_to(&self, view: &View) -> View {
        let or = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
        View {
            name: or(&self.name, &view.name),
            query: or(&self.query, &view.query),
            layout: or(&self.layout, &view.layout),
            position: self.position.unwrap_or(view.position),
            ..view.clone()
        }
    }
}

fn check_line(field: &str, line: &str, max: usize) -> Result<(), Invalid> {
    if line.chars().count() > max {
        let detail = format!("At most {max} characters.");
        return Err(Invalid::new(field, "too_long", detail));
    }
    if line.chars().any(char::is_control) {
        let detail = "One line without control characters.";
        return Err(Invalid::new(field, "invalid_character", detail));
    }
    Ok(())
}
