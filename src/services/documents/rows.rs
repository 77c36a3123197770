//! The rows of documents, read by position: a lookup by name for each field of each row costs more
//! than the rest of a list. The statements of a noun are put together when the program is built,
//! from its table and the names of its own columns.

use mysql_async::prelude::{FromRow, FromValue};
use mysql_async::{FromRowError, Row, Value};

use super::{Document, DocumentWithBody, TextDocument};
use crate::domain::id::{Id, UserId};
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query, Rows, Tx, in_clause};
use crate::services::attachments;

/// The statements of a noun. Its table has, beside the noun's own columns, `owner_id`, `id`,
/// `version`, `max_version`, `tags`, `shelf`, `created_at`, `updated_at` and `deleted_at`, and,
/// when it has a text, `text_version`.
#[derive(Debug)]
pub struct Statements {
    /// The columns of a list, in the order in which they are read; the table is called `n`.
    pub columns: &'static str,
    /// The name of the constraint that keeps ids unique over all owners.
    pub unique_id: &'static str,
    /// One document with its text.
    pub find: Query,
    pub lock: Query,
    /// The version of a document.
    pub version: Query,
    /// The revision with the current text.
    pub current_text: Query,
    pub insert: Query,
    /// All fields of a row.
    pub update: Query,
    /// The same for many rows.
    pub write_many: Rows,
    /// Name and beginning of the statement that locks many rows.
    pub lock_all: (&'static str, &'static str),
    /// The shelf, locked, and the highest number in use.
    pub shelf: Query,
    /// Leaves of a row only what is needed to know it again.
    pub purge_row: Query,
    /// What has been in the trash for too long.
    pub due_in_trash: Query,
    /// Whether one of them still is, locked; the highest number in use.
    pub still_due: Query,
    /// Forgets rows of documents that were deleted for good a month ago.
    pub purge_tombstones: Query,
}

/// Puts the statements of a noun together: its table, the number of its kind, its own columns,
/// and what of them is wiped when a document is deleted for good.
macro_rules! statements {
    (@mark $column:ident) => { ", ?" };
    (
        table: $table:literal, kind: $kind:literal, columns: [$($column:ident),* $(,)?],
        buried: $buried:literal $(,)?
    ) => {{
        use $crate::platform::db::{Query, Rows};
        macro_rules! list {
            () => {
                concat!(
                    "n.id, n.version, n.tags, n.created_at, n.updated_at, n.deleted_at",
                    $(", n.", stringify!($column)),*
                )
            };
        }
        macro_rules! whole {
            () => {
                concat!(
                    "SELECT ", list!(), ", n.text_version, n.max_version, r.body, \
                     EXISTS (SELECT 1 FROM attachments a WHERE a.owner_id = n.owner_id AND a.kind = ",
                    stringify!($kind), " AND a.entity_id = n.id) FROM ", $table,
                    " n JOIN revisions r ON r.owner_id = n.owner_id AND r.kind = ",
                    stringify!($kind),
                    " AND r.entity_id = n.id AND r.version = n.text_version \
                     WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3"
                )
            };
        }
        macro_rules! inserted {
            () => {
                concat!(
                    "INSERT INTO ", $table, " (owner_id, id, version, tags, shelf, created_at, \
                     updated_at, deleted_at", $(", ", stringify!($column)),* , ")"
                )
            };
        }
        macro_rules! marks {
            () => {
                concat!(
                    "(?, ?, ?, ?, ?, ?, ?, ?",
                    $($crate::services::documents::statements!(@mark $column)),* , ")"
                )
            };
        }
        $crate::services::documents::Statements {
            columns: list!(),
            unique_id: concat!("uq_", $table, "_id"),
            find: Query::new(concat!($table, ".find"), whole!()),
            lock: Query::new(
                concat!($table, ".find_locked"),
                concat!(whole!(), " FOR UPDATE"),
            ),
            version: Query::new(
                concat!($table, ".version"),
                concat!(
                    "SELECT version FROM ", $table, " WHERE owner_id = ? AND id = ? AND shelf < 3"
                ),
            ),
            current_text: Query::new(
                concat!($table, ".current_text"),
                concat!(
                    "SELECT text_version FROM ", $table,
                    " WHERE owner_id = ? AND id = ? AND shelf < 3"
                ),
            ),
            insert: Query::new(
                concat!($table, ".insert"),
                concat!(inserted!(), " VALUES ", marks!()),
            ),
            update: Query::new(
                concat!($table, ".update"),
                concat!(
                    "UPDATE ", $table, " SET version = ?, tags = ?, shelf = ?, updated_at = ?, \
                     deleted_at = ?", $(", ", stringify!($column), " = ?"),* ,
                    ", text_version = ?, max_version = GREATEST(max_version, ?) \
                     WHERE owner_id = ? AND id = ?"
                ),
            ),
            write_many: Rows {
                name: concat!($table, ".write_many"),
                head: inserted!(),
                row: marks!(),
                tail: concat!(
                    "ON DUPLICATE KEY UPDATE version = VALUES(version), tags = VALUES(tags), \
                     shelf = VALUES(shelf), updated_at = VALUES(updated_at), \
                     deleted_at = VALUES(deleted_at)",
                    $(", ", stringify!($column), " = VALUES(", stringify!($column), ")"),*
                ),
            },
            lock_all: (
                concat!($table, ".lock_all"),
                concat!(
                    "SELECT ", list!(), ", n.max_version FROM ", $table, " n WHERE n.owner_id = ?"
                ),
            ),
            shelf: Query::new(
                concat!($table, ".shelf"),
                concat!(
                    "SELECT shelf, GREATEST(version, max_version) FROM ", $table,
                    " WHERE owner_id = ? AND id = ? FOR UPDATE"
                ),
            ),
            purge_row: Query::new(
                concat!($table, ".purge_row"),
                concat!(
                    "UPDATE ", $table, " SET version = ?, shelf = 3, tags = '', ", $buried,
                    ", deleted_at = UTC_TIMESTAMP(6) WHERE owner_id = ? AND id = ?"
                ),
            ),
            due_in_trash: Query::new(
                concat!($table, ".due_in_trash"),
                concat!(
                    "SELECT owner_id, id FROM ", $table,
                    " WHERE shelf = 2 AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY LIMIT ?"
                ),
            ),
            still_due: Query::new(
                concat!($table, ".still_due_in_trash"),
                concat!(
                    "SELECT GREATEST(version, max_version) FROM ", $table,
                    " WHERE owner_id = ? AND id = ? AND shelf = 2 \
                     AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL ? DAY FOR UPDATE"
                ),
            ),
            purge_tombstones: Query::new(
                concat!($table, ".purge_tombstones"),
                concat!(
                    "DELETE FROM ", $table, " WHERE shelf = 3 \
                     AND deleted_at < UTC_TIMESTAMP(6) - INTERVAL 30 DAY LIMIT 1000"
                ),
            ),
        }
    }};
}
pub(crate) use statements;

/// The columns of a row from left to right.
pub struct Columns<'a> {
    row: &'a mut Row,
    next: usize,
}

impl Columns<'_> {
    pub fn take<T: FromValue>(&mut self) -> Option<T> {
        let value = self.row.take_opt(self.next)?.ok();
        self.next += 1;
        value
    }
}

/// What every document has, as it was read.
#[derive(Debug)]
pub struct RowMeta<M> {
    pub id: Id<M>,
    pub version: u64,
    /// Names, sorted.
    pub tags: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub updated_at: Timestamp,
    /// When it was put into the trash.
    pub deleted_at: Option<Timestamp>,
}

/// A document of a list.
#[derive(Debug)]
pub struct Listed<D>(pub D);

/// A document of a list, and whether it bears files; they are read besides.
#[derive(Debug)]
pub struct Bearing<D>(pub D, pub bool);

/// A locked document, and the highest version number it uses.
#[derive(Debug)]
pub struct Locked<D> {
    pub document: D,
    /// By the document or by a loser of a conflict.
    pub max_version: u64,
}

/// A document with its text and its place in the history.
#[derive(Debug)]
pub(super) struct Stored<D> {
    pub(super) full: DocumentWithBody<D>,
    /// The revision that holds the text.
    pub(super) text_version: u64,
    /// The highest number in use, by the document or by a loser of a conflict.
    pub(super) max_version: u64,
    /// Whether it bears files; they are read besides.
    pub(super) bears_files: bool,
}

fn document<D: Document>(columns: &mut Columns<'_>) -> Option<D> {
    let head = RowMeta {
        id: columns.take()?,
        version: columns.take()?,
        tags: tag::split(&columns.take::<String>()?),
        created_at: columns.take()?,
        updated_at: columns.take()?,
        deleted_at: columns.take()?,
    };
    D::read(head, columns)
}

fn read<T>(
    mut row: Row,
    read: impl FnOnce(&mut Columns<'_>) -> Option<T>,
) -> Result<T, FromRowError> {
    let mut columns = Columns {
        row: &mut row,
        next: 0,
    };
    read(&mut columns).ok_or(FromRowError(row))
}

impl<D: Document> FromRow for Listed<D> {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        read(row, |columns| document(columns).map(Self))
    }
}

impl<D: Document> FromRow for Bearing<D> {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        read(row, |columns| {
            Some(Self(document(columns)?, columns.take()?))
        })
    }
}

impl<D: Document> FromRow for Locked<D> {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        read(row, |columns| {
            let document: D = document(columns)?;
            let version = document.meta().version;
            Some(Self {
                document,
                max_version: version.max(columns.take()?),
            })
        })
    }
}

impl<D: Document> FromRow for Stored<D> {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        read(row, |columns| {
            let document: D = document(columns)?;
            let version = document.meta().version;
            Some(Self {
                text_version: columns.take()?,
                max_version: version.max(columns.take()?),
                full: DocumentWithBody {
                    document,
                    body: columns.take()?,
                },
                bears_files: columns.take()?,
            })
        })
    }
}

/// The document, locked until the transaction ends; `None` when it is not there or gone for good.
pub(super) async fn lock<D: TextDocument>(
    tx: &Tx,
    owner: UserId,
    id: Id<D::IdMarker>,
) -> Result<Option<Stored<D>>, DbError> {
    let mut stored: Option<Stored<D>> = tx.first(&D::SQL.lock, (owner, id)).await?;
    if let Some(stored) = &mut stored
        && stored.bears_files
    {
        let files = attachments::of_one(tx, owner, D::KIND, id.as_bytes()).await?;
        stored.full.document.set_attachments(files);
    }
    Ok(stored)
}

/// Those of the documents that are there, locked until the transaction ends.
pub(super) async fn lock_all<D: Document>(
    tx: &Tx,
    owner: UserId,
    ids: &[Id<D::IdMarker>],
) -> Result<Vec<Locked<D>>, DbError> {
    let (name, beginning) = D::SQL.lock_all;
    let mut locked = Vec::with_capacity(ids.len());
    for (marks, ids) in in_clause(ids.iter().copied()) {
        let sql =
            format!("{beginning} AND n.id IN ({marks}) AND n.shelf < 3 ORDER BY n.id FOR UPDATE");
        let values = [vec![owner.into()], ids].concat();
        locked.extend(tx.list(&Query::assembled(name, sql), values).await?);
    }
    Ok(locked)
}

/// The values of a whole row, as `insert` and `write_many` name them.
pub(super) fn values<D: Document>(owner: UserId, document: &D) -> Vec<Value> {
    let head = document.meta();
    let mut values: Vec<Value> = vec![
        owner.into(),
        head.id.into(),
        head.version.into(),
        tag::join(head.tags).into(),
        document.shelf().into(),
        head.created_at.into(),
        head.updated_at.into(),
        head.deleted_at.into(),
    ];
    values.extend(document.column_values());
    values
}

/// Writes all fields of a row. `max_version` is 0 unless a number above the version is in use.
pub(super) async fn update<D: TextDocument>(
    tx: &Tx,
    owner: UserId,
    document: &D,
    text_version: u64,
    max_version: u64,
) -> Result<(), DbError> {
    let head = document.meta();
    let mut values: Vec<Value> = vec![
        head.version.into(),
        tag::join(head.tags).into(),
        document.shelf().into(),
        head.updated_at.into(),
        head.deleted_at.into(),
    ];
    values.extend(document.column_values());
    values.extend([
        text_version.into(),
        max_version.into(),
        owner.into(),
        head.id.into(),
    ]);
    tx.exec(&D::SQL.update, values).await?;
    Ok(())
}
