//! The bytes of files in both stores, against a strict S3 server of the test's own: read, moved,
//! swept, and found out when they are damaged. Refuses the endpoints: they are the files' own.

mod both_databases;
mod objects;
mod s3;
mod settings;
mod tripwire;

use satchel::domain::id::{BlobId, FileId, UserId};
use satchel::platform::crypto;
use satchel::platform::db::{Db, DbError};
use satchel::platform::storage::{self, Blob, CHUNK_BYTES, Storage, StorageError, Store};
use satchel::services::blobs;
use satchel::services::blobs::migration::{self as movers, Outcome};

use crate::harness::{Database, TestApp};
use s3::OwnS3;

const MIB: usize = CHUNK_BYTES;

/// An instance with an object store, and somebody who owns bytes.
struct Place {
    s3: OwnS3,
    app: TestApp,
    owner: UserId,
}

impl Place {
    async fn new() -> Self {
        let s3 = OwnS3::start().await;
        let settings = s3.settings("s3");
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let app = TestApp::start_with(&settings).await;
        app.account("ann", true).await;
        let owner = owner_of(app.database(), "ann").await;
        Self { s3, app, owner }
    }

    fn db(&self) -> &Db {
        &self.app.state.db
    }

    fn storage(&self) -> &Storage {
        &self.app.state.storage
    }

    fn database(&self) -> &Database {
        self.app.database()
    }

    /// Stores bytes as an upload does: in rows.
    async fn keep(&self, bytes: &[u8]) -> Blob {
        keep(self.db(), self.owner, bytes).await
    }

    /// Moves everything; how many blobs were moved, elsewhere or damaged.
    async fn move_all(&self, to: Store) -> Result<[usize; 3], StorageError> {
        let (mut after, mut counts) = (None, [0; 3]);
        while let Some((id, outcome)) = movers::next(self.db(), self.storage(), to, after).await? {
            after = Some(id);
            counts[match outcome {
                Outcome::Moved(_) => 0,
                Outcome::Elsewhere => 1,
                Outcome::Damaged(_) => 2,
            }] += 1;
        }
        Ok(counts)
    }

    /// Reads a stretch of a blob to its end.
    async fn read(&self, blob: Blob, from: u64, to: u64) -> Result<Vec<u8>, StorageError> {
        let mut reader = self.storage().read(blob, from..to);
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes)
    }

    /// Chunks whose rows hold bytes.
    async fn rows_with_bytes(&self) -> i64 {
        rows_with_bytes(self.database()).await
    }
}

async fn rows_with_bytes(database: &Database) -> i64 {
    let sql = "SELECT COUNT(*) FROM blob_chunks WHERE data IS NOT NULL";
    database.count(sql).await
}

async fn owner_of(database: &Database, name: &str) -> UserId {
    let sql = "SELECT id FROM users WHERE username = ?";
    let rows: Vec<(UserId,)> = database.rows(sql, (name,)).await;
    rows[0].0
}

/// Stores bytes in rows and makes them whole.
async fn keep(db: &Db, owner: UserId, bytes: &[u8]) -> Blob {
    let id = begin(db, owner, bytes).await;
    let (size_bytes, sha256) = (bytes.len() as u64, crypto::sha256(bytes));
    let kept = db
        .transaction("suite.finish", |tx| async move {
            blobs::finish(&tx, owner, id, size_bytes, &sha256).await
        })
        .await
        .unwrap();
    assert_eq!(kept, id, "nobody had these bytes before");
    Blob {
        owner,
        id,
        store: Store::Rows,
        size_bytes,
        sha256,
    }
}

/// Stores bytes in rows as an upload that never ends.
async fn begin(db: &Db, owner: UserId, bytes: &[u8]) -> BlobId {
    let id = BlobId::new();
    db.transaction("suite.open", |tx| async move {
        blobs::open(&tx, owner, id).await
    })
    .await
    .unwrap();
    for (n, chunk) in (0..).zip(bytes.chunks(MIB)) {
        db.transaction("suite.chunk", |tx| async move {
            storage::write_chunk(&tx, owner, id, n, chunk).await?;
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
    }
    id
}

/// A file that consists of a blob, for whoever wants to know which files are concerned.
async fn name(database: &Database, blob: &Blob) -> FileId {
    let id = FileId::new();
    let sql = "INSERT INTO files (owner_id, id, blob_id, name, mime, family, size_bytes, sha256, \
                 created_at, updated_at) \
               VALUES (?, ?, ?, 'a.bin', 'application/octet-stream', 6, ?, ?, \
                 UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))";
    let values = (
        blob.owner,
        id,
        blob.id,
        blob.size_bytes,
        blob.sha256.as_slice(),
    );
    database.exec(sql, values).await;
    id
}

/// Bytes that are nowhere twice the same.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = u64::from_be_bytes(crypto::random());
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        // Xorshift: quick, and no chunk is like another one.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_be_bytes());
    }
    bytes.truncate(count);
    bytes
}
