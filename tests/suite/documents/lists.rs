//! Pages of lists: how long they are, which questions are refused, and that the cache gives back
//! what was read.

use serde_json::{Value, json};

use crate::harness::{DocPage, DocumentKind, TestApp, together};

async fn a_limit_outside_of_1_to_200_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for limit in ["0", "201", "4294967295"] {
        let reply = ann.get(&format!("{}?limit={limit}", D::PATH)).await;
        reply.problem(422, "invalid").field("limit", "out_of_range");
    }
    for limit in ["-1", "ten", "1.5", "4294967296", ""] {
        let reply = ann.get(&format!("{}?limit={limit}", D::PATH)).await;
        reply.problem(422, "invalid").field("limit", "invalid_type");
    }
    for limit in [1, 200] {
        let _: DocPage<D> = ann.get(&format!("{}?limit={limit}", D::PATH)).await.ok();
    }
}

async fn a_question_that_is_not_understood_names_its_parameter<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let pinned = format!("{}=maybe", D::PIN);
    let wrong = [
        ("sort=size", "sort", "invalid_value"),
        ("sort=", "sort", "invalid_value"),
        (pinned.as_str(), D::PIN, "invalid_type"),
        ("trashed=1", "trashed", "invalid_type"),
        ("page=2", "page", "unknown_field"),
        ("limit=5&limit=6", "limit", "duplicate_field"),
        ("cursor=abc", "cursor", "invalid_cursor"),
    ];
    for (query, field, code) in wrong {
        let reply = ann.get(&format!("{}?{query}", D::PATH)).await;
        let problem = reply.problem(422, "invalid");
        assert_eq!(problem.fields(), [format!("{field}: {code}")], "{query}");
    }
}

async fn the_default_page_has_fifty_items<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for n in 0..51 {
        ann.create::<D>(&format!("n{n}"), "").await;
    }
    let page: DocPage<D> = ann.get(D::PATH).await.ok();
    assert_eq!(page.items.len(), 50);
    assert!(page.next_cursor.is_some());
}

async fn a_page_that_ends_with_a_very_long_title_is_the_same_from_the_cache<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for n in 0..3 {
        let title = format!("{n}{}", "\u{1f600}".repeat(199));
        ann.create::<D>(&title, "").await;
    }
    let path = format!("{}?sort={}&limit=1", D::PATH, D::CREATED_A_TO_Z);
    let fresh = ann.get(&path).await;
    let first: DocPage<D> = fresh.ok();
    let cached = ann.get(&path).await;
    let second: DocPage<D> = cached.ok();
    assert_eq!(second, first);
    assert_eq!(cached.header("link"), fresh.header("link"));
    let cursor = first.next_cursor.unwrap();
    let next: DocPage<D> = ann.get(&format!("{path}&cursor={cursor}")).await.ok();
    assert!(next.items[0].title.starts_with('1'));
}

async fn a_page_from_the_cache_is_the_page_that_was_read<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for n in 0..3 {
        ann.create::<D>(&format!("n{n}"), "text").await;
    }
    let path = &D::path("?limit=2&sort=created");
    let fresh = ann.get(path).await;
    let cached = ann.get(path).await;
    let (one, other): (Value, Value) = (fresh.ok(), cached.ok());
    assert_eq!(one, other);
    assert_eq!(fresh.bytes(), cached.bytes());
    assert_eq!(fresh.header_names(), cached.header_names());
    for name in ["etag", "link", "cache-control", "content-type"] {
        assert_eq!(fresh.header(name), cached.header(name));
    }
}

async fn a_page_too_large_for_the_cache_is_served_all_the_same<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let sign = "\u{1f600}";
    let new = json!({ "title": sign.repeat(200), (D::BODY): sign.repeat(200) });
    for _ in 0..8 {
        let calls = (0..25).map(|_| ann.post(D::PATH).json(&new));
        for reply in together(calls).await {
            reply.expect_status(201);
        }
    }
    for _ in 0..2 {
        let reply = ann.get(&D::path("?limit=200")).await;
        let page: DocPage<D> = reply.ok();
        assert_eq!(page.items.len(), 200);
        assert!(reply.bytes().len() > 300_000);
    }
}

document_suite! {
    one_thread: [a_limit_outside_of_1_to_200_is_refused, a_question_that_is_not_understood_names_its_parameter, the_default_page_has_fifty_items, a_page_that_ends_with_a_very_long_title_is_the_same_from_the_cache, a_page_from_the_cache_is_the_page_that_was_read, a_page_too_large_for_the_cache_is_served_all_the_same],
    two_threads: [],
}
