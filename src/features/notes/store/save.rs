//! Saving without losing: in one transaction a save is recognised as seen before, stored, merged
//! with what was stored meanwhile, or kept beside it.

use serde::{Deserialize, Serialize};

use super::rows::{self, Stored};
use super::{NoteStore, change, is_notebook, keep_text};
use crate::api::condition::IfMatch;
use crate::domain::id::{NoteId, UserId};
use crate::domain::time::Timestamp;
use crate::features::notes::model::{Conflict, Merge, Note, NotePatch, NoteSummary, SavedNote};
use crate::platform::db::{DbError, Tx};
use crate::records::changes::{self, Op};
use crate::records::kind::Kind;
use crate::records::merge::{self, Text};
use crate::records::revisions::{self, NewRevision, Reason};
use crate::records::saves::{self, FirstAnswer, SaveKey, Seen};
use crate::records::{tags, terms};

/// What a change was based on.
#[derive(Debug, Clone)]
pub(in crate::features::notes) struct Base {
    /// A stale version is refused.
    pub(in crate::features::notes) if_match: Option<IfMatch>,
    /// A stale version is merged.
    pub(in crate::features::notes) version: Option<u64>,
    /// The client's id of this save.
    pub(in crate::features::notes) save: Option<SaveKey>,
}

/// What became of a change.
pub(in crate::features::notes) enum Saved {
    /// The note as it is now.
    Done(SavedNote),
    /// Not there, or not the owner's.
    Missing,
    /// Changed meanwhile; the note as it is.
    Stale(Note),
    /// Based on a version that does not exist yet; the present one.
    UnknownVersion(u64),
    /// The save id stands for another save.
    SaveIdReused,
    /// There is no such notebook.
    NoNotebook,
}

/// The part of an answer that stands in no revision.
#[derive(Serialize, Deserialize)]
struct Answer {
    note: NoteSummary,
    merge: Merge,
}

/// One save on its way through the transaction.
struct Saving<'a> {
    tx: &'a Tx,
    owner: UserId,
    base: &'a Base,
    patch: &'a NotePatch,
    now: Timestamp,
}

/// A saved note and the revision its text stands in.
struct Outcome {
    saved: SavedNote,
    text_version: u64,
}

impl NoteStore {
    /// Changes a note. Every text that is answered with `Done` can be found again.
    pub(in crate::features::notes) async fn save(
        &self,
        owner: UserId,
        id: NoteId,
        base: &Base,
        patch: &NotePatch,
    ) -> Result<Saved, DbError> {
        let now = self.clock.now();
        let saved = self
            .db
            .transaction("notes.save", |tx| async move {
                let saving = Saving {
                    tx: &tx,
                    owner,
                    base,
                    patch,
                    now,
                };
                saving.run(id).await
            })
            .await?;
        self.changed(owner).await;
        Ok(saved)
    }
}

impl Saving<'_> {
    async fn run(&self, id: NoteId) -> Result<Saved, DbError> {
        let Some(stored) = rows::lock(self.tx, self.owner, id).await? else {
            return Ok(Saved::Missing);
        };
        if let Some(key) = &self.base.save {
            match saves::look(self.tx, self.owner, key).await? {
                Seen::New => {}
                Seen::Other => return Ok(Saved::SaveIdReused),
                Seen::Again(first) => return Ok(Saved::Done(self.answer_again(id, first).await?)),
            }
        }
        if let Some(refusal) = self.refusal(&stored) {
            return Ok(refusal);
        }
        if let Some(notebook) = self.patch.notebook_id
            && !is_notebook(self.tx, self.owner, notebook).await?
        {
            return Ok(Saved::NoNotebook);
        }
        let version = stored.note.summary.version;
        let outcome = match self.base.version {
            Some(base) if base < version => self.save_stale(stored, base).await?,
            _ => self.save_fresh(stored).await?,
        };
        self.keep_answer(id, &outcome).await?;
        Ok(Saved::Done(outcome.saved))
    }

    /// Why this save cannot be done, if so. A change behind `If-Match` that is ours already (the
    /// answer was lost, or a proxy repeated a PUT) is no reason.
    fn refusal(&self, stored: &Stored) -> Option<Saved> {
        let version = stored.note.summary.version;
        if let Some(condition) = &self.base.if_match
            && !condition.allows(version)
        {
            let asked = self.patch.applied_to(&stored.note, None);
            let same_tags = self.patch.tags.as_ref().is_none_or(|tags| {
                let mut tags = tags.clone();
                crate::domain::tag::sort(&mut tags);
                tags == stored.note.summary.tags
            });
            let ours = condition.is_just_behind(version) && asked == stored.note && same_tags;
            if !ours {
                return Some(Saved::Stale(stored.note.clone()));
            }
        }
        let ahead = self.base.version.is_some_and(|base| base > version);
        ahead.then_some(Saved::UnknownVersion(version))
    }

    /// Nothing happened since the base, or nothing that this save minds.
    async fn save_fresh(&self, stored: Stored) -> Result<Outcome, DbError> {
        let after = self.patched(&stored.note).await?;
        self.write(stored, after, Merge::None, Reason::Edit).await
    }

    /// Others saved in between: their text and this one become one, or this one is kept aside.
    async fn save_stale(&self, stored: Stored, base: u64) -> Result<Outcome, DbError> {
        let after = self.patched(&stored.note).await?;
        if !self.patch.has_text() || base >= stored.text_version {
            return self.write(stored, after, Merge::Clean, Reason::Edit).await;
        }
        let entity = *stored.note.summary.id.as_bytes();
        let base = revisions::base(self.tx, self.owner, Kind::Note, &entity, base).await?;
        let Some(base) = base else {
            let came = text_of(&after);
            return self.keep_loser(stored, came).await;
        };
        // What the patch does not name is as it was in the base.
        let came = Text {
            title: self
                .patch
                .title
                .clone()
                .unwrap_or_else(|| base.title.clone()),
            body: self.patch.body.clone().unwrap_or_else(|| base.body.clone()),
        };
        let stands = text_of(&stored.note);
        match merge::three_way(base, stands, came.clone()).await {
            Some(text)
                if text.title.chars().count() <= crate::domain::text::TITLE_MAX_CHARS
                    && text.body.len() <= crate::domain::text::BODY_MAX_BYTES =>
            {
                self.write_merged(stored, after, text, &came).await
            }
            _ => self.keep_loser(stored, came).await,
        }
    }

    /// Stores a merged text, and beside it the text as it came: each acknowledged text is found
    /// again.
    async fn write_merged(
        &self,
        stored: Stored,
        mut after: Note,
        text: Text,
        came: &Text,
    ) -> Result<Outcome, DbError> {
        after.summary.title = text.title;
        after.set_body(text.body);
        let stands = text_of(&stored.note);
        let merged = text_of(&after);
        let aside = (merged != *came && stands != *came).then(|| stored.top_version + 2);
        let outcome = self
            .write(stored, after, Merge::Clean, Reason::Merge)
            .await?;
        if let Some(version) = aside {
            self.keep_aside(&outcome.saved.note, came, version, Reason::Merged)
                .await?;
            let note = &outcome.saved.note.summary;
            rows::update(self.tx, self.owner, note, outcome.text_version, version).await?;
        }
        Ok(outcome)
    }

    /// A conflict: the stored text and its version stand, the text that came is kept under the
    /// next number.
    async fn keep_loser(&self, stored: Stored, came: Text) -> Result<Outcome, DbError> {
        let version = stored.top_version + 1;
        let note = stored.note;
        self.keep_aside(&note, &came, version, Reason::Conflict)
            .await?;
        rows::update(
            self.tx,
            self.owner,
            &note.summary,
            stored.text_version,
            version,
        )
        .await?;
        changes::record(
            self.tx,
            self.owner,
            &[change(&note.summary, Op::Update)],
            None,
        )
        .await?;
        let conflict = Conflict {
            version,
            title: came.title,
            body: came.body,
        };
        Ok(Outcome {
            text_version: stored.text_version,
            saved: SavedNote {
                note,
                merge: Merge::Conflict,
                conflict: Some(conflict),
            },
        })
    }

    async fn keep_aside(
        &self,
        note: &Note,
        text: &Text,
        version: u64,
        reason: Reason,
    ) -> Result<(), DbError> {
        let revision = NewRevision {
            kind: Kind::Note,
            entity: note.summary.id.as_bytes(),
            version,
            follows: 0,
            title: &text.title,
            body: &text.body,
            reason,
            at: self.now,
        };
        revisions::insert(self.tx, self.owner, revision).await
    }

    /// The note with the patch on it, its tags resolved and assigned.
    async fn patched(&self, note: &Note) -> Result<Note, DbError> {
        let Some(names) = self.patch.tag_names() else {
            return Ok(self.patch.applied_to(note, None));
        };
        let tags = tags::resolve(self.tx, self.owner, &names).await?;
        let after = self.patch.applied_to(note, Some(&tags));
        if after.summary.tags != note.summary.tags {
            let id = note.summary.id;
            tags::assign(self.tx, self.owner, Kind::Note, id.as_bytes(), &tags).await?;
        }
        Ok(after)
    }

    /// Writes what is different: the row, and with a new text its revision and its words.
    async fn write(
        &self,
        stored: Stored,
        after: Note,
        merge: Merge,
        reason: Reason,
    ) -> Result<Outcome, DbError> {
        let (note, text_version) =
            write(self.tx, self.owner, stored, after, (reason, self.now)).await?;
        Ok(Outcome {
            text_version,
            saved: SavedNote {
                note,
                merge,
                conflict: None,
            },
        })
    }

    async fn keep_answer(&self, id: NoteId, outcome: &Outcome) -> Result<(), DbError> {
        let Some(key) = &self.base.save else {
            return Ok(());
        };
        let answer = Answer {
            note: outcome.saved.note.summary.clone(),
            merge: outcome.saved.merge,
        };
        let first = FirstAnswer {
            text_version: outcome.text_version,
            conflict_version: outcome.saved.conflict.as_ref().map(|lost| lost.version),
            answer: serde_json::to_vec(&answer).map_err(|fault| broken(&fault))?,
        };
        let place = (Kind::Note, id.as_bytes());
        saves::keep(self.tx, self.owner, key, place, &first).await
    }

    /// The first answer to this save, put together again.
    async fn answer_again(&self, id: NoteId, first: FirstAnswer) -> Result<SavedNote, DbError> {
        let answer: Answer =
            serde_json::from_slice(&first.answer).map_err(|fault| broken(&fault))?;
        let text = async |version| {
            let text = revisions::text_in(self.tx, self.owner, Kind::Note, id.as_bytes(), version);
            text.await.map(|text| {
                text.unwrap_or(Text {
                    title: String::new(),
                    body: String::new(),
                })
            })
        };
        let conflict = match first.conflict_version {
            None => None,
            Some(version) => {
                let lost = text(version).await?;
                Some(Conflict {
                    version,
                    title: lost.title,
                    body: lost.body,
                })
            }
        };
        Ok(SavedNote {
            note: Note {
                summary: answer.note,
                body: text(first.text_version).await?.body,
            },
            merge: answer.merge,
            conflict,
        })
    }
}

/// Writes what is different between a stored note and what it is to be: the row, and with a new
/// text its revision and its words. The note as it is then, and the revision its text stands in.
pub(super) async fn write(
    tx: &Tx,
    owner: UserId,
    stored: Stored,
    mut after: Note,
    (reason, now): (Reason, Timestamp),
) -> Result<(Note, u64), DbError> {
    let before = &stored.note;
    if after == *before {
        return Ok((after, stored.text_version));
    }
    after.summary.version = stored.top_version + 1;
    let same_text = before.summary.title == after.summary.title && before.body == after.body;
    let text_version = if same_text {
        stored.text_version
    } else {
        after.summary.updated_at = now;
        after.summary.version
    };
    rows::update(tx, owner, &after.summary, text_version, 0).await?;
    if !same_text {
        keep_text(tx, owner, &after, stored.text_version, reason).await?;
        let old = [before.summary.title.as_str(), &before.body];
        let new = [after.summary.title.as_str(), &after.body];
        let id = after.summary.id;
        terms::replace(tx, owner, Kind::Note, id.as_bytes(), &old, &new).await?;
    }
    changes::record(tx, owner, &[change(&after.summary, Op::Update)], None).await?;
    Ok((after, text_version))
}

fn text_of(note: &Note) -> Text {
    Text {
        title: note.summary.title.clone(),
        body: note.body.clone(),
    }
}

fn broken(fault: &serde_json::Error) -> DbError {
    DbError::unreadable("saves.answer", fault.to_string())
}
