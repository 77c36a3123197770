//! The endpoints of notes: fetch, decide, answer. No SQL and no status numbers.

use axum::extract::State;
use axum::response::Response;

use super::listing::{Listing, NoteQuery};
use super::model::{NewNote, Note, NotePage, NotePatch, NoteReplacement, SavedNote};
use super::store::NoteStore;
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::condition::IfNoneMatch;
use crate::api::documents::{self, RemoveQuery};
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery, IdempotentJson, SaveJson};
use crate::api::page;
use crate::api::paging;
use crate::api::reply::{self, Entity};
use crate::api::state::AppState;
use crate::domain::id::{NoteId, UserId};
use crate::domain::if_match::IfMatch;
use crate::services::dedup::idempotency_keys::StoredReply;
use crate::services::page_cache::epoch::Scope;
use crate::services::page_cache::{Page, PageKey};

/// What a note of a list usually takes as JSON.
const NOTE_BYTES: usize = 768;

/// The caller's notes, a page at a time.
#[utoipa::path(
    get, path = "/notes", operation_id = "notes.list", tag = "notes", params(NoteQuery),
    responses((status = 200, body = NotePage), (status = 304, description = "Not modified"))
)]
pub(super) async fn list(
    caller: UncheckedCaller,
    State(app): State<AppState>,
    State(notes): State<NoteStore>,
    known: IfNoneMatch,
    query: Result<ApiQuery<NoteQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let listing = query.and_then(|ApiQuery(query)| {
        Listing::new(&app.keys, caller.user, query).map_err(ApiError::from)
    });
    let key = listing
        .as_ref()
        .ok()
        .filter(|listing| listing.is_cacheable())
        .map(|listing| PageKey::new(caller.user, Scope::Lists, &listing.cache_text()));
    let look = caller.look(&app, key.as_ref()).await?;
    let listing = listing?;
    let load = load_page(&app, &notes, caller.user, &listing);
    let page = paging::cached(&app, look, key.as_ref(), load).await?;
    let next_url = page.next.as_deref().map(|cursor| listing.next_url(cursor));
    Ok(reply::page(page, &known, next_url))
}

async fn load_page(
    app: &AppState,
    notes: &NoteStore,
    owner: UserId,
    listing: &Listing,
) -> Result<Page, ApiError> {
    let (items, more) = notes.list(owner, listing).await?;
    let next_cursor = items.last().filter(|_| more).map(|last| {
        page::seal_cursor(
            &app.keys,
            owner,
            &listing.binding(),
            &listing.position(last),
        )
    });
    let next = next_cursor.clone();
    let room = 256 + items.len() * NOTE_BYTES;
    paging::rendered(&NotePage { items, next_cursor }, next, room)
}

/// Creates a note. With an `Idempotency-Key` a repeated request gets the first answer again.
#[utoipa::path(
    post, path = "/notes", operation_id = "notes.create", tag = "notes", request_body = NewNote,
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = r"^[!-~](?:[ -~]*[!-~])?$",
        description = "1 to 255 visible ASCII characters; kept for 24 hours"
    )),
    responses((status = 201, body = Note))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(app): State<AppState>,
    State(notes): State<NoteStore>,
    IdempotentJson { value, key }: IdempotentJson<NewNote>,
) -> Result<StoredReply, ApiError> {
    let (note, tags) = value.into_note(app.clock.now());
    documents::create(&notes, user.id, "notes", (&note, &tags), key.as_ref()).await
}

/// One note.
#[utoipa::path(
    get, path = "/notes/{id}", operation_id = "notes.read", tag = "notes",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Note), (status = 304, description = "Not modified"))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    documents::read(&notes, user.id, id, &known).await
}

/// Replaces a note. Needs `If-Match` (a stale version is refused) or `base_version` (it is merged).
#[utoipa::path(
    put, path = "/notes/{id}", operation_id = "notes.replace", tag = "notes",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = NoteReplacement, responses((status = 200, body = SavedNote))
)]
pub(super) async fn replace(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<NoteReplacement>,
) -> Result<Entity<SavedNote>, ApiError> {
    let saved = documents::save(&notes, user.id, id, if_match, body.map(Into::into)).await?;
    Ok(Entity(saved.into()))
}

/// Changes some fields of a note. Needs `If-Match` (a stale version is refused) or `base_version`
/// (it is merged).
#[utoipa::path(
    patch, path = "/notes/{id}", operation_id = "notes.update", tag = "notes",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = NotePatch, responses((status = 200, body = SavedNote))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<NotePatch>,
) -> Result<Entity<SavedNote>, ApiError> {
    let saved = documents::save(&notes, user.id, id, if_match, body).await?;
    Ok(Entity(saved.into()))
}

/// Puts a note into the trash; with `permanent=true` deletes one in the trash for good.
#[utoipa::path(
    delete, path = "/notes/{id}", operation_id = "notes.remove", tag = "notes",
    params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204, description = "It is in the trash, or gone", headers(("X-Batch-Id" = String, description = "What undo takes back; only when it went into the trash now"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
    documents::remove(&notes, user.id, id, query).await
}

/// Takes a note out of the trash.
#[utoipa::path(
    post, path = "/notes/{id}/restore", operation_id = "notes.restore", tag = "notes",
    params(("id" = Uuid, Path)), responses((status = 200, body = Note))
)]
pub(super) async fn restore(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
) -> Result<Entity<Note>, ApiError> {
    documents::restore(&notes, user.id, id).await
}
