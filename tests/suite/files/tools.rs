//! What the tests of files share: files that are written straight into the store, with everything
//! that an upload would write.

use satchel::domain::file_name::FileName;
use satchel::domain::id::{BlobId, FileId, UserId};
use satchel::domain::media_type::{self, Family};
use satchel::platform::crypto;
use satchel::platform::db::{DbError, Query, Tx};
use satchel::platform::storage::{CHUNK_BYTES, write_chunk};
use satchel::services::changes::{self, NewChange, Op};
use satchel::services::{blobs, blobs::quota, search};
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Actor, Reply, TestApp};

/// A chunk and a bit more, no two stretches of it alike.
pub(crate) fn long_bytes(chunks: usize, more: usize) -> Vec<u8> {
    let count = chunks * CHUNK_BYTES + more;
    let word = |n: usize| u32::try_from(n).unwrap().wrapping_mul(2_654_435_761);
    let words = (0..count.div_ceil(4)).flat_map(|n| word(n).to_le_bytes());
    words.take(count).collect()
}

/// A file of an owner with these bytes; its id.
pub(crate) async fn plant(app: &TestApp, owner: &Actor, name: &str, bytes: &[u8]) -> String {
    plant_for(app, owner.id.parse().unwrap(), name, bytes).await
}

/// The same for whoever is known by an id alone.
pub(crate) async fn plant_for(app: &TestApp, user: UserId, name: &str, bytes: &[u8]) -> String {
    let file = FileId::new();
    let name = FileName::cleaned(name);
    let planted = app.state.db.transaction("test.plant", |tx| {
        let name = name.clone();
        async move { write(&tx, user, file, &name, bytes).await }
    });
    planted.await.unwrap();
    changes::notify(&app.state.cache, user).await;
    file.to_string()
}

async fn write(
    tx: &Tx,
    owner: UserId,
    file: FileId,
    name: &FileName,
    bytes: &[u8],
) -> Result<(), DbError> {
    const INSERT: Query = Query::new(
        "test.plant",
        "INSERT INTO files (owner_id, id, version, blob_id, name, mime, family, size_bytes, \
           sha256, created_at, updated_at) \
         VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
    );
    let (blob, size) = (BlobId::new(), bytes.len() as u64);
    let room = quota::reserve(tx, owner, size, u64::MAX / 2).await?;
    assert!(room.is_ok());
    blobs::open(tx, owner, blob).await?;
    for (n, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
        write_chunk(tx, owner, blob, u32::try_from(n).unwrap(), chunk).await?;
    }
    let digest = crypto::sha256(bytes);
    let blob = blobs::finish(tx, owner, blob, size, &digest).await?;
    let mime = media_type::sniff(&bytes[..bytes.len().min(8192)], &name.ending());
    let family = Family::of(mime).number();
    let digest = digest.as_slice();
    let values = (owner, file, blob, name.as_str(), mime, family, size, digest);
    tx.exec(&INSERT, values).await?;
    let words = name.as_str().replace('_', " ");
    search::replace(
        tx,
        owner,
        satchel::features::files::KIND,
        file.as_bytes(),
        &[""],
        &[&words],
    )
    .await?;
    let change = NewChange {
        kind: satchel::features::files::KIND,
        entity: *file.as_bytes(),
        op: Op::Create,
        version: 1,
    };
    changes::record(tx, owner, &[change], None).await
}

/// The text under a name.
#[track_caller]
pub(crate) fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}

/// The names of a list of files.
pub(crate) async fn names(actor: &Actor, query: &str) -> Vec<String> {
    let page: Value = actor.get(&format!("files?{query}")).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| text(item, "name")).collect()
}

/// A file as it is now.
pub(crate) async fn seen(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("files/{id}")).await.ok()
}

/// The bytes of a file.
pub(crate) async fn content(actor: &Actor, id: &str) -> Reply {
    actor.get(&format!("files/{id}/content")).await
}

/// Sixteen bytes of an id.
pub(crate) fn bytes_of(id: &str) -> Vec<u8> {
    let id: Uuid = id.parse().unwrap();
    id.as_bytes().to_vec()
}

/// How many bytes an account uses, as the quota counts them.
pub(crate) async fn used(app: &TestApp, actor: &Actor) -> u64 {
    let sql = "SELECT used_bytes FROM storage_use WHERE owner_id = ?";
    let rows: Vec<(u64,)> = app.database().rows(sql, (bytes_of(&actor.id),)).await;
    rows.first().map_or(0, |(used,)| *used)
}
