//! What a request costs in trips to the database and to Redis, pinned: whoever adds one meets this
//! test. Those of notes stand in `docs/performance.md`, too.

use serde_json::{Value, json};

use super::tools::{batch, batch_pin, many_notes, note_with, notebook, tag_id, text, undo};
use crate::harness::{Actor, Call, DocumentKind, Tasks, TestApp, id};

/// Tries of each request. The cheapest counts: the first prepares its statements, and one that
/// comes two seconds late asks the database whether the sign-in still stands.
const TRIES: usize = 4;

struct Budget {
    app: TestApp,
    ann: Actor,
    lines: Vec<String>,
}

impl Budget {
    /// Sends what `call` makes of each try, and notes the trips of the cheapest.
    async fn take(&mut self, what: &str, call: impl AsyncFn(usize) -> Call) {
        let mut least = (u64::MAX, u64::MAX);
        for try_ in 0..TRIES {
            let call = call(try_).await;
            // The check of the sign-in is fresh in Redis.
            self.ann.get("tags").await.expect_status(200);
            let (db, redis) = self.trips();
            let reply = call.await;
            assert!(reply.status() < 400, "{what}: {reply:?}");
            let now = self.trips();
            least = least.min((now.0 - db, now.1 - redis));
        }
        self.lines
            .push(format!("{what}: {} + {}", least.0, least.1));
    }

    fn trips(&self) -> (u64, u64) {
        let state = &self.app.state;
        (state.db.round_trips(), state.cache.round_trips())
    }

    async fn fresh<D: DocumentKind>(&self, body: &str) -> String {
        let new = json!({ "title": "Same words", (D::BODY): body });
        let made: Value = self.ann.post(D::PATH).json(new).await.created();
        text(&made, "id")
    }
}

async fn start() -> Budget {
    let app = TestApp::start_with(&[("SATCHEL_API_LIMITS", "on")]).await;
    let ann = app.user("ann").await;
    Budget {
        app,
        ann,
        lines: Vec::new(),
    }
}

fn save<D: DocumentKind>(ann: &Actor, id: &str, change: Value) -> Call {
    let call = ann.patch(&format!("{}/{id}", D::PATH));
    call.header("if-match", "*").json(change)
}

async fn reads_cost_what_they_cost<D: DocumentKind>() {
    let mut budget = start().await;
    let ann = budget.ann.clone();
    let place = notebook::<D>(&ann, "Place", None).await;
    let new = json!({ "title": "Some words", "tags": ["a"], (D::CONTAINER_ID): place });
    let own = note_with::<D>(&ann, new).await;
    let list = async |path: &str, warm: bool| {
        if warm {
            ann.get(path).await.expect_status(200);
        } else {
            save::<D>(&ann, &own, json!({ (D::PIN): D::pin(true) }))
                .await
                .expect_status(200);
        }
        ann.get(path)
    };
    budget
        .take("list, cached", async |_| list(D::PATH, true).await)
        .await;
    budget
        .take("list, changed since", async |_| list(D::PATH, false).await)
        .await;
    let filtered = format!(
        "{}?tag=a&{}={place}&{}={}&sort=created",
        D::PATH,
        D::CONTAINER,
        D::PIN,
        D::pin(true)
    );
    budget
        .take("list, filtered", async |_| list(&filtered, false).await)
        .await;
    budget
        .take("search", async |_| ann.get(&D::path("?q=words")))
        .await;
    let path = format!("{}/{own}", D::PATH);
    budget.take("note", async |_| ann.get(&path)).await;
    let etag = ann.get(&path).await.header("etag").to_owned();
    let known = async |_| ann.get(&path).header("if-none-match", &etag);
    budget.take("note, not modified", known).await;
    budget
        .take("containers", async |_| ann.get(D::CONTAINERS))
        .await;
    budget.take("tags", async |_| ann.get("tags")).await;
    budget.take("batches", async |_| ann.get("batches")).await;
    assert_eq!(budget.lines, lines::<D>(&READS));
}

async fn writes_cost_what_they_cost<D: DocumentKind>() {
    let mut budget = start().await;
    let ann = budget.ann.clone();
    let place = notebook::<D>(&ann, "Place", None).await;
    note_with::<D>(&ann, json!({ "tags": ["a", "b"] })).await;
    let own = budget.fresh::<D>("text").await;
    let plain = json!({ "title": "Same words", (D::BODY): "again" });
    budget
        .take("create", async |_| ann.post(D::PATH).json(&plain))
        .await;
    let keyed = async |_| {
        ann.post(D::PATH)
            .header("idempotency-key", &id())
            .json(&plain)
    };
    budget.take("create, with a key", keyed).await;
    let full = json!({ "title": "Same words", "tags": ["a", "b"], (D::CONTAINER_ID): place });
    budget
        .take("create, notebook and tags", async |_| {
            ann.post(D::PATH).json(&full)
        })
        .await;
    let same = async |n: usize| save::<D>(&ann, &own, json!({ (D::BODY): "text ".repeat(n + 2) }));
    budget.take("save, no new words", same).await;
    let words =
        async |n: usize| save::<D>(&ann, &own, json!({ (D::BODY): format!("w{n}a w{n}b") }));
    budget.take("save, new words", words).await;
    let merged = async |n: usize| {
        let now: Value = ann.get(&format!("{}/{own}", D::PATH)).await.ok();
        let change = json!({
            "base_version": now["version"], "save_id": id(), (D::BODY): format!("w{n}a w{n}b ") });
        ann.patch(&format!("{}/{own}", D::PATH)).json(change)
    };
    budget.take("save, save_id and new words", merged).await;
    let pin =
        async |n: usize| save::<D>(&ann, &own, json!({ (D::PIN): D::pin(n.is_multiple_of(2)) }));
    budget.take("pin", pin).await;
    let moved = async |n: usize| {
        let to = n.is_multiple_of(2).then_some(&place);
        save::<D>(&ann, &own, json!({ (D::CONTAINER_ID): to }))
    };
    budget.take("move", moved).await;
    let first = save::<D>(&ann, &own, json!({ "tags": ["b"] })).await;
    first.expect_status(200);
    let tags = async |n: usize| {
        let name = ["a", "b"][n % 2];
        save::<D>(&ann, &own, json!({ "tags": [name] }))
    };
    budget.take("other tags", tags).await;
    let path = format!("{}/{own}", D::PATH);
    let delete = async |_| {
        ann.post(&format!("{path}/restore"))
            .await
            .expect_status(200);
        ann.delete(&path)
    };
    budget.take("delete", delete).await;
    let restore = async |_| {
        ann.delete(&path).await.expect_status(204);
        ann.post(&format!("{path}/restore"))
    };
    budget.take("restore", restore).await;
    assert_eq!(budget.lines, lines::<D>(&WRITES));
}

async fn a_hundred_notes_cost_a_few_trips_and_not_a_hundred<D: DocumentKind>() {
    let mut budget = start().await;
    let ann = budget.ann.clone();
    let ids = many_notes::<D>(&budget.app, &ann.id, 100).await;
    let place = notebook::<D>(&ann, "Place", None).await;
    let nothing = json!({});
    let pin = async |n: usize| batch_pin::<D>(&ann, &ids, n.is_multiple_of(2));
    budget.take("pin 100", pin).await;
    let moved = async |n: usize| {
        let to = n.is_multiple_of(2).then_some(&place);
        batch::<D>(&ann, "move", &ids, &json!({ (D::CONTAINER_ID): to }))
    };
    budget.take("move 100", moved).await;
    let tagged =
        async |n: usize| batch::<D>(&ann, "tag", &ids, &json!({ "tags": [format!("tag {n}")] }));
    budget.take("tag 100", tagged).await;
    let restore_all = async || {
        let reply = batch::<D>(&ann, "restore", &ids, &nothing).await;
        reply.expect_status(200);
    };
    let deleted = async |_| {
        restore_all().await;
        batch::<D>(&ann, "delete", &ids, &nothing)
    };
    budget.take("delete 100", deleted).await;
    let back = async |action: &str, n: usize| {
        let to = n.is_multiple_of(2).then_some(&place);
        let more = match action {
            "move" => json!({ (D::CONTAINER_ID): to }),
            _ => json!({}),
        };
        restore_all().await;
        let done: Value = batch::<D>(&ann, action, &ids, &more).await.ok();
        undo(&ann, &text(&done, "id"))
    };
    budget
        .take("undo delete 100", async |n| back("delete", n).await)
        .await;
    batch::<D>(&ann, "move", &ids, &json!({ (D::CONTAINER_ID): place }))
        .await
        .expect_status(200);
    budget
        .take("undo move 100", async |_| back("move", 1).await)
        .await;
    let renamed = async |n: usize| {
        let tag = tag_id(&ann, if n == 0 { "tag 0" } else { "name" }).await;
        let path = format!("tags/{tag}");
        if n > 0 {
            let call = ann.patch(&path).json(json!({ "name": "other" }));
            call.await.expect_status(200);
        }
        ann.patch(&path).json(json!({ "name": "name" }))
    };
    budget.take("rename a tag of 100", renamed).await;
    let emptied = async |_| {
        let own = notebook::<D>(&ann, "Own", None).await;
        batch::<D>(&ann, "move", &ids, &json!({ (D::CONTAINER_ID): own }))
            .await
            .expect_status(200);
        ann.delete(&format!("{}/{own}?{}=keep", D::CONTAINERS, D::PATH))
    };
    budget.take("delete a notebook of 100", emptied).await;
    let filled_again = async |_| {
        let reply = emptied(0).await.await;
        undo(&ann, reply.header("x-batch-id"))
    };
    budget.take("undo that", filled_again).await;
    assert_eq!(budget.lines, lines::<D>(&MANY));
}

/// Statements of the database, `START TRANSACTION` and `COMMIT` among them, for notes and for tasks,
/// and commands of Redis.
type Cost = (&'static str, [u64; 2], u64);

/// What a task costs more when it comes to the end of a list or back to its place: the owner's other
/// writers are made to wait, and the place is looked at. Notes are in no order.
const PLACE: u64 = 2;
/// What a task costs more when it goes somewhere: the look for parts that go with it.
const PARTS: u64 = 1;

/// What a notebook costs more than a list when it comes back: the tree that it must fit into.
const TREE: u64 = 2;

fn lines<D: DocumentKind>(costs: &[Cost]) -> Vec<String> {
    let place = usize::from(D::NUMBER == Tasks::NUMBER);
    let costs = costs.iter();
    costs
        .map(|(what, db, redis)| format!("{what}: {} + {redis}", db[place]))
        .collect()
}

const READS: [Cost; 9] = [
    ("list, cached", [0, 0], 1),
    ("list, changed since", [1, 1], 2),
    ("list, filtered", [1, 1], 2),
    ("search", [2, 2], 1),
    ("note", [1, 1], 1),
    ("note, not modified", [1, 1], 1),
    ("containers", [1, 1], 1),
    ("tags", [1, 1], 1),
    ("batches", [1, 1], 1),
];

const WRITES: [Cost; 11] = [
    ("create", [8, 8 + PLACE], 2),
    ("create, with a key", [10, 10 + PLACE], 2),
    ("create, notebook and tags", [11, 11 + PLACE], 2),
    ("save, no new words", [7, 7], 2),
    ("save, new words", [10, 10], 2),
    ("save, save_id and new words", [12, 12], 2),
    ("pin", [6, 6], 2),
    ("move", [6, 6 + PLACE + PARTS], 2),
    ("other tags", [10, 10], 2),
    ("delete", [9, 9 + PARTS], 2),
    ("restore", [7, 7 + PARTS], 2),
];

const MANY: [Cost; 9] = [
    ("pin 100", [11, 11], 2),
    ("move 100", [11, 11 + PLACE + PARTS], 2),
    ("tag 100", [16, 16], 2),
    ("delete 100", [11, 11 + PARTS], 2),
    ("undo delete 100", [11, 11], 2),
    ("undo move 100", [12, 12 + PLACE], 2),
    ("rename a tag of 100", [16, 16], 2),
    ("delete a notebook of 100", [17, 17 + PLACE + PARTS], 2),
    ("undo that", [16 + TREE, 16 + PLACE], 2),
];

document_suite! {
    one_thread: [reads_cost_what_they_cost, writes_cost_what_they_cost, a_hundred_notes_cost_a_few_trips_and_not_a_hundred],
    two_threads: [],
}
