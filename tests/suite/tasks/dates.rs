//! Dates and moments: what is due today, later and too late, where its owner lives, whatever the
//! clocks there do that night.

use jiff::tz::TimeZone;
use jiff::{Timestamp as Moment, ToSpan};
use satchel::domain::id::{NoteId, TaskId, TaskListId};
use satchel::domain::tag::TagName;
use satchel::domain::time::Timestamp;
use satchel::features::tasks::{Named, list_shapes};
use serde_json::{Value, json};

use super::{assert_whole, change, seen, task, titles};
use crate::harness::{Actor, TestApp};

async fn due(actor: &Actor, title: &str, at: &str) -> String {
    let is_date = at.ends_with("T00:00:00Z");
    let new = json!({ "title": title, "due_at": at, "due_is_date": is_date });
    task(actor, new).await
}

/// The titles of a smart list, as the statement of the service finds them at a moment.
async fn found(app: &TestApp, ann: &Actor, smart: &str, (now, zone): (&str, &str)) -> Vec<String> {
    let named = Named {
        list: TaskListId::new(),
        short: TaskListId::new(),
        rare: 4,
        parent: TaskId::new(),
        note: NoteId::new(),
        tag: TagName::parse("tag", "tag").unwrap(),
        now: Timestamp::new(now.parse().unwrap()),
        zone: zone.to_owned(),
    };
    let shapes = list_shapes(ann.id.parse().unwrap(), &named);
    let name = format!("{smart}|None|Due|false");
    let shape = shapes.into_iter().find(|(other, ..)| *other == name);
    let (_, query, values) = shape.unwrap();
    let sql = format!(
        "SELECT l.title FROM ({}) l ORDER BY l.due_at, l.id",
        query.sql()
    );
    let rows: Vec<(String,)> = app.database().rows(&sql, values).await;
    rows.into_iter().map(|(title,)| title).collect()
}

#[tokio::test]
async fn days_are_those_of_the_owner_also_when_the_clocks_change() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    // The 29th of March 2026 has 23 hours in Berlin, the 8th of March in New York; in Kolkata
    // every day has 24.
    for (title, at) in [
        ("the 28th", "2026-03-28T00:00:00Z"),
        ("22:59 before", "2026-03-28T22:59:59Z"),
        ("23:00 before", "2026-03-28T23:00:00.000001Z"),
        ("the 29th", "2026-03-29T00:00:00Z"),
        ("01:30 that night", "2026-03-29T01:30:00.5Z"),
        ("21:59", "2026-03-29T21:59:59Z"),
        ("22:00", "2026-03-29T22:00:01Z"),
        ("the 30th", "2026-03-30T00:00:00Z"),
        ("the 8th", "2026-03-08T00:00:00Z"),
        ("the 9th", "2026-03-09T00:00:00Z"),
        ("04:30 on the 9th", "2026-03-09T04:30:00.1Z"),
        ("03:30 on the 9th", "2026-03-09T03:30:00.1Z"),
    ] {
        due(&ann, title, at).await;
    }
    task(&ann, json!({ "title": "whenever" })).await;
    let done = due(&ann, "done", "2026-03-29T00:00:00Z").await;
    change(&ann, &done, json!({ "status": "done" }))
        .await
        .expect_status(200);

    let berlin = ("2026-03-29T12:00:00Z", "Europe/Berlin");
    assert_eq!(
        found(&app, &ann, "today", berlin).await,
        ["23:00 before", "the 29th", "01:30 that night", "21:59"]
    );
    assert_eq!(
        found(&app, &ann, "upcoming", berlin).await,
        ["22:00", "the 30th"]
    );
    assert_eq!(
        found(&app, &ann, "overdue", berlin).await,
        [
            "the 8th",
            "the 9th",
            "03:30 on the 9th",
            "04:30 on the 9th",
            "the 28th",
            "22:59 before",
            "23:00 before",
            "01:30 that night"
        ]
    );
    // Half past eleven in the evening of a day that began five hours after midnight UTC.
    let new_york = ("2026-03-09T03:30:00Z", "America/New_York");
    assert_eq!(
        found(&app, &ann, "today", new_york).await,
        ["the 8th", "03:30 on the 9th"]
    );
    assert!(found(&app, &ann, "overdue", new_york).await.is_empty());
    let upcoming = found(&app, &ann, "upcoming", new_york).await;
    assert_eq!(upcoming[..2], ["the 9th", "04:30 on the 9th"]);
    // The same moment is the 9th already where the sun rises earlier.
    let kolkata = ("2026-03-09T03:30:00Z", "Asia/Kolkata");
    assert_eq!(
        found(&app, &ann, "today", kolkata).await,
        ["the 9th", "03:30 on the 9th", "04:30 on the 9th"]
    );
    assert_eq!(found(&app, &ann, "overdue", kolkata).await, ["the 8th"]);
    assert_eq!(found(&app, &ann, "finished", kolkata).await, ["done"]);
    assert_whole(&app).await;
}

#[tokio::test]
async fn smart_lists_go_by_the_time_zone_of_the_account() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"] {
        let me = ann.patch("me").json(json!({ "time_zone": zone }));
        me.await.expect_status(200);
        // Not the minute in which the day changes there.
        let today = loop {
            let now = Moment::now().to_zoned(TimeZone::get(zone).unwrap());
            let soon = now.checked_add(1.minute()).unwrap();
            if soon.date() == now.date() {
                break now.date();
            }
            tokio::task::yield_now().await;
        };
        let midnight = |days: i32| {
            let date = today.checked_add(days.days()).unwrap();
            format!("{date}T00:00:00Z")
        };
        for (days, smart) in [(-1, "overdue"), (0, "today"), (1, "upcoming")] {
            due(&ann, smart, &midnight(days)).await;
        }
        for smart in ["overdue", "today", "upcoming"] {
            let query = format!("smart={smart}");
            assert_eq!(titles(&ann, &query).await, [smart], "{zone}");
        }
        assert_eq!(titles(&ann, "overdue=true").await, ["overdue"], "{zone}");
        let ids: Value = ann.get("tasks").await.ok();
        for item in ids["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            ann.delete(&format!("tasks/{id}")).await.expect_status(204);
        }
    }
}

#[tokio::test]
async fn a_date_is_the_midnight_that_it_is_written_as() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let id = due(&ann, "a", "2026-03-29T00:00:00Z").await;
    let made = seen(&ann, &id).await;
    assert_eq!(
        (&made["due_at"], &made["due_is_date"]),
        (&json!("2026-03-29T00:00:00.000000Z"), &json!(true))
    );
    for wrong in [
        json!({ "due_at": "2026-03-29T00:00:00+02:00" }),
        json!({ "due_at": "2026-03-29T12:00:00Z" }),
    ] {
        let reply = change(&ann, &id, wrong).await;
        reply.problem(422, "invalid").field("due_at", "not_a_date");
    }
    let new = json!({ "start_at": "2026-03-29T12:00:00Z", "start_is_date": true });
    let reply = ann.post("tasks").json(new).await;
    reply
        .problem(422, "invalid")
        .field("start_at", "not_a_date");
    for (wrong, err) in [
        (json!({ "due_at": "yesterday" }), "due_at: invalid_type"),
        (
            json!({ "due_at": "0999-01-01T00:00:00Z" }),
            "due_at: out_of_range",
        ),
        (
            json!({ "due_at": "9999-12-30T00:00:00Z" }),
            "due_at: out_of_range",
        ),
        (
            json!({ "completed_at": null }),
            "completed_at: unknown_field",
        ),
    ] {
        let reply = change(&ann, &id, wrong).await;
        assert_eq!(reply.problem(422, "invalid").fields(), [err]);
    }
    let moment = json!({ "due_at": "2026-03-29T14:00:00+02:00", "due_is_date": false });
    let moved: Value = change(&ann, &id, moment).await.ok();
    assert_eq!(moved["due_at"], "2026-03-29T12:00:00.000000Z");
    let none: Value = change(&ann, &id, json!({ "due_at": null, "due_is_date": true }))
        .await
        .ok();
    assert_eq!(
        (&none["due_at"], &none["due_is_date"]),
        (&Value::Null, &json!(false))
    );
    for (query, expected) in [
        ("due_before=2026-03-30T00:00:00Z", vec!["b"]),
        ("due_before=2026-03-29T00:00:00Z", vec![]),
        ("due_after=2026-03-29T00:00:00Z", vec!["b", "c"]),
        (
            "due_after=2026-03-29T00:00:01Z&due_before=2026-04-01T00:00:00Z",
            vec!["c"],
        ),
        ("sort=due", vec!["b", "c", "a"]),
    ] {
        if titles(&ann, "").await.len() == 1 {
            due(&ann, "c", "2026-03-31T10:00:00Z").await;
            due(&ann, "b", "2026-03-29T00:00:00Z").await;
        }
        let mut found = titles(&ann, query).await;
        if !query.starts_with("sort") {
            found.sort_unstable();
        }
        assert_eq!(found, expected, "{query}");
    }
    assert_whole(&app).await;
}

#[tokio::test]
async fn what_is_done_says_when() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let done = task(&ann, json!({ "title": "a", "status": "done" })).await;
    let first = seen(&ann, &done).await;
    assert_eq!(first["completed_at"], first["created_at"]);
    let id = task(&ann, json!({ "title": "b" })).await;
    assert_eq!(seen(&ann, &id).await["completed_at"], Value::Null);
    let now: Value = change(&ann, &id, json!({ "status": "done" })).await.ok();
    assert_eq!(now["completed_at"], now["updated_at"]);
    let later: Value = change(&ann, &id, json!({ "priority": 2 })).await.ok();
    assert_eq!(later["completed_at"], now["completed_at"]);
    assert!(later["updated_at"].as_str() > now["updated_at"].as_str());
    assert_eq!(titles(&ann, "smart=done").await, ["b", "a"]);
    let open: Value = change(&ann, &id, json!({ "status": "doing" })).await.ok();
    assert_eq!(open["completed_at"], Value::Null);
    assert_eq!(titles(&ann, "smart=done").await, ["a"]);
    assert_eq!(titles(&ann, "status=open").await, ["b"]);
    assert_whole(&app).await;
}
