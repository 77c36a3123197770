//! What the documentation test reads: Markdown files whole, and the comments of other files: the `//!`
//! header of Rust, the leading comment of the page's sources, every line comment of scripts and settings.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{fs, iter};

use regex::Regex;

/// Folders that git ignores, and its own.
const SKIPPED: [&str; 6] = [".git", ".run", "target", "node_modules", "dist", "results"];

static FENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^ *```([a-z]*)\n((?s:.*?))^ *```").unwrap());
static SPAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`([^`]+)`").unwrap());
static SHELL_COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s#\s.*").unwrap());

/// Prose of one file, without comment markers.
pub(super) struct Text {
    pub(super) file: String,
    pub(super) is_markdown: bool,
    prose: String,
    blocks: Vec<String>,
}

impl Text {
    pub(super) fn markdown(file: &str, text: &str) -> Self {
        let blocks = FENCE
            .captures_iter(text)
            .filter(|block| &block[1] != "text")
            .flat_map(|block| block[2].lines().map(str::to_owned).collect::<Vec<_>>())
            .map(|line| SHELL_COMMENT.replace(&line, "").into_owned())
            .collect();
        Self {
            file: file.to_owned(),
            is_markdown: true,
            prose: FENCE.replace_all(text, "").into_owned(),
            blocks,
        }
    }

    fn comments(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            is_markdown: false,
            prose: comments(file, text),
            blocks: Vec::new(),
        }
    }

    /// Everything but fenced blocks.
    pub(super) fn prose(&self) -> &str {
        &self.prose
    }

    /// Lines of fenced blocks and the contents of backticks. A `text` block is a drawing, not code.
    pub(super) fn code(&self) -> Vec<String> {
        let spans = SPAN.captures_iter(&self.prose);
        spans
            .map(|span| span[1].split_whitespace().collect::<Vec<_>>().join(" "))
            .chain(self.blocks.iter().cloned())
            .collect()
    }

    /// The words outside of code.
    pub(super) fn plain_words(&self) -> Vec<String> {
        let plain = SPAN.replace_all(&self.prose, " ");
        plain.split_whitespace().map(str::to_owned).collect()
    }
}

/// Every text of the repository.
pub(super) fn all(files: &[String]) -> Vec<Text> {
    let read = |file: &String| fs::read_to_string(root().join(file)).ok();
    files
        .iter()
        .filter_map(|file| Some((file, read(file)?)))
        .map(|(file, text)| match file.ends_with(".md") {
            true => Text::markdown(file, &text),
            false => Text::comments(file, &text),
        })
        .filter(|text| !text.prose.trim().is_empty())
        .collect()
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the repository, relative to its root.
pub(super) fn files() -> Vec<String> {
    let mut files: Vec<String> = walk(root())
        .iter()
        .map(|path| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    files.sort();
    files
}

/// Whether a file is code, settings or a schema. The tests of this module name things that do not exist.
pub(super) fn is_source(file: &str) -> bool {
    let kinds = "rs ts vue sql py sh js mjs conf yaml toml lua json example";
    let kind = file.rsplit('.').next().unwrap_or_default();
    let is_known = file == "Makefile" || kinds.split(' ').any(|known| known == kind);
    is_known && !file.ends_with("package-lock.json") && !file.starts_with("tests/suite/docs/")
}

pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "--", "# ", "* ", "/*", "<!--"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            match path.is_dir() {
                true if SKIPPED.contains(&name) => Vec::new(),
                true => walk(&path),
                false => vec![path],
            }
        })
        .collect()
}

fn comments(file: &str, text: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or_default();
    let kind = name.rsplit('.').next().unwrap_or_default();
    match (kind, name) {
        ("rs", _) => leading_lines(text, "//!"),
        ("ts" | "mjs" | "js" | "vue" | "css", _) => leading_comment(text),
        ("py", _) => format!("{}\n{}", docstring(text), lines_after(text, "#")),
        ("sql" | "lua", _) => lines_after(text, "--"),
        ("sh" | "toml" | "yaml" | "conf", _)
        | (_, "Dockerfile" | "Makefile" | ".env.example" | "run" | "commit-msg") => {
            lines_after(text, "#")
        }
        _ => String::new(),
    }
}

fn leading_lines(text: &str, mark: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix(mark));
    lines.collect::<Vec<_>>().join("\n")
}

fn lines_after(text: &str, mark: &str) -> String {
    let lines = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(mark));
    let lines = lines.filter(|line| !line.starts_with('!'));
    lines.collect::<Vec<_>>().join("\n")
}

/// `//` lines, one `/* … */` or one `<!-- … -->` at the beginning.
fn leading_comment(text: &str) -> String {
    for (open, close) in [("/*", "*/"), ("<!--", "-->")] {
        if let Some(rest) = text.strip_prefix(open) {
            return rest.split(close).next().unwrap_or_default().to_owned();
        }
    }
    leading_lines(text, "//")
}

fn docstring(text: &str) -> &str {
    let mut parts = text.splitn(3, "\"\"\"");
    let before = parts.next().unwrap_or_default();
    let is_first = before
        .lines()
        .all(|line| line.is_empty() || line.starts_with('#'));
    iter::once(parts.next().unwrap_or_default())
        .find(|_| is_first)
        .unwrap_or_default()
}
