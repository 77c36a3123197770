//! Rows of the `files` table, read by position.

use mysql_async::prelude::{FromRow, FromValue};
use mysql_async::{FromRowError, Row, params};

use crate::domain::file_name::FileName;
use crate::domain::id::{BlobId, FileId, UserId};
use crate::domain::media_type::Family;
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::features::files::listing::Shelf;
use crate::features::files::model::File;
use crate::platform::crypto::hex;
use crate::platform::db::{DbError, Query, Tx};
use crate::records::changes::{self, NewChange, Op};
use crate::records::kind::Kind;
use crate::records::terms;

/// The columns of a list, in the order in which `file` takes them.
pub(in crate::features::files) const COLUMNS: &str = "f.id, f.version, f.name, f.mime, f.family, f.size_bytes, \
     f.sha256, f.tags, f.created_at, f.updated_at, f.deleted_at";

pub(super) const FIND: Query = Query::new(
    "files.find",
    "SELECT f.id, f.version, f.name, f.mime, f.family, f.size_bytes, f.sha256, f.tags, \
       f.created_at, f.updated_at, f.deleted_at \
     FROM files f WHERE f.owner_id = ? AND f.id = ? AND f.shelf < 3",
);

const FIND_LOCKED: Query = Query::new(
    "files.find_locked",
    "SELECT f.id, f.version, f.name, f.mime, f.family, f.size_bytes, f.sha256, f.tags, \
       f.created_at, f.updated_at, f.deleted_at \
     FROM files f WHERE f.owner_id = ? AND f.id = ? AND f.shelf < 3 FOR UPDATE",
);

const UPDATE: Query = Query::new(
    "files.update",
    "UPDATE files SET version = :version, name = :name, mime = :mime, family = :family, \
       tags = :tags, shelf = :shelf, updated_at = :updated_at, deleted_at = :deleted_at \
     WHERE owner_id = :owner AND id = :id",
);

/// The file, locked until the transaction ends; `None` when it is not there or gone for good.
pub(super) async fn lock(tx: &Tx, owner: UserId, id: FileId) -> Result<Option<File>, DbError> {
    let row: Option<Listed> = tx.first(&FIND_LOCKED, (owner, id)).await?;
    Ok(row.map(|row| row.0))
}

/// Writes all fields of a row that can change.
pub(super) async fn update(tx: &Tx, owner: UserId, file: &File) -> Result<(), DbError> {
    let values = params! {
        "version" => file.version,
        "name" => &file.name,
        "mime" => &file.mime,
        "family" => Family::of(&file.mime).number(),
        "tags" => tag::join(&file.tags),
        "shelf" => shelf_of(file).number(),
        "updated_at" => file.updated_at,
        "deleted_at" => file.deleted_at,
        "owner" => owner,
        "id" => file.id,
    };
    tx.exec(&UPDATE, values).await?;
    Ok(())
}

/// The list a file belongs to.
pub(super) fn shelf_of(file: &File) -> Shelf {
    match file.deleted_at {
        Some(_) => Shelf::Trashed,
        None => Shelf::InUse,
    }
}

/// The words of a name: underscores part them, too.
pub(in crate::features::files) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A file that is about to be there.
pub(in crate::features::files) struct NewFile<'a> {
    /// Its id, its upload's before.
    pub id: FileId,
    /// Its bytes, whole.
    pub blob: BlobId,
    /// What it is called.
    pub name: &'a FileName,
    /// The type found in its bytes.
    pub mime: &'a str,
    /// How many bytes.
    pub size_bytes: u64,
    /// Their digest.
    pub sha256: &'a [u8; 32],
    /// Now.
    pub at: Timestamp,
}

/// Makes a file of bytes that are safe: its row, its words for the search, its change.
pub(in crate::features::files) async fn insert(
    tx: &Tx,
    owner: UserId,
    new: NewFile<'_>,
) -> Result<File, DbError> {
    const INSERT: Query = Query::new(
        "files.insert",
        "INSERT INTO files (owner_id, id, version, blob_id, name, mime, family, size_bytes, \
           sha256, shelf, created_at, updated_at) \
         VALUES (:owner, :id, 1, :blob, :name, :mime, :family, :size, :sha256, 0, :at, :at)",
    );
    let family = Family::of(new.mime);
    let values = params! {
        "owner" => owner,
        "id" => new.id,
        "blob" => new.blob,
        "name" => new.name.as_str(),
        "mime" => new.mime,
        "family" => family.number(),
        "size" => new.size_bytes,
        "sha256" => new.sha256.as_slice(),
        "at" => new.at,
    };
    tx.exec(&INSERT, values).await?;
    let (entity, name) = (new.id.as_bytes(), new.name.as_str());
    terms::replace(tx, owner, Kind::File, entity, &[""], &[&words(name)]).await?;
    let change = NewChange {
        kind: Kind::File,
        entity: *entity,
        op: Op::Create,
        version: 1,
    };
    changes::record(tx, owner, &[change], None).await?;
    Ok(File {
        id: new.id,
        version: 1,
        name: name.to_owned(),
        mime: new.mime.to_owned(),
        family: family.word().to_owned(),
        size_bytes: new.size_bytes,
        sha256: hex(new.sha256),
        tags: Vec::new(),
        created_at: new.at,
        updated_at: new.at,
        deleted_at: None,
        purge_at: None,
    })
}

/// A file of a list.
pub(super) struct Listed(pub(super) File);

impl FromRow for Listed {
    fn from_row_opt(mut row: Row) -> Result<Self, FromRowError> {
        file(&mut row).map(Self).ok_or(FromRowError(row))
    }
}

/// Takes the columns of `COLUMNS`.
fn file(row: &mut Row) -> Option<File> {
    let digest: Vec<u8> = take(row, 6)?;
    let tags: String = take(row, 7)?;
    let mut file = File {
        id: take(row, 0)?,
        version: take(row, 1)?,
        name: take(row, 2)?,
        mime: take(row, 3)?,
        family: Family::from_number(take(row, 4)?).word().to_owned(),
        size_bytes: take(row, 5)?,
        sha256: hex(&digest),
        tags: tag::split(&tags),
        created_at: take(row, 8)?,
        updated_at: take(row, 9)?,
        deleted_at: None,
        purge_at: None,
    };
    file.set_deleted(take(row, 10)?);
    Some(file)
}

fn take<T: FromValue>(row: &mut Row, place: usize) -> Option<T> {
    row.take_opt(place)?.ok()
}
