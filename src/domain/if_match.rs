//! What a change was based on, as `If-Match` says it (RFC 9110, 13.1.1): versions, or whatever is
//! there. Knows no headers; `api::condition` reads them.

/// The versions that a change may be based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Whatever is there (`*`).
    Any,
    /// One of these versions.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// Whether the entity is still what the client saw.
    pub fn allows(&self, version: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }

    /// Whether the client saw the version right before this one: its change may be ours already.
    pub fn is_just_behind(&self, version: u64) -> bool {
        matches!(self, Self::Versions(versions) if versions.contains(&version.saturating_sub(1)))
    }
}
