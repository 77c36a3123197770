//! The settings of the object store, and where files belong.

use url::Url;

use crate::app::settings::Reader;
use crate::platform::storage::{Config, Objects, Store};

const STORE: &str = "SATCHEL_FILES_STORE";
const BUCKET: &str = "SATCHEL_S3_BUCKET";
const ENDPOINT: &str = "SATCHEL_S3_ENDPOINT";
const ADDRESSING: &str = "SATCHEL_S3_ADDRESSING";
const KEY_ID: &str = "SATCHEL_S3_ACCESS_KEY_ID";
const KEY: &str = "SATCHEL_S3_SECRET_ACCESS_KEY";

/// `rows` or `s3`.
pub(super) fn files_store(reader: &mut Reader, has_objects: bool) -> Store {
    match reader.text_or(STORE, "rows").as_str() {
        "rows" => Store::Rows,
        "s3" => {
            if !has_objects {
                reader.err(STORE, "s3 needs SATCHEL_S3_BUCKET");
            }
            Store::Objects
        }
        other => {
            reader.err(STORE, &format!("`{other}` is not rows or s3"));
            Store::Rows
        }
    }
}

/// The object store; with a bucket there is one, also while new files stay in the rows: what was
/// moved there before is read from it.
pub(super) fn object_store(reader: &mut Reader) -> Option<Config> {
    let bucket = reader.text(BUCKET);
    let region = reader.text_or("SATCHEL_S3_REGION", "us-east-1");
    let prefix = reader.text_or("SATCHEL_S3_PREFIX", "satchel");
    let endpoint = endpoint(reader);
    let bucket_in_host = match reader.text(ADDRESSING).as_deref() {
        None => endpoint.is_none(),
        Some("host") => true,
        Some("path") => false,
        Some(other) => {
            let text = format!("`{other}` is not path or host");
            reader.err(ADDRESSING, &text);
            false
        }
    };
    let key_id = reader.secret(KEY_ID, "SATCHEL_S3_ACCESS_KEY_ID_FILE");
    let keys = match (
        key_id,
        reader.secret(KEY, "SATCHEL_S3_SECRET_ACCESS_KEY_FILE"),
    ) {
        (Some(name), Some(key)) => Some((name.expose().clone(), key)),
        (None, None) => None,
        (Some(_), None) => {
            reader.err(KEY, "is missing; SATCHEL_S3_ACCESS_KEY_ID is set");
            None
        }
        (None, Some(_)) => {
            reader.err(KEY_ID, "is missing; SATCHEL_S3_SECRET_ACCESS_KEY is set");
            None
        }
    };
    let config = Config {
        bucket: bucket?,
        region,
        endpoint,
        prefix: prefix.trim_matches('/').to_owned(),
        bucket_in_host,
        keys,
    };
    if let Err(err) = Objects::new(&config) {
        reader.err(BUCKET, &err.to_string());
    }
    Some(config)
}

fn endpoint(reader: &mut Reader) -> Option<String> {
    let text = reader.text(ENDPOINT)?;
    let is_bare = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    };
    if Url::parse(&text).ok().filter(is_bare).is_none() {
        // Not repeated: somebody may have put a key into it.
        reader.err(
            ENDPOINT,
            "is not an address such as https://s3.example.org or http://10.0.0.5:9000",
        );
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

/// What is in force, secrets hidden.
pub(super) fn shown(store: Store, config: Option<&Config>) -> Vec<String> {
    let mut lines = vec![format!("{STORE}={}", store.word())];
    let Some(config) = config else {
        lines.push(format!("{BUCKET}="));
        return lines;
    };
    let keys = if config.keys.is_some() { "***" } else { "" };
    let endpoint = config.endpoint.as_deref().unwrap_or_default();
    let addressing = if config.bucket_in_host {
        "host"
    } else {
        "path"
    };
    lines.extend([
        format!("{BUCKET}={}", config.bucket),
        format!("SATCHEL_S3_REGION={}", config.region),
        format!("{ENDPOINT}={endpoint}"),
        format!("SATCHEL_S3_PREFIX={}", config.prefix),
        format!("{ADDRESSING}={addressing}"),
        format!("{KEY_ID}={keys}"),
        format!("{KEY}={keys}"),
    ]);
    lines
}
