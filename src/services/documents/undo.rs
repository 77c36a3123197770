//! Taking a batch back: puts back what is still as the batch left it, whatever else was edited
//! since. What was changed again, is gone or has no room any more is left alone.

use std::collections::HashMap;

use super::Document;
use super::bulk::{Step, Work};
use super::rows::{Locked, lock_all};
use crate::domain::id::{BatchId, Id, UserId};
use crate::domain::tag::{self, TagName};
use crate::domain::time::Timestamp;
use crate::platform::db::{DbError, Tx};
use crate::services::batches::Item;
use crate::services::tags::{self, Tag};

/// Takes a batch back where its documents of this noun are still as it left them; how many, and
/// how many not.
pub async fn undo<D: Document>(
    tx: &Tx,
    owner: UserId,
    batch: BatchId,
    items: &[Item],
    now: Timestamp,
) -> Result<(u64, u64), DbError> {
    let mut steps: HashMap<Id<D::IdMarker>, Step<D::Step>> = HashMap::new();
    for item in items.iter().filter(|item| item.kind == D::KIND) {
        steps.insert(Id::from_bytes(item.entity), item.step()?);
    }
    if steps.is_empty() {
        return Ok((0, 0));
    }
    let mut ids: Vec<Id<D::IdMarker>> = steps.keys().copied().collect();
    ids.sort_unstable();
    let mut work = Work::<D>::new(owner, now);
    let mut locked = lock_all::<D>(tx, owner, &ids).await?;
    locked.sort_by_key(|row| row.document.apply_order());
    let came = names_of(steps.values(), |step| match step {
        Step::Tagged(names) => Some(names),
        _ => None,
    });
    let gone = names_of(steps.values(), |step| match step {
        Step::Untagged(names) => Some(names),
        _ => None,
    });
    let mut tags = tags::existing(tx, owner, &came).await?;
    tags.extend(tags::resolve(tx, owner, &gone).await?);
    let back = |row: Locked<D>| {
        let step = steps.get(&row.document.meta().id)?;
        let back = reverse(&row.document, &spelled(step, &tags))?;
        Some((row, back))
    };
    let back: Vec<(Locked<D>, Step<D::Step>)> = locked.into_iter().filter_map(back).collect();
    let own = back.iter().filter_map(|(_, step)| match step {
        Step::Custom(own) => Some(own),
        _ => None,
    });
    let own: Vec<&D::Step> = own.collect();
    D::prefetch(tx, owner, &own, &mut work.places).await?;
    for (row, step) in back {
        work.take(tx, row, step, &tags).await?;
    }
    work.write(tx, Some(batch)).await?;
    Ok((work.count(), steps.len() as u64 - work.count()))
}

/// The tags that some steps name, each once.
fn names_of<'a, S: 'a>(
    steps: impl Iterator<Item = &'a Step<S>>,
    pick: impl Fn(&'a Step<S>) -> Option<&'a Vec<String>>,
) -> Vec<TagName> {
    let mut names: Vec<TagName> = Vec::new();
    for text in steps.filter_map(pick).flatten() {
        if let Ok(name) = TagName::parse("tags", text)
            && !names.iter().any(|other| other.norm() == name.norm())
        {
            names.push(name);
        }
    }
    names
}

/// What takes a step back; `None` when the document is no longer as the step left it.
fn reverse<D: Document>(document: &D, step: &Step<D::Step>) -> Option<Step<D::Step>> {
    let head = document.meta();
    match step {
        Step::Trashed(to) => (head.deleted_at.is_some() == *to).then_some(Step::Trashed(!to)),
        Step::Tagged(names) => {
            let there = names.iter().filter(|name| head.tags.contains(name));
            let there: Vec<String> = there.cloned().collect();
            (!there.is_empty()).then_some(Step::Untagged(there))
        }
        Step::Untagged(names) => {
            let missing = names.iter().filter(|name| !head.tags.contains(name));
            let missing: Vec<String> = missing.cloned().collect();
            let fits = missing.len() + head.tags.len() <= tag::MAX_TAGS;
            (!missing.is_empty() && fits).then_some(Step::Tagged(missing))
        }
        Step::Custom(own) => document.reverse(own).map(Step::Custom),
    }
}

/// The step with its tags spelled as they are now: somebody may have renamed them, or made them
/// anew. Names that are no tags any more stay as they are, and are found on no document.
fn spelled<S: Clone>(step: &Step<S>, tags: &[Tag]) -> Step<S> {
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
