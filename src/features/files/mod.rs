//! Files: multipart and resumable uploads, lists, metadata, tags, attachments, range requests, trash.
//! `routes` has the endpoints, `model` the types and their validation, `store` the SQL.

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

use std::time::Duration;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::resource::{PeriodicJob, Resource};
use crate::api::state::AppState;
use crate::platform::db::OwnedTable;
use crate::services::batches::handler::{self, BatchHandler};
use crate::services::documents;
use crate::services::entity_kind::EntityKind;
use model::File;
use store::FileStore;

pub use listing::list_shapes;

pub const KIND: EntityKind = EntityKind::new(3, "file", "files").tagged();

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "files",
        "Files: upload, download, metadata and attachments.",
    )],
    kinds: &[KIND],
    owned_tables: &[
        OwnedTable::new("uploads"),
        OwnedTable::new("files"),
        OwnedTable::new("storage_use"),
    ],
    delete_owned: Some(|app, owner| Box::pin(store::delete_blobs(&app.db, &app.storage, owner))),
    jobs: &[
        PeriodicJob::every(Duration::from_secs(60), "uploads.expire", |app| {
            Box::pin(async { Ok(uploads::expire(app).await?) })
        }),
        PeriodicJob::hourly("files.purge_trash", |app| {
            Box::pin(async { Ok(documents::purge_trash::<File>(&app.db, &app.cache).await?) })
        }),
        PeriodicJob::hourly("files.purge_tombstones", |app| {
            Box::pin(async { Ok(documents::purge_tombstones::<File>(&app.db).await?) })
        }),
    ],
    batches: Some(BatchHandler {
        kind: KIND,
        apply: |tx, call| Box::pin(handler::apply_documents::<File>(tx, call, |_| None)),
        undo: |tx, call| Box::pin(handler::undo_documents::<File>(tx, call)),
    }),
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/files` and `/api/v1/uploads`.
fn router() -> OpenApiRouter<AppState> {
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

impl FromRef<AppState> for FileStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
