//! Uploads in pieces (tus 1.0) and in forms, as the reference clients and worse ones use them.

mod both_databases;
mod form;
mod full;
mod memory;
mod protocol;
mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::harness::{Actor, Call, Database, Reply};

/// The type of a body that holds bytes of an upload.
const BYTES: &str = "application/offset+octet-stream";
/// Bytes of a chunk.
const CHUNK: usize = 1 << 20;

/// A request that speaks tus.
fn tus(call: Call) -> Call {
    call.header("tus-resumable", "1.0.0")
}

/// A request that begins an upload.
fn begin(actor: &Actor, length: usize, metadata: &[(&str, &str)]) -> Call {
    let pair = |(key, value): &(&str, &str)| format!("{key} {}", STANDARD.encode(value));
    let metadata: Vec<String> = metadata.iter().map(pair).collect();
    let call = tus(actor.post("uploads")).header("upload-length", &length.to_string());
    call.header("upload-metadata", &metadata.join(","))
}

/// Begins an upload; the path where it goes on.
async fn begun(actor: &Actor, length: usize, name: &str) -> String {
    let reply = begin(actor, length, &[("filename", name)]).await;
    reply.expect_status(201);
    reply.header("location").to_owned()
}

/// A request that goes on with an upload.
fn append(actor: &Actor, path: &str, offset: usize, bytes: &[u8]) -> Call {
    tus(actor.patch(path))
        .header("content-type", BYTES)
        .header("upload-offset", &offset.to_string())
        .body(bytes.to_vec())
}

/// How far an upload has come.
async fn offset(actor: &Actor, path: &str) -> usize {
    let reply = tus(actor.call(axum::http::Method::HEAD, path)).await;
    reply.expect_status(200);
    reply.header("upload-offset").parse().unwrap()
}

/// Bytes that differ from place to place, so that no mix of two texts looks like one.
fn pattern(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// The bytes of a file as the database holds them; asserts that each chunk and the whole have the
/// digests they should have.
async fn content(database: &Database, path: &str) -> Vec<u8> {
    let id = path.rsplit('/').next().unwrap();
    let sql = "SELECT b.sha256, c.sha256, c.data FROM files f \
               JOIN blobs b ON b.owner_id = f.owner_id AND b.id = f.blob_id AND b.state = 1 \
               LEFT JOIN blob_chunks c ON c.owner_id = b.owner_id AND c.blob_id = b.id \
               WHERE f.id = UNHEX(REPLACE(?, '-', '')) ORDER BY c.n";
    type Row = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);
    let rows: Vec<Row> = database.rows(sql, (id,)).await;
    assert!(!rows.is_empty(), "{path} is no file");
    let mut whole = Vec::new();
    for (_, digest, data) in &rows {
        let data = data.as_deref().unwrap_or_default();
        if let Some(digest) = digest {
            assert_eq!(satchel::platform::crypto::sha256(data)[..], digest[..]);
        }
        whole.extend_from_slice(data);
    }
    let digest = satchel::platform::crypto::sha256(&whole);
    assert_eq!(digest[..], rows[0].0[..], "the digest of the whole");
    whole
}

/// Bytes that count against the quota.
async fn used(actor: &Actor) -> u64 {
    let space: Value = actor.get("me/storage").await.ok();
    space["used_bytes"].as_u64().unwrap()
}

/// An answer without a body whose every header is as tus wants it.
#[track_caller]
fn speaks(reply: &Reply, status: u16) {
    reply.expect_status(status);
    assert_eq!(reply.header("tus-resumable"), "1.0.0", "{reply:?}");
}
