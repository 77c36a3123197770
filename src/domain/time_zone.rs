//! Time zones by their IANA names.

use crate::domain::invalid::Invalid;

/// Checks that a name such as `Europe/Berlin` or `UTC` is known.
pub fn check(field: &str, name: &str) -> Result<(), Invalid> {
    let known = name.len() <= 64 && jiff::tz::TimeZone::get(name).is_ok();
    if known {
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
        for bad in ["", "Mars/Base", "../etc/passwd", "GMT+25"] {
            assert!(check("time_zone", bad).is_err(), "{bad}");
        }
    }
}
