//! User names: what we accept, and the form in which two names are the same.

use unicode_normalization::UnicodeNormalization;

use crate::domain::invalid::Invalid;

/// Fewest characters of a user name.
pub const MIN_CHARS: usize = 2;
/// Most characters of a user name.
pub const MAX_CHARS: usize = 40;

/// Letters and digits whose NFKC form holds something else, such as blanks, fraction bars and loose
/// marks: `parse` refuses them.
const UNFIT: &str = concat!(
    r"\u00bc-\u00be\u013f-\u0140\u037a\u0958-\u095f\u09dc-\u09dd\u09df\u0a33\u0a36\u0a59-\u0a5b\u0a5e\u0b5c-\u0b5d",
    r"\u2150-\u215f\u2189\u2474-\u2487\u3220-\u3229\ufc5e-\ufc63\ufdfa-\ufdfb",
    r"\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e\uff9e-\uff9f",
);

/// What `parse` takes as an ECMA-262 pattern for the API document, apart from white space around it
/// and from a name that NFKC makes longer than it looks.
pub fn pattern() -> String {
    format!(r"^(?!.*[{UNFIT}])[\p{{Alpha}}\p{{N}}][\p{{Alpha}}\p{{N}}._-]{{1,39}}$")
}

/// A user name as its owner writes it, and its normal form for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    norm: String,
}

impl Username {
    /// Accepts 2–40 letters, digits, `.`, `_` or `-`, beginning with a letter or digit.
    /// No `@`: a name must never look like somebody's mail address at sign-in.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let shown: String = text.trim().nfkc().collect();
        let count = shown.chars().count();
        if count == 0 {
            return Err(Invalid::new(field, "required", "Choose a user name."));
        }
        if count < MIN_CHARS {
            let detail = format!("A user name has at least {MIN_CHARS} characters.");
            return Err(Invalid::new(field, "too_short", detail));
        }
        if count > MAX_CHARS {
            let detail = format!("A user name has at most {MAX_CHARS} characters.");
            return Err(Invalid::new(field, "too_long", detail));
        }
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !shown.chars().all(allowed) || !shown.starts_with(char::is_alphanumeric) {
            return Err(Invalid::new(
                field,
                "invalid_username",
                "Use letters, digits, dot, underscore and hyphen; begin with a letter or digit.",
            ));
        }
        let norm = shown.chars().flat_map(char::to_lowercase).collect();
        Ok(Self { shown, norm })
    }

    /// As its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// NFKC and lower case: two names with the same normal form are one account.
    pub fn norm(&self) -> &str {
        &self.norm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_make_a_second_account() {
        let name = Username::parse("username", "Ann.Lee").unwrap();
        assert_eq!((name.as_str(), name.norm()), ("Ann.Lee", "ann.lee"));
    }

    #[test]
    fn the_pattern_of_the_document_is_the_rule() {
        let whole = pattern();
        let (_, fit) = whole.split_once(')').unwrap();
        let fit = regex::Regex::new(&format!("^{fit}")).unwrap();
        let taken = |text: &str| Username::parse("username", text).is_ok();
        for sign in '!'..='~' {
            for text in [format!("{sign}a"), format!("a{sign}")] {
                assert_eq!(fit.is_match(&text), taken(&text), "{text:?}");
            }
        }
        assert!(fit.is_match(&"x".repeat(MAX_CHARS)) && !fit.is_match(&"x".repeat(MAX_CHARS + 1)));
        assert!(fit.is_match("xy") && !fit.is_match("x"));
    }

    #[test]
    fn unfit_are_the_letters_and_digits_that_are_refused() {
        let refused = |sign: &char| {
            sign.is_alphanumeric() && Username::parse("username", &format!("a{sign}")).is_err()
        };
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for sign in ('\0'..='\u{ffff}').filter(refused).map(u32::from) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == sign => *last = sign,
                _ => ranges.push((sign, sign)),
            }
        }
        let words = ranges.iter().map(|(first, last)| match last - first {
            0 => format!(r"\u{first:04x}"),
            _ => format!(r"\u{first:04x}-\u{last:04x}"),
        });
        assert_eq!(words.collect::<String>(), UNFIT);
    }

    #[test]
    fn names_that_look_like_something_else_are_refused() {
        for bad in [
            "",
            "a",
            "a@b.org",
            "a b",
            ".ann",
            "a\u{202e}nn",
            &"x".repeat(41),
        ] {
            assert!(
                Username::parse("username", bad).is_err(),
                "{bad:?} was accepted"
            );
        }
    }
}
