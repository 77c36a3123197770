//! Request and response types of the change feed, and the parsing of `Last-Event-ID`.

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

/// A change of an entity. It names the entity; its content is read from its own endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(super) struct ChangeItem {
    /// The number of the change. Each account counts from 1, without a gap.
    pub seq: u64,
    /// `note`, `notebook`, `task`, `task_list`, `file`, `tag` or `view`. New kinds may be added.
    pub kind: &'static str,
    /// The id of the entity.
    pub id: Uuid,
    /// `create`, `update`, `trash`, `restore` or `delete`. New operations may be added.
    pub op: String,
    /// The version of the entity after the change.
    pub version: u64,
    /// The batch that the change belongs to; a batch can be undone as a whole.
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<BatchId>,
    /// The time of the change, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl ChangeItem {
    /// `None` for a kind that a newer version wrote; its number still counts.
    pub(super) fn known(change: &Change) -> Option<Self> {
        Some(Self {
            seq: change.seq,
            kind: EntityKind::from_number(change.kind)?.name,
            id: Uuid::from_slice(&change.entity_id).ok()?,
            op: change.op.clone(),
            version: change.version,
            batch_id: change.batch_id,
            at: change.at,
        })
    }
}

/// One page of changes, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangePage {
    /// Oldest first.
    pub items: Vec<ChangeItem>,
    /// The `since` of the next page; `null` on the last one.
    pub next_cursor: Option<String>,
    /// The latest number of the account.
    pub last_seq: u64,
}

/// Query parameters of the list of changes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeQuery {
    /// Only changes after this number; the default is 0.
    pub since: Option<u64>,
    /// From 1 to 200; the default is 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for ChangeQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        errors.check(check_since(self.since));
    }
}

/// Sequence numbers fit 63 bits (`int64` of JSON Schema).
fn check_since(since: Option<u64>) -> Result<(), Invalid> {
    match since.map(i64::try_from) {
        Some(Err(_)) => Err(Invalid::new("since", "out_of_range", "From 0 to 2^63 - 1.")),
        _ => Ok(()),
    }
}

/// Query parameters of the event stream.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct EventQuery {
    /// Start after this number. `Last-Event-ID` takes precedence; without both the stream starts now.
    pub since: Option<u64>,
}

impl Validate for EventQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(check_since(self.since));
    }
}

/// The data of `hello` and `reset` events.
#[derive(Debug, Serialize)]
pub(super) struct StreamPosition {
    /// The latest number of the account.
    pub last_seq: u64,
}

/// The value of `Last-Event-ID`. Browsers send an empty one before the first event: it counts as absent.
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
    let detail = "The `id` of the last event that was received.";
    Invalid::new("Last-Event-ID", "invalid_header", detail)
}
