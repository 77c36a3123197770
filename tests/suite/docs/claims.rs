//! Checks what a text names against the repository. `EXCEPTIONS` lists what is not expected to exist.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use regex::Regex;

use super::repository::Repository;
use super::texts::{Text, root};

/// Paths and file names that need not exist, with the reason.
pub(super) const EXCEPTIONS: [(&str, &str); 7] = [
    (r"^(application|image|multipart|text)/", "a media type"),
    (r"^[A-Z_]+/", "begins with a variable"),
    (
        r"^(\.run|\.env|target|node_modules|web/dist|dist)(/|$)",
        "made at run time, ignored by git",
    ),
    (
        r"^(screenshots|loadtest/reports|benches/results)(/|$)",
        "made at run time, ignored by git",
    ),
    (r"^site/", "written by scripts/nginx-site.sh"),
    (
        r"V00NN__|bookmarks",
        "the example resource of CONTRIBUTING.md",
    ),
    (
        r"^(satchel\.env|instance\.env|\d.*/\d+)$",
        "settings of an operator; networks",
    ),
];

/// Where a relative path may begin, besides the folders above the file that names it.
const BASES: [&str; 5] = ["", "src", "web", "web/src", "tests/suite"];
const LAYERS: [&str; 6] = ["app", "features", "api", "services", "platform", "domain"];
const FILE_KINDS: &str = "rs|ts|vue|md|sh|py|toml|yaml|json|conf|sql|css|mjs|js|html|lua";

macro_rules! regex {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($text).unwrap());
    };
}
regex!(
    PATH,
    r"^\.?[\w@-][\w.@-]*(/[\w.@*{},…<>$-]+)+/?$|^\.?[\w@-][\w.@-]*/$"
);
regex!(FILE, &format!(r"^[\w.-]+\.({FILE_KINDS})$"));
regex!(WILDCARD, r"[*{…<$]");
regex!(MODULE, r"^(?:crate::)?(\w+(?:::\w+)+)(?:\(\))?$");
regex!(LINK, r"\]\(([^)\s]+)\)");
regex!(
    MAKE,
    r"(?:^|[ ;&])((?:[A-Z_]+=\S+ )*)make ((?:[A-Z_]+=\S+ )*)([a-z][a-z-]*)"
);
regex!(
    NPM,
    r"\bnpm (?:--prefix \S+ )?(?:run )?(?:--silent )?([a-z][a-z0-9:-]*)"
);
regex!(CARGO_TEST, r"\bcargo test(.*)");
regex!(
    SATCHEL,
    r"(?:^|[/ ])(?:satchel(?:\.sh)?|cargo run --) ([a-z][^|>&;]*)"
);
regex!(SETTING, r"\bSATCHEL_[A-Z0-9_]+\b");
regex!(METRIC, r"^([a-z]+(?:_[a-z]+)+_total)(?:\{.*\})?$");
regex!(DOTTED, r"^[a-z_]+\.[a-z_]+$");
regex!(
    NAME,
    r"^(?:[a-z]+(?:_[a-z0-9]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+|[a-z]\w+\(\))$"
);
regex!(ENDPOINT, r"(?:^| )(/api/v1/[^\s?]+)");
regex!(
    DECISION,
    r"[Dd]ecisions? (\d{4})|docs/decisions/(\d{4})(?:[^-\d]|$)"
);

impl Repository {
    /// What `text` names and does not exist, one line each.
    pub(super) fn errors(&self, text: &Text) -> Vec<String> {
        let mut found = BTreeSet::new();
        for code in text.code() {
            found.extend(self.path_errors(&text.file, &code));
            found.extend(self.command_errors(&code));
        }
        for word in text.plain_words() {
            found.extend(self.plain_path_error(text, &word));
        }
        if text.is_markdown {
            found.extend(
                LINK.captures_iter(text.prose())
                    .filter_map(|link| self.link_error(&text.file, &link[1])),
            );
        }
        let all = format!("{}\n{}", text.prose(), text.code().join("\n"));
        for setting in SETTING.find_iter(&all) {
            if !self.words.contains(setting.as_str()) {
                found.insert(format!("no such setting: {}", setting.as_str()));
            }
        }
        for decision in DECISION.captures_iter(&all) {
            let number = decision.get(1).or(decision.get(2)).unwrap().as_str();
            if !self.decisions.iter().any(|known| known == number) {
                found.insert(format!("no such decision: {number}"));
            }
        }
        found
            .into_iter()
            .map(|err| format!("{}: {err}", text.file))
            .collect()
    }

    fn path_errors(&self, file: &str, code: &str) -> Vec<String> {
        let words = code
            .split(' ')
            .map(|word| word.trim_end_matches(['.', ',', ';', ':', ')']));
        let is_filter = code.contains("cargo test");
        words
            .filter_map(|word| match word {
                _ if PATH.is_match(word) => self.path_error(file, word),
                _ if FILE.is_match(word) => self.file_error(word),
                _ if MODULE.is_match(word) && !is_filter => self.module_error(word),
                _ if word == code && NAME.is_match(word) => self.name_error(word),
                _ if METRIC.is_match(word) => self.literal_error(word),
                _ if word == code && file.ends_with(".md") && DOTTED.is_match(word) => {
                    self.literal_error(word)
                }
                _ => None,
            })
            .collect()
    }

    /// Columns, types and functions in code spans are words of some source.
    fn name_error(&self, name: &str) -> Option<String> {
        let exists = self.words.contains(name.trim_end_matches("()"));
        (!exists && !self.is_exception(name)).then(|| format!("no such name: {name}"))
    }

    /// Names of metrics, jobs and queries are string literals of the server.
    fn literal_error(&self, name: &str) -> Option<String> {
        let literal = name.split('{').next().unwrap_or(name);
        (!self.literals.contains(literal)).then(|| format!("no such metric, job or query: {name}"))
    }

    /// Outside of code a word is a path only when it begins with a folder of the repository, and a file
    /// name only in a comment.
    fn plain_path_error(&self, text: &Text, word: &str) -> Option<String> {
        let word = word.trim_start_matches(['(', '"', '\'']);
        let word = word.trim_end_matches([')', '.', ',', ';', ':', '"', '\'']);
        let first = word.split('/').next()?;
        if PATH.is_match(word) && self.folders.contains(first) {
            return self.path_error(&text.file, word);
        }
        let is_name = !text.is_markdown && FILE.is_match(word);
        is_name.then(|| self.file_error(word))?
    }

    fn path_error(&self, file: &str, path: &str) -> Option<String> {
        let is_number = path.starts_with("docs/decisions/") && DECISION.is_match(path);
        if is_number || self.is_exception(path) {
            return None;
        }
        // Of a pattern only the folder before it is looked up.
        let fixed = match WILDCARD.find(path) {
            Some(wildcard) => path[..wildcard.start()].rsplit_once('/')?.0,
            None => path.trim_end_matches('/'),
        };
        // A folder without a path, such as `store/`, may be anywhere.
        let is_folder = |folder: &String| folder.rsplit('/').next() == Some(fixed);
        if !fixed.contains('/') && self.folders.iter().any(is_folder) {
            return None;
        }
        let above = file.match_indices('/').map(|(end, _)| &file[..end]);
        let exists = BASES.into_iter().chain(above).any(|base| {
            let full = format!("{base}/{fixed}");
            let full = full.trim_start_matches('/');
            ["", ".rs", ".ts", ".vue"]
                .iter()
                .any(|kind| self.exists(&format!("{full}{kind}")))
        });
        (!exists).then(|| format!("no such path: {path}"))
    }

    fn file_error(&self, name: &str) -> Option<String> {
        let exists = self
            .files
            .iter()
            .any(|file| file.rsplit('/').next() == Some(name));
        (!exists && !self.is_exception(name)).then(|| format!("no such file: {name}"))
    }

    /// `platform::db::Db` is the folder or file `src/platform/db` and a word in it.
    fn module_error(&self, path: &str) -> Option<String> {
        let names = MODULE.captures(path)?;
        let mut names = names[1].split("::").peekable();
        if !LAYERS.contains(names.peek()?) {
            return None;
        }
        let mut module = "src".to_owned();
        while let Some(name) = names.peek() {
            let inner = format!("{module}/{name}");
            if !self.exists(&inner) && !self.exists(&format!("{inner}.rs")) {
                break;
            }
            module = inner;
            names.next();
        }
        let item = names.next()?;
        let sources = [format!("{module}.rs"), format!("{module}/mod.rs")];
        let source = sources
            .iter()
            .find_map(|file| fs::read_to_string(root().join(file)).ok());
        let word = Regex::new(&format!(r"\b{item}\b")).unwrap();
        let exists = source.is_some_and(|source| word.is_match(&source));
        (!exists).then(|| format!("no such module or item: {path}"))
    }

    fn link_error(&self, file: &str, target: &str) -> Option<String> {
        if target.contains("://") || target.starts_with("mailto:") {
            return None;
        }
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let full = match path {
            "" => root().join(file),
            _ => root().join(file).parent()?.join(path),
        };
        if !full.exists() {
            return Some(format!("no such link target: {target}"));
        }
        let text = fs::read_to_string(full).unwrap_or_default();
        let mut headings = text
            .lines()
            .filter(|line| line.starts_with('#'))
            .map(anchor);
        let is_missing = !heading.is_empty() && !headings.any(|one| one == heading);
        is_missing.then(|| format!("no such heading: {target}"))
    }

    fn command_errors(&self, code: &str) -> Vec<String> {
        let mut found = Vec::new();
        for make in MAKE.captures_iter(code) {
            if !self.make_targets.contains(&format!("\n{}: ##", &make[3])) {
                found.push(format!("no such make target: {}", &make[3]));
            }
            let variables = make[1].split(' ').chain(make[2].split(' '));
            let names = variables.filter_map(|one| Some(one.split_once('=')?.0));
            let unknown = names.filter(|name| !self.words.contains(*name));
            found.extend(unknown.map(|name| format!("no such variable: {name}")));
        }
        for npm in NPM.captures_iter(code) {
            if !["ci", "install"].contains(&&npm[1]) && self.npm_scripts.get(&npm[1]).is_none() {
                found.push(format!("no such npm script: {}", &npm[1]));
            }
        }
        found.extend(
            CARGO_TEST
                .captures_iter(code)
                .flat_map(|test| self.cargo_test_errors(&test[1])),
        );
        found.extend(
            SATCHEL
                .captures_iter(code)
                .filter_map(|command| self.satchel_error(&command[1])),
        );
        for endpoint in ENDPOINT.captures_iter(code) {
            if !self.has_endpoint(&endpoint[1]) {
                found.push(format!("no such endpoint: {}", &endpoint[1]));
            }
        }
        found
    }

    /// `--test suite notes::saving` names a target of Cargo.toml and a module of the suite.
    fn cargo_test_errors(&self, arguments: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut words = arguments.split_whitespace();
        while let Some(word) = words.next() {
            if word == "--test" {
                let target = words.next().unwrap_or_default();
                if !self.exists(&format!("tests/{target}/main.rs")) {
                    found.push(format!("no such test target: {target}"));
                }
            } else if !word.starts_with('-') {
                let name = word.split("::").next().unwrap_or_default();
                let is_module = |file: &String| {
                    file.starts_with("tests/suite/")
                        && file.split(['/', '.']).any(|part| part == name)
                };
                if !self.files.iter().any(is_module) {
                    found.push(format!("no such test module: {word}"));
                }
            }
        }
        found
    }

    /// The words of a command line up to the first option are commands, or the value of one.
    fn satchel_error(&self, arguments: &str) -> Option<String> {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let is_command = |word: &&&str| {
            word.chars()
                .all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())
        };
        let commands = words
            .iter()
            .take_while(|word| !word.starts_with('-'))
            .take_while(is_command);
        let commands: Vec<&str> = commands.copied().collect();
        let Some(help) = self.help(&commands) else {
            return Some(format!("no such command: satchel {}", commands.join(" ")));
        };
        let options = words.iter().filter(|word| word.starts_with("--"));
        let unknown = options
            .map(|option| option.split('=').next().unwrap_or(option))
            .find(|option| !help.contains(option));
        unknown.map(|option| format!("no such option: satchel {} {option}", commands.join(" ")))
    }
}

/// `## Stopping and updating` becomes `stopping-and-updating`.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}
