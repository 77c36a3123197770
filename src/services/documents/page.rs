//! One page of documents: what its search finds is looked up first, and one row more than the page
//! holds tells whether there is a next one. Refuses to know columns, filters and orders.

use mysql_async::Value;
use mysql_async::prelude::FromRow;

use super::{Document, Documents};
use crate::domain::id::UserId;
use crate::platform::db::{DbError, Query};
use crate::services::search::{self, Found};

impl<D: Document> Documents<D> {
    /// At most `limit` rows, and whether there are more. `statement` is the list, given what the
    /// search finds; it asks for one row more than `limit`.
    pub async fn page<R>(
        &self,
        owner: UserId,
        search: Option<&str>,
        limit: u32,
        statement: impl FnOnce(&Found) -> (Query, Vec<Value>),
    ) -> Result<(Vec<R>, bool), DbError>
    where
        R: FromRow + Send + 'static,
    {
        let found = search::find(&self.db, owner, D::KIND, search).await?;
        if found.is_nothing() {
            return Ok((Vec::new(), false));
        }
        let (query, values) = statement(&found);
        let mut rows = self.db.list(&query, values).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok((rows, more))
    }
}
