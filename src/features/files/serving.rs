//! How bytes are named and shown to a browser: only what cannot run is shown, all else is kept.
//! Whoever sent a file chose its bytes and its name, and is believed in neither.

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What an answer says about its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Serving<'a> {
    pub(super) kind: &'a str,
    /// Whether a browser may show it; else it is kept.
    pub(super) is_shown: bool,
}

/// Everything that signs of RFC 8187, 3.2.1 are not (`attr-char`).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// How a type is served. What a browser would run or render as a page loses even its name.
pub(super) fn serving(mime: &str) -> Serving<'_> {
    const INERT: &str = "application/octet-stream";
    let shown = |kind| Serving {
        kind,
        is_shown: true,
    };
    let kept = |kind| Serving {
        kind,
        is_shown: false,
    };
    match mime {
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp" => {
            shown(mime)
        }
        "text/plain"
        | "text/markdown"
        | "text/csv"
        | "text/tab-separated-values"
        | "text/calendar"
        | "text/vcard"
        | "application/json" => shown("text/plain; charset=utf-8"),
        _ if mime.starts_with("audio/") || mime.starts_with("video/") => shown(mime),
        "image/svg+xml" => kept(INERT),
        _ if mime.starts_with("text/") || mime.contains("xml") && !mime.contains("openxml") => {
            kept(INERT)
        }
        _ if is_plain(mime) => kept(mime),
        _ => kept(INERT),
    }
}

/// Whether a type can stand in a header: what a newer version stored is not trusted blindly.
fn is_plain(mime: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'-' | b'.' | b'_');
    mime.contains('/') && mime.bytes().all(good)
}

/// `Content-Disposition` (RFC 6266): a plain name for whoever knows no other, and where that is
/// not the whole truth the real one (RFC 8187).
pub(super) fn disposition(is_shown: bool, name: &str) -> HeaderValue {
    let word = if is_shown { "inline" } else { "attachment" };
    let plain: String = name.chars().map(plain_sign).collect();
    let mut text = format!("{word}; filename=\"{plain}\"");
    if plain != name {
        text.push_str("; filename*=UTF-8''");
        text.extend(utf8_percent_encode(name, NOT_ATTR_CHAR));
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A sign that every browser reads between quotes as it stands; `%` would be decoded by some.
fn plain_sign(sign: char) -> char {
    match sign {
        '"' | '\\' | '%' | '/' | ':' | '*' | '?' | '<' | '>' | '|' => '_',
        ' '..='~' => sign,
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str) -> String {
        disposition(false, name).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_plain_name_stands_as_it_is() {
        assert_eq!(header("a b-1.txt"), "attachment; filename=\"a b-1.txt\"",);
        assert!(
            disposition(true, "a")
                .to_str()
                .unwrap()
                .starts_with("inline;")
        );
    }

    #[test]
    fn any_name_is_one_well_formed_header() {
        for (name, wanted) in [
            (
                "../../etc/passwd",
                "filename=\".._.._etc_passwd\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
            ),
            (
                "\"; filename=x",
                "filename=\"_; filename=x\"; filename*=UTF-8''%22%3B%20filename%3Dx",
            ),
            ("a\r\nb", "filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
            (
                "größe €.pdf",
                "filename=\"gr__e _.pdf\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E2%82%AC.pdf",
            ),
            (
                "100%25.txt",
                "filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt",
            ),
            (
                "gpj.\u{202E}exe",
                "filename=\"gpj._exe\"; filename*=UTF-8''gpj.%E2%80%AEexe",
            ),
        ] {
            assert_eq!(header(name), format!("attachment; {wanted}"));
        }
        let long = "x".repeat(4096);
        assert_eq!(header(&long), format!("attachment; filename=\"{long}\""));
    }

    #[test]
    fn what_could_run_is_kept_without_its_type() {
        for mime in [
            "text/html",
            "text/xml",
            "text/css",
            "text/javascript",
            "image/svg+xml",
            "application/xhtml+xml",
            "application/xml",
            "text/x-anything",
            "bad type\r\nx: y",
        ] {
            let served = serving(mime);
            assert_eq!(served.kind, "application/octet-stream", "{mime}");
            assert!(!served.is_shown, "{mime}");
        }
        for mime in [
            "application/pdf",
            "application/zip",
            "image/tiff",
            "image/heif",
        ] {
            assert_eq!(serving(mime).kind, mime);
            assert!(!serving(mime).is_shown, "{mime}");
        }
        for mime in ["image/png", "audio/mpeg", "video/mp4"] {
            assert_eq!(serving(mime).kind, mime);
            assert!(serving(mime).is_shown, "{mime}");
        }
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(serving(docx).kind, docx);
        assert_eq!(serving("text/markdown").kind, "text/plain; charset=utf-8");
    }
}
