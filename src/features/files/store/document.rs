//! A file as a document: its columns, and what goes with it into the trash and out of the world.

use mysql_async::Value;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::id::{self, BlobId, FileId, UserId};
use crate::domain::media_type::Family;
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::features::files::KIND;
use crate::features::files::model::File;
use crate::platform::db::{DbError, Query, Tx};
use crate::services::changes::NewChange;
use crate::services::documents::{
    self, Columns, Document, DocumentMeta, DocumentMetaMut, RowMeta, Statements, Step, Verdict,
    purge_at,
};
use crate::services::entity_kind::EntityKind;
use crate::services::{attachments, blobs, blobs::quota};

const STATEMENTS: Statements = documents::statements! {
    table: "files", kind: 3,
    columns: [name, mime, family, size_bytes, sha256, blob_id],
    buried: "name = ''",
};

pub(super) const FIND: Query = Query::new(
    "files.find",
    "SELECT n.id, n.version, n.tags, n.created_at, n.updated_at, n.deleted_at, n.name, n.mime, \
       n.family, n.size_bytes, n.sha256, n.blob_id \
     FROM files n WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3",
);

pub(super) const LOCK: Query = Query::new(
    "files.find_locked",
    "SELECT n.id, n.version, n.tags, n.created_at, n.updated_at, n.deleted_at, n.name, n.mime, \
       n.family, n.size_bytes, n.sha256, n.blob_id \
     FROM files n WHERE n.owner_id = ? AND n.id = ? AND n.shelf < 3 FOR UPDATE",
);

/// Writes all fields of a row that can change.
pub(super) async fn update(tx: &Tx, owner: UserId, file: &File) -> Result<(), DbError> {
    const UPDATE: Query = Query::new(
        "files.update",
        "UPDATE files SET version = ?, name = ?, mime = ?, family = ?, tags = ?, updated_at = ? \
         WHERE owner_id = ? AND id = ?",
    );
    let (name, mime, family) = (&file.name, &file.mime, Family::of(&file.mime).number());
    let (tags, at) = (tag::join(&file.tags), file.updated_at);
    let values = (file.version, name, mime, family, tags, at, owner, file.id);
    tx.exec(&UPDATE, values).await?;
    Ok(())
}

/// Files do nothing in a batch that other documents do not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {}

impl Document for File {
    const KIND: EntityKind = KIND;
    const SQL: &'static Statements = &STATEMENTS;
    type IdMarker = id::File;
    type Action = Nothing;
    type Step = Nothing;
    type Places = ();

    fn meta(&self) -> DocumentMeta<'_, id::File> {
        DocumentMeta {
            id: self.id,
            version: self.version,
            tags: &self.tags,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        }
    }

    fn meta_mut(&mut self) -> DocumentMetaMut<'_> {
        DocumentMetaMut {
            version: &mut self.version,
            tags: &mut self.tags,
            updated_at: &mut self.updated_at,
        }
    }

    fn set_deleted_at(&mut self, at: Option<Timestamp>) {
        self.deleted_at = at;
        self.purge_at = purge_at(at);
    }

    fn read(head: RowMeta<id::File>, columns: &mut Columns<'_>) -> Option<Self> {
        Some(Self {
            id: head.id,
            version: head.version,
            tags: head.tags,
            created_at: head.created_at,
            updated_at: head.updated_at,
            deleted_at: head.deleted_at,
            purge_at: purge_at(head.deleted_at),
            name: columns.take()?,
            mime: columns.take()?,
            family: Family::from_number(columns.take()?).word().to_owned(),
            size_bytes: columns.take()?,
            sha256: Digest(columns.take::<Vec<u8>>()?.try_into().ok()?),
            blob: columns.take()?,
        })
    }

    fn column_values(&self) -> Vec<Value> {
        vec![
            self.name.as_str().into(),
            self.mime.as_str().into(),
            Family::of(&self.mime).number().into(),
            self.size_bytes.into(),
            self.sha256.0.as_slice().into(),
            self.blob.into(),
        ]
    }

    fn step(&self, action: &Nothing) -> Option<Nothing> {
        match *action {}
    }

    fn take(&mut self, step: &Nothing, _: Timestamp) {
        match *step {}
    }

    fn reverse(&self, step: &Nothing) -> Option<Nothing> {
        match *step {}
    }

    async fn authorize(_: &Tx, _: UserId, action: &Nothing, (): &mut ()) -> Verdict {
        match *action {}
    }

    async fn settle(
        &mut self,
        _: &Tx,
        _: UserId,
        _: &mut Step<Nothing>,
        (): &mut (),
    ) -> Result<bool, DbError> {
        Ok(true)
    }

    async fn validate_new(&mut self, _: &Tx, _: UserId) -> Verdict {
        Ok(Ok(()))
    }

    async fn touch_referrers(
        tx: &Tx,
        owner: UserId,
        files: &[FileId],
    ) -> Result<Vec<NewChange>, DbError> {
        attachments::touch(tx, owner, files).await
    }

    /// Gives back its room, and its bytes when no other file has them.
    async fn purge_related(tx: &Tx, owner: UserId, id: FileId) -> Result<(), DbError> {
        const BYTES: Query = Query::new(
            "files.bytes",
            "SELECT blob_id, size_bytes FROM files WHERE owner_id = ? AND id = ?",
        );
        attachments::remove_file(tx, owner, id).await?;
        if let Some((blob, size)) = tx.first::<(BlobId, u64)>(&BYTES, (owner, id)).await? {
            blobs::release(tx, owner, blob).await?;
            quota::release(tx, owner, size).await?;
        }
        Ok(())
    }
}
