//! Ends in the middle of a write: of the process, with a client that tries again elsewhere, and of
//! the client, whose write must not be cut in half because nobody waits for its answer.

use std::time::Duration;

use satchel::platform::crypto;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{a_write_waits, lock_notes, unlock_notes};
use crate::harness::Database;
use crate::platform::support::{Fleet, idle_for, until};

/// Rounds; each kills one instance at another moment of its work.
const ROUNDS: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_cut_by_kill_9_and_sent_again_elsewhere_makes_exactly_one_note() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let survivor = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&survivor, "ann").await;
    let (mut acknowledged, mut broken) = (0, 0);
    for round in 0..ROUNDS {
        let mut victim = fleet.serve().await;
        let client = victim.hears(&ann);
        // The first writes warm the victim up, so that the moments below lie inside the work.
        client.write("warm").await.expect(201);
        let title = format!("round {round}");
        let body = crypto::random_text::<600>();
        let new = || Some(json!({ "title": title, "body": body }));
        let key = format!("key-of-round-{round}");
        let headers = [("idempotency-key", key.as_str())];
        let cut = async {
            idle_for(Duration::from_millis(u64::from(round) * 3)).await;
            victim.child.kill();
        };
        let first = client.try_send("POST", "/api/v1/notes", &headers, new());
        let (first, ()) = tokio::join!(first, cut);
        let again = ann
            .send("POST", "/api/v1/notes", &headers, new())
            .await
            .expect(201);
        match first {
            Ok(answer) => {
                assert_eq!(answer.expect(201).body, again.body, "the same result again");
                acknowledged += 1;
            }
            Err(_) => broken += 1,
        }
        let sql = format!("SELECT COUNT(*) FROM notes WHERE title = '{title}'");
        assert_eq!(database.count(&sql).await, 1, "{title}");
        let path = format!("/api/v1/notes/{}", again.word("id"));
        assert_eq!(ann.get(&path).await.expect(200).word("body"), body);
    }
    assert!(
        broken > 0,
        "no kill came in time ({acknowledged} were acknowledged)"
    );
    let orphans = "SELECT COUNT(*) FROM revisions r LEFT JOIN notes n \
                   ON n.owner_id = r.owner_id AND n.id = r.entity_id WHERE n.id IS NULL";
    assert_eq!(
        database.count(orphans).await,
        0,
        "no half of a note is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_goes_on_when_its_client_hangs_up() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let made = ann.write("before").await.expect(201);
    let (path, tag) = (
        made.header("location").unwrap(),
        made.header("etag").unwrap(),
    );
    let holder = lock_notes(&database).await;
    let body = r#"{"title":"after"}"#;
    let text = format!(
        "PATCH {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         if-match: {tag}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        ann.token,
        body.len()
    );
    let mut stream = TcpStream::connect(instance.addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    a_write_waits(&database).await;
    drop(stream);
    until("the instance knows that nobody listens", async || {
        // Only the one that asks is connected.
        (instance.metric("http_connections", &[]).await <= 1.0).then_some(())
    })
    .await;
    unlock_notes(holder).await;
    until("the write is done", async || {
        (ann.titles().await == ["after"]).then_some(())
    })
    .await;
}
