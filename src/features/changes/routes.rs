//! The endpoints: the list to catch up with, and the stream.

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
use crate::services::changes::subscriptions::Refused;

/// What was changed after a number, oldest first. Changes are kept for 30 days.
#[utoipa::path(
    get, path = "/changes", operation_id = "changes.list", tag = "changes", params(ChangeQuery),
    responses(
        (status = 200, body = ChangePage),
        (status = 410, description = "No longer kept: read the lists again, then go on from `last_seq`",
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
    // The floor is read after the rows: what a purge took away in between is noticed.
    let found = changes::since(&app.db, user.id, since, limit).await?;
    let head = changes::head(&app.db, user.id).await?;
    if since < head.floor {
        return Err(ApiError::Gone(
            "changes_gone",
            "Changes that old are no longer kept; read the lists again.",
        ));
    }
    let last = found.last().map_or(since, |change| change.seq);
    let has_more = last < head.seq;
    Ok(Answer(ChangePage {
        items: found.iter().filter_map(ChangeItem::known).collect(),
        next_cursor: has_more.then(|| last.to_string()),
        last_seq: head.seq,
    }))
}

/// Changes while they happen, as server-sent events: `hello` first, then one `change` each, `reset`
/// when what is asked for is no longer kept, and `bye` at the end. A comment every 10 seconds shows
/// that the line is good. To go on, connect again with `Last-Event-ID`.
#[utoipa::path(
    get, path = "/events", operation_id = "changes.events", tag = "changes",
    params(EventQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The `id` of the last event that was seen")),
    responses((status = 200, description = "The stream; it ends with the access token at the latest",
        body = String, content_type = "text/event-stream"))
)]
pub(super) async fn events(
    caller: LastingCaller,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<EventQuery>,
) -> Result<Response, ApiError> {
    let since = last_event_id(&headers)?.or(query.since);
    // Listens first and reads the head then: what changes in between is heard.
    let listening = app.watches.listen(caller.user).map_err(|why| match why {
        Refused::ByOwner => ApiError::TooManyStreams,
        Refused::ByInstance => {
            ApiError::Unavailable(Report::text("too many event streams are open"))
        }
    })?;
    let head = changes::head(&app.db, caller.user).await?;
    Ok(stream::open(app, caller, listening, since, head))
}
