//! The wall clock of this process, and a clock that tests set.
//! Refuses to judge expiries of codes and sessions: those follow the database's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::time::Timestamp;

/// Tells the time. The one place that reads the system's wall clock.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Microseconds since 1970, moved by a test.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The moment it is now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::new(jiff::Timestamp::now()),
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::Relaxed))
                .unwrap_or_else(|| Timestamp::new(jiff::Timestamp::UNIX_EPOCH)),
        }
    }
}
