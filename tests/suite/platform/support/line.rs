//! An event stream over bare TCP, read while it comes. What is in the way, a proxy that collects
//! before it passes on, shows as something that never arrives.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than the pause between two heartbeats: only what hangs runs into it.
const NEVER: Duration = Duration::from_secs(40);

/// One open stream.
pub(crate) struct EventLine {
    stream: TcpStream,
    /// The head of the answer, in lower case.
    pub(crate) head: String,
    raw: Vec<u8>,
    text: String,
    is_whole: bool,
}

impl EventLine {
    /// Asks for the stream and waits for its head.
    pub(crate) async fn open(addr: SocketAddr, token: &str, more: &str) -> Self {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let request = format!(
            "GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             accept-encoding: gzip\r\n{more}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut line = Self {
            stream,
            head: String::new(),
            raw: Vec::new(),
            text: String::new(),
            is_whole: false,
        };
        while line.head.is_empty() {
            assert!(line.read().await, "it was closed before its head came");
            let end = line.raw.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                let head = line.raw.drain(..end + 4).collect::<Vec<u8>>();
                line.head = String::from_utf8(head).unwrap().to_ascii_lowercase();
            }
        }
        assert!(line.head.starts_with("http/1.1 200"), "{}", line.head);
        line.unpack();
        line
    }

    /// Waits until this has arrived, and leaves what came after it.
    pub(crate) async fn says(&mut self, wanted: &str) {
        loop {
            if let Some(place) = self.text.find(wanted) {
                self.text.drain(..place + wanted.len());
                return;
            }
            assert!(
                self.read().await,
                "closed; {wanted} is not in {}",
                self.text
            );
            self.unpack();
        }
    }

    /// Waits for the end, which must be a proper one.
    pub(crate) async fn ends(mut self) {
        while !self.is_whole {
            assert!(self.read().await, "it was cut after {}", self.text);
            self.unpack();
        }
    }

    /// Waits until the line is closed, however.
    pub(crate) async fn breaks_off(mut self) {
        while self.read().await {}
    }

    /// Reads what there is; `false` once it is closed.
    async fn read(&mut self) -> bool {
        let mut piece = [0; 4096];
        let read = tokio::time::timeout(NEVER, self.stream.read(&mut piece)).await;
        match read.unwrap_or_else(|_| panic!("nothing comes after {}", self.text)) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.raw.extend_from_slice(&piece[..count]);
                true
            }
        }
    }

    /// Takes whole chunks (RFC 9112, 7.1) out of what was read.
    fn unpack(&mut self) {
        while let Some(end) = self.raw.windows(2).position(|two| two == b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..end]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            if self.raw.len() < end + 2 + size + 2 {
                return;
            }
            let chunk = &self.raw[end + 2..end + 2 + size];
            self.text.push_str(std::str::from_utf8(chunk).unwrap());
            self.raw.drain(..end + 2 + size + 2);
            self.is_whole |= size == 0;
        }
    }
}
