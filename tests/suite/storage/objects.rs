//! Reading blobs from the object store: the right bytes or an error, whatever the range, the store
//! and a mover do.

use satchel::platform::storage::{Blob, StorageError, Store};

use super::s3::Mood;
use super::{MIB, Place, bytes, keep};

async fn moved(place: &Place, content: &[u8]) -> Blob {
    place.keep(content).await;
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [1, 0, 0]);
    let sql = "SELECT owner_id, id, store, size_bytes, sha256 FROM blobs";
    let rows = place.database().rows(sql, ()).await;
    let [satchel::services::blobs::BlobRow(blob)] = rows.as_slice() else {
        panic!("one blob");
    };
    assert_eq!(blob.store, Store::Objects);
    *blob
}

#[tokio::test(flavor = "multi_thread")]
async fn every_range_of_a_moved_blob_is_byte_exact() {
    let place = Place::new().await;
    // Larger than what goes in one request, and with a last chunk that is not full.
    let content = bytes(9 * MIB + 12_345);
    let blob = moved(&place, &content).await;
    assert_eq!(place.rows_with_bytes().await, 0);
    assert_eq!(place.s3.objects().len(), 1);
    let size = content.len();
    let ranges = [
        (0, size),
        (0, 1),
        (size - 1, size),
        (MIB - 1, MIB + 1),
        (MIB, 2 * MIB),
        (MIB + 1, 7 * MIB - 1),
        (5 * MIB - 7, size),
        (9 * MIB, size),
        (100, 200),
    ];
    for (from, to) in ranges {
        let got = place.read(blob, from as u64, to as u64).await.unwrap();
        assert!(got == content[from..to], "{from}..{to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_and_tiny_blobs_are_moved_like_any_other() {
    let place = Place::new().await;
    let empty = place.keep(b"").await;
    let tiny = place.keep(b"x").await;
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [2, 0, 0]);
    assert_eq!(place.read(empty, 0, 0).await.unwrap(), b"");
    assert_eq!(place.read(tiny, 0, 1).await.unwrap(), b"x");
    assert_eq!(place.move_all(Store::Rows).await.unwrap(), [2, 0, 0]);
    assert_eq!(place.read(empty, 0, 0).await.unwrap(), b"");
    assert_eq!(place.read(tiny, 0, 1).await.unwrap(), b"x");
    assert!(place.s3.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_an_old_place_reads_on_at_the_new_one() {
    let place = Place::new().await;
    let content = bytes(3 * MIB + 1);
    let in_rows = place.keep(&content).await;
    let size = content.len() as u64;
    let mut reader = place.storage().read(in_rows, 0..size);
    let mut got = reader.next().await.unwrap().unwrap().to_vec();
    place.move_all(Store::Objects).await.unwrap();
    got.extend_from_slice(&reader.next().await.unwrap().unwrap());
    place.move_all(Store::Rows).await.unwrap();
    while let Some(chunk) = reader.next().await {
        got.extend_from_slice(&chunk.unwrap());
    }
    assert!(got == content);
    // And who begins with what was true before.
    let in_objects = Blob {
        store: Store::Objects,
        ..in_rows
    };
    assert!(place.read(in_objects, 0, size).await.unwrap() == content);
    place.move_all(Store::Objects).await.unwrap();
    assert!(place.read(in_rows, 5, size).await.unwrap() == content[5..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_an_error_and_never_wrong_bytes() {
    let place = Place::new().await;
    let content = bytes(6 * MIB);
    let blob = moved(&place, &content).await;
    let size = content.len() as u64;
    let object = place.s3.objects().remove(0);
    let damage = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut other = content.clone();
        change(&mut other);
        std::fs::write(&object, other).unwrap();
    };
    // The first chunk, one in the middle, the last one.
    for place_of in [3, 4 * MIB + 9, 6 * MIB - 1] {
        damage(&|bytes| bytes[place_of] ^= 1);
        let mut reader = place.storage().read(blob, 0..size);
        let mut came = Vec::new();
        let err = loop {
            match reader.next().await.expect("it never ends well") {
                Ok(chunk) => came.extend_from_slice(&chunk),
                Err(err) => break err,
            }
        };
        assert!(matches!(err, StorageError::Damaged { .. }), "{err}");
        assert!(came.len() <= place_of && came == content[..came.len()]);
        assert!(reader.next().await.is_none(), "nothing comes after a fault");
    }
    // Shorter, longer, with two chunks in each other's place, and gone.
    damage(&|bytes| bytes.truncate(2 * MIB));
    is_damaged(&place, blob, 0, size).await;
    is_damaged(&place, blob, 3 * size / 6, size).await;
    damage(&|bytes| bytes.push(1));
    is_damaged(&place, blob, 0, 1).await;
    damage(&|bytes| bytes.rotate_left(MIB));
    is_damaged(&place, blob, 0, size).await;
    std::fs::remove_file(&object).unwrap();
    is_damaged(&place, blob, 0, size).await;
}

async fn is_damaged(place: &Place, blob: Blob, from: u64, to: u64) {
    let err = place.read(blob, from, to).await.unwrap_err();
    assert!(matches!(err, StorageError::Damaged { .. }), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_no_damage_and_is_used_again_when_it_is_back() {
    let place = Place::new().await;
    let content = bytes(2 * MIB);
    let blob = moved(&place, &content).await;
    place.s3.be(Mood::Away);
    let err = place.read(blob, 0, 10).await.unwrap_err();
    assert!(matches!(err, StorageError::Objects(_)), "{err}");
    // Uploads go on meanwhile: they need the rows alone.
    let other = keep(place.db(), place.owner, b"while it was away").await;
    assert!(place.move_all(Store::Objects).await.is_err());
    assert_eq!(
        place.read(other, 0, 17).await.unwrap(),
        b"while it was away"
    );
    place.s3.be(Mood::Well);
    assert!(place.read(blob, 0, 2 * MIB as u64).await.unwrap() == content);
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_gone_is_no_damage() {
    let place = Place::new().await;
    let blob = moved(&place, b"in a bucket").await;
    let object = place.s3.objects().remove(0);
    let bucket = object.ancestors().nth(5).unwrap();
    let aside = bucket.with_file_name("aside");
    std::fs::rename(bucket, &aside).unwrap();
    let err = place.read(blob, 0, 1).await.unwrap_err();
    assert!(
        matches!(&err, StorageError::Objects(text) if text.contains("SATCHEL_S3_BUCKET")),
        "{err}"
    );
    std::fs::rename(&aside, bucket).unwrap();
    assert_eq!(place.read(blob, 0, 11).await.unwrap(), b"in a bucket");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_brings_several_chunks_but_not_without_bound() {
    let place = Place::new().await;
    let content = bytes(9 * MIB);
    let blob = moved(&place, &content).await;
    let before = place.s3.requests();
    let mut readers = Vec::new();
    for _ in 0..10 {
        let mut reader = place.storage().read(blob, 0..9 * MIB as u64);
        reader.next().await.unwrap().unwrap();
        readers.push(reader);
    }
    assert_eq!(place.s3.requests() - before, 10, "one chunk to begin with");
    // Four of them may hold three chunks each; the others go chunk by chunk.
    for reader in &mut readers {
        reader.next().await.unwrap().unwrap();
    }
    for reader in &mut readers {
        reader.next().await.unwrap().unwrap();
    }
    assert_eq!(place.s3.requests() - before, 10 + 10 + 6);
    for mut reader in readers {
        while let Some(chunk) = reader.next().await {
            chunk.unwrap();
        }
    }
}
