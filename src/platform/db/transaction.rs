//! Transactions that always end: committed, or rolled back before the connection goes back.
//! Deadlocks and lost connections repeat the whole unit, a bounded number of times.

use std::sync::Arc;
use std::time::Duration;

use mysql_async::Params;
use mysql_async::prelude::FromRow;
use tokio::sync::Mutex;

use super::Db;
use super::error::{DbError, Transient};
use super::lease::Lease;
use super::query::{Done, Query};
use crate::platform::{crypto, metrics};

/// Runs of one transaction at most.
const ATTEMPTS: u32 = 4;

/// An open transaction. Only `Db::transaction` makes one, and it always ends it. It is a handle,
/// not a borrow: a closure over a borrowed transaction cannot be proven `Send` today.
#[derive(Clone)]
pub struct Tx {
    /// Empty once the transaction has ended: a handle that was kept is good for nothing.
    lease: Arc<Mutex<Option<Lease>>>,
}

impl Tx {
    /// The first row of a query, or nothing.
    pub async fn first<T>(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Option<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        open(&mut *self.lease.lock().await)?
            .first(query, params.into())
            .await
    }

    /// All rows of a query; the query bounds their number.
    pub async fn list<T>(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Vec<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        open(&mut *self.lease.lock().await)?
            .list(query, params.into())
            .await
    }

    /// A statement that writes.
    pub async fn exec(
        &self,
        query: &Query,
        params: impl Into<Params> + Send,
    ) -> Result<Done, DbError> {
        open(&mut *self.lease.lock().await)?
            .exec(query, params.into())
            .await
    }
}

impl Db {
    /// Runs `work` in a transaction: commits when it returns `Ok`, rolls back when it returns
    /// `Err`. Deadlocks, lock waits and connections lost before the commit run it again, so
    /// `work` must not touch anything but the transaction.
    pub async fn transaction<T, E, W, F>(&self, name: &'static str, mut work: W) -> Result<T, E>
    where
        W: FnMut(Tx) -> F,
        F: Future<Output = Result<T, E>>,
        E: From<DbError> + Transient,
    {
        let mut attempt = 1;
        loop {
            let run = self.attempt(&mut work);
            let outcome = match tokio::time::timeout(self.unit, run).await {
                Ok(outcome) => outcome,
                Err(_) => Err(DbError::timeout(name).into()),
            };
            match outcome {
                Err(err) if attempt < ATTEMPTS && err.is_transient() => {
                    metrics::transaction_retried(name);
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<T, E, W, F>(&self, work: &mut W) -> Result<T, E>
    where
        W: FnMut(Tx) -> F,
        F: Future<Output = Result<T, E>>,
        E: From<DbError> + Transient,
    {
        let mut lease = self.lease().await?;
        lease.begin().await?;
        let tx = Tx {
            lease: Arc::new(Mutex::new(Some(lease))),
        };
        let outcome = work(tx.clone()).await;
        let Some(mut lease) = tx.lease.lock().await.take() else {
            return Err(over().into());
        };
        match outcome {
            Ok(value) => {
                lease.commit().await?;
                Ok(value)
            }
            Err(err) => {
                lease.rollback().await;
                Err(err)
            }
        }
    }
}

fn open(lease: &mut Option<Lease>) -> Result<&mut Lease, DbError> {
    lease.as_mut().ok_or_else(over)
}

fn over() -> DbError {
    DbError::unavailable("tx.over", "the transaction has ended")
}

/// Full jitter under a doubling ceiling: two that collided must not meet again.
fn pause(attempt: u32) -> Duration {
    let ceiling_ms = 10_u32 << attempt;
    let [draw] = crypto::random::<1>();
    Duration::from_millis(u64::from(ceiling_ms * u32::from(draw) / 255))
}
