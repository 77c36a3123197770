//! What features need to know of the accounts whose things they keep. Accounts themselves are the
//! business of `features/accounts`.

use crate::domain::id::UserId;
use crate::platform::db::{Db, DbError, Query};

/// Where somebody lives, as the IANA name of a time zone.
pub async fn time_zone(db: &Db, owner: UserId) -> Result<String, DbError> {
    const TIME_ZONE: Query = Query::new(
        "owners.time_zone",
        "SELECT time_zone FROM users WHERE id = ?",
    );
    let row: Option<(String,)> = db.first(&TIME_ZONE, (owner,)).await?;
    Ok(row.map_or_else(|| "UTC".to_owned(), |(zone,)| zone))
}
