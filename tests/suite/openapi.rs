//! The OpenAPI document: the kept copy is the present one, and it says what every endpoint shares.

use std::collections::BTreeSet;
use std::path::Path;

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
fn the_kept_document_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let present = satchel::app::openapi::text();
    let first = kept
        .lines()
        .zip(present.lines())
        .position(|(kept, present)| kept != present);
    assert!(
        kept == present,
        "docs/openapi.json is not the present document (first difference in line {}); refresh it: \
         cargo run -- openapi > docs/openapi.json",
        first.map_or(kept.lines().count(), |line| line) + 1
    );
}

#[test]
fn every_operation_has_an_id_a_tag_and_words_of_its_own() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let place = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{place}: {id} stands twice");
        assert!(id.contains('.'), "{place}: {id} is no noun.verb");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{place}");
        assert!(operation["summary"].is_string(), "{place} has no summary");
    }
    assert!(ids.len() >= 15, "{ids:?}");
}

#[test]
fn every_refusal_is_a_problem() {
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
fn every_reference_leads_somewhere() {
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
async fn the_service_shows_the_document_to_everybody() {
    let app = TestApp::start().await;
    let reply = app.anon().get("/api/openapi.json").await;
    let served: Value = reply.ok();
    assert_eq!(served, document());
    assert_eq!(served["openapi"], "3.1.0");
}
