//! The bytes of files: in chunks of 1 MiB, each with its own digest, in rows of the database or in
//! an object store. Bytes are always written into rows first (there any instance can go on with
//! what another one began); a job moves what is whole to the object store when that is the setting.
//! Refuses to let a byte out whose chunk was not checked, and to know whose files they are.

mod read;
mod rows;
mod write;

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::id::{BlobId, UserId};
use crate::platform::db::{Db, DbError};

pub use read::Reader;
pub use rows::{remove_chunks, write_chunk};
pub use write::{Step, Writer, digest_of};

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Chunks read or written at once by this instance: requests without files need connections, too.
const CHUNKS_AT_ONCE: usize = 2;

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
    /// How many.
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
        /// The blob.
        blob: BlobId,
        /// The chunk.
        n: u32,
        /// What does not fit.
        what: &'static str,
    },
    /// The object store did not answer, or refused.
    #[error("object store: {0}")]
    Objects(String),
}

/// The store of bytes. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    db: Db,
    at_once: Arc<Semaphore>,
}

impl Storage {
    /// A store over the database.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            at_once: Arc::new(Semaphore::new(CHUNKS_AT_ONCE)),
        }
    }

    /// Waits until this instance may read or write one more chunk.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.at_once.acquire().await.ok()
    }
}
