//! The statement of a list, put together from fixed parts: 3 orders × cursor × pinned × words.
//! No value ever becomes part of its text.

use mysql_async::Value;

use super::model::{Listing, Sort};
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::platform::db::Query;
use crate::records::kind::Kind;
use crate::records::terms;

/// The statement of one page and its values; it asks for one item more than the page holds.
pub(super) fn list_query(owner: UserId, listing: &Listing) -> (Query, Vec<Value>) {
    let mut sql = String::from(
        "SELECT n.id, n.version, n.title, n.excerpt, n.pinned, n.archived, n.created_at, \
         n.updated_at, n.deleted_at FROM notes n WHERE n.owner_id = ? AND n.shelf = ?",
    );
    let mut values: Vec<Value> = vec![owner.into(), listing.shelf.number().into()];
    let (column, descending) = match listing.sort {
        Sort::Updated => ("n.updated_at", true),
        Sort::Created => ("n.created_at", true),
        Sort::Title => ("n.title", false),
    };
    let (beyond, order) = if descending {
        ("<", "DESC")
    } else {
        (">", "ASC")
    };
    if let Some(after) = &listing.after {
        // The first comparison lets the index begin at the right place.
        sql.push_str(&format!(
            " AND {column} {beyond}= ? AND ({column} {beyond} ? OR n.id {beyond} ?)"
        ));
        let key: Value = match listing.sort {
            Sort::Title => after.key.as_str().into(),
            _ => after
                .key
                .parse()
                .ok()
                .and_then(Timestamp::from_micros)
                .into(),
        };
        values.extend([key.clone(), key, after.id.as_slice().into()]);
    }
    if let Some(pinned) = listing.pinned {
        sql.push_str(" AND n.pinned = ?");
        values.push(pinned.into());
    }
    let name = if let Some(search) = &listing.search {
        add_search(&mut sql, &mut values, owner, search);
        "notes.search"
    } else {
        "notes.list"
    };
    sql.push_str(&format!(" ORDER BY {column} {order}, n.id {order} LIMIT ?"));
    values.push((listing.limit + 1).into());
    (Query::assembled(name, sql), values)
}

/// Words are looked up in the index; a search of signs alone (`+*`) is taken literally.
fn add_search(sql: &mut String, values: &mut Vec<Value>, owner: UserId, search: &str) {
    if let Some((condition, words)) = terms::condition(owner, Kind::Note, "n.id", search) {
        sql.push_str(&condition);
        values.extend(words);
        return;
    }
    sql.push_str(
        " AND EXISTS (SELECT 1 FROM revisions r WHERE r.owner_id = n.owner_id AND r.kind = 1 \
         AND r.entity_id = n.id AND r.version = n.text_version \
         AND (LOCATE(?, r.title) > 0 OR LOCATE(?, r.body) > 0))",
    );
    values.extend([search.into(), search.into()]);
}
