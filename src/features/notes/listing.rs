//! Lists of notes: how a request is filtered, sorted and paged, and the statement that answers it,
//! put together from fixed parts. No value ever becomes part of its text.

use mysql_async::Value;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::KIND;
use super::model::NoteSummary;
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::domain::id::{NotebookId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::platform::crypto::Keys;
use crate::platform::db::Query;
use crate::services::documents::{Document, keyset_condition};
use crate::services::search::Found;
use crate::services::{attachments, tags};

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    /// The latest edit first.
    #[default]
    Updated,
    /// The newest first.
    Created,
    /// By title, from A to Z.
    Title,
}

/// How a list is filtered, sorted and paged.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct NoteQuery {
    /// Words that must all stand in title or body, each anywhere inside a word.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only notes with this tag, without regard to case.
    #[param(
        min_length = 1,
        max_length = 50,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub tag: Option<String>,
    /// Only notes that lie in this notebook itself; `none`: in no notebook.
    #[param(pattern = "^(?:none|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    pub notebook: Option<String>,
    /// Only pinned notes, or only others.
    pub pinned: Option<bool>,
    /// `true`: the archive instead of the notes in use.
    pub archived: Option<bool>,
    /// `true`: the trash instead.
    pub trashed: Option<bool>,
    /// The order; `updated` when absent.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for NoteQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        if let Some(tag) = &self.tag {
            errors.check(TagName::parse("tag", tag).map(drop));
        }
        if let Some(notebook) = &self.notebook {
            errors.check(InNotebook::parse(notebook).map(drop));
        }
        errors.check(page::check_search(self.q.as_deref()));
    }
}

/// Which notes a list is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    InUse,
    Archived,
    Trashed,
}

impl Shelf {
    /// The number in the table. 3 is a note that is gone for good: only its id is kept for a
    /// while, so that a repeated DELETE is still known to be the owner's.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::InUse => 0,
            Self::Archived => 1,
            Self::Trashed => 2,
        }
    }
}

/// Where notes of a list lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InNotebook {
    None,
    This(NotebookId),
}

impl InNotebook {
    fn parse(text: &str) -> Result<Self, Invalid> {
        if text == "none" {
            return Ok(Self::None);
        }
        let id = text.parse().map_err(|_| {
            Invalid::new(
                "notebook",
                "invalid_uuid",
                "The id of a notebook, or `none`.",
            )
        })?;
        Ok(Self::This(id))
    }
}

/// A checked list request.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) shelf: Shelf,
    pub(super) search: Option<String>,
    pub(super) tag: Option<TagName>,
    pub(super) notebook: Option<InNotebook>,
    pub(super) pinned: Option<bool>,
    pub(super) sort: Sort,
    pub(super) after: Option<Position>,
    pub(super) limit: u32,
    cursor: String,
}

impl Listing {
    /// Opens the cursor and settles the defaults.
    pub(super) fn new(keys: &Keys, owner: UserId, query: NoteQuery) -> Result<Self, Invalid> {
        let shelf = match (query.trashed, query.archived) {
            (Some(true), _) => Shelf::Trashed,
            (_, Some(true)) => Shelf::Archived,
            _ => Shelf::InUse,
        };
        let mut listing = Self {
            shelf,
            search: query
                .q
                .map(|q| q.trim().to_owned())
                .filter(|q| !q.is_empty()),
            tag: query
                .tag
                .map(|tag| TagName::parse("tag", &tag))
                .transpose()?,
            notebook: query
                .notebook
                .map(|text| InNotebook::parse(&text))
                .transpose()?,
            pinned: query.pinned,
            sort: query.sort.unwrap_or_default(),
            after: None,
            limit: query.limit.unwrap_or(LIMIT_DEFAULT),
            cursor: query.cursor.unwrap_or_default(),
        };
        if !listing.cursor.is_empty() {
            let binding = listing.binding();
            listing.after = Some(page::open_cursor(keys, owner, &binding, &listing.cursor)?);
        }
        Ok(listing)
    }

    /// Sort and filters as one text: what a cursor is bound to.
    pub(super) fn binding(&self) -> String {
        let search = self.search.as_deref().unwrap_or_default();
        let tag = self.tag.as_ref().map(TagName::norm);
        let (shelf, pinned, sort, notebook) = (self.shelf, self.pinned, self.sort, self.notebook);
        format!("notes|{shelf:?}|{pinned:?}|{sort:?}|{notebook:?}|{tag:?}|{search}")
    }

    /// Everything the page depends on.
    pub(super) fn cache_text(&self) -> String {
        format!("{}|{}|{}", self.binding(), self.limit, self.cursor)
    }

    /// Searches change with every key press and are not worth a place in the cache.
    pub(super) fn is_cacheable(&self) -> bool {
        self.search.is_none()
    }

    /// The place of a note in this order.
    pub(super) fn position(&self, note: &NoteSummary) -> Position {
        let key = match self.sort {
            Sort::Updated => note.updated_at.micros().to_string(),
            Sort::Created => note.created_at.micros().to_string(),
            Sort::Title => note.title.clone(),
        };
        Position {
            key,
            id: *note.id.as_bytes(),
        }
    }

    /// The address of the next page, path-absolute, with the same filters.
    pub(super) fn next_url(&self, cursor: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(search) = &self.search {
            query.append_pair("q", search);
        }
        if let Some(tag) = &self.tag {
            query.append_pair("tag", tag.as_str());
        }
        match self.notebook {
            None => {}
            Some(InNotebook::None) => {
                query.append_pair("notebook", "none");
            }
            Some(InNotebook::This(id)) => {
                query.append_pair("notebook", &id.to_string());
            }
        }
        if let Some(pinned) = self.pinned {
            query.append_pair("pinned", if pinned { "true" } else { "false" });
        }
        match self.shelf {
            Shelf::InUse => {}
            Shelf::Archived => {
                query.append_pair("archived", "true");
            }
            Shelf::Trashed => {
                query.append_pair("trashed", "true");
            }
        }
        let sort = match self.sort {
            Sort::Updated => "updated",
            Sort::Created => "created",
            Sort::Title => "title",
        };
        query.append_pair("sort", sort);
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair("cursor", cursor);
        format!("/api/v1/notes?{}", query.finish())
    }
}

/// The statement of one page and its values; it asks for one item more than the page holds.
/// `found` is what its search finds.
pub(super) fn list_query(owner: UserId, listing: &Listing, found: &Found) -> (Query, Vec<Value>) {
    // Neither index begins with the owner: one of them would filter by the rows of everybody.
    let index = found.read_by(" IGNORE INDEX (uq_notes_id, ix_notes_shelf_deleted)");
    let columns = NoteSummary::SQL.columns;
    let mut sql = format!(
        "SELECT {columns}, {} FROM notes n{index} WHERE n.owner_id = ? AND n.shelf = ?",
        attachments::flag(KIND)
    );
    let mut values: Vec<Value> = vec![owner.into(), listing.shelf.number().into()];
    let (column, descending) = match listing.sort {
        Sort::Updated => ("n.updated_at", true),
        Sort::Created => ("n.created_at", true),
        Sort::Title => ("n.title", false),
    };
    let (sign, order) = if descending {
        ("<", "DESC")
    } else {
        (">", "ASC")
    };
    add_filters((&mut sql, &mut values), owner, listing, found);
    if let Some(after) = &listing.after {
        sql.push_str(" AND ");
        sql.push_str(&keyset_condition(column, sign));
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
    let name = if listing.search.is_some() {
        "notes.search"
    } else {
        "notes.list"
    };
    sql.push_str(&format!(" ORDER BY {column} {order}, n.id {order} LIMIT ?"));
    values.push((listing.limit + 1).into());
    (Query::assembled(name, sql), values)
}

fn add_filters(
    (sql, values): (&mut String, &mut Vec<Value>),
    owner: UserId,
    listing: &Listing,
    found: &Found,
) {
    match listing.notebook {
        None => {}
        Some(InNotebook::None) => sql.push_str(" AND n.notebook_id IS NULL"),
        Some(InNotebook::This(id)) => {
            sql.push_str(" AND n.notebook_id = ?");
            values.push(id.into());
        }
    }
    if let Some(pinned) = listing.pinned {
        sql.push_str(" AND n.pinned = ?");
        values.push(pinned.into());
    }
    if let Some(tag) = &listing.tag {
        let (condition, names) = tags::condition(owner, KIND, "n.id", tag);
        sql.push_str(&condition);
        values.extend(names);
    }
    if let Some(search) = &listing.search {
        let (condition, words) = found.documents(owner, KIND, search);
        sql.push_str(&condition);
        values.extend(words);
    }
}

/// Every shape that the statement of a list can have, by name, for whoever looks at their plans:
/// all mixtures of shelf, order, filters and cursor.
pub fn list_shapes(
    owner: UserId,
    notebook: NotebookId,
    tag: &str,
) -> Vec<(String, Query, Vec<Value>)> {
    let mut shapes = Vec::new();
    let tag = TagName::parse("tag", tag).ok();
    let after = |sort| Position {
        key: match sort {
            Sort::Title => "n".to_owned(),
            _ => "1893456000000000".to_owned(),
        },
        id: [7; 16],
    };
    for shelf in [Shelf::InUse, Shelf::Archived, Shelf::Trashed] {
        for sort in [Sort::Updated, Sort::Created, Sort::Title] {
            for pinned in [None, Some(true), Some(false)] {
                for notebook in [
                    None,
                    Some(InNotebook::None),
                    Some(InNotebook::This(notebook)),
                ] {
                    for tag in [None, tag.clone()] {
                        for after in [None, Some(after(sort))] {
                            let plain = pinned.is_none() && notebook.is_none() && tag.is_none();
                            let listing = Listing {
                                shelf,
                                search: None,
                                tag: tag.clone(),
                                notebook,
                                pinned,
                                sort,
                                after,
                                limit: LIMIT_DEFAULT,
                                cursor: String::new(),
                            };
                            let kind = if plain { "plain" } else { "filtered" };
                            let cut = listing.after.is_some();
                            let name = format!("{kind}|{}|{cut}", listing.binding());
                            let (query, values) = list_query(owner, &listing, &Found::Many);
                            shapes.push((name, query, values));
                        }
                    }
                }
            }
        }
    }
    shapes
}
