//! The structure as tests: a module uses only lower layers, a feature does not import another one,
//! every file opens with a `//!` header and is short; `cycles` and `tables` have further rules.

mod cycles;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// Bottom to top. A layer may use itself and every layer before it.
const LAYERS: [&str; 6] = ["domain", "platform", "services", "api", "features", "app"];

/// The features that may call the others, through their `mod.rs`.
const COMPOSITE_FEATURES: [&str; 3] = ["admin", "batches", "transfer"];

/// Longest file.
const LINES_MAX: usize = 500;

#[test]
fn modules_use_only_lower_layers() {
    let src = root().join("src");
    let broken = each_file(&src, layer_errors);
    assert!(broken.is_empty(), "violations:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_its_purpose_and_is_short() {
    let mut broken = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let folder = root().join(folder);
        if folder.is_dir() {
            broken.extend(each_file(&folder, file_errors));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn violations_are_found() {
    let planted = [
        (
            "platform/a.rs",
            "use crate::features::notes;",
            "a higher layer",
        ),
        (
            "api/a.rs",
            "use crate::{domain::id, app::config};",
            "a higher layer",
        ),
        (
            "services/a.rs",
            "fn f() { crate::api::page::read() }",
            "a higher layer",
        ),
        (
            "features/notes/a.rs",
            "use crate::features::accounts;",
            "another feature",
        ),
        (
            "features/notes/mod.rs",
            "use super::accounts::manage;",
            "another feature",
        ),
        (
            "api/mod.rs",
            "use super::features::notes;",
            "a higher layer",
        ),
        (
            "features/notes/a.rs",
            "use super::super::accounts;",
            "hides the layer",
        ),
    ];
    for (name, text, err) in planted {
        let found = layer_errors(name, text).join("\n");
        assert!(found.contains(err), "{name}: {text} gave {found:?}");
    }
    let long = format!("//! a\n{}", "\n".repeat(LINES_MAX));
    assert_eq!(file_errors("a.rs", "use std::fs;").len(), 1);
    assert_eq!(file_errors("a.rs", &long).len(), 1);
}

#[test]
fn correct_files_pass() {
    let good = [
        (
            "app/a.rs",
            "use crate::features::notes;\nuse super::config;",
        ),
        ("features/admin/a.rs", "use crate::features::notes;"),
        (
            "features/notes/a.rs",
            "use super::store;\nuse crate::features::notes::x;",
        ),
        ("features/notes/mod.rs", "mod tests { use super::*; }"),
        ("domain/a.rs", "use crate::domain::id::{self, NoteId};"),
        (
            "services/a.rs",
            "use crate::{domain::id, platform::{db, cache}};",
        ),
        ("lib.rs", "pub mod app;"),
    ];
    for (name, text) in good {
        let found = layer_errors(name, text);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn each_file(folder: &Path, errors: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let files = rust_files(folder).into_iter();
    files
        .flat_map(|file| {
            let name = file.strip_prefix(folder).unwrap().display().to_string();
            errors(&name, &fs::read_to_string(&file).unwrap())
        })
        .collect()
}

fn file_errors(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!("{name}: does not open with a //! header"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        found.push(format!(
            "{name}: {lines} lines, at most {LINES_MAX} are fine"
        ));
    }
    found
}

fn layer_errors(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.contains("super::super::") {
        found.push(format!(
            "{name}: write crate:: paths, super::super:: hides the layer"
        ));
    }
    let mut segments = name.split(['/', '.']);
    let (layer, feature) = (rank(segments.next()), segments.next());
    let by_parent = parent_paths(name, text);
    for path in crate_paths(text).into_iter().chain(by_parent) {
        let mut steps = path.split("::");
        let (target, neighbour) = (rank(steps.next()), steps.next());
        if layer.is_some() && target > layer {
            found.push(format!("{name}: imports a higher layer: crate::{path}"));
        }
        let sideways = layer == rank(Some("features")) && target == layer && neighbour != feature;
        let may = feature.is_some_and(|feature| COMPOSITE_FEATURES.contains(&feature));
        if sideways && !may {
            found.push(format!("{name}: imports another feature: crate::{path}"));
        }
    }
    found
}

fn rank(module: Option<&str>) -> Option<usize> {
    LAYERS.iter().position(|layer| Some(*layer) == module)
}

/// `crate::a::b` yields `a::b`; `crate::{a::b, c}` yields `a::b` and `c`.
fn crate_paths(text: &str) -> Vec<String> {
    text.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => group
                .split(';')
                .next()
                .unwrap_or(group)
                .split([',', '{', '}'])
                .collect(),
            None => vec![rest],
        })
        .map(|path| first_path(path).to_owned())
        .filter(|path| !path.is_empty())
        .collect()
}

/// The paths behind `super::` in the `mod.rs` of a layer (where it is the crate) and of a feature
/// (where it is `features`). Only names of layers and features count: in a test module `super` is the
/// `mod.rs` itself.
fn parent_paths(name: &str, text: &str) -> Vec<String> {
    let steps: Vec<&str> = name.split('/').collect();
    let parent = match steps.as_slice() {
        [_, "mod.rs"] => "",
        ["features", _, "mod.rs"] => "features::",
        _ => return Vec::new(),
    };
    let features = fs::read_dir(root().join("src/features")).unwrap();
    let features: Vec<String> = features
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let own = steps[steps.len() - 2];
    text.split("super::")
        .skip(1)
        .map(first_path)
        .filter(|path| {
            let first = path.split("::").next().unwrap_or_default();
            let known = match parent {
                "" => LAYERS.contains(&first),
                _ => features.iter().any(|feature| feature == first),
            };
            known && first != own
        })
        .map(|path| format!("{parent}{path}"))
        .collect()
}

fn first_path(text: &str) -> &str {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.trim()
        .split(|c| !is_path(c))
        .next()
        .unwrap_or_default()
}

/// Every file of `src`: its name from there and its text.
fn each_source() -> Vec<(String, String)> {
    let src = root().join("src");
    let source = |file: PathBuf| {
        let name = file.strip_prefix(&src).unwrap().display().to_string();
        (name, fs::read_to_string(&file).unwrap())
    };
    rust_files(&src).into_iter().map(source).collect()
}

/// A file without its comments and without its unit tests, which end it.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let uncommented = code.lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    });
    uncommented.collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}
