//! Tasks: what they promise as notes do, and what only they do: order, dates, parts, lists, views.

mod batches;
mod both_databases;
mod dates;
mod lists;
mod order;
mod parts;
mod refusals;
mod views;

use serde_json::{Value, json};

use crate::harness::{Actor, Call, TestApp};

/// The text under a name.
#[track_caller]
fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}

/// A task; its id.
async fn task(actor: &Actor, fields: Value) -> String {
    let made: Value = actor.post("tasks").json(fields).await.created();
    text(&made, "id")
}

/// A list; its id.
async fn list(actor: &Actor, name: &str) -> String {
    let new = json!({ "name": name });
    let made: Value = actor.post("task-lists").json(new).await.created();
    text(&made, "id")
}

/// A task as it is now.
async fn seen(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("tasks/{id}")).await.ok()
}

/// The titles that a list shows.
async fn titles(actor: &Actor, query: &str) -> Vec<String> {
    let page: Value = actor.get(&format!("tasks?{query}")).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| text(item, "title")).collect()
}

/// A change of some fields, whatever the version.
fn change(actor: &Actor, id: &str, fields: Value) -> Call {
    let call = actor.patch(&format!("tasks/{id}"));
    call.header("if-match", "*").json(fields)
}

/// A drag.
fn drag(actor: &Actor, id: &str, to: Value) -> Call {
    actor.post(&format!("tasks/{id}/move")).json(to)
}

/// Takes a batch back; how many were put back, and how many left alone.
async fn undo(actor: &Actor, batch: &str) -> (u64, u64) {
    let done: Value = actor.post(&format!("batches/{batch}/undo")).await.ok();
    (
        done["undone"].as_u64().unwrap(),
        done["skipped"].as_u64().unwrap(),
    )
}

/// What must hold whatever happened: places are there and apart, parts lie with their tasks, what is
/// done says when, rows and dictionary agree about tags, the sequence has no gap.
pub(crate) async fn assert_whole(app: &TestApp) {
    for (what, sql) in [
        (
            "tasks without a place",
            "SELECT COUNT(*) FROM tasks WHERE shelf < 3 AND (position IS NULL OR position = '')",
        ),
        (
            "places that are taken twice",
            "SELECT COUNT(*) FROM (SELECT 1 FROM tasks WHERE position IS NOT NULL \
               GROUP BY owner_id, list_id, position HAVING COUNT(*) > 1) t",
        ),
        (
            "parts that do not lie with their tasks",
            "SELECT COUNT(*) FROM tasks c LEFT JOIN tasks p ON p.owner_id = c.owner_id \
               AND p.id = c.parent_id AND p.shelf = 0 AND p.list_id = c.list_id \
               AND p.parent_id IS NULL \
             WHERE c.shelf = 0 AND c.parent_id IS NOT NULL AND p.id IS NULL",
        ),
        (
            "tasks in lists that are gone",
            "SELECT COUNT(*) FROM tasks n LEFT JOIN task_lists l ON l.owner_id = n.owner_id \
               AND l.id = n.list_id AND l.deleted_at IS NULL \
             WHERE n.shelf = 0 AND n.list_id <> REPEAT('\\0', 16) AND l.id IS NULL",
        ),
        (
            "what is done does not say when, or the other way round",
            "SELECT COUNT(*) FROM tasks WHERE (status = 2) <> (completed_at IS NOT NULL) \
               OR (status = 2) <> (done = 1)",
        ),
        (
            "keys of another due date",
            "SELECT COUNT(*) FROM tasks WHERE due_key <> COALESCE(due_at, '9999-12-31')",
        ),
        (
            "sequences with gaps",
            "SELECT COUNT(*) FROM change_heads h WHERE h.floor = 0 AND h.seq <> \
               (SELECT COUNT(*) FROM changes c WHERE c.owner_id = h.owner_id)",
        ),
    ] {
        assert_eq!(app.database().count(sql).await, 0, "{what}");
    }
}
