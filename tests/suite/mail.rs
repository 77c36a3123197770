//! Mail on its way out: delivered once by whichever instance, wiped afterwards, kept while the mail
//! server is away. The mail server of these tests understands just enough SMTP.

use std::sync::{Arc, Mutex};

use satchel::app::jobs::run_due;
use satchel::platform::mail::{Config, Mailer};
use satchel::platform::secret::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::harness::{DEFAULT_PASSWORD, TestApp, six_digits};

/// A mail server that keeps what it takes and answers recipients as it was told.
struct MailServer {
    taken: Arc<Mutex<Vec<String>>>,
    mailer: Mailer,
    _listening: JoinSet<()>,
}

impl MailServer {
    async fn start(to_recipients: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken: Arc<Mutex<Vec<String>>> = Arc::default();
        let mailer = Mailer::new(&Config {
            url: Some(Secret::new(format!("smtp://127.0.0.1:{port}"))),
            from: "Satchel <satchel@example.org>".to_owned(),
        })
        .unwrap();
        let mut listening = JoinSet::new();
        let kept = taken.clone();
        listening.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                talks.spawn(talk(stream, to_recipients, kept.clone()));
            }
        });
        Self {
            taken,
            mailer,
            _listening: listening,
        }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

/// One conversation (RFC 5321), a line at a time.
async fn talk(stream: TcpStream, to_recipients: &str, taken: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.unwrap();
    let mut mail: Option<String> = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match (&mut mail, line.as_str()) {
            (Some(text), ".") => {
                taken.lock().unwrap().push(std::mem::take(text));
                mail = None;
                "250 taken"
            }
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            (None, "DATA") => {
                mail = Some(String::new());
                "354 go on"
            }
            (None, line) if line.starts_with("RCPT") => to_recipients,
            (None, _) => "250 fine",
        };
        let answer = format!("{answer}\r\n");
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn register(app: &TestApp, name: &str) {
    let email = format!("{name}@example.org");
    let body = json!({ "username": name, "email": email, "password": DEFAULT_PASSWORD });
    let call = app.anon().post("auth/register").json(body);
    let _: Value = call.await.created();
}

/// Status, whether the text is still there, and the job's tries, of all mails.
async fn outbox(app: &TestApp) -> Vec<(String, bool, String)> {
    let sql = "SELECT status, sealed IS NOT NULL, last_error FROM outbox ORDER BY id";
    app.database().rows(sql, ()).await
}

#[tokio::test]
async fn a_mail_is_delivered_and_its_text_is_wiped() {
    let app = TestApp::start().await;
    let server = MailServer::start("250 fine").await;
    register(&app, "ann").await;
    let code = app.code_for("ann@example.org").await;
    while run_due(&app.state, &server.mailer, "one").await {}
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("To: ann@example.org"), "{}", taken[0]);
    assert!(taken[0].contains("Subject: "), "{}", taken[0]);
    let (_, text) = taken[0].split_once("\n\n").unwrap();
    assert_eq!(six_digits(text)[0], code);
    assert_eq!(
        outbox(&app).await,
        [("sent".to_owned(), false, String::new())]
    );
    while run_due(&app.state, &server.mailer, "one").await {}
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_instances_that_look_at_once_one_delivers_each_mail() {
    let instances = TestApp::instances(3).await;
    let server = MailServer::start("250 fine").await;
    for n in 0..6 {
        register(&instances[0], &format!("ann{n}")).await;
    }
    let mut running = JoinSet::new();
    for (place, app) in instances.iter().enumerate() {
        let (app, mailer) = (app.clone(), server.mailer.clone());
        running.spawn(async move {
            let owner = format!("instance {place}");
            while run_due(&app.state, &mailer, &owner).await {}
        });
    }
    running.join_all().await;
    let mut recipients: Vec<String> = server
        .taken()
        .iter()
        .flat_map(|mail| mail.lines().find(|line| line.starts_with("To: ")))
        .map(str::to_owned)
        .collect();
    recipients.sort_unstable();
    let wanted: Vec<String> = (0..6).map(|n| format!("To: ann{n}@example.org")).collect();
    assert_eq!(recipients, wanted);
}

#[tokio::test]
async fn a_mail_that_is_not_taken_now_is_kept_for_later() {
    let app = TestApp::start().await;
    let server = MailServer::start("451 later").await;
    register(&app, "ann").await;
    run_due(&app.state, &server.mailer, "one").await;
    let states = outbox(&app).await;
    assert_eq!((states[0].0.as_str(), states[0].1), ("pending", true));
    let well = MailServer::start("250 fine").await;
    let sql = "UPDATE jobs SET run_at = UTC_TIMESTAMP(6)";
    app.database().exec(sql, ()).await;
    while run_due(&app.state, &well.mailer, "one").await {}
    assert_eq!(well.taken().len(), 1);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_and_wiped() {
    let app = TestApp::start().await;
    let server = MailServer::start("550 nobody here").await;
    register(&app, "ann").await;
    while run_due(&app.state, &server.mailer, "one").await {}
    let states = outbox(&app).await;
    assert_eq!((states[0].0.as_str(), states[0].1), ("failed", false));
    assert!(states[0].2.contains("550") || states[0].2.contains("nobody here"));
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn without_a_mail_server_mails_wait_and_stay_readable() {
    let app = TestApp::start().await;
    register(&app, "ann").await;
    run_due(&app.state, &Mailer::Off, "one").await;
    assert_eq!(app.mails().await.len(), 1);
    let states = outbox(&app).await;
    assert_eq!((states[0].0.as_str(), states[0].1), ("pending", true));
}
