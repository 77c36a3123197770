//! `GET changes`: every change once, in the order of the commits, for its owner alone, and an honest
//! word when it is no longer kept.

use std::collections::BTreeSet;

use satchel::services::changes;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{commit, owner, write};
use crate::harness::{Actor, TestApp};

async fn list(actor: &Actor, query: &str) -> Value {
    let reply = actor.get(&format!("changes{query}")).await;
    let page = reply.ok();
    assert_eq!(reply.header("cache-control"), "no-store");
    page
}

fn seqs(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["seq"].as_u64().unwrap())
        .collect()
}

/// As if all changes up to a number had been written so many days ago.
async fn age(app: &TestApp, actor: &Actor, seq: u64, days: u32) {
    let sql = "UPDATE changes SET at = UTC_TIMESTAMP(6) - INTERVAL ? DAY \
               WHERE owner_id = ? AND seq <= ?";
    let database = app.database();
    database.exec(sql, (days, owner(actor), seq)).await;
}

/// Runs the hourly job as the service does.
async fn purge(app: &TestApp) {
    app.run_job("changes.purge", 1).await;
}

#[tokio::test]
async fn an_account_without_changes_has_none() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let none = json!({ "items": [], "next_cursor": null, "last_seq": 0 });
    assert_eq!(list(&ann, "").await, none);
    assert_eq!(list(&ann, "?since=99").await, none);
}

#[tokio::test]
async fn changes_come_in_their_order_a_page_at_a_time() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&app.state, owner(&ann), 120).await;
    let page = list(&ann, "").await;
    assert_eq!(seqs(&page), (1..=50).collect::<Vec<_>>());
    assert_eq!(page["last_seq"], 120);
    assert_eq!(page["next_cursor"], "50");
    let item = &page["items"][0];
    for (name, wanted) in [
        ("kind", json!("note")),
        ("op", json!("update")),
        ("version", json!(1)),
        ("batch_id", json!(null)),
    ] {
        assert_eq!(item[name], wanted, "{name}");
    }
    assert!(uuid::Uuid::try_parse(item["id"].as_str().unwrap()).is_ok());
    assert!(item["at"].as_str().unwrap().ends_with('Z'));
    let page = list(&ann, "?since=50&limit=70").await;
    assert_eq!(seqs(&page), (51..=120).collect::<Vec<_>>());
    assert_eq!(page["next_cursor"], Value::Null);
    let page = list(&ann, "?since=120").await;
    assert_eq!((seqs(&page), &page["last_seq"]), (vec![], &json!(120)));
    let page = list(&ann, "?since=9007199254740991").await;
    assert_eq!((seqs(&page), &page["last_seq"]), (vec![], &json!(120)));
}

#[tokio::test]
async fn twenty_writers_at_once_leave_no_gap() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let user = owner(&ann);
    let mut writers = JoinSet::new();
    for number in 0..20_usize {
        let app = instances[number % 2].state.clone();
        writers.spawn(async move {
            for round in 0..5 {
                write(&app, user, 1 + (number + round) % 3).await;
            }
        });
    }
    // Whoever reads meanwhile never sees a number before a lower one has been there.
    let mut seen = 0;
    while !writers.is_empty() {
        let page = list(&ann, &format!("?since={seen}&limit=200")).await;
        for seq in seqs(&page) {
            assert_eq!(seq, seen + 1, "a gap while others write");
            seen = seq;
        }
        while writers.try_join_next().transpose().unwrap().is_some() {}
    }
    let page = list(&ann, &format!("?since={seen}&limit=200")).await;
    let all: Vec<u64> = (1..=seen).chain(seqs(&page)).collect();
    assert_eq!(all, (1..=200).collect::<Vec<_>>());
    let sql = "SELECT COUNT(DISTINCT entity_id) FROM changes";
    assert_eq!(instances[0].database().count(sql).await, 200);
}

#[tokio::test]
async fn what_is_asked_for_must_make_sense() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (query, field, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=201", "limit", "out_of_range"),
        ("limit=x", "limit", "invalid_type"),
        ("since=-1", "since", "invalid_type"),
        ("since=1.5", "since", "invalid_type"),
        ("since=18446744073709551616", "since", "invalid_type"),
        ("sinse=1", "sinse", "unknown_field"),
    ] {
        let reply = ann.get(&format!("changes?{query}")).await;
        reply.problem(422, "invalid").field(field, code);
    }
}

#[tokio::test]
async fn others_changes_are_not_there() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    write(&app.state, owner(&ann), 3).await;
    write(&app.state, owner(&bob), 1).await;
    let ids = |page: &Value| -> BTreeSet<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].to_string()).collect()
    };
    let (anns, bobs) = (list(&ann, "").await, list(&bob, "").await);
    assert_eq!((seqs(&anns), seqs(&bobs)), (vec![1, 2, 3], vec![1]));
    assert!(ids(&anns).is_disjoint(&ids(&bobs)));
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_left_out_and_counts() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write(&app.state, owner(&ann), 3).await;
    let sql = "UPDATE changes SET kind = 200 WHERE seq IN (2, 3)";
    app.database().exec(sql, ()).await;
    let page = list(&ann, "?limit=2").await;
    assert_eq!((seqs(&page), &page["next_cursor"]), (vec![1], &json!("2")));
    let page = list(&ann, "?since=2").await;
    assert_eq!((seqs(&page), &page["last_seq"]), (vec![], &json!(3)));
    assert_eq!(page["next_cursor"], Value::Null);
}

#[tokio::test]
async fn what_is_no_longer_kept_is_said_to_be_gone() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    write(&app.state, owner(&ann), 10).await;
    write(&app.state, owner(&bob), 2).await;
    age(&app, &ann, 10, 29).await;
    purge(&app).await;
    assert_eq!(seqs(&list(&ann, "").await).len(), 10, "29 days are fine");
    age(&app, &ann, 4, 31).await;
    age(&app, &bob, 2, 31).await;
    purge(&app).await;
    for query in ["", "?since=0", "?since=3"] {
        let reply = ann.get(&format!("changes{query}")).await;
        reply.problem(410, "changes_gone");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert_eq!(seqs(&list(&ann, "?since=4").await), [5, 6, 7, 8, 9, 10]);
    // One run serves every owner, and what an account begins with counts from where it was.
    bob.get("changes").await.problem(410, "changes_gone");
    assert_eq!(seqs(&list(&bob, "?since=2").await), Vec::<u64>::new());
    write(&app.state, owner(&bob), 1).await;
    assert_eq!(seqs(&list(&bob, "?since=2").await), [3]);
}

#[tokio::test]
async fn a_key_that_may_read_lists_changes_and_one_that_may_only_write_does_not() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    commit(&app.state, owner(&ann), 1).await;
    let with = async |scope: &str| {
        let body = json!({ "name": "a program", "scopes": [scope] });
        let made: Value = ann.post("me/api-keys").json(body).await.created();
        ann.with_token(Some(made["key"].as_str().unwrap()))
    };
    let (reader, writer) = (with("read").await, with("write").await);
    assert_eq!(seqs(&list(&reader, "").await), [1]);
    for path in ["changes", "events"] {
        let reply = writer.get(path).await;
        reply.problem(403, "insufficient_scope");
    }
}

#[tokio::test]
async fn an_account_that_goes_takes_its_changes_along() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    write(&app.state, owner(&ann), 3).await;
    write(&app.state, owner(&bob), 3).await;
    for rows in [4, 0] {
        let removed = app.state.db.purge_owner(owner(&ann), &changes::OWNED);
        assert_eq!(removed.await.unwrap(), rows);
    }
    assert_eq!(seqs(&list(&bob, "").await), [1, 2, 3]);
    let heads = "SELECT COUNT(*) FROM change_heads";
    assert_eq!(app.database().count(heads).await, 1);
}
