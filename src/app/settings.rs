//! Reads single settings and collects every mistake, so that one start shows all of them.
//! Knows forms (number, address, list), not what the settings are for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use crate::platform::secret::Secret;

/// Every setting begins with this.
pub(super) const PREFIX: &str = "SATCHEL_";

/// Settings by name, and what was wrong with those that were read.
pub(super) struct Reader {
    values: BTreeMap<String, String>,
    known: BTreeSet<&'static str>,
    errors: Vec<String>,
}

impl Reader {
    /// Takes the names that begin with `SATCHEL_`; all others are none of our business.
    pub(super) fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            values: values
                .into_iter()
                .filter(|(name, _)| name.starts_with(PREFIX))
                .collect(),
            known: BTreeSet::new(),
            errors: Vec::new(),
        }
    }

    /// A text; empty counts as absent.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.insert(name);
        let value = self.values.get(name)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A text with a default.
    pub(super) fn text_or(&mut self, name: &'static str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// A value with a default; the form is told when it does not fit.
    pub(super) fn parsed_or<T: FromStr>(
        &mut self,
        name: &'static str,
        default: T,
        form: &str,
    ) -> T {
        match self.text(name) {
            None => default,
            Some(text) => text.parse().unwrap_or_else(|_| {
                self.err(name, &format!("`{text}` is not {form}"));
                default
            }),
        }
    }

    /// A whole number within limits.
    pub(super) fn number_or(&mut self, name: &'static str, default: u64, range: (u64, u64)) -> u64 {
        let form = format!("a whole number from {} to {}", range.0, range.1);
        let number = self.parsed_or(name, default, &form);
        if (range.0..=range.1).contains(&number) {
            return number;
        }
        self.err(name, &format!("`{number}` is not {form}"));
        default
    }

    /// A list separated by commas.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A secret, given by itself or as a file whose name stands in `NAME_FILE`.
    pub(super) fn secret(
        &mut self,
        name: &'static str,
        file_name: &'static str,
    ) -> Option<Secret<String>> {
        let direct = self.text(name);
        let path = self.text(file_name);
        match (direct, path) {
            (Some(_), Some(_)) => {
                self.err(
                    name,
                    &format!("is given twice; use it or {file_name}, not both"),
                );
                None
            }
            (Some(text), None) => Some(Secret::new(text)),
            (None, Some(path)) => match std::fs::read_to_string(Path::new(&path)) {
                Ok(text) if !text.trim().is_empty() => Some(Secret::new(text.trim().to_owned())),
                Ok(_) => {
                    self.err(file_name, &format!("the file {path} is empty"));
                    None
                }
                Err(err) => {
                    self.err(file_name, &format!("cannot read {path}: {err}"));
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// Notes a mistake. Secrets never become part of the words.
    pub(super) fn err(&mut self, name: &str, what: &str) {
        self.errors.push(format!("{name}: {what}"));
    }

    /// All mistakes, names nobody asked for included.
    pub(super) fn finish(mut self) -> Vec<String> {
        let unknown: Vec<&String> = self
            .values
            .keys()
            .filter(|name| !self.known.contains(name.as_str()))
            .collect();
        for name in unknown {
            let hint = closest(name, &self.known)
                .map(|known| format!("; did you mean {known}?"))
                .unwrap_or_default();
            self.errors
                .push(format!("{name}: there is no such setting{hint}"));
        }
        self.errors
    }
}

/// The known name that shares the longest beginning and end with an unknown one.
fn closest(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let shared = |other: &str| {
        let front = name
            .bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let back = name
            .bytes()
            .rev()
            .zip(other.bytes().rev())
            .take_while(|(a, b)| a == b)
            .count();
        front + back
    };
    known
        .iter()
        .copied()
        .max_by_key(|other| shared(other))
        .filter(|other| shared(other) >= PREFIX.len() + 3)
}
