//! Changes as clients see them, and where they want to go on.

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page;
use crate::domain::id::BatchId;
use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;
use crate::services::changes::Change;
use crate::services::entity_kind::EntityKind;

/// Something was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeItem {
    /// Its number: each account counts from 1, without a gap.
    pub seq: u64,
    /// `note`, `notebook`, `task`, `task_list`, `tag` or `view`; more will come.
    pub kind: &'static str,
    /// What was changed.
    pub id: Uuid,
    /// `create`, `update`, `trash`, `restore` or `delete`; more may come.
    pub op: String,
    /// Its version after that.
    pub version: u64,
    /// What can be undone together.
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<BatchId>,
    /// When, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl ChangeItem {
    /// `None` for what only a newer version knows; its number counts all the same.
    pub(super) fn known(change: &Change) -> Option<Self> {
        Some(Self {
            seq: change.seq,
            kind: EntityKind::from_number(change.kind)?.word(),
            id: Uuid::from_slice(&change.entity_id).ok()?,
            op: change.op.clone(),
            version: change.version,
            batch_id: change.batch_id,
            at: change.at,
        })
    }
}

/// Some changes in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangePage {
    /// Oldest first.
    pub items: Vec<ChangeItem>,
    /// There are more: send it as `since`.
    pub next_cursor: Option<String>,
    /// The latest number of the account.
    pub last_seq: u64,
}

/// Which changes to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeQuery {
    /// Only changes after this number; 0 when it is not given.
    pub since: Option<u64>,
    /// From 1 to 200, 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for ChangeQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        errors.check(check_since(self.since));
    }
}

/// A number of the sequence fits 63 bits (`int64` of JSON Schema).
fn check_since(since: Option<u64>) -> Result<(), Invalid> {
    match since.map(i64::try_from) {
        Some(Err(_)) => Err(Invalid::new("since", "out_of_range", "From 0 to 2^63 - 1.")),
        _ => Ok(()),
    }
}

/// Where the stream begins.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// After this number; `Last-Event-ID` wins. From now on when neither is given.
    pub since: Option<u64>,
}

impl Validate for EventQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(check_since(self.since));
    }
}

/// What a stream's first event says.
#[derive(Debug, Serialize)]
pub(super) struct Standing {
    /// The latest number of the account.
    pub last_seq: u64,
}

/// The number of the last event that a client saw. An empty one is none, as browsers have it.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Invalid> {
    let mut values = headers.get_all("last-event-id").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (value.to_str(), values.next()) {
        (Ok(""), None) => Ok(None),
        (Ok(text), None) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map(Some).map_err(|_| invalid_id())
        }
        _ => Err(invalid_id()),
    }
}

fn invalid_id() -> Invalid {
    let detail = "The `id` of the last event that was seen.";
    Invalid::new("Last-Event-ID", "invalid_header", detail)
}
