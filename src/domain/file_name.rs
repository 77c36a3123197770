//! Names of files: what people call them, never a path. A name from outside is made harmless; a
//! name that somebody types is refused when it cannot be taken as it is.

use crate::domain::invalid::Invalid;

/// Most code points of a name.
pub const NAME_MAX_CHARS: usize = 255;
/// Longest ending that is kept when a name is cut, its dot included.
const ENDING_MAX_CHARS: usize = 16;
/// What a file without a name is called.
const NAMELESS: &str = "file";

/// A name that holds no separator, no control character and nothing that turns the direction of
/// writing, and is neither `.` nor `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// A name that somebody typed.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new(field, "required", "A file needs a name."));
        }
        if text.chars().count() > NAME_MAX_CHARS {
            let detail = format!("A name has at most {NAME_MAX_CHARS} characters.");
            return Err(Invalid::new(field, "too_long", detail));
        }
        if text.chars().any(is_harmful) || text.chars().any(is_separator) || is_dots(text) {
            let detail = "A name holds no / or \\ and no control characters, and is not . or ..";
            return Err(Invalid::new(field, "invalid_character", detail));
        }
        Ok(Self(text.to_owned()))
    }

    /// A name that came with an upload: the last part of a path, what is harmful taken out, cut to
    /// length with its ending kept.
    pub fn cleaned(text: &str) -> Self {
        let last = text.rsplit(is_separator).next().unwrap_or_default();
        let kept: String = last.chars().filter(|sign| !is_harmful(*sign)).collect();
        let kept = kept.trim();
        if kept.is_empty() || is_dots(kept) {
            return Self(NAMELESS.to_owned());
        }
        Self(shortened(kept))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot, in lower case; empty when there is nothing.
    pub fn ending(&self) -> String {
        ending(&self.0).trim_start_matches('.').to_lowercase()
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

fn is_separator(sign: char) -> bool {
    matches!(sign, '/' | '\\')
}

fn is_dots(text: &str) -> bool {
    matches!(text, "." | "..")
}

/// Control characters, and those that turn the direction of writing: with them `exe.txt` can be
/// shown for what ends in `.exe` (Unicode TR 36, 3.1).
fn is_harmful(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
}

fn ending(name: &str) -> &str {
    match name.rfind('.') {
        Some(place) if place > 0 => &name[place..],
        _ => "",
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_MAX_CHARS {
        return name.to_owned();
    }
    let ending = ending(name);
    let length = ending.chars().count();
    if length > ENDING_MAX_CHARS {
        return name.chars().take(NAME_MAX_CHARS).collect();
    }
    let stem = name.chars().take(NAME_MAX_CHARS - length);
    stem.chain(ending.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_lose_paths_and_tricks() {
        for (sent, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\tmp\\a.png", "a.png"),
            ("\"; filename=x", "\"; filename=x"),
            ("a\r\nb.txt", "ab.txt"),
            ("gpj.\u{202E}exe", "gpj.exe"),
            ("..", "file"),
            (" ", "file"),
            ("dir/", "file"),
            ("CON", "CON"),
        ] {
            assert_eq!(FileName::cleaned(sent).as_str(), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = FileName::cleaned(&format!("{}.tar.gz", "x".repeat(4096)));
        assert_eq!(name.as_str().chars().count(), NAME_MAX_CHARS);
        assert!(name.as_str().ends_with("x.gz"));
        assert_eq!(name.ending(), "gz");
    }

    #[test]
    fn typed_names_are_refused_and_name_the_field() {
        assert!(FileName::parse("name", " a b.txt ").is_ok_and(|name| name.as_str() == "a b.txt"));
        for text in ["", " ", "a/b", "a\\b", "a\nb", "..", &"x".repeat(256)] {
            assert_eq!(FileName::parse("name", text).unwrap_err().field, "name");
        }
    }
}
