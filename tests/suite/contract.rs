//! What every endpoint says the same way: refusals as problems, headers, conditions, methods.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Actor, Call, Note, Page, Reply, TestApp, note};

const KIB: usize = 1024;

/// The headers that every answer has, whatever its kind.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

#[track_caller]
fn assert_dressed(reply: &Reply) {
    for (name, value) in ALWAYS {
        assert_eq!(reply.header(name), value, "{reply:?}");
    }
    assert!(reply.header("permissions-policy").contains("camera=()"));
    assert!(reply.header("x-request-id").len() >= 8, "{reply:?}");
}

/// One call for each class of answer, with its status.
async fn of_every_class(ann: &Actor, anon: &Actor) -> Vec<(u16, Call)> {
    let made = ann.write("Title", "").await;
    let path = format!("notes/{}", made.id);
    vec![
        (200, ann.get(&path)),
        (200, ann.get("notes")),
        (201, ann.post("notes").json(note("a"))),
        (204, ann.delete(&path)),
        (304, ann.get(&path).header("if-none-match", "*")),
        (400, ann.post("notes").text("{")),
        (401, anon.get("notes")),
        (403, anon.post("auth/refresh").header("origin", "null")),
        (404, ann.get("nothing/here")),
        (405, ann.delete("notes")),
        (409, ann.post("notes").json(json!({ "id": made.id }))),
        (412, ann.patch(&path).if_match(9).json(note("a"))),
        (413, anon.post("auth/login").text(" ".repeat(17 * KIB))),
        (415, ann.post("notes").body("title=a")),
        (422, ann.get("notes?limit=0")),
        (428, ann.patch(&path).json(note("a"))),
    ]
}

#[tokio::test]
async fn answers_of_every_class_carry_the_headers_that_protect_browsers() {
    let app = TestApp::start().await;
    let (ann, anon) = (app.user("ann").await, app.anon());
    for (status, call) in of_every_class(&ann, &anon).await {
        let reply = call.await;
        reply.expect_status(status);
        assert_dressed(&reply);
    }
    for path in ["/", "/nothing/here", "/health", "/api/openapi.json", "/api"] {
        let reply = anon.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!reply.header("content-security-policy").is_empty());
    }
}

#[tokio::test]
async fn every_refusal_is_a_problem_that_must_not_be_stored() {
    let app = TestApp::start().await;
    let (ann, anon) = (app.user("ann").await, app.anon());
    for (status, call) in of_every_class(&ann, &anon).await {
        let reply = call.await;
        if status < 400 {
            continue;
        }
        let document: Value = serde_json::from_slice(reply.bytes()).unwrap();
        let code = document["code"].as_str().unwrap();
        let problem = reply.problem(status, code);
        assert!(problem.0["detail"].is_string(), "{reply:?}");
        assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
    }
}

#[tokio::test]
async fn nothing_at_an_address_is_a_problem_below_api_and_outside() {
    let app = TestApp::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/notes",
        "/api/v1/notes/",
        "/assets/nothing.js",
        "/robots.php",
    ] {
        let reply = app.anon().get(path).await;
        reply.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_know_names_those_it_knows() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "").await;
    let note_path = format!("/api/v1/notes/{}", made.id);
    let expected = [
        (Method::DELETE, "/api/v1/notes", "GET,HEAD,POST"),
        (
            Method::POST,
            note_path.as_str(),
            "DELETE,GET,HEAD,PATCH,PUT",
        ),
        (Method::GET, "/api/v1/auth/login", "POST"),
        (Method::POST, "/api/v1/me", "DELETE,GET,HEAD,PATCH"),
        (Method::POST, "/health", "GET,HEAD"),
        (Method::POST, "/api/openapi.json", "GET,HEAD"),
        (
            Method::from_bytes(b"BREW").unwrap(),
            "/api/v1/notes",
            "GET,HEAD,POST",
        ),
    ];
    for (method, path, allowed) in expected {
        let reply = ann.call(method, path).await;
        reply.problem(405, "method_not_allowed");
        let mut methods: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "").await;
    let path = format!("notes/{}", made.id);
    let large = " ".repeat(7 * KIB * KIB + 1);
    let calls = [
        ann.post("notes"),
        ann.put(&path).if_match(1),
        ann.patch(&path).if_match(1),
    ];
    for call in calls {
        call.text(large.clone()).await.problem(413, "too_large");
    }
    let mut fits = r#"{"title":"a"}"#.to_owned();
    fits.push_str(&" ".repeat(7 * KIB * KIB - fits.len()));
    let _: Note = ann.post("notes").text(fits).await.created();
}

#[tokio::test]
async fn a_refused_body_is_told_the_limit_of_its_own_address() {
    let app = TestApp::start().await;
    let call = app.anon().post("auth/login");
    let reply = call.text(" ".repeat(16 * KIB + 1)).await;
    let problem = reply.problem(413, "too_large");
    let detail = problem.0["detail"].as_str().unwrap();
    assert!(
        !detail.contains("7340032"),
        "that is the limit of notes: {detail}"
    );
}

#[tokio::test]
async fn only_json_in_utf_8_is_a_body() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let send = |kind: &str| {
        let call = ann.post("notes").header("content-type", kind);
        call.body(r#"{"title":"a"}"#)
    };
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/jsonp",
        "application/problem+json",
        "",
    ] {
        let reply = send(kind).await;
        reply.problem(415, "unsupported_media_type");
    }
    let untyped = ann.post("notes").body(r#"{"title":"a"}"#).await;
    untyped.problem(415, "unsupported_media_type");
    for kind in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ] {
        let _: Note = send(kind).await.created();
    }
}

#[tokio::test]
async fn what_is_no_json_is_a_bad_request() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for text in ["", "{", "title", r#"{"title":"a"} x"#, "{'title':1}"] {
        let reply = ann.post("notes").text(text).await;
        reply.problem(400, "malformed_json");
    }
}

#[tokio::test]
async fn a_field_that_stands_twice_is_named() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let reply = ann.post("notes").text(r#"{"title":"a","title":"b"}"#).await;
    reply
        .problem(422, "invalid")
        .field("title", "duplicate_field");
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_before_anything_else() {
    let app = TestApp::start().await;
    let anon = app.anon();
    let path = format!("notes/{}", crate::harness::id());
    let calls = [
        anon.get("notes?limit=0"),
        anon.get("notes/abc"),
        anon.put(&path).text("{"),
        anon.patch(&path),
        anon.delete(&format!("{path}?x=1")),
        anon.post("notes").body("a"),
        anon.post(&format!("{path}/restore")),
    ];
    for call in calls {
        let reply = call.await;
        reply.problem(401, "unauthorized");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn a_request_id_of_the_caller_is_kept_when_it_is_plain() {
    let app = TestApp::start().await;
    let ask = |id: &str| app.anon().get("/health/live").header("x-request-id", id);
    for id in ["12345678", "a-b_c.D-0123456789", &"x".repeat(64)] {
        assert_eq!(ask(id).await.header("x-request-id"), id);
    }
    for id in [
        "short",
        "with space",
        "<script>alert</script>",
        &"x".repeat(65),
    ] {
        let reply = ask(id).await;
        let made = reply.header("x-request-id");
        assert!(uuid::Uuid::parse_str(made).is_ok(), "{id} became {made}");
    }
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let one = app.anon().get("/health/live").await;
    let other = app.anon().get("/health/live").await;
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "text").await;
    for path in [
        "notes".to_owned(),
        format!("notes/{}", made.id),
        "me".to_owned(),
    ] {
        let get = ann.get(&path).await;
        let head = ann.call(Method::HEAD, &path).await;
        head.expect_status(200);
        assert!(head.bytes().is_empty() && !get.bytes().is_empty());
        assert_eq!(head.headers("etag"), get.headers("etag"));
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let reply = ann.call(Method::HEAD, "nothing/here").await;
    reply.expect_status(404);
}

#[tokio::test]
async fn reads_of_notes_may_be_kept_to_be_checked_and_everything_else_may_not() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.write("a", "").await;
    let kept = [format!("notes/{}", made.id), "notes".to_owned()];
    for path in kept {
        let reply = ann.get(&path).await;
        assert_eq!(reply.header("cache-control"), "private, no-cache", "{path}");
        assert!(reply.header("etag").starts_with('"'), "{path}");
    }
    for path in ["me", "nothing/here", "/api/openapi.json"] {
        let reply = ann.get(path).await;
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn what_a_client_accepts_is_never_a_reason_to_refuse() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for kind in [
        "image/png",
        "application/xml",
        "text/html;q=0.1",
        "nonsense",
    ] {
        let _: Page = ann.get("notes").header("accept", kind).await.ok();
    }
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_stay_there() {
    let app = TestApp::start_with(&[("SATCHEL_PUBLIC_URL", "https://notes.example.org")]).await;
    let reply = app.anon().get("notes").await;
    let value = reply.header("strict-transport-security");
    assert!(value.starts_with("max-age=63072000"), "{value}");
    let app = TestApp::start().await;
    let reply = app.anon().get("notes").await;
    assert!(reply.headers("strict-transport-security").is_empty());
}

#[tokio::test]
async fn an_allowed_origin_may_ask_and_read_refusals_too() {
    let origin = "https://app.example.org";
    let app = TestApp::start_with(&[("SATCHEL_CORS_ORIGINS", origin)]).await;
    let call = app.anon().call(Method::OPTIONS, "notes");
    let preflight = call
        .header("origin", origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,if-match")
        .await;
    preflight.expect_status(200);
    assert_eq!(preflight.header("access-control-allow-origin"), origin);
    let methods = preflight.header("access-control-allow-methods");
    assert!(
        methods.contains("PUT") && methods.contains("DELETE"),
        "{methods}"
    );
    let headers = preflight.header("access-control-allow-headers");
    for name in [
        "authorization",
        "content-type",
        "if-match",
        "idempotency-key",
    ] {
        assert!(headers.contains(name), "{name} in {headers}");
    }
    let refusal = app.anon().get("notes").header("origin", origin).await;
    refusal.problem(401, "unauthorized");
    assert_eq!(refusal.header("access-control-allow-origin"), origin);
    let exposed = refusal.header("access-control-expose-headers").to_owned();
    for name in ["etag", "link", "location", "x-request-id", "retry-after"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    assert!(
        refusal
            .headers("access-control-allow-credentials")
            .is_empty()
    );
}

#[tokio::test]
async fn any_other_origin_gets_no_word_that_lets_it_read() {
    let origin = "https://app.example.org";
    let app = TestApp::start_with(&[("SATCHEL_CORS_ORIGINS", origin)]).await;
    let none = TestApp::start().await;
    for app in [app, none] {
        for other in [
            "https://app.example.org.evil.example",
            "null",
            "http://app.example.org",
        ] {
            let reply = app.anon().get("notes").header("origin", other).await;
            assert!(reply.headers("access-control-allow-origin").is_empty());
            let call = app.anon().call(Method::OPTIONS, "notes");
            let preflight = call
                .header("origin", other)
                .header("access-control-request-method", "PUT")
                .await;
            assert!(preflight.headers("access-control-allow-origin").is_empty());
        }
    }
}

#[tokio::test]
async fn answers_that_differ_by_origin_say_so() {
    let app = TestApp::start_with(&[("SATCHEL_CORS_ORIGINS", "https://app.example.org")]).await;
    let reply = app.anon().get("/api/openapi.json").await;
    let vary = reply.headers("vary").join(",").to_lowercase();
    assert!(vary.contains("origin"), "{vary}");
}

#[tokio::test]
async fn an_options_request_that_is_no_preflight_names_the_methods() {
    let app = TestApp::start().await;
    let reply = app.anon().call(Method::OPTIONS, "notes").await;
    assert!(matches!(reply.status(), 200 | 204 | 405), "{reply:?}");
    assert!(reply.header("allow").contains("POST"), "{reply:?}");
}

#[tokio::test]
async fn a_body_nested_without_end_is_refused_and_harms_nobody() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let depth = 100_000;
    let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let fields = format!("{}1{}", r#"{"title":"#.repeat(depth), "}".repeat(depth));
    for text in [lists, fields] {
        let reply = ann.post("notes").text(text).await;
        assert!(matches!(reply.status(), 400 | 422), "{reply:?}");
    }
    let _: Page = ann.get("notes").await.ok();
}
