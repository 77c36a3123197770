//! User names: what we accept, and the form in which two names are the same.

use unicode_normalization::UnicodeNormalization;

use crate::domain::invalid::Invalid;

/// Fewest characters of a user name.
pub const MIN_CHARS: usize = 2;
/// Most characters of a user name.
pub const MAX_CHARS: usize = 40;

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
