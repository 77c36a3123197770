//! Keyset paging: limits, and cursors that are bound to their owner, sort and filters.
//! Refuses offsets: a page never costs more because it is far down.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::platform::crypto::{self, Keys};

/// Items of a page when the client does not say.
pub const LIMIT_DEFAULT: u32 = 50;
/// Most items of a page.
pub const LIMIT_MAX: u32 = 200;
/// Longest cursor we ever make, in characters.
const CURSOR_MAX_CHARS: usize = 1600;
const TAG_BYTES: usize = 16;
/// Longest search text in characters.
const SEARCH_MAX_CHARS: usize = 200;

/// Checks a `limit`: 1 to 200.
pub fn check_limit(limit: Option<u32>) -> Result<(), Invalid> {
    match limit {
        None | Some(1..=LIMIT_MAX) => Ok(()),
        Some(_) => Err(Invalid::new(
            "limit",
            "out_of_range",
            format!("From 1 to {LIMIT_MAX}."),
        )),
    }
}

/// Checks the words of a search, `q`: at most 200 characters.
pub fn check_search(q: Option<&str>) -> Result<(), Invalid> {
    if q.unwrap_or_default().chars().count() > SEARCH_MAX_CHARS {
        let detail = format!("A search has at most {SEARCH_MAX_CHARS} characters.");
        return Err(Invalid::new("q", "too_long", detail));
    }
    Ok(())
}

/// The place after which a page begins: the sort key and the id of the last item before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The sort key as text.
    pub key: String,
    pub id: [u8; 16],
}

impl Position {
    /// The place of a row in a list that is sorted by id.
    pub fn of_id(id: [u8; 16]) -> Self {
        Self {
            key: String::new(),
            id,
        }
    }
}

/// Signs a position. `binding` is the canonical text of sort and filters.
pub fn seal_cursor(keys: &Keys, owner: UserId, binding: &str, position: &Position) -> String {
    let plain = [position.id.as_slice(), position.key.as_bytes()].concat();
    let tag = tag(keys, owner, binding, &plain);
    crypto::encode(&[&tag, plain.as_slice()].concat())
}

/// Reads a cursor that was made for this owner, sort and filters.
pub fn open_cursor(
    keys: &Keys,
    owner: UserId,
    binding: &str,
    cursor: &str,
) -> Result<Position, Invalid> {
    let read = || {
        if cursor.len() > CURSOR_MAX_CHARS {
            return None;
        }
        let bytes = crypto::decode(cursor)?;
        let (given, plain) = bytes.split_at_checked(TAG_BYTES)?;
        if !crypto::equal(given, &tag(keys, owner, binding, plain)) {
            return None;
        }
        let (id, key) = plain.split_at_checked(16)?;
        Some(Position {
            key: std::str::from_utf8(key).ok()?.to_owned(),
            id: id.try_into().ok()?,
        })
    };
    read().ok_or_else(|| {
        Invalid::new(
            "cursor",
            "invalid_cursor",
            "Send `next_cursor` of the page before, with the same sort and filters.",
        )
    })
}

/// The address of a list as it was asked for: what the address of its next page is made from.
#[derive(Debug, Clone)]
pub struct Here(Uri);

impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Inside of nested routers the uri has lost its beginning.
        let whole = parts.extensions.get::<OriginalUri>();
        Ok(Self(
            whole.map_or_else(|| parts.uri.clone(), |uri| uri.0.clone()),
        ))
    }
}

impl Here {
    /// The next page, path-absolute, with the same filters.
    pub fn next(&self, cursor: &str) -> String {
        let query = self.0.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let mut next = url::form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(pairs.filter(|(name, _)| name != "cursor"));
        next.append_pair("cursor", cursor);
        format!("{}?{}", self.0.path(), next.finish())
    }
}

fn tag(keys: &Keys, owner: UserId, binding: &str, plain: &[u8]) -> [u8; TAG_BYTES] {
    let mac = keys.mac("cursor", &[owner.as_bytes(), binding.as_bytes(), plain]);
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&mac[..TAG_BYTES]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::secret::Secret;

    #[test]
    fn the_next_page_keeps_the_filters() {
        let here = Here(Uri::from_static("/api/v1/tags?limit=2&cursor=old&q=a%20b"));
        assert_eq!(here.next("new"), "/api/v1/tags?limit=2&q=a+b&cursor=new");
    }

    #[test]
    fn a_cursor_opens_only_for_its_owner_sort_and_filters() {
        let keys = Keys::derive(&Secret::new(vec![3; 32]));
        let (ann, bob) = (UserId::new(), UserId::new());
        let position = Position {
            key: "Ärger".to_owned(),
            id: [5; 16],
        };
        let cursor = seal_cursor(&keys, ann, "title", &position);
        assert_eq!(open_cursor(&keys, ann, "title", &cursor).unwrap(), position);
        assert!(open_cursor(&keys, bob, "title", &cursor).is_err());
        assert!(open_cursor(&keys, ann, "updated", &cursor).is_err());
        assert!(open_cursor(&keys, ann, "title", "nonsense").is_err());
    }
}
