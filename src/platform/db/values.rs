//! How the words of the business stand in columns: ids as `BINARY(16)`, moments as `DATETIME(6)`.

use mysql_async::prelude::FromValue;
use mysql_async::{FromValueError, Value};

use crate::domain::id::Id;
use crate::domain::time::Timestamp;

impl<K> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl<K> TryFrom<Value> for Id<K> {
    type Error = FromValueError;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match &value {
            Value::Bytes(bytes) => bytes
                .as_slice()
                .try_into()
                .map(Self::from_bytes)
                .map_err(|_| FromValueError(value)),
            _ => Err(FromValueError(value)),
        }
    }
}

impl<K> FromValue for Id<K> {
    type Intermediate = Self;
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        let utc = jiff::tz::Offset::UTC.to_datetime(at.inner());
        Self::Date(
            utc.year().unsigned_abs(),
            utc.month().unsigned_abs(),
            utc.day().unsigned_abs(),
            utc.hour().unsigned_abs(),
            utc.minute().unsigned_abs(),
            utc.second().unsigned_abs(),
            (utc.subsec_nanosecond() / 1000).unsigned_abs(),
        )
    }
}

impl TryFrom<Value> for Timestamp {
    type Error = FromValueError;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let Value::Date(year, month, day, hour, minute, second, micros) = value else {
            return Err(FromValueError(value));
        };
        let small = |number: u8| i8::try_from(number).ok();
        let read = || {
            let utc = jiff::civil::DateTime::new(
                i16::try_from(year).ok()?,
                small(month)?,
                small(day)?,
                small(hour)?,
                small(minute)?,
                small(second)?,
                i32::try_from(micros).ok()?.checked_mul(1000)?,
            );
            let at = jiff::tz::Offset::UTC.to_timestamp(utc.ok()?).ok()?;
            Some(Self::new(at))
        };
        read().ok_or(FromValueError(value))
    }
}

impl FromValue for Timestamp {
    type Intermediate = Self;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::NoteId;

    #[test]
    fn a_moment_survives_the_column() {
        let at = Timestamp::from_micros(1_764_000_000_123_456).unwrap();
        assert_eq!(Timestamp::try_from(Value::from(at)).unwrap(), at);
        assert!(Timestamp::try_from(Value::Date(0, 0, 0, 0, 0, 0, 0)).is_err());
    }

    #[test]
    fn an_id_survives_the_column() {
        let id = NoteId::new();
        assert_eq!(NoteId::try_from(Value::from(id)).unwrap(), id);
        assert!(NoteId::try_from(Value::Bytes(vec![1, 2])).is_err());
    }
}
