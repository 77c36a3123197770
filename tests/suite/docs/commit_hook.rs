//! The commit-msg hook (`.githooks/commit-msg`) accepts the subjects that CONTRIBUTING.md describes and no others.

use std::fs;
use std::process::Command;

use super::texts::root;

/// Exit code 0, and what the hook printed.
fn run_hook(name: &str, message: &str) -> (bool, String) {
    let file = std::env::temp_dir().join(format!("satchel-commit-{}-{name}", std::process::id()));
    fs::write(&file, message).unwrap();
    let output = Command::new(root().join(".githooks/commit-msg"))
        .arg(&file)
        .output()
        .unwrap();
    fs::remove_file(&file).unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), printed)
}

#[test]
fn good_subjects_pass() {
    let good = [
        "search: bound the number of words per query",
        "web: format with prettier at 120 columns\n\nA body says why.",
        "services/documents: return 404 before any other error",
        "rate-limits: count IPv6 addresses by their /64",
        "# a comment of the editor\ndocs: delete a section",
        "\n\nsearch: bound the number of words per query",
        "",
        "Merge branch 'main' into search",
        "Revert \"search: bound the number of words per query\"",
        "fixup! search: bound the number of words per query",
        "squash! search: bound the number of words per query",
        "amend! search: bound the number of words per query",
    ];
    for (n, message) in good.into_iter().enumerate() {
        let (passes, printed) = run_hook(&format!("good{n}"), message);
        assert!(passes, "{message:?}: {printed}");
        assert_eq!(printed, "", "{message:?}");
    }
}

#[test]
fn bad_subjects_are_refused_with_the_reason() {
    let long = format!("search: bound {}", "x".repeat(59));
    let bad = [
        ("Bound the number of words", "area: summary"),
        ("search bound the number of words", "area: summary"),
        ("search:bound the number of words", "area: summary"),
        ("Search: bound the number of words", "area: summary"),
        ("search: Bound the number of words", "lower case"),
        ("search: bound the number of words.", "full stop"),
        ("search: bounded the number of words", "imperative"),
        ("search: bounds the number of words", "imperative"),
        (&long, "73 characters"),
        (
            "search: bound the words\nwithout a blank line",
            "blank line",
        ),
    ];
    for (n, (message, reason)) in bad.into_iter().enumerate() {
        let (passes, printed) = run_hook(&format!("bad{n}"), message);
        assert!(!passes, "{message:?} passed");
        assert!(printed.contains(reason), "{message:?}: {printed}");
        assert!(printed.contains("CONTRIBUTING.md"), "{printed}");
    }
}
