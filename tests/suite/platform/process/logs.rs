//! The log as a machine reads it: JSON alone, one line a request, and nothing a client sends
//! becomes a line, a field or a level of its own.

use serde_json::Value;

use crate::harness::Database;
use crate::platform::support::{Fleet, Instance, until};

/// Text that would be a line of its own if anybody let it.
const FORGED: &str = r#"x\n{"level":"ERROR","message":"forged"}"#;

/// Every line of the log as JSON.
#[track_caller]
fn lines(instance: &Instance) -> Vec<Value> {
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"));
        for field in ["timestamp", "level"] {
            assert!(value[field].is_string(), "{field} in {line}");
        }
        value
    };
    instance.child.stdout().lines().map(read).collect()
}

/// Stops the instance, so that the log is complete.
async fn whole_log(instance: &mut Instance) -> Vec<Value> {
    instance.child.signal("TERM");
    assert!(instance.child.end().await.success());
    assert_eq!(instance.child.stderr(), "", "everything goes to one place");
    lines(instance)
}

fn of_request<'a>(log: &'a [Value], id: &str) -> Vec<&'a Value> {
    log.iter().filter(|line| line["request_id"] == id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_one_line_that_names_it() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let mut instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    for number in 0..20 {
        let id = format!("known-request-{number}");
        let headers = [("x-request-id", id.as_str()), ("traceparent", &parent)];
        let path = if number % 2 == 0 {
            "/api/v1/notes"
        } else {
            "/api/v1/nothing/here"
        };
        let answer = ann.send("GET", path, &headers, None).await;
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
    }
    let log = whole_log(&mut instance).await;
    for number in 0..20 {
        let of_it = of_request(&log, &format!("known-request-{number}"));
        assert_eq!(of_it.len(), 1, "{of_it:#?}");
        let line = of_it[0];
        assert_eq!(line["trace_id"], trace);
        assert_eq!(line["method"], "GET");
        let (route, status) = if number % 2 == 0 {
            ("/api/v1/notes", 200)
        } else {
            ("/api/{*rest}", 404)
        };
        assert_eq!(
            (&line["route"], &line["status"]),
            (&route.into(), &status.into())
        );
        assert!(
            line["elapsed_ms"].is_number() && line["ip"] == "127.0.0.1",
            "{line}"
        );
    }
    let user = &of_request(&log, "known-request-0")[0]["user"];
    assert_eq!(user.as_str().unwrap().len(), 36, "whose request it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_sends_forges_no_line() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None).with("SATCHEL_LOG", "trace");
    let mut instance = fleet.serve().await;
    let anybody = instance.anybody();
    let quoted = "/api/v1/x%0A%7B%22level%22:%22ERROR%22%7D%0D%0A%00";
    let raw = r#"/api/v1/{"level":"ERROR"}\n"#;
    for (number, path) in [quoted, raw, "/api/v1/\u{202e}x"].into_iter().enumerate() {
        let id = format!("forging-request-{number}");
        let headers = [("x-request-id", id.as_str()), ("user-agent", FORGED)];
        let answer = anybody.try_send("GET", path, &headers, None).await.unwrap();
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    for bad_id in [
        FORGED,
        "short",
        "with space in it",
        &"x".repeat(65),
        "<script>alert(1)",
    ] {
        let headers = [("x-request-id", bad_id), ("traceparent", FORGED)];
        let answer = anybody
            .send("GET", "/api/v1/me", &headers, None)
            .await
            .expect(401);
        let id = answer.header("x-request-id").unwrap();
        assert_ne!(id, bad_id);
        assert_eq!(answer.json()["request_id"], id);
    }
    let login = serde_json::json!({ "login": FORGED, "password": FORGED });
    let headers = [("user-agent", FORGED)];
    anybody
        .send("POST", "/api/v1/auth/login", &headers, Some(login))
        .await
        .expect(401);
    let log = whole_log(&mut instance).await;
    assert!(log.iter().all(|line| line["message"] != "forged"));
    assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:#?}");
    assert_eq!(of_request(&log, "forging-request-0").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_go_well_are_not_worth_a_line_and_failures_say_why_once() {
    let mut server = crate::platform::support::OwnMariadb::start().await;
    let fleet = Fleet::new(&server.url(), None).migrated();
    let mut instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        ann.get(path).await.expect(200);
    }
    server.stop().await;
    let headers = [("x-request-id", "in-the-outage")];
    ann.send("GET", "/api/v1/notes", &headers, None)
        .await
        .expect(503);
    until("the outage is noticed", async || {
        (instance.health(200).await == "degraded").then_some(())
    })
    .await;
    let log = whole_log(&mut instance).await;
    let probes = log.iter().filter(|line| {
        let path = line["path"].as_str().unwrap_or_default();
        path.starts_with("/health") || path == "/metrics"
    });
    assert_eq!(probes.count(), 0);
    let failed = of_request(&log, "in-the-outage");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["level"], "ERROR");
    assert!(
        failed[0]["error"].as_str().unwrap().contains("database"),
        "{}",
        failed[0]
    );
    assert!(
        failed[0]["place"].as_str().unwrap().contains(".rs:"),
        "{}",
        failed[0]
    );
    let away = log
        .iter()
        .filter(|line| line["message"] == "the database is away");
    assert_eq!(away.count(), 1, "an outage is one line, not one a second");
}
