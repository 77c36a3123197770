//! The decisions in `docs/decisions`: numbered without a gap, named by their titles, with the same
//! sections, and listed in the index.

use std::fs;

use super::texts::root;

const SECTIONS: [&str; 4] = [
    "## Context",
    "## Decision",
    "## Consequences",
    "## When to revisit",
];

struct Decision {
    number: String,
    file: String,
    text: String,
}

/// Sorted by number.
fn decisions() -> Vec<Decision> {
    let folder = fs::read_dir(root().join("docs/decisions")).unwrap();
    let mut found: Vec<Decision> = folder
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(file, _)| file != "README.md")
        .map(|(file, path)| Decision {
            number: file.chars().take(4).collect(),
            text: fs::read_to_string(path).unwrap(),
            file,
        })
        .collect();
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

/// The numbers in use, such as `0001`.
pub(super) fn numbers() -> Vec<String> {
    decisions().into_iter().map(|one| one.number).collect()
}

#[test]
fn numbers_have_no_gap() {
    let numbers = numbers();
    let expected: Vec<String> = (1..=numbers.len()).map(|n| format!("{n:04}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_decision_has_its_sections_and_is_in_the_index() {
    let index = fs::read_to_string(root().join("docs/decisions/README.md")).unwrap();
    for Decision { number, file, text } in decisions() {
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        assert_eq!(file, format!("{number}-{}.md", slug(title)), "{title}");
        let headings: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(headings, SECTIONS, "{file}");
        let line = format!("[{title}]({file})");
        assert!(index.contains(&line), "the index lacks {line}");
    }
}

/// `Use Redis pub/sub` becomes `use-redis-pub-sub`.
fn slug(title: &str) -> String {
    let words = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}
