//! Tags: one however it is written, renamed and merged on everything that bears it, and never a
//! name on a note that the list of tags does not know.

use serde_json::{Value, json};

use super::tools::{all_names, assert_whole, note_with, seen, tag_id, tags_of, text, titles};
use crate::harness::{Actor, Call, DocPage, DocumentKind, TestApp, id};

fn rename(actor: &Actor, id: &str, name: &str) -> Call {
    actor
        .patch(&format!("tags/{id}"))
        .json(json!({ "name": name }))
}

fn merge(actor: &Actor, from: &str, into: &str) -> Call {
    let body = json!({ "into": into });
    actor.post(&format!("tags/{from}/merge")).json(body)
}

async fn tagged<D: DocumentKind>(actor: &Actor, tags: &[&str]) -> String {
    note_with::<D>(actor, json!({ "title": tags.join(" "), "tags": tags })).await
}

async fn a_tag_is_spelled_as_it_was_written_first<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let one = tagged::<D>(&ann, &["Home", "büro"]).await;
    let two = tagged::<D>(&ann, &["HOME", "home", "ＨＯＭＥ", "Zoo"]).await;
    assert_eq!(tags_of::<D>(&ann, &one).await, ["büro", "Home"]);
    assert_eq!(tags_of::<D>(&ann, &two).await, ["Home", "Zoo"]);
    assert_eq!(all_names(&ann, "tags").await, ["büro", "Home", "Zoo"]);
    let path = format!("{}/{two}", D::PATH);
    let call = ann.patch(&path).if_match(1);
    let same: Value = call.json(json!({ "tags": ["zoo", "hOME"] })).await.ok();
    assert_eq!(same["version"], 1, "nothing is different");
    let call = ann.patch(&path).if_match(1);
    let less: Value = call.json(json!({ "tags": [] })).await.ok();
    assert_eq!((&less["tags"], &less["version"]), (&json!([]), &json!(2)));
    let page: Value = ann.get("tags").await.ok();
    let counts: Vec<&Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag[D::PATH])
        .collect();
    assert_eq!(counts, [1, 1, 0], "a tag stays when nothing bears it");
    tagged::<D>(&bob, &["hOmE"]).await;
    assert_eq!(all_names(&bob, "tags").await, ["hOmE"]);
    assert_whole::<D>(&app).await;
}

async fn what_is_no_tag_is_named_by_its_place<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = tagged::<D>(&ann, &["ok"]).await;
    let tag = tag_id(&ann, "ok").await;
    let (full, long) = ("\u{1f600}".repeat(50), "\u{1f600}".repeat(51));
    // Each of these signs is eighteen in the form that is compared.
    let wide = "\u{fdfa}".repeat(50);
    let wrong = [
        ("", "required"),
        (long.as_str(), "too_long"),
        (wide.as_str(), "too_long"),
        (" a", "invalid_character"),
        ("a\nb", "invalid_character"),
        ("a\u{2028}b", "invalid_character"),
        ("a\u{0}", "invalid_character"),
    ];
    for (name, code) in wrong {
        let tags = json!({ "title": "", "tags": ["fine", name] });
        let reply = ann.post(D::PATH).json(&tags).await;
        reply.problem(422, "invalid").field("tags[1]", code);
        let call = ann.patch(&format!("{}/{own}", D::PATH)).if_match(1);
        let reply = call.json(json!({ "tags": ["fine", name] })).await;
        reply.problem(422, "invalid").field("tags[1]", code);
        let reply = rename(&ann, &tag, name).await;
        reply.problem(422, "invalid").field("name", code);
        let reply = ann.post("batch").json(json!({
            "kind": D::WORD, "ids": [own], "action": "tag", "tags": ["fine", name] }));
        let problem = reply.await.problem(422, "invalid");
        problem.field("tags[1]", code);
    }
    let many: Vec<String> = (0..101).map(|n| format!("t{n}")).collect();
    let reply = ann
        .post(D::PATH)
        .json(json!({ "title": "", "tags": many }))
        .await;
    reply.problem(422, "invalid").field("tags", "too_many");
    assert_eq!(all_names(&ann, "tags").await, ["ok"]);
    let widest: Vec<String> = (0..100)
        .map(|n| format!("{n:02}{}", "\u{1f600}".repeat(48)))
        .collect();
    let whole = note_with::<D>(&ann, json!({ "tags": widest })).await;
    assert_eq!(tags_of::<D>(&ann, &whole).await, widest);
    let named: Value = rename(&ann, &tag, &full).await.ok();
    assert_eq!(named["name"], json!(full));
    assert_whole::<D>(&app).await;
}

async fn a_tag_is_renamed_wherever_it_stands<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let other = ann.at(&instances[1]);
    // What is alike to a sort order is not the same tag.
    let one = tagged::<D>(&ann, &["e", "é", "ee", "a e"]).await;
    let two = tagged::<D>(&ann, &["e"]).await;
    let thrown = tagged::<D>(&ann, &["e", "x"]).await;
    ann.delete(&format!("{}/{thrown}", D::PATH))
        .await
        .no_content();
    let untouched = tagged::<D>(&ann, &["é"]).await;
    let before = ann.get(&format!("{}/{two}", D::PATH)).await;
    let tag = before.header("etag").to_owned();
    let list = other.get(&D::path("?tag=e")).await;
    let page: DocPage<D> = list.ok();
    assert_eq!(page.items.len(), 2);
    let renamed: Value = rename(&ann, &tag_id(&ann, "e").await, "New Name")
        .await
        .ok();
    assert_eq!(
        (&renamed["name"], &renamed[D::PATH]),
        (&json!("New Name"), &json!(2))
    );
    assert_eq!(
        tags_of::<D>(&ann, &one).await,
        ["a e", "ee", "New Name", "é"]
    );
    assert_eq!(tags_of::<D>(&ann, &two).await, ["New Name"]);
    assert_eq!(tags_of::<D>(&ann, &thrown).await, ["New Name", "x"]);
    assert_eq!(tags_of::<D>(&ann, &untouched).await, ["é"]);
    assert_eq!(seen::<D>(&ann, &untouched).await["version"], 1);
    let known = other.get(&format!("{}/{two}", D::PATH));
    let fresh = known.header("if-none-match", &tag).await;
    let fresh: Value = fresh.ok();
    let old: Value = before.ok();
    assert_eq!(fresh["version"], 2);
    assert_eq!(fresh["updated_at"], old["updated_at"]);
    assert!(titles::<D>(&other, "tag=e").await.is_empty());
    assert_eq!(titles::<D>(&other, "tag=new%20NAME").await.len(), 2);
    let known = other
        .get(&D::path("?tag=e"))
        .header("if-none-match", list.header("etag"));
    known.await.expect_status(200);
    assert_whole::<D>(&instances[0]).await;
}

async fn only_the_spelling_of_a_tag_may_change_too<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let own = tagged::<D>(&ann, &["home", "zoo"]).await;
    let tag = tag_id(&ann, "home").await;
    let same: Value = rename(&ann, &tag, "home").await.ok();
    assert_eq!(same["name"], "home");
    assert_eq!(seen::<D>(&ann, &own).await["version"], 1);
    let named: Value = rename(&ann, &tag, "HOME").await.ok();
    assert_eq!(named["id"], json!(tag));
    assert_eq!(tags_of::<D>(&ann, &own).await, ["HOME", "zoo"]);
    for taken in ["zoo", "ZOO"] {
        rename(&ann, &tag, taken).await.problem(409, "name_taken");
    }
    rename(&ann, &id(), "new").await.problem(404, "not_found");
    assert_eq!(tags_of::<D>(&ann, &own).await, ["HOME", "zoo"]);
    assert_whole::<D>(&app).await;
}

async fn a_merger_leaves_one_tag_on_each_note<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let both = tagged::<D>(&ann, &["a", "b", "c"]).await;
    let reverse = tagged::<D>(&ann, &["b", "a"]).await;
    let first = tagged::<D>(&ann, &["a"]).await;
    let second = tagged::<D>(&ann, &["b", "c"]).await;
    let (from, into) = (tag_id(&ann, "b").await, tag_id(&ann, "a").await);
    let merged: Value = merge(&ann, &from, &into).await.ok();
    assert_eq!(
        (text(&merged, "id"), &merged[D::PATH]),
        (into.clone(), &json!(4))
    );
    assert_eq!(tags_of::<D>(&ann, &both).await, ["a", "c"]);
    assert_eq!(tags_of::<D>(&ann, &reverse).await, ["a"]);
    assert_eq!(tags_of::<D>(&ann, &first).await, ["a"]);
    assert_eq!(tags_of::<D>(&ann, &second).await, ["a", "c"]);
    assert_eq!(seen::<D>(&ann, &first).await["version"], 1);
    assert_eq!(all_names(&ann, "tags").await, ["a", "c"]);
    merge(&ann, &from, &into).await.problem(404, "not_found");
    merge(&ann, &from, &from).await.problem(404, "not_found");
    let reply = merge(&ann, &into, &into).await;
    reply.problem(422, "invalid").field("into", "same_tag");
    let reply = merge(&ann, &into, &id()).await;
    reply.problem(422, "invalid").field("into", "not_found");
    let mut back = tag_id(&ann, "c").await;
    let merged: Value = merge(&ann, &into, &back).await.ok();
    assert_eq!(merged[D::PATH], 4);
    back = tag_id(&ann, "c").await;
    ann.delete(&format!("tags/{back}")).await.no_content();
    for note in [&both, &reverse, &first, &second] {
        assert!(tags_of::<D>(&ann, note).await.is_empty());
    }
    assert!(all_names(&ann, "tags").await.is_empty());
    assert_whole::<D>(&app).await;
}

async fn what_is_anothers_is_not_there<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let own = tagged::<D>(&ann, &["a"]).await;
    tagged::<D>(&bob, &["a", "b"]).await;
    let anns = tag_id(&ann, "a").await;
    let bobs = tag_id(&bob, "b").await;
    rename(&bob, &anns, "x").await.problem(404, "not_found");
    bob.delete(&format!("tags/{anns}"))
        .await
        .problem(404, "not_found");
    merge(&bob, &anns, &bobs).await.problem(404, "not_found");
    let reply = merge(&bob, &bobs, &anns).await;
    reply.problem(422, "invalid").field("into", "not_found");
    assert_eq!(tags_of::<D>(&ann, &own).await, ["a"]);
    rename(&bob, &tag_id(&bob, "a").await, "c")
        .await
        .expect_status(200);
    assert_eq!(tags_of::<D>(&ann, &own).await, ["a"]);
    assert_eq!(titles::<D>(&ann, "tag=a").await, ["a"]);
    assert!(titles::<D>(&ann, "tag=c").await.is_empty());
    assert_whole::<D>(&app).await;
}

async fn the_list_is_sorted_and_paged_without_a_gap<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    tagged::<D>(
        &ann,
        &["b", "A", "ä", "Z", "c", "10", "\u{1f600}", "İ", "ß"],
    )
    .await;
    let whole = all_names(&ann, "tags").await;
    assert_eq!(whole.len(), 9);
    assert_eq!(whole[..5], ["10", "A", "b", "c", "İ"]);
    for limit in 1..5 {
        assert_eq!(all_names(&ann, &format!("tags?limit={limit}")).await, whole);
    }
    let page: Value = ann.get("tags?limit=2").await.ok();
    let cursor = text(&page, "next_cursor");
    for call in [
        bob.get(&format!("tags?cursor={cursor}")),
        ann.get(&format!("{}?cursor={cursor}", D::CONTAINERS)),
    ] {
        let reply = call.await;
        reply
            .problem(422, "invalid")
            .field("cursor", "invalid_cursor");
    }
    for limit in ["0", "201"] {
        let reply = ann.get(&format!("tags?limit={limit}")).await;
        reply.problem(422, "invalid").field("limit", "out_of_range");
    }
}

document_suite! {
    one_thread: [a_tag_is_spelled_as_it_was_written_first, what_is_no_tag_is_named_by_its_place, a_tag_is_renamed_wherever_it_stands, only_the_spelling_of_a_tag_may_change_too, a_merger_leaves_one_tag_on_each_note, what_is_anothers_is_not_there, the_list_is_sorted_and_paged_without_a_gap],
    two_threads: [],
}
