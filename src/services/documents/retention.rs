//! How texts grow old: all of a day are kept, then one an hour for a week, one a day for a year, of
//! those that stood. What was only sent and then merged stays for the day.
//! Losers of conflicts stay until somebody removes them, the current text always. What is kept
//! but no longer current is compressed. Each row asks for a look when it reaches the next age.

use std::collections::HashSet;

use mysql_async::prelude::FromRow;

use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::platform::db::{Db, DbError, Query, Tx};

/// Rows that ask for a look which one run serves.
const LOOKS: u32 = 200;
/// Texts of one entity that one look considers; the rest is left to the next one.
const ROWS: u32 = 5000;
/// Rows that one transaction drops or packs, and bytes that it packs: it must end in good time.
const STEP_ROWS: usize = 200;
const STEP_BYTES: u64 = 8 * 1024 * 1024;
/// More steps than one look can need.
const STEPS_MAX: u32 = 1000;
/// Shorter texts are not worth it.
const PACKED_FROM: u32 = 201;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// Ages at which a row asks for a look, each a little after a rule begins to hold for it.
const AGES: [i64; 4] = [HOUR, 25 * HOUR, 8 * DAY, 366 * DAY];

#[derive(Debug, Clone, FromRow)]
struct Row {
    version: u64,
    reason: String,
    created_at: Timestamp,
    size_bytes: u32,
    packed: bool,
}

/// What one look decides.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    drop: Vec<u64>,
    pack: Vec<u64>,
}

/// Serves some of the rows that ask for a look; how many entities that were.
pub async fn run(db: &Db) -> Result<u64, DbError> {
    const DUE: Query = Query::new(
        "thinning.due",
        "SELECT owner_id, kind, entity_id, UTC_TIMESTAMP(6) FROM revisions \
         WHERE look_at <= UTC_TIMESTAMP(6) ORDER BY look_at LIMIT ?",
    );
    type Due = (UserId, u8, Vec<u8>, Timestamp);
    let due: Vec<Due> = db.list(&DUE, (LOOKS,)).await?;
    let mut seen = HashSet::new();
    for (owner, kind, entity, now) in due {
        if seen.insert((*owner.as_bytes(), kind, entity.clone())) {
            look(db, owner, kind, &entity, now).await?;
        }
    }
    Ok(seen.len() as u64)
}

async fn look(
    db: &Db,
    owner: UserId,
    kind: u8,
    entity: &[u8],
    now: Timestamp,
) -> Result<(), DbError> {
    const ROWS_OF: Query = Query::new(
        "thinning.rows",
        "SELECT version, reason, created_at, size_bytes, packed IS NOT NULL AS packed \
         FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ? \
         ORDER BY version DESC LIMIT ?",
    );
    for _ in 0..STEPS_MAX {
        let done: Result<bool, DbError> = db
            .transaction("thinning.look", |tx| async move {
                let mut rows: Vec<Row> = tx.list(&ROWS_OF, (owner, kind, entity, ROWS)).await?;
                rows.reverse();
                let (step, done) = first_step(judge(&rows, now.micros()), &rows);
                for version in &step.drop {
                    drop_row(&tx, owner, kind, entity, *version).await?;
                }
                for version in &step.pack {
                    pack(&tx, owner, kind, entity, *version).await?;
                }
                if done {
                    rest(&tx, owner, kind, entity).await?;
                }
                Ok(done)
            })
            .await;
        if done? {
            break;
        }
    }
    Ok(())
}

/// As much of a verdict as one transaction may do, and whether that is all of it.
fn first_step(verdict: Verdict, rows: &[Row]) -> (Verdict, bool) {
    let size = |version| {
        let found = rows.binary_search_by_key(&version, |row| row.version);
        found.map_or(0, |place| u64::from(rows[place].size_bytes))
    };
    let whole = verdict.drop.len() + verdict.pack.len();
    let mut step = verdict;
    step.drop.truncate(STEP_ROWS);
    step.pack.truncate(STEP_ROWS - step.drop.len());
    let mut bytes = 0;
    let fit = step.pack.iter().take_while(|version| {
        bytes += size(**version);
        bytes <= STEP_BYTES
    });
    let fit = fit.count();
    step.pack.truncate(fit);
    let done = step.drop.len() + step.pack.len() == whole;
    (step, done)
}

/// Which rows go and which are compressed. `rows` are the oldest first.
fn judge(rows: &[Row], now: i64) -> Verdict {
    let mut verdict = Verdict::default();
    // From the newest to the oldest: the latest text of each hour or day stays.
    let mut kept_hours = HashSet::new();
    let mut kept_days = HashSet::new();
    // When the text at hand was superseded: the next one that was current says so.
    let mut superseded: Option<i64> = None;
    for row in rows.iter().rev() {
        let created = row.created_at.micros();
        // Not told by `parent_version`: a program from before that column leaves it empty.
        let was_current = !matches!(row.reason.as_str(), "conflict" | "merged");
        let until = if was_current {
            superseded
        } else {
            Some(created)
        };
        if was_current {
            superseded = Some(created);
        }
        let age = now - created;
        // Whatever else a text is kept for, it is the latest of its hour or day.
        let is_latest = was_current
            && if age <= 7 * DAY {
                kept_hours.insert(created.div_euclid(HOUR))
            } else {
                kept_days.insert(created.div_euclid(DAY)) && age <= 365 * DAY
            };
        let Some(until) = until else { continue };
        let idle = now - until;
        let stays = row.reason == "conflict" || idle <= DAY || age <= DAY || is_latest;
        if !stays {
            verdict.drop.push(row.version);
        } else if !row.packed && row.size_bytes >= PACKED_FROM && idle >= HOUR / 2 {
            verdict.pack.push(row.version);
        }
    }
    verdict
}

async fn drop_row(
    tx: &Tx,
    owner: UserId,
    kind: u8,
    entity: &[u8],
    version: u64,
) -> Result<(), DbError> {
    const DROP: Query = Query::new(
        "thinning.drop",
        "DELETE FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ?",
    );
    tx.exec(&DROP, (owner, kind, entity, version)).await?;
    Ok(())
}

/// The database compresses: the text does not have to travel.
async fn pack(
    tx: &Tx,
    owner: UserId,
    kind: u8,
    entity: &[u8],
    version: u64,
) -> Result<(), DbError> {
    // `body` is emptied after `packed` was filled from it: assignments run from left to right.
    // A server that cannot compress says NULL, and the text stays where it is.
    const PACK: Query = Query::new(
        "thinning.pack",
        "UPDATE revisions SET packed = COMPRESS(body), body = IF(packed IS NULL, body, '') \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ? AND packed IS NULL",
    );
    tx.exec(&PACK, (owner, kind, entity, version)).await?;
    Ok(())
}

/// Each row asks for its next look, by its own age.
async fn rest(tx: &Tx, owner: UserId, kind: u8, entity: &[u8]) -> Result<(), DbError> {
    const REST: Query = Query::new(
        "thinning.rest",
        "UPDATE revisions SET look_at = CASE \
           WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND \
             THEN created_at + INTERVAL ? SECOND \
           WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND \
             THEN created_at + INTERVAL ? SECOND \
           WHEN created_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND \
             THEN created_at + INTERVAL ? SECOND \
           ELSE NULL END \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND look_at <= UTC_TIMESTAMP(6)",
    );
    let [_, day, week, year] = AGES.map(|age| age / SECOND);
    let values = (day, day, week, week, year, year, owner, kind, entity);
    tx.exec(&REST, values).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: u64, age: i64, reason: &str) -> Row {
        Row {
            version,
            reason: reason.to_owned(),
            created_at: Timestamp::from_micros(NOW - age).unwrap(),
            size_bytes: 1000,
            packed: false,
        }
    }

    const NOW: i64 = 20_000 * DAY;

    #[test]
    fn all_of_a_day_then_hourly_then_daily() {
        let minute = HOUR / 60;
        let rows = [
            row(1, 400 * DAY, "edit"),
            row(2, 100 * DAY - 5 * HOUR, "edit"),
            row(3, 100 * DAY - 6 * HOUR, "edit"),
            row(4, 3 * DAY + 30 * minute, "edit"),
            row(5, 3 * DAY + 20 * minute, "conflict"),
            row(6, 3 * DAY + 10 * minute, "edit"),
            row(7, 20 * HOUR, "edit"),
            row(8, 19 * HOUR, "edit"),
        ];
        let verdict = judge(&rows, NOW);
        // 1 is older than a year, 2 and 4 have a later one of their day or hour. 6 was current
        // until 20 hours ago, 8 is current.
        assert_eq!(verdict.drop, [4, 2, 1]);
        assert_eq!(verdict.pack, [7, 6, 5, 3]);
    }

    #[test]
    fn much_is_done_in_steps() {
        let rows: Vec<Row> = (1..=300).map(|n| row(n, 900 * DAY, "edit")).collect();
        let (step, done) = first_step(judge(&rows, NOW), &rows);
        assert_eq!((step.drop.len(), done), (200, false));
        let mut rows: Vec<Row> = (1..=20).map(|n| row(n, 2 * HOUR, "edit")).collect();
        let (step, done) = first_step(judge(&rows, NOW), &rows);
        assert_eq!((step.pack.len(), done), (19, true));
        for row in &mut rows {
            row.size_bytes = 1024 * 1024;
        }
        let (step, done) = first_step(judge(&rows, NOW), &rows);
        assert_eq!((step.pack.len(), done), (8, false));
    }

    #[test]
    fn what_was_merged_takes_nobodys_place() {
        let rows = [
            row(1, 3 * DAY + 2, "edit"),
            row(2, 3 * DAY + 1, "merge"),
            row(3, 3 * DAY, "merged"),
            row(4, HOUR, "edit"),
        ];
        let verdict = judge(&rows, NOW);
        assert_eq!(verdict.drop, [3, 1]);
        assert_eq!(verdict.pack, [2]);
        let rows = [row(1, DAY, "merge"), row(2, DAY, "merged")];
        assert!(judge(&rows, NOW).drop.is_empty());
    }

    #[test]
    fn a_text_that_was_current_until_yesterday_stays_for_a_day() {
        let rows = [
            row(1, 10 * DAY, "edit"),
            row(2, 10 * DAY - HOUR, "edit"),
            row(3, 2 * HOUR, "edit"),
        ];
        assert_eq!(judge(&rows, NOW).drop, [1]);
        // The same, looked at while the first was superseded only just now.
        let rows = [row(1, 10 * DAY, "edit"), row(2, HOUR, "edit")];
        assert!(judge(&rows, NOW).drop.is_empty());
    }
}
