//! SIGTERM: first the load balancers learn of it while everything is still answered, then the
//! door closes, what is under way is finished, and the process ends with 0 whoever still clings.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{a_write_waits, lock_notes, unlock_notes};
use crate::harness::Database;
use crate::platform::support::{Answer, Fleet, Instance, until};

async fn one_instance(settings: &[(&str, &str)]) -> (Database, Fleet, Instance) {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve_with(settings).await;
    (database, fleet, instance)
}

/// Sends text over a connection that stays open.
async fn connect_and_say(instance: &Instance, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(instance.addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Reads one answer from a connection that stays open.
async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    loop {
        if let Ok((answer, _)) = Answer::read(&bytes) {
            return answer;
        }
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.unwrap();
        assert!(
            count > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&piece[..count]);
    }
}

const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn on_sigterm_it_says_so_and_goes_on_answering_until_it_is_told_again() {
    let settings = [("SATCHEL_SHUTDOWN_DRAIN_S", "300")];
    let (_database, fleet, mut instance) = one_instance(&settings).await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let mut kept = connect_and_say(&instance, LIVE).await;
    let before = read_answer(&mut kept).await.expect(200);
    assert_ne!(before.header("connection"), Some("close"));

    instance.child.signal("TERM");
    until("it is not ready any more", async || {
        (ann.get("/health").await.status == 503).then_some(())
    })
    .await;
    assert_eq!(instance.health(503).await, "draining");
    ann.get("/health/ready").await.expect(503);
    ann.get("/health/live").await.expect(200);
    let answer = ann.write("while it stops").await.expect(201);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(ann.titles().await, ["while it stops"]);
    // A connection from before is told to go elsewhere, and closed.
    kept.write_all(LIVE.as_bytes()).await.unwrap();
    let told = read_answer(&mut kept).await.expect(200);
    assert_eq!(told.header("connection"), Some("close"));
    assert_eq!(kept.read(&mut [0; 16]).await.unwrap(), 0);

    instance.child.signal("TERM");
    assert!(
        instance.child.end().await.success(),
        "{}",
        instance.child.said()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_0_whoever_still_clings_to_it() {
    let (_database, _fleet, mut instance) = one_instance(&[]).await;
    let _silent = connect_and_say(&instance, "").await;
    let _half_head = connect_and_say(&instance, "GET /health HTTP/1.1\r\nhost: loc").await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\ncontent-length: 500\r\n\r\n{\"login\":";
    let _half_body = connect_and_say(&instance, head).await;
    let mut idle = connect_and_say(&instance, LIVE).await;
    read_answer(&mut idle).await.expect(200);
    // Asks for more than fits into the buffers between us and never reads a byte.
    let _deaf = connect_and_say(
        &instance,
        &"GET /api/openapi.json HTTP/1.1\r\nhost: l\r\n\r\n".repeat(60),
    )
    .await;
    until("all of them are noticed", async || {
        (instance.metric("http_connections", &[]).await >= 5.0).then_some(())
    })
    .await;
    instance.child.signal("TERM");
    let status = instance.child.end().await;
    assert_eq!(status.code(), Some(0), "{}", instance.child.said());
    assert!(instance.child.stdout().contains("stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_before_the_end() {
    let settings = [("SATCHEL_SHUTDOWN_GRACE_S", "60")];
    let (database, fleet, mut instance) = one_instance(&settings).await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let made = ann.write("before").await.expect(201);
    let (path, tag) = (
        made.header("location").unwrap().to_owned(),
        made.header("etag").unwrap().to_owned(),
    );
    let holder = lock_notes(&database).await;
    let mut under_way = JoinSet::new();
    let writer = ann.clone();
    under_way.spawn(async move {
        let change = Some(json!({ "title": "after" }));
        let headers = [("if-match", tag.as_str())];
        writer.send("PATCH", &path, &headers, change).await
    });
    a_write_waits(&database).await;
    instance.child.signal("TERM");
    until("the door is closed", async || {
        TcpStream::connect(instance.addr).await.err()
    })
    .await;
    unlock_notes(holder).await;
    let answer = under_way.join_next().await.unwrap().unwrap();
    assert_eq!(answer.expect(200).word("title"), "after");
    assert_eq!(instance.child.end().await.code(), Some(0));
    let titles: Vec<(String,)> = database.rows("SELECT title FROM notes", ()).await;
    assert_eq!(titles[0].0, "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_is_clean_while_the_database_is_away_too() {
    let mut server = crate::platform::support::OwnMariadb::start().await;
    let fleet = Fleet::new(&server.url(), None).migrated();
    let mut instance = fleet.serve().await;
    server.stop().await;
    until("it is noticed", async || {
        (instance.health(200).await == "degraded").then_some(())
    })
    .await;
    instance.child.signal("INT");
    assert_eq!(instance.child.end().await.code(), Some(0));
}
