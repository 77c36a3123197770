//! The endpoints of notes: fetch, decide, answer. No SQL and no status numbers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::listing::{Listing, NoteQuery};
use super::model::{NewNote, Note, NotePage, NotePatch, NoteReplacement, RemoveQuery, SavedNote};
use super::store::{Base, Inserted, NoteStore, Removed, Saved};
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::condition::{IfMatch, IfNoneMatch};
use crate::api::error::{ApiError, Report};
use crate::api::extract::{ApiPath, ApiQuery, IdempotentJson, SaveJson};
use crate::api::page;
use crate::api::paging;
use crate::api::reply::{self, Entity, NoContent, with_batch};
use crate::api::state::AppState;
use crate::domain::id::{NoteId, UserId};
use crate::domain::invalid::Invalid;
use crate::records::generations::Scope;
use crate::records::idempotency::StoredReply;
use crate::records::kind::Kind;
use crate::records::pages::{Page, PageKey};
use crate::records::saves::SaveKey;

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
    let answer = |note: &Note| {
        let location = format!("/api/v1/notes/{}", note.summary.id);
        reply::created(location, note).unwrap_or_default()
    };
    let inserted = notes.insert(user.id, (&note, &tags), key.as_ref(), answer);
    match inserted.await? {
        Inserted::Reply(reply) => Ok(reply),
        Inserted::NoNotebook => Err(no_notebook()),
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
    // Whoever asks whether something is new mostly has it already: that takes no text.
    if known.is_some()
        && let Some(version) = notes.version(user.id, id).await?
        && let Some(answer) = reply::not_modified(version, &known)
    {
        return Ok(answer);
    }
    let note = notes.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    Ok(reply::read(note, &known))
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
    let patch = body.value.map(Into::into);
    save(user, &notes, id, if_match, (patch, body.names_base)).await
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
    save(user, &notes, id, if_match, (body.value, body.names_base)).await
}

async fn save(
    user: CurrentUser,
    notes: &NoteStore,
    id: NoteId,
    if_match: Result<IfMatch, ApiError>,
    (body, names_base): (Result<NotePatch, ApiError>, bool),
) -> Result<Entity<SavedNote>, ApiError> {
    let if_match = match if_match {
        Err(ApiError::PreconditionRequired) if names_base => Ok(None),
        condition => condition.map(Some),
    };
    let (if_match, patch) = match (if_match, body) {
        (Ok(condition), Ok(patch)) => (condition, patch),
        (condition, body) => {
            return Err(first_fault(user, notes, id, condition, body.err()).await?);
        }
    };
    let base = Base {
        if_match,
        version: patch.base_version,
        save: save_key(id, &patch)?,
    };
    match notes.save(user.id, id, &base, &patch).await? {
        Saved::Done(saved) => Ok(Entity(saved)),
        Saved::Missing => Err(ApiError::NotFound),
        Saved::Stale(note) => Err(stale(&note)),
        Saved::UnknownVersion(version) => Err(Invalid::new(
            "base_version",
            "unknown_version",
            format!("The note has only come to version {version}."),
        )
        .into()),
        Saved::SaveIdReused => Err(Invalid::new(
            "save_id",
            "save_id_reused",
            "This id was sent with another save; make a new one.",
        )
        .into()),
        Saved::NoNotebook => Err(no_notebook()),
    }
}

fn save_key(id: NoteId, patch: &NotePatch) -> Result<Option<SaveKey>, ApiError> {
    let Some(save) = patch.save_id else {
        return Ok(None);
    };
    let sent =
        serde_json::to_vec(patch).map_err(|fault| ApiError::Internal(Report::new(&fault)))?;
    Ok(Some(SaveKey::new(save, Kind::Note, id.as_bytes(), &sent)))
}

fn no_notebook() -> ApiError {
    Invalid::new("notebook_id", "not_found", "There is no such notebook.").into()
}

/// Of several faults the contract's order decides: 404, then 412 and 428, then the body's.
async fn first_fault(
    user: CurrentUser,
    notes: &NoteStore,
    id: NoteId,
    condition: Result<Option<IfMatch>, ApiError>,
    body: Option<ApiError>,
) -> Result<ApiError, ApiError> {
    let Some(note) = notes.find(user.id, id).await? else {
        return Ok(ApiError::NotFound);
    };
    Ok(match (condition, body) {
        (Err(fault), _) => fault,
        (Ok(Some(base)), _) if !base.allows(note.summary.version) => stale(&note),
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
    responses((status = 204, description = "It is in the trash, or gone", headers(("X-Batch-Id" = String, description = "What undo takes back; only when it went into the trash now"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(notes): State<NoteStore>,
    ApiPath(id): ApiPath<NoteId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
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
        Removed::Done(batch) => Ok(with_batch(batch)),
        Removed::Already => Ok(NoContent.into_response()),
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
    let note = notes.restore(user.id, id).await?;
    note.map(Entity).ok_or(ApiError::NotFound)
}
