//! Checklists: how many boxes of a Markdown text are open. Counted by a parser (GitHub Flavored
//! Markdown, task list items), so that a box inside a code block is none.

use pulldown_cmark::{Event, Options, Parser};
use serde::{Deserialize, Serialize};

/// The boxes of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// Boxes without a tick.
    pub open: u32,
    pub total: u32,
}

impl Checklist {
    /// Counts the boxes of a Markdown text.
    pub fn of(markdown: &str) -> Self {
        // Most texts have no box at all: looking for one is far cheaper than parsing.
        if !["[ ]", "[x]", "[X]"]
            .iter()
            .any(|mark| markdown.contains(mark))
        {
            return Self::default();
        }
        let mut found = Self::default();
        for event in Parser::new_ext(markdown, Options::ENABLE_TASKLISTS) {
            if let Event::TaskListMarker(ticked) = event {
                found.total += 1;
                found.open += u32::from(!ticked);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_counted_where_markdown_has_them() {
        let text =
            "- [ ] milk\n- [x] bread\n  1. [X] white\n\n[ ] no item\n\n```\n- [ ] code\n```\n";
        assert_eq!(Checklist::of(text), Checklist { open: 1, total: 3 });
        assert_eq!(Checklist::of("plain"), Checklist::default());
    }
}
