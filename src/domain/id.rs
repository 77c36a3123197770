//! Identifiers: UUIDs that cannot be mixed up between nouns.
//! Refuses counters: nothing in the contract can be guessed or enumerated.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Marks the identifiers of accounts.
pub enum User {}
/// Marks the identifiers of sign-ins.
pub enum Session {}
/// Marks the identifiers of notes.
pub enum Note {}
/// Marks the identifiers of mails in the outbox.
pub enum Mail {}
/// Marks the identifiers of queued work.
pub enum Job {}
/// Marks the identifiers of lines of the audit log.
pub enum AuditEvent {}
/// Marks the identifiers of API keys.
pub enum ApiKey {}
/// Marks the identifiers of notebooks.
pub enum Notebook {}
/// Marks the identifiers of tags.
pub enum Tag {}
/// Marks the identifiers of tasks.
pub enum Task {}
/// Marks the identifiers of lists of tasks.
pub enum TaskList {}
/// Marks the identifiers of saved views.
pub enum View {}
/// Marks the identifiers of batches.
pub enum Batch {}
/// Marks the identifiers of files, and of the uploads they come from.
pub enum File {}
/// Marks the identifiers of the bytes behind files.
pub enum Blob {}
/// Marks the names of objects in an object store.
pub enum Object {}
/// Marks the identifiers of saves, made by clients.
pub enum Save {}
/// Marks the identifiers of entities whose noun stands beside them.
pub enum Entity {}
/// Marks the identifiers of running processes of the service.
pub enum Instance {}

pub type UserId = Id<User>;
/// One sign-in and the family of refresh tokens that goes with it.
pub type SessionId = Id<Session>;
pub type NoteId = Id<Note>;
/// A mail in the outbox.
pub type MailId = Id<Mail>;
/// A line of the audit log.
pub type AuditEventId = Id<AuditEvent>;
pub type ApiKeyId = Id<ApiKey>;
pub type NotebookId = Id<Notebook>;
pub type TagId = Id<Tag>;
pub type TaskId = Id<Task>;
/// A list of tasks.
pub type TaskListId = Id<TaskList>;
pub type ViewId = Id<View>;
/// What one undo takes back.
pub type BatchId = Id<Batch>;
/// A file, and the upload it comes from.
pub type FileId = Id<File>;
/// The bytes behind one or more files of an owner.
pub type BlobId = Id<Blob>;
/// One object in an object store: new with every move, so that none is ever written twice.
pub type ObjectId = Id<Object>;
/// One save of a client: the same again is the same save.
pub type SaveId = Id<Save>;
/// An entity whose noun stands beside it.
pub type EntityId = Id<Entity>;
/// A row of queued or periodic work.
pub type JobId = Id<Job>;
/// A running process of the service.
pub type InstanceId = Id<Instance>;

/// A UUID (RFC 9562) that belongs to one noun. Ours are version 7; a client may choose its own.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// Makes a new version 7 identifier: sorted by time, unguessable in its tail.
    pub fn new() -> Self {
        Self(Uuid::now_v7(), PhantomData)
    }

    /// The sixteen bytes as they stand in the database.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Reads the sixteen bytes of a database column.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }

    /// The same as the id of another noun: for whoever knows by other means which noun it is.
    pub fn cast<L>(self) -> Id<L> {
        Id(self.0, PhantomData)
    }

    pub fn uuid(&self) -> Uuid {
        self.0
    }
}

impl<K> From<Uuid> for Id<K> {
    fn from(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

impl<K> Default for Id<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<K> FromStr for Id<K> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self::from)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let uuid = Uuid::deserialize(deserializer)?;
        if uuid.is_nil() || uuid.is_max() {
            return Err(serde::de::Error::custom(
                "the nil and the max UUID are reserved",
            ));
        }
        Ok(uuid.into())
    }
}
