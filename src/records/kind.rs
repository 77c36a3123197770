//! The nouns that share revisions and the search index, as small numbers in their tables.

/// A noun that has a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Notes.
    Note,
}

impl Kind {
    /// The number in the tables; never reused.
    pub fn number(self) -> u8 {
        match self {
            Self::Note => 1,
        }
    }
}
