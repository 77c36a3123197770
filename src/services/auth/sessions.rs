//! Who may act: the sign-ins in MySQL and the check behind every request, sped up by Redis.
//! Refuses to keep truth in Redis: a flush costs a query, never an answer.

use std::time::Duration;

use mysql_async::params;
use mysql_async::prelude::FromRow;

use crate::domain::id::{SessionId, UserId};
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::auth::refresh::RefreshToken;
use crate::platform::cache::{Cache, Cached, Key};
use crate::platform::db::{Db, DbError, Query, Tx};
use crate::platform::metrics;
use crate::services::auth::audit::Origin;
use crate::services::auth::rate_limits::{Charge, Limits, Policy};
use crate::services::page_cache::epoch::{self, CacheEpoch, Scope, TOKEN_CHARS};
use crate::services::page_cache::{self, Page, PageKey};

/// Life of a cached check: the stated bound where a revoker could not reach Redis.
const CHECK_LIFE: Duration = Duration::from_secs(2);
/// Days without a refresh after which a sign-in ends.
pub const IDLE_DAYS: u32 = 14;
/// Days after which a sign-in ends in any case.
pub const ABSOLUTE_DAYS: u32 = 60;
/// Seconds in which the refresh token before the present one is answered with its successor.
pub const GRACE_S: u32 = 10;

/// A caller whose token is genuine; whether the sign-in still stands is not yet known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    pub user: UserId,
    pub session: SessionId,
}

/// What an account may do right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
}

/// A cached check: the epoch, then the role's word.
struct StoredStanding {
    epoch: CacheEpoch,
    standing: Standing,
}

impl Cached for StoredStanding {
    fn to_bytes(&self) -> Vec<u8> {
        format!("{}{}", self.epoch.as_str(), self.standing.role.as_str()).into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (token, role) = bytes.split_at_checked(TOKEN_CHARS)?;
        Some(Self {
            epoch: CacheEpoch::from_bytes(token)?,
            standing: Standing {
                role: Role::from_word(std::str::from_utf8(role).ok()?),
            },
        })
    }
}

/// The caller's standing, and how much of the quota is left.
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// `None`: the sign-in is over.
    pub standing: Option<Standing>,
    /// `None`: the limits are switched off.
    pub charge: Option<Charge>,
}

/// What one round trip to Redis told about a request for a list page.
pub struct Look {
    /// How much of the quota is left.
    pub charge: Option<Charge>,
    /// The caller's standing; `None`: the sign-in is over.
    pub standing: Option<Standing>,
    /// The page, when a good one is cached.
    pub page: Option<Page>,
    /// The epoch under which a loaded page may be stored.
    pub epoch: Option<CacheEpoch>,
}

impl Look {
    /// A check without a page.
    pub fn without_page(standing: Option<Standing>, charge: Option<Charge>) -> Self {
        Self {
            charge,
            standing,
            page: None,
            epoch: None,
        }
    }
}

/// The sign-ins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    cache: Cache,
    limits: Limits,
}

const CHECK: Query = Query::new(
    "sessions.check",
    "SELECT u.role FROM sessions s JOIN users u ON u.id = s.user_id \
     WHERE s.user_id = ? AND s.id = ? AND s.revoked_at IS NULL \
       AND s.expires_at > UTC_TIMESTAMP(6) AND u.status = 'active'",
);

const INSERT: Query = Query::new(
    "sessions.insert",
    "INSERT INTO sessions (user_id, id, refresh_hash, user_agent, ip, created_at, last_seen_at, \
       idle_until, expires_at) \
     VALUES (:user, :id, :hash, :agent, :ip, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), \
       UTC_TIMESTAMP(6) + INTERVAL :idle DAY, UTC_TIMESTAMP(6) + INTERVAL :absolute DAY)",
);

const ROTATE: Query = Query::new(
    "sessions.rotate",
    "UPDATE sessions SET prev_hash = refresh_hash, refresh_hash = :next, \
       prev_until = UTC_TIMESTAMP(6) + INTERVAL :grace SECOND, last_seen_at = UTC_TIMESTAMP(6), \
       idle_until = UTC_TIMESTAMP(6) + INTERVAL :idle DAY \
     WHERE id = :id AND refresh_hash = :hash AND revoked_at IS NULL \
       AND expires_at > UTC_TIMESTAMP(6) AND idle_until > UTC_TIMESTAMP(6)",
);

const STATE: Query = Query::new(
    "sessions.state",
    "SELECT user_id, prev_hash <=> :hash AND prev_until > UTC_TIMESTAMP(6), \
       refresh_hash = :hash, \
       revoked_at IS NULL AND expires_at > UTC_TIMESTAMP(6) AND idle_until > UTC_TIMESTAMP(6) \
     FROM sessions WHERE id = :id",
);

const REVOKE: Query = Query::new(
    "sessions.revoke",
    "UPDATE sessions SET revoked_at = UTC_TIMESTAMP(6) \
     WHERE user_id = ? AND id = ? AND revoked_at IS NULL",
);

const REVOKE_ALL: Query = Query::new(
    "sessions.revoke_all",
    "UPDATE sessions SET revoked_at = UTC_TIMESTAMP(6) WHERE user_id = ? AND revoked_at IS NULL",
);

const PURGE: Query = Query::new(
    "sessions.purge",
    "DELETE FROM sessions WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000",
);

/// Opens a sign-in in the caller's transaction.
pub async fn open(
    tx: &Tx,
    user: UserId,
    token: &RefreshToken,
    origin: &Origin,
) -> Result<(), DbError> {
    let agent: String = origin.user_agent.chars().take(255).collect();
    let values = params! {
        "user" => user,
        "id" => token.session(),
        "hash" => token.hash().as_slice(),
        "agent" => agent,
        "ip" => &origin.ip,
        "idle" => IDLE_DAYS,
        "absolute" => ABSOLUTE_DAYS,
    };
    tx.exec(&INSERT, values).await?;
    Ok(())
}

/// What presenting a refresh token led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Its successor is good now: handed out by this call or, within the grace, by another one.
    Rotated(UserId),
    /// An old token came back: somebody else has it, so the whole sign-in was ended.
    Reused(UserId),
    /// The sign-in is over or was never there.
    Over,
}

/// Exchanges a refresh token for its successor. Of many calls at once one rotates, the others
/// fall into the grace and are given the same successor.
pub async fn rotate(
    tx: &Tx,
    token: &RefreshToken,
    successor: &RefreshToken,
) -> Result<Rotation, DbError> {
    let hash = token.hash();
    let values = params! {
        "id" => token.session(),
        "hash" => hash.as_slice(),
        "next" => successor.hash().as_slice(),
        "grace" => GRACE_S,
        "idle" => IDLE_DAYS,
    };
    let rotated = tx.exec(&ROTATE, values).await?.affected == 1;
    let values = params! { "id" => token.session(), "hash" => hash.as_slice() };
    type Row = (UserId, Option<bool>, bool, bool);
    let Some((user, in_grace, _, alive)) = tx.first::<Row>(&STATE, values).await? else {
        return Ok(Rotation::Over);
    };
    if rotated || (alive && in_grace == Some(true)) {
        return Ok(Rotation::Rotated(user));
    }
    if !alive {
        return Ok(Rotation::Over);
    }
    tx.exec(&REVOKE, (user, token.session())).await?;
    Ok(Rotation::Reused(user))
}

const LIST: Query = Query::new(
    "sessions.list",
    "SELECT id, user_agent, ip, created_at, last_seen_at, LEAST(idle_until, expires_at) AS ends_at \
     FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > UTC_TIMESTAMP(6) \
       AND idle_until > UTC_TIMESTAMP(6) ORDER BY last_seen_at DESC, id DESC LIMIT 200",
);

const PAGE: Query = Query::new(
    "sessions.page",
    "SELECT id, user_agent, ip, created_at, last_seen_at, LEAST(idle_until, expires_at) AS ends_at \
     FROM sessions WHERE user_id = :user AND id < :before AND revoked_at IS NULL \
       AND expires_at > UTC_TIMESTAMP(6) AND idle_until > UTC_TIMESTAMP(6) \
     ORDER BY id DESC LIMIT :limit",
);

const REVOKE_OTHERS: Query = Query::new(
    "sessions.revoke_others",
    "UPDATE sessions SET revoked_at = UTC_TIMESTAMP(6) \
     WHERE user_id = ? AND id <> ? AND revoked_at IS NULL",
);

const SEEN_BEFORE: Query = Query::new(
    "sessions.seen_before",
    "SELECT COUNT(*), COALESCE(SUM(user_agent = ?), 0) FROM sessions WHERE user_id = ?",
);

/// An open sign-in, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OpenSession {
    pub id: SessionId,
    /// The `User-Agent` it was opened with.
    pub user_agent: String,
    /// The address it was opened from.
    pub ip: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last refreshed; at most ten minutes before its last use.
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    pub ends_at: Timestamp,
}

/// The open sign-ins of an account, latest use first, 200 at most.
pub async fn list(db: &Db, user: UserId) -> Result<Vec<OpenSession>, DbError> {
    db.list(&LIST, (user,)).await
}

/// The open sign-ins of an account, latest opened first, behind one of them, at most `limit`.
pub async fn page(
    db: &Db,
    user: UserId,
    before: Option<SessionId>,
    limit: u32,
) -> Result<Vec<OpenSession>, DbError> {
    // No id is behind this one: the first page needs no statement of its own.
    let before = before.unwrap_or(SessionId::from_bytes([0xff; 16]));
    let values = params! { "user" => user, "before" => before, "limit" => limit };
    db.list(&PAGE, values).await
}

/// Whether an account that was used before is now used from a kind of device it was not used from.
pub async fn is_new_device(tx: &Tx, user: UserId, origin: &Origin) -> Result<bool, DbError> {
    let agent: String = origin.user_agent.chars().take(255).collect();
    let row: Option<(u64, u64)> = tx.first(&SEEN_BEFORE, (agent, user)).await?;
    Ok(matches!(row, Some((1.., 0))))
}

/// Ends all sign-ins of an account but one; how many were open.
pub async fn revoke_others(tx: &Tx, user: UserId, kept: SessionId) -> Result<u64, DbError> {
    Ok(tx.exec(&REVOKE_OTHERS, (user, kept)).await?.affected)
}

/// Ends one sign-in; whether it was open.
pub async fn revoke(tx: &Tx, user: UserId, session: SessionId) -> Result<bool, DbError> {
    Ok(tx.exec(&REVOKE, (user, session)).await?.affected == 1)
}

/// Ends all sign-ins of an account; how many were open.
pub async fn revoke_all(tx: &Tx, user: UserId) -> Result<u64, DbError> {
    Ok(tx.exec(&REVOKE_ALL, (user,)).await?.affected)
}

/// Deletes sign-ins that ended a month ago, a thousand at a time; how many.
pub async fn purge(db: &Db) -> Result<u64, DbError> {
    Ok(db.exec(&PURGE, ()).await?.affected)
}

impl Sessions {
    /// The checks over these two machines.
    pub fn new(db: Db, cache: Cache, limits: Limits) -> Self {
        Self { db, cache, limits }
    }

    /// To be called after the commit of anything that changes who may act. Rings, too: streams
    /// that are open look whether they may go on.
    pub async fn invalidate(&self, user: UserId) {
        epoch::renew_and_notify(&self.cache, Scope::Account, user).await;
    }

    /// Whether the sign-in still stands. Counts nothing: an open stream asks again and again.
    pub async fn stands(&self, claimed: Claimed) -> Result<bool, DbError> {
        let guard = epoch::key(Scope::Account, claimed.user);
        let key = standing_key(claimed);
        let keys = [guard.as_ref(), key.as_ref()];
        let read = self.cache.read_raw(&keys, None).await;
        let mut values = read.values.unwrap_or_default().into_iter();
        let epoch = decode(values.next());
        let standing = values.next().flatten();
        let standing = self.settle(claimed, epoch, standing).await?;
        Ok(standing.is_some())
    }

    /// Whether the sign-in stands, and in which role; counts the request. One round trip to Redis
    /// when the standing is cached.
    pub async fn check(&self, claimed: Claimed) -> Result<Checked, DbError> {
        let guard = epoch::key(Scope::Account, claimed.user);
        let key = standing_key(claimed);
        let subject = claimed.user.as_bytes();
        let counter = self.limits.counter(Policy::User, subject);
        let keys = [guard.as_ref(), key.as_ref()];
        let read = self.cache.read_raw(&keys, counter.as_ref()).await;
        let mut values = read.values.unwrap_or_default().into_iter();
        let epoch = decode(values.next());
        let standing = values.next().flatten();
        Ok(Checked {
            standing: self.settle(claimed, epoch, standing).await?,
            charge: self.limits.judge(Policy::User, subject, read.count),
        })
    }

    /// The check and a list page in one round trip.
    pub async fn check_with_page(&self, claimed: Claimed, page: &PageKey) -> Result<Look, DbError> {
        let guard = epoch::key(Scope::Account, claimed.user);
        let key = standing_key(claimed);
        let page_guard = epoch::key(page.scope(), page.owner());
        let keys = [
            guard.as_ref(),
            key.as_ref(),
            page_guard.as_ref(),
            page.text(),
        ];
        let subject = claimed.user.as_bytes();
        let counter = self.limits.counter(Policy::User, subject);
        let read = self.cache.read_raw(&keys, counter.as_ref()).await;
        let reachable = read.values.is_some();
        let mut values = read.values.unwrap_or_default().into_iter();
        let epoch = decode(values.next());
        let standing = values.next().flatten();
        let page_epoch = decode(values.next());
        let stored = values.next().flatten();
        let standing = self.settle(claimed, epoch, standing).await?;
        let cached = page_cache::read(stored, page_epoch.as_ref());
        let page_epoch = match page_epoch {
            None if reachable && standing.is_some() => {
                epoch::current(&self.cache, page.scope(), page.owner()).await
            }
            known => known,
        };
        Ok(Look {
            charge: self.limits.judge(Policy::User, subject, read.count),
            page: cached.filter(|_| standing.is_some()),
            epoch: page_epoch,
            standing,
        })
    }

    /// Believes the cached check if its epoch is the present one, else asks MySQL.
    async fn settle(
        &self,
        claimed: Claimed,
        epoch: Option<CacheEpoch>,
        stored: Option<Vec<u8>>,
    ) -> Result<Option<Standing>, DbError> {
        let stored = stored.and_then(|bytes| StoredStanding::from_bytes(&bytes));
        if let (Some(epoch), Some(stored)) = (&epoch, stored)
            && *epoch == stored.epoch
        {
            metrics::cache_read("session", true);
            return Ok(Some(stored.standing));
        }
        metrics::cache_read("session", false);
        // The epoch is taken before the row is read: a revocation in between makes what we
        // are about to store worthless.
        let epoch = match epoch {
            Some(known) => Some(known),
            None => epoch::current(&self.cache, Scope::Account, claimed.user).await,
        };
        let row: Option<(String,)> = self
            .db
            .first(&CHECK, (claimed.user, claimed.session))
            .await?;
        let standing = row.map(|(role,)| Standing {
            role: Role::from_word(&role),
        });
        if let (Some(epoch), Some(standing)) = (epoch, standing) {
            let stored = StoredStanding { epoch, standing };
            self.cache.write(&standing_key(claimed), &stored).await;
        }
        Ok(standing)
    }
}

fn standing_key(claimed: Claimed) -> Key<StoredStanding> {
    let session = claimed.session.to_string();
    Key::new("session", 1, claimed.user, &session, CHECK_LIFE)
}

fn decode(value: Option<Option<Vec<u8>>>) -> Option<CacheEpoch> {
    CacheEpoch::from_bytes(&value.flatten()?)
}
