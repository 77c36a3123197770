//! The rules for a new password (NIST SP 800-63B-4, 3.1.1.2): length and obviousness, no composition.
//! Two lists ship with the binary: common passwords of our length, and words they are made from.
//! Refuses to hash or to compare; that is the work of `platform::auth`.

use std::sync::LazyLock;

use crate::domain::email::Email;
use crate::domain::invalid::Invalid;
use crate::domain::username::Username;

/// Fewest code points of a new password. The page recommends fifteen.
pub const MIN_CHARS: usize = 10;
/// Most bytes we ever hash, so that a password cannot be used to keep the processor busy.
pub const MAX_BYTES: usize = 256;

/// What of the rules an ECMA-262 pattern can say, for the API document: not one to four signs over
/// and over. Lengths stand beside it; the lists cannot be told.
pub const PATTERN: &str =
    r"^(?!([\s\S])([\s\S]?)([\s\S]?)([\s\S]?)(?:\1\2\3\4)+(?:\1(?:\2(?:\3)?)?)?$)";

/// Checks a new password; it is kept exactly as typed, never trimmed or folded.
pub fn check(
    field: &str,
    password: &str,
    username: &Username,
    email: &Email,
) -> Result<(), Invalid> {
    check_length(field, password)?;
    let lower = password.to_lowercase();
    let local = email.norm().rsplit_once('@').map_or("", |(local, _)| local);
    if lower == username.norm() || lower == email.norm() || lower == local {
        return Err(Invalid::new(
            field,
            "weak_password",
            "The password must not be the user name or the mail address.",
        ));
    }
    if is_common(&lower) {
        return Err(Invalid::new(
            field,
            "weak_password",
            "This password is among the first that are tried; choose another one.",
        ));
    }
    Ok(())
}

static PASSWORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());
static WORDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_words.txt").lines().collect());

/// Rows of keyboards and the alphabet: a piece of one of them is no password, forwards or back.
const ROWS: [&str; 5] = [
    "qwertyuiopasdfghjklzxcvbnmqwertyuiop",
    "1234567890123456789012345678901234567890",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
];

/// Whether a password in lower case is one of the first that anybody would try.
fn is_common(lower: &str) -> bool {
    let at_ends = |c: char| !c.is_alphabetic();
    let bare = lower.trim_matches(at_ends);
    let read: String = bare.chars().map(unleet).collect();
    let all_read: String = lower.chars().map(unleet).collect();
    let stems = [bare, &read, all_read.trim_matches(at_ends)];
    listed(&PASSWORDS, lower)
        || stems
            .iter()
            .any(|stem| listed(&WORDS, stem) || listed(&PASSWORDS, stem))
        || is_repeated(lower)
        || is_piece_of_a_row(lower)
}

fn listed(list: &[&str], text: &str) -> bool {
    list.binary_search(&text).is_ok()
}

/// The letter that a digit or sign usually stands for.
fn unleet(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// One to four signs over and over.
fn is_repeated(text: &str) -> bool {
    let signs: Vec<char> = text.chars().collect();
    (1..=4).any(|unit| {
        signs
            .iter()
            .zip(signs.iter().skip(unit))
            .all(|(a, b)| a == b)
    })
}

fn is_piece_of_a_row(text: &str) -> bool {
    let back: String = text.chars().rev().collect();
    ROWS.iter()
        .any(|row| row.contains(text) || row.contains(&back))
}

/// Checks the length alone, for when name and address are not known to be good.
pub fn check_length(field: &str, password: &str) -> Result<(), Invalid> {
    if password.chars().count() < MIN_CHARS {
        let detail = "A password has at least 10 characters; 15 are better.";
        return Err(Invalid::new(field, "too_short", detail));
    }
    if password.len() > MAX_BYTES {
        let detail = "A password has at most 256 bytes.";
        return Err(Invalid::new(field, "too_long", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), &'static str> {
        let name = Username::parse("username", "longusername").unwrap();
        let mail = Email::parse("email", "somebody.else@example.org").unwrap();
        check("password", password, &name, &mail).map_err(|err| err.code)
    }

    #[test]
    fn length_counts_code_points_below_and_bytes_above() {
        assert_eq!(verdict("123456789"), Err("too_short"));
        assert_eq!(verdict("tulip9lamp"), Ok(()));
        assert_eq!(
            verdict(
                "\u{1f511}\u{1f512}\u{1f513}\u{1f514}\u{1f515}\u{1f516}\u{1f517}\u{1f518}\u{1f519}\u{1f51a}"
            ),
            Ok(())
        );
        assert_eq!(verdict(&"tulip lamp ".repeat(24)[..256]), Ok(()));
        assert_eq!(verdict(&"a".repeat(257)), Err("too_long"));
    }

    #[test]
    fn the_own_name_and_address_are_refused() {
        for own in ["LongUserName", "somebody.else@example.org", "Somebody.Else"] {
            assert_eq!(verdict(own), Err("weak_password"), "{own}");
        }
    }

    #[test]
    fn both_lists_are_sorted_so_that_they_can_be_searched() {
        assert!(PASSWORDS.is_sorted() && PASSWORDS.len() > 2000);
        assert!(WORDS.is_sorted() && WORDS.len() > 3000);
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for common in [
            "1234567890",
            "qwertyuiop",
            "Password123!",
            "P@ssw0rd2026",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "zyxwvutsrqp",
            "Sunshine2026!",
            "iloveyou1234",
            "1q2w3e4r5t",
            "!!!letmein!!!",
            "basketball",
            "0987654321",
            "Satchel-2026",
        ] {
            assert_eq!(verdict(common), Err("weak_password"), "{common}");
        }
        for fine in [
            "correct horse battery",
            "tulip-9-gravel-lamp",
            "\u{e4}pfel und birnen",
        ] {
            assert_eq!(verdict(fine), Ok(()), "{fine}");
        }
    }
}
