//! What can go wrong with the database, as callers need to tell it apart.
//! Knows no HTTP; keeps the server's words for the log.

use std::time::Duration;

use deadpool::managed::TimeoutType;
use mysql_async::{Error, ServerError};

/// A fault of a query or of the way to the server.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No answer to be had right now: no free connection, server away, too slow or read-only.
    #[error("database unavailable in {at}: {cause}")]
    Unavailable {
        /// The name of the query or step.
        at: &'static str,
        /// The words for the log.
        cause: String,
    },
    /// The server has no room left: a full disk, or a table that may not grow.
    #[error("no room left in {at}: {cause}")]
    Full {
        /// The name of the query.
        at: &'static str,
        /// The server's words for the log.
        cause: String,
    },
    /// The connection broke before anything was committed: the unit may be repeated.
    #[error("database connection lost in {at}")]
    Lost {
        /// The name of the query or step.
        at: &'static str,
        /// What the driver saw.
        source: Error,
    },
    /// A named constraint refused the row.
    #[error("constraint {constraint} refused {at}")]
    Constraint {
        /// The name of the query.
        at: &'static str,
        /// The constraint's name as the migration declares it.
        constraint: String,
    },
    /// The server gave up a lock or broke a deadlock: repeat the transaction.
    #[error("lock contention in {at}")]
    Contention {
        /// The name of the query.
        at: &'static str,
        /// What the server said.
        source: Error,
    },
    /// The statement itself is wrong: a bug of ours.
    #[error("query {at} failed")]
    Query {
        /// The name of the query.
        at: &'static str,
        /// What the driver or server said.
        source: Error,
    },
    /// A row held something that the program cannot read: a bug or a newer version's data.
    #[error("unreadable row in {at}: {what}")]
    Unreadable {
        /// The name of the query.
        at: &'static str,
        what: String,
    },
}

/// An error that may be cured by running the whole transaction again.
pub trait Transient {
    /// Whether nothing was committed and a second run may succeed.
    fn is_transient(&self) -> bool;
}

impl Transient for DbError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Contention { .. } | Self::Lost { .. })
    }
}

/// The end of a transaction of which nothing is kept: the work decided against itself, or an error.
#[derive(Debug)]
pub enum Abort<R> {
    /// The work decided against itself.
    Refused(R),
    /// The database could not do it.
    Failed(DbError),
}

impl<R> From<DbError> for Abort<R> {
    fn from(err: DbError) -> Self {
        Self::Failed(err)
    }
}

impl<R> Transient for Abort<R> {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Failed(err) if err.is_transient())
    }
}

/// Server error numbers, as both servers use them.
mod code {
    pub(super) const DEADLOCK: u16 = 1213;
    pub(super) const LOCK_WAIT: u16 = 1205;
    pub(super) const NOWAIT: u16 = 3572;
    pub(super) const DUPLICATE: u16 = 1062;
    pub(super) const FK_PARENT: u16 = 1451;
    pub(super) const FK_CHILD: u16 = 1452;
    /// The session is ended by the server: shutdown, kill, too many connections.
    pub(super) const GOING_AWAY: [u16; 6] = [1053, 1077, 1927, 3169, 4031, 1079];
    /// Statement limits of MySQL (3024, 1317) and MariaDB (1969, 1028), a read-only node after a
    /// fail-over (1290, 1792, 1836), too many connections or statements (1040, 1203, 1461).
    pub(super) const NOT_NOW: [u16; 10] =
        [3024, 1317, 1969, 1028, 1290, 1792, 1836, 1040, 1203, 1461];
    /// A full disk (1021), a full table or tablespace (1114).
    pub(super) const FULL: [u16; 2] = [1021, 1114];
    /// ValidationErrors of writing (3, 1026) and of the storage engine (1030), whose words tell which.
    pub(super) const WRITING: [u16; 3] = [3, 1026, 1030];
    /// How those words name a full disk: `ENOSPC` by its number, by its name, by its text.
    pub(super) const NO_SPACE: [&str; 4] =
        ["No space left", "error 28", "Errcode: 28", "errno: 28"];
}

impl DbError {
    /// Sorts what the driver reports.
    pub(super) fn from_driver(at: &'static str, err: Error) -> Self {
        match &err {
            Error::Server(server) => match Self::from_server(at, server) {
                Some(known) => known,
                None if [code::DEADLOCK, code::LOCK_WAIT, code::NOWAIT].contains(&server.code) => {
                    Self::Contention { at, source: err }
                }
                None if code::GOING_AWAY.contains(&server.code) => Self::Lost { at, source: err },
                None => Self::Query { at, source: err },
            },
            Error::Driver(
                mysql_async::DriverError::FromRow { .. }
                | mysql_async::DriverError::FromValue { .. },
            ) => Self::Unreadable {
                at,
                what: "a column does not have the expected type".to_owned(),
            },
            Error::Driver(mysql_async::DriverError::ConnectionClosed) | Error::Io(_) => {
                Self::Lost { at, source: err }
            }
            _ => Self::Query { at, source: err },
        }
    }

    fn from_server(at: &'static str, server: &ServerError) -> Option<Self> {
        if matches!(
            server.code,
            code::DUPLICATE | code::FK_PARENT | code::FK_CHILD
        ) {
            let constraint = constraint_name(server);
            return Some(Self::Constraint { at, constraint });
        }
        if is_full(server) {
            let cause = server.to_string();
            return Some(Self::Full { at, cause });
        }
        if code::NOT_NOW.contains(&server.code) {
            return Some(Self::unavailable(at, server.to_string()));
        }
        None
    }

    /// A fault of the way to the server.
    pub(super) fn unavailable(at: &'static str, cause: impl Into<String>) -> Self {
        Self::Unavailable {
            at,
            cause: cause.into(),
        }
    }

    /// The unit of work took longer than it may.
    pub(super) fn timeout(at: &'static str) -> Self {
        Self::unavailable(at, "no answer within the deadline")
    }

    /// No connection came free in time.
    pub(super) fn pool_timeout(kind: TimeoutType, waited: Duration) -> Self {
        let cause = match kind {
            TimeoutType::Wait => format!("no free connection within {waited:?}"),
            TimeoutType::Create => "the server did not answer the connect in time".to_owned(),
            TimeoutType::Recycle => "a pooled connection did not answer in time".to_owned(),
        };
        Self::unavailable("db.lease", cause)
    }

    /// Whether the server or the way to it is the cause, not the statement.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::Full { .. }
                | Self::Lost { .. }
                | Self::Contention { .. }
        )
    }

    /// Whether the server has no room left.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// A row holds something that cannot be read.
    pub fn unreadable(at: &'static str, what: impl Into<String>) -> Self {
        Self::Unreadable {
            at,
            what: what.into(),
        }
    }

    /// Whether the named constraint refused the row.
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Constraint { constraint, .. } if constraint == name)
    }

    /// The server's error number, when the server said one.
    pub(super) fn server_code(&self) -> Option<u16> {
        match self {
            Self::Query {
                source: Error::Server(server),
                ..
            } => Some(server.code),
            _ => None,
        }
    }
}

fn is_full(server: &ServerError) -> bool {
    let says_so = || {
        let mut words = code::NO_SPACE.iter();
        words.any(|word| server.message.contains(word))
    };
    code::FULL.contains(&server.code) || (code::WRITING.contains(&server.code) && says_so())
}

/// Finds the constraint in the server's words: `… for key 'users.uq_users_email'` (MySQL),
/// `… for key 'uq_users_email'` (MariaDB), ``… CONSTRAINT `fk_notes_owner` …`` (both).
fn constraint_name(server: &ServerError) -> String {
    let text = &server.message;
    let key = text
        .rsplit_once("for key '")
        .and_then(|(_, rest)| rest.split('\'').next())
        .and_then(|key| key.rsplit('.').next());
    let foreign = text
        .split_once("CONSTRAINT `")
        .and_then(|(_, rest)| rest.split('`').next());
    key.or(foreign).unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, message: &str) -> Error {
        Error::Server(ServerError {
            code,
            message: message.to_owned(),
            state: "23000".to_owned(),
        })
    }

    #[test]
    fn constraints_are_named_alike_on_both_servers() {
        for text in [
            "Duplicate entry 'ann' for key 'users.uq_users_email_norm'",
            "Duplicate entry 'for key 'x'' for key 'uq_users_email_norm'",
        ] {
            let err = DbError::from_driver("users.insert", server(1062, text));
            assert!(err.violates("uq_users_email_norm"), "{err:?}");
        }
        let text =
            "Cannot add … (`s`.`notes`, CONSTRAINT `fk_notes_owner` FOREIGN KEY (`owner_id`))";
        assert!(
            DbError::from_driver("notes.insert", server(1452, text)).violates("fk_notes_owner")
        );
    }

    #[test]
    fn faults_are_sorted_by_what_helps_against_them() {
        let deadlock = DbError::from_driver("a.b", server(1213, "Deadlock"));
        assert!(deadlock.is_transient() && deadlock.is_unavailable());
        let read_only = DbError::from_driver("a.b", server(1290, "read-only"));
        assert!(!read_only.is_transient() && read_only.is_unavailable());
        for (code, text) in [
            (1114, "The table 'blob_chunks' is full"),
            (
                1030,
                "Got error 28 \"No space left on device\" from storage engine InnoDB",
            ),
        ] {
            let full = DbError::from_driver("a.b", server(code, text));
            assert!(full.is_full() && full.is_unavailable() && !full.is_transient());
        }
        let other = DbError::from_driver("a.b", server(1030, "Got error 122"));
        assert!(!other.is_full());
        let syntax = DbError::from_driver("a.b", server(1064, "syntax"));
        assert!(!syntax.is_transient() && !syntax.is_unavailable());
    }
}
