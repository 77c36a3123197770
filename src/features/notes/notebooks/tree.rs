//! The tree that an owner's notebooks make: depth, what lies below, and moves that would tie a
//! notebook to itself. Works on ids in memory; the caller holds the locks.

use std::collections::{HashMap, HashSet};

use super::model::DEPTH_MAX;
use crate::domain::id::NotebookId;

/// Parents by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree(HashMap<NotebookId, Option<NotebookId>>);

/// Why a notebook cannot lie somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// There is no such notebook above.
    NoParent,
    /// It would lie inside itself.
    Cycle,
    /// The tree would be deeper than allowed.
    TooDeep,
}

impl Tree {
    pub(super) fn new(rows: impl IntoIterator<Item = (NotebookId, Option<NotebookId>)>) -> Self {
        Self(rows.into_iter().collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn has(&self, id: NotebookId) -> bool {
        self.0.contains_key(&id)
    }

    /// The notebook above; `None` at the top.
    pub(super) fn parent(&self, id: NotebookId) -> Option<NotebookId> {
        self.0.get(&id).copied().flatten()
    }

    /// The notebooks directly below.
    pub(super) fn children(&self, id: NotebookId) -> Vec<NotebookId> {
        let below = self.0.iter().filter(|(_, parent)| **parent == Some(id));
        below.map(|(child, _)| *child).collect()
    }

    /// The notebook and everything below it.
    pub(super) fn branch(&self, id: NotebookId) -> Vec<NotebookId> {
        let mut seen = HashSet::from([id]);
        let mut branch = vec![id];
        let mut next = 0;
        while let Some(id) = branch.get(next).copied() {
            branch.extend(self.children(id).into_iter().filter(|id| seen.insert(*id)));
            next += 1;
        }
        branch
    }

    /// Whether a notebook, new or with everything below it, may lie under another one.
    pub(super) fn check(
        &self,
        id: NotebookId,
        parent: Option<NotebookId>,
    ) -> Result<(), Misplaced> {
        let Some(parent) = parent else { return Ok(()) };
        if !self.has(parent) {
            return Err(Misplaced::NoParent);
        }
        let above = self.path(parent);
        if above.contains(&id) {
            return Err(Misplaced::Cycle);
        }
        if above.len() + self.height(id) > DEPTH_MAX {
            return Err(Misplaced::TooDeep);
        }
        Ok(())
    }

    /// The notebook and everything above it.
    fn path(&self, id: NotebookId) -> Vec<NotebookId> {
        let mut path = vec![id];
        let mut at = id;
        while let Some(parent) = self.parent(at).filter(|parent| !path.contains(parent)) {
            path.push(parent);
            at = parent;
        }
        path
    }

    /// Levels from the notebook downwards, itself included.
    fn height(&self, id: NotebookId) -> usize {
        let branch = self.branch(id);
        let above = self.path(id).len();
        let deepest = branch.iter().map(|id| self.path(*id).len()).max();
        deepest.unwrap_or(above) + 1 - above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_lies_neither_in_itself_nor_too_deep() {
        let ids: Vec<NotebookId> = (0..DEPTH_MAX).map(|_| NotebookId::new()).collect();
        let parent = |place: usize| (place > 0).then(|| ids[place - 1]);
        let tree = Tree::new((0..ids.len()).map(|place| (ids[place], parent(place))));
        assert_eq!(tree.branch(ids[5]).len(), DEPTH_MAX - 5);
        assert_eq!(tree.check(ids[0], Some(ids[0])), Err(Misplaced::Cycle));
        assert_eq!(tree.check(ids[0], Some(ids[3])), Err(Misplaced::Cycle));
        let new = NotebookId::new();
        assert_eq!(
            tree.check(new, Some(ids[DEPTH_MAX - 1])),
            Err(Misplaced::TooDeep)
        );
        assert_eq!(tree.check(new, Some(ids[DEPTH_MAX - 2])), Ok(()));
        assert_eq!(tree.check(ids[4], Some(ids[0])), Ok(()));
        assert_eq!(tree.check(ids[4], Some(new)), Err(Misplaced::NoParent));
        assert_eq!(tree.check(ids[4], None), Ok(()));
    }
}
