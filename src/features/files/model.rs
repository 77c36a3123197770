//! Files as values: what a client sees, what it may send, and what of it is valid.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::extract::{Validate, ValidationErrors};
use crate::api::reply::Versioned;
use crate::api::{patch, shapes};
use crate::domain::digest::Digest;
use crate::domain::file_name::FileName;
use crate::domain::id::{BlobId, FileId};
use crate::domain::media_type::{self, Family};
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;

/// A file, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// UUID, ours are version 7.
    #[schema(value_type = Uuid)]
    pub id: FileId,
    /// Grows with every write; also in the `ETag`.
    pub version: u64,
    /// What it is called; at most 255 characters, never a path.
    pub name: String,
    /// The media type found in its bytes.
    pub mime: String,
    /// `image`, `video`, `audio`, `text`, `document`, `archive` or `other`.
    pub family: String,
    pub size_bytes: u64,
    /// SHA-256 of its bytes in hexadecimal.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub sha256: Digest,
    /// Where the bytes are; nobody's business.
    #[serde(skip)]
    pub(super) blob: BlobId,
    /// Names, sorted.
    pub tags: Vec<String>,
    /// When it was sent up, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its name last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was put into the trash; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    /// When the trash drops it; `null` outside of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purge_at: Option<Timestamp>,
}

impl Versioned for File {
    fn version(&self) -> u64 {
        self.version
    }
}

/// One page of files.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FilePage {
    pub items: Vec<File>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// What of a file changes; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FilePatch {
    /// A new name of 1 to 255 characters, no path.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(
        min_length = 1,
        max_length = 255,
        nullable = false,
        pattern = r"^[^/\\\x00-\x1f\x7f-\x9f]+$"
    )]
    pub name: Option<String>,
    /// These and no others. At most 100 names of 1 to 50 characters; new ones are made.
    #[serde(default, deserialize_with = "patch::present")]
    #[schema(value_type = Option<Vec<shapes::TagName>>, max_items = 100, nullable = false)]
    pub tags: Option<Vec<String>>,
}

impl Validate for FilePatch {
    fn validate(&self, errors: &mut ValidationErrors) {
        if let Some(name) = &self.name {
            errors.check(FileName::parse("name", name).map(drop));
        }
        if let Some(tags) = &self.tags {
            errors.check(tag::parse_all("tags", tags).map(drop));
        }
    }
}

impl FilePatch {
    /// The tags that were asked for.
    pub(super) fn tag_names(&self) -> Option<Vec<TagName>> {
        let names = self.tags.as_ref()?;
        Some(tag::parse_all("tags", names).unwrap_or_default())
    }

    /// The file with its new name, before tags, version and times are set.
    pub(super) fn applied_to(&self, file: &File) -> File {
        let mut changed = file.clone();
        let name = self.name.as_deref();
        if let Some(name) = name.and_then(|name| FileName::parse("name", name).ok()) {
            let mime = media_type::renamed(&changed.mime, &name.ending()).to_owned();
            Family::of(&mime).word().clone_into(&mut changed.family);
            changed.mime = mime;
            changed.name = name.into();
        }
        changed
    }
}

/// How the bytes of a file are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ContentQuery {
    /// `1`: to be kept, not to be shown.
    #[serde(deserialize_with = "switch")]
    #[param(value_type = Option<String>, pattern = "^(?:0|1|false|true)$")]
    pub download: bool,
    /// The token of `POST /files/{id}/link`, in the place of a bearer.
    pub link: Option<String>,
}

impl Validate for ContentQuery {
    fn validate(&self, _: &mut ValidationErrors) {}
}

fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(serde::de::Error::custom("0 or 1")),
    }
}

/// What a link is for.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLink {
    /// To be kept, not to be shown.
    #[serde(default)]
    pub download: bool,
}

impl Validate for NewLink {
    fn validate(&self, _: &mut ValidationErrors) {}
}

/// An address that gives the bytes of one file to whoever has it, for a while.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Link {
    /// Path-absolute.
    pub url: String,
    /// When it ends, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}
