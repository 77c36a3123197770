//! Differences between texts, from a library: by lines for merging, by words for people.
//! Refuses to take long: past its deadline a difference is coarser, never wrong.

use std::time::{Duration, Instant};

use serde::Serialize;
use similar::{Algorithm, ChangeTag, DiffTag, TextDiff, capture_diff_slices_deadline};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Longest search for the smallest difference.
const DEADLINE: Duration = Duration::from_millis(150);
/// Work on shorter texts is done where it is asked for: moving it would cost more.
const SHORT_BYTES: usize = 16 * 1024;
/// Long texts that are worked on at once.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Some lines of an old text that others took the place of. Line numbers begin at 0, ends are
/// exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The lines of the old text.
    pub old: std::ops::Range<usize>,
    /// The lines of the new text.
    pub new: std::ops::Range<usize>,
}

/// Where two texts differ, in order and without touching one another.
pub fn lines(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let deadline = Some(Instant::now() + DEADLINE);
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Myers, old, new, deadline) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            continue;
        }
        match hunks.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            _ => hunks.push(Hunk { old, new }),
        }
    }
    hunks
}

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It stands in both.
    Equal,
    /// Only the new text has it.
    Insert,
    /// Only the old text has it.
    Delete,
}

/// A piece of the difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Piece {
    /// What became of it.
    pub op: Became,
    /// The text, blanks and line ends included.
    pub text: String,
}

/// The difference by words. The pieces without the inserted ones are the old text, without the
/// deleted ones the new text.
pub fn words(old: &str, new: &str) -> Vec<Piece> {
    let difference = TextDiff::configure().timeout(DEADLINE).diff_words(old, new);
    let mut pieces: Vec<Piece> = Vec::new();
    for change in difference.iter_all_changes() {
        let op = match change.tag() {
            ChangeTag::Equal => Became::Equal,
            ChangeTag::Insert => Became::Insert,
            ChangeTag::Delete => Became::Delete,
        };
        match pieces.last_mut() {
            Some(last) if last.op == op => last.text.push_str(change.value()),
            _ => pieces.push(Piece {
                op,
                text: change.value().to_owned(),
            }),
        }
    }
    pieces
}

/// Runs work on texts of so many bytes, long ones off the async threads, a few at a time. `None`:
/// the worker died.
#[expect(
    clippy::disallowed_methods,
    reason = "bounded by the semaphore, and the work by its deadline"
)]
pub async fn off_thread<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if bytes <= SHORT_BYTES {
        return Some(work());
    }
    let permit = TURNS.acquire().await.ok()?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(permit);
        done
    });
    done.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_hold_both_texts() {
        let (old, new) = ("one two\nthree", "one 2\nthree four");
        let pieces = words(old, new);
        let side = |not: Became| -> String {
            let kept = pieces.iter().filter(|piece| piece.op != not);
            kept.map(|piece| piece.text.as_str()).collect()
        };
        assert_eq!(
            (side(Became::Insert).as_str(), side(Became::Delete).as_str()),
            (old, new)
        );
        assert!(pieces.iter().any(|piece| piece.op == Became::Equal));
    }

    #[test]
    fn hunks_name_the_lines() {
        let hunks = lines(&["a", "b", "c"], &["a", "x", "y", "c", "d"]);
        assert_eq!(hunks.len(), 2);
        assert_eq!((hunks[0].old.clone(), hunks[0].new.clone()), (1..2, 1..3));
        assert_eq!((hunks[1].old.clone(), hunks[1].new.clone()), (3..3, 4..5));
    }
}
