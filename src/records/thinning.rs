//! How texts grow old: all of a day are kept, then one an hour for a week, one a day for a year.
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

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// Ages at which a row asks for a look, each a little after a rule begins to hold for it.
const AGES: [i64; 4] = [HOUR, 25 * HOUR, 8 * DAY, 366 * DAY];

#[derive(Debug, Clone, FromRow)]
struct Row {
    version: u64,
    follows: Option<u64>,
    reason: String,
    created_at: Timestamp,
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
        "SELECT version, follows, reason, created_at, packed IS NOT NULL AS packed \
         FROM revisions WHERE owner_id = ? AND kind = ? AND entity_id = ? \
         ORDER BY version DESC LIMIT ?",
    );
    db.transaction("thinning.look", |tx| async move {
        let mut rows: Vec<Row> = tx.list(&ROWS_OF, (owner, kind, entity, ROWS)).await?;
        rows.reverse();
        let verdict = judge(&rows, now.micros());
        for version in &verdict.drop {
            drop_row(&tx, owner, kind, entity, *version).await?;
        }
        for version in &verdict.pack {
            pack(&tx, owner, kind, entity, *version).await?;
        }
        rest(&tx, owner, kind, entity).await
    })
    .await
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
        let was_current = row.follows.is_some();
        let until = if was_current {
            superseded
        } else {
            Some(created)
        };
        if was_current {
            superseded = Some(created);
        }
        let Some(until) = until else { continue };
        let (age, idle) = (now - created, now - until);
        let stays = row.reason == "conflict"
            || idle <= DAY
            || age <= DAY
            || (age <= 7 * DAY && kept_hours.insert(created.div_euclid(HOUR)))
            || (age > 7 * DAY && age <= 365 * DAY && kept_days.insert(created.div_euclid(DAY)));
        if !stays {
            verdict.drop.push(row.version);
        } else if !row.packed && idle >= HOUR / 2 {
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
    const PACK: Query = Query::new(
        "thinning.pack",
        "UPDATE revisions SET packed = COMPRESS(body), body = '' \
         WHERE owner_id = ? AND kind = ? AND entity_id = ? AND version = ? AND packed IS NULL \
           AND size_bytes > 200",
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
            follows: (!matches!(reason, "conflict" | "merged")).then_some(version - 1),
            reason: reason.to_owned(),
            created_at: Timestamp::from_micros(NOW - age).unwrap(),
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
