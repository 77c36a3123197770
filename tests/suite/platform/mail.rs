//! Mail on its way out: a mail server of the test's own that refuses, breaks off and accepts.
//! What was accepted came once, what was refused comes again, and nothing readable stays behind.

use std::collections::{BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use mysql_async::prelude::FromRow;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::support::{Fleet, Instance, until};
use crate::harness::{Database, six_digits};

/// What the mail server does with the next mail; with none left it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// 451: come again.
    NotNow,
    /// 550: never.
    Never,
    /// Takes the whole mail and goes away without a word.
    BreakOff,
    /// Takes the whole mail and keeps the other side waiting.
    Hang,
}

/// A mail as it came in.
#[derive(Debug, Clone)]
struct Letter {
    to: String,
    text: String,
    accepted: bool,
}

impl Letter {
    fn message_id(&self) -> String {
        let line = self
            .text
            .lines()
            .find(|line| line.starts_with("Message-ID:"));
        line.unwrap_or_else(|| panic!("no id in {}", self.text))
            .to_owned()
    }

    fn code(&self) -> String {
        let (_, body) = self.text.split_once("\n\n").unwrap();
        six_digits(body).remove(0)
    }
}

/// Speaks enough SMTP (RFC 5321) for one mail a connection.
struct MailServer {
    addr: SocketAddr,
    moods: Arc<Mutex<VecDeque<Mood>>>,
    letters: Arc<Mutex<Vec<Letter>>>,
    _work: JoinSet<()>,
}

impl MailServer {
    async fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut server = Self {
            addr: listener.local_addr().unwrap(),
            moods: Arc::new(Mutex::new(moods.iter().copied().collect())),
            letters: Arc::default(),
            _work: JoinSet::new(),
        };
        let (moods, letters) = (server.moods.clone(), server.letters.clone());
        server._work.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mood = moods.lock().unwrap().pop_front();
                let letters = letters.clone();
                guests.spawn(async move {
                    // A client that leaves in the middle is part of what is tested.
                    let _ = converse(stream, mood, &letters).await;
                });
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("smtp://{}", self.addr)
    }

    /// All that came, oldest first.
    fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    fn accepted(&self) -> Vec<Letter> {
        self.letters()
            .into_iter()
            .filter(|letter| letter.accepted)
            .collect()
    }
}

async fn converse(
    stream: TcpStream,
    mood: Option<Mood>,
    letters: &Mutex<Vec<Letter>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 suite\r\n").await?;
    let mut to = String::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let command = line.trim_end().to_ascii_uppercase();
        let answer = match &command {
            command if command.starts_with("RCPT") && mood == Some(Mood::NotNow) => "451 later",
            command if command.starts_with("RCPT") && mood == Some(Mood::Never) => "550 no",
            command if command.starts_with("RCPT") => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 ok"
            }
            command if command.starts_with("DATA") => {
                stream.write_all(b"354 go on\r\n").await?;
                let text = read_text(&mut stream).await?;
                let accepted = mood.is_none();
                let letter = Letter {
                    to: to.clone(),
                    text,
                    accepted,
                };
                letters.lock().unwrap().push(letter);
                match mood {
                    Some(Mood::Hang) => std::future::pending().await,
                    Some(_) => return Ok(()),
                    None => "250 taken",
                }
            }
            command if command.starts_with("QUIT") => {
                return stream.write_all(b"221 bye\r\n").await;
            }
            _ => "250 ok",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// The lines up to the single dot.
async fn read_text(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.trim_end_matches("\r\n"));
        text.push('\n');
    }
}

/// Instances that deliver to one mail server.
struct Post {
    database: Database,
    fleet: Fleet,
    server: MailServer,
}

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
struct Row {
    status: String,
    sealed: Option<Vec<u8>>,
}

impl Post {
    async fn start(moods: &[Mood]) -> Self {
        let database = Database::create().await;
        let server = MailServer::start(moods).await;
        let fleet = Fleet::new(database.url(), None).with("SATCHEL_SMTP_URL", &server.url());
        Self {
            database,
            fleet,
            server,
        }
    }

    async fn register(&self, instance: &Instance, name: &str) {
        let new = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": "a long enough one",
        });
        let answer = instance.anybody().post("/api/v1/auth/register", new).await;
        answer.expect(201);
    }

    async fn rows(&self) -> Vec<Row> {
        let sql = "SELECT status, sealed FROM outbox ORDER BY created_at";
        self.database.rows(sql, ()).await
    }

    /// Waits until every mail has this status and its text is wiped.
    async fn all_become(&self, status: &str) {
        until(&format!("every mail is {status}"), async || {
            let rows = self.rows().await;
            let done = |row: &Row| row.status == status && row.sealed.is_none();
            rows.iter().all(done).then_some(())
        })
        .await;
        let left = "SELECT COUNT(*) FROM jobs WHERE kind = 'mail.send'";
        until("no mail waits any more", async || {
            (self.database.count(left).await == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_refused_and_cut_arrives_in_the_end_and_works() {
    let post = Post::start(&[Mood::NotNow, Mood::BreakOff]).await;
    let instance = post.fleet.serve().await;
    post.register(&instance, "ann").await;
    post.all_become("sent").await;

    let letters = post.server.letters();
    assert_eq!(letters.len(), 2, "cut once, accepted once: {letters:?}");
    let (cut, taken) = (&letters[0], &letters[1]);
    assert!(!cut.accepted && taken.accepted);
    // A receiver can tell that both are one mail.
    assert_eq!(cut.message_id(), taken.message_id());
    assert_eq!(taken.to, "ann@example.org");
    let proof = json!({ "email": "ann@example.org", "code": taken.code() });
    let path = "/api/v1/auth/verify-email";
    instance.anybody().post(path, proof).await.expect(204);
    let shown = post.fleet.run_well(&["mail"]);
    assert!(!shown.contains(&taken.code()), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_deliver_each_mail_exactly_once() {
    let post = Post::start(&[]).await;
    let (one, other) = (post.fleet.serve().await, post.fleet.serve().await);
    let names: BTreeSet<String> = (0..10).map(|number| format!("user{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let instance = if number % 2 == 0 { &one } else { &other };
        post.register(instance, name).await;
    }
    until("every mail arrived", async || {
        (post.server.letters().len() >= names.len()).then_some(())
    })
    .await;
    post.all_become("sent").await;
    let letters = post.server.accepted();
    assert_eq!(letters.len(), names.len(), "none came twice");
    let to: BTreeSet<String> = letters
        .iter()
        .map(|letter| letter.to.trim_end_matches("@example.org").to_owned())
        .collect();
    assert_eq!(to, names);
    let ids: BTreeSet<String> = letters.iter().map(Letter::message_id).collect();
    assert_eq!(ids.len(), names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_will_never_be_taken_is_given_up_and_wiped() {
    let post = Post::start(&[Mood::Never]).await;
    let instance = post.fleet.serve().await;
    post.register(&instance, "ann").await;
    post.all_become("failed").await;
    assert!(post.server.letters().is_empty());
    // The account is there; another code may be asked for later.
    let login = json!({ "login": "ann", "password": "a long enough one" });
    let answer = instance.anybody().post("/api/v1/auth/login", login).await;
    answer.expect_problem(403, "email_not_verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_instance_died_is_delivered_by_another() {
    let post = Post::start(&[Mood::Hang]).await;
    let mut dying = post.fleet.serve().await;
    post.register(&dying, "ann").await;
    until("the mail is under way", async || {
        (!post.server.letters().is_empty()).then_some(())
    })
    .await;
    dying.child.kill();
    let _other = post.fleet.serve().await;
    // The lease is a minute long; the test does not wait for its end.
    let sql = "UPDATE jobs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND \
               WHERE kind = 'mail.send'";
    assert_eq!(post.database.exec(sql, ()).await, 1);
    post.all_become("sent").await;
    assert_eq!(post.server.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_hinders_nobody() {
    let post = Post::start(&[]).await;
    let nowhere = format!("smtp://127.0.0.1:{}", super::support::free_port());
    let lonely = post
        .fleet
        .serve_with(&[("SATCHEL_SMTP_URL", &nowhere)])
        .await;
    post.register(&lonely, "ann").await;
    until("it was tried in vain", async || {
        let sql = "SELECT COUNT(*) FROM jobs WHERE kind = 'mail.send' AND last_error <> ''";
        (post.database.count(sql).await == 1).then_some(())
    })
    .await;
    assert_eq!(lonely.health(200).await, "ok");
    let rows = post.rows().await;
    assert!(
        rows.iter()
            .all(|row| row.status == "pending" && row.sealed.is_some())
    );
    // Whoever reads the outbox by hand still finds the code.
    assert!(
        post.fleet
            .run_well(&["mail"])
            .contains("To: ann@example.org")
    );
}
