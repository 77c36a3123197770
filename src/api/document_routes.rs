//! The endpoints that are the same for every document with a text: revisions and attachments. The
//! OpenAPI operations below are templates; `router` replaces `documents` and `document` in them by the
//! names of the entity kind. The work is done by `revisions` and `attaching`.

use axum::extract::{FromRef, State};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post, put};
use utoipa::openapi::path::{Operation, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{PartialSchema, Path, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::api::attaching;
use crate::api::caller::CurrentUser;
use crate::api::documents::Shown;
use crate::api::error::ApiError;
use crate::api::extract::{ApiPath, ApiQuery};
use crate::api::page::Here;
use crate::api::paging::PageQuery;
use crate::api::reply::{Answer, Entity, NoContent};
use crate::api::revisions::{
    self, Difference, DifferenceQuery, RevisionPage, RevisionPath, RevisionText,
};
use crate::api::state::AppState;
use crate::domain::id::{FileId, Id};
use crate::services::documents::Documents;
use crate::services::entity_kind::EntityKind;

/// The endpoints under `/{table}/{id}/revisions` and `/{table}/{id}/attachments` of a kind.
pub fn router<D>() -> OpenApiRouter<AppState>
where
    D: Shown,
    D::View: ToSchema,
    Documents<D>: FromRef<AppState>,
{
    let kind = D::KIND;
    OpenApiRouter::new()
        .routes(route::<__path_list>(kind, get(list::<D>)))
        .routes(route::<__path_read>(kind, get(read::<D>)))
        .routes(route::<__path_remove>(kind, delete(remove::<D>)))
        .routes(route::<__path_difference>(kind, get(difference::<D>)))
        .routes(answered_by::<D::View>(route::<__path_restore>(
            kind,
            post(restore::<D>),
        )))
        .routes(route::<__path_attach>(kind, put(attach::<D>)))
        .routes(route::<__path_detach>(kind, delete(detach::<D>)))
}

type Route = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<AppState>);

/// A route of a kind from the template `P`.
fn route<P: Path>(kind: EntityKind, handler: MethodRouter<AppState>) -> Route {
    let named = |text: &str| {
        let text = text.replace("documents", kind.table);
        text.replace("document", kind.name)
    };
    let mut operation: Operation = P::operation();
    operation.tags = Some(vec![kind.table.to_owned()]);
    for text in [
        &mut operation.operation_id,
        &mut operation.summary,
        &mut operation.description,
    ] {
        *text = text.as_deref().map(named);
    }
    let mut paths = Paths::new();
    paths.add_path_operation(named(&P::path()), P::methods(), operation);
    (schemas(), paths, handler)
}

/// The schemas that the templates refer to.
fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut found = vec![
        (RevisionPage::name().into_owned(), RevisionPage::schema()),
        (RevisionText::name().into_owned(), RevisionText::schema()),
        (Difference::name().into_owned(), Difference::schema()),
    ];
    RevisionPage::schemas(&mut found);
    RevisionText::schemas(&mut found);
    Difference::schemas(&mut found);
    found
}

/// Sets the body of the 200 response, which a template cannot name.
fn answered_by<V: ToSchema>((schemas, mut paths, handler): Route) -> Route {
    let schema = RefOr::Ref(Ref::from_schema_name(V::name()));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let operations = paths
        .paths
        .values_mut()
        .filter_map(|item| item.post.as_mut());
    for operation in operations {
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
            let json = "application/json".to_owned();
            response.content.insert(json, RefOr::T(content.clone()));
        }
    }
    (schemas, paths, handler)
}

/// Lists the revisions of the document, newest first.
#[utoipa::path(
    get, path = "/documents/{id}/revisions", operation_id = "documents.revisions.list",
    params(("id" = Uuid, Path), PageQuery), responses((status = 200, body = RevisionPage))
)]
async fn list<D: Shown>(
    user: CurrentUser,
    here: Here,
    State(app): State<AppState>,
    State(documents): State<Documents<D>>,
    ApiPath(id): ApiPath<Id<D::IdMarker>>,
    query: Result<ApiQuery<PageQuery>, ApiError>,
) -> Result<Response, ApiError> {
    revisions::list((&app, &here), &documents, user.id, id, query).await
}

/// Returns one revision of the document with its text.
#[utoipa::path(
    get, path = "/documents/{id}/revisions/{version}", operation_id = "documents.revisions.read",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200, body = RevisionText))
)]
async fn read<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath(path): ApiPath<RevisionPath<D::IdMarker>>,
) -> Result<Answer<RevisionText>, ApiError> {
    revisions::read(&documents, user.id, path).await
}

/// Compares a revision with another one of the document, word by word.
#[utoipa::path(
    get, path = "/documents/{id}/revisions/{version}/diff",
    operation_id = "documents.revisions.diff",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1), DifferenceQuery),
    responses((status = 200, body = Difference))
)]
async fn difference<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath(path): ApiPath<RevisionPath<D::IdMarker>>,
    query: Result<ApiQuery<DifferenceQuery>, ApiError>,
) -> Result<Answer<Difference>, ApiError> {
    revisions::difference(&documents, user.id, path, query).await
}

/// Restores the text of a revision as a new version of the document.
#[utoipa::path(
    post, path = "/documents/{id}/revisions/{version}/restore",
    operation_id = "documents.revisions.restore",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 200))
)]
async fn restore<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath(path): ApiPath<RevisionPath<D::IdMarker>>,
) -> Result<Entity<D::View>, ApiError> {
    revisions::restore(&documents, user.id, path).await
}

/// Deletes a revision of the document, such as the rejected text of a conflict.
#[utoipa::path(
    delete, path = "/documents/{id}/revisions/{version}",
    operation_id = "documents.revisions.remove",
    params(("id" = Uuid, Path), ("version" = u64, Path, minimum = 1)),
    responses((status = 204, description = "The revision does not exist any more"))
)]
async fn remove<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath(path): ApiPath<RevisionPath<D::IdMarker>>,
) -> Result<Response, ApiError> {
    revisions::remove(&documents, user.id, path).await
}

/// Attaches a file to the document. The document gets a new version, unless the file is already attached.
#[utoipa::path(
    put, path = "/documents/{id}/attachments/{file_id}", operation_id = "documents.attach",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "The file is attached"))
)]
async fn attach<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath((id, file)): ApiPath<(Id<D::IdMarker>, FileId)>,
) -> Result<NoContent, ApiError> {
    attaching::answer(documents.attach(user.id, id, file).await?)
}

/// Detaches a file from the document. The file itself is kept.
#[utoipa::path(
    delete, path = "/documents/{id}/attachments/{file_id}", operation_id = "documents.detach",
    params(("id" = Uuid, Path), ("file_id" = Uuid, Path)),
    responses((status = 204, description = "The file is not attached"))
)]
async fn detach<D: Shown>(
    user: CurrentUser,
    State(documents): State<Documents<D>>,
    ApiPath((id, file)): ApiPath<(Id<D::IdMarker>, FileId)>,
) -> Result<NoContent, ApiError> {
    attaching::answer(documents.detach(user.id, id, file).await?)
}
