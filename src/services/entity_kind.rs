//! The kinds of entities. Each feature (or service) declares the constant of its kind; `app` registers
//! all of them at the start, so that services find the kind of a stored number without knowing features.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// A kind of entity: the registry row from which change feed, tags, attachments and batches derive
/// what they need.
#[derive(Debug, Clone, Copy)]
pub struct EntityKind {
    /// The number in the tables; never reused. A test checks that it is unique.
    pub number: u8,
    /// The name in the API.
    pub name: &'static str,
    /// Its table, with the key `(owner_id, id)` and the column `version`.
    pub table: &'static str,
    /// Whether its rows have a `tags` column and entries in `tagged`.
    pub is_tagged: bool,
    /// Whether files can be attached to it; its table then has `title`, `shelf` and `max_version`.
    pub is_attachable: bool,
}

static REGISTERED: OnceLock<Vec<EntityKind>> = OnceLock::new();

impl EntityKind {
    /// A kind without tags and attachments.
    pub const fn new(number: u8, name: &'static str, table: &'static str) -> Self {
        Self {
            number,
            name,
            table,
            is_tagged: false,
            is_attachable: false,
        }
    }

    pub const fn tagged(mut self) -> Self {
        self.is_tagged = true;
        self
    }

    pub const fn attachable(mut self) -> Self {
        self.is_attachable = true;
        self
    }

    /// Makes the kinds known to the process. Only the first call has an effect.
    pub fn register(kinds: impl IntoIterator<Item = Self>) {
        REGISTERED.get_or_init(|| kinds.into_iter().collect());
    }

    /// All registered kinds, in the order of their registration.
    pub fn all() -> &'static [Self] {
        REGISTERED.get().map_or(&[], Vec::as_slice)
    }

    /// The kind of a stored number; `None` for one that a newer version wrote.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::all()
            .iter()
            .copied()
            .find(|kind| kind.number == number)
    }

    /// The kind of a name of the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|kind| kind.name == name)
    }
}

impl PartialEq for EntityKind {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for EntityKind {}

impl Hash for EntityKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}
