//! Links: they give one file to whoever has them, for five minutes, and nothing else.

use satchel::platform::clock::Clock;
use serde_json::{Value, json};

use super::tools::{bytes_of, plant, text};
use crate::harness::{Actor, TestApp, id};

async fn start() -> (TestApp, Actor, String) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let file = plant(&app, &ann, "a.txt", b"words of ann").await;
    (app, ann, file)
}

async fn link(actor: &Actor, file: &str) -> String {
    let made: Value = actor.post(&format!("files/{file}/link")).await.ok();
    text(&made, "url")
}

#[tokio::test]
async fn a_link_reads_the_file_without_a_bearer_as_often_as_wanted() {
    let (app, ann, file) = start().await;
    let reply = ann.post(&format!("files/{file}/link")).await;
    let made: Value = reply.ok();
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(text(&made, "expires_at") > app.state.clock.now().to_string());
    let url = text(&made, "url");
    assert!(
        url.starts_with(&format!("/api/v1/files/{file}/content?link=")),
        "{url}"
    );
    let stranger = app.anon();
    for _ in 0..2 {
        let reply = stranger.get(&url).await;
        reply.expect_status(200);
        assert_eq!(reply.bytes(), &b"words of ann"[..]);
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
    }
    let part = stranger.get(&url).header("range", "bytes=6-7").await;
    part.expect_status(206);
    assert_eq!(part.bytes(), &b"of"[..]);
    let kept = stranger.get(&format!("{url}&download=1")).await;
    assert!(
        kept.header("content-disposition")
            .starts_with("attachment; ")
    );
    let download = ann.post(&format!("files/{file}/link"));
    let made: Value = download.json(json!({ "download": true })).await.ok();
    let kept = stranger.get(&text(&made, "url")).await;
    assert!(
        kept.header("content-disposition")
            .starts_with("attachment; ")
    );
    // Another sign-in does not stand in its way.
    let bob = app.user("bob").await;
    assert_eq!(bob.get(&url).await.bytes(), &b"words of ann"[..]);
}

#[tokio::test]
async fn a_link_opens_nothing_but_its_file() {
    let (app, ann, file) = start().await;
    let other = plant(&app, &ann, "b.txt", b"other words").await;
    let url = link(&ann, &file).await;
    let stranger = app.anon();
    let token = url.split_once("link=").unwrap().1;
    let elsewhere = url.replace(&file, &other);
    stranger.get(&elsewhere).await.problem(403, "link_invalid");
    let nobodys = url.replace(&file, &id());
    stranger.get(&nobodys).await.problem(403, "link_invalid");
    for forged in [
        "",
        "a",
        &token[1..],
        &format!("{token}A"),
        &token.to_lowercase(),
    ] {
        let path = format!("files/{file}/content?link={forged}");
        stranger.get(&path).await.problem(403, "link_invalid");
        // A bearer beside it does not heal it.
        ann.get(&path).await.problem(403, "link_invalid");
    }
    for path in [format!("files/{file}?link={token}"), "files".to_owned()] {
        stranger.get(&path).await.problem(401, "unauthorized");
    }
    let write = stranger.post(&url);
    write.await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_link_ends_with_its_time_its_file_and_its_owner() {
    let (app, ann, file) = start().await;
    let url = link(&ann, &file).await;
    let stranger = app.anon();
    ann.delete(&format!("files/{file}")).await.no_content();
    stranger.get(&url).await.expect_status(200);
    let forever = format!("files/{file}?permanent=true");
    ann.delete(&forever).await.no_content();
    stranger.get(&url).await.problem(404, "not_found");
    let file = plant(&app, &ann, "b.txt", b"words").await;
    let url = link(&ann, &file).await;
    let user = bytes_of(&ann.id);
    for (status, wanted) in [("disabled", 403), ("active", 200)] {
        let sql = "UPDATE users SET status = ? WHERE id = ?";
        app.database().exec(sql, (status, user.clone())).await;
        assert_eq!(stranger.get(&url).await.status(), wanted, "{status}");
    }
    let made: Value = ann.post(&format!("files/{file}/link")).await.ok();
    let Clock::System = app.state.clock else {
        panic!("the clock of the suite is the system's");
    };
    let now: jiff::Timestamp = app.state.clock.now().to_string().parse().unwrap();
    let ends: jiff::Timestamp = text(&made, "expires_at").parse().unwrap();
    let life = (ends - now).total(jiff::Unit::Second).unwrap();
    assert!((290.0..=300.0).contains(&life), "{life}");
}

#[tokio::test]
async fn what_is_wrong_with_the_question_is_said_to_whoever_may_ask() {
    let (app, ann, file) = start().await;
    let path = format!("files/{file}/content");
    let reply = ann.get(&format!("{path}?download=yes")).await;
    reply
        .problem(422, "invalid")
        .field("download", "invalid_type");
    let reply = ann.get(&format!("{path}?token=x")).await;
    reply
        .problem(422, "invalid")
        .field("token", "unknown_field");
    app.anon()
        .get(&format!("{path}?token=x"))
        .await
        .problem(401, "unauthorized");
    app.anon().get(&path).await.problem(401, "unauthorized");
    let reply = ann
        .post(&format!("files/{file}/link"))
        .json(json!({ "days": 3 }))
        .await;
    reply.problem(422, "invalid").field("days", "unknown_field");
}
