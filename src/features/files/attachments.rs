//! What a file is attached to. Attaching is done where that is: a note bears its files.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::store::FileStore;
use crate::api::caller::CurrentUser;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery};
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply;
use crate::api::state::AppState;
use crate::domain::id::FileId;
use crate::services::attachments::Place;
use crate::services::entity_kind::EntityKind;

/// Something that a file is attached to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsedIn {
    /// `note`.
    kind: &'static str,
    id: Uuid,
    title: String,
}

/// One page of what a file is attached to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsedInPage {
    /// What it is attached to, the trash left out.
    items: Vec<UsedIn>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// What a file is attached to, a page at a time.
#[utoipa::path(
    get, path = "/files/{id}/attachments", operation_id = "files.attachments", tag = "files",
    params(("id" = Uuid, Path), PageQuery), responses((status = 200, body = UsedInPage))
)]
pub(super) async fn list(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    query: Result<ApiQuery<PageQuery>, ApiError>,
) -> Result<Response, ApiError> {
    files.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    let ApiQuery(query) = query?;
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, user.id, format!("attachments|{id}"), page)?;
    let after = paging.after();
    let after = after.and_then(|place| Some((place.key.parse().ok()?, place.id)));
    let mut rows = files.places(user.id, id, after, paging.rows()).await?;
    let next_cursor = paging.cut(&mut rows, |last| Position {
        key: last.kind.to_string(),
        id: entity(last),
    });
    let next = next_cursor.clone();
    let items = rows.into_iter().map(shown).collect();
    let page = UsedInPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

fn entity(place: &Place) -> [u8; 16] {
    place.id.as_slice().try_into().unwrap_or_default()
}

fn shown(place: Place) -> UsedIn {
    UsedIn {
        kind: EntityKind::from_number(place.kind).map_or("unknown", |kind| kind.name),
        id: Uuid::from_bytes(entity(&place)),
        title: place.title,
    }
}
