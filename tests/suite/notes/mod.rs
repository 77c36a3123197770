//! What only notes have: the archive, checklists, notebooks, and the plans of their lists. What they share with
//! tasks is in `documents`.

mod archive;
mod checklists;
mod notebook_removal;
mod notebooks;
mod plans;
mod shelves;
