//! Connections that are slow, kept, full or nonsense, over bare sockets.
//! The service closes what never completes and keeps what is good.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{a_write_waits, lock_notes, unlock_notes};
use crate::harness::Database;
use crate::platform::support::{Answer, Fleet, Instance, idle_for, until};

/// Longer than any deadline of the service.
const NEVER: Duration = Duration::from_secs(25);

async fn one_instance(settings: &[(&str, &str)]) -> (Database, Fleet, Instance) {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve_with(settings).await;
    (database, fleet, instance)
}

/// Everything the other side says until it closes.
async fn read_to_the_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = tokio::time::timeout(NEVER, stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    assert!(
        reading.is_ok(),
        "it is still open after {:?}",
        String::from_utf8_lossy(&bytes)
    );
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_clients_are_closed_and_disturb_nobody() {
    let (_database, _fleet, instance) = one_instance(&[]).await;
    let (dripped, silent) = tokio::join!(drip(&instance), keep_silent(&instance));
    instance.anybody().get("/health/live").await.expect(200);
    assert!(dripped < 400, "it never was closed");
    assert!(silent.is_empty() || silent.starts_with(b"HTTP/1.1 408"));
    they_are_gone(&instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_arrives_is_answered_and_its_connection_is_closed() {
    let (_database, _fleet, instance) = one_instance(&[]).await;
    let bytes = stop_in_the_body(&instance).await;
    let (answer, _) = Answer::read(&bytes).unwrap();
    assert!(matches!(answer.status, 400 | 408 | 503), "{answer:?}");
    they_are_gone(&instance).await;
}

/// Waits until nobody but the one that asks is connected.
async fn they_are_gone(instance: &Instance) {
    until("their connections are gone", async || {
        (instance.metric("http_connections", &[]).await <= 1.0).then_some(())
    })
    .await;
}

/// Sends a head one byte at a time; how many bytes went out before the other side closed.
async fn drip(instance: &Instance) -> usize {
    let mut stream = TcpStream::connect(instance.addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let head = format!(
        "GET /health HTTP/1.1\r\nhost: localhost\r\nx: {}",
        "y".repeat(400)
    );
    for (place, byte) in head.as_bytes().iter().enumerate() {
        if stream.write_all(&[*byte]).await.is_err() {
            return place;
        }
        let closed = async { stream.read(&mut [0; 64]).await.unwrap_or(0) };
        if tokio::time::timeout(Duration::from_millis(90), closed).await == Ok(0) {
            return place;
        }
    }
    head.len()
}

/// Connects and says nothing; what it is told until it is closed.
async fn keep_silent(instance: &Instance) -> Vec<u8> {
    let mut stream = TcpStream::connect(instance.addr).await.unwrap();
    read_to_the_end(&mut stream).await
}

/// Promises a body and sends half of it.
async fn stop_in_the_body(instance: &Instance) -> Vec<u8> {
    let mut stream = TcpStream::connect(instance.addr).await.unwrap();
    let text = "POST /api/v1/auth/login HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"login\": ";
    stream.write_all(text.as_bytes()).await.unwrap();
    read_to_the_end(&mut stream).await
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_requests_over_one_connection_are_answered_in_order() {
    let (_database, _fleet, instance) = one_instance(&[]).await;
    let request = |number: usize, last: bool| {
        let end = if last { "connection: close\r\n" } else { "" };
        format!(
            "GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-request-id: request-{number:02}\r\n{end}\r\n"
        )
    };
    // One after the other.
    let mut kept = TcpStream::connect(instance.addr).await.unwrap();
    for number in 0..20 {
        kept.write_all(request(number, false).as_bytes())
            .await
            .unwrap();
        let mut bytes = Vec::new();
        let answer = loop {
            if let Ok((answer, rest)) = Answer::read(&bytes) {
                assert!(rest.is_empty());
                break answer;
            }
            let mut piece = [0; 2048];
            let count = kept.read(&mut piece).await.unwrap();
            assert!(count > 0, "closed after {number} requests");
            bytes.extend_from_slice(&piece[..count]);
        };
        let id = format!("request-{number:02}");
        assert_eq!(answer.expect(200).header("x-request-id"), Some(id.as_str()));
    }
    // All at once.
    let mut pipe = TcpStream::connect(instance.addr).await.unwrap();
    let all: String = (0..20)
        .map(|number| request(number, number == 19))
        .collect();
    pipe.write_all(all.as_bytes()).await.unwrap();
    let bytes = read_to_the_end(&mut pipe).await;
    let mut rest = bytes.as_slice();
    for number in 0..20 {
        let (answer, after) = Answer::read(rest).unwrap();
        let id = format!("request-{number:02}");
        assert_eq!(answer.expect(200).header("x-request-id"), Some(id.as_str()));
        rest = after;
    }
    assert!(rest.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_and_the_next_client_is_served() {
    let (_database, _fleet, instance) = one_instance(&[]).await;
    let huge = format!(
        "GET / HTTP/1.1\r\nhost: l\r\nx: {}\r\n\r\n",
        "y".repeat(600_000)
    );
    for text in [
        "nonsense\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0",
        "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: l\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        "POST / HTTP/1.1\r\nhost: l\r\ncontent-length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: l\r\n folded: line\r\n\r\n",
        &huge,
    ] {
        let mut stream = TcpStream::connect(instance.addr).await.unwrap();
        // The other side may close before it has read all of it.
        let _ = stream.write_all(text.as_bytes()).await;
        let _ = stream.shutdown().await;
        let bytes = read_to_the_end(&mut stream).await;
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        let good = bytes.is_empty() || start.starts_with("HTTP/1.1 4");
        assert!(good, "{start:?} for {:?}", &text[..text.len().min(60)]);
        instance.anybody().get("/health/live").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_cap_connections_wait_and_are_served_when_one_goes() {
    let (_database, _fleet, instance) =
        one_instance(&[("SATCHEL_HTTP_MAX_CONNECTIONS", "3")]).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(instance.addr).await.unwrap();
        let text = "GET /health/live HTTP/1.1\r\nhost: l\r\n\r\n";
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.readable().await.unwrap();
        held.push(stream);
    }
    let waiting = instance.anybody();
    let answer = waiting.get("/health/live");
    tokio::pin!(answer);
    tokio::select! {
        _ = &mut answer => panic!("the cap is three"),
        () = idle_for(Duration::from_millis(300)) => {}
    }
    held.pop();
    answer.await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_cap_requests_are_refused_at_once_and_probes_are_still_answered() {
    let (database, fleet, instance) = one_instance(&[("SATCHEL_HTTP_MAX_IN_FLIGHT", "1")]).await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let made = ann.write("before").await.expect(201);
    let path = made.header("location").unwrap().to_owned();
    let holder = lock_notes(&database).await;
    let slow = ann.send("DELETE", &path, &[], None);
    let others = async {
        a_write_waits(&database).await;
        let refused = ann.get("/api/v1/me").await;
        let refused = refused.expect_problem(503, "unavailable");
        assert!(refused.header("retry-after").is_some());
        assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
        ann.get("/health").await.expect(200);
        ann.get("/health/live").await.expect(200);
        unlock_notes(holder).await;
    };
    let (answer, ()) = tokio::join!(slow, others);
    answer.expect(204);
    ann.get("/api/v1/me").await.expect(200);
}
