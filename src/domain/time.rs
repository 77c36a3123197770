//! Moments: UTC with microseconds, the precision of `DATETIME(6)`.
//! Refuses local time; a time zone is a matter of whoever shows the moment.

use std::fmt;

use jiff::Unit;
use jiff::tz::Offset;
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

/// Length of `2023-11-14T22:13:20.000000Z`.
const TEXT_BYTES: usize = 27;

impl Timestamp {
    /// RFC 3339 in UTC with exactly six decimals, so that texts sort like moments. Written by hand:
    /// a page of notes has a hundred of them, and a general formatter takes several times as long.
    fn write(self, text: &mut [u8; TEXT_BYTES]) -> Option<&str> {
        let utc = Offset::UTC.to_datetime(self.0);
        *text = *b"0000-00-00T00:00:00.000000Z";
        let mut number = |places: std::ops::Range<usize>, number: u32| {
            let mut left = number;
            for digit in text[places].iter_mut().rev() {
                *digit += u8::try_from(left % 10).unwrap_or(0);
                left /= 10;
            }
        };
        number(0..4, u32::try_from(utc.year()).ok()?);
        number(5..7, utc.month().unsigned_abs().into());
        number(8..10, utc.day().unsigned_abs().into());
        number(11..13, utc.hour().unsigned_abs().into());
        number(14..16, utc.minute().unsigned_abs().into());
        number(17..19, utc.second().unsigned_abs().into());
        number(20..26, utc.subsec_nanosecond().unsigned_abs() / 1000);
        std::str::from_utf8(text).ok()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.write(&mut [0; TEXT_BYTES]) {
            Some(text) => f.write_str(text),
            // Before the year 0.
            None => write!(f, "{:.6}", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.write(&mut [0; TEXT_BYTES]) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
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
    fn every_moment_is_written_as_the_library_writes_it() {
        let ends = [jiff::Timestamp::MIN, jiff::Timestamp::MAX];
        let spread = (-80_i64..80).map(|n| n.pow(9) * 3 + n * 86_399_999_983);
        let moments = spread.filter_map(|micros| jiff::Timestamp::from_microsecond(micros).ok());
        for at in moments.chain(ends).map(Timestamp::new) {
            assert_eq!(at.to_string(), format!("{:.6}", at.0));
            let json = serde_json::to_string(&at).unwrap();
            assert_eq!(json, format!("\"{:.6}\"", at.0));
        }
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
