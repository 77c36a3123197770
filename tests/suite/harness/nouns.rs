//! The nouns whose promises are the same: a test that speaks of notes is run over tasks by having
//! what it sends and what it is told put into the other noun's words.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

/// What a test's notes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    /// Notes.
    Note,
    /// Tasks. The body is the description, a notebook is a list, what is pinned has a priority, and
    /// somebody is at what is archived.
    Task,
}

/// The beginnings of paths, and what they are for tasks.
const PATHS: [(&str, &str); 2] = [("notes", "tasks"), ("notebooks", "task-lists")];
/// Fields that only have another name.
const FIELDS: [(&str, &str); 2] = [("body", "description"), ("notebook_id", "list_id")];

impl Noun {
    /// The table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Note => "notes",
            Self::Task => "tasks",
        }
    }

    /// The number of the kind.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Task => 2,
        }
    }

    /// The path in the words of the noun.
    pub(super) fn path(self, path: &str) -> String {
        let other =
            |(note, task): &(&str, &str)| Some(format!("{task}{}", path.strip_prefix(note)?));
        let other = PATHS.iter().find_map(other).filter(|_| self == Self::Task);
        other.unwrap_or_else(|| path.to_owned())
    }

    /// What is sent in the words of the noun.
    pub(super) fn sent(self, value: Value) -> Value {
        match (self, value) {
            (Self::Task, Value::Object(fields)) => {
                let fields = fields.into_iter().map(|(name, value)| {
                    let field = FIELDS.iter().find(|(note, _)| *note == name);
                    match (name.as_str(), field) {
                        (_, Some((_, task))) => ((*task).to_owned(), value),
                        ("pinned", _) if value.is_boolean() => {
                            ("priority".to_owned(), json!(u8::from(value == json!(true))))
                        }
                        ("archived", _) if value.is_boolean() => {
                            let status = if value == json!(true) {
                                "doing"
                            } else {
                                "todo"
                            };
                            ("status".to_owned(), json!(status))
                        }
                        _ => (name, value),
                    }
                });
                Value::Object(fields.collect())
            }
            (_, value) => value,
        }
    }

    /// The same for a text that need not be JSON.
    pub(super) fn sent_text(self, text: Bytes) -> Bytes {
        if self == Self::Note {
            return text;
        }
        let (old, new) = (b"\"body\":".as_slice(), b"\"description\":".as_slice());
        match text.windows(old.len()).position(|part| part == old) {
            Some(at) => [&text[..at], new, &text[at + old.len()..]].concat().into(),
            None => text,
        }
    }

    /// An answer in the words of the test.
    pub(super) fn told(self, body: Bytes) -> Bytes {
        if self == Self::Note {
            return body;
        }
        match serde_json::from_slice::<Value>(&body) {
            Ok(value) => serde_json::to_vec(&as_note(value)).unwrap().into(),
            Err(_) => body,
        }
    }
}

fn as_note(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(as_note).collect(),
        Value::Object(fields) => Value::Object(fields_of_note(fields)),
        other => other,
    }
}

fn fields_of_note(fields: Map<String, Value>) -> Map<String, Value> {
    let is_task = fields.contains_key("list_id") && fields.contains_key("priority");
    let is_tag = fields.contains_key("notes") && fields.contains_key("tasks");
    let told = fields.into_iter().map(|(name, value)| {
        let by_task = FIELDS.iter().find(|(_, task)| is_task && *task == name);
        let named = value.as_str().unwrap_or_default();
        let by_value = FIELDS
            .iter()
            .find(|(_, task)| name == "field" && *task == named);
        let (name, value) = match (name.as_str(), by_task, by_value) {
            (_, Some((note, _)), _) => (*note, value),
            (_, _, Some((note, _))) => ("field", json!(note)),
            ("priority", ..) if is_task => ("pinned", json!(value != 0)),
            ("status", ..) if is_task => ("archived", json!(value == "doing")),
            ("tasks", ..) if is_tag => ("notes", value),
            ("notes", ..) if is_tag => ("tasks", value),
            (name, ..) => (name, as_note(value)),
        };
        (name.to_owned(), value)
    });
    told.collect()
}
