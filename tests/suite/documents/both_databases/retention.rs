//! Old texts: all of a day, one an hour for a week, one a day for a year, losers for ever. Packed
//! ones read like others.

use std::collections::BTreeSet;

use satchel::services::documents::retention;
use serde_json::Value;

use crate::documents::common::{current, history, past, save, save_body, text_at};
use crate::harness::{Actor, Doc, DocumentKind, TestApp, together};

/// Moves a revision into the past and asks for a look at it.
async fn age(app: &TestApp, version: u64, seconds: i64) {
    let sql = "UPDATE revisions SET look_at = UTC_TIMESTAMP(6), \
               created_at = UTC_TIMESTAMP(6) - INTERVAL ? SECOND WHERE version = ?";
    assert_eq!(app.database().exec(sql, (seconds, version)).await, 1);
}

/// Asks for a look at everything, and runs the job until nothing asks any more.
async fn thin(app: &TestApp) {
    let sql = "UPDATE revisions SET look_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    while retention::run(&app.state.db).await.unwrap() > 0 {}
}

/// The numbers that are left, the oldest first.
async fn left<D: DocumentKind>(who: &Actor, id: &str) -> Vec<u64> {
    let rows = history::<D>(who, id).await;
    rows.iter().rev().map(|row| row.version).collect()
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Seconds since midnight, UTC, by the database's clock.
async fn since_midnight(app: &TestApp) -> i64 {
    app.database()
        .count("SELECT TIME_TO_SEC(TIME(UTC_TIMESTAMP()))")
        .await
}

/// A note with so many versions; each text is long enough to be packed.
async fn versions<D: DocumentKind>(who: &Actor, count: u64) -> Doc<D> {
    let made = who.create::<D>("Title", &body(1)).await;
    for n in 2..=count {
        save_body::<D>(who, &made.id, n - 1, &body(n)).await;
    }
    made
}

fn body(n: u64) -> String {
    format!("{}version {n} 😀", "a line of an old text\n".repeat(20))
}

async fn all_of_a_day_one_an_hour_for_a_week_one_a_day_for_a_year<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = versions::<D>(&ann, 14).await;
    // Whole days back from the middle of an hour, so that no hour or day ends between two of them.
    let clock = since_midnight(&app).await;
    let noon = |days: i64| days * DAY + clock - 12 * HOUR - 30 * MINUTE;
    for (version, seconds) in [
        (1, noon(400)),
        (2, noon(367)),
        (3, noon(100)),
        (4, noon(100) - HOUR),
        (5, noon(100) - 2 * HOUR),
        (6, noon(99)),
        (7, noon(4)),
        (8, noon(4) - 5 * MINUTE),
        (9, noon(4) - 10 * MINUTE),
        (10, noon(4) - HOUR),
        (11, 23 * HOUR),
        (12, 23 * HOUR - 1),
        (13, 23 * HOUR - 2),
        (14, 5),
    ] {
        age(&app, version, seconds).await;
    }
    thin(&app).await;
    assert_eq!(
        left::<D>(&ann, &made.id).await,
        [5, 6, 9, 10, 11, 12, 13, 14]
    );
    for version in left::<D>(&ann, &made.id).await {
        assert_eq!(text_at::<D>(&ann, &made.id, version).await, body(version));
    }
    // Looking again changes nothing.
    thin(&app).await;
    thin(&app).await;
    assert_eq!(
        left::<D>(&ann, &made.id).await,
        [5, 6, 9, 10, 11, 12, 13, 14]
    );
    let now = ann.fetch::<D>(&made.id).await;
    assert_eq!((now.version, now.body), (14, Some(body(14))));
}

async fn a_text_that_stood_until_yesterday_stays_for_a_day<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = versions::<D>(&ann, 3).await;
    age(&app, 1, 500 * DAY).await;
    age(&app, 2, 499 * DAY).await;
    age(&app, 3, 23 * HOUR).await;
    thin(&app).await;
    // 1 was superseded 499 days ago, 2 only 23 hours ago.
    assert_eq!(left::<D>(&ann, &made.id).await, [2, 3]);
    // An editor that was open all the time is merged with what it was based on.
    let mine = body(2).replace("version 2", "my own 2");
    let answer = save_body::<D>(&ann, &made.id, 2, &mine).await;
    assert_eq!(answer["merge"], "conflict", "both changed the last line");
    age(&app, 3, 25 * HOUR).await;
    thin(&app).await;
    assert_eq!(left::<D>(&ann, &made.id).await, [3, 4]);
}

async fn the_current_text_and_losers_stay_for_ever<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", &body(1)).await;
    save_body::<D>(&ann, &made.id, 1, &body(2)).await;
    for n in 3..6 {
        let lost = save_body::<D>(&ann, &made.id, 1, &body(n)).await;
        assert_eq!(lost["conflict"]["version"], n);
    }
    for version in 1..6 {
        age(&app, version, 3000 * DAY).await;
    }
    thin(&app).await;
    thin(&app).await;
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [
            past(5, "conflict"),
            past(4, "conflict"),
            past(3, "conflict"),
            current(2, "edit")
        ]
    );
    for version in 2..6 {
        assert_eq!(text_at::<D>(&ann, &made.id, version).await, body(version));
    }
    assert_eq!(ann.fetch::<D>(&made.id).await.body, Some(body(2)));
}

async fn of_an_hour_the_texts_that_stood_stay_before_those_that_were_merged_into_them<
    D: DocumentKind,
>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "a\nb\nc").await;
    save_body::<D>(&ann, &made.id, 1, "A\nb\nc").await;
    let merged = save_body::<D>(&ann, &made.id, 1, "a\nb\nC").await;
    assert_eq!(merged["version"], 3);
    save_body::<D>(&ann, &made.id, 3, "all new").await;
    assert_eq!(
        history::<D>(&ann, &made.id).await,
        [
            current(5, "edit"),
            past(4, "merged"),
            past(3, "merge"),
            past(2, "edit"),
            past(1, "edit")
        ]
    );
    for version in 1..5 {
        age(&app, version, 23 * HOUR).await;
    }
    thin(&app).await;
    assert_eq!(left::<D>(&ann, &made.id).await, [1, 2, 3, 4, 5]);
    let half_past = 3 * DAY + since_midnight(&app).await % HOUR - 30 * MINUTE;
    for version in 1..5 {
        age(&app, version, half_past).await;
    }
    age(&app, 5, 2 * DAY).await;
    thin(&app).await;
    let rows = history::<D>(&ann, &made.id).await;
    let numbers: Vec<u64> = rows.iter().map(|row| row.version).collect();
    assert!(
        numbers.contains(&3),
        "the merge was the note's text: {rows:?}"
    );
    assert!(!numbers.contains(&1) && !numbers.contains(&2), "{rows:?}");
}

async fn a_text_of_an_older_program_is_neither_dropped_nor_packed_while_it_stands<
    D: DocumentKind,
>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = versions::<D>(&ann, 3).await;
    // During a rolling update an older program saves: it does not write parent_version.
    let sql = "UPDATE revisions SET parent_version = NULL, look_at = NULL, size_bytes = 500 \
               WHERE version > 1";
    app.database().exec(sql, ()).await;
    for (version, seconds) in [(1, 900 * DAY), (2, 800 * DAY), (3, 2 * DAY)] {
        age(&app, version, seconds).await;
    }
    thin(&app).await;
    assert_eq!(ann.fetch::<D>(&made.id).await.body, Some(body(3)));
    let page: Value = ann.get(D::PATH).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    age(&app, 3, 900 * DAY).await;
    thin(&app).await;
    assert_eq!(ann.fetch::<D>(&made.id).await.body, Some(body(3)));
    assert_eq!(left::<D>(&ann, &made.id).await, [3]);
    let saved = save_body::<D>(&ann, &made.id, 3, &body(4)).await;
    assert_eq!(
        (&saved["merge"], &saved["version"]),
        (&"none".into(), &4.into())
    );
}

async fn a_long_history_is_thinned_in_steps<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = versions::<D>(&ann, 2).await;
    // Version 1 five hundred times more, and what stands above them.
    let sql = "UPDATE revisions SET version = 1000, parent_version = 501 WHERE version = 2";
    app.database().exec(sql, ()).await;
    let table = D::TABLE;
    let sql = format!("UPDATE {table} SET version = 1000, text_version = 1000");
    app.database().exec(&sql, ()).await;
    let numbers: Vec<String> = (2..=501).map(|n| format!("SELECT {n} AS n")).collect();
    let sql = format!(
        "INSERT INTO revisions (owner_id, kind, entity_id, version, parent_version, title, body, \
           size_bytes, reason, created_at) \
         SELECT owner_id, kind, entity_id, n, n - 1, title, body, size_bytes, reason, created_at \
         FROM revisions JOIN ({}) numbers WHERE version = 1",
        numbers.join(" UNION ALL ")
    );
    assert_eq!(app.database().exec(&sql, ()).await, 500);
    let sql = "UPDATE revisions SET created_at = created_at - INTERVAL 4 HOUR";
    app.database().exec(sql, ()).await;
    thin(&app).await;
    let packed = "SELECT COUNT(*) FROM revisions WHERE packed IS NOT NULL";
    assert_eq!(app.database().count(packed).await, 501);
    assert_eq!(text_at::<D>(&ann, &made.id, 400).await, body(1));
    let sql = "UPDATE revisions SET created_at = created_at - INTERVAL 700 DAY";
    app.database().exec(sql, ()).await;
    thin(&app).await;
    assert_eq!(left::<D>(&ann, &made.id).await, [1000]);
    assert_eq!(ann.fetch::<D>(&made.id).await.body, Some(body(2)));
}

async fn packed_texts_read_like_others<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let mut mixed = String::new();
    for n in 0.. {
        let line = format!("{n} 😀 \u{10ffff} é \u{0301} \r\n\t\u{1}\u{feff}");
        if mixed.len() + line.len() > 1024 * 1024 {
            break;
        }
        mixed.push_str(&line);
    }
    let texts = [
        "😀".repeat(1024 * 1024 / 4),
        "x".repeat(1024 * 1024),
        mixed,
        format!("{}   ", " ".repeat(300)),
        "😀".repeat(51),
        "é".repeat(100),
        "x".repeat(201),
        String::new(),
        "the last".to_owned(),
    ];
    let made = ann.create::<D>("Title", &texts[0]).await;
    for (version, text) in (1..).zip(&texts[1..]) {
        save_body::<D>(&ann, &made.id, version, text).await;
    }
    let before: Value = ann
        .get(&format!("{}/{}/revisions", D::PATH, made.id))
        .await
        .ok();
    let sql = "UPDATE revisions SET created_at = created_at - INTERVAL 5 HOUR";
    app.database().exec(sql, ()).await;
    thin(&app).await;
    let packed = "SELECT COUNT(*) FROM revisions WHERE packed IS NOT NULL AND body = ''";
    assert_eq!(app.database().count(packed).await, 6);
    let bytes = "SELECT SUM(LENGTH(packed)) FROM revisions";
    assert!(app.database().count(bytes).await < 1024 * 1024);
    for (version, text) in (1..).zip(&texts) {
        assert!(
            text_at::<D>(&ann, &made.id, version).await == *text,
            "{version}"
        );
    }
    let after: Value = ann
        .get(&format!("{}/{}/revisions", D::PATH, made.id))
        .await
        .ok();
    let sizes = |page: &Value| -> Vec<u64> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["size_bytes"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(sizes(&after), sizes(&before));
    let path = format!("{}/{}/revisions/3/restore", D::PATH, made.id);
    let back: Doc<D> = ann.post(&path).await.ok();
    assert!(back.body.as_ref() == Some(&texts[2]));
    assert_eq!(ann.fetch::<D>(&made.id).await, back);
    let path = format!("{}/{}/revisions/5/diff?to=6", D::PATH, made.id);
    let difference: Value = ann.get(&path).await.ok();
    assert_eq!(difference["body"][0]["text"], texts[4]);
}

async fn a_packed_base_still_merges_and_a_dropped_one_is_a_conflict<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let base = body(1);
    let made = ann.create::<D>("Title", &base).await;
    save_body::<D>(&ann, &made.id, 1, &format!("first\n{base}")).await;
    age(&app, 1, 20 * HOUR).await;
    age(&app, 2, 19 * HOUR).await;
    thin(&app).await;
    let packed = "SELECT COUNT(*) FROM revisions WHERE packed IS NOT NULL";
    assert_eq!(app.database().count(packed).await, 1);
    let answer = save_body::<D>(&ann, &made.id, 1, &format!("{base}\nlast")).await;
    assert_eq!(answer["merge"], "clean");
    assert_eq!(answer[D::BODY], format!("first\n{base}\nlast"));
    age(&app, 1, 900 * DAY).await;
    age(&app, 2, 800 * DAY).await;
    thin(&app).await;
    assert_eq!(left::<D>(&ann, &made.id).await, [2, 3, 4]);
    let mine = format!("{base}\nanother last");
    let answer = save_body::<D>(&ann, &made.id, 1, &mine).await;
    assert_eq!(answer["merge"], "conflict");
    assert_eq!(answer["conflict"]["body"], mine);
}

async fn a_first_answer_is_given_again_from_a_packed_text<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", &body(1)).await;
    let fields = serde_json::json!({ (D::BODY): body(2), "save_id": crate::harness::id() });
    let first = save::<D>(&ann, &made.id, 1, fields.clone()).await;
    let _: Value = first.ok();
    save_body::<D>(&ann, &made.id, 2, &body(3)).await;
    let sql = "UPDATE revisions SET created_at = created_at - INTERVAL 20 HOUR";
    app.database().exec(sql, ()).await;
    thin(&app).await;
    let again = save::<D>(&ann, &made.id, 1, fields).await;
    assert_eq!(again.bytes(), first.bytes());
}

async fn the_search_knows_the_current_text_after_thinning<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let made = ann.create::<D>("Title", "ancient words").await;
    save_body::<D>(&ann, &made.id, 1, "medieval words").await;
    save_body::<D>(&ann, &made.id, 2, "modern words").await;
    for version in 1..4 {
        age(&app, version, 700 * DAY).await;
    }
    thin(&app).await;
    assert_eq!(left::<D>(&ann, &made.id).await, [3]);
    for (word, count) in [("modern", 1), ("ancient", 0), ("medieval", 0), ("words", 1)] {
        let page: Value = ann.get(&format!("{}?q={word}", D::PATH)).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{word}");
    }
}

async fn only_the_note_that_asks_is_looked_at_and_no_other_owner<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let (hers, his) = (versions::<D>(&ann, 3).await, versions::<D>(&bob, 3).await);
    let sql = "UPDATE revisions SET created_at = created_at - INTERVAL 700 DAY, \
               look_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY";
    app.database().exec(sql, ()).await;
    assert_eq!(retention::run(&app.state.db).await.unwrap(), 0);
    let sql = "UPDATE revisions r JOIN users u ON u.id = r.owner_id AND u.username = 'ann' \
               SET r.look_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    assert_eq!(retention::run(&app.state.db).await.unwrap(), 1);
    assert_eq!(left::<D>(&ann, &hers.id).await, [3]);
    assert_eq!(left::<D>(&bob, &his.id).await, [1, 2, 3]);
}

async fn thinning_while_people_save_loses_nothing<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    let lines: Vec<String> = (0..12)
        .map(|n| format!("line {n} {}", "x".repeat(30)))
        .collect();
    let made = ann.create::<D>("Title", &lines.join("\n")).await;
    for n in 1..15 {
        save_body::<D>(
            &ann,
            &made.id,
            n,
            &format!("{}\nsave {n}", lines.join("\n")),
        )
        .await;
    }
    let base = save_body::<D>(&ann, &made.id, 15, &lines.join("\n")).await;
    let base = base["version"].as_u64().unwrap();
    let sql = "UPDATE revisions SET look_at = UTC_TIMESTAMP(6), \
               created_at = created_at - INTERVAL 3 DAY WHERE version < ?";
    instances[0].database().exec(sql, (base,)).await;
    let calls = (0..12).map(|n| {
        let mut mine = lines.clone();
        mine[n] = format!("changed by {n}");
        let who = ann.at(&instances[n % 2]);
        save::<D>(
            &who,
            &made.id,
            base,
            serde_json::json!({ (D::BODY): mine.join("\n") }),
        )
    });
    let thinners = async {
        for _ in 0..6 {
            let sql = "UPDATE revisions SET look_at = UTC_TIMESTAMP(6)";
            instances[0].database().exec(sql, ()).await;
            let (one, other) = tokio::join!(
                retention::run(&instances[0].state.db),
                retention::run(&instances[1].state.db)
            );
            one.unwrap();
            other.unwrap();
        }
    };
    let (replies, ()) = tokio::join!(together(calls), thinners);
    for reply in replies {
        let saved: Value = reply.ok();
        assert_ne!(saved["merge"], "conflict");
    }
    let changed: Vec<String> = (0..12).map(|n| format!("changed by {n}")).collect();
    let now = ann.fetch::<D>(&made.id).await;
    assert_eq!(now.body, Some(changed.join("\n")));
    thin(&instances[0]).await;
    let kept: BTreeSet<u64> = left::<D>(&ann, &made.id).await.into_iter().collect();
    assert!(kept.contains(&base) && kept.contains(&now.version));
}

document_suite! {
    one_thread: [all_of_a_day_one_an_hour_for_a_week_one_a_day_for_a_year, a_text_that_stood_until_yesterday_stays_for_a_day, the_current_text_and_losers_stay_for_ever, of_an_hour_the_texts_that_stood_stay_before_those_that_were_merged_into_them, a_text_of_an_older_program_is_neither_dropped_nor_packed_while_it_stands, a_long_history_is_thinned_in_steps, packed_texts_read_like_others, a_packed_base_still_merges_and_a_dropped_one_is_a_conflict, a_first_answer_is_given_again_from_a_packed_text, the_search_knows_the_current_text_after_thinning, only_the_note_that_asks_is_looked_at_and_no_other_owner],
    two_threads: [thinning_while_people_save_loses_nothing],
}
