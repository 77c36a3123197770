//! Moments: UTC with microseconds, the precision of `DATETIME(6)`.
//! Refuses local time; a time zone is a matter of whoever shows the moment.

use std::fmt;

use jiff::Unit;
use serde::{Deserialize, Serialize, Serializer};

/// A moment in UTC, cut to microseconds so that it survives the database unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Cuts a moment to microseconds.
    pub fn new(at: jiff::Timestamp) -> Self {
        let micros = at.as_microsecond();
        Self(jiff::Timestamp::from_microsecond(micros).unwrap_or(at))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as JWT counts them (RFC 7519 "NumericDate").
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }

    /// The moment that stands so many microseconds after 1970; `None` beyond the year 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// The moment as the underlying library knows it.
    pub fn inner(self) -> jiff::Timestamp {
        self.0
    }

    /// The moment cut to whole seconds.
    #[must_use]
    pub fn to_second(self) -> Self {
        self.0.round(Unit::Second).map_or(self, Self)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with exactly six decimals, so that texts sort like moments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_six_decimals() {
        let at = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
        assert_eq!(at.to_string(), "2023-11-14T22:13:20.000000Z");
    }

    #[test]
    fn nanoseconds_are_cut_so_that_the_database_gives_the_same_moment_back() {
        let fine: jiff::Timestamp = "2026-01-02T03:04:05.123456789Z".parse().unwrap();
        assert_eq!(
            Timestamp::new(fine).to_string(),
            "2026-01-02T03:04:05.123456Z"
        );
    }
}
