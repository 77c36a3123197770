//! Numbers over the tables of all nouns. Reads no row's contents. A count goes through so many rows
//! at most; beyond them the server's own estimate is told, so that a look costs little however much
//! there is. Only accounts are counted to the last one, in an index.

use mysql_async::params;

use crate::platform::db::{Db, DbError, Query};

/// Rows that one count goes through.
const EXACT_MAX: u64 = 100_000;

const USERS: Query = Query::new(
    "stats.users",
    "SELECT role, status, COUNT(*) FROM users GROUP BY role, status",
);

/// Names that are kept for the owners of known addresses: no accounts.
const RESERVED: Query = Query::new(
    "stats.reserved",
    "SELECT COUNT(*) FROM users WHERE email_norm IS NULL",
);

const LEAVING: Query = Query::new(
    "stats.leaving",
    "SELECT COUNT(*) FROM users WHERE delete_after IS NOT NULL",
);

const NOTES: Query = Query::new(
    "stats.notes",
    "SELECT COUNT(*) FROM (SELECT 1 FROM notes WHERE shelf < 3 LIMIT :most) counted",
);

const SESSIONS: Query = Query::new(
    "stats.sessions",
    "SELECT COUNT(*) FROM (SELECT 1 FROM sessions WHERE revoked_at IS NULL \
       AND idle_until > UTC_TIMESTAMP(6) AND expires_at > UTC_TIMESTAMP(6) LIMIT :most) counted",
);

const MAILS: Query = Query::new(
    "stats.mails",
    "SELECT CAST(COALESCE(SUM(status = 'pending'), 0) AS UNSIGNED), \
       CAST(COALESCE(SUM(status = 'failed'), 0) AS UNSIGNED), COUNT(*) \
     FROM (SELECT status FROM outbox ORDER BY created_at DESC LIMIT :most) counted",
);

const JOBS: Query = Query::new(
    "stats.jobs",
    "SELECT CAST(COALESCE(SUM(last_error = ''), 0) AS UNSIGNED), \
       CAST(COALESCE(SUM(last_error <> ''), 0) AS UNSIGNED), COUNT(*) \
     FROM (SELECT last_error FROM jobs ORDER BY id LIMIT :most) counted",
);

/// What the server believes of its tables: rows and bytes.
const TABLES: Query = Query::new(
    "stats.tables",
    "SELECT table_name, CAST(COALESCE(table_rows, 0) AS UNSIGNED), \
       CAST(COALESCE(data_length + index_length, 0) AS UNSIGNED) \
     FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
);

/// A number, and whether it was counted or, beyond some size, estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) exact: bool,
}

/// Accounts by what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Users {
    pub(super) pending: u64,
    pub(super) active: u64,
    pub(super) disabled: u64,
    pub(super) admins: u64,
    pub(super) leaving: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) users: Users,
    pub(super) notes: Counted,
    pub(super) sessions: Counted,
    pub(super) mails_pending: Counted,
    pub(super) mails_failed: Counted,
    pub(super) jobs_waiting: Counted,
    pub(super) jobs_failing: Counted,
    pub(super) texts_bytes: u64,
    pub(super) search_bytes: u64,
    pub(super) total_bytes: u64,
}

/// Rows and bytes of a table, as the server believes.
type Table = (String, u64, u64);

/// Counts.
pub(super) async fn numbers(db: &Db) -> Result<Numbers, DbError> {
    let tables: Vec<Table> = db.list(&TABLES, ()).await?;
    let bytes = |names: &[&str]| {
        let those = tables
            .iter()
            .filter(|(name, ..)| names.contains(&name.as_str()));
        those.map(|(.., bytes)| bytes).sum()
    };
    let (mails_pending, mails_failed) = halves(db, &MAILS).await?;
    let (jobs_waiting, jobs_failing) = halves(db, &JOBS).await?;
    Ok(Numbers {
        users: users(db).await?,
        notes: counted(db, &NOTES, &tables, "notes").await?,
        sessions: counted(db, &SESSIONS, &tables, "sessions").await?,
        mails_pending,
        mails_failed,
        jobs_waiting,
        jobs_failing,
        texts_bytes: bytes(&["notes", "revisions"]),
        search_bytes: bytes(&["terms", "postings"]),
        total_bytes: tables.iter().map(|(.., bytes)| bytes).sum(),
    })
}

async fn users(db: &Db) -> Result<Users, DbError> {
    let groups: Vec<(String, String, u64)> = db.list(&USERS, ()).await?;
    let reserved: Option<(u64,)> = db.first(&RESERVED, ()).await?;
    let leaving: Option<(u64,)> = db.first(&LEAVING, ()).await?;
    let sum = |word: &str| {
        let those = groups.iter().filter(|(_, status, _)| status == word);
        those.map(|(.., count)| count).sum::<u64>()
    };
    let admins = groups.iter().filter(|(role, ..)| role == "admin");
    Ok(Users {
        // Kept names wait for a proof that never comes.
        pending: sum("pending").saturating_sub(reserved.map_or(0, |(count,)| count)),
        active: sum("active"),
        disabled: sum("disabled"),
        admins: admins.map(|(.., count)| count).sum(),
        leaving: leaving.map_or(0, |(count,)| count),
    })
}

async fn counted(
    db: &Db,
    query: &Query,
    tables: &[Table],
    table: &str,
) -> Result<Counted, DbError> {
    let row: Option<(u64,)> = db.first(query, params! { "most" => EXACT_MAX + 1 }).await?;
    let count = row.map_or(0, |(count,)| count);
    if count <= EXACT_MAX {
        return Ok(Counted { count, exact: true });
    }
    let estimate = tables.iter().find(|(name, ..)| name == table);
    Ok(Counted {
        count: estimate.map_or(count, |(_, rows, _)| count.max(*rows)),
        exact: false,
    })
}

/// Two counts of one walk.
async fn halves(db: &Db, query: &Query) -> Result<(Counted, Counted), DbError> {
    let values = params! { "most" => EXACT_MAX };
    let row: Option<(u64, u64, u64)> = db.first(query, values).await?;
    let (one, other, seen) = row.unwrap_or_default();
    let exact = seen < EXACT_MAX;
    let counted = |count| Counted { count, exact };
    Ok((counted(one), counted(other)))
}
