//! Lists of files: how a request is filtered, sorted and paged, and the statement that answers it,
//! put together from fixed parts. No value ever becomes part of its text.

use mysql_async::Value;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::KIND;
use super::model::File;
use super::store::words;
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::domain::id::UserId;
use crate::domain::invalid::Invalid;
use crate::domain::media_type::Family;
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::platform::crypto::Keys;
use crate::platform::db::Query;
use crate::services::documents::{Document, keyset_condition};
use crate::services::entity_kind::EntityKind;
use crate::services::search::Found;
use crate::services::{attachments, tags};

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    /// The latest change of a name, or the newest, first.
    #[default]
    Updated,
    /// The newest first.
    Created,
    /// By name, from A to Z.
    Name,
    /// The biggest first.
    Size,
}

/// How a list is filtered, sorted and paged.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct FileQuery {
    /// Words that must all stand in the name, each anywhere inside a word.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only files of this family: `image`, `video`, `audio`, `text`, `document`, `archive`, `other`.
    #[serde(rename = "type")]
    #[param(pattern = "^(?:image|video|audio|text|document|archive|other)$")]
    pub family: Option<String>,
    /// Only files with this tag, without regard to case.
    #[param(
        min_length = 1,
        max_length = 50,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub tag: Option<String>,
    /// `note:{id}` or `task:{id}`: only files that are attached to it.
    #[param(pattern = "^(?:note|task):[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
    pub attached_to: Option<String>,
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

impl Validate for FileQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        if let Some(tag) = &self.tag {
            errors.check(TagName::parse("tag", tag).map(drop));
        }
        if let Some(family) = &self.family {
            errors.check(family_of(family).map(drop));
        }
        if let Some(bearer) = &self.attached_to {
            errors.check(bearer_of(bearer).map(drop));
        }
        errors.check(page::check_search(self.q.as_deref()));
    }
}

fn family_of(text: &str) -> Result<Family, Invalid> {
    let known = Family::ALL.into_iter().find(|family| family.word() == text);
    known.ok_or_else(|| {
        let words = Family::ALL.map(Family::word).join("`, `");
        Invalid::new("type", "invalid_value", format!("Allowed here: `{words}`."))
    })
}

fn bearer_of(text: &str) -> Result<(EntityKind, [u8; 16]), Invalid> {
    let read = || {
        let (word, id) = text.split_once(':')?;
        let kind = EntityKind::from_name(word).filter(|kind| kind.is_attachable)?;
        Some((kind, *Uuid::try_parse(id).ok()?.as_bytes()))
    };
    read().ok_or_else(|| {
        let detail = "What it is attached to: `note:` or `task:` and the id.";
        Invalid::new("attached_to", "invalid_value", detail)
    })
}

/// Which files a list is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    InUse,
    Trashed,
}

impl Shelf {
    /// The number in the table, as with notes. 3 is a file that is gone for good: only its id is
    /// kept for a while, so that a repeated DELETE is still known to be the owner's.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::InUse => 0,
            Self::Trashed => 2,
        }
    }
}

/// A checked list request.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    shelf: Shelf,
    pub(super) search: Option<String>,
    family: Option<Family>,
    tag: Option<TagName>,
    attached_to: Option<(EntityKind, [u8; 16])>,
    sort: Sort,
    after: Option<Position>,
    pub(super) limit: u32,
    cursor: String,
}

impl Listing {
    /// Opens the cursor and settles the defaults.
    pub(super) fn new(keys: &Keys, owner: UserId, query: FileQuery) -> Result<Self, Invalid> {
        let search = query.q.map(|q| q.trim().to_owned());
        let tag = query.tag.map(|tag| TagName::parse("tag", &tag));
        let family = query.family.map(|family| family_of(&family));
        let attached_to = query.attached_to.map(|bearer| bearer_of(&bearer));
        let mut listing = Self {
            shelf: match query.trashed {
                Some(true) => Shelf::Trashed,
                _ => Shelf::InUse,
            },
            search: search.filter(|q| !q.is_empty()),
            family: family.transpose()?,
            tag: tag.transpose()?,
            attached_to: attached_to.transpose()?,
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
        let (shelf, family, sort, bearer) = (self.shelf, self.family, self.sort, self.attached_to);
        format!("files|{shelf:?}|{family:?}|{sort:?}|{bearer:?}|{tag:?}|{search}")
    }

    /// Everything the page depends on. Searches change with every key press and are not worth a
    /// place in the cache.
    pub(super) fn cache_text(&self) -> Option<String> {
        let text = || format!("{}|{}|{}", self.binding(), self.limit, self.cursor);
        self.search.is_none().then(text)
    }

    /// The place of a file in this order.
    pub(super) fn position(&self, file: &File) -> Position {
        let key = match self.sort {
            Sort::Updated => file.updated_at.micros().to_string(),
            Sort::Created => file.created_at.micros().to_string(),
            Sort::Name => file.name.clone(),
            Sort::Size => file.size_bytes.to_string(),
        };
        Position {
            key,
            id: *file.id.as_bytes(),
        }
    }
}

/// The statement of one page and its values; it asks for one item more than the page holds.
/// `found` is what its search finds.
pub(super) fn list_query(owner: UserId, listing: &Listing, found: &Found) -> (Query, Vec<Value>) {
    // Neither index begins with the owner: one of them would filter by the rows of everybody.
    let index = found.read_by(" IGNORE INDEX (uq_files_id, ix_files_shelf_deleted)");
    let columns = File::SQL.columns;
    let mut sql =
        format!("SELECT {columns} FROM files n{index} WHERE n.owner_id = ? AND n.shelf = ?");
    let mut values: Vec<Value> = vec![owner.into(), listing.shelf.number().into()];
    let (column, sign, order) = match listing.sort {
        Sort::Updated => ("n.updated_at", "<", "DESC"),
        Sort::Created => ("n.created_at", "<", "DESC"),
        Sort::Name => ("n.name", ">", "ASC"),
        Sort::Size => ("n.size_bytes", "<", "DESC"),
    };
    add_filters(&mut sql, &mut values, owner, listing);
    if let Some(search) = &listing.search {
        add_search((&mut sql, &mut values), owner, search, found);
    }
    if let Some(after) = &listing.after {
        sql.push_str(" AND ");
        sql.push_str(&keyset_condition(column, sign));
        let number = after.key.parse::<i64>().ok();
        let key: Value = match listing.sort {
            Sort::Name => after.key.as_str().into(),
            Sort::Size => number.into(),
            Sort::Updated | Sort::Created => number.and_then(Timestamp::from_micros).into(),
        };
        values.extend([key.clone(), key, after.id.as_slice().into()]);
    }
    let name = match listing.search {
        Some(_) => "files.search",
        None => "files.list",
    };
    sql.push_str(&format!(" ORDER BY {column} {order}, n.id {order} LIMIT ?"));
    values.push((listing.limit + 1).into());
    (Query::assembled(name, sql), values)
}

fn add_filters(sql: &mut String, values: &mut Vec<Value>, owner: UserId, listing: &Listing) {
    if let Some(family) = listing.family {
        sql.push_str(" AND n.family = ?");
        values.push(family.number().into());
    }
    if let Some(tag) = &listing.tag {
        let (condition, names) = tags::condition(owner, KIND, "n.id", tag);
        sql.push_str(&condition);
        values.extend(names);
    }
    if let Some((kind, entity)) = &listing.attached_to {
        let (condition, bearer) = attachments::condition(owner, *kind, entity, "n.id");
        sql.push_str(&condition);
        values.extend(bearer);
    }
}

/// Words are looked up in the index; a search of signs alone (`+*`) is taken literally.
fn add_search(
    (sql, values): (&mut String, &mut Vec<Value>),
    owner: UserId,
    search: &str,
    found: &Found,
) {
    match found.condition(owner, KIND, &words(search)) {
        Some((condition, words)) => {
            sql.push_str(&condition);
            values.extend(words);
        }
        None => {
            sql.push_str(" AND LOCATE(?, n.name) > 0");
            values.push(search.into());
        }
    }
}

/// Every shape that the statement of a list can have, by name, for whoever looks at their plans:
/// all mixtures of shelf, order, filters and cursor.
pub fn list_shapes(owner: UserId, note: Uuid, tag: &str) -> Vec<(String, Query, Vec<Value>)> {
    let mut shapes = Vec::new();
    let tag = TagName::parse("tag", tag).ok();
    let note = EntityKind::from_name("note").map(|kind| (kind, *note.as_bytes()));
    let after = |sort| Position {
        key: match sort {
            Sort::Name => "n".to_owned(),
            Sort::Size => "1000".to_owned(),
            _ => "1893456000000000".to_owned(),
        },
        id: [7; 16],
    };
    for shelf in [Shelf::InUse, Shelf::Trashed] {
        for sort in [Sort::Updated, Sort::Created, Sort::Name, Sort::Size] {
            for family in [None, Some(Family::Image)] {
                for attached_to in [None, note] {
                    for tag in [None, tag.clone()] {
                        for after in [None, Some(after(sort))] {
                            // A family has an index of its own in the usual order.
                            let in_order = family.is_none() || sort == Sort::Updated;
                            let ranged = attached_to.is_none() && tag.is_none() && in_order;
                            let listing = Listing {
                                shelf,
                                search: None,
                                family,
                                tag: tag.clone(),
                                attached_to,
                                sort,
                                after,
                                limit: LIMIT_DEFAULT,
                                cursor: String::new(),
                            };
                            let kind = if ranged { "ranged" } else { "few" };
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
