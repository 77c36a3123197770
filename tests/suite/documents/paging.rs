//! Paging by cursor: no gap and no double, whatever happens meanwhile; cursors that fit nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Actor, DocPage, DocumentKind, TestApp, together};

/// Follows `next_cursor` to the end; the pages' titles.
async fn follow<D: DocumentKind>(actor: &Actor, query: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut cursor = None;
    loop {
        let rest = cursor.map(|cursor: String| format!("&cursor={cursor}"));
        let path = format!("{}?{query}{}", D::PATH, rest.unwrap_or_default());
        let page: DocPage<D> = actor.get(&path).await.ok();
        titles.extend(page.titles().into_iter().map(str::to_owned));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return titles;
        }
    }
}

async fn write_many<D: DocumentKind>(actor: &Actor, count: usize) {
    for start in (0..count).step_by(25) {
        let calls = (start..count.min(start + 25)).map(|n| {
            let call = actor.post(D::PATH);
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

async fn every_sort_pages_through_250_notes_without_gap_or_double<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    write_many::<D>(&ann, 250).await;
    // Some of one edit time: then the id decides.
    let same = format!(
        "UPDATE {} SET updated_at = created_at - INTERVAL 1 DAY, \
           created_at = '2026-01-01 00:00:00' WHERE title < 'n100'",
        D::TABLE
    );
    app.database().exec(&same, ()).await;
    app.flush_redis().await;
    for (place, sort) in D::ORDERS.iter().enumerate() {
        let limit = [7, 50, 33][place % 3];
        let titles = follow::<D>(&ann, &format!("sort={sort}&limit={limit}")).await;
        assert_eq!(titles.len(), 250, "{sort}");
        let whole = follow::<D>(&ann, &format!("sort={sort}&limit=200")).await;
        assert_eq!(titles, whole, "{sort}");
        assert_eq!(titles.into_iter().collect::<BTreeSet<_>>(), expected(250));
    }
}

async fn what_is_alike_is_paged_without_gap_or_double<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in ["same", "SAME", "s\u{e4}me", "same ", "same"] {
        ann.create::<D>(title, "").await;
    }
    let titles = follow::<D>(&ann, &format!("sort={}&limit=1", D::TIED_ORDER)).await;
    assert_eq!(titles.len(), 5, "{titles:?}");
}

async fn notes_that_come_meanwhile_neither_hide_nor_repeat_those_that_were_there<
    D: DocumentKind,
>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    write_many::<D>(&ann, 250).await;
    for sort in D::ORDERS {
        let writer = ann.at(&instances[1]);
        let tag = (*sort).to_owned();
        let mut writing = tokio::task::JoinSet::new();
        writing.spawn(async move {
            for n in 0..40 {
                let title = format!("n{:03}-{tag}", n * 6);
                writer.create::<D>(&title, "").await;
            }
        });
        let titles = follow::<D>(&ann, &format!("sort={sort}&limit=10")).await;
        writing.join_all().await;
        let old: Vec<_> = titles.iter().filter(|title| title.len() == 4).collect();
        assert_eq!(old.len(), 250, "{sort}");
        let all: BTreeSet<_> = titles.iter().collect();
        assert_eq!(all.len(), titles.len(), "{sort}: something came twice");
    }
}

async fn a_cursor_stays_good_when_its_note_is_gone<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in ["a", "b", "c"] {
        ann.create::<D>(title, "").await;
    }
    let list = format!("{}?sort={}&limit=2", D::PATH, D::CREATED_A_TO_Z);
    let first: DocPage<D> = ann.get(&list).await.ok();
    let last = &first.items[1];
    let path = format!("{}/{}", D::PATH, last.id);
    ann.delete(&path).await.no_content();
    let path = format!("{path}?permanent=true");
    ann.delete(&path).await.no_content();
    let cursor = first.next_cursor.unwrap();
    let second: DocPage<D> = ann.get(&format!("{list}&cursor={cursor}")).await.ok();
    assert_eq!(second.titles(), ["c"]);
}

async fn a_cursor_of_somebody_else_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    for actor in [&ann, &bob] {
        actor.create::<D>("a", "").await;
        actor.create::<D>("b", "").await;
    }
    let page: DocPage<D> = ann.get(&D::path("?limit=1")).await.ok();
    let cursor = page.next_cursor.unwrap();
    let reply = bob
        .get(&format!("{}?limit=1&cursor={cursor}", D::PATH))
        .await;
    reply
        .problem(422, "invalid")
        .field("cursor", "invalid_cursor");
}

async fn a_cursor_of_another_sort_or_filter_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ann.create::<D>("a", "").await;
    ann.create::<D>("b", "").await;
    let page: DocPage<D> = ann.get(&D::path("?limit=1")).await.ok();
    let cursor = page.next_cursor.clone().unwrap();
    let [usual, other, another, ..] = D::ORDERS else {
        panic!("three orders at least");
    };
    for query in [
        format!("sort={other}").as_str(),
        format!("sort={another}").as_str(),
        format!(
            "{}={}",
            D::ARCHIVE,
            D::archive(true).to_string().trim_matches('"')
        )
        .as_str(),
        "trashed=true",
        format!("{}={}", D::PIN, D::pin(false)).as_str(),
        "q=a",
    ] {
        let reply = ann
            .get(&format!("{}?limit=1&{query}&cursor={cursor}", D::PATH))
            .await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    let path = format!("{}?limit=200&sort={usual}&cursor={cursor}", D::PATH);
    let next: DocPage<D> = ann.get(&path).await.ok();
    let both = [next.titles(), page.titles()].concat();
    assert_eq!(both.len(), 2);
    assert_eq!(both.into_iter().collect::<BTreeSet<_>>(), ["a", "b"].into());
}

async fn an_altered_cursor_is_refused<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    ann.create::<D>("a", "").await;
    ann.create::<D>("b", "").await;
    let page: DocPage<D> = ann.get(&D::path("?limit=1")).await.ok();
    let cursor = page.next_cursor.unwrap();
    let swapped = if cursor.ends_with('A') { "B" } else { "A" };
    let altered = [
        format!("{}{swapped}", &cursor[..cursor.len() - 1]),
        cursor[..cursor.len() - 4].to_owned(),
        "A".repeat(5000),
    ];
    for cursor in altered {
        let reply = ann
            .get(&format!("{}?limit=1&cursor={cursor}", D::PATH))
            .await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
}

async fn the_link_header_leads_to_the_next_page_and_ends_with_the_last<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for title in ["a b", "a c", "a d"] {
        let new = json!({ "title": title, (D::PIN): D::pin(true) });
        ann.post(D::PATH).json(new).await.expect_status(201);
    }
    let start = format!("/api/v1/{}", D::PATH);
    let mut path = format!(
        "{start}?q=a&{}={}&sort={}&limit=2",
        D::PIN,
        D::pin(true),
        D::CREATED_A_TO_Z
    );
    let mut titles: Vec<String> = Vec::new();
    loop {
        let reply = ann.get(&path).await;
        let page: DocPage<D> = reply.ok();
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

document_suite! {
    one_thread: [every_sort_pages_through_250_notes_without_gap_or_double, what_is_alike_is_paged_without_gap_or_double, a_cursor_stays_good_when_its_note_is_gone, a_cursor_of_somebody_else_is_refused, a_cursor_of_another_sort_or_filter_is_refused, an_altered_cursor_is_refused, the_link_header_leads_to_the_next_page_and_ends_with_the_last],
    two_threads: [notes_that_come_meanwhile_neither_hide_nor_repeat_those_that_were_there],
}
