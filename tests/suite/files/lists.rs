//! Lists of files: filters, orders, pages, the search by name, and what is refused.

use serde_json::{Value, json};

use super::tools::{names, plant, text};
use crate::harness::{Actor, TestApp};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

async fn shelf() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    plant(&app, &ann, "year_report.pdf", b"%PDF-1.7 four").await;
    plant(&app, &ann, "Beach.png", PNG).await;
    plant(&app, &ann, "notes-2026.md", b"# words").await;
    let gone = plant(&app, &ann, "old.bin", b"\0\x01\x02").await;
    ann.delete(&format!("files/{gone}")).await.no_content();
    (app, ann)
}

#[tokio::test]
async fn each_filter_and_order_shows_its_own_files() {
    let (_app, ann) = shelf().await;
    for (query, wanted) in [
        ("", vec!["notes-2026.md", "Beach.png", "year_report.pdf"]),
        (
            "sort=name",
            vec!["Beach.png", "notes-2026.md", "year_report.pdf"],
        ),
        (
            "sort=created",
            vec!["notes-2026.md", "Beach.png", "year_report.pdf"],
        ),
        (
            "sort=size",
            vec!["Beach.png", "year_report.pdf", "notes-2026.md"],
        ),
        ("type=image", vec!["Beach.png"]),
        ("type=text", vec!["notes-2026.md"]),
        ("type=document", vec!["year_report.pdf"]),
        ("type=video", vec![]),
        ("trashed=true", vec!["old.bin"]),
        ("trashed=true&type=other", vec!["old.bin"]),
        ("trashed=false&type=other", vec![]),
    ] {
        assert_eq!(names(&ann, query).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn a_name_is_found_by_its_parts() {
    let (_app, ann) = shelf().await;
    for (query, wanted) in [
        ("rep", vec!["year_report.pdf"]),
        ("REPORT+year", vec!["year_report.pdf"]),
        ("year_report", vec!["year_report.pdf"]),
        ("year_report.pdf", vec!["year_report.pdf"]),
        ("2026", vec!["notes-2026.md"]),
        ("-", vec!["notes-2026.md"]),
        ("old", vec![]),
        ("%25", vec![]),
        ("words", vec![]),
    ] {
        assert_eq!(names(&ann, &format!("q={query}")).await, wanted, "{query}");
    }
    let found = names(&ann, "q=old&trashed=true").await;
    assert_eq!(found, ["old.bin"]);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_in_every_order() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for n in 0..7 {
        // Equal names and equal sizes: the id decides.
        plant(
            &app,
            &ann,
            &format!("{}.txt", n % 3),
            &[b'a'; 4][..n % 2 + 1],
        )
        .await;
    }
    for sort in ["updated", "created", "name", "size"] {
        let whole: Value = ann.get(&format!("files?sort={sort}")).await.ok();
        let mut next = Some(format!("files?sort={sort}&limit=2"));
        let mut found = Vec::new();
        while let Some(path) = next {
            let reply = ann.get(&path).await;
            let page: Value = reply.ok();
            found.extend(page["items"].as_array().unwrap().clone());
            next = page["next_cursor"].as_str().map(|cursor| {
                let link = reply.header("link");
                assert!(link.contains(&format!("cursor={cursor}")), "{link}");
                link[1..link.find('>').unwrap()].to_owned()
            });
        }
        assert_eq!(json!(found), whole["items"], "{sort}");
        assert_eq!(found.len(), 7);
    }
}

#[tokio::test]
async fn a_list_is_tagged_and_as_fresh_as_the_last_change() {
    let (app, ann) = shelf().await;
    let first = ann.get("files").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "private, no-cache");
    let known = || ann.get("files").header("if-none-match", &tag);
    known().await.not_modified();
    let page: Value = first.ok();
    let id = text(&page["items"][0], "id");
    let path = format!("files/{id}");
    let change = json!({ "name": "other.md" });
    ann.patch(&path).json(change).await.expect_status(200);
    known().await.expect_status(200);
    assert_eq!(names(&ann, "").await[0], "other.md");
    plant(&app, &ann, "new.txt", b"new").await;
    assert_eq!(names(&ann, "").await[0], "new.txt");
}

#[tokio::test]
async fn a_question_that_is_not_understood_names_its_parameter() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let long = format!("q={}", "x".repeat(201));
    for (query, field, code) in [
        ("sort=title", "sort", "invalid_value"),
        ("type=picture", "type", "invalid_value"),
        ("attached_to=note", "attached_to", "invalid_value"),
        (
            "attached_to=tag:0198c0de-0000-7000-8000-000000000001",
            "attached_to",
            "invalid_value",
        ),
        ("trashed=1", "trashed", "invalid_type"),
        ("limit=0", "limit", "out_of_range"),
        ("cursor=abc", "cursor", "invalid_cursor"),
        ("page=2", "page", "unknown_field"),
        (&long, "q", "too_long"),
    ] {
        let reply = ann.get(&format!("files?{query}")).await;
        reply.problem(422, "invalid").field(field, code);
    }
    app.anon()
        .get("files?limit=0")
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_owner_and_question_alone() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    for n in 0..3 {
        plant(&app, &ann, &n.to_string(), b"a").await;
    }
    let page: Value = ann.get("files?limit=1").await.ok();
    let cursor = text(&page, "next_cursor");
    let refused = [
        bob.get(&format!("files?limit=1&cursor={cursor}")),
        ann.get(&format!("files?limit=1&sort=name&cursor={cursor}")),
        ann.get(&format!("files?limit=1&type=text&cursor={cursor}")),
        ann.get(&format!("notes?limit=1&cursor={cursor}")),
    ];
    for call in refused {
        call.await
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    assert!(names(&bob, "").await.is_empty());
}
