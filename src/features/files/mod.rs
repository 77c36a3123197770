//! Files: sent up in one go or piece by piece, listed, renamed, tagged, attached to notes, given
//! out whole or in part, put into the trash and taken out again.
//! `model` knows what is valid, `store` alone knows the tables.

mod attachments;
mod content;
mod form;
mod linger;
mod links;
mod listing;
mod model;
mod range;
mod routes;
mod serving;
mod space;
mod store;
mod uploads;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::state::AppState;
use crate::domain::id::{BatchId, EntityId, FileId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::cache::Cache;
use crate::platform::db::{Db, DbError, Tx};
use crate::services::batches::Item;
use crate::services::documents::{self, Action, ApplyOutcome};
use model::File;
use store::FileStore;

pub use listing::list_shapes;
pub use store::{Nothing, purge_owner};
pub use uploads::expire as expire_uploads;

/// The endpoints under `/api/v1/files` and `/api/v1/uploads`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(form::router())
        .merge(space::router())
        .merge(uploads::router())
        .routes(routes!(routes::list))
        .routes(routes!(routes::read, routes::update, routes::remove))
        .routes(routes!(routes::restore))
        .routes(routes!(content::read))
        .routes(routes!(links::create))
        .routes(routes!(attachments::list))
}

/// Does one thing to many files.
pub async fn apply(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    ids: &[EntityId],
    (action, now): (&Action<Nothing>, Timestamp),
) -> Result<ApplyOutcome, DbError> {
    let ids: Vec<FileId> = ids.iter().map(|id| id.cast()).collect();
    documents::apply::<File>(tx, owner, Some(batch), &ids, (action, now)).await
}

/// Takes back what a batch did to files, where they are still as it left them; how many, and how
/// many not.
pub async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    documents::undo::<File>(tx, owner, batch, items, now).await
}

/// Deletes for good what has been in the trash for too long, some at a time; how many.
pub async fn purge_trash(db: &Db, cache: &Cache) -> Result<u64, DbError> {
    documents::purge_trash::<File>(db, cache).await
}

/// Forgets files that were deleted for good a month ago, a thousand at a time; how many.
pub async fn purge_tombstones(db: &Db) -> Result<u64, DbError> {
    documents::purge_tombstones::<File>(db).await
}

impl FromRef<AppState> for FileStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
