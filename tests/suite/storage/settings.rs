//! What an operator sees of the object store: settings with secrets hidden, mistakes named, and a
//! start that a store which is away does not keep.

use super::s3::{Mood, OwnS3};
use crate::harness::Database;
use crate::platform::support::{Fleet, until};

async fn fleet() -> (Database, OwnS3, Fleet) {
    let database = Database::create().await;
    let s3 = OwnS3::start().await;
    let mut fleet = Fleet::new(database.url(), None);
    for (name, value) in s3.settings("s3") {
        fleet.set(name, &value);
    }
    (database, s3, fleet)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_are_shown_without_keys_and_mistakes_are_named_at_once() {
    let (_database, _s3, mut fleet) = fleet().await;
    let shown = fleet.run_well(&["serve", "--check"]);
    for line in [
        "SATCHEL_FILES_STORE=s3\n",
        "SATCHEL_S3_BUCKET=files\n",
        "SATCHEL_S3_REGION=us-east-1\n",
        "SATCHEL_S3_PREFIX=some/where\n",
        "SATCHEL_S3_ADDRESSING=path\n",
        "SATCHEL_S3_SECRET_ACCESS_KEY=***\n",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    assert!(!shown.contains("a key of the suite"), "{shown}");
    // Without an address and keys it is AWS, over TLS, with what the machine has.
    for name in [
        "SATCHEL_S3_ENDPOINT",
        "SATCHEL_S3_ACCESS_KEY_ID",
        "SATCHEL_S3_SECRET_ACCESS_KEY",
    ] {
        fleet.set(name, "");
    }
    let shown = fleet.run_well(&["serve", "--check"]);
    assert!(shown.contains("SATCHEL_S3_ADDRESSING=host\n"), "{shown}");
    assert!(shown.contains("SATCHEL_S3_ACCESS_KEY_ID=\n"), "{shown}");
    fleet.set("SATCHEL_S3_ACCESS_KEY_ID", "alone");
    fleet.set("SATCHEL_S3_ENDPOINT", "ftp://key:secret@example.org");
    fleet.set("SATCHEL_FILES_STORE", "s4");
    let output = fleet.run(&["serve", "--check"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for name in [
        "SATCHEL_S3_SECRET_ACCESS_KEY: is missing",
        "SATCHEL_S3_ENDPOINT: is not an address",
        "SATCHEL_FILES_STORE: `s4` is not rows or s3",
    ] {
        assert!(said.contains(name), "{name} in {said}");
    }
    assert!(!said.contains("secret@"), "{said}");
    for name in ["SATCHEL_S3_BUCKET", "SATCHEL_S3_ENDPOINT"] {
        fleet.set(name, "");
    }
    fleet.set("SATCHEL_FILES_STORE", "s3");
    let output = fleet.run(&["serve", "--check"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("s3 needs SATCHEL_S3_BUCKET"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_needs_no_object_store_and_says_what_is_wrong_with_it() {
    let (_database, s3, mut fleet) = fleet().await;
    s3.be(Mood::Away);
    let away = fleet.serve().await;
    says(&away, "the object store is unavailable").await;
    s3.be(Mood::Well);
    let well = fleet.serve().await;
    says(&well, "the object store is available").await;
    fleet.set("SATCHEL_S3_SECRET_ACCESS_KEY", "another key");
    let wrong = fleet.serve().await;
    says(&wrong, "it refuses the credentials").await;
    assert!(!wrong.child.said().contains("another key"));
    let output = fleet.run(&["storage", "migrate", "--to", "s3"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("check SATCHEL_S3_ACCESS_KEY_ID"), "{said}");
    for (name, value) in s3.settings("s3") {
        fleet.set(name, &value);
    }
    fleet.set("SATCHEL_S3_BUCKET", "another-bucket");
    let elsewhere = fleet.serve().await;
    says(&elsewhere, "no such bucket").await;
}

async fn says(instance: &crate::platform::support::Instance, words: &str) {
    until(&format!("it says {words}"), async || {
        instance.child.said().contains(words).then_some(())
    })
    .await;
}
