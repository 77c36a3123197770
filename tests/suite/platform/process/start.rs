//! A start that cannot work ends at once, in words that say what to do, with an exit code above 0.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Output;

use crate::harness::Database;
use crate::platform::support::{Fleet, free_port};

/// The lines of a refusal; every one of them is meant for people.
#[track_caller]
fn refusal(output: &Output) -> Vec<String> {
    assert!(!output.status.success(), "{output:?}");
    assert!(
        output.status.code().is_some(),
        "a code, not a signal: {output:?}"
    );
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &lines {
        assert!(line.starts_with("satchel: "), "{line}");
    }
    assert!(!lines.is_empty());
    lines
}

/// A schema nobody answers for.
fn nowhere() -> String {
    format!(
        "mysql://ann:the-db-password@127.0.0.1:{}/satchel",
        free_port()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn all_mistakes_in_the_settings_are_named_at_once() {
    let short = "c2hvcnQ";
    // Thirty-two bytes, but anybody would guess them.
    let example = format!("k1:hs256:{}", "A".repeat(43));
    let mut fleet = Fleet::new("", None);
    for (name, value) in [
        ("SATCHEL_DB_POLL_MAX", "5"),
        ("SATCHEL_SECRET_KEY", short),
        ("SATCHEL_JWT_KEYS", &example),
        ("SATCHEL_HTTP_ADDR", "localhost"),
        ("SATCHEL_DB_WAIT_MS", "soon"),
        ("SATCHEL_PUBLIC_URL", "notes.example.org"),
        ("SATCHEL_API_LIMITS", "perhaps"),
    ] {
        fleet.set(name, value);
    }
    for command in [
        &["serve"][..],
        &["serve", "--check"],
        &["migrate"],
        &["mail"],
    ] {
        let lines = refusal(&fleet.run(command));
        for name in [
            "SATCHEL_DB_POLL_MAX",
            "SATCHEL_SECRET_KEY",
            "SATCHEL_JWT_KEYS",
            "SATCHEL_HTTP_ADDR",
            "SATCHEL_DB_WAIT_MS",
            "SATCHEL_PUBLIC_URL",
            "SATCHEL_API_LIMITS",
            "SATCHEL_DB_URL",
        ] {
            let begin = format!("satchel: {name}: ");
            assert!(
                lines.iter().any(|line| line.starts_with(&begin)),
                "{name} in {lines:#?}"
            );
        }
        let text = lines.join("\n");
        assert!(text.contains("SATCHEL_DB_POOL_MAX?"), "a hint: {text}");
        assert!(
            !text.contains(short) && !text.contains(&"A".repeat(43)),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_short_typed_or_examples_are_refused() {
    let base = || Fleet::new(&nowhere(), None);
    let good = base();
    let keys = [
        "changeme",
        "k1:hs256:changeme",
        "k1:hs256:c2VjcmV0",
        "k1:none:",
        "k1:hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
    ];
    for key in keys {
        let lines = refusal(&base().with("SATCHEL_JWT_KEYS", key).run(&["serve"]));
        assert!(lines[0].contains("SATCHEL_JWT_KEYS"), "{key}: {lines:?}");
    }
    let twice = good.setting("SATCHEL_JWT_KEYS");
    let twice = format!("{twice},{twice}");
    let lines = refusal(&base().with("SATCHEL_JWT_KEYS", &twice).run(&["serve"]));
    assert!(lines[0].contains("twice"), "{lines:?}");
    for name in ["SATCHEL_JWT_KEYS", "SATCHEL_SECRET_KEY"] {
        let lines = refusal(&base().with(name, "").run(&["serve"]));
        let text = lines.join("\n");
        assert!(
            text.contains(name) && text.contains("satchel secret"),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_calls_fresh_keys_is_accepted() {
    let mut fleet = Fleet::new(&nowhere(), None);
    for line in fleet.run_well(&["secret"]).lines() {
        let (name, value) = line.split_once('=').unwrap();
        fleet.set(name, value);
    }
    let shown = fleet.run_well(&["serve", "--check"]);
    assert!(shown.contains("SATCHEL_DB_URL=***"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_one_clear_line() {
    let database = Database::create().await;
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let fleet = Fleet::new(database.url(), None);
    for (name, other) in [
        ("SATCHEL_HTTP_ADDR", "SATCHEL_OPS_ADDR"),
        ("SATCHEL_OPS_ADDR", "SATCHEL_HTTP_ADDR"),
    ] {
        let mut command = fleet.command(&["serve"]);
        command.env(name, &addr);
        command.env(other, format!("127.0.0.1:{}", free_port()));
        let lines = refusal(&command.output().unwrap());
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains(name) && lines[0].contains(&addr),
            "{lines:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_out_of_reach_is_one_clear_line_without_the_password() {
    let fleet = Fleet::new(&nowhere(), None);
    for command in [
        &["serve"][..],
        &["migrate"],
        &["migrate", "--plan"],
        &["mail"],
    ] {
        let lines = refusal(&fleet.run(command));
        assert_eq!(lines.len(), 1, "{command:?}: {lines:?}");
        assert!(!lines[0].contains("the-db-password"), "{lines:?}");
    }
    let lines = refusal(&fleet.run(&["serve"]));
    assert!(lines[0].contains("SATCHEL_DB_URL"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_settings_is_read_and_the_environment_wins() {
    let fleet = Fleet::new(&nowhere(), None).with("SATCHEL_INSTANCE", "from-outside");
    let file = "SATCHEL_INSTANCE=from-the-file\nSATCHEL_DB_POOL_MAX=7\n";
    std::fs::write(fleet.folder().path().join(".env"), file).unwrap();
    let shown = fleet.run_well(&["serve", "--check"]);
    assert!(shown.contains("SATCHEL_INSTANCE=from-outside\n"), "{shown}");
    assert!(shown.contains("SATCHEL_DB_POOL_MAX=7\n"), "{shown}");
}
