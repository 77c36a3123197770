//! A panic in a handler: a problem for its client, one line for the operator, nothing for others.
//! No route of the program panics on purpose, so a route that does is put behind its real layers.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt;
use satchel::app::middleware;
use serde_json::Value;
use tower::ServiceExt;

use crate::harness::TestApp;

async fn boom() -> &'static str {
    panic!("a secret that only the log may know")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_becomes_a_problem_and_the_process_lives() {
    let app = TestApp::start().await;
    let router = Router::new()
        .route("/boom", get(boom).post(boom))
        .route("/fine", get(async || "fine").post(async || "fine"));
    let router = middleware::wrap(router, &app.state, &app.config);
    for method in ["GET", "POST"] {
        let request = |path| Request::builder().method(method).uri(path);
        let broken = request("/boom").body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(broken).await.unwrap();
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let id = answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            (&problem["code"], &problem["request_id"]),
            (&"internal".into(), &id.into())
        );
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"));

        let fine = request("/fine").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(fine).await.unwrap().status(), 200);
    }
    let text = app.state.metrics.render();
    assert!(text.contains("http_panics_total"), "it is counted");
    assert!(app.state.background.is_empty(), "no task of it is left");
}
