//! The OpenAPI spec and the list of routes: the committed files are current, and complete.

use std::collections::BTreeSet;
use std::path::Path;

use satchel::app::route_list::OTHER_ROUTES;
use serde_json::Value;

use crate::harness::TestApp;

/// Method, path and description of every operation.
pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("operationId").is_some() {
                found.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    found
}

fn document() -> Value {
    serde_json::from_str(&satchel::app::openapi::text()).unwrap()
}

#[test]
fn the_committed_files_are_current() {
    for (name, current) in [
        ("docs/openapi.json", satchel::app::openapi::text()),
        ("docs/routes.md", satchel::app::route_list::markdown()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let first = committed
            .lines()
            .zip(current.lines())
            .position(|(committed, current)| committed != current);
        assert!(
            committed == current,
            "{name} is out of date (first difference in line {}); refresh it: \
             cargo run -- openapi --write docs",
            first.unwrap_or(committed.lines().count()) + 1
        );
    }
}

#[tokio::test]
async fn the_routes_outside_of_the_spec_exist() {
    let app = TestApp::start().await;
    for (path, callers, _) in OTHER_ROUTES {
        let path = path.replace("{*path}", "notes/all");
        let reply = app.anon().get(&path).await;
        let status = reply.status();
        // Without a build of the page there are no files of it.
        let is_page = !path.starts_with("/api/openapi") && callers == "anyone";
        let may_lack = is_page && !path.starts_with("/health");
        assert!(
            status == 200 || may_lack && status == 404,
            "{path}: {status}"
        );
    }
}

#[test]
fn every_operation_has_an_id_a_tag_and_a_summary() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let name = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{name}: {id} is used twice");
        assert!(id.contains('.'), "{name}: {id} is not resource.verb");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
        assert!(operation["summary"].is_string(), "{name} has no summary");
    }
    assert!(ids.len() >= 15, "{ids:?}");
}

#[test]
fn every_error_response_is_a_problem() {
    for (method, path, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if !status.starts_with(['4', '5']) {
                continue;
            }
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(
                schema, "#/components/schemas/Problem",
                "{method} {path} {status}"
            );
        }
    }
}

#[test]
fn every_reference_resolves() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get("$ref") {
                    found.insert(target.clone());
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[tokio::test]
async fn the_spec_is_served_without_credentials() {
    let app = TestApp::start().await;
    let reply = app.anon().get("/api/openapi.json").await;
    let served: Value = reply.ok();
    assert_eq!(served, document());
    assert_eq!(served["openapi"], "3.1.0");
}
