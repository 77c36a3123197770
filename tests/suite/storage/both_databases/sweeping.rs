//! Orphans both ways: bytes without a name go, bytes with a name stay, and what is young is left
//! alone.

use satchel::domain::id::{BlobId, FileId};
use satchel::platform::db::DbError;
use satchel::platform::storage::{self, Store};
use satchel::services::blobs::gc::{self, Removed};

use crate::storage::s3::Mood;
use crate::storage::{MIB, Place, begin, bytes};

const LATER: &str = "UPDATE blobs SET changed_at = changed_at - INTERVAL 2 HOUR";

async fn sweep(place: &Place) -> Removed {
    gc::run(place.db(), place.storage()).await.unwrap()
}

async fn many_chunks(place: &Place, id: BlobId) {
    let owner = place.owner;
    place
        .db()
        .transaction("suite.chunks", |tx| async move {
            for n in 1..150 {
                storage::write_chunk(&tx, owner, id, n, b"x").await?;
            }
            Ok::<_, DbError>(())
        })
        .await
        .unwrap();
}

async fn kill(place: &Place, id: BlobId) {
    let owner = place.owner;
    place
        .db()
        .transaction("suite.kill", |tx| async move {
            satchel::services::blobs::kill(&tx, owner, id).await
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_blobs_go_with_their_bytes_from_both_stores() {
    let place = Place::new().await;
    let moved = place.keep(&bytes(MIB)).await;
    place.move_all(Store::Objects).await.unwrap();
    let stays = place.keep(&bytes(MIB)).await;
    // More chunks than one statement removes.
    let dead = place.keep(b"of many chunks").await;
    many_chunks(&place, dead.id).await;
    kill(&place, moved.id).await;
    kill(&place, dead.id).await;
    assert_eq!(sweep(&place).await, Removed::default(), "just dead");
    place.database().exec(LATER, ()).await;
    let removed = sweep(&place).await;
    assert_eq!(
        removed,
        Removed {
            dead: 2,
            ..Removed::default()
        }
    );
    assert!(place.s3.objects().is_empty());
    let rows: Vec<(Vec<u8>,)> = place.database().rows("SELECT id FROM blobs", ()).await;
    assert_eq!(rows, [(stays.id.as_bytes().to_vec(),)]);
    assert_eq!(place.rows_with_bytes().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_vanished_leaves_nothing_and_one_under_way_is_left_alone() {
    let place = Place::new().await;
    let vanished = begin(place.db(), place.owner, &bytes(MIB)).await;
    let under_way = begin(place.db(), place.owner, &bytes(MIB)).await;
    let upload = "INSERT INTO uploads (owner_id, id, blob_id, name, created_at, expires_at) \
                  VALUES (?, ?, ?, 'a', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)";
    let values = (place.owner, FileId::new(), under_way);
    place.database().exec(upload, values).await;
    assert_eq!(sweep(&place).await, Removed::default(), "young");
    place.database().exec(LATER, ()).await;
    let removed = sweep(&place).await;
    assert_eq!(removed.abandoned, 1);
    place.database().exec(LATER, ()).await;
    assert_eq!(sweep(&place).await.dead, 1);
    assert_eq!(place.rows_with_bytes().await, 1);
    // Whoever comes too late to end it must not bring it back.
    let (owner, digest) = (place.owner, [7; 32]);
    let late = place
        .db()
        .transaction("suite.late", |tx| async move {
            satchel::services::blobs::finish(&tx, owner, vanished, 1, &digest).await
        })
        .await;
    let refusal = late.unwrap_err().to_string();
    assert!(refusal.contains("blobs.finish"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_and_objects_that_no_blob_names_go() {
    let place = Place::new().await;
    let named = place.keep(&bytes(MIB)).await;
    place.move_all(Store::Objects).await.unwrap();
    place.keep(&bytes(MIB)).await;
    let stray = begin(place.db(), place.owner, &bytes(3 * MIB)).await;
    let gone = "DELETE FROM blobs WHERE id = ?";
    place.database().exec(gone, (stray,)).await;
    // Another object of the same blob, one of a blob that never was, one that is not ours.
    let own = place.s3.objects().remove(0);
    let id = |_: u8| BlobId::new().to_string();
    let twin = own.with_file_name(id(0));
    std::fs::copy(&own, &twin).unwrap();
    let lost = place
        .s3
        .put_by_hand(&format!("{}/{}/{}", id(1), id(2), id(3)));
    let foreign = place.s3.put_by_hand("somebody/else.txt");
    let removed = sweep(&place).await;
    assert_eq!(
        removed,
        Removed {
            chunks: 1,
            ..Removed::default()
        },
        "young"
    );
    place.s3.age();
    assert_eq!(sweep(&place).await.objects, 2);
    assert!(!twin.exists() && !lost.exists());
    assert!(own.exists() && foreign.exists());
    assert_eq!(place.rows_with_bytes().await, 1);
    assert!(place.read(named, 0, named.size_bytes).await.is_ok());
    assert_eq!(sweep(&place).await, Removed::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_removed_keeps_its_row_and_no_other() {
    let place = Place::new().await;
    let moved = place.keep(&bytes(MIB)).await;
    place.move_all(Store::Objects).await.unwrap();
    let in_rows = place.keep(&bytes(MIB)).await;
    kill(&place, moved.id).await;
    kill(&place, in_rows.id).await;
    place.database().exec(LATER, ()).await;
    place.s3.be(Mood::Away);
    assert!(gc::run(place.db(), place.storage()).await.is_err());
    let rows = "SELECT COUNT(*) FROM blobs";
    assert_eq!(place.database().count(rows).await, 1);
    place.s3.be(Mood::Well);
    assert_eq!(sweep(&place).await.dead, 1);
    assert_eq!(place.database().count(rows).await, 0);
    assert!(place.s3.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_account_takes_its_bytes_at_once() {
    let place = Place::new().await;
    let moved = place.keep(&bytes(MIB)).await;
    place.move_all(Store::Objects).await.unwrap();
    kill(&place, moved.id).await;
    let (db, storage) = (place.db(), place.storage());
    let removed = gc::remove_dead_of(db, storage, place.owner).await;
    assert_eq!(removed.unwrap(), 1);
    assert!(place.s3.objects().is_empty());
    let again = gc::remove_dead_of(db, storage, place.owner).await;
    assert_eq!(again.unwrap(), 0);
}
