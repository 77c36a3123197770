//! Titles and bodies: their limits, the excerpt a list shows, the words a search knows.
//! Keeps Markdown verbatim; what it derives is never written back into the text.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::domain::invalid::Invalid;

/// Most code points of a title; it may be empty.
pub const TITLE_MAX_CHARS: usize = 200;
/// Most bytes of a body, in UTF-8: 1 MiB.
pub const BODY_MAX_BYTES: usize = 1024 * 1024;
/// Most code points of an excerpt.
pub const EXCERPT_MAX_CHARS: usize = 200;
/// Most code points of one search term; the tail of a longer word is not searched.
pub const TERM_MAX_CHARS: usize = 40;
/// Most distinct terms one text brings into the index; the rest is not searched.
pub const TERMS_MAX: usize = 8_000;
/// Most words of one search: more than a search text of 200 characters can hold.
pub const QUERY_TERMS_MAX: usize = 128;

/// A title: at most 200 code points on one line, without control characters.
pub fn check_title(field: &str, title: &str) -> Result<(), Invalid> {
    if title.chars().count() > TITLE_MAX_CHARS {
        let detail = format!("A title has at most {TITLE_MAX_CHARS} characters.");
        return Err(Invalid::new(field, "too_long", detail));
    }
    if title.chars().any(char::is_control) {
        let detail = "A title is one line without control characters.";
        return Err(Invalid::new(field, "invalid_character", detail));
    }
    Ok(())
}

/// A body: at most 1 MiB of UTF-8; everything but NUL is kept as it is.
pub fn check_body(field: &str, body: &str) -> Result<(), Invalid> {
    if body.len() > BODY_MAX_BYTES {
        let detail = format!("A body has at most {BODY_MAX_BYTES} bytes of UTF-8.");
        return Err(Invalid::new(field, "too_long", detail));
    }
    if body.contains('\0') {
        let detail = "A body cannot hold the character NUL (U+0000).";
        return Err(Invalid::new(field, "invalid_character", detail));
    }
    Ok(())
}

/// The first words of a body as one line, the commonest Markdown marks taken off.
pub fn excerpt(body: &str) -> String {
    let mut line = String::with_capacity(EXCERPT_MAX_CHARS * 2);
    let mut chars = 0;
    for (word, after) in body.split_whitespace().map(bare_word) {
        if word.is_empty() {
            continue;
        }
        let length = word.chars().count() + after.len() + usize::from(chars > 0);
        if chars + length > EXCERPT_MAX_CHARS {
            let room = EXCERPT_MAX_CHARS.saturating_sub(chars + 2);
            if chars == 0 {
                line.extend(word.chars().take(room));
            }
            line.push('…');
            break;
        }
        if chars > 0 {
            line.push(' ');
        }
        line.push_str(word);
        line.push_str(after);
        chars += length;
    }
    line
}

/// A word without the Markdown around it, and the punctuation behind that; the word is empty when
/// it was nothing but marks.
fn bare_word(word: &str) -> (&str, &str) {
    let mark = |c: char| matches!(c, '#' | '*' | '_' | '`' | '>' | '~' | '|' | '[' | ']');
    let (core, after) = word.split_at(word.trim_end_matches([',', '.', ';', ':', '!', '?']).len());
    // Only behind a mark is it not part of the word: `**now**,` against `etc.`
    let (word, after) = if core.ends_with(mark) {
        (core, after)
    } else {
        (word, "")
    };
    let bare = word.trim_matches(mark);
    match bare {
        "-" | "+" | "--" | "---" | "x" | "X" if word != bare || bare.starts_with('-') => ("", ""),
        "" => ("", ""),
        _ => (bare, after),
    }
}

/// The distinct search terms of a text: words in NFKC lower case; CJK as single signs and pairs.
pub fn terms(texts: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
        for word in folded
            .split(|c: char| !is_term_char(c))
            .filter(|word| !word.is_empty())
        {
            add_terms(word, &mut found);
            if found.len() >= TERMS_MAX {
                return found.into_iter().take(TERMS_MAX).collect();
            }
        }
    }
    found
}

/// The terms a search asks for; every one of them has to be found inside some term of the text.
pub fn query_terms(query: &str) -> Vec<String> {
    let folded: String = query.nfkc().flat_map(char::to_lowercase).collect();
    let mut wanted = BTreeSet::new();
    for word in folded
        .split(|c: char| !is_term_char(c))
        .filter(|word| !word.is_empty())
    {
        if word.chars().any(is_cjk) {
            add_query_terms(word, &mut wanted);
        } else {
            wanted.insert(word.chars().take(TERM_MAX_CHARS).collect());
        }
    }
    wanted.into_iter().take(QUERY_TERMS_MAX).collect()
}

fn add_terms(word: &str, found: &mut BTreeSet<String>) {
    let signs: Vec<char> = word.chars().collect();
    if !signs.iter().copied().any(is_cjk) {
        found.insert(signs.into_iter().take(TERM_MAX_CHARS).collect());
        return;
    }
    for run in signs.chunk_by(|a, b| is_cjk(*a) == is_cjk(*b)) {
        if is_cjk(run[0]) {
            found.extend(run.iter().map(char::to_string));
            found.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            found.insert(run.iter().take(TERM_MAX_CHARS).collect());
        }
    }
}

/// A CJK query of one sign looks for the sign, a longer one for its pairs.
fn add_query_terms(word: &str, wanted: &mut BTreeSet<String>) {
    let signs: Vec<char> = word.chars().collect();
    for run in signs.chunk_by(|a, b| is_cjk(*a) == is_cjk(*b)) {
        match (is_cjk(run[0]), run.len()) {
            (true, 2..) => wanted.extend(run.windows(2).map(|pair| pair.iter().collect())),
            _ => {
                wanted.insert(run.iter().take(TERM_MAX_CHARS).collect());
            }
        }
    }
}

fn is_term_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Han, kana and Hangul: scripts written without spaces between words.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF
        | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_code_points_in_titles_and_bytes_in_bodies() {
        assert!(check_title("title", &"\u{e9}".repeat(200)).is_ok());
        assert_eq!(
            check_title("title", &"a".repeat(201)).unwrap_err().code,
            "too_long"
        );
        assert_eq!(
            check_title("title", "a\nb").unwrap_err().code,
            "invalid_character"
        );
        assert!(check_body("body", &"a".repeat(BODY_MAX_BYTES)).is_ok());
        assert_eq!(
            check_body("body", &"a".repeat(BODY_MAX_BYTES + 1))
                .unwrap_err()
                .code,
            "too_long"
        );
        assert_eq!(
            check_body("body", "a\0b").unwrap_err().code,
            "invalid_character"
        );
    }

    #[test]
    fn an_excerpt_is_one_short_line_without_marks() {
        assert_eq!(
            excerpt("# Shopping\n\n- [ ] **milk**\n- bread"),
            "Shopping milk bread"
        );
        assert_eq!(
            excerpt("At **16:05**, say `yes`! etc. [ok]. -"),
            "At 16:05, say yes! etc. ok."
        );
        let long = excerpt(&"word ".repeat(200));
        assert!(
            long.chars().count() <= EXCERPT_MAX_CHARS && long.ends_with('…'),
            "{long}"
        );
        assert!(excerpt(&"x".repeat(5000)).chars().count() <= EXCERPT_MAX_CHARS);
    }

    #[test]
    fn words_are_folded_and_cjk_is_cut_into_pairs() {
        let found = terms(&["Straße CAFÉ_1", "東京都 ok"]);
        for term in ["straße", "café_1", "東京", "京都", "都", "ok"] {
            assert!(found.contains(term), "{term} is missing in {found:?}");
        }
        assert_eq!(query_terms("東京都"), vec!["京都", "東京"]);
        assert_eq!(query_terms("  %_ "), vec!["_"]);
        assert!(query_terms("+*@(").is_empty());
    }
}
