//! Mail addresses: what we accept, and the form in which two addresses are the same.
//! Refuses to be a full RFC 5321 parser: the proof of an address is the code sent to it.

use unicode_normalization::UnicodeNormalization;

use crate::domain::invalid::Invalid;

/// Longest address SMTP can carry in a path (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const MAX_BYTES: usize = 254;

/// Fewest characters of an address.
pub const MIN_CHARS: usize = 3;
/// What `parse` takes of ASCII, apart from white space around it, as an ECMA-262 pattern for the
/// API document; at most [`MAX_BYTES`] altogether.
pub const PATTERN: &str = concat!(
    r"^[!#-+\-./0-:=?A-\[\]-~]{1,64}",
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
);

/// A mail address as its owner writes it, and its normal form for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    norm: String,
}

impl Email {
    /// Accepts `local@domain` without white space or control characters, at most 254 bytes.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let shown = text.trim();
        let err = |code, detail: &str| Err(Invalid::new(field, code, detail));
        if shown.is_empty() {
            return err("required", "Give a mail address.");
        }
        if shown.len() > MAX_BYTES {
            return err("too_long", "A mail address has at most 254 bytes.");
        }
        if !is_plausible(shown) {
            return err(
                "invalid_email",
                "Give a mail address like name@example.org.",
            );
        }
        let norm: String = shown.nfkc().flat_map(char::to_lowercase).collect();
        if norm.len() > MAX_BYTES || !is_plausible(&norm) {
            return err(
                "invalid_email",
                "Give a mail address like name@example.org.",
            );
        }
        Ok(Self {
            shown: shown.to_owned(),
            norm,
        })
    }

    /// As its owner wrote it: where mail goes.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// NFKC and lower case: two addresses with the same normal form are one account.
    pub fn norm(&self) -> &str {
        &self.norm
    }
}

fn is_plausible(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let clean = |c: char| {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '\\')
    };
    (1..=64).contains(&local.len())
        && !local.contains('@')
        && local.chars().all(clean)
        && !domain.is_empty()
        && domain.split('.').all(is_host_label)
}

/// A label of a host name: letters (of any script), digits, inner hyphens (RFC 1123, RFC 5890).
fn is_host_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_and_width_do_not_make_a_second_account() {
        let one = Email::parse("email", "Ann@Example.ORG").unwrap();
        let two = Email::parse("email", " ann@example.org ").unwrap();
        assert_eq!(one.norm(), two.norm());
        assert_eq!(one.as_str(), "Ann@Example.ORG");
    }

    #[test]
    fn accents_do_make_a_second_account() {
        let one = Email::parse("email", "adm\u{ed}n@example.org").unwrap();
        let two = Email::parse("email", "admin@example.org").unwrap();
        assert_ne!(one.norm(), two.norm());
    }

    #[test]
    fn the_pattern_of_the_document_is_the_rule() {
        let pattern = regex::Regex::new(PATTERN).unwrap();
        let agree = |text: &str| {
            let taken = Email::parse("email", text).is_ok();
            assert_eq!(pattern.is_match(text), taken, "{text:?}");
            taken
        };
        for sign in '!'..='~' {
            let inside = format!("a{sign}b");
            for text in [
                format!("{sign}@example.org"),
                format!("{inside}@example.org"),
                format!("ann@{sign}"),
                format!("ann@{inside}"),
                format!("ann@{inside}.org"),
                format!("ann@{sign}b.org"),
                format!("ann@a{sign}.org"),
                format!("ann@example.{inside}"),
            ] {
                agree(&text);
            }
        }
        let (local, label) = ("x".repeat(64), "y".repeat(63));
        assert!(agree(&format!("{local}@{label}.{label}")));
        assert!(!agree(&format!("{local}x@{label}")));
        assert!(!agree(&format!("{local}@{label}y")));
        assert!(agree("a@b") && "a@b".len() == MIN_CHARS);
        assert!(!agree("@b") && !agree("a@") && !agree("a@b..c") && !agree("a@b."));
    }

    #[test]
    fn what_could_inject_a_header_or_a_second_recipient_is_refused() {
        for bad in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "a b@example.org",
            "ann@example.org\r\nBcc: eve@example.org",
            "ann@example.org,eve@example.org",
            "<ann@example.org>",
            "ann@-example.org",
            "ann@exa mple.org",
            "ann@@example.org",
        ] {
            assert!(Email::parse("email", bad).is_err(), "{bad:?} was accepted");
        }
    }
}
