//! What kind of bytes a file holds, found in the bytes themselves: what a client claims is not
//! believed. Only names the type; how it is served is for the endpoints to say.

/// Bytes from the beginning that are looked at.
pub const HEAD_BYTES: usize = 8192;

/// What is not known.
pub const UNKNOWN: &str = "application/octet-stream";

/// The families that lists are cut by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Pictures.
    Image,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Plain text, source, Markdown, tables of values.
    Text,
    /// PDF and what office programs write.
    Document,
    /// Packed files.
    Archive,
    /// Everything else.
    Other,
}

impl Family {
    pub const ALL: [Self; 7] = [
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Text,
        Self::Document,
        Self::Archive,
        Self::Other,
    ];

    /// The number in the table; never reused.
    pub fn number(self) -> u8 {
        match self {
            Self::Image => 1,
            Self::Video => 2,
            Self::Audio => 3,
            Self::Text => 4,
            Self::Document => 5,
            Self::Archive => 6,
            Self::Other => 0,
        }
    }

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Document => "document",
            Self::Archive => "archive",
            Self::Other => "other",
        }
    }

    /// The family of a number; what a newer version wrote is something else.
    pub fn from_number(number: u8) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.number() == number);
        found.unwrap_or(Self::Other)
    }

    /// The family of a type.
    pub fn of(mime: &str) -> Self {
        match mime.split_once('/').map_or(mime, |(top, _)| top) {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "text" => Self::Text,
            _ if mime == "application/json" => Self::Text,
            _ if is_document(mime) => Self::Document,
            _ if is_archive(mime) => Self::Archive,
            _ => Self::Other,
        }
    }
}

fn is_document(mime: &str) -> bool {
    mime == "application/pdf"
        || mime == "application/rtf"
        || mime == "application/epub+zip"
        || mime.starts_with("application/vnd.oasis.opendocument")
        || mime.starts_with("application/vnd.openxmlformats-officedocument")
        || mime.starts_with("application/vnd.ms-")
        || mime == "application/msword"
}

fn is_archive(mime: &str) -> bool {
    matches!(
        mime,
        "application/zip"
            | "application/gzip"
            | "application/x-tar"
            | "application/x-7z-compressed"
            | "application/x-bzip2"
            | "application/x-xz"
            | "application/zstd"
            | "application/vnd.rar"
    )
}

/// The type of a file by its first bytes; its ending only chooses between kinds of text.
pub fn sniff(head: &[u8], ending: &str) -> &'static str {
    let found = infer::get(head).map(|kind| kind.mime_type());
    if is_text(head) {
        return match found {
            // Short marks of other kinds (`BM`, `ID3`) also begin words.
            Some("application/pdf") if head.starts_with(b"%PDF") => "application/pdf",
            Some(mime @ ("application/rtf" | "application/postscript")) => mime,
            Some(mime @ ("text/html" | "text/xml")) => markup_type(mime, ending),
            _ if head.trim_ascii_start().starts_with(b"<svg") => "image/svg+xml",
            _ => text_type(ending),
        };
    }
    found.map_or(UNKNOWN, usual_name)
}

/// The type after a renaming: only kinds of text are told apart by their ending.
pub fn renamed<'a>(mime: &'a str, ending: &str) -> &'a str {
    let is_markup = matches!(mime, "text/html" | "text/xml" | "image/svg+xml");
    let is_told = mime == PLAIN || BY_ENDING.iter().any(|(_, kind)| *kind == mime);
    if is_told && !is_markup {
        return text_type(ending);
    }
    mime
}

/// The names that browsers know.
fn usual_name(mime: &'static str) -> &'static str {
    match mime {
        "audio/m4a" => "audio/mp4",
        "audio/opus" => "audio/ogg",
        "audio/x-flac" => "audio/flac",
        "audio/x-wav" => "audio/wav",
        "audio/x-aiff" => "audio/aiff",
        "video/x-m4v" => "video/mp4",
        other => other,
    }
}

/// Markup as its bytes say; Markdown may begin with it, and what draws is a picture.
fn markup_type(mime: &'static str, ending: &str) -> &'static str {
    match (mime, ending) {
        ("text/html", "md" | "markdown") => "text/markdown",
        ("text/xml", "svg") => "image/svg+xml",
        ("text/xml", "htm" | "html" | "xhtml") => "text/html",
        _ => mime,
    }
}

/// Valid UTF-8 (but for a character that the end of the head may have cut) without characters that
/// no text holds.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(err) if err.error_len().is_none() => {
            match std::str::from_utf8(&head[..err.valid_up_to()]) {
                Ok(text) => text,
                Err(_) => return false,
            }
        }
        Err(_) => return false,
    };
    text.chars()
        .all(|sign| !sign.is_control() || matches!(sign, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}'))
}

/// Text of no other kind.
const PLAIN: &str = "text/plain";

/// Kinds of text that only their ending tells apart.
const BY_ENDING: [(&str, &str); 14] = [
    ("md", "text/markdown"),
    ("markdown", "text/markdown"),
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("css", "text/css"),
    ("js", "text/javascript"),
    ("mjs", "text/javascript"),
    ("json", "application/json"),
    ("ics", "text/calendar"),
    ("vcf", "text/vcard"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("xml", "text/xml"),
    ("svg", "image/svg+xml"),
];

fn text_type(ending: &str) -> &'static str {
    let mut known = BY_ENDING.iter();
    let found = known.find(|(known, _)| *known == ending);
    found.map_or(PLAIN, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_and_names_only_between_texts() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(sniff(png, "txt"), "image/png");
        assert_eq!(sniff(b"plain words", "md"), "text/markdown");
        assert_eq!(sniff(b"plain words", "png"), "text/plain");
        assert_eq!(sniff(b"\0\x01\x02\x03", "txt"), UNKNOWN);
        assert_eq!(sniff("größer".as_bytes().split_at(3).0, ""), "text/plain");
        assert_eq!(sniff(b"", "md"), "text/markdown");
    }

    #[test]
    fn a_text_is_no_picture_because_of_its_first_letters() {
        for text in [
            "BMW and others",
            "ID3 is a tag",
            "GIF89a",
            "MZ",
            "talk of %PDF-1.7",
        ] {
            assert_eq!(sniff(text.as_bytes(), "txt"), "text/plain", "{text}");
        }
        assert_eq!(sniff(b"%PDF-1.7\n%%EOF", "txt"), "application/pdf");
        assert_eq!(sniff(b"{\\rtf1 x}", "txt"), "application/rtf");
    }

    #[test]
    fn markup_is_told_by_its_bytes_whatever_it_is_called() {
        let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>1</script></svg>";
        for (bytes, ending, mime) in [
            (&b"<!DOCTYPE html><p>"[..], "txt", "text/html"),
            (b"  <script>alert(1)</script>", "png", "text/html"),
            (b"<?xml version=\"1.0\"?><svg/>", "svg", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><a/>", "txt", "text/xml"),
            (svg, "txt", "image/svg+xml"),
            (b"words", "html", "text/html"),
            (b"<h1 align=center>Title</h1>", "md", "text/markdown"),
        ] {
            assert_eq!(sniff(bytes, ending), mime);
        }
    }

    #[test]
    fn a_new_name_tells_only_kinds_of_text_apart() {
        assert_eq!(renamed("text/plain", "md"), "text/markdown");
        assert_eq!(renamed("text/markdown", "txt"), "text/plain");
        assert_eq!(renamed("text/plain", "html"), "text/html");
        assert_eq!(renamed("text/html", "txt"), "text/html");
        assert_eq!(renamed("image/svg+xml", "txt"), "image/svg+xml");
        assert_eq!(renamed("image/png", "txt"), "image/png");
    }

    #[test]
    fn families_survive_their_numbers() {
        for family in Family::ALL {
            assert_eq!(Family::from_number(family.number()), family);
        }
        assert_eq!(Family::of("application/pdf"), Family::Document);
    }
}
