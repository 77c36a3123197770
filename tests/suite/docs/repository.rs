//! What exists: the files and folders of the repository, and the names, commands and endpoints in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use regex::Regex;

use super::texts::{self, root};
use super::{claims, decisions};

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\w+").unwrap());
static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""([a-z_.]+)""#).unwrap());

pub(super) struct Repository {
    pub(super) files: Vec<String>,
    pub(super) folders: BTreeSet<String>,
    exceptions: Vec<Regex>,
    pub(super) make_targets: String,
    pub(super) npm_scripts: serde_json::Value,
    /// Words of all sources outside of line comments.
    pub(super) words: BTreeSet<String>,
    /// String literals of the server's sources.
    pub(super) literals: BTreeSet<String>,
    endpoints: Vec<Vec<String>>,
    pub(super) decisions: Vec<String>,
    /// Help texts by command; `None` when there is no such command.
    help: Mutex<BTreeMap<String, Option<String>>>,
}

impl Repository {
    pub(super) fn load() -> Self {
        let files = texts::files();
        let json = |file: &str| serde_json::from_str::<serde_json::Value>(&read(file)).unwrap();
        let folders = files.iter().flat_map(|file| {
            let ends = file.match_indices('/').map(|(end, _)| &file[..end]);
            ends.map(str::to_owned).collect::<Vec<_>>()
        });
        let (mut words, mut literals) = (BTreeSet::new(), BTreeSet::new());
        for file in files.iter().filter(|file| texts::is_source(file)) {
            let text = read(file);
            let lines = text.lines().filter(|line| !texts::is_comment(line));
            let found = lines.flat_map(|line| WORD.find_iter(line));
            words.extend(found.map(|word| word.as_str().to_owned()));
            if file.starts_with("src/") {
                let found = LITERAL.captures_iter(&text);
                literals.extend(found.map(|literal| literal[1].to_owned()));
            }
        }
        let openapi = json("docs/openapi.json");
        let paths = openapi["paths"].as_object().unwrap().keys();
        Self {
            folders: folders.collect(),
            exceptions: claims::EXCEPTIONS
                .map(|(text, _)| Regex::new(text).unwrap())
                .into(),
            make_targets: read("Makefile"),
            npm_scripts: json("web/package.json")["scripts"].clone(),
            words,
            literals,
            endpoints: paths
                .map(|path| path.split('/').map(str::to_owned).collect())
                .collect(),
            decisions: decisions::numbers(),
            help: Mutex::default(),
            files,
        }
    }

    pub(super) fn is_exception(&self, name: &str) -> bool {
        self.exceptions.iter().any(|one| one.is_match(name))
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.folders.contains(path)
            || self
                .files
                .binary_search_by(|file| file.as_str().cmp(path))
                .is_ok()
    }

    pub(super) fn help(&self, commands: &[&str]) -> Option<String> {
        let mut known = self.help.lock().unwrap();
        let ask = || {
            let satchel = env!("CARGO_BIN_EXE_satchel");
            let output = Command::new(satchel)
                .args(commands)
                .arg("--help")
                .output()
                .unwrap();
            output
                .status
                .success()
                .then(|| String::from_utf8(output.stdout).unwrap())
        };
        known.entry(commands.join(" ")).or_insert_with(ask).clone()
    }

    /// Also the beginning of an address counts, and any name of a parameter.
    pub(super) fn has_endpoint(&self, address: &str) -> bool {
        let address = address.trim_end_matches(['/', '.', ',', '…', '*']);
        let given: Vec<&str> = address.split('/').collect();
        self.endpoints.iter().any(|known| {
            let pairs = known.iter().zip(&given);
            given.len() <= known.len()
                && pairs
                    .clone()
                    .all(|(known, given)| known.starts_with('{') || known == given)
        })
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}
