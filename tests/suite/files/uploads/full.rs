//! A database that has no room left: a refusal that says so, nothing lost, and on it goes once there
//! is room again.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::CHUNK;
use super::pattern;
use super::wire::{append_slice, begun, offset};
use crate::platform::support::{Fleet, OwnMariadb, until};

/// One file for all tables, which may not grow beyond so many MiB.
fn room(most: u32) -> [String; 2] {
    let file = format!("--innodb-data-file-path=ibdata1:12M:autoextend:max:{most}M");
    ["--innodb-file-per-table=0".to_owned(), file]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_is_507_and_the_upload_goes_on_when_there_is_room() {
    let mut server = OwnMariadb::start_with(&room(48)).await;
    let fleet = Fleet::new(&server.url(), None).migrated();
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, "ann").await;
    let bytes = pattern(64 * CHUNK, 6);
    let path = begun(&ann, bytes.len()).await;
    let mut safe = 0;
    // The second time nothing was made better by asking.
    for _ in 0..2 {
        let full = append_slice(&instance, &ann, &path, safe, &bytes).await;
        full.unwrap().expect_problem(507, "storage_full");
        safe = offset(&ann, &path).await;
        assert!(safe >= CHUNK && safe < bytes.len(), "{safe}");
        assert_eq!(safe % CHUNK, 0, "only whole transactions count");
    }
    let space = ann.get("/api/v1/me/storage").await.expect(200).json();
    assert_eq!(space["used_bytes"], bytes.len(), "what was reserved stays");
    ann.get("/api/v1/notes").await.expect(200);

    // A full database cannot even delete: its operator gives it room. The instance goes on.
    server.stop().await;
    server.start_again_with(&room(256)).await;
    until("the upload goes on", async || {
        let rest = append_slice(&instance, &ann, &path, safe, &bytes).await;
        let answer = rest.unwrap();
        match answer.status {
            204 => Some(()),
            503 => None,
            _ => panic!("{answer:?}"),
        }
    })
    .await;
    assert_eq!(offset(&ann, &path).await, bytes.len());
    let mut admin = server.connect().await.unwrap();
    assert!(content(&mut admin, &path).await == bytes);
    admin.disconnect().await.unwrap();
}

/// The bytes of the file.
async fn content(admin: &mut Conn, path: &str) -> Vec<u8> {
    let id = path.rsplit('/').next().unwrap();
    let sql = "SELECT c.data FROM satchel.files f JOIN satchel.blob_chunks c \
               ON c.owner_id = f.owner_id AND c.blob_id = f.blob_id \
               WHERE f.id = UNHEX(REPLACE(?, '-', '')) ORDER BY c.n";
    let rows: Vec<Vec<u8>> = admin.exec(sql, (id,)).await.unwrap();
    rows.concat()
}
