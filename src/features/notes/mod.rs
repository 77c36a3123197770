//! Notes: Markdown kept verbatim, listed, searched, organised in notebooks, merged when two people
//! save at once, put into the trash and taken out again, with every text they had.
//! `routes` speaks HTTP, `model` knows what is valid, `store` alone knows the tables.

mod attachment_routes;
mod listing;
mod model;
mod notebooks;
mod revision_routes;
mod routes;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::JSON_MAX_BYTES;
use crate::api::state::AppState;
use crate::domain::id::{BatchId, EntityId, NoteId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Tx};
use crate::services::batches::Item;
use crate::services::documents::{self, ApplyOutcome};
use model::NoteSummary;
use store::NoteStore;

pub use listing::list_shapes;
pub use notebooks::purge as purge_notebooks;
pub use store::{Action, OWNED};

/// The endpoints under `/api/v1/notes` and `/api/v1/notebooks`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(
            routes::read,
            routes::replace,
            routes::update,
            routes::remove
        ))
        .routes(routes!(routes::restore))
        .routes(routes!(revision_routes::list))
        .routes(routes!(revision_routes::read, revision_routes::remove))
        .routes(routes!(revision_routes::difference))
        .routes(routes!(revision_routes::restore))
        .routes(routes!(
            attachment_routes::attach,
            attachment_routes::detach
        ))
        .layer(DefaultBodyLimit::max(JSON_MAX_BYTES))
        .merge(notebooks::router())
}

/// Does one thing to many notes.
pub async fn apply(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    ids: &[EntityId],
    (action, now): (&documents::Action<Action>, Timestamp),
) -> Result<ApplyOutcome, DbError> {
    let ids: Vec<NoteId> = ids.iter().map(|id| id.cast()).collect();
    documents::apply::<NoteSummary>(tx, owner, Some(batch), &ids, (action, now)).await
}

/// Takes back what a batch did to notes and notebooks, where they are still as it left them; how
/// many entities, and how many not. Notebooks come first: notes may go back into them.
pub async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let notebooks = notebooks::undo(tx, owner, batch, items, now).await?;
    let notes = documents::undo::<NoteSummary>(tx, owner, batch, items, now).await?;
    Ok((notebooks.0 + notes.0, notebooks.1 + notes.1))
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    documents::purge_trash::<NoteSummary>(db, cache).await
}

/// Forgets notes that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_tombstones(db: &Db) -> Result<u64, DbError> {
    documents::purge_tombstones::<NoteSummary>(db).await
}

impl FromRef<AppState> for NoteStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
