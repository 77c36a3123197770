//! The endpoints of files without their bytes: fetch, decide, answer.

use axum::extract::State;
use axum::response::Response;

use super::listing::{FileQuery, Listing};
use super::model::{File, FilePage, FilePatch};
use super::store::{Edited, FileStore};
use crate::api::caller::{CurrentUser, UncheckedCaller};
use crate::api::condition::IfNoneMatch;
use crate::api::documents::{self, RemoveQuery};
use crate::api::error::{ApiError, Report};
use crate::api::extract::{ApiPath, ApiQuery, SaveJson};
use crate::api::page::{self, Here};
use crate::api::paging;
use crate::api::reply::{self, Entity};
use crate::api::state::AppState;
use crate::domain::id::{FileId, UserId};
use crate::domain::if_match::IfMatch;
use crate::services::page_cache::epoch::Scope;
use crate::services::page_cache::{Page, PageKey};

/// What a file of a list usually takes as JSON.
const FILE_BYTES: usize = 512;

/// The caller's files, a page at a time.
#[utoipa::path(
    get, path = "/files", operation_id = "files.list", tag = "files", params(FileQuery),
    responses((status = 200, body = FilePage), (status = 304, description = "Not modified"))
)]
pub(super) async fn list(
    caller: UncheckedCaller,
    here: Here,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    known: IfNoneMatch,
    query: Result<ApiQuery<FileQuery>, ApiError>,
) -> Result<Response, ApiError> {
    let listing = query.and_then(|ApiQuery(query)| {
        Listing::new(&app.keys, caller.user, query).map_err(ApiError::from)
    });
    let text = listing.as_ref().ok().and_then(Listing::cache_text);
    let key = text.map(|text| PageKey::new(caller.user, Scope::Lists, &text));
    let look = caller.look(&app, key.as_ref()).await?;
    let listing = listing?;
    let load = load_page(&app, &files, caller.user, &listing);
    let page = paging::cached(&app, look, key.as_ref(), load).await?;
    let next_url = page.next.as_deref().map(|cursor| here.next(cursor));
    Ok(reply::page(page, &known, next_url))
}

async fn load_page(
    app: &AppState,
    files: &FileStore,
    owner: UserId,
    listing: &Listing,
) -> Result<Page, ApiError> {
    let (items, more) = files.list(owner, listing).await?;
    let seal = |last: &File| {
        let (binding, place) = (listing.binding(), listing.position(last));
        page::seal_cursor(&app.keys, owner, &binding, &place)
    };
    let next_cursor = items.last().filter(|_| more).map(seal);
    let (next, room) = (next_cursor.clone(), 256 + items.len() * FILE_BYTES);
    paging::rendered(&FilePage { items, next_cursor }, next, room)
}

/// One file, without its bytes.
#[utoipa::path(
    get, path = "/files/{id}", operation_id = "files.read", tag = "files",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = File), (status = 304, description = "Not modified"))
)]
pub(super) async fn read(
    user: CurrentUser,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let file = files.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    Ok(reply::read(file, &known))
}

/// Renames a file or changes its tags. With `If-Match` a stale version is refused.
#[utoipa::path(
    patch, path = "/files/{id}", operation_id = "files.update", tag = "files",
    params(("id" = Uuid, Path), (
        "If-Match" = Option<String>, Header, description = "The ETag of the version that was changed",
        pattern = r#"^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, *(?:W/)?"[!#-+\--~]*")*)$"#
    )),
    request_body = FilePatch, responses((status = 200, body = File))
)]
pub(super) async fn update(
    user: CurrentUser,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    if_match: Result<IfMatch, ApiError>,
    body: SaveJson<FilePatch>,
) -> Result<Entity<File>, ApiError> {
    let condition = match if_match {
        Err(ApiError::PreconditionRequired) => Ok(None),
        condition => condition.map(Some),
    };
    let (condition, patch) = match (condition, body.value) {
        (Ok(condition), Ok(patch)) => (condition, patch),
        (condition, body) => {
            // Of several faults the contract's order decides: 404, then 412, then the body's.
            let file = files.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
            return Err(match (condition, body.err()) {
                (Err(err), _) => err,
                (Ok(Some(base)), _) if !base.allows(file.version) => stale(&file),
                (Ok(_), err) => err.unwrap_or(ApiError::NotFound),
            });
        }
    };
    let change = (&patch, app.clock.now());
    match files.edit(user.id, id, condition.as_ref(), change).await? {
        Edited::Done(file) => Ok(Entity(file)),
        Edited::Missing => Err(ApiError::NotFound),
        Edited::Stale(file) => Err(stale(&file)),
    }
}

fn stale(file: &File) -> ApiError {
    match serde_json::to_value(file) {
        Ok(current) => ApiError::Stale(Box::new(current)),
        Err(err) => ApiError::Internal(Report::new(&err)),
    }
}

/// Puts a file into the trash; with `permanent=true` deletes one in the trash for good.
#[utoipa::path(
    delete, path = "/files/{id}", operation_id = "files.remove", tag = "files",
    params(("id" = Uuid, Path), RemoveQuery),
    responses((status = 204, description = "It is in the trash, or gone", headers(("X-Batch-Id" = String, description = "What undo takes back; only when it went into the trash now"))))
)]
pub(super) async fn remove(
    user: CurrentUser,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    query: Result<ApiQuery<RemoveQuery>, ApiError>,
) -> Result<Response, ApiError> {
    documents::remove(&files, user.id, id, query).await
}

/// Takes a file out of the trash.
#[utoipa::path(
    post, path = "/files/{id}/restore", operation_id = "files.restore", tag = "files",
    params(("id" = Uuid, Path)), responses((status = 200, body = File))
)]
pub(super) async fn restore(
    user: CurrentUser,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
) -> Result<Entity<File>, ApiError> {
    let file = files.take_out(user.id, id, app.clock.now()).await?;
    file.map(Entity).ok_or(ApiError::NotFound)
}
