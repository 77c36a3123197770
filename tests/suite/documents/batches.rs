//! One thing done to many notes: to all of them or to none, once per key.

use serde_json::{Value, json};

use super::tools::{
    all_names, assert_whole, batch, batch_archive, batch_pin, many_notes, note_with, notebook,
    seen, tags_of, text, titles, undo, undone,
};
use crate::harness::{Actor, Call, DocumentKind, TestApp, id, together};

async fn notes<D: DocumentKind>(actor: &Actor, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(
            note_with::<D>(
                actor,
                json!({ "title": format!("n{n}"), (D::BODY): "text" }),
            )
            .await,
        );
    }
    ids
}

/// The fields a batch may change, of each note.
async fn states<D: DocumentKind>(actor: &Actor, ids: &[String]) -> Vec<Value> {
    let mut states = Vec::new();
    for id in ids {
        let note = seen::<D>(actor, id).await;
        let fields = [D::CONTAINER_ID, "tags", D::PIN, D::ARCHIVE, D::BODY];
        let mut state: Vec<Value> = fields.iter().map(|field| note[field].clone()).collect();
        // The moment is that of the latest time.
        state.push(json!(note["deleted_at"].is_string()));
        states.push(state.into());
    }
    states
}

async fn every_action_is_done_to_all_notes_and_taken_back<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = notebook::<D>(&ann, "Place", None).await;
    let ids = notes::<D>(&ann, 4).await;
    let with_count = |(action, more): (&'static str, Value)| (action, more, 4);
    let actions = [
        ("move", json!({ (D::CONTAINER_ID): place }), 4),
        ("move", json!({ (D::CONTAINER_ID): null }), 4),
        ("tag", json!({ "tags": ["a", "B"] }), 4),
        ("untag", json!({ "tags": ["b", "unknown"] }), 4),
        with_count(D::pin_action(true)),
        with_count(D::pin_action(false)),
        with_count(D::archive_action(true)),
        with_count(D::archive_action(false)),
        ("delete", json!({}), 4),
        ("restore", json!({}), 4),
    ];
    for (action, more, count) in actions {
        let before = states::<D>(&ann, &ids).await;
        let done: Value = batch::<D>(&ann, action, &ids, &more).await.ok();
        assert_eq!(
            (
                &done["kind"],
                &done["action"],
                &done["count"],
                &done["undone_at"]
            ),
            (&json!(D::WORD), &json!(action), &json!(count), &Value::Null)
        );
        assert!(done["created_at"].is_string(), "{done}");
        let items = done["items"].as_array().unwrap();
        for (item, id) in items.iter().zip(&ids) {
            assert_eq!(item["id"], json!(id), "in the order of the request");
            assert_eq!(item["version"], seen::<D>(&ann, id).await["version"]);
        }
        let after = states::<D>(&ann, &ids).await;
        assert!(
            before.iter().zip(&after).all(|(one, other)| one != other),
            "{action}"
        );
        let again: Value = batch::<D>(&ann, action, &ids, &more).await.ok();
        assert_eq!(again["count"], 0, "{action} was done before");
        assert_eq!(again["items"], done["items"]);
        assert_eq!(undone(&undo(&ann, &text(&again, "id")).await), (0, 0));

        let batch_id = text(&done, "id");
        assert_eq!(undone(&undo(&ann, &batch_id).await), (count, 0), "{action}");
        assert_eq!(states::<D>(&ann, &ids).await, before, "{action}");
        undo(&ann, &batch_id).await.problem(409, "already_undone");
        let _: Value = batch::<D>(&ann, action, &ids, &more).await.ok();
    }
    assert_whole::<D>(&app).await;
}

async fn five_hundred_notes_are_one_batch_and_one_more_is_none<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut ids = many_notes::<D>(&app, &ann.id, 501).await;
    let reply = batch_pin::<D>(&ann, &ids, true).await;
    reply.problem(422, "invalid").field("ids", "out_of_range");
    let last = ids.pop().unwrap();
    let done: Value = batch::<D>(&ann, "tag", &ids, &json!({ "tags": ["all"] }))
        .await
        .ok();
    assert_eq!(done["count"], 500);
    assert_eq!(done["items"].as_array().unwrap().len(), 500);
    assert!(tags_of::<D>(&ann, &last).await.is_empty());
    let sql = "SELECT COUNT(*) FROM changes WHERE op = 'update' AND batch_id IS NOT NULL";
    assert_eq!(app.database().count(sql).await, 500);
    assert_whole::<D>(&app).await;
    assert_eq!(undone(&undo(&ann, &text(&done, "id")).await), (500, 0));
    assert_whole::<D>(&app).await;
    assert_eq!(app.database().count("SELECT COUNT(*) FROM tagged").await, 0);
}

async fn a_batch_that_is_not_understood_names_its_fields<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = notes::<D>(&ann, 2).await;
    let long: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
    let twice = [ids[0].clone(), ids[1].clone(), ids[0].clone()];
    let (pin, pinned) = D::pin_action(true);
    let mut pinned_and_moved = pinned.clone();
    pinned_and_moved[D::CONTAINER_ID] = Value::Null;
    let mut pinned_and_more = pinned.clone();
    pinned_and_more["notes"] = json!([]);
    let error = |code: &str| format!("{}: {code}", D::CONTAINER_ID);
    let wrong: [(&str, &[String], Value, String); 10] = [
        (pin, &[], pinned.clone(), "ids: out_of_range".to_owned()),
        (pin, &twice, pinned, "ids[2]: duplicate".to_owned()),
        ("move", &ids, json!({}), error("required")),
        (
            "move",
            &ids,
            json!({ (D::CONTAINER_ID): id() }),
            error("not_found"),
        ),
        (pin, &ids, pinned_and_moved, error("not_allowed")),
        ("tag", &ids, json!({}), "tags: required".to_owned()),
        (
            "untag",
            &ids,
            json!({ "tags": [] }),
            "tags: out_of_range".to_owned(),
        ),
        (
            "tag",
            &ids,
            json!({ "tags": long }),
            "tags: out_of_range".to_owned(),
        ),
        (
            "delete",
            &ids,
            json!({ "tags": ["a"] }),
            "tags: not_allowed".to_owned(),
        ),
        (
            pin,
            &ids,
            pinned_and_more,
            "notes: unknown_field".to_owned(),
        ),
    ];
    for (action, ids, more, err) in wrong {
        let reply = batch::<D>(&ann, action, ids, &more).await;
        let problem = reply.problem(422, "invalid");
        assert_eq!(problem.fields(), [err], "{action} {more}");
    }
    let mut not_an_id = D::pin_action(true).1;
    not_an_id["kind"] = json!(D::WORD);
    not_an_id["action"] = json!(pin);
    not_an_id["ids"] = json!(["x"]);
    for wrong in [
        json!({ "kind": "task", "ids": ids, "action": "pin" }),
        json!({ "kind": D::WORD, "ids": ids, "action": "burn" }),
        not_an_id,
    ] {
        let reply = ann.post("batch").json(wrong).await;
        assert_eq!(reply.problem(422, "invalid").fields().len(), 1);
    }
    let page: Value = ann.get("batches").await.ok();
    assert_eq!(page["items"], json!([]));
    assert_eq!(seen::<D>(&ann, &ids[0]).await["version"], 1);
}

async fn an_unknown_note_stops_the_whole_batch<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let mut ids = notes::<D>(&ann, 3).await;
    let bobs = note_with::<D>(&bob, json!({})).await;
    let gone = note_with::<D>(&ann, json!({})).await;
    ann.delete(&format!("{}/{gone}", D::PATH))
        .await
        .no_content();
    ann.delete(&format!("{}/{gone}?permanent=true", D::PATH))
        .await
        .no_content();
    ids.insert(1, bobs);
    ids.push(id());
    ids.push(gone);
    let reply = batch::<D>(&ann, "tag", &ids, &json!({ "tags": ["new"] })).await;
    assert_eq!(
        reply.problem(422, "invalid").fields(),
        [
            "ids[1]: not_found",
            "ids[4]: not_found",
            "ids[5]: not_found"
        ]
    );
    assert!(tags_of::<D>(&ann, &ids[0]).await.is_empty());
    assert!(all_names(&ann, "tags").await.is_empty());
    let bobs_place = notebook::<D>(&bob, "Bob's", None).await;
    let own = [ids[0].clone()];
    let reply = batch::<D>(
        &ann,
        "move",
        &own,
        &json!({ (D::CONTAINER_ID): bobs_place }),
    )
    .await;
    reply
        .problem(422, "invalid")
        .field(D::CONTAINER_ID, "not_found");
    assert_whole::<D>(&app).await;
}

async fn a_key_does_a_batch_once<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let ids = notes::<D>(&ann, 2).await;
    let pin = || batch_pin::<D>(&ann, &ids, true);
    let archive = || batch_archive::<D>(&ann, &ids, true);
    let with_key = |key: &str, call: Call| call.header("idempotency-key", key);
    let first = with_key("key", pin()).await;
    let done: Value = first.ok();
    undo(&ann, &text(&done, "id")).await.expect_status(200);
    let again = with_key("key", pin()).await;
    assert_eq!(again.bytes(), first.bytes());
    assert_eq!(
        seen::<D>(&ann, &ids[0]).await[D::PIN],
        D::pin(false),
        "not done again"
    );
    let reply = with_key("key", archive()).await;
    reply
        .problem(422, "invalid")
        .field("Idempotency-Key", "idempotency_key_reused");
    let replies = together((0..8).map(|_| with_key("other", archive()))).await;
    for reply in &replies {
        assert_eq!(reply.bytes(), replies[0].bytes());
    }
    let page: Value = ann.get("batches").await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);

    // A refusal uses nothing up.
    let (late, place) = (id(), id());
    let move_to = || {
        let more = json!({ (D::CONTAINER_ID): place });
        let ids = [ids[0].clone(), late.clone()];
        batch::<D>(&ann, "move", &ids, &more).header("idempotency-key", "late")
    };
    let reply = move_to().await;
    reply
        .problem(422, "invalid")
        .field(D::CONTAINER_ID, "not_found");
    let new = json!({ "id": place, "name": "Place" });
    ann.post(D::CONTAINERS).json(new).await.expect_status(201);
    let reply = move_to().await;
    reply.problem(422, "invalid").field("ids[1]", "not_found");
    note_with::<D>(&ann, json!({ "id": late })).await;
    let moved: Value = move_to().await.ok();
    assert_eq!(moved["count"], 2);
    let bobs = [note_with::<D>(&bob, json!({})).await];
    let call = batch_pin::<D>(&bob, &bobs, true);
    call.header("idempotency-key", "late")
        .await
        .expect_status(200);
    assert_whole::<D>(&app).await;
}

async fn a_batch_does_not_put_more_than_a_hundred_tags_on_a_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let names = |from: usize, to: usize| -> Vec<String> {
        (from..to).map(|n| format!("t{n:03}")).collect()
    };
    let ids = [
        note_with::<D>(&ann, json!({})).await,
        note_with::<D>(&ann, json!({ "tags": names(0, 99) })).await,
        note_with::<D>(&ann, json!({ "tags": names(1, 100) })).await,
    ];
    let reply = batch::<D>(&ann, "tag", &ids, &json!({ "tags": ["t000", "new"] })).await;
    reply
        .problem(422, "invalid")
        .field("ids[2]", "too_many_tags");
    assert!(tags_of::<D>(&ann, &ids[0]).await.is_empty());
    assert!(
        !all_names(&ann, "tags?limit=200")
            .await
            .contains(&"new".to_owned())
    );
    let done: Value = batch::<D>(&ann, "tag", &ids, &json!({ "tags": ["t000"] }))
        .await
        .ok();
    assert_eq!(done["count"], 2);

    // A note that was filled up again has no room for what an undo would bring back.
    let full = [ids[2].clone()];
    let more = json!({ "tags": names(0, 20) });
    let taken: Value = batch::<D>(&ann, "untag", &full, &more).await.ok();
    let more = json!({ "tags": names(200, 220) });
    batch::<D>(&ann, "tag", &full, &more)
        .await
        .expect_status(200);
    assert_eq!(undone(&undo(&ann, &text(&taken, "id")).await), (0, 1));
    assert_eq!(tags_of::<D>(&ann, &ids[2]).await.len(), 100);
    assert_whole::<D>(&app).await;
}

async fn the_batches_are_listed_newest_first<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let ids = notes::<D>(&ann, 1).await;
    let mut made = Vec::new();
    for call in [
        batch_pin::<D>(&ann, &ids, true),
        batch_pin::<D>(&ann, &ids, false),
        batch_archive::<D>(&ann, &ids, true),
        batch_archive::<D>(&ann, &ids, false),
        batch_pin::<D>(&ann, &ids, true),
    ] {
        let done: Value = call.await.ok();
        made.push(text(&done, "id"));
    }
    let reply = ann.delete(&format!("{}/{}", D::PATH, ids[0])).await;
    made.push(reply.header("x-batch-id").to_owned());
    let reply = undo(&ann, &made[5]).await;
    assert_eq!(undone(&reply), (1, 0));
    made.reverse();
    let mut seen = Vec::new();
    let mut path = "batches?limit=4".to_owned();
    loop {
        let page: Value = ann.get(&path).await.ok();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| text(item, "id")));
        assert!(items.iter().all(|item| item.get("items").is_none()));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        let reply = bob.get(&format!("batches?cursor={cursor}")).await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
        path = format!("batches?limit=4&cursor={cursor}");
    }
    assert_eq!(seen, made);
    let page: Value = ann.get("batches?limit=1").await.ok();
    let last = &page["items"][0];
    assert_eq!(
        (&last["action"], &last["count"]),
        (&json!("delete"), &json!(1))
    );
    assert!(last["undone_at"].is_string());
    assert_eq!(bob.get("batches").await.ok::<Value>()["items"], json!([]));
    for limit in ["0", "201"] {
        let reply = ann.get(&format!("batches?limit={limit}")).await;
        reply.problem(422, "invalid").field("limit", "out_of_range");
    }
    assert_eq!(titles::<D>(&ann, "").await, ["n0"]);
}

document_suite! {
    one_thread: [every_action_is_done_to_all_notes_and_taken_back, five_hundred_notes_are_one_batch_and_one_more_is_none, a_batch_that_is_not_understood_names_its_fields, an_unknown_note_stops_the_whole_batch, a_key_does_a_batch_once, a_batch_does_not_put_more_than_a_hundred_tags_on_a_note, the_batches_are_listed_newest_first],
    two_threads: [],
}
