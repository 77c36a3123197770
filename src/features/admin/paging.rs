//! The pages of the lists of this area: one more row is read than is shown, the cursor holds an id.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::error::ApiError;
use crate::api::extract::{Faults, Validate};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::api::state::AppState;
use crate::domain::id::UserId;

/// Which page of a list without filters.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for PageQuery {
    fn validate(&self, faults: &mut Faults) {
        faults.check(page::check_limit(self.limit));
    }
}

/// A list that an admin reads page by page.
pub(super) struct Paging<'a> {
    app: &'a AppState,
    admin: UserId,
    /// The canonical text of list and filters: a cursor is good for nothing else.
    binding: String,
    limit: u32,
}

impl<'a> Paging<'a> {
    pub(super) fn new(
        app: &'a AppState,
        admin: UserId,
        binding: String,
        limit: Option<u32>,
    ) -> Self {
        Self {
            app,
            admin,
            binding,
            limit: limit.unwrap_or(LIMIT_DEFAULT),
        }
    }

    /// The id behind which the page begins.
    pub(super) fn after(&self, cursor: Option<&str>) -> Result<Option<[u8; 16]>, ApiError> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let position = page::open_cursor(&self.app.keys, self.admin, &self.binding, cursor)?;
        Ok(Some(position.id))
    }

    /// How many rows to read.
    pub(super) fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// Cuts what was read to the page; the cursor of the next one.
    pub(super) fn cut<T>(&self, found: &mut Vec<T>, id: impl Fn(&T) -> [u8; 16]) -> Option<String> {
        let limit = self.limit as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        found.last().filter(|_| more).map(|last| {
            let position = Position {
                key: String::new(),
                id: id(last),
            };
            page::seal_cursor(&self.app.keys, self.admin, &self.binding, &position)
        })
    }
}
