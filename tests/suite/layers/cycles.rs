//! No import cycles between the files of `src`, inside a feature or service either. A path counts as
//! an import of the file that it leads to; a child naming its own `mod.rs` does not count.

use std::collections::{BTreeMap, BTreeSet};

use super::{code_of, each_source};

type Module = Vec<String>;

/// Cycles that still exist. Remove an entry with its cycle: one that is gone fails the test, too.
const KNOWN: [&[&str]; 4] = [
    &[
        "features/accounts/model",
        "features/accounts/settings_model",
        "features/accounts/store",
    ],
    &["features/files/listing", "features/files/store"],
    &[
        "features/notes/notebooks/branch",
        "features/notes/notebooks/store",
    ],
    &[
        "features/tasks/items",
        "features/tasks/listing",
        "features/tasks/statement",
    ],
];

#[test]
fn files_do_not_import_each_other_in_a_circle() {
    let sources = each_source();
    let found = cycles(&sources);
    let known: BTreeSet<Vec<String>> = KNOWN
        .iter()
        .map(|cycle| cycle.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    let added: Vec<_> = found.difference(&known).collect();
    let removed: Vec<_> = known.difference(&found).collect();
    assert!(added.is_empty(), "new import cycles: {added:?}");
    assert!(removed.is_empty(), "no cycle any more, remove: {removed:?}");
}

#[test]
fn cycles_are_found() {
    let source = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let cyclic = [
        source("a/mod.rs", "mod b; mod c; mod d;"),
        source("a/b.rs", "use super::c::{self, X};"),
        source("a/c.rs", "fn f() { crate::a::d::g() }"),
        source("a/d.rs", "use crate::{a::b, e};"),
        source("e.rs", "use std::fs;"),
    ];
    let found = cycles(&cyclic);
    let expected = ["a/b", "a/c", "a/d"].map(str::to_owned).to_vec();
    assert_eq!(found, BTreeSet::from([expected]));

    let acyclic = [
        source("a/mod.rs", "mod b; pub use b::B; fn f() { self::c::g() }"),
        source("a/b.rs", "use super::A; // super::c"),
        source(
            "a/c.rs",
            "use super::b;\n#[cfg(test)]\nmod tests { use crate::e; }",
        ),
        source("e.rs", "use crate::a::c;"),
    ];
    assert_eq!(cycles(&acyclic), BTreeSet::new());
}

/// Groups of files that reach each other, each sorted by name.
fn cycles(sources: &[(String, String)]) -> BTreeSet<Vec<String>> {
    let modules: BTreeMap<Module, &(String, String)> = sources
        .iter()
        .map(|source| (module_of(&source.0), source))
        .collect();
    let imports: BTreeMap<&Module, BTreeSet<Module>> = modules
        .iter()
        .map(|(module, (_, text))| (module, imports_of(module, text, &modules)))
        .collect();
    let reachable = |from: &Module| {
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        let mut queue: Vec<&Module> = imports[from].iter().collect();
        while let Some(next) = queue.pop() {
            if seen.insert(next) {
                queue.extend(&imports[next]);
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = modules
        .keys()
        .map(|module| (module, reachable(module)))
        .collect();
    let group = |module: &Module| -> Vec<String> {
        let mutual = reached[module]
            .iter()
            .filter(|other| reached[**other].contains(module));
        mutual.map(|other| other.join("/")).collect()
    };
    modules
        .keys()
        .map(group)
        .filter(|cycle| cycle.len() > 1)
        .collect()
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module_of(name: &str) -> Module {
    let mut steps: Module = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if matches!(
        steps.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        steps.pop();
    }
    steps
}

fn imports_of(
    module: &Module,
    text: &str,
    modules: &BTreeMap<Module, &(String, String)>,
) -> BTreeSet<Module> {
    let code = code_of(text);
    let parent = || module[..module.len().saturating_sub(1)].to_vec();
    let mut found = BTreeSet::new();
    for (start, base) in [
        ("crate::", Vec::new()),
        ("super::", parent()),
        ("self::", module.clone()),
    ] {
        for (at, _) in code.match_indices(start) {
            let is_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if is_word {
                continue;
            }
            for path in paths(&code[at + start.len()..]) {
                let mut target = base.clone();
                target.extend(path);
                while !target.is_empty() && !modules.contains_key(&target) {
                    target.pop();
                }
                let is_own = target.is_empty() || module.starts_with(&target);
                if !is_own {
                    found.insert(target);
                }
            }
        }
    }
    found
}

/// `a::{b::C, d}` gives `a::b::C` and `a::d`; groups are not nested in this code.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c| !is_path(c)).unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    let steps = |path: &str| -> Vec<String> {
        let steps = path.split("::").map(str::trim);
        let steps = steps.filter(|step| !step.is_empty() && *step != "self");
        steps.map(str::to_owned).collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![steps(head)];
    };
    let group = group.split(';').next().unwrap_or(group);
    group
        .split([',', '{', '}'])
        .map(|tail| [steps(head), steps(tail)].concat())
        .collect()
}
