//! A client over bare TCP, one connection a request, so that nothing is repeated or hidden.
//! Each request has an end: one that is never answered fails the test.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than any deadline of the service: only what hangs runs into it.
const NEVER: Duration = Duration::from_secs(30);

/// Somebody who talks to one instance.
#[derive(Clone)]
pub(crate) struct Client {
    addr: SocketAddr,
    /// The access token that goes along.
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr, token: &str) -> Self {
        Self {
            addr,
            token: token.to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    /// Creates a note with this title.
    pub(crate) async fn write(&self, title: &str) -> Answer {
        let body = serde_json::json!({ "title": title });
        self.post("/api/v1/notes", body).await
    }

    /// The titles of the first page.
    pub(crate) async fn titles(&self) -> Vec<String> {
        let page = self.get("/api/v1/notes").await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        let title = |note: &Value| note["title"].as_str().unwrap().to_owned();
        items.iter().map(title).collect()
    }

    /// Sends a request that must be answered somehow.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let answer = self.try_send(method, path, headers, body).await;
        answer.unwrap_or_else(|err| panic!("{method} {path}: {err}"))
    }

    /// Sends a request to somebody who may be gone.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        head.push_str("connection: close\r\n");
        if !self.token.is_empty() {
            head.push_str(&format!("authorization: Bearer {}\r\n", self.token));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = body.map(|body| body.to_string());
        if let Some(body) = &body {
            let length = body.len();
            head.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            ));
        }
        let text = format!("{head}\r\n{}", body.unwrap_or_default());
        let whole = async {
            let mut stream = TcpStream::connect(self.addr).await?;
            stream.write_all(text.as_bytes()).await?;
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await?;
            let (answer, _) = Answer::read(&bytes)?;
            Ok(answer)
        };
        match tokio::time::timeout(NEVER, whole).await {
            Ok(outcome) => outcome,
            Err(_) => panic!("{method} {path} is never answered"),
        }
    }
}

/// An answer as it came over the wire.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start: String = self.text().chars().take(400).collect();
        write!(f, "{} {:?} {start}", self.status, self.headers)
    }
}

impl Answer {
    /// Reads the first answer of a stream; the rest comes back.
    pub(crate) fn read(bytes: &[u8]) -> std::io::Result<(Self, &[u8])> {
        let broken = || std::io::Error::other("the answer broke off");
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or_else(broken)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, value)| value.parse().unwrap());
        let rest = &bytes[end + 4..];
        let answer = Self {
            status: status
                .and_then(|text| text.parse().ok())
                .ok_or_else(broken)?,
            headers,
            body: rest.get(..length).ok_or_else(broken)?.to_vec(),
        };
        Ok((answer, &rest[length..]))
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// A problem document with this status and code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let kind = answer.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{answer:?}");
        assert_eq!(answer.json()["code"], code, "{answer:?}");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|err| panic!("{err}: {self:?}"))
    }

    /// A text inside the JSON.
    #[track_caller]
    pub(crate) fn word(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap().to_owned()
    }
}
