//! Renaming and tagging: what is different is written, with the words of a new name and the
//! changes of everything that shows it.

use super::{FileStore, document, lock, words};
use crate::domain::id::{FileId, UserId};
use crate::domain::if_match::IfMatch;
use crate::domain::tag;
use crate::domain::time::Timestamp;
use crate::features::files::KIND;
use crate::features::files::model::{File, FilePatch};
use crate::platform::db::{DbError, Tx};
use crate::services::changes::{self, NewChange, Op};
use crate::services::{attachments, search, tags};

/// What became of a change.
pub(in crate::features::files) enum Edited {
    /// The file as it is now.
    Done(File),
    /// Not there, or not the owner's.
    Missing,
    /// Changed meanwhile; the file as it is.
    Stale(File),
}

impl FileStore {
    /// Changes a file, if it is still the version that the condition names.
    pub(in crate::features::files) async fn edit(
        &self,
        owner: UserId,
        id: FileId,
        condition: Option<&IfMatch>,
        (patch, now): (&FilePatch, Timestamp),
    ) -> Result<Edited, DbError> {
        let edited = self
            .db
            .transaction("files.edit", |tx| async move {
                let Some(before) = lock(&tx, owner, id).await? else {
                    return Ok(Edited::Missing);
                };
                let is_stale = condition.is_some_and(|it| !it.allows(before.version));
                if is_stale && !is_ours(condition, &before, patch) {
                    return Ok(Edited::Stale(before));
                }
                let mut after = patch.applied_to(&before);
                if let Some(names) = patch.tag_names() {
                    let tags = tags::resolve(&tx, owner, &names).await?;
                    after.tags = tags::names(&tags);
                    if after.tags != before.tags {
                        tags::assign(&tx, owner, KIND, id.as_bytes(), &tags).await?;
                    }
                }
                if after != before {
                    after.version += 1;
                    if after.name != before.name {
                        after.updated_at = now;
                    }
                    write(&tx, owner, &before, &after).await?;
                }
                Ok::<_, DbError>(Edited::Done(after))
            })
            .await?;
        self.changed(owner).await;
        Ok(edited)
    }
}

async fn write(tx: &Tx, owner: UserId, before: &File, after: &File) -> Result<(), DbError> {
    let entity = after.id.as_bytes();
    let mut changed = Vec::new();
    if after.name != before.name {
        let (old, new) = (words(&before.name), words(&after.name));
        search::replace(tx, owner, KIND, entity, &[&old], &[&new]).await?;
        changed = attachments::touch(tx, owner, &[after.id]).await?;
    }
    document::update(tx, owner, after).await?;
    changed.push(NewChange {
        kind: KIND,
        entity: *entity,
        op: Op::Update,
        version: after.version,
    });
    changes::record(tx, owner, &changed, None).await
}

/// A change behind `If-Match` that is there already: the answer was lost, or a proxy repeated it.
fn is_ours(condition: Option<&IfMatch>, file: &File, patch: &FilePatch) -> bool {
    let asked = patch.tags.as_ref();
    let same_tags = asked.is_none_or(|tags| tag::are(tags, &file.tags));
    let same = same_tags && patch.applied_to(file) == *file;
    same && condition.is_some_and(|it| it.is_just_behind(file.version))
}
