//! One connection in the hands of one caller. While a command runs or a transaction is open it is
//! marked busy; a busy lease that is dropped closes its connection instead of giving it back.

use std::sync::atomic::Ordering;
use std::time::Instant;

use deadpool::managed::Object;
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Params};

use super::Db;
use super::error::DbError;
use super::manager::Manager;
use super::query::{Done, Query};
use crate::platform::metrics;

pub(super) struct Lease {
    db: Db,
    object: Option<Object<Manager>>,
    /// The server may still be working for us: nobody else may use this connection.
    busy: bool,
    in_transaction: bool,
}

impl Lease {
    pub(super) fn new(db: Db, object: Object<Manager>) -> Self {
        Self {
            db,
            object: Some(object),
            busy: false,
            in_transaction: false,
        }
    }

    pub(super) async fn first<T>(
        &mut self,
        query: &Query,
        params: Params,
    ) -> Result<Option<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        let (conn, started) = self.start(query.name())?;
        let outcome = conn.exec_first(query.sql(), params).await;
        self.settle(query.name(), started, outcome)
    }

    pub(super) async fn list<T>(&mut self, query: &Query, params: Params) -> Result<Vec<T>, DbError>
    where
        T: FromRow + Send + 'static,
    {
        let (conn, started) = self.start(query.name())?;
        let outcome = conn.exec(query.sql(), params).await;
        self.settle(query.name(), started, outcome)
    }

    pub(super) async fn exec(&mut self, query: &Query, params: Params) -> Result<Done, DbError> {
        let (conn, started) = self.start(query.name())?;
        let outcome = conn.exec_drop(query.sql(), params).await;
        let done = Done {
            affected: conn.affected_rows(),
            last_id: conn.last_insert_id().unwrap_or_default(),
        };
        self.settle(query.name(), started, outcome.map(|()| done))
    }

    /// Opens a transaction; from here the lease is busy until `commit` or `rollback`.
    pub(super) async fn begin(&mut self) -> Result<(), DbError> {
        self.in_transaction = true;
        self.control("tx.begin", "START TRANSACTION").await
    }

    /// Commits. An error here leaves the outcome open, so it is never repeated.
    pub(super) async fn commit(&mut self) -> Result<(), DbError> {
        let outcome = self.control("tx.commit", "COMMIT").await;
        self.in_transaction = false;
        match outcome {
            Ok(()) => {
                self.busy = false;
                Ok(())
            }
            Err(err) => {
                self.discard();
                Err(DbError::unavailable(
                    "tx.commit",
                    format!("the outcome of the commit is not known: {err}"),
                ))
            }
        }
    }

    /// Rolls back; a connection that cannot do so is closed, which has the same effect.
    pub(super) async fn rollback(&mut self) {
        let outcome = self.control("tx.rollback", "ROLLBACK").await;
        self.in_transaction = false;
        match outcome {
            Ok(()) => self.busy = false,
            Err(_) => self.discard(),
        }
    }

    async fn control(&mut self, name: &'static str, sql: &'static str) -> Result<(), DbError> {
        let (conn, started) = self.start(name)?;
        let outcome = conn.query_drop(sql).await;
        self.settle(name, started, outcome)
    }

    /// Marks the connection busy: whoever stops waiting from here on loses it.
    fn start(&mut self, name: &'static str) -> Result<(&mut Conn, Instant), DbError> {
        self.busy = true;
        self.db.trips.fetch_add(1, Ordering::Relaxed);
        match self.object.as_mut() {
            Some(object) => Ok((object, Instant::now())),
            None => Err(DbError::unavailable(name, "the connection was given up")),
        }
    }

    /// Counts the command and decides whether the connection may be used again.
    fn settle<T>(
        &mut self,
        name: &'static str,
        started: Instant,
        outcome: Result<T, mysql_async::Error>,
    ) -> Result<T, DbError> {
        metrics::query(name, started.elapsed(), outcome.is_ok());
        match outcome {
            Ok(value) => {
                self.busy = self.in_transaction;
                Ok(value)
            }
            Err(err) => {
                let err = DbError::from_driver(name, err);
                match &err {
                    DbError::Lost { .. } => {
                        self.discard();
                        self.db.forget_idle();
                    }
                    // After any fault but the server's own word the stream may be out of step.
                    DbError::Query {
                        source: mysql_async::Error::Server(_),
                        ..
                    }
                    | DbError::Constraint { .. }
                    | DbError::Contention { .. } => self.busy = self.in_transaction,
                    _ => self.discard(),
                }
                Err(err)
            }
        }
    }

    /// Closes the connection instead of giving it back.
    fn discard(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
        self.busy = false;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.busy || self.in_transaction {
            self.discard();
        }
    }
}
