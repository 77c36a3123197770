//! The endpoints of the change feed.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::model::{ChangeItem, ChangePage, ChangeQuery, EventQuery, last_event_id};
use super::stream;
use crate::api::caller::{CurrentUser, LastingCaller};
use crate::api::error::{ApiError, Problem, Report};
use crate::api::extract::ApiQuery;
use crate::api::page::LIMIT_DEFAULT;
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::services::changes;
use crate::services::changes::subscriptions::SubscribeError;

/// Lists changes after a number, oldest first. Changes are kept for 30 days.
#[utoipa::path(
    get, path = "/changes", operation_id = "changes.list", tag = "changes", params(ChangeQuery),
    responses(
        (status = 200, body = ChangePage),
        (status = 410, description = "Purged: read the lists again, then continue from `last_seq`",
            body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    user: CurrentUser,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<ChangeQuery>,
) -> Result<Answer<ChangePage>, ApiError> {
    let since = query.since.unwrap_or(0);
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    // The sequence is read after the rows, so that a purge in between is noticed.
    let found = changes::since(&app.db, user.id, since, limit).await?;
    let sequence = changes::sequence(&app.db, user.id).await?;
    if since < sequence.purged_to {
        return Err(ApiError::Gone(
            "changes_gone",
            "These changes are purged. Read the lists again.",
        ));
    }
    let last = found.last().map_or(since, |change| change.seq);
    let has_more = last < sequence.latest;
    Ok(Answer(ChangePage {
        items: found.iter().filter_map(ChangeItem::known).collect(),
        next_cursor: has_more.then(|| last.to_string()),
        last_seq: sequence.latest,
    }))
}

/// Streams changes as server-sent events: `hello` first, then one `change` event for each change,
/// `reset` when the requested changes are purged, and `bye` at the end. A comment is sent every 10
/// seconds as a heartbeat. To resume, reconnect with `Last-Event-ID`.
#[utoipa::path(
    get, path = "/events", operation_id = "changes.events", tag = "changes",
    params(EventQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The `id` of the last event that was received")),
    responses((status = 200, description = "The stream; it ends when the access token expires",
        body = String, content_type = "text/event-stream"))
)]
pub(super) async fn events(
    caller: LastingCaller,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<EventQuery>,
) -> Result<Response, ApiError> {
    let since = last_event_id(&headers)?.or(query.since);
    // Subscribes before it reads the sequence: a change in between is delivered.
    let subscribed = app.subscriptions.subscribe(caller.user);
    let subscription = subscribed.map_err(|err| match err {
        SubscribeError::OwnerLimit => ApiError::TooManyStreams,
        SubscribeError::InstanceLimit => {
            ApiError::Unavailable(Report::text("too many event streams are open"))
        }
    })?;
    let sequence = changes::sequence(&app.db, caller.user).await?;
    Ok(stream::open(app, caller, subscription, since, sequence))
}
