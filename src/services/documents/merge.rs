//! Three-way merge by lines: what two people made of one text becomes one text again, when they
//! changed different lines. Refuses to guess: lines that both changed, or that both inserted at
//! the same place, are a conflict unless both wrote the same.

use std::ops::Range;

use crate::platform::diff;

/// Most lines of an overlap that is looked for: the search costs the square of it.
const OVERLAP_MAX: usize = 100;

/// A text with its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// Merges what stands and what came, both made from `base`; `None` is a conflict. Long texts are
/// merged off the async threads.
pub async fn three_way(base: Text, stands: Text, came: Text) -> Option<Text> {
    let bytes = base.body.len() + stands.body.len() + came.body.len();
    let merged = diff::off_thread(bytes, move || {
        let title = scalar(&base.title, &stands.title, &came.title)?;
        let body = bodies(&base.body, &stands.body, &came.body)?;
        Some(Text { title, body })
    });
    merged.await.flatten()
}

/// A value that cannot be merged in parts: who changed it wins, both only when they agree.
fn scalar(base: &str, stands: &str, came: &str) -> Option<String> {
    if came == base || came == stands {
        return Some(stands.to_owned());
    }
    (stands == base).then(|| came.to_owned())
}

fn bodies(base: &str, stands: &str, came: &str) -> Option<String> {
    if let Some(merged) = scalar(base, stands, came) {
        return Some(merged);
    }
    // Split, not cut after each line feed: so the last line is the same with and without one.
    let base: Vec<&str> = base.split('\n').collect();
    let stands: Vec<&str> = stands.split('\n').collect();
    let came: Vec<&str> = came.split('\n').collect();
    let ours = diff::lines(&base, &stands);
    let theirs = diff::lines(&base, &came);
    let mut merged: Vec<&str> = Vec::with_capacity(stands.len() + came.len());
    // The lines that the hunk before this one brought, when nothing of the base stands between.
    let mut before = 0;
    let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
    let mut place = 0;
    loop {
        let (hunk, lines) = match (ours.peek(), theirs.peek()) {
            (None, None) => break,
            (Some(a), Some(b))
                if a.old == b.old && stands[a.new.clone()] == came[b.new.clone()] =>
            {
                theirs.next();
                (ours.next()?, &stands)
            }
            (Some(a), Some(b)) if collide(&a.old, &b.old) => return None,
            (Some(a), Some(b)) if is_first(&b.old, &a.old) => (theirs.next()?, &came),
            (Some(_), _) => (ours.next()?, &stands),
            (None, Some(_)) => (theirs.next()?, &came),
        };
        if hunk.old.start > place {
            before = 0;
        }
        merged.extend(&base[place..hunk.old.start]);
        let new = &lines[hunk.new.clone()];
        let twice = overlap(&merged[merged.len() - before..], new);
        merged.extend(&new[twice..]);
        before += new.len() - twice;
        place = hunk.old.end;
    }
    merged.extend(&base[place..]);
    Some(merged.join("\n"))
}

/// How many lines end one change and begin its neighbour. Both wrote them, so they are meant once:
/// one who did not hear the answer to a save wrote on, and sends its lines again.
fn overlap(before: &[&str], new: &[&str]) -> usize {
    let most = before.len().min(new.len()).min(OVERLAP_MAX);
    (1..=most)
        .rev()
        .find(|count| before[before.len() - count..] == new[..*count])
        .unwrap_or(0)
}

/// Whether two changes want the same lines, or the same place between two lines. Neighbours do
/// not: one ends where the other begins, so their order is plain.
fn collide(a: &Range<usize>, b: &Range<usize>) -> bool {
    if a.is_empty() && b.is_empty() {
        return a.start == b.start;
    }
    a.start < b.end && b.start < a.end
}

fn is_first(a: &Range<usize>, b: &Range<usize>) -> bool {
    (a.start, a.end) < (b.start, b.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_different_lines_become_one_text() {
        let cases = [
            ("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"),
            ("a\nb\nc", "a\nb\nc\nd", "x\na\nb\nc", "x\na\nb\nc\nd"),
            ("a\nb", "a1\nb", "a\nb1", "a1\nb1"),
            ("a\nb", "a\nb1", "a\nb\nc", "a\nb1\nc"),
            ("a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"),
            ("a", "a\nnew", "a\nnew", "a\nnew"),
            ("a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\nd\n", "a\nB\nc\nd\n"),
            ("x", "x", "y", "y"),
            ("a\nb", "a\nL\nb", "A\nL\nb", "A\nL\nb"),
            ("a\nb", "a\nL\nb", "a\nL\nB", "a\nL\nB"),
            ("a\nb", "a\nL\nM\nb", "A\nL\nM\nb", "A\nL\nM\nb"),
            ("a\nb\nc", "a\nL\nb\nc", "a\nb\nL\nc", "a\nL\nb\nL\nc"),
            (
                "a\r\nb\r\n",
                "A\r\nb\r\n",
                "a\r\nb\r\nc\r\n",
                "A\r\nb\r\nc\r\n",
            ),
        ];
        for (base, stands, came, merged) in cases {
            assert_eq!(
                bodies(base, stands, came).as_deref(),
                Some(merged),
                "{base:?}"
            );
            assert_eq!(
                bodies(base, came, stands).as_deref(),
                Some(merged),
                "{base:?}"
            );
        }
    }

    #[test]
    fn what_both_changed_is_a_conflict() {
        let cases = [
            ("a", "b", "c"),
            ("a\nb", "a\nb\nx", "a\nb\ny"),
            ("a\nb\nc", "a\nc", "a\nB\nc"),
            ("", "x", "y"),
        ];
        for (base, stands, came) in cases {
            assert_eq!(bodies(base, stands, came), None, "{base:?}");
        }
        assert_eq!(scalar("t", "t1", "t2"), None);
    }

    /// Whatever two people do to different lines, nothing of either is lost.
    #[test]
    fn no_line_of_a_clean_merge_is_lost() {
        let mut seed = 7_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap() % below
        };
        for round in 0..500 {
            let base: Vec<String> = (0..1 + draw(12)).map(|n| format!("line {n}")).collect();
            let mut sides = [base.clone(), base.clone()];
            let mut marks = [Vec::new(), Vec::new()];
            for (who, side) in sides.iter_mut().enumerate() {
                for edit in 0..1 + draw(3) {
                    let mark = format!("round {round} side {who} edit {edit}");
                    let at = draw(side.len() + 1);
                    if at < side.len() && !side[at].starts_with("round") && draw(2) == 0 {
                        side[at].clone_from(&mark);
                    } else {
                        side.insert(at, mark.clone());
                    }
                    marks[who].push(mark);
                }
            }
            let [stands, came] = sides.map(|side| side.join("\n"));
            if let Some(merged) = bodies(&base.join("\n"), &stands, &came) {
                for mark in marks.iter().flatten() {
                    assert!(
                        merged.split('\n').any(|line| line == mark),
                        "{mark} is lost"
                    );
                }
            }
        }
    }
}
