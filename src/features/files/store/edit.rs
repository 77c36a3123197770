//! Renaming and tagging: what is different is written, with the words of a new name and the
//! changes of everything that shows it.

use super::{FileStore, change, rows};
use crate::api::condition::IfMatch;
use crate::domain::id::{FileId, UserId};
use crate::features::files::model::{File, FilePatch};
use crate::platform::db::DbError;
use crate::records::changes::{self, Op};
use crate::records::kind::Kind;
use crate::records::{attachments, tags, terms};

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
        patch: &FilePatch,
    ) -> Result<Edited, DbError> {
        let now = self.clock.now();
        let edited = self
            .db
            .transaction("files.edit", |tx| async move {
                let Some(before) = rows::lock(&tx, owner, id).await? else {
                    return Ok(Edited::Missing);
                };
                let names = patch.tag_names();
                let is_stale = condition.is_some_and(|it| !it.allows(before.version));
                if is_stale && !is_ours(condition, &before, patch) {
                    return Ok(Edited::Stale(before));
                }
                let tags = match &names {
                    Some(names) => Some(tags::resolve(&tx, owner, names).await?),
                    None => None,
                };
                let mut after = patch.applied_to(&before, tags.as_deref());
                if after == before {
                    return Ok(Edited::Done(after));
                }
                after.version += 1;
                let mut touched = Vec::new();
                let entity = id.as_bytes();
                if let Some(tags) = &tags {
                    tags::assign(&tx, owner, Kind::File, entity, tags).await?;
                }
                if after.name != before.name {
                    after.updated_at = now;
                    let (old, new) = (rows::words(&before.name), rows::words(&after.name));
                    terms::replace(&tx, owner, Kind::File, entity, &[&old], &[&new]).await?;
                    touched = attachments::touch(&tx, owner, [id]).await?;
                }
                rows::update(&tx, owner, &after).await?;
                touched.push(change(&after, Op::Update));
                changes::record(&tx, owner, &touched, None).await?;
                Ok::<_, DbError>(Edited::Done(after))
            })
            .await?;
        self.changed(owner).await;
        Ok(edited)
    }
}

/// A change behind `If-Match` that is there already: the answer was lost, or a proxy repeated it.
fn is_ours(condition: Option<&IfMatch>, file: &File, patch: &FilePatch) -> bool {
    let same_tags = patch.tags.as_ref().is_none_or(|tags| {
        let mut tags = tags.clone();
        crate::domain::tag::sort(&mut tags);
        tags == file.tags
    });
    let same = same_tags && patch.applied_to(file, None) == *file;
    same && condition.is_some_and(|it| it.is_just_behind(file.version))
}
