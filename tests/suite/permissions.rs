//! Who may do what: every route of the OpenAPI spec with every kind of caller. A route without an expectation
//! fails, so every new route states who may use it.

use axum::http::Method;
use satchel::features::accounts::manage;
use serde_json::{Value, json};

use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp};
use crate::openapi;

/// The status that each kind of caller gets.
struct Expected {
    operation: &'static str,
    body: fn() -> Value,
    anonymous: u16,
    other: u16,
    admin: u16,
    signed_out: u16,
    owner: u16,
}

impl Expected {
    /// The status after the caller signed out, where it is not 401.
    const fn after_sign_out(self, status: u16) -> Self {
        Self {
            signed_out: status,
            ..self
        }
    }
}

/// An endpoint that does not ask who calls.
const fn public(operation: &'static str, status: u16, body: fn() -> Value) -> Expected {
    Expected {
        operation,
        body,
        anonymous: status,
        other: status,
        admin: status,
        signed_out: status,
        owner: status,
    }
}

/// An endpoint about the caller's own account: everybody who is signed in gets the same status.
const fn signed_in(operation: &'static str, status: u16, body: fn() -> Value) -> Expected {
    Expected {
        anonymous: 401,
        signed_out: 401,
        ..public(operation, status, body)
    }
}

/// An endpoint about one resource: to everybody but its owner, admins included, it does not exist.
const fn owned(operation: &'static str, status: u16, body: fn() -> Value) -> Expected {
    Expected {
        other: 404,
        admin: 404,
        ..signed_in(operation, status, body)
    }
}

/// An endpoint that only admins may use.
const fn admin_only(operation: &'static str, status: u16, body: fn() -> Value) -> Expected {
    Expected {
        other: 403,
        owner: 403,
        ..signed_in(operation, status, body)
    }
}

const EXPECTED: &[Expected] = &[
    public("auth.register", 201, registration),
    public(
        "auth.verify_email",
        403,
        || json!({ "email": "nobody@example.org", "code": "123456" }),
    ),
    public(
        "auth.resend_code",
        202,
        || json!({ "email": "nobody@example.org" }),
    ),
    public(
        "auth.login",
        200,
        || json!({ "login": "ann", "password": DEFAULT_PASSWORD }),
    ),
    // The credential here is the refresh token, and none is sent.
    public("auth.refresh", 401, nothing),
    // Signing out twice is no error.
    signed_in("auth.logout", 204, nothing).after_sign_out(204),
    signed_in("auth.logout_all", 204, nothing),
    signed_in("me.read", 200, nothing),
    public(
        "auth.forgot_password",
        202,
        || json!({ "email": "nobody@example.org" }),
    ),
    public(
        "auth.reset_password",
        403,
        || json!({ "token": "none", "password": DEFAULT_PASSWORD }),
    ),
    signed_in("me.update", 200, || json!({ "display_name": "N" })),
    // A token alone is not enough: these ask for the password as well.
    signed_in("me.remove", 403, wrong_password),
    signed_in(
        "me.change_password",
        403,
        || json!({ "current_password": "not this one", "new_password": "quite another one" }),
    ),
    signed_in(
        "me.change_email",
        403,
        || json!({ "email": "new@example.org", "password": "not this one" }),
    ),
    signed_in("me.confirm_email", 403, code),
    signed_in("me.begin_totp", 403, wrong_password),
    signed_in("me.confirm_totp", 403, code),
    signed_in("me.remove_totp", 403, wrong_password),
    signed_in("me.sessions", 200, nothing),
    // The id in the path is that of a note: no session and no key has it.
    signed_in("me.end_session", 404, nothing),
    signed_in("me.api_keys", 200, nothing),
    signed_in(
        "me.create_api_key",
        201,
        || json!({ "name": "a program", "scopes": ["read"] }),
    ),
    signed_in("me.remove_api_key", 404, nothing),
    admin_only("admin.users", 200, nothing),
    admin_only("users.list", 200, nothing),
    admin_only("admin.create_user", 201, registration),
    admin_only("admin.remove_user", 404, nothing),
    admin_only("admin.user_sessions", 404, nothing),
    admin_only("admin.end_user_sessions", 404, nothing),
    admin_only("admin.stats", 200, nothing),
    admin_only("admin.instances", 200, nothing),
    admin_only("admin.jobs", 200, nothing),
    admin_only("admin.user", 404, nothing),
    admin_only("admin.change_user", 404, || json!({ "role": "admin" })),
    admin_only("admin.reset_totp", 404, nothing),
    admin_only("admin.audit", 200, nothing),
    signed_in("notes.list", 200, nothing),
    signed_in("notes.create", 201, whole),
    owned("notes.read", 200, nothing),
    owned("notes.replace", 200, whole),
    owned("notes.update", 200, whole),
    owned("notes.remove", 204, nothing),
    owned("notes.restore", 200, nothing),
    owned("notes.revisions.list", 200, nothing),
    owned("notes.revisions.read", 200, nothing),
    owned("notes.revisions.diff", 200, nothing),
    owned("notes.revisions.restore", 200, nothing),
    // The revision is the current text.
    owned("notes.revisions.remove", 409, nothing),
    signed_in("tasks.list", 200, nothing),
    signed_in("tasks.create", 201, whole_task),
    owned("tasks.read", 200, nothing),
    owned("tasks.replace", 200, whole_task),
    owned("tasks.update", 200, whole_task),
    owned("tasks.remove", 204, nothing),
    owned("tasks.restore", 200, nothing),
    owned("tasks.move", 200, || json!({ "status": "doing" })),
    owned("tasks.revisions.list", 200, nothing),
    owned("tasks.revisions.read", 200, nothing),
    owned("tasks.revisions.diff", 200, nothing),
    owned("tasks.revisions.restore", 200, nothing),
    owned("tasks.revisions.remove", 409, nothing),
    // There is no file of this id.
    signed_in("tasks.attach", 404, nothing),
    signed_in("tasks.detach", 404, nothing),
    signed_in("task_lists.list", 200, nothing),
    signed_in("task_lists.create", 201, named),
    // The id in the path is that of a note and of a task.
    signed_in("task_lists.read", 404, nothing),
    signed_in("task_lists.update", 404, named),
    signed_in("task_lists.remove", 404, nothing),
    signed_in("views.list", 200, nothing),
    signed_in(
        "views.create",
        201,
        || json!({ "name": "A view", "kind": "tasks" }),
    ),
    signed_in("views.read", 404, nothing),
    signed_in("views.update", 404, named),
    // Deleting is idempotent.
    signed_in("views.remove", 204, nothing),
    signed_in("files.list", 200, nothing),
    // The id in the path is that of a note.
    signed_in("files.read", 404, nothing),
    signed_in("files.update", 404, named),
    signed_in("files.remove", 404, nothing),
    signed_in("files.restore", 404, nothing),
    signed_in("files.content", 404, nothing),
    signed_in("files.link", 404, nothing),
    signed_in("files.attachments", 404, nothing),
    // There is no file of this id.
    signed_in("notes.attach", 404, nothing),
    signed_in("notes.detach", 404, nothing),
    signed_in("notebooks.list", 200, nothing),
    signed_in("notebooks.create", 201, named),
    // The id in the path is that of a note.
    signed_in("notebooks.read", 404, nothing),
    signed_in("notebooks.update", 404, named),
    signed_in("notebooks.remove", 404, nothing),
    signed_in("tags.list", 200, nothing),
    signed_in("tags.update", 404, named),
    signed_in(
        "tags.merge",
        404,
        || json!({ "into": "0198c0de-0000-7000-8000-000000000001" }),
    ),
    signed_in("tags.remove", 404, nothing),
    signed_in(
        "batches.create",
        422,
        || json!({ "kind": "note", "action": "pin", "ids": ["0198c0de-0000-7000-8000-000000000001"] }),
    ),
    signed_in("batches.list", 200, nothing),
    signed_in("batches.undo", 404, nothing),
    signed_in("me.storage", 200, nothing),
    // Authorization is checked before the request itself.
    signed_in("files.create", 415, nothing),
    public("uploads.options", 204, nothing),
    signed_in("uploads.create", 400, nothing),
    signed_in("uploads.status", 404, nothing),
    signed_in("uploads.append", 404, nothing),
    signed_in("uploads.remove", 404, nothing),
    signed_in("changes.list", 200, nothing),
    signed_in("changes.events", 200, nothing),
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

/// New sessions for each route, because some of the calls end them.
async fn callers(app: &TestApp) -> [Actor; 5] {
    let anon = app.anon();
    let owner = anon.sign_in("ann", DEFAULT_PASSWORD).await;
    let other = anon.sign_in("bob", DEFAULT_PASSWORD).await;
    let admin = anon.sign_in("root", DEFAULT_PASSWORD).await;
    let signed_out = anon.sign_in("ann", DEFAULT_PASSWORD).await;
    signed_out.post("auth/logout").await.no_content();
    [anon, other, admin, signed_out, owner]
}

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_as_expected() {
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
            errors.push(format!("{id}: no expectation of who may call it"));
            continue;
        };
        let [anonymous, other, admin, signed_out, owner] = callers(&app).await;
        let note = owner.write("Ann's", "").await;
        let task = json!({ "id": note.id, "title": "Ann's" });
        owner.post("tasks").json(task).await.expect_status(201);
        let path = template.replace("{id}", &note.id);
        let path = path.replace("{version}", "1");
        let path = path.replace("{file_id}", &note.id);
        assert!(!path.contains('{'), "{template}: no value for a parameter");
        let rows = [
            ("anonymous", anonymous, expected.anonymous),
            ("another user", other, expected.other),
            ("an admin", admin, expected.admin),
            ("the owner, signed out", signed_out, expected.signed_out),
            ("the owner", owner, expected.owner),
        ];
        for (who, actor, wanted) in rows {
            let reply = call(&actor, &method, &path, expected).await;
            if reply.status() != wanted {
                errors.push(format!("{id}, {who}: {wanted} expected\n{reply:?}"));
            }
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn every_expectation_belongs_to_a_route() {
    let known = openapi::operations();
    for expected in EXPECTED {
        let is_known = known
            .iter()
            .any(|(_, _, operation)| operation["operationId"] == expected.operation);
        assert!(
            is_known,
            "{} is not an operation of the spec",
            expected.operation
        );
    }
}

#[test]
fn the_spec_states_which_routes_are_public() {
    for (method, path, operation) in openapi::operations() {
        let id = operation["operationId"].as_str().unwrap();
        let expected = EXPECTED.iter().find(|row| row.operation == id);
        let Some(expected) = expected else { continue };
        let schemes = operation["security"].as_array();
        let declared_public =
            schemes.is_some_and(|schemes| schemes.iter().any(|scheme| *scheme == json!({})));
        let is_public = expected.anonymous != 401 || matches!(id, "auth.refresh" | "auth.logout");
        assert_eq!(declared_public, is_public, "{method} {path}");
    }
}
