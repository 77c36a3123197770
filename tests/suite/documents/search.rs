//! Search: words found anywhere inside words, signs found as they are, always up to date.

use serde_json::{Value, json};

use crate::harness::{Actor, Doc, DocPage, DocumentKind, TestApp};

/// The titles that a search finds, by title.
async fn found<D: DocumentKind>(actor: &Actor, text: &str) -> Vec<String> {
    let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let page: DocPage<D> = actor.get(&format!("{}?q={query}", D::PATH)).await.ok();
    let mut titles = page.titles();
    titles.sort_unstable();
    titles.into_iter().map(str::to_owned).collect()
}

async fn library<D: DocumentKind>(notes: &[(&str, &str)]) -> (TestApp, Actor) {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for (title, body) in notes {
        ann.create::<D>(title, body).await;
    }
    (app, ann)
}

async fn a_word_is_found_in_title_and_body_and_inside_words<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[
        ("Shopping", "milk and bread"),
        ("Recipe", "buttermilk pancakes"),
        ("Milky way", ""),
        ("Other", "nothing"),
    ])
    .await;
    assert_eq!(
        found::<D>(&ann, "milk").await,
        ["Milky way", "Recipe", "Shopping"]
    );
    assert_eq!(found::<D>(&ann, "opp").await, ["Shopping"]);
    assert!(found::<D>(&ann, "cheese").await.is_empty());
}

async fn letter_case_and_width_do_not_matter<D: DocumentKind>() {
    let (_app, ann) =
        library::<D>(&[("a", "The Quick FOX"), ("b", "\u{ff26}\u{ff2f}\u{ff38}")]).await;
    for text in ["fox", "FOX", "Fox", "\u{ff46}\u{ff4f}\u{ff58}"] {
        assert_eq!(found::<D>(&ann, text).await, ["a", "b"], "{text}");
    }
}

async fn accents_are_literal<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[("plain", "cafe"), ("accent", "caf\u{e9}")]).await;
    assert_eq!(found::<D>(&ann, "cafe").await, ["plain"]);
    assert_eq!(found::<D>(&ann, "caf\u{e9}").await, ["accent"]);
    assert_eq!(found::<D>(&ann, "cafe\u{301}").await, ["accent"]);
    assert_eq!(found::<D>(&ann, "CAF\u{c9}").await, ["accent"]);
}

async fn all_words_must_be_there_wherever_they_stand<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[("both", "red then green"), ("red", ""), ("green", "")]).await;
    assert_eq!(found::<D>(&ann, "green red").await, ["both"]);
    assert_eq!(found::<D>(&ann, "gree  RED").await, ["both"]);
}

async fn scripts_without_spaces_are_searched_by_their_signs<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[
        ("1", "\u{6771}\u{4eac}\u{90fd}\u{306b}\u{4f4f}\u{3080}"),
        ("2", "\u{4eac}\u{90fd}"),
        ("3", "\u{d55c}\u{ad6d}\u{c5b4}"),
    ])
    .await;
    assert_eq!(found::<D>(&ann, "\u{4eac}\u{90fd}").await, ["1", "2"]);
    assert_eq!(found::<D>(&ann, "\u{6771}\u{4eac}").await, ["1"]);
    assert_eq!(found::<D>(&ann, "\u{90fd}").await, ["1", "2"]);
    assert_eq!(found::<D>(&ann, "\u{ad6d}\u{c5b4}").await, ["3"]);
    assert!(found::<D>(&ann, "\u{5927}\u{962a}").await.is_empty());
}

async fn scripts_without_case_are_searched_too<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[
        (
            "greek",
            "\u{39a}\u{3b1}\u{3bb}\u{3b7}\u{3bc}\u{3ad}\u{3c1}\u{3b1}",
        ),
        ("arabic", "\u{645}\u{631}\u{62d}\u{628}\u{627}"),
        ("cyrillic", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
    ])
    .await;
    assert_eq!(
        found::<D>(&ann, "\u{3ba}\u{3b1}\u{3bb}\u{3b7}").await,
        ["greek"]
    );
    assert_eq!(found::<D>(&ann, "\u{631}\u{62d}\u{628}").await, ["arabic"]);
    assert_eq!(
        found::<D>(&ann, "\u{43f}\u{440}\u{438}").await,
        ["cyrillic"]
    );
}

async fn wildcards_find_only_themselves<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[
        ("percent", "100% sure"),
        ("underscore", "snake_case"),
        ("plain", "snakeXcase 1000 sure"),
    ])
    .await;
    assert_eq!(found::<D>(&ann, "%").await, ["percent"]);
    assert_eq!(found::<D>(&ann, "_").await, ["underscore"]);
    assert_eq!(found::<D>(&ann, "snake_case").await, ["underscore"]);
    assert_eq!(found::<D>(&ann, "e_c").await, ["underscore"]);
}

async fn signs_alone_are_found_as_they_are<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[
        ("list", "+* a bullet"),
        ("call", "f(x)"),
        ("quote", "it's \"so\" \\ there"),
        ("plain", "nothing"),
    ])
    .await;
    assert_eq!(found::<D>(&ann, "+*").await, ["list"]);
    assert_eq!(found::<D>(&ann, "(").await, ["call"]);
    assert_eq!(found::<D>(&ann, "'").await, ["quote"]);
    assert_eq!(found::<D>(&ann, "\\").await, ["quote"]);
    assert!(found::<D>(&ann, "@").await.is_empty());
}

async fn no_sign_breaks_a_search<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[("a", "text")]).await;
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
        found::<D>(&ann, text).await;
    }
}

async fn an_empty_search_is_no_search<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[("a", ""), ("b", "")]).await;
    assert_eq!(found::<D>(&ann, "").await, ["a", "b"]);
    assert_eq!(found::<D>(&ann, "  ").await, ["a", "b"]);
}

async fn a_search_of_more_than_200_characters_is_refused<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[]).await;
    let longest = "\u{e4}".repeat(200);
    assert!(found::<D>(&ann, &longest).await.is_empty());
    let query: String =
        url::form_urlencoded::byte_serialize("\u{e4}".repeat(201).as_bytes()).collect();
    let reply = ann.get(&format!("{}?q={query}", D::PATH)).await;
    reply.problem(422, "invalid").field("q", "too_long");
}

async fn a_search_follows_every_edit<D: DocumentKind>() {
    let (_app, ann) = library::<D>(&[("Title", "alpha beta")]).await;
    let page: DocPage<D> = ann.get(D::PATH).await.ok();
    let path = format!("{}/{}", D::PATH, page.items[0].id);
    let call = ann.patch(&path).if_match(1);
    let changed: Doc<D> = call.json(json!({ (D::BODY): "beta gamma" })).await.ok();
    assert!(found::<D>(&ann, "alpha").await.is_empty());
    assert_eq!(found::<D>(&ann, "beta gamma").await, ["Title"]);
    let call = ann.patch(&path).if_match(changed.version);
    let _: Doc<D> = call.json(json!({ "title": "Name" })).await.ok();
    assert!(found::<D>(&ann, "title").await.is_empty());
    assert_eq!(found::<D>(&ann, "name beta").await, ["Name"]);
}

async fn a_search_finds_only_the_own_notes<D: DocumentKind>() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    ann.create::<D>("Ann's", "unicorn + horn").await;
    bob.create::<D>("Bob's", "unicorn + horn").await;
    assert_eq!(found::<D>(&ann, "unicorn").await, ["Ann's"]);
    assert_eq!(found::<D>(&bob, "unicorn").await, ["Bob's"]);
    assert_eq!(found::<D>(&bob, "+").await, ["Bob's"]);
}

async fn a_search_is_paged_like_any_list<D: DocumentKind>() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    for n in 0..5 {
        ann.create::<D>(&format!("n{n}"), "unicorn").await;
        ann.create::<D>(&format!("m{n}"), "horse").await;
    }
    let mut path = D::path("?q=unicorn&sort=created&limit=2");
    let mut titles = Vec::new();
    for _ in 0..3 {
        let page: DocPage<D> = ann.get(&path).await.ok();
        titles.extend(page.titles().into_iter().map(str::to_owned));
        let cursor = page.next_cursor.unwrap_or_default();
        path = format!("{}?q=unicorn&sort=created&limit=2&cursor={cursor}", D::PATH);
    }
    assert_eq!(titles, ["n4", "n3", "n2", "n1", "n0"]);
}

async fn a_search_is_up_to_date_on_every_instance<D: DocumentKind>() {
    let instances = TestApp::instances(2).await;
    let ann = instances[0].user("ann").await;
    for n in 0..10 {
        let word = format!("word{n}");
        let made = ann.create::<D>(&word, "").await;
        assert_eq!(found::<D>(&ann.at(&instances[1]), &word).await, [word]);
        let path = format!("{}/{}", D::PATH, made.id);
        let call = ann.patch(&path).if_match(1);
        let _: Value = call.json(json!({ "title": "other" })).await.ok();
        assert!(
            found::<D>(&ann.at(&instances[1]), &made.title)
                .await
                .is_empty()
        );
    }
}

/// What is found is named one by one while it is little, and walked to when it is much.
async fn both_databases_a_search_finds_the_same_whether_it_finds_little_or_much<D: DocumentKind>() {
    const ALL: usize = 530;
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    bob.create::<D>("bob", "common rare").await;
    let new = |n: usize| {
        let word = if n.is_multiple_of(100) { " rare" } else { "" };
        (format!("n{n:03}"), format!("common{word} words"))
    };
    for numbers in (0..ALL).collect::<Vec<_>>().chunks(10) {
        let made = numbers.iter().map(|n| {
            let (title, body) = new(*n);
            let new = json!({ "title": title, (D::BODY): body });
            ann.post(D::PATH).json(new)
        });
        for reply in crate::harness::together(made).await {
            let _: Doc<D> = reply.created();
        }
    }
    let every = async |query: &str| -> Vec<String> {
        let (mut titles, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{}?q={query}&limit=200{cursor}", D::PATH);
            let page: DocPage<D> = ann.get(&path).await.ok();
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
    let page: DocPage<D> = ann.get(&D::path("?q=rare")).await.ok();
    for item in &page.items[..5] {
        let path = format!("{}/{}", D::PATH, item.id);
        ann.delete(&path).await.expect_status(204);
    }
    assert_eq!(every("rare").await.len(), 1);
    let trashed: DocPage<D> = ann.get(&D::path("?q=rare&trashed=true")).await.ok();
    assert_eq!(trashed.items.len(), 5);
}

document_suite! {
    one_thread: [a_word_is_found_in_title_and_body_and_inside_words, letter_case_and_width_do_not_matter, accents_are_literal, all_words_must_be_there_wherever_they_stand, scripts_without_spaces_are_searched_by_their_signs, scripts_without_case_are_searched_too, wildcards_find_only_themselves, signs_alone_are_found_as_they_are, no_sign_breaks_a_search, an_empty_search_is_no_search, a_search_of_more_than_200_characters_is_refused, a_search_follows_every_edit, a_search_finds_only_the_own_notes, a_search_is_paged_like_any_list, a_search_is_up_to_date_on_every_instance, both_databases_a_search_finds_the_same_whether_it_finds_little_or_much],
    two_threads: [],
}
