//! `/metrics` as Prometheus reads it: sound text, the promised series, and no series per client.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use satchel::platform::crypto;

use crate::harness::{Database, redis_url};
use crate::platform::support::Fleet;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_become_no_series_of_their_own() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let instance = fleet.serve().await;
    let anybody = instance.anybody();
    let mut words = Vec::new();
    for number in 0..50 {
        let word = crypto::encode(&crypto::random::<9>());
        let path = match number % 3 {
            0 => format!("/{word}/x"),
            1 => format!("/api/v1/{word}"),
            _ => format!("/api/v1/notes/{word}?{word}=1"),
        };
        anybody.get(&path).await;
        words.push(word);
    }
    for method in ["BREW", "PROPFIND", "LOCK"] {
        anybody.send(method, "/nowhere/at/all", &[], None).await;
    }
    let text = anybody.get("/metrics").await.expect(200).text();
    for word in words.iter().map(String::as_str).chain(["BREW", "PROPFIND"]) {
        assert!(!text.contains(word), "{word} became a label");
    }
    let routes: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split("route=\"").nth(1)?.split('"').next())
        .collect();
    // What no route of a noun takes is the page's or the API's own "nothing here".
    let nothing_here = ["unmatched", "/{*path}", "/api/{*rest}"];
    assert!(
        routes.iter().any(|route| nothing_here.contains(route)),
        "{routes:?}"
    );
    assert!(routes.len() < 10, "{routes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_are_sound_and_the_promised_ones_are_there() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url()));
    let instance = fleet.serve().await;
    let first = instance.anybody().get("/metrics").await.expect(200);
    assert!(
        first
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    assert!(
        first.text().contains("http_requests_total{"),
        "from the first scrape on"
    );
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    ann.write("counted").await.expect(201);
    ann.titles().await;
    let text = ann.get("/metrics").await.expect(200).text();
    for name in [
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "http_requests_in_flight",
        "db_pool_connections",
        "db_pool_wait_seconds_bucket",
        "db_query_duration_seconds_bucket",
        "cache_requests_total",
        "satchel_build_info",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(name)),
            "{name} in {text}"
        );
    }
    let created = [
        "method=\"POST\"",
        "route=\"/api/v1/notes\"",
        "status=\"201\"",
    ];
    assert_eq!(instance.metric("http_requests_total", &created).await, 1.0);
    promtool(&text);
}

/// Lets Prometheus' own tool judge, where it is there.
fn promtool(text: &str) {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = started else {
        println!("SKIPPED: promtool is not on the PATH");
        return;
    };
    let mut stdin = tool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = tool.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_listener_takes_the_metrics_away_from_the_public_one() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let port = crate::platform::support::free_port();
    let ops = format!("127.0.0.1:{port}");
    let instance = fleet.serve_with(&[("SATCHEL_OPS_ADDR", &ops)]).await;
    let private = crate::platform::support::Client::new(ops.parse().unwrap(), "");
    for path in ["/metrics", "/pool-stats"] {
        let public = instance.anybody().get(path).await.text();
        assert!(
            !public.contains("max_size") && !public.contains("db_pool"),
            "{public}"
        );
        private.get(path).await.expect(200);
    }
    private.get("/health").await.expect(200);
    private
        .get("/api/v1/me")
        .await
        .expect_problem(404, "not_found");
    let proxied = [("x-forwarded-for", "203.0.113.9")];
    let shown = instance
        .anybody()
        .send("GET", "/health", &proxied, None)
        .await
        .expect(200);
    assert_eq!(
        shown.text(),
        "{\"status\":\"ok\"}",
        "only the verdict for strangers"
    );
}
