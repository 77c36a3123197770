//! The endpoints of notes: fetch, decide, answer. No SQL and no status numbers.

use axum::extract::State;
use axum::response::Response;

use super::model::{
    Listing, NewNote, Note, NotePage, NotePatch, NoteQuery, NoteReplacement, RemoveQuery,
};
use super::store::{Inserted, NoteStore, Removed, Saved};
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::condition::{IfMatch, IfNoneMatch};
use crate::api::error::{ApiError, Report};
use crate::api::extract::{ApiJson, ApiPath, ApiQuery, IdempotentJson};
use crate::api::page;
use crate::api::reply::{self, Entity, NoContent};
use crate::api::state::AppState;
use crate::domain::id::{NoteId, UserId};
use crate::domain::invalid::Invalid;
use crate::records::generations::Scope;
use crate::records::idempotency::StoredReply;
use crate::records::pages::{Page, PageKey};

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
        .map(|listing| PageKey::new(caller.user, Scope::Notes, &listing.cache_text()));
    let look = caller.look(&app, key.as_ref()).await?;
    let listing = listing?;
    let page = match (look.page, &key) {
        (Some(page), _) => page,
        (None, Some(key)) => {
            let load = load_page(&app, &notes, caller.user, &listing);
            app.pages
                .load(&app.cache, key, look.generation, load)
                .await?
        }
        (None, None) => load_page(&app, &notes, caller.user, &listing).await?,
    };
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
    let body = serde_json::to_vec(&NotePage { items, next_cursor })
        .map_err(|fault| ApiError::Internal(Report::new(&fault)))?;
    Ok(Page::new(body, next))
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
    let note = value.into_note(app.clock.now());
    let answer = reply::created(format!("/api/v1/notes/{}", note.summary.id), &note)?;
    match notes.insert(user.id, &note, key.as_ref(), &answer).await? {
        Inserted::Reply(reply) => Ok(reply),
        Inserted::IdTaken => Err(ApiError::Conflict("id_taken", "This id is in use.")),
        Inserted::KeyMismatch => Err(Invalid::new(
            "Idempotency-Key",
            "idempotency_key_reused",
            "This key was sent with another request; use a new one.",
        )
        .into()),
    }
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
    let note = notes.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    Ok(reply::read(note, &known))
}

/// Replaces a note. Needs `If-Match`.
#[utoipa::path(
    put, path = "/notes/{id}", operation_id = "notes.replace", tag = "notes",
    params(("id" = Uuid, Path), (
        "If-Match" = String, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = NoteReplacement, responses((status = 200, body = Note))
)]
pub(super) async fn replace(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    base: Result<IfMatch, ApiError>,
    body: Result<ApiJson<NoteReplacement>, ApiError>,
) -> Result<Entity<Note>, ApiError> {
    save(
        user,
        &notes,
        id,
        base,
        body.map(|ApiJson(whole)| whole.into()),
    )
    .await
}

/// Changes some fields of a note. Needs `If-Match`.
#[utoipa::path(
    patch, path = "/notes/{id}", operation_id = "notes.update", tag = "notes",
    params(("id" = Uuid, Path), (
        "If-Match" = String, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = NotePatch, responses((status = 200, body = Note))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    base: Result<IfMatch, ApiError>,
    body: Result<ApiJson<NotePatch>, ApiError>,
) -> Result<Entity<Note>, ApiError> {
    save(user, &notes, id, base, body.map(|ApiJson(patch)| patch)).await
}

async fn save(
    user: CurrentUser,
    notes: &NoteStore,
    id: NoteId,
    base: Result<IfMatch, ApiError>,
    body: Result<NotePatch, ApiError>,
) -> Result<Entity<Note>, ApiError> {
    let (base, patch) = match (base, body) {
        (Ok(base), Ok(patch)) => (base, patch),
        (base, body) => return Err(first_fault(user, notes, id, base, body.err()).await?),
    };
    match notes.update(user.id, id, &base, &patch).await? {
        Saved::Done(note) => Ok(Entity(note)),
        Saved::Missing => Err(ApiError::NotFound),
        Saved::Stale(note) => Err(stale(&note)),
    }
}

/// Of several faults the contract's order decides: 404, then 412 and 428, then the body's.
async fn first_fault(
    user: CurrentUser,
    notes: &NoteStore,
    id: NoteId,
    base: Result<IfMatch, ApiError>,
    body: Option<ApiError>,
) -> Result<ApiError, ApiError> {
    let Some(note) = notes.find(user.id, id).await? else {
        return Ok(ApiError::NotFound);
    };
    Ok(match (base, body) {
        (Err(fault), _) => fault,
        (Ok(base), _) if !base.allows(note.summary.version) => stale(&note),
        (Ok(_), Some(fault)) => fault,
        (Ok(_), None) => ApiError::NotFound,
    })
}

fn stale(note: &Note) -> ApiError {
    match serde_json::to_value(note) {
        Ok(current) => ApiError::Stale(Box::new(current)),
        Err(fault) => ApiError::Internal(Report::new(&fault)),
    }
}

/// Puts a note into the trash; with `permanent=true` deletes one in the trash for good.
#[utoipa::path(
    delete, path = "/notes/{id}", operation_id = "notes.remove", tag = "notes",
    params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204, description = "It is in the trash, or gone"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<NoContent, ApiError> {
    let ApiQuery(query) = match query {
        Ok(query) => query,
        // What is not there is not there, whatever else is wrong with the request.
        Err(fault) => match notes.find(user.id, id).await? {
            Some(_) => return Err(fault),
            None => return Err(ApiError::NotFound),
        },
    };
    let removed = if query.permanent == Some(true) {
        notes.remove_forever(user.id, id).await?
    } else {
        notes.remove(user.id, id).await?
    };
    match removed {
        Removed::Done => Ok(NoContent),
        Removed::Missing => Err(ApiError::NotFound),
        Removed::NotInTrash => Err(ApiError::Conflict(
            "not_in_trash",
            "Only a note in the trash can be deleted for good.",
        )),
    }
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
    match notes.restore(user.id, id).await? {
        Saved::Done(note) | Saved::Stale(note) => Ok(Entity(note)),
        Saved::Missing => Err(ApiError::NotFound),
    }
}
