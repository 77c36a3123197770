//! Documentation is true: every path, link, command, setting and decision named in a Markdown file or
//! in the header of a file exists. `texts` collects what is read, `claims` checks it.

mod claims;
mod commit_hook;
mod decisions;
mod repository;
mod texts;

use repository::Repository;
use texts::Text;

#[test]
fn everything_named_in_docs_and_headers_exists() {
    let repository = Repository::load();
    let texts = texts::all(&repository.files);
    assert!(texts.len() > 300, "only {} texts found", texts.len());
    let wrong: Vec<String> = texts
        .iter()
        .flat_map(|text| repository.errors(text))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A claim, and the beginning of the error it must give.
const FALSE_CLAIMS: &[(&str, &str)] = &[
    ("run `scripts/compose-secrets.sh`", "no such path"),
    ("see `src/app/settings.yaml`", "no such path"),
    ("see src/no/such/file.rs for more", "no such path"),
    ("see `no-such-file.rs`", "no such file"),
    ("`services::documents::no_such_item`", "no such module"),
    ("[more](docs/nothing.md)", "no such link target"),
    ("[more](docs/architecture.md#nowhere)", "no such heading"),
    ("`make coffee`", "no such make target"),
    ("`SPOUTS=1 make up`", "no such variable"),
    ("`npm run deploy` in `web/`", "no such npm script"),
    ("`satchel user invent`", "no such command"),
    (
        "```\nsatchel user create --colour red\n```",
        "no such option",
    ),
    ("`cargo test --test unit`", "no such test target"),
    (
        "`cargo test --test suite no_such_module`",
        "no such test module",
    ),
    ("set `SATCHEL_COLOUR`", "no such setting"),
    ("`GET /api/v1/toasters`", "no such endpoint"),
    ("the column `toasted_at`", "no such name"),
    ("the type `ToastRack`", "no such name"),
    ("`toasts_burnt_total{side}`", "no such metric"),
    ("the job `toast.burn`", "no such metric, job"),
    ("(decision 9999)", "no such decision"),
    ("`docs/decisions/9999`", "no such decision"),
];

#[test]
fn false_claims_are_found() {
    let repository = Repository::load();
    for (claim, err) in FALSE_CLAIMS {
        let found = repository.errors(&Text::markdown("README.md", claim));
        let [only] = found.as_slice() else {
            panic!("{claim:?} gave {found:?}")
        };
        assert!(only.contains(err), "{claim:?} gave {only:?}");
    }
}

#[test]
fn true_claims_pass() {
    let repository = Repository::load();
    let good = "See [architecture](docs/architecture.md), `src/app/router.rs`, `platform::db`, `platform::db::Db`,
        `Makefile`, `web/src/features/*`, `application/problem+json`, <https://example.org/a/b.md>, `.run/instance.env`, `blobs.migrate`,
        `storage_damaged_total`.
        Run `INSTANCES=2 make up`, `npm run build` or `cargo test --test suite notes::`, set `SATCHEL_DB_URL`,
        call `GET /api/v1/notes/{id}` (decision 0001).\n```\nsatchel user create --username ada   # make a wish\n```\n";
    let found = repository.errors(&Text::markdown("README.md", good));
    assert!(found.is_empty(), "{found:?}");
}
