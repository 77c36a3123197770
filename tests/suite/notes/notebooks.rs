//! Notebooks: a tree that stays a tree whatever two people do at once, and whose deletion loses no
//! note and can be taken back.

use serde_json::{Value, json};

use crate::documents::tools::{
    all_names, assert_whole, note_with, notebook, seen, text, titles, undo, undone,
};
use crate::harness::{Actor, Call, Notes, Reply, TestApp, id, together};

fn create(actor: &Actor, name: &str, parent: Option<&str>) -> Call {
    let new = json!({ "name": name, "parent_id": parent });
    actor.post("notebooks").json(new)
}

fn move_to(actor: &Actor, id: &str, parent: Option<&str>) -> Call {
    let change = json!({ "parent_id": parent });
    actor.patch(&format!("notebooks/{id}")).json(change)
}

fn remove(actor: &Actor, id: &str, fate: &str) -> Call {
    actor.delete(&format!("notebooks/{id}{fate}"))
}

async fn read(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("notebooks/{id}")).await.ok()
}

#[track_caller]
fn batch_of(reply: &Reply) -> String {
    reply.no_content();
    reply.header("x-batch-id").to_owned()
}

/// Notebooks below one another, the topmost first.
async fn chain(actor: &Actor, depth: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for level in 0..depth {
        let parent = ids.last().cloned();
        ids.push(notebook::<Notes>(actor, &format!("level {level}"), parent.as_deref()).await);
    }
    ids
}

#[tokio::test]
async fn a_notebook_has_the_id_that_its_client_chose() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = id();
    let new = json!({ "id": own, "name": "Home" });
    let reply = ann.post("notebooks").json(&new).await;
    let made: Value = reply.created();
    assert_eq!(reply.header("location"), format!("/api/v1/notebooks/{own}"));
    assert_eq!((&made["id"], &made["version"]), (&json!(own), &json!(1)));
    assert_eq!(
        (&made["parent_id"], &made["notes"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(made["created_at"], made["updated_at"]);
    assert_eq!(read(&ann, &own).await, made);
    for actor in [&ann, &bob] {
        let reply = actor.post("notebooks").json(&new).await;
        reply.problem(409, "id_taken");
    }
    remove(&ann, &own, "").await.no_content();
    let reply = ann.post("notebooks").json(&new).await;
    reply.problem(409, "id_taken");
    let nil = json!({ "id": "00000000-0000-0000-0000-000000000000", "name": "a" });
    let reply = ann.post("notebooks").json(nil).await;
    assert_eq!(reply.problem(422, "invalid").fields().len(), 1);
    assert_eq!(create(&ann, "Home", None).await.status(), 201);
    assert_eq!(
        create(&ann, "Home", None).await.status(),
        201,
        "a name twice"
    );
}

#[tokio::test]
async fn names_are_one_line_of_up_to_a_hundred_characters() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = notebook::<Notes>(&ann, &"\u{1f600}".repeat(100), None).await;
    assert_eq!(
        text(&read(&ann, &own).await, "name"),
        "\u{1f600}".repeat(100)
    );
    let long = "\u{1f600}".repeat(101);
    let wrong = [
        ("", "required"),
        (long.as_str(), "too_long"),
        (" a", "invalid_character"),
        ("a\u{a0}", "invalid_character"),
        (" ", "invalid_character"),
        ("a\nb", "invalid_character"),
        ("a\u{0}b", "invalid_character"),
        ("a\u{85}b", "invalid_character"),
    ];
    for (name, code) in wrong {
        let reply = create(&ann, name, None).await;
        reply.problem(422, "invalid").field("name", code);
        let reply = ann.patch(&format!("notebooks/{own}"));
        let reply = reply.json(json!({ "name": name })).await;
        reply.problem(422, "invalid").field("name", code);
    }
    let reply = ann.patch(&format!("notebooks/{own}"));
    let reply = reply.json(json!({ "name": null })).await;
    assert_eq!(reply.problem(422, "invalid").fields().len(), 1);
    assert_eq!(read(&ann, &own).await["version"], 1);
}

#[tokio::test]
async fn a_parent_must_be_there_and_be_ones_own() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = notebook::<Notes>(&ann, "Own", None).await;
    let gone = notebook::<Notes>(&ann, "Gone", None).await;
    remove(&ann, &gone, "").await.no_content();
    let bobs = notebook::<Notes>(&bob, "Bob's", None).await;
    for parent in [id(), gone, bobs] {
        let parent = Some(parent.as_str());
        for call in [create(&ann, "New", parent), move_to(&ann, &own, parent)] {
            let reply = call.await;
            reply
                .problem(422, "invalid")
                .field("parent_id", "not_found");
        }
    }
    assert_eq!(all_names(&ann, "notebooks").await, ["Own"]);
    let reply = ann
        .post("notebooks")
        .json(json!({ "name": "a", "parent_id": "x" }));
    assert_eq!(reply.await.problem(422, "invalid").fields().len(), 1);
}

#[tokio::test]
async fn a_notebook_lies_neither_in_itself_nor_below_the_eighth_level() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = chain(&ann, 8).await;
    let cycles = [(0, 0), (0, 7), (3, 4), (6, 7)];
    for (which, below) in cycles {
        let reply = move_to(&ann, &ids[which], Some(&ids[below])).await;
        reply.problem(422, "invalid").field("parent_id", "cycle");
    }
    let reply = create(&ann, "Ninth", Some(&ids[7])).await;
    reply.problem(422, "invalid").field("parent_id", "too_deep");
    let top = chain(&ann, 2).await;
    let reply = move_to(&ann, &top[0], Some(&ids[6])).await;
    reply.problem(422, "invalid").field("parent_id", "too_deep");
    let reply = move_to(&ann, &ids[0], Some(&top[0])).await;
    reply.problem(422, "invalid").field("parent_id", "too_deep");
    let moved: Value = move_to(&ann, &top[0], Some(&ids[5])).await.ok();
    assert_eq!(moved["parent_id"], json!(ids[5]));
    let moved: Value = move_to(&ann, &ids[4], None).await.ok();
    assert_eq!(moved["parent_id"], Value::Null);
    assert_whole::<Notes>(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_opposite_moves_at_once_exactly_one_wins() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    for round in 0..12 {
        let one = notebook::<Notes>(&ann, &format!("one {round}"), None).await;
        let two = notebook::<Notes>(&ann, &format!("two {round}"), None).await;
        let below = notebook::<Notes>(&ann, "below", Some(&two)).await;
        let calls = [
            move_to(&ann, &one, Some(&below)),
            move_to(&other, &two, Some(&one)),
        ];
        let replies = together(calls).await;
        let mut statuses: Vec<u16> = replies.iter().map(Reply::status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{replies:?}");
    }
    assert_whole::<Notes>(&instances[0]).await;
}

#[tokio::test]
async fn an_account_has_at_most_a_thousand_notebooks() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let top = notebook::<Notes>(&ann, "Top", None).await;
    let (owner, parent) = (bytes(&ann.id), bytes(&top));
    let sql = "INSERT INTO notebooks (owner_id, id, parent_id, name, created_at, updated_at) \
               SELECT ?, UNHEX(LPAD(CONCAT(a.n, b.n, c.n, '7'), 32, '0')), ?, 'Many', NOW(6), NOW(6) FROM \
               (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
                SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) a, \
               (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
                SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) b, \
               (SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION \
                SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) c LIMIT 998";
    app.database().exec(sql, (owner, parent)).await;
    let calls = (0..4).map(|n| create(&ann, &format!("last {n}"), None));
    let replies = together(calls).await;
    let made = replies.iter().filter(|reply| reply.status() == 201).count();
    assert_eq!(made, 1, "one place was left");
    let reply = create(&ann, "One more", None).await;
    reply.problem(409, "too_many_notebooks");
    assert_eq!(all_names(&ann, "notebooks?limit=200").await.len(), 1000);
    create(&bob, "Bob's", None).await.expect_status(201);

    // A way round: delete all, make others, take the deletion back.
    let batch = batch_of(&remove(&ann, &top, "?notes=trash").await);
    notebook::<Notes>(&ann, "New", None).await;
    undo(&ann, &batch).await.expect_status(200);
    let count = all_names(&ann, "notebooks?limit=200").await.len();
    assert!(count <= 1000, "{count}");
    assert_whole::<Notes>(&app).await;
}

fn bytes(id: &str) -> Vec<u8> {
    let id: uuid::Uuid = id.parse().unwrap();
    id.as_bytes().to_vec()
}

#[tokio::test]
async fn the_list_is_sorted_by_name_and_paged_without_a_gap() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    for name in ["b", "A", "same", "Same", "same", "ä", "Z", "c", "SAME"] {
        notebook::<Notes>(&ann, name, None).await;
    }
    let whole = all_names(&ann, "notebooks").await;
    assert_eq!((whole.len(), whole.last().unwrap().as_str()), (9, "Z"));
    for limit in 1..5 {
        assert_eq!(
            all_names(&ann, &format!("notebooks?limit={limit}")).await,
            whole
        );
    }
    let page: Value = ann.get("notebooks?limit=2").await.ok();
    let cursor = text(&page, "next_cursor");
    let wrong = [
        bob.get(&format!("notebooks?cursor={cursor}")),
        ann.get(&format!("tags?cursor={cursor}")),
        ann.get("notebooks?cursor=abc"),
    ];
    for call in wrong {
        let reply = call.await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    for limit in ["0", "201"] {
        let reply = ann.get(&format!("notebooks?limit={limit}")).await;
        reply.problem(422, "invalid").field("limit", "out_of_range");
    }
    assert!(all_names(&bob, "notebooks").await.is_empty());
}

#[tokio::test]
async fn a_change_counts_its_version_and_a_stale_one_is_refused() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let (top, own) = (
        notebook::<Notes>(&ann, "Top", None).await,
        notebook::<Notes>(&ann, "Own", None).await,
    );
    let path = format!("notebooks/{own}");
    let moved: Value = move_to(&ann, &own, Some(&top)).await.ok();
    assert_eq!(
        (&moved["version"], &moved["name"]),
        (&json!(2), &json!("Own"))
    );
    let call = ann.patch(&path).if_match(1).json(json!({ "name": "Late" }));
    let problem = call.await.problem(412, "stale");
    assert_eq!(problem.0["current"], moved);
    let call = ann
        .patch(&path)
        .if_match(2)
        .json(json!({ "name": "Named" }));
    let named: Value = call.await.ok();
    assert_eq!(
        (&named["version"], &named["parent_id"]),
        (&json!(3), &json!(top))
    );
    for nothing in [
        json!({}),
        json!({ "name": "Named" }),
        json!({ "parent_id": top }),
    ] {
        let same: Value = ann.patch(&path).json(nothing).await.ok();
        assert_eq!(same, named);
    }
    let out: Value = move_to(&ann, &own, None).await.ok();
    assert_eq!(
        (&out["version"], &out["parent_id"]),
        (&json!(4), &Value::Null)
    );
    let reply = ann.patch(&path).json(json!({ "color": "red" })).await;
    reply
        .problem(422, "invalid")
        .field("color", "unknown_field");
    assert_whole::<Notes>(&app).await;
}

#[tokio::test]
async fn only_notes_in_use_are_counted() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = notebook::<Notes>(&ann, "Own", None).await;
    let mut notes = Vec::new();
    for _ in 0..4 {
        notes.push(note_with::<Notes>(&ann, json!({ "notebook_id": own })).await);
    }
    assert_eq!(read(&ann, &own).await["notes"], 4);
    let path = format!("notes/{}", notes[0]);
    let call = ann
        .patch(&path)
        .if_match(1)
        .json(json!({ "archived": true }));
    call.await.expect_status(200);
    ann.delete(&format!("notes/{}", notes[1]))
        .await
        .no_content();
    let path = format!("notes/{}", notes[2]);
    let call = ann
        .patch(&path)
        .if_match(1)
        .json(json!({ "notebook_id": null }));
    let out: Value = call.await.ok();
    assert_eq!(
        (&out["notebook_id"], &out["version"]),
        (&Value::Null, &json!(2))
    );
    assert_eq!(read(&ann, &own).await["notes"], 1);
    let page: Value = ann.get("notebooks").await.ok();
    assert_eq!(page["items"][0]["notes"], 1);
    let filter = format!("notebook={own}");
    assert_eq!(titles::<Notes>(&ann, &filter).await.len(), 1);
    assert_eq!(
        titles::<Notes>(&ann, &format!("{filter}&archived=true"))
            .await
            .len(),
        1
    );
    assert_eq!(titles::<Notes>(&ann, "notebook=none").await.len(), 1);
    assert!(
        titles::<Notes>(&ann, &format!("notebook={}", id()))
            .await
            .is_empty()
    );
    let reply = ann.get("notes?notebook=all").await;
    reply
        .problem(422, "invalid")
        .field("notebook", "invalid_uuid");
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = notebook::<Notes>(&ann, "Own", None).await;
    let inside = note_with::<Notes>(&ann, json!({ "notebook_id": own })).await;
    let path = format!("notebooks/{own}");
    for call in [
        bob.get(&path),
        bob.patch(&path).json(json!({ "name": "Bob's" })),
        bob.patch(&path).json(json!({ "name": "" })),
        bob.delete(&path),
        bob.delete(&format!("{path}?notes=trash")),
        bob.delete(&format!("{path}?notes=burn")),
    ] {
        call.await.problem(404, "not_found");
    }
    let bobs = note_with::<Notes>(&bob, json!({})).await;
    let into = json!({ "title": "a", "notebook_id": own });
    let change = json!({ "notebook_id": own });
    for call in [
        bob.post("notes").json(into),
        bob.patch(&format!("notes/{bobs}")).if_match(1).json(change),
    ] {
        let reply = call.await;
        reply
            .problem(422, "invalid")
            .field("notebook_id", "not_found");
    }
    assert!(
        titles::<Notes>(&bob, &format!("notebook={own}"))
            .await
            .is_empty()
    );
    let batch = batch_of(&remove(&ann, &own, "?notes=trash").await);
    undo(&bob, &batch).await.problem(404, "not_found");
    assert_eq!(undone(&undo(&ann, &batch).await), (2, 0));
    assert_eq!(
        seen::<Notes>(&ann, &inside).await["notebook_id"],
        json!(own)
    );
}
