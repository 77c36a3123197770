//! The real program as child processes: settings once, then commands and instances from them.
//! Reads nothing from the environment of the suite, so that a run cannot depend on it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Output, Stdio};

use satchel::platform::crypto;
use serde_json::{Value, json};

use super::{Child, Client, Folder, free_port, until};

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "a horse of another colour";

/// The settings that a set of instances shares.
pub(crate) struct Fleet {
    settings: Vec<(String, String)>,
    folder: Folder,
}

impl Fleet {
    /// Over a schema and, when an address is given, a Redis. The waits are those of a slow
    /// machine; `with` sets others.
    pub(crate) fn new(db_url: &str, redis_url: Option<&str>) -> Self {
        let mut fleet = Self {
            settings: Vec::new(),
            folder: Folder::new(),
        };
        let jwt = format!("k1:hs256:{}", crypto::random_text::<32>());
        let prefix = format!("p{}", crypto::random_text::<9>());
        for (name, value) in [
            ("SATCHEL_DB_URL", db_url),
            ("SATCHEL_DB_WAIT_MS", "6000"),
            ("SATCHEL_DB_STATEMENT_MS", "10000"),
            ("SATCHEL_REDIS_URL", redis_url.unwrap_or_default()),
            ("SATCHEL_REDIS_PREFIX", &prefix),
            ("SATCHEL_SECRET_KEY", &crypto::random_text::<32>()),
            ("SATCHEL_JWT_KEYS", &jwt),
            ("SATCHEL_API_LIMITS", "off"),
            ("SATCHEL_SHUTDOWN_DRAIN_S", "0"),
            ("SATCHEL_SHUTDOWN_GRACE_S", "1"),
        ] {
            fleet.set(name, value);
        }
        fleet
    }

    /// The same with another value.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Changes a setting for whatever starts from now on; an empty value takes it away.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.settings.push((name.to_owned(), value.to_owned()));
        }
    }

    /// A setting's value.
    pub(crate) fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Where the children run and write.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The program with these settings and nothing else in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must do well; what it printed.
    pub(crate) fn run_well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "satchel {arguments:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Brings the schema forward.
    pub(crate) fn migrated(self) -> Self {
        self.run_well(&["migrate"]);
        self
    }

    /// Starts a command that is watched.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        Child::start(self.folder.path(), "satchel", &mut command)
    }

    /// Starts an instance and waits until it serves.
    pub(crate) async fn serve(&self) -> Instance {
        self.serve_with(&[]).await
    }

    /// Starts an instance with settings of its own.
    pub(crate) async fn serve_with(&self, settings: &[(&str, &str)]) -> Instance {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        self.serve_at(addr, settings).await
    }

    /// Starts an instance where another one was.
    pub(crate) async fn serve_at(&self, addr: SocketAddr, settings: &[(&str, &str)]) -> Instance {
        let mut command = self.command(&["serve"]);
        command.env("SATCHEL_HTTP_ADDR", addr.to_string());
        command.envs(settings.iter().copied());
        let child = Child::start(self.folder.path(), "satchel", &mut command);
        let mut instance = Instance { child, addr };
        until("an instance serves", async || {
            if let Some(status) = instance.child.ended() {
                panic!("it ended with {status}: {}", instance.child.said());
            }
            let live = instance.anybody();
            let answer = live.try_send("GET", "/health/live", &[], None).await;
            answer.is_ok().then_some(())
        })
        .await;
        instance
    }

    /// Makes an account and signs it in at an instance; the refresh token comes along.
    pub(crate) async fn sign_up(&self, instance: &Instance, name: &str) -> (Client, String) {
        let mail = format!("{name}@example.org");
        let mut create = self
            .command(&["user", "create", "--password-stdin", "--verified"])
            .args(["--username", name, "--email", &mail])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = create.stdin.take().unwrap();
        stdin.write_all(PASSWORD.as_bytes()).unwrap();
        drop(stdin);
        assert!(create.wait().unwrap().success(), "{name} is created");
        self.sign_in(instance, name).await
    }

    /// Signs somebody in at an instance, once more.
    pub(crate) async fn sign_in(&self, instance: &Instance, name: &str) -> (Client, String) {
        let login = json!({ "login": name, "password": PASSWORD });
        let answer = instance
            .anybody()
            .post("/api/v1/auth/login?transport=body", login)
            .await
            .expect(200);
        let token = answer.word("access_token");
        (instance.as_bearer(&token), answer.word("refresh_token"))
    }
}

/// One running instance.
pub(crate) struct Instance {
    pub(crate) child: Child,
    pub(crate) addr: SocketAddr,
}

impl Instance {
    /// Somebody who is not signed in.
    pub(crate) fn anybody(&self) -> Client {
        Client::new(self.addr, "")
    }

    /// Somebody with an access token.
    pub(crate) fn as_bearer(&self, token: &str) -> Client {
        Client::new(self.addr, token)
    }

    /// The same person talking to this instance.
    pub(crate) fn hears(&self, client: &Client) -> Client {
        Client::new(self.addr, &client.token)
    }

    /// The database part of `/pool-stats`.
    pub(crate) async fn pool(&self) -> Value {
        let stats = self.anybody().get("/pool-stats").await.expect(200).json();
        stats["mysql"].clone()
    }

    /// The cache part of `/pool-stats`.
    pub(crate) async fn cache(&self) -> Value {
        let stats = self.anybody().get("/pool-stats").await.expect(200).json();
        stats["redis"].clone()
    }

    /// The word of `/health`, which must be answered with this status.
    pub(crate) async fn health(&self, status: u16) -> String {
        let answer = self.anybody().get("/health").await.expect(status);
        answer.word("status")
    }

    /// The sum of all series of a metric whose line holds every one of these texts.
    pub(crate) async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.anybody().get("/metrics").await.expect(200).text();
        text.lines()
            .filter(|line| line.starts_with(name) && labels.iter().all(|l| line.contains(l)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}
