//! Files in MySQL: what of a file is its own, beside what all documents have. The only place that
//! knows the columns of `files`; every statement names the owner.

mod content;
mod document;
mod edit;
mod ending;

use crate::domain::digest::Digest;
use crate::domain::file_name::FileName;
use crate::domain::id::{BlobId, FileId, UserId};
use crate::domain::media_type::Family;
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::attachments::{self, Place};
use crate::services::documents::{self, Action, Documents, Listed};
use crate::services::search::Found;

pub(super) use content::Content;

pub(super) use edit::Edited;
pub(crate) use ending::delete_blobs;

use super::listing::{Listing, list_query};
use super::model::File;

/// Files of all owners, each asked for by its owner.
pub(super) type FileStore = Documents<File>;

/// A file that is about to be there.
pub(super) struct NewFile<'a> {
    /// Its id, its upload's before.
    pub(super) id: FileId,
    pub(super) blob: BlobId,
    /// What it is called.
    pub(super) name: &'a FileName,
    /// The type found in its bytes.
    pub(super) mime: &'a str,
    pub(super) size_bytes: u64,
    pub(super) sha256: &'a [u8; 32],
    /// Now.
    pub(super) at: Timestamp,
}

/// Makes a file of bytes that are safe: its row, its words for the search, its change.
pub(super) async fn insert(tx: &Tx, owner: UserId, new: NewFile<'_>) -> Result<File, DbError> {
    let file = File {
        id: new.id,
        version: 1,
        blob: new.blob,
        name: new.name.as_str().to_owned(),
        mime: new.mime.to_owned(),
        family: Family::of(new.mime).word().to_owned(),
        size_bytes: new.size_bytes,
        sha256: Digest(*new.sha256),
        tags: Vec::new(),
        created_at: new.at,
        updated_at: new.at,
        deleted_at: None,
        purge_at: None,
    };
    let words = words(&file.name);
    documents::create(tx, owner, &file, &[], &[&words]).await?;
    Ok(file)
}

/// The words of a name: underscores part them, too.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

impl FileStore {
    /// One file of the owner, wherever it lies but gone for good.
    pub(super) async fn find(&self, owner: UserId, id: FileId) -> Result<Option<File>, DbError> {
        let row: Option<Listed<File>> = self.db.first(&document::FIND, (owner, id)).await?;
        Ok(row.map(|row| row.0))
    }

    /// One page, and whether there is a next one.
    pub(super) async fn list(
        &self,
        owner: UserId,
        listing: &Listing,
    ) -> Result<(Vec<File>, bool), DbError> {
        let (search, limit) = (listing.search.as_deref().map(words), listing.limit);
        let statement = |found: &Found| list_query(owner, listing, found);
        let page = self.page(owner, search.as_deref(), limit, statement);
        let (rows, more): (Vec<Listed<File>>, _) = page.await?;
        Ok((rows.into_iter().map(|row| row.0).collect(), more))
    }

    /// Takes a file out of the trash; one that is not in it stays as it is.
    pub(super) async fn take_out(
        &self,
        owner: UserId,
        id: FileId,
        now: Timestamp,
    ) -> Result<Option<File>, DbError> {
        let file = self
            .db
            .transaction("files.restore", |tx| async move {
                // No batch: what takes it back is the deletion.
                let action = (&Action::Restore, now);
                documents::apply::<File>(&tx, owner, None, &[id], action).await?;
                lock(&tx, owner, id).await
            })
            .await?;
        self.changed(owner).await;
        Ok(file)
    }

    /// What the file is attached to, after one of them.
    pub(super) async fn places(
        &self,
        owner: UserId,
        id: FileId,
        after: Option<(u8, [u8; 16])>,
        limit: u32,
    ) -> Result<Vec<Place>, DbError> {
        attachments::places(&self.db, owner, id, after, limit).await
    }
}

/// The file, locked until the transaction ends; `None` when it is not there or gone for good.
async fn lock(tx: &Tx, owner: UserId, id: FileId) -> Result<Option<File>, DbError> {
    let row: Option<Listed<File>> = tx.first(&document::LOCK, (owner, id)).await?;
    Ok(row.map(|row| row.0))
}

/// Whether anybody's file has this id, one that is gone for good included. Says nothing else: an id
/// is one of a kind everywhere.
pub(super) async fn is_taken(tx: &Tx, id: FileId) -> Result<bool, DbError> {
    const TAKEN: Query = Query::new("files.is_taken", "SELECT 1 FROM files WHERE id = ?");
    Ok(tx.first::<(u8,)>(&TAKEN, (id,)).await?.is_some())
}
