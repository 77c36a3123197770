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
    /// Every family.
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
    if let Some(kind) = infer::get(head) {
        return kind.mime_type();
    }
    if is_text(head) {
        return text_type(ending);
    }
    UNKNOWN
}

/// Valid UTF-8 (but for a character that the end of the head may have cut) without characters that
/// no text holds.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(fault) if fault.error_len().is_none() => {
            match std::str::from_utf8(&head[..fault.valid_up_to()]) {
                Ok(text) => text,
                Err(_) => return false,
            }
        }
        Err(_) => return false,
    };
    text.chars()
        .all(|sign| !sign.is_control() || matches!(sign, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}'))
}

fn text_type(ending: &str) -> &'static str {
    match ending {
        "md" | "markdown" => "text/markdown",
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "css" => "text/css",
        "htm" | "html" | "xhtml" => "text/html",
        "svg" => "image/svg+xml",
        "xml" => "text/xml",
        "js" | "mjs" => "text/javascript",
        "json" => "application/json",
        "ics" => "text/calendar",
        "vcf" => "text/vcard",
        _ => "text/plain",
    }
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
    fn families_survive_their_numbers() {
        for family in Family::ALL {
            assert_eq!(Family::from_number(family.number()), family);
        }
        assert_eq!(Family::of("application/pdf"), Family::Document);
    }
}
