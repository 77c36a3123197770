//! The headers of tus 1.0 as values: lengths, metadata, checksums, and what of them is valid.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::api::error::ApiError;
use crate::domain::file_name::FileName;
use crate::domain::id::FileId;
use crate::domain::time::Timestamp;
use crate::platform::crypto;

/// The one version of the protocol that is spoken here.
pub(super) const VERSION: &str = "1.0.0";
/// What is spoken of it besides its core.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,checksum,termination,expiration";
/// The digests that `Upload-Checksum` may name.
pub(super) const ALGORITHMS: &str = "sha1,sha256";
/// The type of a body that holds bytes of an upload.
pub(super) const BODY_TYPE: &str = "application/offset+octet-stream";
/// Longest `Upload-Metadata`; the column holds as much.
const METADATA_MAX_BYTES: usize = 8192;

pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const TUS_ALGORITHMS: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");

/// What a client says about the file that it is going to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    /// As it came, to be given back.
    pub text: String,
    /// What the file will be called.
    pub name: FileName,
    /// The id that the client has chosen.
    pub id: Option<FileId>,
}

/// A number of bytes in a header that must be there.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, ApiError> {
    let text = single(headers, name)?;
    let number = text.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = number.and_then(|text| text.parse::<u64>().ok());
    let fits = |number: &u64| i64::try_from(*number).is_ok();
    number
        .filter(fits)
        .ok_or_else(|| invalid(name, "one whole number of bytes"))
}

/// Whether the body holds bytes of the upload.
pub(super) fn has_bytes(headers: &HeaderMap) -> bool {
    let value = headers.get(axum::http::header::CONTENT_TYPE);
    value.is_some_and(|value| value == BODY_TYPE)
}

impl Metadata {
    /// Reads `Upload-Metadata`: pairs of a key and a value in base64, between commas.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let text = single(headers, &UPLOAD_METADATA)?.unwrap_or_default();
        let wrong = || invalid(&UPLOAD_METADATA, "pairs of a key and a value in base64");
        if text.len() > METADATA_MAX_BYTES {
            return Err(wrong());
        }
        let mut pairs: Vec<(&str, Vec<u8>)> = Vec::new();
        for pair in text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
        {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let value = STANDARD.decode(value.trim()).map_err(|_| wrong())?;
            if pairs.iter().any(|(known, _)| *known == key) {
                return Err(wrong());
            }
            pairs.push((key, value));
        }
        let value = |key: &str| pairs.iter().find(|(known, _)| *known == key);
        let text_of = |(_, bytes): &(&str, Vec<u8>)| String::from_utf8_lossy(bytes).into_owned();
        let name = value("filename").or_else(|| value("name")).map(text_of);
        Ok(Self {
            text: text.to_owned(),
            name: FileName::cleaned(&name.unwrap_or_default()),
            id: value("id")
                .map(text_of)
                .map(|id| read_id(&id))
                .transpose()?,
        })
    }
}

/// The id that a client has chosen for its file.
pub(in crate::features::files) fn read_id(text: &str) -> Result<FileId, ApiError> {
    let id = text.parse::<FileId>().ok();
    let usable = |id: &FileId| !id.uuid().is_nil() && !id.uuid().is_max();
    id.filter(usable).ok_or(ApiError::BadRequest(
        "invalid_id",
        "The id must be a UUID, neither the nil nor the max one.".into(),
    ))
}

/// The metadata of a file whose upload is over.
pub(super) fn metadata_of(name: &str) -> String {
    format!("filename {}", STANDARD.encode(name))
}

/// What the bytes of one request are to be checked against.
pub(in crate::features::files) struct Checksum {
    running: crypto::Running,
    expected: Vec<u8>,
}

impl Checksum {
    /// Reads `Upload-Checksum`, when there is one.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let Some(text) = single(headers, &UPLOAD_CHECKSUM)? else {
            return Ok(None);
        };
        let wrong = || invalid(&UPLOAD_CHECKSUM, "sha1 or sha256 and the digest in base64");
        let (algorithm, digest) = text.split_once(' ').ok_or_else(wrong)?;
        let running = match algorithm {
            "sha1" => crypto::Running::sha1(),
            "sha256" => crypto::Running::sha256(),
            _ => return Err(wrong()),
        };
        let expected = STANDARD.decode(digest.trim()).map_err(|_| wrong())?;
        Ok(Some(Self { running, expected }))
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.running.update(bytes);
    }

    /// Whether these were the bytes.
    pub(super) fn matches(self) -> bool {
        self.running.finish() == self.expected
    }
}

/// The moment as `Upload-Expires` says it (RFC 9110, 5.6.7).
pub(super) fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at.inner());
    HeaderValue::try_from(text.ok()?).ok()
}

/// A header that may stand there once.
pub(super) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.trim())),
        _ => Err(invalid(name, "once, in ASCII")),
    }
}

fn invalid(name: &HeaderName, wanted: &str) -> ApiError {
    ApiError::BadRequest("invalid_header", format!("{name}: {wanted}.").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.clone(), value.parse().unwrap())])
    }

    #[test]
    fn metadata_is_read_as_the_clients_write_it() {
        let text = format!(
            "filename {},filetype dGV4dA==,empty",
            STANDARD.encode("größe.txt")
        );
        let read = Metadata::read(&headers(&UPLOAD_METADATA, &text)).unwrap();
        assert_eq!((read.name.as_str(), read.text), ("größe.txt", text));
        let uppy = format!("relativePath bnVsbA==,name {}", STANDARD.encode("../a.png"));
        let read = Metadata::read(&headers(&UPLOAD_METADATA, &uppy)).unwrap();
        assert_eq!(read.name.as_str(), "a.png");
        assert_eq!(
            Metadata::read(&HeaderMap::new()).unwrap().name.as_str(),
            "file"
        );
        let id = FileId::new();
        let text = format!("id {}", STANDARD.encode(id.to_string()));
        let read = Metadata::read(&headers(&UPLOAD_METADATA, &text)).unwrap();
        assert_eq!(read.id, Some(id));
        for text in ["name a b", "name *", "name YQ==,name YQ==", "id YQ=="] {
            assert!(
                Metadata::read(&headers(&UPLOAD_METADATA, text)).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_are_whole_and_fit() {
        for (text, number) in [("0", 0), ("007", 7), (" 5 ", 5)] {
            let headers = headers(&UPLOAD_LENGTH, text);
            assert_eq!(super::number(&headers, &UPLOAD_LENGTH).unwrap(), number);
        }
        for text in ["", "-1", "+1", "1.0", "0x1", "9223372036854775808"] {
            let headers = headers(&UPLOAD_LENGTH, text);
            assert!(super::number(&headers, &UPLOAD_LENGTH).is_err(), "{text}");
        }
    }

    #[test]
    fn checksums_tell_changed_bytes() {
        let sent = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
        for (bytes, right) in [("hello world", true), ("hello worle", false)] {
            let headers = headers(&UPLOAD_CHECKSUM, sent);
            let mut checksum = Checksum::read(&headers).unwrap().unwrap();
            checksum.update(bytes.as_bytes());
            assert_eq!(checksum.matches(), right);
        }
        for text in ["md5 YQ==", "sha1", "sha1 *"] {
            assert!(Checksum::read(&headers(&UPLOAD_CHECKSUM, text)).is_err());
        }
    }
}
