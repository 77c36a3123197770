//! Cutting bytes that come into chunks: what is to be stored next, and the digest of everything so
//! far in a form that another instance can go on with. Refuses to store anything itself: whoever
//! owns the upload does that, in the transaction that also says how far it has come.

use bytes::{Buf, Bytes};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use super::{CHUNK_BYTES, Storage, StorageError, rows};
use crate::domain::id::{BlobId, UserId};
use crate::domain::media_type::HEAD_BYTES;
use crate::platform::db::DbError;

/// Room that the first bytes of a chunk get; most files of a few bytes need no more.
const SMALL: usize = 64 * 1024;

/// Collects the bytes of one chunk at a time.
pub struct Writer {
    /// The present chunk from its beginning, what is stored of it included.
    chunk: Vec<u8>,
    /// How many bytes of the blob came before the present chunk.
    begin: u64,
    /// Up to where everything is stored.
    stored: u64,
    /// Over everything that came.
    hash: Sha256,
}

/// What is to be stored next.
pub struct Step<'a> {
    pub n: u32,
    /// Its bytes from its beginning.
    pub data: &'a [u8],
    /// How many bytes of the blob are stored before this step.
    pub from: u64,
    /// How many are after it.
    pub to: u64,
    /// The digest over these, to go on with.
    pub state: Vec<u8>,
}

impl Writer {
    /// For a blob without a byte.
    pub fn new() -> Self {
        Self {
            chunk: Vec::new(),
            begin: 0,
            stored: 0,
            hash: Sha256::new(),
        }
    }

    /// The state of the digest over no bytes.
    pub fn first_state() -> Vec<u8> {
        Sha256::new().serialize().to_vec()
    }

    /// For a blob of which so many bytes are stored: reads the chunk that is not full yet. It may
    /// hold more than that, which somebody sent and nobody wanted.
    pub async fn resume(
        storage: &Storage,
        (owner, blob): (UserId, BlobId),
        received: u64,
        state: &[u8],
    ) -> Result<Self, StorageError> {
        let size = CHUNK_BYTES as u64;
        let n = u32::try_from(received / size).unwrap_or(u32::MAX);
        let damaged = |what| StorageError::Damaged { blob, n, what };
        let hash = restore(state).ok_or_else(|| damaged("the state of its digest"))?;
        let within = usize::try_from(received % size).unwrap_or(0);
        let mut chunk = Vec::new();
        if within > 0 {
            let _turn = storage.turn().await;
            let kept = rows::read_chunk(&storage.db, owner, blob, n).await?;
            let kept = kept.get(..within).ok_or_else(|| damaged("its length"))?;
            chunk.extend_from_slice(kept);
        }
        Ok(Self {
            begin: received - chunk.len() as u64,
            chunk,
            stored: received,
            hash,
        })
    }

    /// How many bytes came so far, stored or not.
    pub fn len(&self) -> u64 {
        self.begin + self.chunk.len() as u64
    }

    /// Whether nothing came so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes as many bytes as the present chunk has room for.
    pub fn fill(&mut self, bytes: &mut Bytes) {
        let room = CHUNK_BYTES - self.chunk.len();
        let taken = &bytes[..room.min(bytes.len())];
        let needed = self.chunk.len() + taken.len();
        if needed > self.chunk.capacity() {
            // Two sizes only: growing step by step would leave holes of every size behind.
            let capacity = if needed > SMALL { CHUNK_BYTES } else { SMALL };
            self.chunk.reserve_exact(capacity - self.chunk.len());
        }
        self.chunk.extend_from_slice(taken);
        self.hash.update(taken);
        let count = taken.len();
        bytes.advance(count);
    }

    /// Whether the present chunk must be stored before more is taken.
    pub fn is_full(&self) -> bool {
        self.chunk.len() == CHUNK_BYTES
    }

    /// What is to be stored; nothing when everything is.
    pub fn step(&self) -> Option<Step<'_>> {
        (self.len() > self.stored).then(|| self.from(self.stored))
    }

    /// Everything since some place in one step, for bytes that are stored but not yet counted.
    pub fn from(&self, place: u64) -> Step<'_> {
        Step {
            n: u32::try_from(self.begin / CHUNK_BYTES as u64).unwrap_or(u32::MAX),
            data: &self.chunk,
            from: place,
            to: self.len(),
            state: self.state(),
        }
    }

    /// The digest over everything that came, to go on with.
    fn state(&self) -> Vec<u8> {
        self.hash.serialize().to_vec()
    }

    /// Everything that came is stored.
    pub fn stored(&mut self) {
        self.stored = self.len();
        if self.is_full() {
            self.begin = self.stored;
            self.chunk.clear();
        }
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Storage {
    /// The bytes from which the type of a blob is told, while it lies in rows.
    pub async fn head(&self, owner: UserId, blob: BlobId) -> Result<Vec<u8>, DbError> {
        let _turn = self.turn().await;
        rows::read_head(&self.db, owner, blob, HEAD_BYTES).await
    }
}

/// The digest that a stored state stands for.
pub fn digest_of(state: &[u8]) -> Option<[u8; 32]> {
    restore(state).map(|hash| hash.finalize().into())
}

fn restore(state: &[u8]) -> Option<Sha256> {
    let state = SerializedState::<Sha256>::try_from(state).ok()?;
    Sha256::deserialize(&state).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto;

    /// Takes everything, one step a full chunk; the chunks as they are stored.
    fn write(writer: &mut Writer, mut bytes: Bytes) -> Vec<(u32, Vec<u8>)> {
        let mut stored = Vec::new();
        loop {
            writer.fill(&mut bytes);
            let done = bytes.is_empty();
            if let Some(step) = writer.step().filter(|_| done || writer.is_full()) {
                stored.push((step.n, step.data.to_vec()));
                writer.stored();
            }
            if done {
                return stored;
            }
        }
    }

    #[test]
    fn bytes_are_cut_on_a_fixed_grid_however_they_come() {
        let all: Vec<u8> = (0..251).cycle().take(CHUNK_BYTES * 2 + 5).collect();
        for pieces in [
            &[all.len()][..],
            &[CHUNK_BYTES, CHUNK_BYTES + 5],
            &[1, 7, all.len() - 8],
        ] {
            let (mut writer, mut place) = (Writer::new(), 0);
            let mut chunks = std::collections::BTreeMap::new();
            for piece in pieces {
                let bytes = Bytes::copy_from_slice(&all[place..place + piece]);
                chunks.extend(write(&mut writer, bytes));
                place += piece;
            }
            let whole: Vec<u8> = chunks.values().flatten().copied().collect();
            assert!(whole == all, "{pieces:?}");
            assert_eq!(chunks.len(), 3);
            assert_eq!(writer.len(), all.len() as u64);
            assert_eq!(digest_of(&writer.state()), Some(crypto::sha256(&all)));
        }
    }

    #[test]
    fn a_digest_goes_on_from_its_stored_state() {
        let mut first = Writer::new();
        write(&mut first, Bytes::from_static(b"one and a half bl"));
        assert!(first.state().len() <= 160, "the column holds that much");
        let mut hash = restore(&first.state()).unwrap();
        hash.update(b"ocks");
        let whole: [u8; 32] = hash.finalize().into();
        assert_eq!(whole, crypto::sha256(b"one and a half blocks"));
        assert_eq!(digest_of(&Writer::first_state()), Some(crypto::sha256(b"")));
        assert_eq!(digest_of(b"nonsense"), None);
    }
}
