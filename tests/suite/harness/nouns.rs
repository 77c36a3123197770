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
/// Questions of lists and of what becomes of what lay in them, and what they are for tasks.
const QUESTIONS: [(&str, &str); 8] = [
    ("notes=", "tasks="),
    ("notebook=", "list="),
    ("pinned=true", "priority=1"),
    ("pinned=false", "priority=0"),
    ("archived=true", "status=doing"),
    ("archived=false", "status=todo"),
    ("pinned=", "priority="),
    ("archived=", "status="),
];
/// Fields that only have another name.
const FIELDS: [(&str, &str); 2] = [("body", "description"), ("notebook_id", "list_id")];
/// Fields that have other values too.
const MARKS: [(&str, &str); 2] = [("pinned", "priority"), ("archived", "status")];
/// What a batch does, and what it does to tasks: action, field, value.
const ACTIONS: [(&str, &str, Mark); 4] = [
    ("pin", "priority", Mark::Pinned(true)),
    ("unpin", "priority", Mark::Pinned(false)),
    ("archive", "status", Mark::Archived(true)),
    ("unarchive", "status", Mark::Archived(false)),
];

/// What a task has for a note's mark.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Pinned(bool),
    Archived(bool),
}

impl Mark {
    fn of(name: &str, value: &Value) -> Option<Self> {
        let is = value.as_bool()?;
        match name {
            "pinned" => Some(Self::Pinned(is)),
            "archived" => Some(Self::Archived(is)),
            _ => None,
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Pinned(is) => json!(u8::from(is)),
            Self::Archived(true) => json!("doing"),
            Self::Archived(false) => json!("todo"),
        }
    }
}

impl Noun {
    /// The table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Note => "notes",
            Self::Task => "tasks",
        }
    }

    /// The table of what they lie in.
    pub(crate) fn places(self) -> &'static str {
        match self {
            Self::Note => "notebooks",
            Self::Task => "task_lists",
        }
    }

    /// The number of the kind.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Note => 1,
            Self::Task => 2,
        }
    }

    /// The word of what a batch does.
    pub(crate) fn action(self, action: &str) -> &str {
        let other = ACTIONS.iter().find(|(note, ..)| *note == action);
        let other = other.filter(|_| self == Self::Task);
        other.map_or(action, |(_, task, _)| task)
    }

    /// The path in the words of the noun.
    pub(crate) fn path(self, path: &str) -> String {
        if self == Self::Note {
            return path.to_owned();
        }
        let Some((path, query)) = path.split_once('?') else {
            return begun(&PATHS, path);
        };
        let questions: Vec<String> = query.split('&').map(|one| begun(&QUESTIONS, one)).collect();
        format!("{}?{}", begun(&PATHS, path), questions.join("&"))
    }

    /// The same for a path from the root on.
    pub(crate) fn address(self, path: &str) -> String {
        match path.strip_prefix("/api/v1/") {
            Some(rest) => format!("/api/v1/{}", self.path(rest)),
            None => path.to_owned(),
        }
    }

    /// What is sent in the words of the noun.
    pub(crate) fn sent(self, value: Value) -> Value {
        let Value::Object(fields) = value else {
            return value;
        };
        if self == Self::Note {
            return Value::Object(fields);
        }
        let of_notes = fields.get("kind") == Some(&json!("note"));
        let mut sent = Map::new();
        for (name, value) in fields {
            let word = value.as_str().unwrap_or_default();
            let done = ACTIONS.iter().find(|(note, ..)| *note == word);
            match (name.as_str(), done) {
                ("kind", _) if of_notes => {
                    sent.insert(name, json!("task"));
                }
                ("action", Some((_, field, mark))) if of_notes => {
                    sent.insert((*field).to_owned(), mark.value());
                    sent.insert(name, json!(field));
                }
                (note, _) => {
                    let value = Mark::of(note, &value).map_or(value, Mark::value);
                    let field = FIELDS.iter().chain(&MARKS).find(|(name, _)| *name == note);
                    sent.insert(field.map_or(name, |(_, task)| (*task).to_owned()), value);
                }
            }
        }
        Value::Object(sent)
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
    pub(crate) fn told(self, body: Bytes) -> Bytes {
        if self == Self::Note {
            return body;
        }
        match serde_json::from_slice::<Value>(&body) {
            Ok(value) => serde_json::to_vec(&as_note(value)).unwrap().into(),
            Err(_) => body,
        }
    }
}

/// A text whose beginning stands in a list, with what stands there for tasks.
fn begun(list: &[(&str, &str)], text: &str) -> String {
    let other = |(note, task): &(&str, &str)| Some(format!("{task}{}", text.strip_prefix(note)?));
    list.iter()
        .find_map(other)
        .unwrap_or_else(|| text.to_owned())
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
    let is_batch = fields.contains_key("undone_at") && fields.contains_key("action");
    let is_tag = fields.contains_key("notes") && fields.contains_key("tasks");
    let told = fields.into_iter().map(|(name, value)| {
        let by_task = FIELDS.iter().find(|(_, task)| is_task && *task == name);
        let named = value.as_str().unwrap_or_default();
        let by_value = FIELDS
            .iter()
            .chain(&MARKS)
            .find(|(_, task)| name == "field" && *task == named);
        let (name, value) = match (name.as_str(), by_task, by_value) {
            (_, Some((note, _)), _) => (*note, value),
            (_, _, Some((note, _))) => ("field", json!(note)),
            ("kind", ..) if is_batch && named == "task" => ("kind", json!("note")),
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
