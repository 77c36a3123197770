//! Time zones by their IANA names.

use std::sync::LazyLock;

use crate::domain::invalid::Invalid;

/// The names of the database that is built in, sorted: the same on every machine.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    names.sort_unstable();
    names
});

/// All names that are accepted, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(String::as_str)
}

/// Checks that a name such as `Europe/Berlin` or `UTC` is known, letter by letter.
pub fn check(field: &str, name: &str) -> Result<(), Invalid> {
    let known = NAMES.binary_search_by(|known| known.as_str().cmp(name));
    if known.is_ok() {
        return Ok(());
    }
    let detail = "Give an IANA time zone such as Europe/Berlin.";
    Err(Invalid::new(field, "unknown_time_zone", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_database_are_known() {
        for good in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"] {
            assert!(check("time_zone", good).is_ok(), "{good}");
        }
        for bad in ["", "Mars/Base", "../etc/passwd", "GMT+25", "europe/berlin"] {
            assert!(check("time_zone", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_name_leads_to_a_time_zone() {
        assert!(names().count() > 400);
        for name in names() {
            assert!(jiff::tz::TimeZone::get(name).is_ok(), "{name}");
        }
    }
}
