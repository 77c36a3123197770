//! The people of the suite and what they send: `ann.post("notes").json(note("Title")).await`.
//! A path without a slash before it lies under `/api/v1/`, as the contract writes it.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use satchel::app::middleware::PeerAddr;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt;
use uuid::Uuid;

use super::TestApp;
use super::documents::{Doc, DocumentKind, Note, Notes};
use super::replies::Reply;

/// The password of everybody who did not choose one.
pub(crate) const DEFAULT_PASSWORD: &str = "correct horse battery";

/// Somebody at one instance: a stranger, or a sign-in with its tokens.
#[derive(Clone)]
pub(crate) struct Actor {
    app: TestApp,
    /// The access token.
    pub(crate) token: Option<String>,
    /// The refresh token.
    pub(crate) refresh: String,
    /// The user's id.
    pub(crate) id: String,
}

impl Actor {
    pub(super) fn anonymous(app: &TestApp) -> Self {
        Self {
            app: app.clone(),
            token: None,
            refresh: String::new(),
            id: String::new(),
        }
    }

    /// Signs in at this actor's instance; a sign-in of its own each time.
    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Self {
        let body = json!({ "login": login, "password": password });
        let reply = self.post("auth/login?transport=body").json(body).await;
        let signed_in: Value = reply.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            app: self.app.clone(),
            token: Some(text(&signed_in["access_token"])),
            refresh: text(&signed_in["refresh_token"]),
            id: text(&signed_in["user"]["id"]),
        }
    }

    /// The same sign-in, talking to another instance.
    pub(crate) fn at(&self, app: &TestApp) -> Self {
        Self {
            app: app.clone(),
            ..self.clone()
        }
    }

    /// The same person with another access token, or none.
    pub(crate) fn with_token(&self, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Any method. The bearer token goes along when there is one.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/api/v1/{path}")
        };
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        request.extensions_mut().insert(PeerAddr(peer));
        let call = Call {
            app: self.app.clone(),
            request,
        };
        match &self.token {
            Some(token) => call.header("authorization", &format!("Bearer {token}")),
            None => call,
        }
    }

    /// Creates a note.
    pub(crate) async fn write(&self, title: &str, body: &str) -> Note {
        self.create::<Notes>(title, body).await
    }

    /// The note as this actor reads it now.
    pub(crate) async fn read(&self, id: &str) -> Note {
        self.fetch::<Notes>(id).await
    }

    /// Creates a document of a kind.
    pub(crate) async fn create<D: DocumentKind>(&self, title: &str, body: &str) -> Doc<D> {
        let new = json!({ "title": title, (D::BODY): body });
        self.post(D::PATH).json(new).await.created()
    }

    /// A document as this actor reads it now.
    pub(crate) async fn fetch<D: DocumentKind>(&self, id: &str) -> Doc<D> {
        self.get(&D::path(&format!("/{id}"))).await.ok()
    }
}

/// A request that is sent by `.await`.
#[must_use]
pub(crate) struct Call {
    app: TestApp,
    request: Request<Body>,
}

impl Call {
    /// Adds a header; a second one of the same name stands beside the first.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.request.headers_mut().append(name, value);
        self
    }

    /// Says which version the change is based on.
    pub(crate) fn if_match(self, version: u64) -> Self {
        self.header("if-match", &format!("\"v{version}\""))
    }

    /// A JSON body.
    pub(crate) fn json(self, value: impl Serialize) -> Self {
        let value = serde_json::to_value(&value).unwrap();
        self.text(serde_json::to_string(&value).unwrap())
    }

    /// A body that says to be JSON, whatever it is.
    pub(crate) fn text(self, text: impl Into<Bytes>) -> Self {
        self.header(header::CONTENT_TYPE.as_str(), "application/json")
            .body(text)
    }

    /// A body without a word about its type.
    pub(crate) fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Body::from(bytes.into());
        self
    }

    /// A body that comes bit by bit.
    pub(crate) fn stream(mut self, body: Body) -> Self {
        *self.request.body_mut() = body;
        self
    }

    /// Sends the request; the answer is looked at while it still comes.
    pub(crate) async fn open(self) -> Response<Body> {
        match self.app.router.oneshot(self.request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn send(self) -> Reply {
        let name = format!("{} {}", self.request.method(), self.request.uri());
        let (parts, body) = self.open().await.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        // A stream has no end to wait for.
        let body = match kind.is_some_and(|kind| kind == "text/event-stream") {
            true => Bytes::new(),
            false => body.collect().await.unwrap().to_bytes(),
        };
        Reply::new(name, parts, body)
    }
}

impl IntoFuture for Call {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Sends all calls at once; the replies come in the order of the calls.
pub(crate) async fn together(calls: impl IntoIterator<Item = Call>) -> Vec<Reply> {
    let mut running = JoinSet::new();
    for (place, call) in calls.into_iter().enumerate() {
        running.spawn(async move { (place, call.await) });
    }
    let mut replies = running.join_all().await;
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}

/// The body of a new note with a title alone.
pub(crate) fn note(title: &str) -> Value {
    json!({ "title": title })
}

/// A new UUID of a client.
pub(crate) fn id() -> String {
    Uuid::now_v7().to_string()
}
