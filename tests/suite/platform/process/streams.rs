//! Event streams of the real program: they do not delay its end, the tabs of one person share one
//! look, and nothing on the way through nginx holds them up.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use satchel::domain::id::{NoteId, UserId};
use satchel::platform::cache::{self, Cache};
use satchel::platform::db::{Config, Db, DbError};
use satchel::platform::secret::Secret;
use satchel::services::changes::{self, NewChange, Op};
use tokio::net::TcpStream;

use crate::harness::{Database, redis_url};
use crate::platform::support::{Child, Client, EventLine, Fleet, Instance, free_port, until};

/// A writer beside the instances, as another instance is.
struct Writer {
    db: Db,
    cache: Cache,
    owner: UserId,
}

impl Writer {
    async fn new(database: &Database, fleet: &Fleet, client: &Client) -> Self {
        let me = client.get("/api/v1/me").await.expect(200);
        let cache = cache::Config {
            url: Some(Secret::new(fleet.setting("SATCHEL_REDIS_URL").to_owned())),
            prefix: fleet.setting("SATCHEL_REDIS_PREFIX").to_owned(),
            deadline: Duration::from_secs(5),
        };
        Self {
            db: Db::new(&Config::new(Secret::new(database.url().to_owned()))).unwrap(),
            cache: Cache::new(&cache).unwrap(),
            owner: me.word("id").parse().unwrap(),
        }
    }

    async fn write(&self) {
        let change = NewChange {
            kind: satchel::features::notes::KIND,
            entity: *NoteId::new().as_bytes(),
            op: Op::Update,
            version: 1,
        };
        self.db
            .transaction("suite.change", |tx| async move {
                changes::record(&tx, self.owner, &[change], None).await?;
                Ok::<_, DbError>(())
            })
            .await
            .unwrap();
        changes::notify(&self.cache, self.owner).await;
    }
}

async fn one_instance(settings: &[(&str, &str)]) -> (Database, Fleet, Instance, Client) {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url()));
    let instance = fleet.serve_with(settings).await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    (database, fleet, instance, ann)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_good_bye_as_soon_as_the_process_is_asked_to_stop() {
    let settings = [
        ("SATCHEL_SHUTDOWN_DRAIN_S", "300"),
        ("SATCHEL_SHUTDOWN_GRACE_S", "300"),
    ];
    let (_database, _fleet, mut instance, ann) = one_instance(&settings).await;
    let mut line = EventLine::open(instance.addr, &ann.token, "").await;
    line.says("event: hello\n").await;
    instance.child.signal("TERM");
    line.says("event: bye\n").await;
    line.ends().await;
    assert_eq!(instance.health(503).await, "draining");
    instance.child.signal("TERM");
    assert_eq!(instance.child.end().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_do_not_delay_the_end() {
    // Whatever had to be waited for would be waited for longer than the test waits.
    let settings = [("SATCHEL_SHUTDOWN_GRACE_S", "300")];
    let (_database, _fleet, mut instance, ann) = one_instance(&settings).await;
    let mut lines = Vec::new();
    for _ in 0..6 {
        let mut line = EventLine::open(instance.addr, &ann.token, "").await;
        line.says("event: hello\n").await;
        lines.push(line);
    }
    instance.child.signal("TERM");
    assert_eq!(instance.child.end().await.code(), Some(0));
    let said = instance.child.stdout();
    let last = said.lines().last().unwrap();
    assert!(last.contains("\"clean\":true"), "{last}");
    assert!(last.contains("\"tasks_ended\":true"), "{last}");
    for mut line in lines {
        line.says("event: bye\n").await;
        line.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_tabs_share_one_look_and_one_connection_to_redis() {
    let (database, fleet, instance, ann) = one_instance(&[]).await;
    let writer = Writer::new(&database, &fleet, &ann).await;
    let mut lines = Vec::new();
    for _ in 0..6 {
        let mut line = EventLine::open(instance.addr, &ann.token, "").await;
        line.says("event: hello\n").await;
        lines.push(line);
    }
    assert_eq!(instance.metric("event_streams", &[]).await, 6.0);
    let remote = ["origin=\"remote\""];
    until("a notification arrives", async || {
        writer.write().await;
        (instance.metric("event_notifications_total", &remote).await > 0.0).then_some(())
    })
    .await;
    // All have caught up: what is counted from here on belongs to what is written from here on.
    catch_up(&writer, &mut lines).await;
    let looks = async || {
        let labels = ["query=\"changes.since\""];
        instance
            .metric("db_query_duration_seconds_count", &labels)
            .await
    };
    let before = looks().await;
    for _ in 0..20 {
        writer.write().await;
    }
    catch_up(&writer, &mut lines).await;
    // One for each change at most, and now and then one for all that were missed.
    assert!(
        looks().await - before < 30.0,
        "{} looks",
        looks().await - before
    );
    assert!(instance.metric("event_polls_total", &[]).await > 0.0);
    drop(lines);
    until("their places are free", async || {
        (instance.metric("event_streams", &[]).await == 0.0).then_some(())
    })
    .await;
}

/// Waits until every stream has told everything.
async fn catch_up(writer: &Writer, lines: &mut [EventLine]) {
    let head = changes::sequence(&writer.db, writer.owner)
        .await
        .unwrap()
        .latest;
    for line in lines {
        line.says(&format!("\"seq\":{head},")).await;
    }
}

/// A real nginx with the files of this repository before one instance.
fn nginx_before(instance: &Instance, fleet: &Fleet) -> (Child, SocketAddr) {
    let addr = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let folder = fleet.folder().path();
    let path = |name: &str| folder.join(name).display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/nginx-site.sh");
    let written = Command::new(script)
        .arg(path("nginx"))
        .env("INSTANCES_AT", instance.addr.to_string())
        .env("LISTEN_AT", addr.to_string())
        .env("SERVER_NAMES", "localhost 127.0.0.1")
        .env("ERROR_LOG", path("nginx.error.log"))
        .env("ACCESS_LOG", path("nginx.access.log"))
        .env("PID_FILE", path("nginx.pid"))
        .env("TEMP_DIR", path("nginx.tmp"))
        // Only means something to root.
        .env("NGINX_USER", "root")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&written.stderr);
    assert!(written.status.success(), "{said}");
    let mut command = Command::new("nginx");
    command.args(["-c", &path("nginx/nginx.conf")]);
    (Child::start(folder, "nginx", &mut command), addr)
}

#[tokio::test(flavor = "multi_thread")]
async fn through_nginx_each_event_arrives_while_the_stream_is_open() {
    let (database, fleet, mut instance, ann) = one_instance(&[]).await;
    let writer = Writer::new(&database, &fleet, &ann).await;
    let (nginx, addr) = nginx_before(&instance, &fleet);
    until("nginx listens", async || {
        TcpStream::connect(addr).await.ok()
    })
    .await;
    let mut line = EventLine::open(addr, &ann.token, "").await;
    for header in [
        "content-type: text/event-stream\r\n",
        "cache-control: no-store\r\n",
        "x-content-type-options: nosniff\r\n",
    ] {
        assert!(line.head.contains(header), "{}", line.head);
    }
    assert!(!line.head.contains("content-encoding"), "{}", line.head);
    line.says("event: hello\n").await;
    for seq in 1..=3 {
        writer.write().await;
        line.says(&format!("id: {seq}\n")).await;
    }
    line.says(": ♥\n").await;
    writer.write().await;
    line.says("id: 4\n").await;
    let mut resumed = EventLine::open(addr, &ann.token, "last-event-id: 2\r\n").await;
    for seq in [3, 4] {
        resumed.says(&format!("event: change\nid: {seq}\n")).await;
    }
    // An instance that dies takes its streams along at once: nobody waits for it.
    instance.child.kill();
    line.breaks_off().await;
    resumed.breaks_off().await;
    drop(nginx);
}
