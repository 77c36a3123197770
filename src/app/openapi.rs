//! The OpenAPI 3.1 document, collected from the features; what all endpoints share is added once.

use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    SecurityRequirement, Tag, path::Operation,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::registry::RESOURCES;
use crate::api::error::{FieldProblem, Problem};
use crate::api::state::AppState;
use crate::features::admin;

/// The endpoints under `/api/v1` with their documentation.
pub fn api() -> OpenApiRouter<AppState> {
    let v1 = RESOURCES
        .iter()
        .fold(OpenApiRouter::new(), |api, resource| {
            api.merge((resource.router)())
        });
    OpenApiRouter::with_openapi(frame())
        .nest("/api/v1", v1)
        .merge(admin::older_router())
}

/// The finished document.
pub fn document() -> OpenApi {
    let (_, mut document) = api().split_for_parts();
    complete(&mut document);
    document
}

/// The document as pretty JSON with a line break at its end, as it is kept in `docs/openapi.json`.
pub fn text() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Satchel")
        .version("1")
        .description(Some(
            "Notes, tasks and files. Times are RFC 3339 UTC, ids are UUIDs, errors are RFC 9457 \
             problems with a stable `code`. This version only ever grows.",
        ))
        .license(Some(
            utoipa::openapi::LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    let tag = |name: &str, text: &str| {
        let mut tag = Tag::new(name);
        tag.description = Some(text.to_owned());
        tag
    };
    let tags = RESOURCES.iter().flat_map(|resource| resource.tags);
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([utoipa::openapi::Server::new("/")]))
        .tags(Some(tags.map(|(name, text)| tag(name, text))))
        .build()
}

fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components
        .schemas
        .insert(Problem::name().into_owned(), Problem::schema());
    components
        .schemas
        .insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document.security = Some(vec![SecurityRequirement::new("bearer", [] as [&str; 0])]);
    for (path, item) in &mut document.paths.paths {
        let has_id = path.contains('{');
        for operation in [
            &mut item.get,
            &mut item.head,
            &mut item.options,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ]
        .into_iter()
        .flatten()
        {
            add_problems(operation, has_id);
            describe_answers(operation);
            describe_headers(operation);
        }
    }
}

/// Every endpoint may answer with these.
fn add_problems(operation: &mut Operation, has_id: bool) {
    let has_body = operation.request_body.is_some();
    let common = [
        ("400", "The request cannot be understood", has_body),
        ("401", "Not signed in, or wrong", true),
        ("403", "Not allowed", true),
        ("404", "Not there, or not yours", has_id),
        ("409", "The state does not allow it", true),
        ("412", "Changed meanwhile", has_id),
        ("413", "The body is too large", has_body),
        ("415", "The body is not JSON", has_body),
        ("422", "Fields are wrong", true),
        ("428", "If-Match is missing", has_id),
        ("429", "Too many requests", true),
        ("500", "A fault of the service", true),
        ("503", "Try again", true),
    ];
    for (status, text, applies) in common {
        if applies && !operation.responses.responses.contains_key(status) {
            let response = RefOr::T(problem(text));
            operation
                .responses
                .responses
                .insert(status.to_owned(), response);
        }
    }
}

/// Every answer needs a description; those that have a body say it with their schema.
fn describe_answers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let text = match status.as_str() {
                "201" => "Created",
                "202" => "Accepted",
                _ => "OK",
            };
            text.clone_into(&mut response.description);
        }
    }
}

/// A header that may be absent is never null where it is there.
fn describe_headers(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Header
            && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
            && let SchemaType::Array(types) = &mut object.schema_type
        {
            types.retain(|it| *it != Type::Null);
            if let [only] = types.as_slice() {
                object.schema_type = SchemaType::Type(only.clone());
            }
        }
    }
}

fn problem(text: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    ResponseBuilder::new()
        .description(text)
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(schema)).build(),
        )
        .build()
}
