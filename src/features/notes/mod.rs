//! Notes in Markdown: lists, search, notebooks, revisions, three-way merge of concurrent saves, trash.
//! `routes` has the endpoints, `model` the types and their validation, `store` the SQL.

mod listing;
mod model;
mod notebooks;
mod routes;
mod store;

use axum::extract::{DefaultBodyLimit, FromRef};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::document_routes;
use crate::api::extract::JSON_MAX_BYTES;
use crate::api::resource::{PeriodicJob, Resource};
use crate::api::state::AppState;
use crate::domain::id::EntityId;
use crate::platform::db::{DbError, OwnedTable, Tx};
use crate::services::batches::handler::{self, Apply, BatchHandler, Operation, Undo, UndoCount};
use crate::services::documents::{self, ApplyOutcome};
use crate::services::entity_kind::EntityKind;
use model::NoteSummary;
use store::{Action, NoteStore};

pub use listing::list_shapes;

pub const KIND: EntityKind = EntityKind::new(1, "note", "notes").tagged().attachable();

pub const RESOURCE: Resource = Resource {
    tags: &[(
        "notes",
        "Notes in Markdown with notebooks, tags and revisions.",
    )],
    kinds: &[KIND, notebooks::KIND],
    owned_tables: &[OwnedTable::new("notes"), OwnedTable::new("notebooks")],
    jobs: &[
        PeriodicJob::hourly("notes.purge_trash", |app| {
            Box::pin(async {
                Ok(documents::purge_trash::<NoteSummary>(&app.db, &app.cache).await?)
            })
        }),
        PeriodicJob::hourly("notes.purge_tombstones", |app| {
            Box::pin(async { Ok(documents::purge_tombstones::<NoteSummary>(&app.db).await?) })
        }),
        PeriodicJob::hourly("notebooks.purge", |app| {
            Box::pin(async { Ok(notebooks::purge(&app.db).await?) })
        }),
    ],
    batches: Some(BatchHandler {
        kind: KIND,
        apply: |tx, call| Box::pin(apply(tx, call)),
        undo: |tx, call| Box::pin(undo(tx, call)),
    }),
    ..Resource::new(router)
};

/// The endpoints under `/api/v1/notes` and `/api/v1/notebooks`.
fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::list, routes::create))
        .routes(routes!(
            routes::read,
            routes::replace,
            routes::update,
            routes::remove
        ))
        .routes(routes!(routes::restore))
        .merge(document_routes::router::<NoteSummary>())
        .layer(DefaultBodyLimit::max(JSON_MAX_BYTES))
        .merge(notebooks::router())
}

async fn apply(tx: &Tx, call: Apply<'_>) -> Result<ApplyOutcome, DbError> {
    let custom = |operation: &Operation| match operation {
        Operation::Move(notebook) => Some(Action::Move(notebook.map(EntityId::cast))),
        Operation::Pin(is_pinned) => Some(Action::Pin(*is_pinned)),
        Operation::Archive(is_archived) => Some(Action::Archive(*is_archived)),
        _ => None,
    };
    handler::apply_documents::<NoteSummary>(tx, call, custom).await
}

/// Undoes notebooks first: notes may be moved back into them.
async fn undo(tx: &Tx, call: Undo<'_>) -> Result<UndoCount, DbError> {
    let notebooks = notebooks::undo(tx, call.owner, call.batch, call.items, call.now).await?;
    let mut count = UndoCount::from(notebooks);
    count += handler::undo_documents::<NoteSummary>(tx, call).await?;
    Ok(count)
}

impl FromRef<AppState> for NoteStore {
    fn from_ref(app: &AppState) -> Self {
        Self::new(app.db.clone(), app.cache.clone(), app.clock.clone())
    }
}
