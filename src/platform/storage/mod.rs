//! The bytes of files: in chunks of 1 MiB, each with its own digest, in rows of the database or in
//! an object store. Bytes are always written into rows first (there any instance can go on with
//! what another one began); a job moves what is whole to the object store when that is the setting.
//! Refuses to let a byte out whose chunk was not checked, and to know whose files they are.

mod locations;
mod objects;
mod read;
mod rows;
mod write;

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::id::{BlobId, ObjectId, UserId};
use crate::platform::db::{Db, DbError};

pub use locations::{Place, restore_chunk};
pub use objects::{BadConfig, Config, Objects, Put, Stored};
pub use read::Reader;
pub use rows::{remove_chunks, write_chunk};
pub use write::{Step, Writer, digest_of};

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Chunks read or written at once by this instance: requests without files need connections, too.
const CHUNKS_AT_ONCE: usize = 2;

/// Chunks of the object store that this instance may hold ahead of its clients. Whoever finds none
/// of them free reads one chunk at a time.
const CHUNKS_AHEAD: usize = 12;

/// Where the bytes of a blob are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Rows of `blob_chunks`.
    Rows,
    /// An object store that speaks S3.
    Objects,
}

impl Store {
    /// The number in the table; never reused.
    pub fn number(self) -> u8 {
        match self {
            Self::Rows => 1,
            Self::Objects => 2,
        }
    }

    /// The word in settings and commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Objects => "s3",
        }
    }

    /// The store of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Rows, Self::Objects]
            .into_iter()
            .find(|store| store.number() == number)
    }
}

/// Whole, checked bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Whose they are.
    pub owner: UserId,
    /// Their name in both stores.
    pub id: BlobId,
    /// Where they are read from.
    pub store: Store,
    pub size_bytes: u64,
    /// SHA-256 of all of them.
    pub sha256: [u8; 32],
}

impl Blob {
    /// Number of chunks.
    pub fn chunks(&self) -> u32 {
        u32::try_from(self.size_bytes.div_ceil(CHUNK_BYTES as u64)).unwrap_or(u32::MAX)
    }
}

/// Why bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database did not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What is stored is not what was stored.
    #[error("blob {blob} is damaged at chunk {n}: {what}")]
    Damaged {
        blob: BlobId,
        n: u32,
        /// What does not fit.
        what: &'static str,
    },
    /// The object store did not answer, or refused.
    #[error("object store: {0}")]
    Objects(String),
    /// The blob was removed while it was read: nobody names it any more.
    #[error("blob {0} was removed meanwhile")]
    Gone(BlobId),
}

/// Where an object lies in the store: under its owner and its blob. Never written twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectName {
    /// Whose bytes they are.
    pub owner: UserId,
    /// Of which blob.
    pub blob: BlobId,
    /// New with every move.
    pub object: ObjectId,
}

/// The store of bytes. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    db: Db,
    objects: Option<Objects>,
    home: Store,
    at_once: Arc<Semaphore>,
    ahead: Arc<Semaphore>,
}

impl Storage {
    /// A store over the database alone.
    pub fn new(db: Db) -> Self {
        Self::with_objects(db, None, Store::Rows)
    }

    /// A store over the database and an object store; `home` is where whole blobs belong.
    pub fn with_objects(db: Db, objects: Option<Objects>, home: Store) -> Self {
        Self {
            db,
            objects,
            home,
            at_once: Arc::new(Semaphore::new(CHUNKS_AT_ONCE)),
            ahead: Arc::new(Semaphore::new(CHUNKS_AHEAD)),
        }
    }

    /// Where whole blobs belong.
    pub fn home(&self) -> Store {
        self.home
    }

    pub fn objects(&self) -> Result<&Objects, StorageError> {
        self.objects.as_ref().ok_or_else(|| {
            let text = "bytes lie there, but SATCHEL_S3_BUCKET is not set";
            StorageError::Objects(text.to_owned())
        })
    }

    /// Whether there is an object store at all.
    pub fn has_objects(&self) -> bool {
        self.objects.is_some()
    }

    /// Waits until this instance may read or write one more chunk.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.at_once.acquire().await.ok()
    }
}
