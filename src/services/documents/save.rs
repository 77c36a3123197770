//! Saving without losing: in one transaction a save is recognised as seen before, stored, merged
//! with what was stored meanwhile, or kept beside it.

use serde::{Deserialize, Serialize};

use super::rows::{self, Stored};
use super::saved::{Base, Conflict, Merge, Saved, SavedDocument};
use super::{DocumentWithBody, Documents, Patch, TextDocument, change};
use crate::domain::id::{Id, UserId};
use crate::domain::tag;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::platform::db::{Abort, DbError, Tx};
use crate::services::changes::{self, Op};
use crate::services::dedup::save_ids::{self, FirstAnswer, Seen};
use crate::services::documents::merge::{self, Text};
use crate::services::documents::revisions::{self, NewRevision, Reason};
use crate::services::{search, tags};

/// The part of an answer that stands in no revision.
#[derive(Serialize, Deserialize)]
struct Answer<D> {
    /// Called so since notes were the only documents.
    #[serde(rename = "note")]
    document: D,
    merge: Merge,
}

/// Why and when a text came; `top` is a number above its version that is in use then, or 0.
pub(super) struct Came {
    reason: Reason,
    at: Timestamp,
    top: u64,
}

impl Came {
    pub(super) fn new(reason: Reason, at: Timestamp) -> Self {
        Self { reason, at, top: 0 }
    }
}

/// One save on its way through the transaction.
struct Saving<'a, D: TextDocument> {
    tx: &'a Tx,
    owner: UserId,
    base: &'a Base,
    patch: &'a D::Patch,
    now: Timestamp,
}

/// A saved document and the revision its text stands in.
struct Outcome<D> {
    saved: SavedDocument<D>,
    text_version: u64,
}

impl<D: TextDocument> Documents<D> {
    /// Changes a document. Every text that is answered with `Done` can be found again.
    pub async fn save(
        &self,
        owner: UserId,
        id: Id<D::IdMarker>,
        base: &Base,
        patch: &D::Patch,
    ) -> Result<Saved<D>, DbError> {
        let now = self.clock.now();
        let saved = self.db.transaction("documents.save", |tx| async move {
            let saving = Saving::<D> {
                tx: &tx,
                owner,
                base,
                patch,
                now,
            };
            match saving.run(id).await? {
                Saved::Refused(refusal) => Err(Abort::Refused(refusal)),
                saved => Ok(saved),
            }
        });
        let saved = match saved.await {
            Err(Abort::Refused(refusal)) => return Ok(Saved::Refused(refusal)),
            // Used for another document at the same moment, after it was looked up here.
            Err(Abort::Failed(err)) if save_ids::is_taken(&err) => {
                return Ok(Saved::SaveIdReused);
            }
            Err(Abort::Failed(err)) => return Err(err),
            Ok(saved) => saved,
        };
        self.changed(owner).await;
        Ok(saved)
    }
}

impl<D: TextDocument> Saving<'_, D> {
    async fn run(&self, id: Id<D::IdMarker>) -> Result<Saved<D>, DbError> {
        let Some(stored) = rows::lock::<D>(self.tx, self.owner, id).await? else {
            return Ok(Saved::Missing);
        };
        if let Some(key) = &self.base.save {
            match save_ids::look(self.tx, self.owner, key).await? {
                Seen::New => {}
                Seen::Other => return Ok(Saved::SaveIdReused),
                Seen::Again(first) => {
                    return Ok(Saved::Done(self.answer_again(stored, first).await?));
                }
            }
        }
        if let Some(refusal) = self.refusal(&stored) {
            return Ok(refusal);
        }
        let before = &stored.full.document;
        let mut after = self.patched(before);
        let change = (self.patch, self.now);
        let place = after.place(self.tx, self.owner, before, change);
        if let Err(refusal) = place.await? {
            return Ok(Saved::Refused(refusal));
        }
        let outcome = match self.base.version {
            Some(base) if base < before.meta().version => {
                self.save_stale(stored, after, base).await?
            }
            _ => {
                let after = self.with_text(&stored, after).await?;
                self.write(
                    &stored,
                    after,
                    Merge::None,
                    Came::new(Reason::Edit, self.now),
                )
                .await?
            }
        };
        self.keep_answer(id, &outcome).await?;
        Ok(Saved::Done(outcome.saved))
    }

    /// Why this save cannot be done, if so. A change behind `If-Match` that is ours already (the
    /// answer was lost, or a proxy repeated a PUT) is no reason.
    fn refusal(&self, stored: &Stored<D>) -> Option<Saved<D>> {
        let head = stored.full.document.meta();
        if let Some(condition) = &self.base.if_match
            && !condition.allows(head.version)
        {
            let same_tags = self
                .patch
                .tags()
                .is_none_or(|tags| tag::are(tags, head.tags));
            let came = self.text_on(&text_of(&stored.full));
            let ours = condition.is_just_behind(head.version)
                && same_tags
                && came == text_of(&stored.full)
                && self.patched(&stored.full.document) == stored.full.document;
            if !ours {
                return Some(Saved::Stale(stored.full.clone()));
            }
        }
        let ahead = self.base.version.is_some_and(|base| base > head.version);
        ahead.then_some(Saved::UnknownVersion(head.version))
    }

    /// The document with its own fields as they came.
    fn patched(&self, document: &D) -> D {
        let mut after = document.clone();
        after.patch(self.patch, self.now);
        after
    }

    /// Others saved in between: their text and this one become one, or this one is kept aside.
    async fn save_stale(
        &self,
        stored: Stored<D>,
        after: D,
        base: u64,
    ) -> Result<Outcome<D>, DbError> {
        let (title, body) = self.patch.text();
        if (title.is_none() && body.is_none()) || base >= stored.text_version {
            let after = self.with_text(&stored, after).await?;
            let came = Came::new(Reason::Edit, self.now);
            return self.write(&stored, after, Merge::Clean, came).await;
        }
        let entity = *after.meta().id.as_bytes();
        let base = revisions::base(self.tx, self.owner, D::KIND, &entity, base).await?;
        let stands = text_of(&stored.full);
        let came = self.text_on(base.as_ref().unwrap_or(&stands));
        let merged = match base {
            Some(base) => merge::three_way(base, stands, came.clone()).await,
            // Without its base a text can only be told to be the one that stands already.
            None => (came == stands).then_some(stands),
        };
        let fits = |text: &Text| {
            text::check_title("title", &text.title).is_ok()
                && text::check_body("body", &text.body).is_ok()
        };
        match merged.filter(fits) {
            Some(text) => self.write_merged(stored, after, text, &came).await,
            None => self.keep_loser(stored, came).await,
        }
    }

    /// The text that came: what the patch does not name is as it was in the text it was made from.
    fn text_on(&self, from: &Text) -> Text {
        let (title, body) = self.patch.text();
        Text {
            title: title.unwrap_or(&from.title).clone(),
            body: body.unwrap_or(&from.body).clone(),
        }
    }

    /// Stores a merged text, and beside it the text as it came: each acknowledged text is found
    /// again.
    async fn write_merged(
        &self,
        stored: Stored<D>,
        after: D,
        text: Text,
        came: &Text,
    ) -> Result<Outcome<D>, DbError> {
        let aside = text != *came && text_of(&stored.full) != *came;
        let top = if aside { stored.max_version + 2 } else { 0 };
        let document = self.with_tags(&stored.full.document, after).await?;
        let mut after = DocumentWithBody {
            document,
            body: String::new(),
        };
        after.document.set_title(text.title);
        after.set_body(text.body);
        let write = Came {
            reason: Reason::Merge,
            at: self.now,
            top,
        };
        let outcome = self.write(&stored, after, Merge::Clean, write).await?;
        if aside {
            let document = &outcome.saved.full.document;
            self.keep_aside(document, came, top, Reason::Merged).await?;
        }
        Ok(outcome)
    }

    /// A conflict: the stored text and its version stand, the text that came is kept under the
    /// next number.
    async fn keep_loser(&self, stored: Stored<D>, came: Text) -> Result<Outcome<D>, DbError> {
        let (version, text_version) = (stored.max_version + 1, stored.text_version);
        let document = &stored.full.document;
        self.keep_aside(document, &came, version, Reason::Conflict)
            .await?;
        rows::update(self.tx, self.owner, document, text_version, version).await?;
        let changed = change(document, Op::Update);
        changes::record(self.tx, self.owner, &[changed], None).await?;
        let conflict = Conflict {
            version,
            title: came.title,
            body: came.body,
        };
        Ok(Outcome {
            text_version,
            saved: SavedDocument {
                full: stored.full,
                merge: Merge::Conflict,
                conflict: Some(conflict),
            },
        })
    }

    /// Keeps a text that is not the document's.
    async fn keep_aside(
        &self,
        document: &D,
        text: &Text,
        version: u64,
        reason: Reason,
    ) -> Result<(), DbError> {
        let head = document.meta();
        let revision = NewRevision {
            kind: D::KIND,
            entity: head.id.as_bytes(),
            version,
            parent_version: 0,
            title: &text.title,
            body: &text.body,
            reason,
            at: self.now,
        };
        revisions::insert(self.tx, self.owner, revision).await
    }

    /// The document with the text and the tags that came.
    async fn with_text(
        &self,
        stored: &Stored<D>,
        after: D,
    ) -> Result<DocumentWithBody<D>, DbError> {
        let mut document = self.with_tags(&stored.full.document, after).await?;
        let (title, body) = self.patch.text();
        if let Some(title) = title {
            document.set_title(title.clone());
        }
        if let Some(body) = body {
            document.update_from_body(body);
        }
        let body = body.unwrap_or(&stored.full.body).clone();
        Ok(DocumentWithBody { document, body })
    }

    /// The document with the tags that came, resolved and assigned.
    async fn with_tags(&self, before: &D, mut after: D) -> Result<D, DbError> {
        let Some(names) = self.patch.tags() else {
            return Ok(after);
        };
        let names = tag::parse_all("tags", names).unwrap_or_default();
        let tags = tags::resolve(self.tx, self.owner, &names).await?;
        *after.meta_mut().tags = tags::names(&tags);
        if after.meta().tags != before.meta().tags {
            let id = after.meta().id;
            tags::assign(self.tx, self.owner, D::KIND, id.as_bytes(), &tags).await?;
        }
        Ok(after)
    }

    async fn write(
        &self,
        stored: &Stored<D>,
        after: DocumentWithBody<D>,
        merge: Merge,
        came: Came,
    ) -> Result<Outcome<D>, DbError> {
        let (full, text_version) = write(self.tx, self.owner, stored, after, came).await?;
        Ok(Outcome {
            text_version,
            saved: SavedDocument {
                full,
                merge,
                conflict: None,
            },
        })
    }

    async fn keep_answer(&self, id: Id<D::IdMarker>, outcome: &Outcome<D>) -> Result<(), DbError> {
        let Some(key) = &self.base.save else {
            return Ok(());
        };
        let answer = Answer {
            document: &outcome.saved.full.document,
            merge: outcome.saved.merge,
        };
        let first = FirstAnswer {
            text_version: outcome.text_version,
            conflict_version: outcome.saved.conflict.as_ref().map(|lost| lost.version),
            answer: serde_json::to_vec(&answer).map_err(|err| broken(&err))?,
        };
        let place = (D::KIND, id.as_bytes());
        save_ids::keep(self.tx, self.owner, key, place, &first).await
    }

    /// The first answer to this save, put together again. Somebody may have removed a text of it
    /// from the history meanwhile: then the document is answered as it is, and a loser as it came
    /// again just now.
    async fn answer_again(
        &self,
        stored: Stored<D>,
        first: FirstAnswer,
    ) -> Result<SavedDocument<D>, DbError> {
        let answer: Answer<D> =
            serde_json::from_slice(&first.answer).map_err(|err| broken(&err))?;
        let id = *stored.full.document.meta().id.as_bytes();
        let text = |version| revisions::text_in(self.tx, self.owner, D::KIND, &id, version);
        let conflict = match first.conflict_version {
            None => None,
            Some(version) => {
                let lost = text(version).await?;
                let lost = lost.unwrap_or_else(|| self.text_on(&text_of(&stored.full)));
                Some(Conflict {
                    version,
                    title: lost.title,
                    body: lost.body,
                })
            }
        };
        let full = match text(first.text_version).await? {
            None => stored.full,
            Some(text) => DocumentWithBody {
                document: answer.document,
                body: text.body,
            },
        };
        Ok(SavedDocument {
            full,
            merge: answer.merge,
            conflict,
        })
    }
}

/// Writes what is different between a stored document and what it is to be: the row, and with a
/// new text its revision and its words. The document as it is then, and the revision its text
/// stands in.
pub(super) async fn write<D: TextDocument>(
    tx: &Tx,
    owner: UserId,
    stored: &Stored<D>,
    mut after: DocumentWithBody<D>,
    came: Came,
) -> Result<(DocumentWithBody<D>, u64), DbError> {
    let before = &stored.full;
    if after == *before {
        if came.top > 0 {
            rows::update(tx, owner, &after.document, stored.text_version, came.top).await?;
        }
        return Ok((after, stored.text_version));
    }
    let same_text = before.document.title() == after.document.title() && before.body == after.body;
    let is_edited = !same_text || after.document.is_edited_since(&before.document);
    let version = stored.max_version + 1;
    let head = after.document.meta_mut();
    *head.version = version;
    if is_edited {
        *head.updated_at = came.at;
    }
    let text_version = if same_text {
        stored.text_version
    } else {
        version
    };
    rows::update(tx, owner, &after.document, text_version, came.top).await?;
    if !same_text {
        let entity = *after.document.meta().id.as_bytes();
        let revision = NewRevision {
            kind: D::KIND,
            entity: &entity,
            version,
            parent_version: stored.text_version,
            title: after.document.title(),
            body: &after.body,
            reason: came.reason,
            at: came.at,
        };
        revisions::insert(tx, owner, revision).await?;
        let old = [before.document.title(), &before.body];
        let new = [after.document.title(), &after.body];
        search::replace(tx, owner, D::KIND, &entity, &old, &new).await?;
    }
    let changed = change(&after.document, Op::Update);
    changes::record(tx, owner, &[changed], None).await?;
    Ok((after, text_version))
}

fn text_of<D: TextDocument>(full: &DocumentWithBody<D>) -> Text {
    Text {
        title: full.document.title().to_owned(),
        body: full.body.clone(),
    }
}

fn broken(err: &serde_json::Error) -> DbError {
    DbError::unreadable("saves.answer", err.to_string())
}
