//! The whole way of a user through the real program, as a smoke test for another database server.
//! Refuses details: each has its own test elsewhere.

use satchel::platform::crypto;
use serde_json::{Value, json};

use crate::harness::{Database, redis_url, six_digits};
use crate::platform::support::{Client, Fleet, Instance};

async fn two_instances() -> (Database, Fleet, Instance, Instance) {
    let database = Database::create_bare().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url())).migrated();
    let (one, other) = (fleet.serve().await, fleet.serve().await);
    (database, fleet, one, other)
}

/// The code in the latest mail to an address, as `satchel mail` shows it.
fn code_for(fleet: &Fleet, address: &str) -> String {
    let mails = fleet.run_well(&["mail"]);
    let mail = mails.rsplit(&format!("To: {address}\n")).next().unwrap();
    six_digits(mail).remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_registers_proves_an_address_signs_in_and_out() {
    let (_database, fleet, one, other) = two_instances().await;
    let anybody = one.anybody();
    let new = json!({
        "username": "Zoë", "email": "Zoe@Example.org", "password": "a long enough one",
    });
    anybody
        .post("/api/v1/auth/register", new.clone())
        .await
        .expect(201);
    let taken = anybody.post("/api/v1/auth/register", new).await;
    taken.expect_problem(409, "username_taken");
    let login = json!({ "login": "zoe@example.org", "password": "a long enough one" });
    let early = anybody.post("/api/v1/auth/login", login.clone()).await;
    early.expect_problem(403, "email_not_verified");

    let code = code_for(&fleet, "Zoe@Example.org");
    let proof = |code: &str| json!({ "email": "zoe@EXAMPLE.org", "code": code });
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let path = "/api/v1/auth/verify-email";
    anybody
        .post(path, proof(wrong))
        .await
        .expect_problem(403, "code_invalid");
    anybody.post(path, proof(&code)).await.expect(204);
    other.anybody().post(path, proof(&code)).await.expect(403);

    let path = "/api/v1/auth/login?transport=body";
    let signed_in = other.anybody().post(path, login).await.expect(200);
    let zoe = one.as_bearer(&signed_in.word("access_token"));
    assert_eq!(
        zoe.get("/api/v1/me").await.expect(200).word("username"),
        "Zoë"
    );
    let refresh = json!({ "refresh_token": signed_in.word("refresh_token") });
    let path = "/api/v1/auth/refresh?transport=body";
    let next = one.anybody().post(path, refresh.clone()).await.expect(200);
    let again = other.anybody().post(path, refresh).await.expect(200);
    assert_eq!(next.word("refresh_token"), again.word("refresh_token"));
    zoe.send("POST", "/api/v1/auth/logout-all", &[], None)
        .await
        .expect(204);
    other.hears(&zoe).get("/api/v1/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_made_changed_found_thrown_away_and_restored() {
    let (_database, fleet, one, other) = two_instances().await;
    let (ann, _) = fleet.sign_up(&one, "ann").await;
    let (bob, _) = fleet.sign_up(&other, "bob").await;
    let there = other.hears(&ann);
    let new = json!({ "title": "Straße 😀", "body": "東京都 and a *Café*", "pinned": true });
    let made = ann.post("/api/v1/notes", new).await.expect(201);
    let path = made.header("location").unwrap().to_owned();
    bob.get(&path).await.expect_problem(404, "not_found");

    let tag = made.header("etag").unwrap().to_owned();
    let change = || Some(json!({ "title": "Another" }));
    let headers = [("if-match", tag.as_str())];
    let changed = there
        .send("PATCH", &path, &headers, change())
        .await
        .expect(200);
    assert_eq!(changed.json()["version"], 2);
    let stale = json!({ "title": "Mine", "body": "" });
    let stale = ann.send("PUT", &path, &headers, Some(stale)).await;
    stale.expect_problem(412, "stale");
    let blind = ann.send("PUT", &path, &[], Some(json!({ "title": "", "body": "" })));
    blind.await.expect(428);

    for (words, count) in [
        ("%E6%9D%B1%E4%BA%AC", 1),
        ("caf%C3%A9+and", 1),
        ("nowhere", 0),
    ] {
        let page = there
            .get(&format!("/api/v1/notes?q={words}"))
            .await
            .expect(200);
        assert_eq!(
            page.json()["items"].as_array().unwrap().len(),
            count,
            "{words}"
        );
    }
    there.send("DELETE", &path, &[], None).await.expect(204);
    ann.send("DELETE", &path, &[], None).await.expect(204);
    assert!(ann.titles().await.is_empty());
    let restore = format!("{path}/restore");
    ann.send("POST", &restore, &[], None).await.expect(200);
    assert_eq!(there.titles().await, ["Another"]);
    ann.send("DELETE", &path, &[], None).await.expect(204);
    let forever = format!("{path}?permanent=true");
    ann.send("DELETE", &forever, &[], None).await.expect(204);
    there.get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_of_many_words_ends_within_the_usual_limit_of_a_statement() {
    let database = Database::create_bare().await;
    // Each word is a join to the optimizer: without a bound it weighs millions of orders.
    let fleet = Fleet::new(database.url(), None)
        .with("SATCHEL_DB_STATEMENT_MS", "2000")
        .migrated();
    let one = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&one, "ann").await;
    let words = "alpha beta gamma delta epsilon zeta eta theta iota kappa";
    let new = json!({ "title": "Letters", "body": words });
    ann.post("/api/v1/notes", new).await.expect(201);
    for count in [1, 6, 8, 10] {
        let some: Vec<&str> = words.split(' ').take(count).collect();
        let path = format!("/api/v1/notes?q={}", some.join("+"));
        let hits = ann.get(&path).await.expect(200).json();
        assert_eq!(hits["items"].as_array().unwrap().len(), 1, "{count} words");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_page_by_page_in_every_order() {
    let (_database, fleet, one, other) = two_instances().await;
    let (ann, _) = fleet.sign_up(&one, "ann").await;
    for number in 0..25 {
        ann.write(&format!("{:02}", number * 7 % 25))
            .await
            .expect(201);
    }
    for (sort, sorted) in [("title", true), ("created", false), ("updated", false)] {
        let mut titles = walk(&other.hears(&ann), sort).await;
        assert_eq!(titles.len(), 25, "{sort}");
        if sorted {
            assert!(titles.is_sorted(), "{titles:?}");
        }
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), 25, "{sort} shows each once");
    }
}

async fn walk(client: &Client, sort: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut path = format!("/api/v1/notes?sort={sort}&limit=4");
    loop {
        let page: Value = client.get(&path).await.expect(200).json();
        for note in page["items"].as_array().unwrap() {
            titles.push(note["title"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            return titles;
        };
        path = format!("/api/v1/notes?sort={sort}&limit=4&cursor={cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_the_same_key_makes_one_note_on_any_instance() {
    let (_database, fleet, one, other) = two_instances().await;
    let (ann, _) = fleet.sign_up(&one, "ann").await;
    let key = [("idempotency-key", "the-same-key")];
    let new = || Some(json!({ "title": "once" }));
    let path = "/api/v1/notes";
    let there = other.hears(&ann);
    let (first, second) = tokio::join!(
        ann.send("POST", path, &key, new()),
        there.send("POST", path, &key, new())
    );
    let third = there.send("POST", path, &key, new()).await.expect(201);
    assert_eq!(first.expect(201).body, third.body);
    assert_eq!(second.expect(201).body, third.body);
    let differs = ann.send("POST", path, &key, Some(json!({ "title": "twice" })));
    differs.await.expect_problem(422, "invalid");
    assert_eq!(ann.titles().await, ["once"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_of_one_note_lose_nothing_and_meet_no_error() {
    let (_database, fleet, one, other) = two_instances().await;
    let (ann, _) = fleet.sign_up(&one, "ann").await;
    let path = ann
        .write("0")
        .await
        .expect(201)
        .header("location")
        .unwrap()
        .to_owned();
    let mut writers = tokio::task::JoinSet::new();
    for instance in [&one, &other, &one, &other] {
        let (client, path) = (instance.hears(&ann), path.clone());
        writers.spawn(async move { write_until_taken(&client, &path).await });
    }
    writers.join_all().await;
    let note = ann.get(&path).await.expect(200).json();
    assert_eq!(
        note["version"], 13,
        "each of the twelve changes counted: {note}"
    );
}

/// Three changes, each tried until it is based on the latest version.
async fn write_until_taken(client: &Client, path: &str) {
    let mut done = 0;
    while done < 3 {
        let read = client.get(path).await.expect(200);
        let tag = read.header("etag").unwrap().to_owned();
        // A title of its own: the same one again would count as the same save, repeated.
        let change = Some(json!({ "title": crypto::random_text::<9>() }));
        let answer = client
            .send("PATCH", path, &[("if-match", &tag)], change)
            .await;
        match answer.status {
            200 => done += 1,
            _ => drop(answer.expect_problem(412, "stale")),
        }
    }
}
