//! Places in an order that people drag things about in: short texts, compared byte by byte, between
//! any two of which there is room for another one. After the idea of "fractional indexing": a whole
//! number whose first sign tells its length, and behind it a fraction that has no end of zeros.

/// The digits in the order of their bytes.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// A longer place is a reason to space an order anew.
pub const COMFORTABLE_CHARS: usize = 64;
/// Most characters of a place: what its column holds.
pub const MAX_CHARS: usize = 191;

/// A place behind one and before another; `None` is the end on that side. Both have to be places
/// that were made here, the first before the second.
pub fn between(after: Option<&str>, before: Option<&str>) -> String {
    let made = match (after, before) {
        (None, None) => b"a0".to_vec(),
        (None, Some(before)) => ahead_of(before.as_bytes()),
        (Some(after), None) => behind(after.as_bytes()),
        (Some(after), Some(before)) => amid(after.as_bytes(), before.as_bytes()),
    };
    String::from_utf8(made).unwrap_or_default()
}

/// So many places in their order, evenly spread between two others.
pub fn spread(after: Option<&str>, before: Option<&str>, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    if before.is_none() {
        let mut places: Vec<String> = Vec::with_capacity(count);
        for _ in 0..count {
            let last = places.last().map_or(after, |last| Some(last.as_str()));
            places.push(between(last, None));
        }
        return places;
    }
    let middle = between(after, before);
    let mut places = spread(after, Some(&middle), count / 2);
    let rest = spread(Some(&middle), before, count - count / 2 - 1);
    places.push(middle);
    places.extend(rest);
    places
}

fn ahead_of(before: &[u8]) -> Vec<u8> {
    let (whole, fraction) = parts(before);
    if !fraction.is_empty() {
        return whole.to_vec();
    }
    step(whole, false).unwrap_or_else(|| [whole, &half(b"", Some(fraction))].concat())
}

fn behind(after: &[u8]) -> Vec<u8> {
    let (whole, fraction) = parts(after);
    step(whole, true).unwrap_or_else(|| [whole, &half(fraction, None)].concat())
}

fn amid(after: &[u8], before: &[u8]) -> Vec<u8> {
    let (whole, fraction) = parts(after);
    let (other, other_fraction) = parts(before);
    if whole == other {
        return [whole, &half(fraction, Some(other_fraction))].concat();
    }
    match step(whole, true) {
        Some(next) if next.as_slice() < before => next,
        _ => [whole, &half(fraction, None)].concat(),
    }
}

/// The whole number at the beginning, and the fraction behind it.
fn parts(place: &[u8]) -> (&[u8], &[u8]) {
    let length = place.first().map_or(0, |head| length(*head));
    place.split_at(length.min(place.len()))
}

fn digit(sign: u8) -> usize {
    DIGITS.iter().position(|other| *other == sign).unwrap_or(0)
}

/// The next whole number, or the one before; `None` where there is none.
fn step(whole: &[u8], up: bool) -> Option<Vec<u8>> {
    let (first, last) = (DIGITS[0], DIGITS[DIGITS.len() - 1]);
    let (turns, fresh) = if up { (last, first) } else { (first, last) };
    let mut next = whole.to_vec();
    for sign in next.iter_mut().skip(1).rev() {
        if *sign != turns {
            let place = digit(*sign);
            *sign = DIGITS[if up { place + 1 } else { place - 1 }];
            return Some(next);
        }
        *sign = fresh;
    }
    // All digits turned: the number gets longer or shorter, as its first sign tells.
    let head = match (whole.first()?, up) {
        (b'Z', true) => b'a',
        (b'a', false) => b'Z',
        (b'z', true) | (b'A', false) => return None,
        (head, true) => head + 1,
        (head, false) => head - 1,
    };
    let digits = std::iter::repeat_n(fresh, length(head) - 1);
    Some(std::iter::once(head).chain(digits).collect())
}

/// The length of a whole number, as its first sign tells: `a` and `Z` stand before one digit.
fn length(head: u8) -> usize {
    match head {
        b'a'..=b'z' => usize::from(head - b'a') + 2,
        _ => usize::from(b'Z'.saturating_sub(head)) + 2,
    }
}

/// A fraction between two others, as short as it can be; `None` is the end.
fn half(after: &[u8], before: Option<&[u8]>) -> Vec<u8> {
    if let Some(before) = before {
        let same =
            |place: &usize| after.get(*place).copied().unwrap_or(DIGITS[0]) == before[*place];
        let common = (0..before.len()).take_while(same).count();
        if common > 0 {
            let rest = half(after.get(common..).unwrap_or(b""), Some(&before[common..]));
            return [&before[..common], &rest].concat();
        }
    }
    let low = after.first().map_or(0, |sign| digit(*sign));
    let high = before
        .and_then(<[u8]>::first)
        .map_or(DIGITS.len(), |sign| digit(*sign));
    if high > low + 1 {
        return vec![DIGITS[(low + high).div_ceil(2)]];
    }
    match before {
        Some(before) if before.len() > 1 => before[..1].to_vec(),
        _ => [
            &[DIGITS[low]],
            half(after.get(1..).unwrap_or(b""), None).as_slice(),
        ]
        .concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_for_another_one() {
        let mut seed = 11_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let mut order: Vec<String> = Vec::new();
        for _ in 0..3000 {
            let at = draw(order.len() + 1);
            let after = at.checked_sub(1).map(|place| order[place].as_str());
            let place = between(after, order.get(at).map(String::as_str));
            assert!(
                after.is_none_or(|after| after < place.as_str()),
                "{after:?} {place}"
            );
            assert!(
                order.get(at).is_none_or(|next| place < *next),
                "{place} {:?}",
                order[at]
            );
            order.insert(at, place);
        }
        assert!(order.iter().all(|place| place.len() < 20));
    }

    #[test]
    fn an_order_that_grows_at_one_end_stays_short() {
        let (mut last, mut first) = (between(None, None), between(None, None));
        for _ in 0..20_000 {
            let (next, ahead) = (between(Some(&last), None), between(None, Some(&first)));
            assert!(last < next && ahead < first);
            (last, first) = (next, ahead);
        }
        assert!(last.len() <= 5 && first.len() <= 5, "{last} {first}");
    }

    #[test]
    fn a_place_that_is_dragged_to_forever_gets_long() {
        let (low, mut high) = (between(None, None), between(Some("a0"), None));
        let mut drags = 0;
        while high.len() <= COMFORTABLE_CHARS {
            high = between(Some(&low), Some(&high));
            drags += 1;
        }
        assert!(drags > 200 && high.len() < MAX_CHARS, "{drags}");
    }

    #[test]
    fn places_are_spread_in_their_order() {
        for (after, before) in [
            (None, None),
            (Some("a5"), None),
            (None, Some("a5")),
            (Some("a0"), Some("a0V")),
        ] {
            let places = spread(after, before, 100);
            assert_eq!(places.len(), 100);
            assert!(places.is_sorted_by(|one, other| one < other), "{places:?}");
            assert!(after.is_none_or(|after| after < places[0].as_str()));
            assert!(before.is_none_or(|before| places[99].as_str() < before));
            assert!(places.iter().all(|place| place.len() < 10));
        }
    }
}
