//! Paging by cursor: no gap and no double, whatever happens meanwhile; cursors that fit nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use super::{ALIKE, NOUN, ORDERS, WRITTEN};
use crate::harness::{Actor, Page, together};

/// Follows `next_cursor` to the end; the pages' titles.
async fn follow(actor: &Actor, query: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut cursor = None;
    loop {
        let rest = cursor.map(|cursor: String| format!("&cursor={cursor}"));
        let path = format!("notes?{query}{}", rest.unwrap_or_default());
        let page: Page = actor.get(&path).await.ok();
        titles.extend(page.titles().into_iter().map(str::to_owned));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return titles;
        }
    }
}

async fn write_many(actor: &Actor, count: usize) {
    for start in (0..count).step_by(25) {
        let calls = (start..count.min(start + 25)).map(|n| {
            let call = actor.post("notes");
            call.json(json!({ "title": format!("n{n:03}") }))
        });
        for reply in together(calls).await {
            reply.expect_status(201);
        }
    }
}

fn expected(count: usize) -> BTreeSet<String> {
    (0..count).map(|n| format!("n{n:03}")).collect()
}

#[tokio::test]
async fn every_sort_pages_through_250_notes_without_gap_or_double() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    write_many(&ann, 250).await;
    // Some of one edit time: then the id decides.
    let same = format!(
        "UPDATE {} SET updated_at = created_at - INTERVAL 1 DAY, \
           created_at = '2026-01-01 00:00:00' WHERE title < 'n100'",
        NOUN.table()
    );
    app.database().exec(&same, ()).await;
    app.flush_redis().await;
    for (place, sort) in ORDERS.iter().enumerate() {
        let limit = [7, 50, 33][place % 3];
        let titles = follow(&ann, &format!("sort={sort}&limit={limit}")).await;
        assert_eq!(titles.len(), 250, "{sort}");
        let whole = follow(&ann, &format!("sort={sort}&limit=200")).await;
        assert_eq!(titles, whole, "{sort}");
        assert_eq!(titles.into_iter().collect::<BTreeSet<_>>(), expected(250));
    }
}

#[tokio::test]
async fn what_is_alike_is_paged_without_gap_or_double() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for title in ["same", "SAME", "s\u{e4}me", "same ", "same"] {
        ann.write(title, "").await;
    }
    let titles = follow(&ann, &format!("sort={ALIKE}&limit=1")).await;
    assert_eq!(titles.len(), 5, "{titles:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_that_come_meanwhile_neither_hide_nor_repeat_those_that_were_there() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    write_many(&ann, 250).await;
    for sort in ORDERS {
        let writer = ann.at(&instances[1]);
        let tag = (*sort).to_owned();
        let mut writing = tokio::task::JoinSet::new();
        writing.spawn(async move {
            for n in 0..40 {
                let title = format!("n{:03}-{tag}", n * 6);
                writer.write(&title, "").await;
            }
        });
        let titles = follow(&ann, &format!("sort={sort}&limit=10")).await;
        writing.join_all().await;
        let old: Vec<_> = titles.iter().filter(|title| title.len() == 4).collect();
        assert_eq!(old.len(), 250, "{sort}");
        let all: BTreeSet<_> = titles.iter().collect();
        assert_eq!(all.len(), titles.len(), "{sort}: something came twice");
    }
}

#[tokio::test]
async fn a_cursor_stays_good_when_its_note_is_gone() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for title in ["a", "b", "c"] {
        ann.write(title, "").await;
    }
    let list = format!("notes?sort={WRITTEN}&limit=2");
    let first: Page = ann.get(&list).await.ok();
    let last = &first.items[1];
    let path = format!("notes/{}", last.id);
    ann.delete(&path).await.no_content();
    let path = format!("{path}?permanent=true");
    ann.delete(&path).await.no_content();
    let cursor = first.next_cursor.unwrap();
    let second: Page = ann.get(&format!("{list}&cursor={cursor}")).await.ok();
    assert_eq!(second.titles(), ["c"]);
}

#[tokio::test]
async fn a_cursor_of_somebody_else_is_refused() {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    for actor in [&ann, &bob] {
        actor.write("a", "").await;
        actor.write("b", "").await;
    }
    let page: Page = ann.get("notes?limit=1").await.ok();
    let cursor = page.next_cursor.unwrap();
    let reply = bob.get(&format!("notes?limit=1&cursor={cursor}")).await;
    reply
        .problem(422, "invalid")
        .field("cursor", "invalid_cursor");
}

#[tokio::test]
async fn a_cursor_of_another_sort_or_filter_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    ann.write("a", "").await;
    ann.write("b", "").await;
    let page: Page = ann.get("notes?limit=1").await.ok();
    let cursor = page.next_cursor.clone().unwrap();
    let [usual, other, another, ..] = ORDERS;
    for query in [
        format!("sort={other}").as_str(),
        format!("sort={another}").as_str(),
        "archived=true",
        "trashed=true",
        "pinned=false",
        "q=a",
    ] {
        let reply = ann
            .get(&format!("notes?limit=1&{query}&cursor={cursor}"))
            .await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    let path = format!("notes?limit=200&sort={usual}&cursor={cursor}");
    let next: Page = ann.get(&path).await.ok();
    let both = [next.titles(), page.titles()].concat();
    assert_eq!(both.len(), 2);
    assert_eq!(both.into_iter().collect::<BTreeSet<_>>(), ["a", "b"].into());
}

#[tokio::test]
async fn an_altered_cursor_is_refused() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    ann.write("a", "").await;
    ann.write("b", "").await;
    let page: Page = ann.get("notes?limit=1").await.ok();
    let cursor = page.next_cursor.unwrap();
    let swapped = if cursor.ends_with('A') { "B" } else { "A" };
    let altered = [
        format!("{}{swapped}", &cursor[..cursor.len() - 1]),
        cursor[..cursor.len() - 4].to_owned(),
        "A".repeat(5000),
    ];
    for cursor in altered {
        let reply = ann.get(&format!("notes?limit=1&cursor={cursor}")).await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
}

#[tokio::test]
async fn the_link_header_leads_to_the_next_page_and_ends_with_the_last() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for title in ["a b", "a c", "a d"] {
        let new = json!({ "title": title, "pinned": true });
        ann.post("notes").json(new).await.expect_status(201);
    }
    let start = NOUN.address("/api/v1/notes");
    let mut path = NOUN.address(&format!(
        "/api/v1/notes?q=a&pinned=true&sort={WRITTEN}&limit=2"
    ));
    let mut titles: Vec<String> = Vec::new();
    loop {
        let reply = ann.get(&path).await;
        let page: Page = reply.ok();
        titles.extend(page.titles().into_iter().map(str::to_owned));
        let links = reply.headers("link");
        assert_eq!(links.len(), usize::from(page.next_cursor.is_some()));
        let Some(link) = links.first() else { break };
        let target = link.strip_prefix('<').unwrap();
        let target = target.strip_suffix(">; rel=\"next\"").unwrap();
        assert!(target.starts_with(&format!("{start}?")), "{target}");
        assert!(target.contains(&page.next_cursor.unwrap()), "{target}");
        target.clone_into(&mut path);
    }
    assert_eq!(titles, ["a b", "a c", "a d"]);
}
