//! The nouns that share what every noun writes besides itself, as small numbers in their tables.

/// A noun of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    Note,
    Task,
    File,
    Notebook,
    TaskList,
    Tag,
    /// Saved views.
    View,
}

impl EntityKind {
    const ALL: [Self; 7] = [
        Self::Note,
        Self::Task,
        Self::File,
        Self::Notebook,
        Self::TaskList,
        Self::Tag,
        Self::View,
    ];

    /// The number in the tables; never reused. Up to 9: what has a trash and tags.
    pub fn number(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Task => 2,
            Self::File => 3,
            Self::Notebook => 10,
            Self::TaskList => 11,
            Self::Tag => 12,
            Self::View => 13,
        }
    }

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Task => "task",
            Self::File => "file",
            Self::Notebook => "notebook",
            Self::TaskList => "task_list",
            Self::Tag => "tag",
            Self::View => "view",
        }
    }

    /// The table of a noun that bears tags: its rows keep their names, see `tags`.
    pub fn tagged_table(self) -> Option<&'static str> {
        match self {
            Self::Note => Some("notes"),
            Self::Task => Some("tasks"),
            Self::File => Some("files"),
            Self::Notebook | Self::TaskList | Self::Tag | Self::View => None,
        }
    }

    /// The kind of a number; `None` for one that a newer version wrote.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}
