//! Moving there and back: nothing is lost whoever dies, is in the way, is full or is damaged, and
//! nothing is left behind.

use std::net::SocketAddr;

use satchel::api::resource::PeriodicJob;
use satchel::app::{blob_jobs, long_jobs};
use satchel::domain::id::UserId;
use satchel::platform::db::{Config, Db};
use satchel::platform::secret::Secret;
use satchel::platform::storage::{Blob, Storage, Store};

use crate::harness::Database;
use crate::platform::support::Fleet;
use crate::storage::s3::{Mood, OwnS3};
use crate::storage::tripwire::{Tripwire, WiredDoor};
use crate::storage::{MIB, Place, begin, bytes, keep, name, rows_with_bytes};

/// Ends of the process, half of them on the way there and half on the way back.
const ENDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn whole_blobs_go_there_and_back_and_leave_nothing_behind() {
    let place = Place::new().await;
    let content = bytes(2 * MIB + 3);
    let blob = place.keep(&content).await;
    begin(place.db(), place.owner, b"not whole yet").await;
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [1, 0, 0]);
    assert_eq!(
        place.rows_with_bytes().await,
        1,
        "that of the unfinished one"
    );
    assert_eq!(place.s3.objects().len(), 1);
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [0, 0, 0]);
    assert_eq!(place.move_all(Store::Rows).await.unwrap(), [1, 0, 0]);
    assert_eq!(place.rows_with_bytes().await, 4);
    assert!(place.s3.objects().is_empty());
    assert!(place.read(blob, 0, blob.size_bytes).await.unwrap() == content);
    assert_eq!(states(place.database()).await, [(0, 1, None), (1, 1, None)]);
}

/// State, store and what was left where, of all blobs.
async fn states(database: &Database) -> Vec<(u8, u8, Option<u8>)> {
    let sql = "SELECT state, store, left_store FROM blobs ORDER BY state, store";
    database.rows(sql, ()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_movers_of_one_blob_do_not_harm_it() {
    let place = Place::new().await;
    let content = bytes(3 * MIB);
    let blob = place.keep(&content).await;
    for to in [Store::Objects, Store::Rows, Store::Objects] {
        let (one, other) = tokio::join!(place.move_all(to), place.move_all(to));
        let moved = one.unwrap()[0] + other.unwrap()[0];
        assert!(moved >= 1, "somebody moved it");
        assert!(place.read(blob, 0, blob.size_bytes).await.unwrap() == content);
        let objects = usize::from(to == Store::Objects);
        assert_eq!(place.s3.objects().len(), objects, "of {to:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dies_while_it_is_moved_stays_dead() {
    let place = Place::new().await;
    let blob = place.keep(&bytes(MIB)).await;
    // Found alive by the mover, and killed while its object is written.
    place.s3.be(Mood::Full);
    assert!(place.move_all(Store::Objects).await.is_err());
    let kill = "UPDATE blobs SET state = 2, sha256 = NULL, changed_at = UTC_TIMESTAMP(6)";
    place.database().exec(kill, ()).await;
    place.s3.be(Mood::Well);
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [0, 0, 0]);
    assert!(place.read(blob, 0, 1).await.is_ok(), "its rows are there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_loses_nothing_and_the_job_comes_again_later() {
    let place = Place::new().await;
    let content = bytes(9 * MIB);
    let blob = place.keep(&content).await;
    place.s3.be(Mood::Full);
    assert!(run_job(&place, blob_jobs::MIGRATE_BLOBS).await);
    let waits = "SELECT COUNT(*) FROM jobs WHERE kind = 'blobs.migrate' AND last_error <> '' \
                 AND run_at > UTC_TIMESTAMP(6)";
    assert_eq!(place.database().count(waits).await, 1);
    assert!(place.read(blob, 0, blob.size_bytes).await.unwrap() == content);
    assert_eq!(states(place.database()).await, [(1, 1, None)]);
    place.s3.be(Mood::Well);
    assert!(!run_job(&place, blob_jobs::MIGRATE_BLOBS).await, "not yet");
    let sooner = "UPDATE jobs SET run_at = UTC_TIMESTAMP(6) WHERE kind = 'blobs.migrate'";
    place.database().exec(sooner, ()).await;
    assert!(run_job(&place, blob_jobs::MIGRATE_BLOBS).await);
    assert_eq!(states(place.database()).await, [(1, 2, None)]);
    assert!(place.read(blob, 0, blob.size_bytes).await.unwrap() == content);
}

/// Does the work of one kind, if it is due.
async fn run_job(place: &Place, job: PeriodicJob) -> bool {
    satchel::services::jobs::queue::ensure_periodic(place.db(), job.name)
        .await
        .unwrap();
    long_jobs::run_due(&place.app.state, job, "the suite").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_not_moved_and_does_not_keep_the_others() {
    let place = Place::new().await;
    let damaged = place.keep(&bytes(2 * MIB)).await;
    let sound = place.keep(&bytes(MIB)).await;
    let sql = "UPDATE blob_chunks SET data = REVERSE(data) WHERE blob_id = ? AND n = 1";
    place.database().exec(sql, (damaged.id,)).await;
    assert_eq!(place.move_all(Store::Objects).await.unwrap(), [1, 0, 1]);
    assert_eq!(place.s3.objects().len(), 1, "no object of the damaged one");
    assert!(place.read(sound, 0, sound.size_bytes).await.is_ok());
    // The other way: the rows do not become the truth before all of them are right.
    let object = place.s3.objects().remove(0);
    std::fs::write(&object, bytes(MIB)).unwrap();
    assert_eq!(place.move_all(Store::Rows).await.unwrap(), [0, 0, 1]);
    assert_eq!(place.s3.objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_ends_the_work_and_only_one_has_it() {
    let place = Place::new().await;
    let jobs = satchel::services::jobs::queue::claim_long;
    satchel::services::jobs::queue::ensure_periodic(place.db(), "blobs.migrate")
        .await
        .unwrap();
    let mine = jobs(place.db(), "one", "blobs.migrate").await.unwrap();
    let mine = mine.expect("it is due");
    assert!(
        jobs(place.db(), "other", "blobs.migrate")
            .await
            .unwrap()
            .is_none()
    );
    let renew = satchel::services::jobs::queue::renew;
    assert!(renew(place.db(), "one", &mine).await.unwrap());
    let late = "UPDATE jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND";
    place.database().exec(late, ()).await;
    assert!(
        jobs(place.db(), "other", "blobs.migrate")
            .await
            .unwrap()
            .is_some()
    );
    assert!(!renew(place.db(), "one", &mine).await.unwrap());
    let claimed =
        satchel::services::jobs::queue::claim(place.db(), "third", &["blobs.migrate"]).await;
    assert!(claimed.unwrap().is_empty(), "the quick ones leave it alone");
}

/// A fleet whose words to both of its servers are counted.
struct Wired {
    database: Database,
    db: Db,
    storage: Storage,
    s3: OwnS3,
    wire: Tripwire,
    fleet: Fleet,
    _door: WiredDoor,
}

impl Wired {
    async fn new() -> Self {
        let database = Database::create().await;
        let wire = Tripwire::default();
        let server = url::Url::parse(database.url()).unwrap();
        let port = server.port().unwrap_or(3306);
        let door = WiredDoor::before(SocketAddr::from(([127, 0, 0, 1], port)), &wire).await;
        let mut through = server.clone();
        through.set_port(Some(door.addr().port())).unwrap();
        through.set_host(Some("127.0.0.1")).unwrap();
        let s3 = OwnS3::start_with(Some(wire.clone())).await;
        let mut fleet = Fleet::new(through.as_str(), None);
        for (name, value) in s3.settings("s3") {
            fleet.set(name, &value);
        }
        let mut config = Config::new(Secret::new(database.url().to_owned()));
        config.statement = std::time::Duration::from_secs(10);
        config.wait = std::time::Duration::from_secs(6);
        let db = Db::new(&config).unwrap();
        let storage = Storage::with_objects(db.clone(), Some(s3.client()), Store::Objects);
        Self {
            database,
            db,
            storage,
            s3,
            wire,
            fleet,
            _door: door,
        }
    }

    /// Moves everything with the real program; it dies at this word, or not (0). Words it said.
    async fn migrate(&self, to: &str, dies_at: u64) -> u64 {
        self.wire.set(dies_at);
        let mut child = self.fleet.start(&["storage", "migrate", "--to", to]);
        self.wire.hold(child.pid());
        let status = child.end().await;
        assert_eq!(status.success(), dies_at == 0, "{}", child.said());
        if dies_at > 0 {
            assert_eq!(status.code(), None, "it was killed: {}", child.said());
        }
        self.wire.words()
    }

    /// Somebody who owns bytes.
    async fn owner(&self) -> UserId {
        let sql = "INSERT INTO users (id, username, username_norm, email, email_norm, \
                     password_hash, created_at, updated_at) \
                   VALUES (?, 'ann', 'ann', 'a@x.org', 'a@x.org', '', \
                     UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))";
        let owner = UserId::new();
        self.database.exec(sql, (owner,)).await;
        owner
    }

    async fn is_whole(&self, kept: &[(Blob, Vec<u8>)], when: &str) {
        for (blob, content) in kept {
            let mut reader = self.storage.read(*blob, 0..blob.size_bytes);
            let mut got = Vec::new();
            while let Some(chunk) = reader.next().await {
                got.extend_from_slice(&chunk.unwrap_or_else(|err| panic!("{when}: {err}")));
            }
            assert!(got == *content, "{} bytes {when}", content.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_at_twenty_ends_of_the_process_there_and_back() {
    let wired = Wired::new().await;
    let owner = wired.owner().await;
    let mut kept = Vec::new();
    for size in [1, 9 * MIB + 1, MIB, 0] {
        let content = bytes(size);
        kept.push((keep(&wired.db, owner, &content).await, content));
    }
    // One run each way without an end tells how many words there are.
    let there = wired.migrate("s3", 0).await;
    let back = wired.migrate("rows", 0).await;
    assert!(there > ENDS && back > ENDS, "{there} and {back} words");
    for round in 0..ENDS / 2 {
        for (to, words) in [("s3", there), ("rows", back)] {
            let at = 1 + round * (words - 1) / (ENDS / 2);
            wired.migrate(to, at).await;
            let when = format!("after an end at word {at} of {words} to {to}");
            wired.is_whole(&kept, &when).await;
            wired.migrate(to, 0).await;
            wired.is_whole(&kept, &format!("{when}, done again")).await;
            let full = rows_with_bytes(&wired.database).await;
            assert_eq!(full, if to == "s3" { 0 } else { 12 }, "{when}");
            let left = "SELECT COUNT(*) FROM blobs WHERE left_store IS NOT NULL";
            assert_eq!(wired.database.count(left).await, 0, "{when}");
        }
    }
    // What the dead ones had put there and nobody names goes when it is old enough.
    wired.s3.age();
    let swept = satchel::services::blobs::gc::run(&wired.db, &wired.storage).await;
    assert_eq!(wired.s3.objects(), Vec::<std::path::PathBuf>::new());
    assert_eq!(swept.unwrap().dead, 0);
    wired.is_whole(&kept, "at the end").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_what_is_damaged_and_what_is_missing() {
    let wired = Wired::new().await;
    let owner = wired.owner().await;
    let in_rows = keep(&wired.db, owner, &bytes(2 * MIB)).await;
    let file = name(&wired.database, &in_rows).await;
    let printed = wired.fleet.run_well(&["storage", "verify"]);
    assert_eq!(printed, "1 blobs are sound\n");
    let sql = "UPDATE blob_chunks SET data = REVERSE(data) WHERE n = 1";
    wired.database.exec(sql, ()).await;
    let output = wired.fleet.run(&["storage", "verify"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let names = format!("damaged: owner {owner} files {file} store rows");
    assert!(said.contains(&names), "{said}");
    wired.database.exec(sql, ()).await;
    wired.fleet.run_well(&["storage", "migrate", "--to", "s3"]);
    std::fs::remove_file(wired.s3.objects().remove(0)).unwrap();
    let output = wired.fleet.run(&["storage", "verify"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("it is not there"), "{said}");
    wired.s3.be(Mood::Away);
    let output = wired.fleet.run(&["storage", "verify"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        !output.status.success() && said.contains("unread"),
        "{said}"
    );
}
