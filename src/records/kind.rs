//! The nouns that share what every noun writes besides itself, as small numbers in their tables.

/// A noun of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Notes.
    Note,
    /// Files.
    File,
    /// Notebooks.
    Notebook,
    /// Tags.
    Tag,
}

impl Kind {
    /// Every kind.
    const ALL: [Self; 4] = [Self::Note, Self::File, Self::Notebook, Self::Tag];

    /// The number in the tables; never reused. Up to 9: what has a text, a trash and tags.
    pub fn number(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::File => 3,
            Self::Notebook => 10,
            Self::Tag => 12,
        }
    }

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::File => "file",
            Self::Notebook => "notebook",
            Self::Tag => "tag",
        }
    }

    /// The table of a noun that bears tags: its rows keep their names, see `tags`.
    pub fn tagged_table(self) -> Option<&'static str> {
        match self {
            Self::Note => Some("notes"),
            Self::File => Some("files"),
            Self::Notebook | Self::Tag => None,
        }
    }

    /// The kind of a number; `None` for one that a newer version wrote.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
