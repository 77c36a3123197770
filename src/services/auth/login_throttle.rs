//! Counted tries in MySQL: they hold over all instances, with or without Redis.
//! Charged before the work and given back when it went well, so that many at once cannot slip
//! through. Names and addresses are kept only as keyed digests. The first refusal of a window is
//! audited, the others are not: a flood fills no table.

use std::time::Duration;

use mysql_async::params;

use crate::platform::crypto::Keys;
use crate::platform::db::{Db, DbError, Query};
use crate::services::auth::audit::{self, Entry};

/// A bound on tries: so many in so many seconds, counted from the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    purpose: &'static str,
    limit: u64,
    window_s: u32,
}

/// Failed sign-ins under one account name, known or not: 10 a minute.
pub const ACCOUNT: Throttle = Throttle {
    purpose: "sign-in account",
    limit: 10,
    window_s: 60,
};

/// Failed sign-ins from one address: 100 in 10 minutes.
pub const ADDRESS: Throttle = Throttle {
    purpose: "sign-in address",
    limit: 100,
    window_s: 600,
};

const CHARGE: Query = Query::new(
    "throttle.charge",
    "INSERT INTO throttles (bucket, count, begins_at, expires_at) \
     VALUES (:bucket, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL :window SECOND) \
     ON DUPLICATE KEY UPDATE \
       count = IF(expires_at <= UTC_TIMESTAMP(6), 1, count + 1), \
       begins_at = IF(expires_at <= UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), begins_at), \
       expires_at = IF(expires_at <= UTC_TIMESTAMP(6), VALUES(expires_at), expires_at)",
);

const READ: Query = Query::new(
    "throttle.read",
    "SELECT count, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), expires_at) FROM throttles \
     WHERE bucket = ?",
);

/// The window is marked with its own beginning, so a new one begins unmarked. A count that sinks and
/// rises again within a window does not unmark it.
const MARK: Query = Query::new(
    "throttle.mark",
    "UPDATE throttles SET audited_for = begins_at \
     WHERE bucket = ? AND (audited_for IS NULL OR audited_for <> begins_at)",
);

const REFUND: Query = Query::new(
    "throttle.refund",
    "UPDATE throttles SET count = count - 1 WHERE bucket = ? AND count > 0",
);

const PURGE: Query = Query::new(
    "throttle.purge",
    "DELETE FROM throttles WHERE expires_at < UTC_TIMESTAMP(6) LIMIT 1000",
);

/// Counts a try; `Some`: too many, come back after that time. `refusal` is the line for the audit
/// log, written for the first try of a window that is turned away.
pub async fn charge(
    db: &Db,
    keys: &Keys,
    throttle: Throttle,
    subject: &[u8],
    refusal: Entry<'_>,
) -> Result<Option<Duration>, DbError> {
    let bucket = keys.mac(throttle.purpose, &[subject]);
    let (count, left_us): (u64, i64) = db
        .transaction("throttle.charge", |tx| async move {
            let values = params! { "bucket" => bucket.as_slice(), "window" => throttle.window_s };
            tx.exec(&CHARGE, values).await?;
            let row = tx.first(&READ, (bucket.as_slice(),)).await?;
            let (count, left_us) = row.unwrap_or((1, 0));
            if count > throttle.limit && tx.exec(&MARK, (bucket.as_slice(),)).await?.affected == 1 {
                audit::write(&tx, refusal).await?;
            }
            Ok::<_, DbError>((count, left_us))
        })
        .await?;
    let left = Duration::from_micros(u64::try_from(left_us).unwrap_or(0));
    Ok((count > throttle.limit).then_some(left))
}

/// Gives a try back: it was none of those that are counted.
pub async fn refund(
    db: &Db,
    keys: &Keys,
    throttle: Throttle,
    subject: &[u8],
) -> Result<(), DbError> {
    let bucket = keys.mac(throttle.purpose, &[subject]);
    db.exec(&REFUND, (bucket.as_slice(),)).await?;
    Ok(())
}

/// Deletes counts whose time is over, a thousand at a time; how many.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE, ()).await?.affected)
}
