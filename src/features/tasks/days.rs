//! Today, where somebody lives: the date, and the moments between which it lies. A day of a time
//! zone has 23, 24 or 25 hours, and does not always begin at midnight.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp as Moment};

use crate::domain::time::Timestamp;

/// A day of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) now: Timestamp,
    /// The date, as tasks are due on one: its midnight UTC.
    pub(super) date: Timestamp,
    pub(super) next_date: Timestamp,
    /// When the day begins there.
    pub(super) begins: Timestamp,
    /// When the next one begins there.
    pub(super) ends: Timestamp,
}

impl Day {
    /// The day that it is now in a time zone; in UTC when the zone is not known any more.
    pub(super) fn at(now: Timestamp, zone: &str) -> Option<Self> {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let date = now.inner().to_zoned(zone.clone()).date();
        let next = date.checked_add(Span::new().days(1)).ok()?;
        Some(Self {
            now,
            date: midnight_utc(date)?,
            next_date: midnight_utc(next)?,
            begins: Timestamp::new(beginning(date, &zone)?),
            ends: Timestamp::new(beginning(next, &zone)?),
        })
    }
}

fn midnight_utc(date: Date) -> Option<Timestamp> {
    let at = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::new(at))
}

fn beginning(date: Date, zone: &TimeZone) -> Option<Moment> {
    let midnight = date.to_zoned(zone.clone()).ok()?;
    Some(midnight.start_of_day().ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(now: &str, zone: &str) -> [String; 4] {
        let now = Timestamp::new(now.parse().unwrap());
        let day = Day::at(now, zone).unwrap();
        [day.date, day.next_date, day.begins, day.ends].map(|at| at.inner().to_string())
    }

    #[test]
    fn days_are_those_of_the_time_zone() {
        for (now, zone, expected) in [
            // The clocks go forward: 23 hours.
            (
                "2026-03-29T12:00:00Z",
                "Europe/Berlin",
                [
                    "2026-03-29T00:00:00Z",
                    "2026-03-30T00:00:00Z",
                    "2026-03-28T23:00:00Z",
                    "2026-03-29T22:00:00Z",
                ],
            ),
            // And back: 25 hours.
            (
                "2026-10-25T22:30:00Z",
                "Europe/Berlin",
                [
                    "2026-10-25T00:00:00Z",
                    "2026-10-26T00:00:00Z",
                    "2026-10-24T22:00:00Z",
                    "2026-10-25T23:00:00Z",
                ],
            ),
            (
                "2026-03-08T07:59:59Z",
                "America/New_York",
                [
                    "2026-03-08T00:00:00Z",
                    "2026-03-09T00:00:00Z",
                    "2026-03-08T05:00:00Z",
                    "2026-03-09T04:00:00Z",
                ],
            ),
            // No summer time, and half an hour.
            (
                "2026-03-28T19:00:00Z",
                "Asia/Kolkata",
                [
                    "2026-03-29T00:00:00Z",
                    "2026-03-30T00:00:00Z",
                    "2026-03-28T18:30:00Z",
                    "2026-03-29T18:30:00Z",
                ],
            ),
            // There is no midnight that day: it begins at one.
            (
                "2026-09-06T12:00:00Z",
                "America/Santiago",
                [
                    "2026-09-06T00:00:00Z",
                    "2026-09-07T00:00:00Z",
                    "2026-09-06T04:00:00Z",
                    "2026-09-07T03:00:00Z",
                ],
            ),
            (
                "2026-03-29T12:00:00Z",
                "Nowhere/Land",
                [
                    "2026-03-29T00:00:00Z",
                    "2026-03-30T00:00:00Z",
                    "2026-03-29T00:00:00Z",
                    "2026-03-30T00:00:00Z",
                ],
            ),
        ] {
            assert_eq!(day(now, zone), expected, "{now} {zone}");
        }
    }
}
