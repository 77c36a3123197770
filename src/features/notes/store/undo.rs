//! Taking a batch back: puts back what is still as the batch left it, whatever else was edited
//! since. What was changed again, is gone or has no room any more is left alone.

use std::collections::HashMap;

use super::bulk::{Places, Step, Work, lock_all};
use crate::domain::id::{BatchId, NoteId, UserId};
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;
use crate::features::notes::model::NoteSummary;
use crate::platform::db::{DbError, Tx};
use crate::records::batches::Item;
use crate::records::kind::Kind;
use crate::records::tags::{self, Tag};

/// Takes a batch back where its notes are still as it left them; how many, and how many not.
pub(in crate::features::notes) async fn undo(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let mut steps = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| item.kind == Kind::Note) {
        let step: Step = serde_json::from_slice(&item.state)
            .map_err(|fault| DbError::unreadable("batches.state", fault.to_string()))?;
        steps.push((NoteId::from_bytes(item.entity), step));
    }
    let ids: Vec<NoteId> = steps.iter().map(|(id, _)| *id).collect();
    let mut work = Work::new(owner, now);
    let locked = lock_all(tx, owner, &ids).await?;
    let came = names_of(&steps, |step| match step {
        Step::Tagged(names) => Some(names),
        _ => None,
    });
    let gone = names_of(&steps, |step| match step {
        Step::Untagged(names) => Some(names),
        _ => None,
    });
    let mut tags = tags::existing(tx, owner, &came).await?;
    tags.extend(tags::resolve(tx, owner, &gone).await?);
    let mut places = Places::default();
    let by_id: HashMap<NoteId, &Step> = steps.iter().map(|(id, step)| (*id, step)).collect();
    for row in locked {
        let step = by_id.get(&row.note.id).copied();
        let Some(back) = step.and_then(|step| reverse(&row.note, &spelled(step, &tags))) else {
            continue;
        };
        let to = match &back {
            Step::Moved { to, .. } => *to,
            _ => None,
        };
        if places.has(tx, owner, to).await? {
            work.take(row, back, &tags);
        }
    }
    work.write(tx, Some(batch)).await?;
    let undone = work.changed.len() as u64;
    Ok((undone, steps.len() as u64 - undone))
}

/// The tags that some steps name, each once.
fn names_of(
    steps: &[(NoteId, Step)],
    pick: impl Fn(&Step) -> Option<&Vec<String>>,
) -> Vec<TagName> {
    let mut names: Vec<TagName> = Vec::new();
    for text in steps.iter().filter_map(|(_, step)| pick(step)).flatten() {
        if let Ok(name) = TagName::parse("tags", text)
            && !names.iter().any(|other| other.norm() == name.norm())
        {
            names.push(name);
        }
    }
    names
}

/// What takes a step back; `None` when the note is no longer as the step left it.
fn reverse(note: &NoteSummary, step: &Step) -> Option<Step> {
    match step {
        Step::Trashed(to) => (note.deleted_at.is_some() == *to).then_some(Step::Trashed(!to)),
        Step::Pinned(to) => (note.pinned == *to).then_some(Step::Pinned(!to)),
        Step::Archived(to) => (note.archived == *to).then_some(Step::Archived(!to)),
        Step::Moved { from, to } => (note.notebook_id == *to).then_some(Step::Moved {
            from: *to,
            to: *from,
        }),
        Step::Tagged(names) => {
            let there = names.iter().filter(|name| note.tags.contains(name));
            let there: Vec<String> = there.cloned().collect();
            (!there.is_empty()).then_some(Step::Untagged(there))
        }
        Step::Untagged(names) => {
            let missing = names.iter().filter(|name| !note.tags.contains(name));
            let missing: Vec<String> = missing.cloned().collect();
            let fits = missing.len() + note.tags.len() <= tag::MAX_TAGS;
            (!missing.is_empty() && fits).then_some(Step::Tagged(missing))
        }
    }
}

/// The step with its tags spelled as they are now: somebody may have renamed them, or made them
/// anew. Names that are no tags any more stay as they are, and are found on no note.
fn spelled(step: &Step, tags: &[Tag]) -> Step {
    let present = |names: &[String]| {
        let spell = |name: &String| {
            let tag = tags
                .iter()
                .find(|tag| tag::norm(&tag.name) == tag::norm(name));
            tag.map_or_else(|| name.clone(), |tag| tag.name.clone())
        };
        names.iter().map(spell).collect()
    };
    match step {
        Step::Tagged(names) => Step::Tagged(present(names)),
        Step::Untagged(names) => Step::Untagged(present(names)),
        other => other.clone(),
    }
}
