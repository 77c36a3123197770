//! Real bytes over real lines: curl asks an instance itself, and one behind nginx.

use std::path::Path;
use std::process::Command;

use satchel::domain::id::UserId;
use serde_json::json;

use super::tools::{bytes_of, long_bytes, plant_for};
use crate::harness::{TestApp, redis_url};
use crate::platform::support::{Fleet, Folder, OwnNginx};

const CHUNK: usize = 1 << 20;

/// Runs curl; its exit code, the head of the answer and the bytes that came.
fn curl(folder: &Path, arguments: &[&str]) -> (i32, String, Vec<u8>) {
    let (head, body) = (folder.join("head"), folder.join("body"));
    std::fs::write(&body, b"").unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_gets_exactly_what_it_asks_for_and_never_wrong_bytes() {
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
    let bearer = format!("authorization: Bearer {}", ann.token);
    let path = format!("/api/v1/files/{file}/content");
    let places = [instances[0].addr, proxy.addr()].map(|addr| format!("http://{addr}{path}"));
    for url in &places {
        let ask =
            |more: &[&str]| curl(folder.path(), &[more, &["--header", &bearer, url]].concat());
        let (code, head, came) = ask(&[]);
        assert_eq!(code, 0, "{url}: {head}");
        assert!(head.starts_with("http/1.1 200") && came == bytes, "{head}");
        assert!(
            head.contains("filename*=utf-8''gr%c3%b6%c3%9fe.bin"),
            "{head}"
        );
        let last = bytes.len() - 1;
        for (range, from, to) in [
            ("0-0".to_owned(), 0, 0),
            (format!("{}-{}", CHUNK - 1, CHUNK), CHUNK - 1, CHUNK),
            (format!("{}-", 2 * CHUNK - 3), 2 * CHUNK - 3, last),
            ("-5".to_owned(), last - 4, last),
        ] {
            let (code, head, came) = ask(&["--range", &range]);
            assert_eq!(code, 0);
            assert!(head.starts_with("http/1.1 206"), "{head}");
            let place = format!("content-range: bytes {from}-{to}/{}", bytes.len());
            assert!(head.contains(&place), "{head}");
            assert!(came == bytes[from..=to], "{range}");
        }
        let (_, head, _) = ask(&["--range", "99999999-"]);
        assert!(head.starts_with("http/1.1 416"), "{head}");
        assert!(
            head.contains(&format!("content-range: bytes */{}", bytes.len())),
            "{head}"
        );
        let (_, head, came) = ask(&["--head"]);
        assert!(
            head.contains(&format!("content-length: {}", bytes.len())),
            "{head}"
        );
        assert!(came.starts_with(b"HTTP/1.1 200"));
        // A download that was cut goes on where it stopped.
        std::fs::write(folder.path().join("half"), &bytes[..CHUNK + 7]).unwrap();
        let half = folder.path().join("half").display().to_string();
        let go_on = ["--continue-at", "-", "--output", &half];
        let (code, ..) = curl_to(&go_on, &bearer, url);
        assert_eq!(code, 0);
        assert!(std::fs::read(&half).unwrap() == bytes);
    }
    let made = ann
        .post(&format!("/api/v1/files/{file}/link"), json!({}))
        .await;
    let link = made.expect(200).word("url");
    let url = format!("http://{}{link}", proxy.addr());
    let (code, head, came) = curl(folder.path(), &["--range", "5-9", &url]);
    assert!(
        code == 0 && head.starts_with("http/1.1 206") && came == bytes[5..10],
        "{head}"
    );
    let token = link.split_once("link=").unwrap().1;
    let said = [proxy.log(), instances[0].child.said()].concat();
    assert!(
        said.contains(&path) && !said.contains(token),
        "the token stands in a log"
    );
    let sql = "UPDATE blob_chunks c JOIN files f ON f.blob_id = c.blob_id \
               SET c.data = CONCAT('X', SUBSTRING(c.data, 2)) WHERE c.n = 2 AND f.id = ?";
    app.database().exec(sql, (bytes_of(&file),)).await;
    for url in &places {
        let (code, head, came) = curl(folder.path(), &["--header", &bearer, url]);
        // 18: the line was closed before all that was announced had come.
        assert_eq!(code, 18, "{head}");
        assert!(came == bytes[..came.len()] && came.len() <= 2 * CHUNK);
    }
    assert!(instances[0].metric("storage_damaged_total", &[]).await >= 2.0);
    assert!(
        instances[0]
            .child
            .said()
            .contains("stored bytes are damaged")
    );
}

/// Runs curl with an output of its own.
fn curl_to(arguments: &[&str], bearer: &str, url: &str) -> (i32, String) {
    let done = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--noproxy",
            "*",
            "--header",
            "host: localhost",
            "--max-time",
            "60",
            "--header",
            bearer,
        ])
        .args(arguments)
        .arg(url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code().unwrap(), said)
}
