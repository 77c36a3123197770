//! Search: words found anywhere inside words, signs found as they are, always up to date.

use serde_json::{Value, json};

use crate::harness::{Actor, Note, Page, TestApp};

/// The titles that a search finds, by title.
async fn found(actor: &Actor, text: &str) -> Vec<String> {
    let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let page: Page = actor.get(&format!("notes?q={query}")).await.ok();
    let mut titles = page.titles();
    titles.sort_unstable();
    titles.into_iter().map(str::to_owned).collect()
}

async fn library(notes: &[(&str, &str)]) -> (TestApp, Actor) {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for (title, body) in notes {
        ann.write(title, body).await;
    }
    (app, ann)
}

#[tokio::test]
async fn a_word_is_found_in_title_and_body_and_inside_words() {
    let (_app, ann) = library(&[
        ("Shopping", "milk and bread"),
        ("Recipe", "buttermilk pancakes"),
        ("Milky way", ""),
        ("Other", "nothing"),
    ])
    .await;
    assert_eq!(
        found(&ann, "milk").await,
        ["Milky way", "Recipe", "Shopping"]
    );
    assert_eq!(found(&ann, "opp").await, ["Shopping"]);
    assert!(found(&ann, "cheese").await.is_empty());
}

#[tokio::test]
async fn letter_case_and_width_do_not_matter() {
    let (_app, ann) = library(&[("a", "The Quick FOX"), ("b", "\u{ff26}\u{ff2f}\u{ff38}")]).await;
    for text in ["fox", "FOX", "Fox", "\u{ff46}\u{ff4f}\u{ff58}"] {
        assert_eq!(found(&ann, text).await, ["a", "b"], "{text}");
    }
}

#[tokio::test]
async fn accents_are_literal() {
    let (_app, ann) = library(&[("plain", "cafe"), ("accent", "caf\u{e9}")]).await;
    assert_eq!(found(&ann, "cafe").await, ["plain"]);
    assert_eq!(found(&ann, "caf\u{e9}").await, ["accent"]);
    assert_eq!(found(&ann, "cafe\u{301}").await, ["accent"]);
    assert_eq!(found(&ann, "CAF\u{c9}").await, ["accent"]);
}

#[tokio::test]
async fn all_words_must_be_there_wherever_they_stand() {
    let (_app, ann) = library(&[("both", "red then green"), ("red", ""), ("green", "")]).await;
    assert_eq!(found(&ann, "green red").await, ["both"]);
    assert_eq!(found(&ann, "gree  RED").await, ["both"]);
}

#[tokio::test]
async fn scripts_without_spaces_are_searched_by_their_signs() {
    let (_app, ann) = library(&[
        ("1", "\u{6771}\u{4eac}\u{90fd}\u{306b}\u{4f4f}\u{3080}"),
        ("2", "\u{4eac}\u{90fd}"),
        ("3", "\u{d55c}\u{ad6d}\u{c5b4}"),
    ])
    .await;
    assert_eq!(found(&ann, "\u{4eac}\u{90fd}").await, ["1", "2"]);
    assert_eq!(found(&ann, "\u{6771}\u{4eac}").await, ["1"]);
    assert_eq!(found(&ann, "\u{90fd}").await, ["1", "2"]);
    assert_eq!(found(&ann, "\u{ad6d}\u{c5b4}").await, ["3"]);
    assert!(found(&ann, "\u{5927}\u{962a}").await.is_empty());
}

#[tokio::test]
async fn scripts_without_case_are_searched_too() {
    let (_app, ann) = library(&[
        (
            "greek",
            "\u{39a}\u{3b1}\u{3bb}\u{3b7}\u{3bc}\u{3ad}\u{3c1}\u{3b1}",
        ),
        ("arabic", "\u{645}\u{631}\u{62d}\u{628}\u{627}"),
        ("cyrillic", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
    ])
    .await;
    assert_eq!(found(&ann, "\u{3ba}\u{3b1}\u{3bb}\u{3b7}").await, ["greek"]);
    assert_eq!(found(&ann, "\u{631}\u{62d}\u{628}").await, ["arabic"]);
    assert_eq!(found(&ann, "\u{43f}\u{440}\u{438}").await, ["cyrillic"]);
}

#[tokio::test]
async fn wildcards_find_only_themselves() {
    let (_app, ann) = library(&[
        ("percent", "100% sure"),
        ("underscore", "snake_case"),
        ("plain", "snakeXcase 1000 sure"),
    ])
    .await;
    assert_eq!(found(&ann, "%").await, ["percent"]);
    assert_eq!(found(&ann, "_").await, ["underscore"]);
    assert_eq!(found(&ann, "snake_case").await, ["underscore"]);
    assert_eq!(found(&ann, "e_c").await, ["underscore"]);
}

#[tokio::test]
async fn signs_alone_are_found_as_they_are() {
    let (_app, ann) = library(&[
        ("list", "+* a bullet"),
        ("call", "f(x)"),
        ("quote", "it's \"so\" \\ there"),
        ("plain", "nothing"),
    ])
    .await;
    assert_eq!(found(&ann, "+*").await, ["list"]);
    assert_eq!(found(&ann, "(").await, ["call"]);
    assert_eq!(found(&ann, "'").await, ["quote"]);
    assert_eq!(found(&ann, "\\").await, ["quote"]);
    assert!(found(&ann, "@").await.is_empty());
}

#[tokio::test]
async fn no_sign_breaks_a_search() {
    let (_app, ann) = library(&[("a", "text")]).await;
    let texts = [
        "+*",
        "\"",
        "(",
        ")",
        "-a",
        "a*",
        "~a",
        "<a>",
        "@@",
        "a\\",
        "'; DROP TABLE notes; --",
        "\u{0}",
        "\u{1f600}",
        "a\u{301}",
        "!",
        "\u{ffff}",
    ];
    for text in texts {
        found(&ann, text).await;
    }
}

#[tokio::test]
async fn an_empty_search_is_no_search() {
    let (_app, ann) = library(&[("a", ""), ("b", "")]).await;
    assert_eq!(found(&ann, "").await, ["a", "b"]);
    assert_eq!(found(&ann, "  ").await, ["a", "b"]);
}

#[tokio::test]
async fn a_search_of_more_than_200_characters_is_refused() {
    let (_app, ann) = library(&[]).await;
    let longest = "\u{e4}".repeat(200);
    assert!(found(&ann, &longest).await.is_empty());
    let query: String =
        url::form_urlencoded::byte_serialize("\u{e4}".repeat(201).as_bytes()).collect();
    let reply = ann.get(&format!("notes?q={query}")).await;
    reply.problem(422, "invalid").field("q", "too_long");
}

#[tokio::test]
async fn a_search_follows_every_edit() {
    let (_app, ann) = library(&[("Title", "alpha beta")]).await;
    let page: Page = ann.get("notes").await.ok();
    let path = format!("notes/{}", page.items[0].id);
    let call = ann.patch(&path).if_match(1);
    let changed: Note = call.json(json!({ "body": "beta gamma" })).await.ok();
    assert!(found(&ann, "alpha").await.is_empty());
    assert_eq!(found(&ann, "beta gamma").await, ["Title"]);
    let call = ann.patch(&path).if_match(changed.version);
    let _: Note = call.json(json!({ "title": "Name" })).await.ok();
    assert!(found(&ann, "title").await.is_empty());
    assert_eq!(found(&ann, "name beta").await, ["Name"]);
}

#[tokio::test]
async fn a_search_finds_only_the_own_notes() {
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ann.write("Ann's", "unicorn + horn").await;
    bob.write("Bob's", "unicorn + horn").await;
    assert_eq!(found(&ann, "unicorn").await, ["Ann's"]);
    assert_eq!(found(&bob, "unicorn").await, ["Bob's"]);
    assert_eq!(found(&bob, "+").await, ["Bob's"]);
}

#[tokio::test]
async fn a_search_is_paged_like_any_list() {
    let app = super::start().await;
    let ann = app.user("ann").await;
    for n in 0..5 {
        ann.write(&format!("n{n}"), "unicorn").await;
        ann.write(&format!("m{n}"), "horse").await;
    }
    let mut path = "notes?q=unicorn&sort=created&limit=2".to_owned();
    let mut titles = Vec::new();
    for _ in 0..3 {
        let page: Page = ann.get(&path).await.ok();
        titles.extend(page.titles().into_iter().map(str::to_owned));
        let cursor = page.next_cursor.unwrap_or_default();
        path = format!("notes?q=unicorn&sort=created&limit=2&cursor={cursor}");
    }
    assert_eq!(titles, ["n4", "n3", "n2", "n1", "n0"]);
}

#[tokio::test]
async fn a_search_is_up_to_date_on_every_instance() {
    let instances = super::instances(2).await;
    let ann = instances[0].user("ann").await;
    for n in 0..10 {
        let word = format!("word{n}");
        let made = ann.write(&word, "").await;
        assert_eq!(found(&ann.at(&instances[1]), &word).await, [word]);
        let path = format!("notes/{}", made.id);
        let call = ann.patch(&path).if_match(1);
        let _: Value = call.json(json!({ "title": "other" })).await.ok();
        assert!(found(&ann.at(&instances[1]), &made.title).await.is_empty());
    }
}

/// What is found is named one by one while it is little, and walked to when it is much.
#[tokio::test]
async fn portable_a_search_finds_the_same_whether_it_finds_little_or_much() {
    const ALL: usize = 530;
    let app = super::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    bob.write("bob", "common rare").await;
    let new = |n: usize| {
        let word = if n.is_multiple_of(100) { " rare" } else { "" };
        (format!("n{n:03}"), format!("common{word} words"))
    };
    for numbers in (0..ALL).collect::<Vec<_>>().chunks(10) {
        let made = numbers.iter().map(|n| {
            let (title, body) = new(*n);
            let new = json!({ "title": title, "body": body });
            ann.post("notes").json(new)
        });
        for reply in crate::harness::together(made).await {
            let _: Note = reply.created();
        }
    }
    let every = async |query: &str| -> Vec<String> {
        let (mut titles, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("notes?q={query}&limit=200{cursor}");
            let page: Page = ann.get(&path).await.ok();
            titles.extend(page.titles().into_iter().map(str::to_owned));
            let Some(next) = page.next_cursor else { break };
            cursor = format!("&cursor={next}");
        }
        titles.sort_unstable();
        titles
    };
    let expected = |wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..ALL).filter(|n| wanted(*n)).map(|n| new(n).0).collect()
    };
    let rare = expected(&|n| n.is_multiple_of(100));
    assert_eq!(every("common").await, expected(&|_| true));
    assert_eq!(every("common%20words").await, expected(&|_| true));
    assert_eq!(every("rare").await, rare);
    assert_eq!(every("common%20are").await, rare);
    assert!(every("rare%20nothing").await.is_empty());
    // What lies in the trash is not found beside what is in use, however few they are.
    let page: Page = ann.get("notes?q=rare").await.ok();
    for item in &page.items[..5] {
        let path = format!("notes/{}", item.id);
        ann.delete(&path).await.expect_status(204);
    }
    assert_eq!(every("rare").await.len(), 1);
    let trashed: Page = ann.get("notes?q=rare&trashed=true").await.ok();
    assert_eq!(trashed.items.len(), 5);
}
