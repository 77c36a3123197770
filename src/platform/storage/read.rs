//! Reading a stretch of a blob, chunk by chunk, at the reader's pace: no connection is held while
//! the client is slow, and no byte leaves before its chunk was checked.

use std::ops::Range;

use bytes::Bytes;
use futures_util::Stream;
use sha2::{Digest, Sha256};

use super::{Blob, CHUNK_BYTES, Storage, StorageError, rows};

/// Reads the bytes of a range in order.
pub struct Reader {
    storage: Storage,
    blob: Blob,
    /// What is still to be given.
    rest: Range<u64>,
    /// Over all bytes so far; only when all of them are read.
    whole: Option<Sha256>,
}

impl Storage {
    /// A reader of some bytes of a blob; the range lies within its size.
    pub fn read(&self, blob: Blob, range: Range<u64>) -> Reader {
        let all = range.start == 0 && range.end == blob.size_bytes;
        Reader {
            storage: self.clone(),
            blob,
            rest: range,
            whole: all.then(Sha256::new),
        }
    }
}

impl Reader {
    /// The next bytes, at most a chunk; `None` after the last ones.
    pub async fn next(&mut self) -> Option<Result<Bytes, StorageError>> {
        if self.rest.is_empty() {
            return self.check_empty();
        }
        let outcome = self.step().await;
        if outcome.is_err() {
            self.rest = 0..0;
            self.whole = None;
        }
        Some(outcome)
    }

    /// The rest as a stream, for a body.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, StorageError>> + Send {
        futures_util::stream::unfold(self, |mut reader| async move {
            let bytes = reader.next().await?;
            Some((bytes, reader))
        })
    }

    async fn step(&mut self) -> Result<Bytes, StorageError> {
        let size = CHUNK_BYTES as u64;
        let n = u32::try_from(self.rest.start / size).unwrap_or(u32::MAX);
        let chunk = {
            let _turn = self.storage.turn().await;
            let (owner, id) = (self.blob.owner, self.blob.id);
            rows::read_chunk(&self.storage.db, owner, id, n).await?
        };
        let begin = u64::from(n) * size;
        let expected = size.min(self.blob.size_bytes - begin);
        if chunk.len() as u64 != expected {
            return Err(self.damaged(n, "its length"));
        }
        let from = self.rest.start - begin;
        let to = (self.rest.end - begin).min(expected);
        let bytes = chunk.slice(to_usize(from)..to_usize(to));
        self.rest.start = begin + to;
        if let Some(whole) = &mut self.whole {
            whole.update(&bytes);
            if self.rest.is_empty() {
                self.check_whole(n)?;
            }
        }
        Ok(bytes)
    }

    /// Before the last bytes leave: all of them together are what came.
    fn check_whole(&mut self, n: u32) -> Result<(), StorageError> {
        let came = self.whole.take().map(Digest::finalize);
        if came.is_some_and(|came| came[..] != self.blob.sha256[..]) {
            return Err(self.damaged(n, "the digest of the whole"));
        }
        Ok(())
    }

    /// A blob without bytes has a digest, too.
    fn check_empty(&mut self) -> Option<Result<Bytes, StorageError>> {
        self.check_whole(0).err().map(Err)
    }

    fn damaged(&self, n: u32, what: &'static str) -> StorageError {
        let blob = self.blob.id;
        StorageError::Damaged { blob, n, what }
    }
}

/// Offsets within a chunk.
fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
