//! Tags: what may be one, the form in which two are the same, and how a row keeps a few of them.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::domain::invalid::Invalid;

/// Most characters of a tag.
pub const MAX_CHARS: usize = 50;
/// What a name looks like, as a regular expression of ECMA-262. The parser decides.
pub const PATTERN: &str =
    r"^[^\s\x00-\x1f\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f])?$";
/// Longest normal form: some signs become many, and it has to fit its column.
const NORM_MAX_BYTES: usize = 600;
/// Most tags of one thing.
pub const MAX_TAGS: usize = 100;

/// A tag as its owner writes it, and its normal form for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagName {
    shown: String,
    norm: String,
}

impl TagName {
    /// Accepts 1–50 characters on one line, without blanks at its ends.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let count = text.chars().count();
        if count == 0 {
            return Err(Invalid::new(
                field,
                "required",
                "A tag has at least one character.",
            ));
        }
        let norm = norm(text);
        if count > MAX_CHARS || norm.len() > NORM_MAX_BYTES {
            let detail = format!("A tag has at most {MAX_CHARS} characters.");
            return Err(Invalid::new(field, "too_long", detail));
        }
        if text.chars().any(is_line_sign) || text.trim() != text {
            let detail = "A tag has no control characters, and no blanks at its ends.";
            return Err(Invalid::new(field, "invalid_character", detail));
        }
        Ok(Self {
            shown: text.to_owned(),
            norm,
        })
    }

    /// As its owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// NFKC and lower case: tags with the same normal form are one tag.
    pub fn norm(&self) -> &str {
        &self.norm
    }
}

/// The form in which two tags are the same.
pub fn norm(text: &str) -> String {
    if text.is_ascii() {
        // The same, without the tables: lists sort the tags of each of their rows.
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).collect()
}

fn is_line_sign(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Checks the tags of one thing; the same tag twice counts once.
pub fn parse_all(field: &str, texts: &[String]) -> Result<Vec<TagName>, Invalid> {
    if texts.len() > MAX_TAGS {
        let detail = format!("At most {MAX_TAGS} tags.");
        return Err(Invalid::new(field, "too_many", detail));
    }
    let mut seen = BTreeSet::new();
    let mut names = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let name = TagName::parse(&format!("{field}[{place}]"), text)?;
        if seen.insert(name.norm.clone()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Names as one text between line feeds, so that one of them can be replaced in place.
pub fn join(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("\n{}\n", names.join("\n"))
}

/// The names of such a text, sorted without regard to case.
pub fn split(text: &str) -> Vec<String> {
    let mut names: Vec<String> = text
        .split('\n')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    sort(&mut names);
    names
}

/// Whether names are, in whatever order, those that are stored in the order of `sort`.
pub fn are(names: &[String], stored: &[String]) -> bool {
    let mut names = names.to_vec();
    sort(&mut names);
    names == stored
}

/// Sorts names as people expect them in a list.
pub fn sort(names: &mut [String]) {
    names.sort_by_cached_key(|name| norm(name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_limits_and_are_the_same_without_regard_to_case() {
        let texts = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let names = parse_all("tags", &texts(&["Home", "home", "ＨＯＭＥ", "büro"])).unwrap();
        assert_eq!(names.len(), 2);
        for bad in [
            "",
            " a",
            "a ",
            "a\nb",
            "a\u{2028}b",
            &"x".repeat(51),
            &"\u{fdfa}".repeat(50),
        ] {
            let err = parse_all("tags", &texts(&["ok", bad])).unwrap_err();
            assert_eq!(err.field, "tags[1]", "{bad:?}");
        }
        let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        assert_eq!(parse_all("tags", &many).unwrap_err().code, "too_many");
    }

    #[test]
    fn the_short_way_to_a_normal_form_leads_to_the_same() {
        let ascii: String = (0..128_u8).map(char::from).collect();
        let whole: String = ascii.nfkc().flat_map(char::to_lowercase).collect();
        assert_eq!(norm(&ascii), whole);
    }

    #[test]
    fn names_survive_their_column_and_come_back_sorted() {
        let names = vec!["zoo".to_owned(), "Alpha".to_owned()];
        assert_eq!(split(&join(&names)), ["Alpha", "zoo"]);
        assert!(split(&join(&[])).is_empty() && split("\n").is_empty());
    }
}
