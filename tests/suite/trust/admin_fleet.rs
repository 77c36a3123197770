//! The service in the eyes of admins: numbers, instances, jobs. Nobody else sees them, not even a
//! key of an admin, and nothing of what accounts hold is among them.

use satchel::app::heartbeat;
use satchel::domain::id::InstanceId;
use satchel::services::jobs::{instances, queue};
use serde_json::{Value, json};

use super::{boss, text_of, word};
use crate::harness::{Actor, DEFAULT_PASSWORD, TestApp};
use crate::platform::support::{Fleet, until};

/// All items of a list, read one by one.
async fn one_by_one(root: &Actor, path: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), format!("{path}?limit=1"));
    loop {
        let page: Value = root.get(&next).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 1);
        all.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            return all;
        };
        next = format!("{path}?limit=1&cursor={cursor}");
    }
}

#[tokio::test]
async fn only_admins_who_are_signed_in_get_in() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    let key = json!({ "name": "a program", "scopes": ["read", "write"] });
    let key: Value = root.post("me/api-keys").json(key).await.created();
    let program = root.with_token(key["key"].as_str());
    let body = json!({ "username": "new", "email": "new@example.org" });
    let account = format!("admin/users/{}", root.id);
    let sessions = format!("{account}/sessions");
    for (actor, code) in [(&ann, "admin_required"), (&program, "sign_in_required")] {
        for call in [
            actor.get("/api/users"),
            actor.get("admin/stats"),
            actor.get("admin/instances"),
            actor.get("admin/jobs"),
            actor.get(&sessions),
            actor.delete(&sessions),
            actor.delete(&account),
            actor.post("admin/users").json(&body),
        ] {
            call.await.problem(403, code);
        }
    }
    let users = "SELECT COUNT(*) FROM users WHERE delete_after IS NULL";
    assert_eq!(app.database().count(users).await, 2);
    for list in ["/api/users", "admin/instances", "admin/jobs", &sessions] {
        for limit in ["0", "201", "x", "-1"] {
            let reply = root.get(&format!("{list}?limit={limit}")).await;
            reply.problem(422, "invalid");
        }
        let reply = root.get(&format!("{list}?cursor=nonsense")).await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
        let page: Value = root.get(&format!("{list}?limit=200")).await.ok();
        assert!(page["items"].is_array() && page.get("next_cursor").is_some());
    }
}

#[tokio::test]
async fn the_older_address_of_the_accounts_is_the_same_list() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    app.account("ann", true).await;
    for query in ["", "?q=ann", "?role=admin&limit=1"] {
        let one: Value = root.get(&format!("admin/users{query}")).await.ok();
        let other: Value = root.get(&format!("/api/users{query}")).await.ok();
        assert_eq!(one, other);
    }
    let first: Value = root.get("/api/users?limit=1").await.ok();
    let cursor = word(&first, "next_cursor");
    let second: Value = root
        .get(&format!("admin/users?limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(second["items"][0]["username"], "ann");
}

#[tokio::test]
async fn the_numbers_are_those_of_the_tables() {
    let app = TestApp::start().await;
    let (root, ann) = (boss(&app, "root").await, app.user("ann").await);
    app.account("off", true).await;
    app.account("new", false).await;
    let sql = "UPDATE users SET status = 'disabled' WHERE username = 'off'";
    app.database().exec(sql, ()).await;
    // A name that is only kept is no account; the mail to the owner waits.
    let body =
        json!({ "username": "kept", "email": "ann@example.org", "password": DEFAULT_PASSWORD });
    app.anon()
        .post("auth/register")
        .json(body)
        .await
        .expect_status(201);
    for n in 0..3 {
        let made = ann
            .write(&format!("A private thing {n}"), "nobody's business")
            .await;
        let path = format!("notes/{}", made.id);
        if n > 0 {
            ann.delete(&path).await.no_content();
        }
        if n > 1 {
            ann.delete(&format!("{path}?permanent=true"))
                .await
                .no_content();
        }
    }
    let gone = app.anon().sign_in("ann", DEFAULT_PASSWORD).await;
    gone.post("auth/logout").await.no_content();
    let bob = app.user("bob").await;
    let proof = json!({ "password": DEFAULT_PASSWORD });
    bob.delete("me").json(proof).await.no_content();
    let mails = app.database().count("SELECT COUNT(*) FROM outbox").await;
    let sql = "UPDATE jobs SET last_error = 'no route' ORDER BY id LIMIT 1";
    app.database().exec(sql, ()).await;

    let reply = root.get("admin/stats").await;
    let stats: Value = reply.ok();
    let users = json!({ "total": 5, "pending": 1, "active": 3, "disabled": 1, "admins": 1, "to_be_deleted": 1 });
    assert_eq!(stats["users"], users);
    let exactly = |count: i64| json!({ "count": count, "exact": true });
    assert_eq!(stats["notes"], exactly(2));
    assert_eq!(stats["sessions"], exactly(2));
    assert_eq!(
        stats["mail"],
        json!({ "pending": exactly(mails), "failed": exactly(0) })
    );
    let jobs = json!({ "waiting": exactly(mails - 1), "failing": exactly(1) });
    assert_eq!(stats["jobs"], jobs);
    let storage = &stats["storage"];
    let bytes = |name: &str| storage[name].as_u64().unwrap();
    assert!(bytes("texts_bytes") > 0 && bytes("search_bytes") > 0);
    assert!(bytes("total_bytes") > bytes("texts_bytes") + bytes("search_bytes"));
    let text = text_of(reply.bytes());
    assert!(!text.contains("private") && !text.contains("ann"), "{text}");
}

#[tokio::test]
async fn live_instances_are_listed_with_their_pools_and_sums() {
    let app = TestApp::start_with(&[("SATCHEL_INSTANCE", "one")]).await;
    let two = app.sibling(&[("SATCHEL_INSTANCE", "two"), ("SATCHEL_DB_POOL_MAX", "7")]);
    let root = boss(&app, "root").await;
    let empty: Value = root.get("admin/instances").await.ok();
    assert_eq!(
        (&empty["items"], &empty["sums"]["instances"]),
        (&json!([]), &json!(0))
    );
    let ids = [InstanceId::new(), InstanceId::new(), InstanceId::new()];
    for (app, id) in [&app, &two, &app].into_iter().zip(ids) {
        heartbeat::beat(&app.state, id).await.unwrap();
        heartbeat::beat(&app.state, id).await.unwrap();
    }
    // The third one crashed a while ago.
    let stale = "UPDATE instances SET seen_at = seen_at - INTERVAL 20 SECOND WHERE id = ?";
    app.database()
        .exec(stale, (ids[2].as_bytes().to_vec(),))
        .await;
    let page: Value = root.get("admin/instances").await.ok();
    let items = page["items"].as_array().unwrap();
    let names: Vec<String> = items.iter().map(|item| word(item, "name")).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(items[0]["id"], ids[0].to_string());
    assert_eq!(items[0]["state"], "serving");
    assert_eq!(items[1]["mysql"]["max_size"], 7);
    assert_eq!(items[0]["redis"]["connected"], true);
    assert_eq!(page["sums"]["instances"], 2);
    for field in [
        "max_size",
        "size",
        "available",
        "in_use",
        "waiting",
        "created_total",
        "timeouts_total",
    ] {
        let sum: u64 = items
            .iter()
            .map(|item| item["mysql"][field].as_u64().unwrap())
            .sum();
        assert_eq!(page["sums"]["mysql"][field], sum, "{field}");
    }
    assert_eq!(one_by_one(&root, "admin/instances").await, *items);
    let first: Value = root.get("admin/instances?limit=1").await.ok();
    assert_eq!(
        first["sums"], page["sums"],
        "the sums are of the whole fleet"
    );

    two.state.draining.cancel();
    heartbeat::beat(&two.state, ids[1]).await.unwrap();
    instances::leave(&app.state.db, ids[0]).await.unwrap();
    // What another version wrote in its own way is no error.
    let odd = "UPDATE instances SET seen_at = UTC_TIMESTAMP(6), report = '{}' WHERE id = ?";
    app.database()
        .exec(odd, (ids[2].as_bytes().to_vec(),))
        .await;
    let page: Value = root.get("admin/instances").await.ok();
    assert_eq!(page["items"][0]["state"], "draining");
    assert_eq!(page["items"][1]["mysql"], Value::Null);
    assert_eq!(
        (&page["sums"]["instances"], &page["sums"]["draining"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_lists_itself_while_it_runs_and_leaves_in_order() {
    let app = TestApp::start().await;
    let database = app.database();
    let old = "INSERT INTO instances (id, name, version, started_at, seen_at, report) \
               VALUES (REPEAT('a', 16), 'crashed', '0', UTC_TIMESTAMP(6), \
                 UTC_TIMESTAMP(6) - INTERVAL 2 HOUR, '{}')";
    database.exec(old, ()).await;
    let fleet = Fleet::new(database.url(), None).with("SATCHEL_INSTANCE", "the-one");
    let mut instance = fleet.serve().await;
    let names =
        async || -> Vec<(String,)> { database.rows("SELECT name FROM instances", ()).await };
    until("it lists itself and forgets the crashed one", async || {
        (names().await == [("the-one".to_owned(),)]).then_some(())
    })
    .await;
    instance.child.signal("TERM");
    assert!(instance.child.end().await.success());
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn jobs_are_listed_with_what_became_of_them() {
    let app = TestApp::start().await;
    let root = boss(&app, "root").await;
    let db = &app.state.db;
    for kind in ["a.waiting", "b.running", "c.failing", "d.due"] {
        queue::ensure_periodic(db, kind).await.unwrap();
    }
    let body = json!({ "username": "ann", "email": "ann@example.org" });
    root.post("admin/users").json(body).await.expect_status(201);
    for sql in [
        "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE kind = 'a.waiting'",
        "UPDATE jobs SET lease_owner = 'one-x', lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE \
         WHERE kind = 'b.running'",
        "UPDATE jobs SET last_error = 'no route', attempts = 3 WHERE kind = 'c.failing'",
    ] {
        assert_eq!(app.database().exec(sql, ()).await, 1);
    }
    let all = one_by_one(&root, "admin/jobs").await;
    let seen: Vec<(String, String, bool)> = all
        .iter()
        .map(|job| {
            (
                word(job, "name"),
                word(job, "state"),
                job["periodic"].as_bool().unwrap(),
            )
        })
        .collect();
    let wanted = [
        ("a.waiting", "waiting", true),
        ("b.running", "running", true),
        ("c.failing", "failing", true),
        ("d.due", "due", true),
        ("mail.send", "due", false),
    ];
    let wanted = wanted.map(|(name, state, again)| (name.to_owned(), state.to_owned(), again));
    assert_eq!(seen, wanted);
    assert_eq!(all[1]["lease_owner"], "one-x");
    assert!(word(&all[1], "lease_until").ends_with('Z'));
    assert_eq!(
        (&all[2]["last_error"], &all[2]["attempts"]),
        (&json!("no route"), &json!(3))
    );
    assert_eq!(all[0]["last_error"], Value::Null);
    assert!(all.iter().all(|job| job.get("payload").is_none()));
    let page: Value = root.get("admin/jobs").await.ok();
    assert_eq!(page["items"], json!(all));
}
