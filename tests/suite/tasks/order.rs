//! The order of tasks: what is dragged lies where it was put, whoever drags at the same time.

use serde_json::{Value, json};

use super::{assert_whole, change, drag, list, seen, task, text, titles, undo};
use crate::harness::{Actor, TestApp, id, together};

async fn some(actor: &Actor, names: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names.chars() {
        ids.push(task(actor, json!({ "title": name.to_string() })).await);
    }
    ids
}

async fn order(actor: &Actor) -> String {
    titles(actor, "limit=200").await.concat()
}

#[tokio::test]
async fn a_task_lies_right_behind_or_right_before_the_one_it_was_put_to() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = some(&ann, "abcd").await;
    assert_eq!(order(&ann).await, "abcd", "new ones come last");
    for (which, to, expected) in [
        (0, json!({ "after": ids[2] }), "bcad"),
        (3, json!({ "before": ids[1] }), "dbca"),
        (3, json!({ "after": ids[0] }), "bcad"),
        (0, json!({ "before": ids[1] }), "abcd"),
        (1, json!({ "after": ids[0] }), "abcd"),
        (2, json!({ "after": ids[3], "before": ids[0] }), "abdc"),
        (2, json!({}), "abdc"),
    ] {
        let moved: Value = drag(&ann, &ids[which], to.clone()).await.ok();
        assert_eq!(text(&moved, "id"), ids[which]);
        assert_eq!(order(&ann).await, expected, "{to}");
        assert_eq!(moved["position"], seen(&ann, &ids[which]).await["position"]);
    }
    let created = seen(&ann, &ids[2]).await;
    assert_eq!(created["updated_at"], created["created_at"], "no edit");
    assert_whole(&app).await;
}

#[tokio::test]
async fn the_list_and_each_column_of_the_board_show_one_order() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let ids = some(&ann, "abcde").await;
    for id in &ids {
        let to = json!({ "list_id": place });
        drag(&ann, id, to).await.expect_status(200);
    }
    for (which, to) in [
        (1, json!({ "status": "doing" })),
        (3, json!({ "status": "doing", "before": ids[1] })),
        (4, json!({ "status": "done", "after": ids[0] })),
    ] {
        drag(&ann, &ids[which], to).await.expect_status(200);
    }
    let column = async |status: &str| {
        let query = format!("list={place}&status={status}");
        titles(&ann, &query).await.concat()
    };
    assert_eq!(
        titles(&ann, &format!("list={place}")).await.concat(),
        "aedbc"
    );
    assert_eq!(column("todo").await, "ac");
    assert_eq!(column("doing").await, "db");
    assert_eq!(column("done").await, "e");
    assert_eq!(column("open").await, "adbc");
    let done = seen(&ann, &ids[4]).await;
    assert_eq!(done["completed_at"], done["updated_at"]);
    drag(&ann, &ids[4], json!({ "status": "todo" }))
        .await
        .expect_status(200);
    assert_eq!(seen(&ann, &ids[4]).await["completed_at"], Value::Null);
    assert!(titles(&ann, "list=none").await.is_empty());
    assert_whole(&app).await;
}

#[tokio::test]
async fn what_is_not_in_the_list_is_no_neighbour() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let place = list(&ann, "Place").await;
    let other = list(&bob, "Bob's").await;
    let ids = some(&ann, "ab").await;
    let far = task(&ann, json!({ "list_id": place })).await;
    let bobs = task(&bob, json!({})).await;
    let gone = task(&ann, json!({})).await;
    ann.delete(&format!("tasks/{gone}")).await.no_content();
    ann.delete(&format!("tasks/{gone}?permanent=true"))
        .await
        .no_content();
    let before = seen(&ann, &ids[0]).await;
    for (to, err) in [
        (json!({ "after": far }), "after: not_found"),
        (json!({ "before": bobs }), "before: not_found"),
        (json!({ "after": gone }), "after: not_found"),
        (json!({ "after": ids[0] }), "after: not_found"),
        (json!({ "after": id() }), "after: not_found"),
        (
            json!({ "after": ids[1], "list_id": place }),
            "after: not_found",
        ),
        (json!({ "list_id": other }), "list_id: not_found"),
        (json!({ "status": "gone" }), "status: invalid_value"),
        (json!({ "position": "a0" }), "position: unknown_field"),
    ] {
        let reply = drag(&ann, &ids[0], to.clone()).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err], "{to}");
    }
    assert_eq!(seen(&ann, &ids[0]).await, before);
    drag(&bob, &ids[0], json!({}))
        .await
        .problem(404, "not_found");
    drag(&ann, &gone, json!({ "nonsense": 1 }))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_drag_is_taken_back_also_when_its_place_was_taken() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    let ids = some(&ann, "abc").await;
    let old = text(&seen(&ann, &ids[1]).await, "position");
    let reply = drag(&ann, &ids[1], json!({ "list_id": place, "status": "done" })).await;
    let batch = reply.header("x-batch-id").to_owned();
    assert_eq!(titles(&ann, &format!("list={place}")).await, ["b"]);
    // Another one came to lie just there.
    let sql = "UPDATE tasks SET position = ? WHERE title = 'c'";
    app.database().exec(sql, (old,)).await;
    assert_eq!(undo(&ann, &batch).await, (1, 0));
    let back = seen(&ann, &ids[1]).await;
    assert_eq!(
        (&back["list_id"], &back["status"], &back["completed_at"]),
        (&Value::Null, &json!("todo"), &Value::Null)
    );
    assert_eq!(order(&ann).await, "acb", "right behind that one");
    let reply = drag(&ann, &ids[1], json!({ "before": ids[0] })).await;
    let batch = reply.header("x-batch-id").to_owned();
    change(&ann, &ids[1], json!({ "status": "doing" }))
        .await
        .expect_status(200);
    assert_eq!(undo(&ann, &batch).await, (0, 1), "changed again since");
    assert_eq!(order(&ann).await, "bac");
    let nothing = drag(&ann, &ids[1], json!({})).await;
    nothing.expect_status(200);
    assert!(nothing.headers("x-batch-id").is_empty());
    assert_whole(&app).await;
}

/// Sends a drag again while the service asks for patience.
async fn insist(actor: Actor, id: String, to: Value) {
    for _ in 0..50 {
        let reply = drag(&actor, &id, to.clone()).await;
        if reply.status() != 503 {
            reply.expect_status(200);
            return;
        }
    }
    panic!("nobody drags that long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_drags_at_once_leave_one_order_that_everybody_sees() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    let ids = some(&ann, "abcdefghij").await;
    let mut drags = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (which, beside) = (n * 7 % 10, (n * 7 + 1 + n % 9) % 10);
        let side = ["after", "before"][n % 2];
        let status = ["todo", "doing", "done"][n % 3];
        let to = json!({ side: ids[beside], "status": status });
        let actor = if n % 2 == 0 { &ann } else { &other };
        drags.spawn(insist(actor.clone(), ids[which].clone(), to));
    }
    drags.join_all().await;
    assert_whole(&instances[0]).await;
    let seen = order(&ann).await;
    let mut all: Vec<char> = seen.chars().collect();
    all.sort_unstable();
    assert_eq!(all.iter().collect::<String>(), "abcdefghij");
    assert_eq!(order(&other).await, seen);
    let sql = "SELECT title FROM tasks ORDER BY position";
    let rows: Vec<(String,)> = instances[0].database().rows(sql, ()).await;
    let rows: String = rows.into_iter().map(|(title,)| title).collect();
    assert_eq!(rows, seen);
    // The board and the list are cut from the same order.
    let mut columns = String::new();
    for status in ["todo", "doing", "done"] {
        let column = titles(&other, &format!("status={status}")).await.concat();
        let in_order: Vec<usize> = column.chars().map(|c| seen.find(c).unwrap()).collect();
        assert!(in_order.is_sorted(), "{column} of {seen}");
        columns.push_str(&column);
    }
    assert_eq!(columns.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_are_created_at_once_have_places_of_their_own() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let calls = (0..10).map(|n| {
        let actor = ann.at(&instances[n % 2]);
        actor.post("tasks").json(json!({ "title": n.to_string() }))
    });
    for reply in together(calls).await {
        let _: Value = reply.created();
    }
    assert_whole(&instances[0]).await;
    assert_eq!(titles(&ann, "").await.len(), 10);
}

#[tokio::test]
async fn an_order_without_room_is_spaced_anew_and_stays_as_it_was() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let ids = some(&ann, "abcdefgh").await;
    // As if somebody had dragged between the same two for months.
    let tight = format!("a0{}1", "0".repeat(63));
    for (title, place) in [("b", tight.as_str()), ("a", "a0")] {
        let sql = "UPDATE tasks SET position = ? WHERE title = ?";
        app.database().exec(sql, (place, title)).await;
    }
    let since: Value = ann.get("changes").await.ok();
    let moved: Value = drag(&ann, &ids[7], json!({ "after": ids[0] })).await.ok();
    assert_eq!(order(&ann).await, "ahbcdefg");
    assert!(text(&moved, "position").len() < 24, "{moved}");
    let sql = "SELECT COUNT(*) FROM tasks WHERE LENGTH(position) > 24";
    assert_eq!(app.database().count(sql).await, 0);
    assert_whole(&app).await;
    // Everybody hears that the places are others.
    let path = format!("changes?since={}", since["last_seq"]);
    let heard: Value = ann.get(&path).await.ok();
    assert!(heard["items"].as_array().unwrap().len() >= 8, "{heard}");
    for n in 0..30 {
        let which = 1 + n % 6;
        let to = json!({ "after": ids[0] });
        drag(&ann, &ids[which], to).await.expect_status(200);
    }
    assert_whole(&app).await;
    assert!(
        order(&ann).await.starts_with("agfedcb"),
        "{}",
        order(&ann).await
    );
}

#[tokio::test]
async fn pages_follow_the_order_over_all_lists() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let place = list(&ann, "Place").await;
    for n in 0..7 {
        let to = if n % 2 == 0 {
            json!(place)
        } else {
            Value::Null
        };
        let new = json!({ "title": n.to_string(), "list_id": to, "priority": n % 3 });
        task(&ann, new).await;
    }
    for (query, expected) in [
        ("", "1350246"),
        ("status=open", "1350246"),
        ("sort=created", "6543210"),
        ("sort=priority", "5241630"),
        ("sort=priority&status=todo", "5241630"),
        ("sort=due", "0123456"),
    ] {
        let (mut seen, mut cursor) = (String::new(), String::new());
        loop {
            let path = format!("tasks?{query}&limit=2{cursor}");
            let page: Value = ann.get(&path.replace("?&", "?")).await.ok();
            for item in page["items"].as_array().unwrap() {
                seen.push_str(&text(item, "title"));
            }
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{query}");
    }
}

/// Moves some tasks to a list or out of it, and takes that back, again and again.
async fn to_and_fro(actor: Actor, ids: Vec<String>, place: String) {
    for round in 0..12 {
        let to = (round % 3 != 0).then_some(&place);
        let body = json!({ "kind": "task", "ids": ids, "action": "move", "list_id": to });
        let reply = actor.post("batch").json(body).await;
        if reply.status() != 503 {
            let done: Value = reply.ok();
            let path = format!("batches/{}/undo", text(&done, "id"));
            let reply = actor.post(&path).await;
            assert!(matches!(reply.status(), 200 | 503), "{reply:?}");
        }
        let reply = actor.post("tasks").json(json!({ "title": "new" })).await;
        assert!(matches!(reply.status(), 201 | 503), "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moves_that_are_taken_back_at_once_leave_each_task_a_place_of_its_own() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let place = list(&ann, "Place").await;
    let ids = some(&ann, "abcdefghij").await;
    let mut storm = tokio::task::JoinSet::new();
    for (n, part) in [&ids[..6], &ids[4..], &ids[2..8]].into_iter().enumerate() {
        let actor = ann.at(&instances[n % 2]);
        storm.spawn(to_and_fro(actor, part.to_vec(), place.clone()));
    }
    storm.join_all().await;
    assert_whole(&instances[0]).await;
    let all = titles(&ann, "limit=200").await;
    assert_eq!(all.iter().filter(|title| title.len() == 1).count(), 10);
}
