//! A statement with its name: the name is metric label, log field and search word in one.

use std::borrow::Cow;

/// SQL under a stable name such as `notes.find`.
#[derive(Debug, Clone)]
pub struct Query {
    name: &'static str,
    sql: Cow<'static, str>,
}

impl Query {
    /// A statement known when the program is built.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self {
            name,
            sql: Cow::Borrowed(sql),
        }
    }

    /// A statement put together from fixed parts. The caller keeps the number of different texts
    /// small: each is prepared once per connection, and no value ever becomes part of the text.
    pub fn assembled(name: &'static str, sql: String) -> Self {
        Self {
            name,
            sql: Cow::Owned(sql),
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The text for the server.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

/// What a writing statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Rows inserted, changed or deleted (an upsert that changed counts two).
    pub affected: u64,
    /// The number that `LAST_INSERT_ID(expr)` or a counter column gave out; 0 when none did.
    pub last_id: u64,
}
