//! A MariaDB and a Redis that belong to one test, so that it may stop, hang and flush them, and a
//! doorman that counts who knocks at one. Nothing here touches the servers that tests share.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Child, FalseClock, Folder, until};

/// A loopback port below the range from which the kernel takes ports for outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        // Two runs of the suite at once begin at different places.
        let port = 20_000 + (std::process::id() * 61 + step) % 12_000;
        let port = u16::try_from(port).unwrap();
        if StdListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A MariaDB without system tables: it starts in a moment and lets everybody in.
pub(crate) struct OwnMariadb {
    child: Child,
    port: u16,
    folder: Folder,
    special: Special,
}

/// What one server has and others have not.
#[derive(Default)]
struct Special {
    options: Vec<String>,
    environment: Vec<(String, String)>,
}

impl OwnMariadb {
    /// Starts one with an empty schema `satchel`.
    pub(crate) async fn start() -> Self {
        Self::start_as(Special::default()).await
    }

    /// Starts one that reads the time from a clock of the test's.
    pub(crate) async fn start_under(clock: &FalseClock) -> Self {
        Self::start_as(Special {
            environment: clock.environment(),
            ..Special::default()
        })
        .await
    }

    /// Starts one with further options.
    pub(crate) async fn start_with(options: &[String]) -> Self {
        Self::start_as(Special {
            options: options.to_vec(),
            ..Special::default()
        })
        .await
    }

    async fn start_as(special: Special) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let child = mariadbd(folder.path(), port, &special);
        let mut server = Self {
            child,
            port,
            folder,
            special,
        };
        server.answers().await;
        let mut admin = server.connect().await.unwrap();
        admin.query_drop("CREATE DATABASE satchel").await.unwrap();
        admin.disconnect().await.unwrap();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address of the schema.
    pub(crate) fn url(&self) -> String {
        url_at(self.port)
    }

    /// Stops it in order and waits until it is gone.
    pub(crate) async fn stop(&mut self) {
        self.child.signal("TERM");
        self.child.end().await;
    }

    /// Starts it again over the same data.
    pub(crate) async fn start_again(&mut self) {
        self.child = mariadbd(self.folder.path(), self.port, &self.special);
        self.answers().await;
    }

    /// Starts it again over the same data with other options.
    pub(crate) async fn start_again_with(&mut self, options: &[String]) {
        self.special.options = options.to_vec();
        self.start_again().await;
    }

    /// Ends it without a word, as a power cut would. A server this young survives that only once it
    /// was stopped in order: its first files are not yet written out before.
    pub(crate) fn crash(&mut self) {
        self.child.kill();
    }

    /// Hangs it: connections stay open, nothing is answered.
    pub(crate) fn hang(&self) {
        self.child.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.child.signal("CONT");
    }

    pub(crate) async fn connect(&self) -> Result<Conn, mysql_async::Error> {
        let opts = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some("root"))
            .prefer_socket(false);
        Conn::new(opts).await
    }

    /// Closes every connection of the service from the server's side; how many there were.
    pub(crate) async fn kill_connections(&self) -> usize {
        let mut admin = self.connect().await.unwrap();
        let ids: Vec<u64> = admin
            .query("SELECT id FROM information_schema.processlist WHERE db = 'satchel'")
            .await
            .unwrap();
        for id in &ids {
            // One that is gone already is as good as killed.
            let _ = admin.query_drop(format!("KILL {id}")).await;
        }
        until("the killed connections are gone", async || {
            let sql = "SELECT id FROM information_schema.processlist WHERE db = 'satchel'";
            let left: Vec<u64> = admin.query(sql).await.unwrap();
            (!left.iter().any(|id| ids.contains(id))).then_some(())
        })
        .await;
        admin.disconnect().await.unwrap();
        ids.len()
    }

    /// A global status number.
    pub(crate) async fn status(&self, name: &str) -> u64 {
        let mut admin = self.connect().await.unwrap();
        let sql = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let row: Option<(String, u64)> = admin.query_first(sql).await.unwrap();
        admin.disconnect().await.unwrap();
        row.unwrap().1
    }

    async fn answers(&mut self) {
        until("a MariaDB of our own answers", async || {
            if let Some(status) = self.child.ended() {
                panic!("mariadbd ended with {status}: {}", self.child.said());
            }
            let conn = self.connect().await.ok()?;
            conn.disconnect().await.ok()
        })
        .await;
    }
}

/// The address of the schema at a port.
fn url_at(port: u16) -> String {
    format!("mysql://root@127.0.0.1:{port}/satchel")
}

fn mariadbd(folder: &Path, port: u16, special: &Special) -> Child {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut command = Command::new("mariadbd");
    command.args([
        "--no-defaults".to_owned(),
        // Only means something to root, who must say whom to be.
        "--user=root".to_owned(),
        "--skip-grant-tables".to_owned(),
        "--bind-address=127.0.0.1".to_owned(),
        "--innodb-log-file-size=8M".to_owned(),
        "--innodb-buffer-pool-size=32M".to_owned(),
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        "--skip-innodb-buffer-pool-dump-at-shutdown".to_owned(),
        format!("--port={port}"),
        format!("--datadir={}", path("data")),
        format!("--socket={}", path("db.sock")),
        format!("--pid-file={}", path("db.pid")),
    ]);
    command.args(&special.options);
    command.envs(
        special
            .environment
            .iter()
            .map(|(name, value)| (name, value)),
    );
    Child::start(folder, "mariadbd", &mut command)
}

/// A Redis without a file.
pub(crate) struct OwnRedis {
    child: Child,
    port: u16,
    folder: Folder,
}

impl OwnRedis {
    pub(crate) async fn start() -> Self {
        let (folder, port) = (Folder::new(), free_port());
        let child = redis_server(folder.path(), port);
        let server = Self {
            child,
            port,
            folder,
        };
        server.answers().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it; whatever it knew is gone.
    pub(crate) fn stop(&mut self) {
        self.child.kill();
    }

    pub(crate) async fn start_again(&mut self) {
        self.child = redis_server(self.folder.path(), self.port);
        self.answers().await;
    }

    pub(crate) fn hang(&self) {
        self.child.signal("STOP");
    }

    pub(crate) fn go_on(&self) {
        self.child.signal("CONT");
    }

    /// Runs one command by hand.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = self.connect().await.unwrap();
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.unwrap()
    }

    /// How often each command was run, by name, and the server's other whole numbers.
    pub(crate) async fn counts(&self) -> BTreeMap<String, u64> {
        let info: String = self.ask(&["INFO", "everything"]).await;
        info.lines()
            .filter_map(|line| {
                let (name, rest) = line.split_once(':')?;
                let (name, count) = match name.strip_prefix("cmdstat_") {
                    Some(command) => (command, rest.strip_prefix("calls=")?.split(',').next()?),
                    None => (name, rest),
                };
                Some((name.to_owned(), count.parse().ok()?))
            })
            .collect()
    }

    async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.url())?
            .get_multiplexed_async_connection()
            .await
    }

    async fn answers(&self) {
        until("a Redis of our own answers", async || {
            let mut connection = self.connect().await.ok()?;
            redis::cmd("PING").exec_async(&mut connection).await.ok()
        })
        .await;
    }
}

fn redis_server(folder: &Path, port: u16) -> Child {
    let mut command = Command::new("redis-server");
    command
        .current_dir(folder)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &port.to_string()]);
    Child::start(folder, "redis-server", &mut command)
}

/// Stands before a server and counts the connections that come; lets all of them through.
pub(crate) struct Doorman {
    addr: SocketAddr,
    came: Arc<AtomicUsize>,
    _work: JoinSet<()>,
}

impl Doorman {
    /// Stands before a loopback port.
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port()))
            .await
            .unwrap();
        let addr = listener.local_addr().unwrap();
        let came = Arc::new(AtomicUsize::new(0));
        let counter = came.clone();
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((mut guest, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                guests.spawn(async move {
                    // With the server away the guest is sent off at once.
                    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                        let _ = tokio::io::copy_bidirectional(&mut guest, &mut server).await;
                    }
                });
            }
        });
        Self {
            addr,
            came,
            _work: work,
        }
    }

    /// The address of the schema behind this door.
    pub(crate) fn url(&self) -> String {
        url_at(self.addr.port())
    }

    /// Connections so far.
    pub(crate) fn came(&self) -> usize {
        self.came.load(Ordering::Relaxed)
    }
}
