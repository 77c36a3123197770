//! The rules for a new password (NIST SP 800-63B-4, 3.1.1.2): length and obviousness, no composition.
//! Refuses to hash or to compare; that is the work of `platform::auth`.

use crate::domain::email::Email;
use crate::domain::invalid::Invalid;
use crate::domain::username::Username;

/// Fewest code points of a new password. The page recommends fifteen.
pub const MIN_CHARS: usize = 10;
/// Most bytes we ever hash, so that a password cannot be used to keep the processor busy.
pub const MAX_BYTES: usize = 256;

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
    Ok(())
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
        check("password", password, &name, &mail).map_err(|fault| fault.code)
    }

    #[test]
    fn length_counts_code_points_below_and_bytes_above() {
        assert_eq!(verdict("123456789"), Err("too_short"));
        assert_eq!(verdict("1234567890"), Ok(()));
        assert_eq!(verdict(&"\u{1f511}".repeat(10)), Ok(()));
        assert_eq!(verdict(&"a".repeat(256)), Ok(()));
        assert_eq!(verdict(&"a".repeat(257)), Err("too_long"));
    }

    #[test]
    fn the_own_name_and_address_are_refused() {
        for own in ["LongUserName", "somebody.else@example.org", "Somebody.Else"] {
            assert_eq!(verdict(own), Err("weak_password"), "{own}");
        }
    }
}
