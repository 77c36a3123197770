//! Links: an address that gives the bytes of one file to whoever has it, for five minutes, as often
//! as asked, in parts or whole. For what cannot send a bearer: pictures, players, downloads.
//! Nothing is stored: the address carries what it allows, under a keyed digest.

use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::model::{ContentQuery, Link, NewLink};
use super::store::FileStore;
use crate::api::caller::CurrentUser;
use crate::api::context::RequestContext;
use crate::api::error::{ApiError, Report};
use crate::api::extract::{ApiPath, ApiQuery, OptionalJson};
use crate::api::reply::Answer;
use crate::api::state::AppState;
use crate::domain::id::{FileId, UserId};
use crate::domain::time::Timestamp;
use crate::platform::crypto::{self, Keys};
use crate::services::auth::rate_limits::Policy;

/// Seconds for which a link is good.
const LIFE_S: i64 = 300;
const SECOND_MICROS: i64 = 1_000_000;
/// Bytes of the digest that stand in a link.
const MAC_BYTES: usize = 16;
/// Owner, end in seconds, whether it is for keeping.
const PLAIN_BYTES: usize = 16 + 8 + 1;

/// Makes an address under which the file can be read for five minutes, by whoever has it.
#[utoipa::path(
    post, path = "/files/{id}/link", operation_id = "files.link", tag = "files",
    params(("id" = Uuid, Path)),
    request_body(content = Option<NewLink>, content_type = "application/json"),
    responses((status = 200, body = Link))
)]
pub(super) async fn create(
    user: CurrentUser,
    State(app): State<AppState>,
    State(files): State<FileStore>,
    ApiPath(id): ApiPath<FileId>,
    body: Result<OptionalJson<NewLink>, ApiError>,
) -> Result<Answer<Link>, ApiError> {
    files.find(user.id, id).await?.ok_or(ApiError::NotFound)?;
    let OptionalJson(new) = body?;
    let ends = app.clock.now().micros() / SECOND_MICROS + LIFE_S;
    let held = Held {
        owner: user.id,
        ends,
        download: new.unwrap_or_default().download,
    };
    let token = held.seal(&app.keys, id);
    let expires_at = Timestamp::from_micros(ends * SECOND_MICROS)
        .ok_or_else(|| ApiError::Internal(Report::text("a link that ends after all times")))?;
    Ok(Answer(Link {
        url: format!("/api/v1/files/{id}/content?link={token}"),
        expires_at,
    }))
}

/// Who reads the bytes of a file: its owner, or whoever has a link of the owner.
pub(super) struct Reader {
    /// Whose file it is.
    pub(super) owner: UserId,
    /// Whether a link is all that was shown.
    pub(super) by_link: bool,
    /// What is asked for, or what is wrong with the question.
    pub(super) asked: Result<ContentQuery, ApiError>,
}

impl<S> FromRequestParts<S> for Reader
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = ApiQuery::<ContentQuery>::from_request_parts(parts, state).await;
        let mut asked = query.map(|ApiQuery(query)| query);
        let Ok(query @ ContentQuery { link: Some(_), .. }) = &mut asked else {
            let user = CurrentUser::from_request_parts(parts, state).await?;
            return Ok(Self {
                owner: user.id,
                by_link: false,
                asked,
            });
        };
        let app = AppState::from_ref(state);
        let ApiPath(file) = ApiPath::<FileId>::from_request_parts(parts, state).await?;
        let token = query.link.take().unwrap_or_default();
        let held = Held::open(&app.keys, file, &token, app.clock.now()).ok_or(BAD)?;
        query.download |= held.download;
        // The reading counts as the owner's: who hands out links answers for their use.
        if let Some(context) = parts.extensions.get::<RequestContext>() {
            let charge = app.limits.charge(Policy::User, held.owner.as_bytes());
            context.charged(charge.await)?;
        }
        Ok(Self {
            owner: held.owner,
            by_link: true,
            asked,
        })
    }
}

/// A link that was forged, has ended, or whose owner may not act any more.
pub(super) const BAD: ApiError = ApiError::Refused(
    StatusCode::FORBIDDEN,
    "link_invalid",
    "This link is not good any more.",
);

/// What a link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    owner: UserId,
    ends: i64,
    download: bool,
}

impl Held {
    fn seal(&self, keys: &Keys, file: FileId) -> String {
        let plain = self.plain();
        crypto::encode(&[&plain, &mac(keys, file, &plain)[..]].concat())
    }

    fn open(keys: &Keys, file: FileId, token: &str, now: Timestamp) -> Option<Self> {
        let bytes = crypto::decode(token)?;
        let (plain, given) = bytes.split_at_checked(PLAIN_BYTES)?;
        if !crypto::equal(given, &mac(keys, file, plain)) {
            return None;
        }
        let (owner, rest) = plain.split_at_checked(16)?;
        let (ends, download) = rest.split_at_checked(8)?;
        let held = Self {
            owner: UserId::from_bytes(owner.try_into().ok()?),
            ends: i64::from_be_bytes(ends.try_into().ok()?),
            download: download == [1],
        };
        (now.micros() < held.ends.checked_mul(SECOND_MICROS)?).then_some(held)
    }

    fn plain(&self) -> Vec<u8> {
        let (owner, ends) = (self.owner.as_bytes(), self.ends.to_be_bytes());
        [owner.as_slice(), &ends, &[u8::from(self.download)]].concat()
    }
}

fn mac(keys: &Keys, file: FileId, plain: &[u8]) -> [u8; MAC_BYTES] {
    let whole = keys.mac("file link", &[file.as_bytes(), plain]);
    let mut mac = [0; MAC_BYTES];
    mac.copy_from_slice(&whole[..MAC_BYTES]);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::secret::Secret;

    #[test]
    fn a_link_opens_only_its_file_before_its_end_and_unaltered() {
        let keys = Keys::derive(&Secret::new(vec![5; 32]));
        let (file, ends) = (FileId::new(), 1_764_000_000);
        let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND_MICROS).unwrap();
        let held = Held {
            owner: UserId::new(),
            ends,
            download: true,
        };
        let token = held.seal(&keys, file);
        let open = |file, token: &str, now| Held::open(&keys, file, token, now);
        assert_eq!(open(file, &token, at(ends - 1)), Some(held));
        assert_eq!(open(file, &token, at(ends)), None);
        assert_eq!(open(FileId::new(), &token, at(0)), None);
        let bytes = crypto::decode(&token).unwrap();
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 1;
            assert_eq!(open(file, &crypto::encode(&other), at(0)), None);
            assert_eq!(open(file, &crypto::encode(&bytes[..place]), at(0)), None);
        }
        let others = Keys::derive(&Secret::new(vec![6; 32]));
        assert_eq!(Held::open(&others, file, &token, at(0)), None);
    }
}
