//! Real bytes over real lines: curl asks an instance itself, and one behind nginx.

use std::path::Path;
use std::process::Command;

use satchel::domain::id::UserId;
use serde_json::json;

use super::tools::{bytes_of, long_bytes, plant_for};
use crate::harness::{TestApp, redis_url};
use crate::platform::support::{Client, Fleet, Folder, Instance, OwnNginx};

const CHUNK: usize = 1 << 20;

/// Runs curl; its exit code, the head of the answer, and the bytes that are there then. `before`
/// is what was there already.
fn curl(folder: &Path, before: &[u8], arguments: &[&str]) -> (i32, String, Vec<u8>) {
    let (head, body) = (folder.join("head"), folder.join("body"));
    std::fs::write(&body, before).unwrap();
    let done = Command::new("curl")
        .args([
            "--silent",
            "--noproxy",
            "*",
            "--header",
            "host: localhost",
            "--max-time",
            "60",
            "--dump-header",
        ])
        .arg(&head)
        .arg("--output")
        .arg(&body)
        .args(arguments)
        .status()
        .unwrap();
    let head = std::fs::read_to_string(head).unwrap().to_lowercase();
    (done.code().unwrap(), head, std::fs::read(body).unwrap())
}

/// A file of Ann's behind an instance, and behind nginx before it.
struct Site {
    app: TestApp,
    // Its folder holds what the instance says.
    _fleet: Fleet,
    instances: [Instance; 1],
    proxy: OwnNginx,
    ann: Client,
    folder: Folder,
    file: String,
    bytes: Vec<u8>,
}

impl Site {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let fleet = Fleet::new(app.database().url(), Some(&redis_url()));
        let instance = fleet.serve().await;
        let (ann, _) = fleet.sign_up(&instance, "ann").await;
        let instances = [instance];
        let proxy = OwnNginx::before(&instances).await;
        let rows: Vec<(Vec<u8>,)> = app.database().rows("SELECT id FROM users", ()).await;
        let user = UserId::from_bytes(rows[0].0.as_slice().try_into().unwrap());
        let bytes = long_bytes(3, 12_345);
        let file = plant_for(&app, user, "größe.bin", &bytes).await;
        let folder = Folder::new();
        Self {
            app,
            _fleet: fleet,
            instances,
            proxy,
            ann,
            folder,
            file,
            bytes,
        }
    }

    fn path(&self) -> String {
        format!("/api/v1/files/{}/content", self.file)
    }

    /// The address at the instance itself, and through nginx.
    fn urls(&self) -> [String; 2] {
        let path = self.path();
        [self.instances[0].addr, self.proxy.addr()].map(|addr| format!("http://{addr}{path}"))
    }

    /// Asks as Ann.
    fn ask(&self, url: &str, more: &[&str]) -> (i32, String, Vec<u8>) {
        self.ask_on(url, b"", more)
    }

    /// The same where some bytes are there already.
    fn ask_on(&self, url: &str, before: &[u8], more: &[&str]) -> (i32, String, Vec<u8>) {
        let bearer = format!("authorization: Bearer {}", self.ann.token);
        let arguments = [more, &["--header", &bearer, url]].concat();
        curl(self.folder.path(), before, &arguments)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_gets_exactly_what_it_asks_for() {
    let site = Site::new().await;
    let (bytes, size) = (&site.bytes, site.bytes.len());
    for url in &site.urls() {
        let (code, head, came) = site.ask(url, &[]);
        assert_eq!(code, 0, "{url}: {head}");
        assert!(head.starts_with("http/1.1 200") && came == *bytes, "{head}");
        assert!(
            head.contains("filename*=utf-8''gr%c3%b6%c3%9fe.bin"),
            "{head}"
        );
        for (range, from, to) in [
            ("0-0".to_owned(), 0, 0),
            (format!("{}-{}", CHUNK - 1, CHUNK), CHUNK - 1, CHUNK),
            (format!("{}-", 2 * CHUNK - 3), 2 * CHUNK - 3, size - 1),
            ("-5".to_owned(), size - 5, size - 1),
        ] {
            let (code, head, came) = site.ask(url, &["--range", &range]);
            assert_eq!(code, 0);
            assert!(head.starts_with("http/1.1 206"), "{head}");
            let place = format!("content-range: bytes {from}-{to}/{size}");
            assert!(head.contains(&place), "{head}");
            assert!(came == bytes[from..=to], "{range}");
        }
        let (_, head, _) = site.ask(url, &["--range", "99999999-"]);
        assert!(head.starts_with("http/1.1 416"), "{head}");
        assert!(
            head.contains(&format!("content-range: bytes */{size}")),
            "{head}"
        );
        let (_, head, came) = site.ask(url, &["--head"]);
        assert!(head.contains(&format!("content-length: {size}")), "{head}");
        assert!(came.starts_with(b"HTTP/1.1 200"));
        // A download that was cut goes on where it stopped.
        let (code, head, came) = site.ask_on(url, &bytes[..CHUNK + 7], &["--continue-at", "-"]);
        assert_eq!(code, 0, "{head}");
        assert!(head.starts_with("http/1.1 206") && came == *bytes, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_works_through_nginx_and_stands_in_no_log() {
    let site = Site::new().await;
    let path = format!("/api/v1/files/{}/link", site.file);
    let link = site.ann.post(&path, json!({})).await;
    let link = link.expect(200).word("url");
    for addr in [site.instances[0].addr, site.proxy.addr()] {
        let url = format!("http://{addr}{link}");
        let (code, head, came) = curl(site.folder.path(), b"", &["--range", "5-9", &url]);
        assert_eq!(code, 0);
        assert!(head.starts_with("http/1.1 206"), "{head}");
        assert!(came == site.bytes[5..10]);
    }
    let token = link.split_once("link=").unwrap().1;
    let said = [site.proxy.log(), site.instances[0].child.said()].concat();
    assert!(said.contains(&site.path()));
    assert!(!said.contains(token), "the token stands in a log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_bytes_cut_the_line_before_a_wrong_one_leaves() {
    let site = Site::new().await;
    let sql = "UPDATE blob_chunks c JOIN files f ON f.blob_id = c.blob_id \
               SET c.data = CONCAT('X', SUBSTRING(c.data, 2)) WHERE c.n = 2 AND f.id = ?";
    let database = site.app.database();
    database.exec(sql, (bytes_of(&site.file),)).await;
    for url in &site.urls() {
        let (code, head, came) = site.ask(url, &[]);
        // 18: the line was closed before all that was announced had come.
        assert_eq!(code, 18, "{head}");
        assert!(came == site.bytes[..came.len()] && came.len() <= 2 * CHUNK);
    }
    let one = &site.instances[0];
    assert!(one.metric("storage_damaged_total", &[]).await >= 2.0);
    assert!(one.child.said().contains("stored bytes are damaged"));
}
