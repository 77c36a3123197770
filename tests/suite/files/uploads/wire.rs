//! Uploads over real sockets, to instances that may die in the middle.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::BYTES;
use crate::platform::support::{Answer, Client, Instance};

/// Bytes that are written at once.
const PIECE: usize = 64 * 1024;

/// Begins an upload at an instance; the path where it goes on.
pub(super) async fn begun(client: &Client, length: usize) -> String {
    let length = length.to_string();
    let headers = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", length.as_str()),
    ];
    let answer = client.send("POST", "/api/v1/uploads", &headers, None).await;
    answer.expect(201).header("location").unwrap().to_owned()
}

/// How far an upload has come.
pub(super) async fn offset(client: &Client, path: &str) -> usize {
    let headers = [("tus-resumable", "1.0.0")];
    let answer = client.send("HEAD", path, &headers, None).await.expect(200);
    answer.header("upload-offset").unwrap().parse().unwrap()
}

/// Sends so many bytes, made piece by piece from their place in the file; an instance that dies is
/// an error.
pub(super) async fn append(
    addr: SocketAddr,
    token: &str,
    path: &str,
    (from, to): (usize, usize),
    bytes: impl Fn(usize, usize) -> Vec<u8>,
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(addr).await?;
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\ntus-resumable: 1.0.0\r\ncontent-type: {BYTES}\r\n\
         upload-offset: {from}\r\ncontent-length: {}\r\n\r\n",
        to - from
    );
    stream.write_all(head.as_bytes()).await?;
    let mut place = from;
    while place < to {
        let end = to.min(place + PIECE);
        stream.write_all(&bytes(place, end)).await?;
        place = end;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Answer::read(&answer).map(|(answer, _)| answer)
}

/// The same, of bytes that lie ready.
pub(super) async fn append_slice(
    instance: &Instance,
    client: &Client,
    path: &str,
    from: usize,
    bytes: &[u8],
) -> std::io::Result<Answer> {
    let range = (from, bytes.len());
    let piece = |from: usize, to: usize| bytes[from..to].to_vec();
    append(instance.addr, &client.token, path, range, piece).await
}
