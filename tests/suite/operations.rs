//! What load balancers and Prometheus ask an instance. Outages are tried in `platform`.

use serde_json::{Value, json};

use crate::harness::TestApp;

#[tokio::test]
async fn a_serving_instance_is_healthy_and_tells_those_who_ask_directly() {
    let app = TestApp::start_with(&[("SATCHEL_INSTANCE", "one")]).await;
    for path in ["/health", "/health/ready"] {
        let report: Value = app.anon().get(path).await.ok();
        assert!(["ok", "degraded"].contains(&report["status"].as_str().unwrap()));
        assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(report["instance"], "one");
        assert!(report["uptime_seconds"].is_u64(), "{report}");
        for part in ["mysql", "redis"] {
            assert!(report["checks"][part]["status"].is_string(), "{report}");
            assert!(report["checks"][part].get("latency_ms").is_some());
        }
    }
}

#[tokio::test]
async fn who_asks_through_a_proxy_learns_the_verdict_alone() {
    let app = TestApp::start().await;
    let call = app.anon().get("/health");
    let report: Value = call.header("x-forwarded-for", "203.0.113.9").await.ok();
    let fields: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["status"]);
}

#[tokio::test]
async fn an_instance_that_is_being_stopped_says_so_and_still_answers() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    app.state.draining.cancel();
    for path in ["/health", "/health/ready"] {
        let reply = ann.get(path).await;
        reply.expect_status(503);
        let report: Value = serde_json::from_slice(reply.bytes()).unwrap();
        assert_eq!(report["status"], "draining", "{reply:?}");
    }
    let live: Value = ann.get("/health/live").await.ok();
    assert_eq!(live, json!({ "status": "live" }));
    let reply = ann.get("notes").await;
    let _: Value = reply.ok();
    assert_eq!(reply.header("connection"), "close");
}

#[tokio::test]
async fn health_must_not_be_stored() {
    let app = TestApp::start().await;
    for path in ["/health", "/health/ready", "/health/live"] {
        let reply = app.anon().get(path).await;
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn the_metrics_count_requests_by_template_and_never_by_path() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "").await;
    let _: Value = ann.get(&format!("notes/{}", made.id)).await.ok();
    ann.get("/no/such/place.php")
        .await
        .problem(404, "not_found");
    let reply = app.anon().get("/metrics").await;
    reply.expect_status(200);
    let text = String::from_utf8_lossy(reply.bytes()).into_owned();
    let wanted = r#"http_requests_total{method="GET",route="/api/v1/notes/{id}",status="200"}"#;
    assert!(text.contains(wanted), "{text}");
    assert!(!text.contains(&made.id) && !text.contains("place.php"));
    for name in [
        "http_request_duration_seconds",
        "db_query_duration_seconds",
        "cache_requests_total",
        "satchel_build_info",
    ] {
        assert!(text.contains(name), "{name}");
    }
}

#[tokio::test]
async fn the_pool_is_shown_in_numbers() {
    let app = TestApp::start().await;
    app.user("ann").await;
    let stats: Value = app.anon().get("/pool-stats").await.ok();
    for name in [
        "max_size",
        "size",
        "available",
        "in_use",
        "waiting",
        "created_total",
        "timeouts_total",
        "wait_ms_p50",
        "wait_ms_p99",
    ] {
        assert!(stats["mysql"][name].is_number(), "{name} in {stats}");
    }
    assert_eq!(stats["mysql"]["max_size"], 5);
    assert_eq!(stats["redis"]["connected"], true);
    assert_eq!(stats["redis"]["breaker"], "closed");
    assert!(stats["redis"]["reconnects_total"].is_number());
}

#[tokio::test]
async fn a_private_listener_takes_metrics_and_pool_away_from_the_public_one() {
    let app = TestApp::start_with(&[("SATCHEL_OPS_ADDR", "127.0.0.1:9100")]).await;
    for path in ["/metrics", "/pool-stats"] {
        let reply = app.anon().get(path).await;
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        assert!(!text.contains("http_requests_total") && !text.contains("max_size"));
    }
    let _: Value = app.anon().get("/health").await.ok();
}
