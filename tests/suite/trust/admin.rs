//! Admins: nobody else gets in, one always stays, and what they decide holds everywhere at the next
//! request. Nobody makes himself one.

use serde_json::{Value, json};

use super::{boss, is_signed_in, login, tally, text_of, word};
use crate::harness::{Actor, Call, DEFAULT_PASSWORD, TestApp, together};

fn change(root: &Actor, id: &str, body: Value) -> Call {
    root.patch(&format!("admin/users/{id}")).json(body)
}

const ACTIVE_ADMINS: &str = "SELECT COUNT(*) FROM users WHERE role = 'admin' AND status = 'active'";

#[tokio::test]
async fn the_last_admin_can_be_neither_demoted_nor_disabled() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let second = boss(&app, "second").await;
    let off = json!({ "status": "disabled" });
    let _: Value = change(&root, &second.id, off.clone()).await.ok();
    for body in [
        json!({ "role": "user" }),
        off,
        json!({ "role": "user", "status": "disabled" }),
    ] {
        let reply = change(&root, &root.id, body).await;
        reply.problem(409, "last_admin");
    }
    assert_eq!(app.database().count(ACTIVE_ADMINS).await, 1);
    assert!(is_signed_in(&root).await);
    let users: Value = root.get("admin/users").await.ok();
    assert_eq!(users["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_last_admin_cannot_give_up_the_account() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let body = json!({ "password": DEFAULT_PASSWORD });
    let reply = root.delete("me").json(body).await;
    reply.problem(409, "last_admin");
    assert!(is_signed_in(&root).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_demote_each_other_at_once_one_stays() {
    let instances = TestApp::instances(2).await;
    for (round, body) in [
        json!({ "role": "user" }),
        json!({ "status": "disabled" }),
        json!({ "role": "user" }),
        json!({ "status": "disabled" }),
    ]
    .into_iter()
    .enumerate()
    {
        let sql = "UPDATE users SET role = 'user'";
        instances[0].database().exec(sql, ()).await;
        let one = boss(&instances[0], &format!("one{round}")).await;
        let two = boss(&instances[1], &format!("two{round}")).await;
        let calls = [
            change(&one, &two.id, body.clone()),
            change(&two, &one.id, body.clone()),
        ];
        let replies = together(calls).await;
        assert_eq!(tally(&replies, 200), 1, "{replies:?}");
        // The other one came too late, or was no admin any more.
        let late = tally(&replies, 409) + tally(&replies, 403) + tally(&replies, 401);
        assert_eq!(late, 1, "{replies:?}");
        assert_eq!(instances[0].database().count(ACTIVE_ADMINS).await, 1);
    }
}

#[tokio::test]
async fn a_disabled_account_is_refused_at_the_next_request_everywhere() {
    let instances = TestApp::instances(3).await;
    let root = boss(&instances[0], "root").await;
    let ann = instances[1].user("ann").await;
    for app in &instances {
        assert!(is_signed_in(&ann.at(app)).await);
    }
    let off = json!({ "status": "disabled" });
    let changed: Value = change(&root, &ann.id, off).await.ok();
    assert_eq!(changed["status"], "disabled");
    for app in &instances {
        assert!(!is_signed_in(&ann.at(app)).await);
        let reply = login(app, "ann", DEFAULT_PASSWORD).await;
        reply.problem(403, "account_disabled");
    }
    let body = json!({ "refresh_token": ann.refresh });
    let again = ann.post("auth/refresh?transport=body").json(body.clone());
    again.await.problem(401, "session_over");
    instances[0].flush_redis().await;
    assert!(!is_signed_in(&ann).await);
    let on = json!({ "status": "active" });
    let _: Value = change(&root, &ann.id, on).await.ok();
    assert!(!is_signed_in(&ann).await, "what was ended stays ended");
    let again = ann.post("auth/refresh?transport=body").json(body);
    again.await.problem(401, "session_over");
    let _: Value = login(&instances[2], "ann", DEFAULT_PASSWORD).await.ok();
}

#[tokio::test]
async fn a_role_holds_on_every_instance_at_the_next_request() {
    let instances = TestApp::instances(3).await;
    let root = boss(&instances[0], "root").await;
    let ann = instances[1].user("ann").await;
    for app in &instances {
        let reply = ann.at(app).get("admin/users").await;
        reply.problem(403, "admin_required");
    }
    let up = json!({ "role": "admin" });
    let _: Value = change(&root, &ann.id, up).await.ok();
    for app in &instances {
        let _: Value = ann.at(app).get("admin/users").await.ok();
    }
    let down = json!({ "role": "user" });
    let _: Value = change(&root.at(&instances[2]), &ann.id, down).await.ok();
    for app in &instances {
        let reply = ann.at(app).get("admin/users").await;
        reply.problem(403, "admin_required");
    }
    instances[0].flush_redis().await;
    let reply = ann.get("admin/users").await;
    reply.problem(403, "admin_required");
}

#[tokio::test]
async fn nobody_gets_more_by_fields_that_are_not_his_to_set() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let before: Value = ann.get("me").await.ok();
    for (field, value) in [
        ("role", json!("admin")),
        ("id", json!(crate::harness::id())),
        ("status", json!("active")),
        ("password_hash", json!("x")),
        ("password", json!("another long one")),
        ("email", json!("new@example.org")),
        ("email_verified_at", json!("2020-01-01T00:00:00Z")),
        ("username", json!("root")),
        ("totp_enabled", json!(false)),
        ("totp_secret", json!("x")),
        ("version", json!(9)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("delete_after", Value::Null),
        ("__proto__", json!({ "role": "admin" })),
    ] {
        let mut body = json!({ "display_name": "Changed" });
        body[field] = value;
        let reply = ann.patch("me").json(&body).await;
        let fields = reply.problem(422, "invalid").fields();
        assert!(
            fields.contains(&format!("{field}: unknown_field")),
            "{fields:?}"
        );
    }
    let after: Value = ann.get("me").await.ok();
    assert_eq!(after, before);
    let reply = ann.patch("me?role=admin").json(json!({})).await;
    assert!(matches!(reply.status(), 200 | 422), "{reply:?}");
    assert_eq!(ann.get("me").await.ok::<Value>()["role"], "user");
}

#[tokio::test]
async fn an_admin_changes_role_and_state_and_nothing_else() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let ann = app.user("ann").await;
    for body in [
        json!({ "password_hash": "x" }),
        json!({ "email": "root2@example.org" }),
        json!({ "id": root.id }),
        json!({ "totp_enabled": false }),
        json!({ "role": "owner" }),
        json!({ "status": "pending" }),
        json!({ "status": "deleted" }),
        json!([]),
    ] {
        change(&root, &ann.id, body).await.problem(422, "invalid");
    }
    let missing = change(&root, &crate::harness::id(), json!({ "role": "admin" }));
    missing.await.problem(404, "not_found");
    let me: Value = ann.get("me").await.ok();
    assert_eq!(me["role"], "user");
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_around_the_check() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let mut open = Vec::new();
    for path in [
        "/api/v1/admin/users",
        "/api/v1/admin/users/",
        "/api/v1//admin/users",
        "//api/v1/admin/users",
        "/api/v1/admin//users",
        "/api/v1/ADMIN/users",
        "/API/v1/admin/users",
        "/api/v1/admin%2fusers",
        "/api/v1/%61dmin/users",
        "/api/v1/admin/users;a=b",
        "/api/v1/admin;/users",
        "/api/v1/admin/users%00",
        "/api/v1/admin/users.json",
        "/api/v1/./admin/users",
        "/api/v1/notes/../admin/users",
        "/api/v1/notes/%2e%2e/admin/users",
        "/api/v1/admin/users?role=user",
        "/api/v1/admin/users%20",
        "/api/v1/admin/audit",
        "/api/v1/admin/audit/",
        "/api/users",
    ] {
        for actor in [&ann, &app.anon()] {
            let call = actor.get(path).header("x-original-url", "/api/v1/me");
            let call = call.header("x-rewrite-url", "/api/v1/admin/users");
            let reply = call.header("x-http-method-override", "GET").await;
            let shut = matches!(reply.status(), 400 | 401 | 403 | 404 | 405 | 422);
            if !shut && text_of(reply.bytes()).contains("root") {
                open.push(format!("{path}: {reply:?}"));
            }
            assert!(reply.status() < 500, "{reply:?}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let up = json!({ "role": "admin" });
    for call in [
        ann.post(&format!("admin/users/{}", ann.id)).json(&up),
        ann.put(&format!("admin/users/{}", ann.id)).json(&up),
        change(&ann, &ann.id, up.clone()),
    ] {
        let reply = call.header("x-http-method-override", "PATCH").await;
        assert!(matches!(reply.status(), 403 | 405), "{reply:?}");
    }
    let seen: Value = root.get(&format!("admin/users/{}", ann.id)).await.ok();
    assert_eq!(seen["role"], "user");
}

#[tokio::test]
async fn admins_see_accounts_and_nothing_of_what_they_hold() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let secret = ann.write("A private thing", "nobody's business").await;
    let replies = [
        root.get("admin/users").await,
        root.get(&format!("admin/users/{}", ann.id)).await,
        root.get("admin/audit").await,
        root.get("notes").await,
    ];
    for reply in &replies {
        let text = text_of(reply.bytes());
        for word in [
            "password",
            "argon2",
            "totp_secret",
            "hash",
            "private thing",
            "business",
        ] {
            assert!(!text.contains(word), "{word}: {reply:?}");
        }
    }
    let reply = root.get(&format!("notes/{}", secret.id)).await;
    reply.problem(404, "not_found");
}

#[tokio::test]
async fn the_list_of_accounts_is_paged_and_searched_literally() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    for name in ["a_b", "acb", "a-b"] {
        app.account(name, true).await;
    }
    let (mut names, mut path) = (Vec::new(), "admin/users?limit=1".to_owned());
    loop {
        let page: Value = root.get(&path).await.ok();
        let items = page["items"].as_array().unwrap();
        names.extend(items.iter().map(|item| word(item, "username")));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("admin/users?limit=1&cursor={cursor}");
    }
    assert_eq!(names, ["root", "a_b", "acb", "a-b"]);
    for (search, count) in [
        ("a_b", 1),
        ("A_B", 1),
        ("%25", 0),
        ("_", 1),
        ("'", 0),
        ("example.org", 4),
    ] {
        let page: Value = root.get(&format!("admin/users?q={search}")).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{search}");
    }
}

#[tokio::test]
async fn a_value_of_another_kind_is_a_wrong_field_and_not_broken_json() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let mut broken = Vec::new();
    for odd in [json!(null), json!(1), json!(true), json!([])] {
        let patch = json!({ "role": odd });
        let key = json!({ "name": "a program", "scopes": [odd] });
        for call in [
            change(&root, &root.id, patch),
            root.post("me/api-keys").json(key),
        ] {
            let reply = call.await;
            if reply.status() != 422 {
                broken.push(format!("{odd}: {reply:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
