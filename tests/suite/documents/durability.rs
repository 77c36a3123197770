//! Writers who save at random through several real instances while these are killed, the database
//! is restarted and answers get lost: each text that was acknowledged is found again word for word,
//! and whatever had to be sent again was done once. What the names call `both_databases` runs on MySQL as well.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use satchel::platform::crypto;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::{Database, DocumentKind, id, redis_url};
use crate::platform::support::{Client, Fleet, Instance, OwnMariadb, idle_for, until};

const WRITERS: usize = 6;
const NOTES: usize = 2;
const PAUSE: Duration = Duration::from_millis(500);

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

/// What a writer was told about one save.
#[derive(Debug)]
struct Acknowledged {
    note: usize,
    title: String,
    body: String,
    answer: Value,
}

/// The instances that serve at the moment, and what all writers share.
struct World<D> {
    fleet: Fleet,
    addrs: Mutex<Vec<SocketAddr>>,
    instances: tokio::sync::Mutex<Vec<Instance>>,
    token: String,
    notes: Vec<String>,
    over: AtomicBool,
    lines: AtomicU32,
    /// Saves that were stored, merged and in conflict.
    outcomes: [AtomicU32; 3],
    kind: PhantomData<D>,
}

impl<D: DocumentKind> World<D> {
    /// Three instances over a migrated schema, an account and its notes.
    async fn new(fleet: Fleet) -> Self {
        let mut instances = Vec::new();
        for _ in 0..3 {
            instances.push(fleet.serve().await);
        }
        let (ann, _) = fleet.sign_up(&instances[0], "ann").await;
        let body: Vec<String> = (0..24).map(|n| format!("line {n}")).collect();
        let mut notes = Vec::new();
        for _ in 0..NOTES {
            let new = json!({ "title": "Title", (D::BODY): body.join("\n") });
            let made = ann
                .post(&format!("/api/v1/{}", D::PATH), new)
                .await
                .expect(201);
            notes.push(made.word("id"));
        }
        Self {
            addrs: Mutex::new(instances.iter().map(|instance| instance.addr).collect()),
            token: ann.token,
            fleet,
            instances: tokio::sync::Mutex::new(instances),
            notes,
            over: AtomicBool::new(false),
            lines: AtomicU32::new(0),
            outcomes: Default::default(),
            kind: PhantomData,
        }
    }

    /// Any of the instances, perhaps one that has just been killed.
    fn client(&self, dice: &mut Dice) -> (SocketAddr, Client) {
        let addrs = self.addrs.lock().unwrap();
        let addr = addrs[dice.draw(addrs.len())];
        (addr, Client::new(addr, &self.token))
    }

    /// Somebody at the first instance.
    async fn first(&self) -> Client {
        let instances = self.instances.lock().await;
        instances[0].as_bearer(&self.token)
    }

    fn new_line(&self, writer: usize) -> String {
        let number = self.lines.fetch_add(1, Ordering::Relaxed);
        format!("writer {writer} wrote {number} 😀")
    }

    fn path(&self, note: usize) -> String {
        format!("/api/v1/{}/{}", D::PATH, self.notes[note])
    }

    /// Sends a save and hangs up without listening.
    async fn send_and_leave(&self, addr: SocketAddr, path: &str, body: &Value) {
        let body = body.to_string();
        let text = format!(
            "PATCH {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        // Whoever is gone did not hear it.
        if let Ok(mut stream) = TcpStream::connect(addr).await {
            let _ = stream.write_all(text.as_bytes()).await;
        }
    }

    /// Saves until somebody acknowledges it; what was said.
    async fn save(&self, dice: &mut Dice, note: usize, sent: &Value) -> Vec<u8> {
        let path = self.path(note);
        if dice.draw(4) == 0 {
            let (addr, _) = self.client(dice);
            self.send_and_leave(addr, &path, sent).await;
        }
        let acknowledged = until("a save is acknowledged", async || {
            let (_, client) = self.client(dice);
            let body = Some(sent.clone());
            let answer = client.try_send("PATCH", &path, &[], body).await.ok()?;
            match answer.status {
                200 => Some(answer.body),
                500.. => None,
                _ => panic!("{sent} → {answer:?}"),
            }
        });
        let first = acknowledged.await;
        if dice.draw(5) == 0 {
            // The writer does not believe it and sends it again: the same answer.
            let (_, client) = self.client(dice);
            let body = Some(sent.clone());
            if let Ok(answer) = client.try_send("PATCH", &path, &[], body).await
                && answer.status == 200
            {
                assert_eq!(answer.text(), String::from_utf8_lossy(&first));
            }
        }
        first
    }

    /// One writer: edits what it knows, from the newest it knows or from something older.
    async fn write(&self, writer: usize, seed: u64) -> Vec<Acknowledged> {
        let mut dice = Dice(seed.wrapping_add(writer as u64 * 7919));
        let mut known: BTreeMap<usize, Vec<(u64, String, String)>> = BTreeMap::new();
        let mut told = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            let note = dice.draw(NOTES);
            let texts = known.entry(note).or_default();
            if texts.is_empty() {
                let (_, client) = self.client(&mut dice);
                let read = client.try_send("GET", &self.path(note), &[], None).await;
                let read = read.ok().filter(|read| read.status == 200);
                texts.extend(read.map(|read| seen::<D>(&read.json())));
                continue;
            }
            let back = if dice.draw(3) == 0 {
                dice.draw(texts.len())
            } else {
                0
            };
            let (base, old_title, old_body) = texts[texts.len() - 1 - back].clone();
            let (body, added) = self.edit(&mut dice, writer, &old_body);
            let title = if dice.draw(12) == 0 {
                self.new_line(writer)
            } else {
                old_title
            };
            let sent = json!({
                "base_version": base, "save_id": id(), "title": title, (D::BODY): body,
            });
            let answer = self.save(&mut dice, note, &sent).await;
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["merge"] == "conflict" {
                assert_eq!(answer["conflict"]["body"], body);
                assert_eq!(answer["conflict"]["title"], title);
            } else {
                let now = answer[D::BODY].as_str().unwrap();
                for line in &added {
                    assert!(
                        now.split('\n').any(|other| other == line),
                        "{line} in {now}"
                    );
                }
            }
            let outcome = ["none", "clean", "conflict"].map(|word| answer["merge"] == word);
            let outcome = outcome.iter().position(|is| *is).unwrap();
            self.outcomes[outcome].fetch_add(1, Ordering::Relaxed);
            texts.push(seen::<D>(&answer));
            told.push(Acknowledged {
                note,
                title,
                body,
                answer,
            });
        }
        told
    }

    /// Some lines more, some changed, some gone; the new ones.
    fn edit(&self, dice: &mut Dice, writer: usize, body: &str) -> (String, Vec<String>) {
        let mut lines: Vec<String> = body.split('\n').map(str::to_owned).collect();
        let mut added = Vec::new();
        for _ in 0..=dice.draw(2) {
            let place = dice.draw(lines.len());
            match dice.draw(8) {
                0..4 => {
                    added.push(self.new_line(writer));
                    lines.insert(place, added.last().unwrap().clone());
                }
                4..7 if !added.contains(&lines[place]) => {
                    added.push(self.new_line(writer));
                    lines[place].clone_from(added.last().unwrap());
                }
                7 if lines.len() > 12 && !added.contains(&lines[place]) => {
                    lines.remove(place);
                }
                _ => {}
            }
        }
        (lines.join("\n"), added)
    }

    /// Kills an instance as it works and starts another one.
    async fn kill_one(&self, place: usize) {
        let mut instances = self.instances.lock().await;
        instances[place].child.kill();
        instances[place] = self.fleet.serve().await;
        self.addrs.lock().unwrap()[place] = instances[place].addr;
    }

    /// Lets everybody write while `trouble` is made, and looks at what is left.
    async fn run(&self, trouble: impl Future<Output = ()>) {
        let seed = u64::from_be_bytes(crypto::random());
        println!("the seed is {seed}");
        let writers = (0..WRITERS).map(|writer| self.write(writer, seed));
        let writers = futures_util::future::join_all(writers);
        let trouble = async {
            trouble.await;
            until("saves have ended in each way", async || {
                let counts = self.outcomes.iter().map(|n| n.load(Ordering::Relaxed));
                counts.min().filter(|least| *least > 0)
            })
            .await;
            self.over.store(true, Ordering::Relaxed);
        };
        let (told, ()) = tokio::join!(writers, trouble);
        let told: Vec<Acknowledged> = told.into_iter().flatten().collect();
        println!("{} saves: {:?}", told.len(), self.outcomes);
        // It knocks at a server that was away once a second; until then it says so.
        let client = self.first().await;
        until("the instance is back at its database", async || {
            let answer = client.get(&self.path(0)).await;
            (answer.status == 200).then_some(())
        })
        .await;
        for note in 0..NOTES {
            let told: Vec<&Acknowledged> = told.iter().filter(|save| save.note == note).collect();
            self.look(note, &told).await;
        }
    }

    /// What a note has become, held against all that was acknowledged.
    async fn look(&self, note: usize, told: &[&Acknowledged]) {
        let client = self.first().await;
        let path = self.path(note);
        let mut revisions: Vec<Value> = Vec::new();
        let mut next = format!("{path}/revisions?limit=200");
        loop {
            let page = client.get(&next).await.expect(200).json();
            for item in page["items"].as_array().unwrap() {
                let path = format!("{path}/revisions/{}", item["version"]);
                revisions.push(client.get(&path).await.expect(200).json());
            }
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            next = format!("{path}/revisions?limit=200&cursor={cursor}");
        }
        let texts: BTreeSet<(&str, &str)> = revisions
            .iter()
            .map(|item| {
                (
                    item["title"].as_str().unwrap(),
                    item["body"].as_str().unwrap(),
                )
            })
            .collect();
        for save in told {
            let text = (save.title.as_str(), save.body.as_str());
            assert!(texts.contains(&text), "lost: {save:?}");
        }
        // Every number was given once, and nothing is there that nobody was told of.
        let numbers = |reasons: &[&str]| -> BTreeSet<u64> {
            let those = revisions.iter();
            those
                .filter(|item| reasons.contains(&item["reason"].as_str().unwrap()))
                .map(|item| item["version"].as_u64().unwrap())
                .collect()
        };
        let stood = told
            .iter()
            .filter(|save| save.answer["merge"] != "conflict");
        let mut stood: BTreeSet<u64> = stood
            .map(|save| save.answer["version"].as_u64().unwrap())
            .collect();
        stood.insert(1);
        assert_eq!(numbers(&["edit", "merge"]), stood);
        let lost: Vec<u64> = told
            .iter()
            .filter_map(|save| save.answer["conflict"]["version"].as_u64())
            .collect();
        assert_eq!(numbers(&["conflict"]), lost.iter().copied().collect());
        assert_eq!(numbers(&["conflict"]).len(), lost.len());
        for item in &revisions {
            let body = item["body"].as_str().unwrap();
            let lines: BTreeSet<&str> = body.split('\n').collect();
            assert_eq!(
                lines.len(),
                body.split('\n').count(),
                "a line twice: {item}"
            );
        }
        let now = client.get(&path).await.expect(200).json();
        assert_eq!(now["version"].as_u64(), stood.last().copied());
        let current: Vec<&Value> = revisions
            .iter()
            .filter(|item| item["current"] == true)
            .collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0]["body"], now[D::BODY]);
    }
}

fn seen<D: DocumentKind>(answer: &Value) -> (u64, String, String) {
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    let version = answer["version"].as_u64().unwrap();
    (version, text("title"), text(D::BODY))
}

async fn whatever_crashes_each_acknowledged_text_is_found_again<D: DocumentKind>() {
    let mut server = OwnMariadb::start().await;
    let fleet = Fleet::new(&server.url(), None)
        .with("SATCHEL_DB_WAIT_MS", "1500")
        .migrated();
    // A server this young survives a crash only once it was stopped in order.
    server.stop().await;
    server.start_again().await;
    let world = World::<D>::new(fleet).await;
    let trouble = async {
        idle_for(PAUSE).await;
        world.kill_one(0).await;
        idle_for(PAUSE).await;
        server.crash();
        server.start_again().await;
        idle_for(PAUSE).await;
        world.kill_one(1).await;
        assert!(server.kill_connections().await > 0);
        idle_for(PAUSE).await;
        server.stop().await;
        server.start_again().await;
        idle_for(PAUSE).await;
        world.kill_one(2).await;
    };
    world.run(trouble).await;
}

async fn both_databases_whichever_instance_dies_each_acknowledged_text_is_found_again<
    D: DocumentKind,
>() {
    let database = Database::create_bare().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url())).migrated();
    let world = World::<D>::new(fleet).await;
    let trouble = async {
        for place in 0..3 {
            world.kill_one(place).await;
            idle_for(Duration::from_millis(700)).await;
        }
    };
    world.run(trouble).await;
}

document_suite! {
    one_thread: [],
    two_threads: [whatever_crashes_each_acknowledged_text_is_found_again, both_databases_whichever_instance_dies_each_acknowledged_text_is_found_again],
}
