//! `satchel storage`: moves files between the stores, and checks every byte of them. Both work
//! beside running instances, and go on where they were when they are started again.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::{Failure, Outcome, build, complain, print};
use crate::app::config::Config;
use crate::domain::id::BlobId;
use crate::platform::db::Db;
use crate::platform::storage::{Storage, StorageError, Store};
use crate::services::blobs::migration::{self, Outcome as Came};
use crate::services::blobs::verification::{self, Fault};

/// Tries of one blob while the database is busy or changes its master.
const TRIES: u32 = 10;
/// Pause between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// Nobody waits for an answer here: a busy database may take its time.
const STATEMENT: Duration = Duration::from_secs(60);
const WAIT: Duration = Duration::from_secs(10);

#[derive(Subcommand)]
pub(super) enum StorageCommand {
    /// Move the bytes of all files to another store.
    Migrate {
        /// Where they are to be.
        #[arg(long)]
        to: Target,
    },
    /// Read the bytes of all files and say which are missing or damaged; exit code 0 when none is.
    Verify,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Target {
    /// Rows of the database.
    Rows,
    /// The object store.
    S3,
}

pub(super) async fn run(command: StorageCommand) -> Outcome {
    let mut config = Config::from_environment()?;
    config.db.statement = config.db.statement.max(STATEMENT);
    config.db.wait = config.db.wait.max(WAIT);
    let db = Db::new(&config.db)?;
    let storage = build::storage(&config, &db)?;
    match command {
        StorageCommand::Migrate { to: Target::Rows } => migrate(&db, &storage, Store::Rows).await,
        StorageCommand::Migrate { to: Target::S3 } => migrate(&db, &storage, Store::Objects).await,
        StorageCommand::Verify => verify(&db, &storage).await,
    }
}

async fn migrate(db: &Db, storage: &Storage, to: Store) -> Outcome {
    let all = migration::remaining(db, to).await?;
    if to == Store::Objects || all.blobs > 0 {
        storage.objects()?.probe().await?;
    }
    if storage.home() != to {
        complain(&format!(
            "warning: SATCHEL_FILES_STORE is {}: {}",
            storage.home().word(),
            match to {
                Store::Objects => "new files will stay in the database",
                Store::Rows => "running instances will move the files to the object store again",
            }
        ));
    }
    print(&format!(
        "{} blobs, {} MiB to move to {}\n",
        all.blobs,
        mib(all.bytes),
        to.word()
    ));
    let (mut after, mut blobs, mut bytes, mut damaged) = (None, 0_u64, 0_u64, 0_u64);
    while let Some((id, came)) = next(db, storage, to, after).await? {
        after = Some(id);
        match came {
            Came::Moved(blob) => {
                blobs += 1;
                bytes += blob.size_bytes;
                let (total, size) = (all.blobs.max(blobs), mib(bytes));
                print(&format!("{blobs} of {total} blobs, {size} MiB: {id}\n"));
            }
            Came::Damaged(blob) => {
                damaged += 1;
                complain(&format!(
                    "damaged, not moved: owner {} blob {id}",
                    blob.owner
                ));
            }
            Came::Elsewhere => {}
        }
    }
    // Of a run that was cut.
    migration::settle_left(db, storage, to, 0).await?;
    let left = migration::remaining(db, to).await?.blobs;
    print(&format!("moved {blobs} blobs, {left} are left\n"));
    match (left, damaged) {
        (0, 0) => Ok(()),
        (left, damaged) => Err(Failure(format!(
            "{left} blobs are not in {} yet, {damaged} of them damaged",
            to.word()
        ))),
    }
}

/// The next blob; a database that is busy for a moment does not end a move of hours.
async fn next(
    db: &Db,
    storage: &Storage,
    to: Store,
    after: Option<BlobId>,
) -> Result<Option<(BlobId, Came)>, StorageError> {
    for _ in 1..TRIES {
        match migration::next(db, storage, to, after).await {
            Err(StorageError::Db(err)) if err.is_unavailable() => {
                complain(&format!("waiting for the database: {err}"));
                tokio::time::sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
    migration::next(db, storage, to, after).await
}

async fn verify(db: &Db, storage: &Storage) -> Outcome {
    let (mut after, mut sound) = (None, 0_u64);
    let mut bad: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(checked) = verification::next(db, storage, after).await? {
        after = Some(checked.blob.id);
        let Some(err) = checked.error else {
            sound += 1;
            continue;
        };
        let (word, owner) = (err.word(), checked.blob.owner);
        let files: Vec<String> = checked.files.iter().map(ToString::to_string).collect();
        print(&format!(
            "{word}: owner {owner} files {} store {}: {}\n",
            files.join(","),
            checked.blob.store.word(),
            err.text()
        ));
        *bad.entry(word.to_owned()).or_default() += 1;
        if matches!(err, Fault::Unread(_)) {
            // One that hiccups is asked on; one that is away would take seconds for each blob.
            storage.objects()?.probe().await?;
        }
    }
    print(&format!("{sound} blobs are sound\n"));
    if bad.is_empty() {
        return Ok(());
    }
    let counts: Vec<String> = bad
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    Err(Failure(format!("of the blobs, {}", counts.join(", "))))
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}
