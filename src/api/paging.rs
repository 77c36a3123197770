//! Lists read page by page: one more row is read than is shown, the last one shown is where the next
//! page begins.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::api::error::{ApiError, Report};
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::api::state::AppState;
use crate::domain::id::UserId;
use crate::services::auth::sessions::Look;
use crate::services::page_cache::{Page, PageKey};

/// Which page of a list without filters.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for PageQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
    }
}

/// A list that somebody reads page by page.
pub struct Paging<'a> {
    app: &'a AppState,
    reader: UserId,
    /// The canonical text of list and filters: a cursor is good for nothing else.
    binding: String,
    after: Option<Position>,
    limit: u32,
}

impl<'a> Paging<'a> {
    /// Opens the cursor, if there is one; refuses one of another reader, list or filter.
    pub fn open(
        app: &'a AppState,
        reader: UserId,
        binding: impl Into<String>,
        (cursor, limit): (Option<&str>, Option<u32>),
    ) -> Result<Self, ApiError> {
        let binding = binding.into();
        let open = |cursor| page::open_cursor(&app.keys, reader, &binding, cursor);
        Ok(Self {
            after: cursor.map(open).transpose()?,
            app,
            reader,
            binding,
            limit: limit.unwrap_or(LIMIT_DEFAULT),
        })
    }

    /// The place behind which the page begins.
    pub fn after(&self) -> Option<&Position> {
        self.after.as_ref()
    }

    /// The id behind which the page begins.
    pub fn after_id(&self) -> Option<[u8; 16]> {
        self.after.as_ref().map(|place| place.id)
    }

    /// How many rows to read.
    pub fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// Cuts what was read to the page; the cursor of the next one.
    pub fn cut<T>(&self, found: &mut Vec<T>, place: impl Fn(&T) -> Position) -> Option<String> {
        let limit = self.limit as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        found
            .last()
            .filter(|_| more)
            .map(|last| page::seal_cursor(&self.app.keys, self.reader, &self.binding, &place(last)))
    }
}

/// A page as it was found together with the caller, or loaded now and kept. `key` is `None` for a
/// page that is not worth a place in the cache.
pub async fn cached(
    app: &AppState,
    look: Look,
    key: Option<&PageKey>,
    load: impl Future<Output = Result<Page, ApiError>>,
) -> Result<Page, ApiError> {
    match (look.page, key) {
        (Some(page), _) => Ok(page),
        (None, Some(key)) => {
            let epoch = look.epoch;
            app.page_loads.load(&app.cache, key, epoch, load).await
        }
        (None, None) => load.await,
    }
}

/// A page as it goes out. `room`: bytes it usually takes; a text that grows is copied each time it
/// doubles.
pub fn rendered<T: Serialize>(
    page: &T,
    next: Option<String>,
    room: usize,
) -> Result<Page, ApiError> {
    let mut body = Vec::with_capacity(room);
    serde_json::to_writer(&mut body, page).map_err(|err| ApiError::Internal(Report::new(&err)))?;
    Ok(Page::new(body, next))
}
