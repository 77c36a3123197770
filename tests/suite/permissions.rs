//! Who may do what: every route of the OpenAPI document with every kind of caller. A route without
//! an expectation fails, so that nobody adds one without saying who may use it.

use axum::http::Method;
use satchel::features::accounts::manage;
use serde_json::{Value, json};

use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp};
use crate::openapi;

/// The statuses for a stranger, another user, an admin, the owner signed out, and the owner.
struct Expected {
    operation: &'static str,
    body: fn() -> Value,
    anonymous: u16,
    other: u16,
    admin: u16,
    revoked: u16,
    owner: u16,
}

const fn row(operation: &'static str, statuses: [u16; 5], body: fn() -> Value) -> Expected {
    let [anonymous, other, admin, revoked, owner] = statuses;
    Expected {
        operation,
        body,
        anonymous,
        other,
        admin,
        revoked,
        owner,
    }
}

/// Endpoints that take no notice of who calls.
const fn open(operation: &'static str, status: u16, body: fn() -> Value) -> Expected {
    row(operation, [status; 5], body)
}

const EXPECTED: [Expected; 104] = [
    open("auth.register", 201, registration),
    open(
        "auth.verify_email",
        403,
        || json!({ "email": "nobody@example.org", "code": "123456" }),
    ),
    open(
        "auth.resend_code",
        202,
        || json!({ "email": "nobody@example.org" }),
    ),
    open(
        "auth.login",
        200,
        || json!({ "login": "ann", "password": DEFAULT_PASSWORD }),
    ),
    // The credential here is the refresh token, and none is sent.
    open("auth.refresh", 401, nothing),
    // To sign out twice is to be signed out.
    row("auth.logout", [401, 204, 204, 204, 204], nothing),
    row("auth.logout_all", [401, 204, 204, 401, 204], nothing),
    row("me.read", [401, 200, 200, 401, 200], nothing),
    open(
        "auth.forgot_password",
        202,
        || json!({ "email": "nobody@example.org" }),
    ),
    open(
        "auth.reset_password",
        403,
        || json!({ "token": "none", "password": DEFAULT_PASSWORD }),
    ),
    row(
        "me.update",
        [401, 200, 200, 401, 200],
        || json!({ "display_name": "N" }),
    ),
    // Whoever has the token but not the password gets no further.
    row("me.remove", [401, 403, 403, 401, 403], wrong_password),
    row(
        "me.change_password",
        [401, 403, 403, 401, 403],
        || json!({ "current_password": "not this one", "new_password": "quite another one" }),
    ),
    row(
        "me.change_email",
        [401, 403, 403, 401, 403],
        || json!({ "email": "new@example.org", "password": "not this one" }),
    ),
    row("me.confirm_email", [401, 403, 403, 401, 403], code),
    row("me.begin_totp", [401, 403, 403, 401, 403], wrong_password),
    row("me.confirm_totp", [401, 403, 403, 401, 403], code),
    row("me.remove_totp", [401, 403, 403, 401, 403], wrong_password),
    row("me.sessions", [401, 200, 200, 401, 200], nothing),
    // The id in the address is that of a note: a sign-in or key of that id is nobody's.
    row("me.end_session", [401, 404, 404, 401, 404], nothing),
    row("me.api_keys", [401, 200, 200, 401, 200], nothing),
    row(
        "me.create_api_key",
        [401, 201, 201, 401, 201],
        || json!({ "name": "a program", "scopes": ["read"] }),
    ),
    row("me.remove_api_key", [401, 404, 404, 401, 404], nothing),
    row("admin.users", [401, 403, 200, 401, 403], nothing),
    row("users.list", [401, 403, 200, 401, 403], nothing),
    row("admin.create_user", [401, 403, 201, 401, 403], registration),
    row("admin.remove_user", [401, 403, 404, 401, 403], nothing),
    row("admin.user_sessions", [401, 403, 404, 401, 403], nothing),
    row(
        "admin.end_user_sessions",
        [401, 403, 404, 401, 403],
        nothing,
    ),
    row("admin.stats", [401, 403, 200, 401, 403], nothing),
    row("admin.instances", [401, 403, 200, 401, 403], nothing),
    row("admin.jobs", [401, 403, 200, 401, 403], nothing),
    row("admin.user", [401, 403, 404, 401, 403], nothing),
    row(
        "admin.change_user",
        [401, 403, 404, 401, 403],
        || json!({ "role": "admin" }),
    ),
    row("admin.reset_totp", [401, 403, 404, 401, 403], nothing),
    row("admin.audit", [401, 403, 200, 401, 403], nothing),
    row("notes.list", [401, 200, 200, 401, 200], nothing),
    row("notes.create", [401, 201, 201, 401, 201], whole),
    row("notes.read", [401, 404, 404, 401, 200], nothing),
    row("notes.replace", [401, 404, 404, 401, 200], whole),
    row("notes.update", [401, 404, 404, 401, 200], whole),
    row("notes.remove", [401, 404, 404, 401, 204], nothing),
    row("notes.restore", [401, 404, 404, 401, 200], nothing),
    row("notes.revisions.list", [401, 404, 404, 401, 200], nothing),
    row("notes.revisions.read", [401, 404, 404, 401, 200], nothing),
    row("notes.revisions.diff", [401, 404, 404, 401, 200], nothing),
    row(
        "notes.revisions.restore",
        [401, 404, 404, 401, 200],
        nothing,
    ),
    // It is the note's present text.
    row("notes.revisions.remove", [401, 404, 404, 401, 409], nothing),
    row("tasks.list", [401, 200, 200, 401, 200], nothing),
    row("tasks.create", [401, 201, 201, 401, 201], whole_task),
    row("tasks.read", [401, 404, 404, 401, 200], nothing),
    row("tasks.replace", [401, 404, 404, 401, 200], whole_task),
    row("tasks.update", [401, 404, 404, 401, 200], whole_task),
    row("tasks.remove", [401, 404, 404, 401, 204], nothing),
    row("tasks.restore", [401, 404, 404, 401, 200], nothing),
    row(
        "tasks.move",
        [401, 404, 404, 401, 200],
        || json!({ "status": "doing" }),
    ),
    row("tasks.revisions.list", [401, 404, 404, 401, 200], nothing),
    row("tasks.revisions.read", [401, 404, 404, 401, 200], nothing),
    row("tasks.revisions.diff", [401, 404, 404, 401, 200], nothing),
    row(
        "tasks.revisions.restore",
        [401, 404, 404, 401, 200],
        nothing,
    ),
    row("tasks.revisions.remove", [401, 404, 404, 401, 409], nothing),
    // There is no file of this id.
    row("tasks.attach", [401, 404, 404, 401, 404], nothing),
    row("tasks.detach", [401, 404, 404, 401, 404], nothing),
    row("task_lists.list", [401, 200, 200, 401, 200], nothing),
    row("task_lists.create", [401, 201, 201, 401, 201], named),
    // The id in the address is that of a note and of a task.
    row("task_lists.read", [401, 404, 404, 401, 404], nothing),
    row("task_lists.update", [401, 404, 404, 401, 404], named),
    row("task_lists.remove", [401, 404, 404, 401, 404], nothing),
    row("views.list", [401, 200, 200, 401, 200], nothing),
    row(
        "views.create",
        [401, 201, 201, 401, 201],
        || json!({ "name": "A view", "kind": "tasks" }),
    ),
    row("views.read", [401, 404, 404, 401, 404], nothing),
    row("views.update", [401, 404, 404, 401, 404], named),
    // What is not there is gone.
    row("views.remove", [401, 204, 204, 401, 204], nothing),
    row("files.list", [401, 200, 200, 401, 200], nothing),
    // The id in the address is that of a note.
    row("files.read", [401, 404, 404, 401, 404], nothing),
    row("files.update", [401, 404, 404, 401, 404], named),
    row("files.remove", [401, 404, 404, 401, 404], nothing),
    row("files.restore", [401, 404, 404, 401, 404], nothing),
    row("files.content", [401, 404, 404, 401, 404], nothing),
    row("files.link", [401, 404, 404, 401, 404], nothing),
    row("files.attachments", [401, 404, 404, 401, 404], nothing),
    // There is no file of this id.
    row("notes.attach", [401, 404, 404, 401, 404], nothing),
    row("notes.detach", [401, 404, 404, 401, 404], nothing),
    row("notebooks.list", [401, 200, 200, 401, 200], nothing),
    row("notebooks.create", [401, 201, 201, 401, 201], named),
    // The id in the address is that of a note.
    row("notebooks.read", [401, 404, 404, 401, 404], nothing),
    row("notebooks.update", [401, 404, 404, 401, 404], named),
    row("notebooks.remove", [401, 404, 404, 401, 404], nothing),
    row("tags.list", [401, 200, 200, 401, 200], nothing),
    row("tags.update", [401, 404, 404, 401, 404], named),
    row(
        "tags.merge",
        [401, 404, 404, 401, 404],
        || json!({ "into": "0198c0de-0000-7000-8000-000000000001" }),
    ),
    row("tags.remove", [401, 404, 404, 401, 404], nothing),
    row(
        "batches.create",
        [401, 422, 422, 401, 422],
        || json!({ "kind": "note", "action": "pin", "ids": ["0198c0de-0000-7000-8000-000000000001"] }),
    ),
    row("batches.list", [401, 200, 200, 401, 200], nothing),
    row("batches.undo", [401, 404, 404, 401, 404], nothing),
    row("me.storage", [401, 200, 200, 401, 200], nothing),
    // Who may goes before what is wrong with the request.
    row("files.create", [401, 415, 415, 401, 415], nothing),
    open("uploads.options", 204, nothing),
    row("uploads.create", [401, 400, 400, 401, 400], nothing),
    row("uploads.status", [401, 404, 404, 401, 404], nothing),
    row("uploads.append", [401, 404, 404, 401, 404], nothing),
    row("uploads.remove", [401, 404, 404, 401, 404], nothing),
    row("changes.list", [401, 200, 200, 401, 200], nothing),
    row("changes.events", [401, 200, 200, 401, 200], nothing),
];

fn nothing() -> Value {
    Value::Null
}

fn whole() -> Value {
    json!({ "title": "New", "body": "text" })
}

fn whole_task() -> Value {
    json!({ "title": "New", "description": "text" })
}

fn named() -> Value {
    json!({ "name": "A name" })
}

fn wrong_password() -> Value {
    json!({ "password": "not this one" })
}

fn code() -> Value {
    json!({ "code": "123456" })
}

fn registration() -> Value {
    let name = format!("n{}", uuid::Uuid::now_v7().simple());
    json!({ "username": name, "email": format!("{name}@example.org"), "password": DEFAULT_PASSWORD })
}

fn call(actor: &Actor, method: &str, path: &str, expected: &Expected) -> Call {
    let method: Method = method.parse().unwrap();
    let call = actor.call(method, path);
    let call = call
        .header("if-match", "*")
        .header("tus-resumable", "1.0.0");
    match (expected.body)() {
        Value::Null => call,
        body => call.json(body),
    }
}

/// Fresh sign-ins for each route: some of the calls end them.
async fn callers(app: &TestApp) -> [Actor; 5] {
    let anon = app.anon();
    let owner = anon.sign_in("ann", DEFAULT_PASSWORD).await;
    let other = anon.sign_in("bob", DEFAULT_PASSWORD).await;
    let admin = anon.sign_in("root", DEFAULT_PASSWORD).await;
    let revoked = anon.sign_in("ann", DEFAULT_PASSWORD).await;
    revoked.post("auth/logout").await.no_content();
    [anon, other, admin, revoked, owner]
}

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_as_it_should() {
    let app = TestApp::start().await;
    for name in ["ann", "bob", "root"] {
        app.account(name, true).await;
    }
    manage::set_admin(&app.state.db, &app.state.cache, "root")
        .await
        .unwrap();
    let mut errors = Vec::new();
    for (method, template, operation) in openapi::operations() {
        let id = operation["operationId"].as_str().unwrap();
        let Some(expected) = EXPECTED.iter().find(|row| row.operation == id) else {
            errors.push(format!("{id}: nobody said who may do this"));
            continue;
        };
        let [anonymous, other, admin, revoked, owner] = callers(&app).await;
        let note = owner.write("Ann's", "").await;
        let task = json!({ "id": note.id, "title": "Ann's" });
        owner.post("tasks").json(task).await.expect_status(201);
        let path = template.replace("{id}", &note.id);
        let path = path.replace("{version}", "1");
        let path = path.replace("{file_id}", &note.id);
        assert!(!path.contains('{'), "{template}: what stands for this?");
        let rows = [
            ("anonymous", anonymous, expected.anonymous),
            ("another user", other, expected.other),
            ("an admin", admin, expected.admin),
            ("the owner, signed out", revoked, expected.revoked),
            ("the owner", owner, expected.owner),
        ];
        for (who, actor, wanted) in rows {
            let reply = call(&actor, &method, &path, expected).await;
            if reply.status() != wanted {
                errors.push(format!("{id}, {who}: {wanted} is wanted\n{reply:?}"));
            }
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn no_expectation_is_left_over() {
    let known = openapi::operations();
    for expected in &EXPECTED {
        let there = known
            .iter()
            .any(|(_, _, operation)| operation["operationId"] == expected.operation);
        assert!(there, "{} is no operation any more", expected.operation);
    }
}

#[test]
fn the_document_says_which_routes_are_open() {
    for (method, path, operation) in openapi::operations() {
        let id = operation["operationId"].as_str().unwrap();
        let expected = EXPECTED.iter().find(|row| row.operation == id);
        let Some(expected) = expected else { continue };
        let schemes = operation["security"].as_array();
        let says_open =
            schemes.is_some_and(|schemes| schemes.iter().any(|scheme| *scheme == json!({})));
        let is_open = expected.anonymous != 401 || matches!(id, "auth.refresh" | "auth.logout");
        assert_eq!(says_open, is_open, "{method} {path}");
    }
}
