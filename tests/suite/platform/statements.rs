//! What statements leave behind: prepared ones are counted on a server of the test's own, where
//! nobody else prepares any; state of a session would outlive its request, so none is ever set.

use std::path::Path;

use super::support::{Fleet, OwnMariadb};

/// What one connection keeps at most.
const KEPT_PER_CONNECTION: u64 = 256;
const CONNECTIONS: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn prepared_statements_do_not_grow_without_end() {
    let server = OwnMariadb::start().await;
    let fleet = Fleet::new(&server.url(), None)
        .with("SATCHEL_DB_POOL_MAX", &CONNECTIONS.to_string())
        .migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    ann.write("one two three").await.expect(201);

    let mut seen = Vec::new();
    for round in 0..2 {
        for number in 0..500_u32 {
            let path = format!("/api/v1/notes?{}", filters(round * 500 + number));
            ann.get(&path).await.expect(200);
        }
        seen.push(server.status("Prepared_stmt_count").await);
    }
    assert!(seen[0] > 0);
    let bound = KEPT_PER_CONNECTION * CONNECTIONS;
    assert!(seen.iter().all(|count| *count <= bound), "{seen:?}");
    // As many different texts came in the first half: the second half adds next to none.
    assert!(seen[1] <= seen[0] + 20 * CONNECTIONS, "{seen:?}");
}

/// Every mixture of order, filters and up to five words, each word another one.
fn filters(number: u32) -> String {
    let sort = ["updated", "created", "title"][number as usize % 3];
    let pinned = ["", "&pinned=true", "&pinned=false"][number as usize / 3 % 3];
    let shelf = ["", "&archived=true", "&trashed=true"][number as usize / 9 % 3];
    let words: Vec<String> = (0..number / 27 % 6)
        .map(|word| format!("w{number}x{word}"))
        .collect();
    let limit = 1 + number % 200;
    let q = if words.is_empty() {
        String::new()
    } else {
        format!("&q={}", words.join("+"))
    };
    format!("sort={sort}&limit={limit}{pinned}{shelf}{q}")
}

#[test]
fn no_statement_of_a_feature_changes_its_session() {
    // A connection goes back to the pool as it is: whatever one of these sets, the next caller has.
    let lasting = [
        "\"SET ",
        "\"BEGIN",
        "\"START TRANSACTION",
        "\"LOCK TABLES",
        "\"USE ",
        "GET_LOCK(",
        "CREATE TEMPORARY",
        "\"PREPARE ",
        " := ",
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        // The floor that owns connections sets them up and opens transactions.
        if folder == source.join("platform/db") {
            continue;
        }
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for word in lasting {
                assert!(!text.contains(word), "{word} in {}", path.display());
            }
        }
    }
    assert!(files > 30);
}
