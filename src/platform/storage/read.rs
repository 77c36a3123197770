//! Reading a stretch of a blob, chunk by chunk, at the reader's pace: no connection is held while
//! the client is slow, and no byte leaves before its chunk was checked. Follows a blob that is
//! moved to another store meanwhile.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use futures_util::Stream;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;

use super::locations::{self, Place};
use super::objects::Fault;
use super::{Blob, CHUNK_BYTES, ObjectName, Storage, StorageError, Store};
use crate::domain::id::ObjectId;
use crate::platform::crypto;

/// Chunks that are asked for behind the one that is needed.
const AHEAD: u32 = 3;
/// Looks at where a blob is now, for one chunk.
const LOOKS: u32 = 4;

/// Reads the bytes of a range in order.
pub struct Reader {
    storage: Storage,
    blob: Blob,
    /// What is still to be given.
    rest: Range<u64>,
    /// Over all bytes so far; only when all of them are read.
    whole: Option<Sha256>,
    /// Where the bytes were when they were looked for last.
    place: Option<Place>,
    /// Checked chunks that come next, with the right to hold them.
    ahead: VecDeque<Bytes>,
    permit: Option<OwnedSemaphorePermit>,
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
            // The name of an object is not known yet.
            place: (blob.store == Store::Rows).then_some(Place::Rows),
            ahead: VecDeque::new(),
            permit: None,
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
        let chunk = self.chunk(n).await?;
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

    /// A checked chunk, from wherever the blob is.
    async fn chunk(&mut self, n: u32) -> Result<Bytes, StorageError> {
        if let Some(chunk) = self.ahead.pop_front() {
            if self.ahead.is_empty() {
                self.permit = None;
            }
            return Ok(chunk);
        }
        let mut place = match self.place {
            Some(place) => place,
            None => self.look().await?,
        };
        let mut missed_at = None;
        for _ in 0..LOOKS {
            let chunk = match place {
                Place::Rows => self.in_rows(n).await?,
                Place::Object(object) => self.in_object(object, n).await?,
            };
            if let Some(chunk) = chunk {
                self.place = Some(place);
                return Ok(chunk);
            }
            let now = self.look().await?;
            // Twice: it may have been away and come back between the two looks.
            if now == place && missed_at == Some(place) {
                // Not every store says whether it lacks the object or the whole bucket.
                if let Place::Object(_) = place {
                    self.storage.objects()?.probe().await?;
                }
                return Err(self.damaged(n, "it is not there"));
            }
            missed_at = Some(place);
            place = now;
        }
        Err(self.damaged(n, "it is nowhere for long"))
    }

    async fn look(&self) -> Result<Place, StorageError> {
        let (owner, id) = (self.blob.owner, self.blob.id);
        let place = locations::place(&self.storage.db, owner, id).await?;
        place.ok_or(StorageError::Gone(id))
    }

    async fn in_rows(&self, n: u32) -> Result<Option<Bytes>, StorageError> {
        let _turn = self.storage.turn().await;
        locations::find_chunk(&self.storage.db, self.blob.owner, self.blob.id, n).await
    }

    /// One chunk at first, so that the answer can begin; then some more at once, when this
    /// instance may hold them.
    async fn in_object(&mut self, object: ObjectId, n: u32) -> Result<Option<Bytes>, StorageError> {
        let Blob { owner, id, .. } = self.blob;
        let size = CHUNK_BYTES as u64;
        let last = u32::try_from((self.rest.end - 1) / size).unwrap_or(u32::MAX);
        let is_first = self.place.is_none();
        let behind = if is_first { 0 } else { AHEAD.min(last - n) };
        let permit = match behind {
            0 => None,
            _ => self
                .storage
                .ahead
                .clone()
                .try_acquire_many_owned(behind)
                .ok(),
        };
        let count = if permit.is_some() { behind + 1 } else { 1 };
        let digests = locations::digests(&self.storage.db, owner, id, n, count).await?;
        let begin = u64::from(n) * size;
        let end = (begin + u64::from(count) * size).min(self.blob.size_bytes);
        let name = ObjectName {
            owner,
            blob: id,
            object,
        };
        let objects = self.storage.objects()?;
        let bytes = match objects.read(&name, self.blob.size_bytes, begin..end).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(Fault::Size) => return Err(self.damaged(n, "the size of its object")),
            Err(Fault::Store(err)) => return Err(err),
        };
        let mut chunks = VecDeque::from(self.checked(n, count, &bytes, &digests)?);
        let chunk = chunks.pop_front();
        self.permit = if chunks.is_empty() { None } else { permit };
        self.ahead = chunks;
        Ok(chunk)
    }

    /// Cuts bytes into chunks, each of which fits its digest.
    fn checked(
        &self,
        first: u32,
        count: u32,
        bytes: &Bytes,
        digests: &[Vec<u8>],
    ) -> Result<Vec<Bytes>, StorageError> {
        (0..count)
            .map(|place| {
                let begin = place as usize * CHUNK_BYTES;
                let end = (begin + CHUNK_BYTES).min(bytes.len());
                if begin >= end {
                    return Err(self.damaged(first + place, "its length"));
                }
                let chunk = bytes.slice(begin..end);
                let digest = digests.get(place as usize);
                match digest.is_some_and(|digest| crypto::sha256(&chunk)[..] == digest[..]) {
                    true => Ok(chunk),
                    false => Err(self.damaged(first + place, "its digest")),
                }
            })
            .collect()
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
