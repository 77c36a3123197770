//! Which bytes a request asks for (RFC 9110, 14). One range is given; several, and what cannot be
//! understood, are answered with the whole, as every client must expect.

use std::ops::Range;

use axum::http::{HeaderMap, Method, header};
use http_range_header::{EndPosition, RangeUnsatisfiableError, StartPosition, parse_range_header};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// These bytes.
    Some(Range<u64>),
    /// Nothing of what was asked for is there.
    Outside,
}

/// The part that a request asks for of something with a size and a strong tag.
pub(super) fn part(method: &Method, headers: &HeaderMap, size: u64, tag: &str) -> Part {
    // A range means something for GET alone (14.2).
    if *method != Method::GET || !is_same(headers, tag) {
        return Part::Whole;
    }
    let mut values = headers.get_all(header::RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Part::Whole;
    };
    // The unit is known in any letter case.
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    match parse_range_header(&text) {
        Ok(parsed) if parsed.ranges.len() == 1 => {
            let range = &parsed.ranges[0];
            within(range.start, range.end, size)
        }
        Err(RangeUnsatisfiableError::ZeroSuffix) => Part::Outside,
        _ => Part::Whole,
    }
}

/// Whether `If-Range` names what is there, or is absent. A date never does: names change, bytes do
/// not, so there is none to compare with (13.1.5).
fn is_same(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get(header::IF_RANGE)
        .is_none_or(|known| known == tag)
}

fn within(start: StartPosition, end: EndPosition, size: u64) -> Part {
    let begin = match start {
        StartPosition::Index(begin) => begin,
        StartPosition::FromLast(count) => size.saturating_sub(count),
    };
    let end = match end {
        EndPosition::Index(last) if last < begin => return Part::Whole,
        EndPosition::Index(last) => size.min(last.saturating_add(1)),
        EndPosition::LastByte => size,
    };
    if begin >= end {
        return Part::Outside;
    }
    Part::Some(begin..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc\"";

    fn asked(range: &str, if_range: Option<&str>, size: u64) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        part(&Method::GET, &headers, size, TAG)
    }

    #[test]
    fn one_range_is_cut_to_what_is_there() {
        for (text, wanted) in [
            ("bytes=0-0", Part::Some(0..1)),
            ("bytes=2-4", Part::Some(2..5)),
            ("bytes=2-", Part::Some(2..10)),
            ("bytes=-3", Part::Some(7..10)),
            ("bytes=-30", Part::Some(0..10)),
            ("BYTES=8-18446744073709551615", Part::Some(8..10)),
            ("bytes=9-9", Part::Some(9..10)),
            ("bytes=10-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=18446744073709551616-", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(asked(text, None, 10), wanted, "{text}");
        }
        assert_eq!(asked("bytes=0-", None, 0), Part::Outside);
        assert_eq!(asked("bytes=-1", None, 0), Part::Outside);
    }

    #[test]
    fn if_range_wants_the_same_strong_tag() {
        assert_eq!(asked("bytes=1-1", Some(TAG), 10), Part::Some(1..2));
        for other in ["\"x\"", "W/\"abc\"", "Sat, 21 Nov 2026 10:00:00 GMT", "abc"] {
            assert_eq!(asked("bytes=1-1", Some(other), 10), Part::Whole, "{other}");
            assert_eq!(asked("bytes=99-", Some(other), 10), Part::Whole, "{other}");
        }
    }

    #[test]
    fn only_get_knows_ranges() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=1-1".parse().unwrap());
        assert_eq!(part(&Method::HEAD, &headers, 10, TAG), Part::Whole);
    }
}
