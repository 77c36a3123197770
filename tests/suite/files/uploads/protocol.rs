//! The words of tus 1.0, each as the specification has them.

use axum::http::Method;

use super::{BYTES, CHUNK, append, begin, begun, content, offset, pattern, speaks, tus, used};
use crate::harness::TestApp;

#[tokio::test]
async fn a_file_comes_in_pieces_at_any_instance() {
    let apps = TestApp::instances(2).await;
    let ann = apps[0].user("ann").await;
    let bytes = pattern(2 * CHUNK + 700, 1);
    let path = begun(&ann, bytes.len(), "größe.bin").await;
    assert_eq!(used(&ann).await, bytes.len() as u64, "room is reserved");
    let mut place = 0;
    for (round, piece) in [1, 699_999, CHUNK, 400_000, usize::MAX]
        .into_iter()
        .enumerate()
    {
        let end = bytes.len().min(place + piece.min(bytes.len()));
        let at = ann.at(&apps[round % 2]);
        let reply = append(&at, &path, place, &bytes[place..end]).await;
        speaks(&reply, 204);
        assert_eq!(reply.header("upload-offset"), end.to_string());
        assert_eq!(offset(&ann.at(&apps[(round + 1) % 2]), &path).await, end);
        place = end;
    }
    assert_eq!(place, bytes.len());
    assert!(content(&apps[0], &path).await == bytes);
    assert_eq!(used(&ann).await, bytes.len() as u64, "the room is in use");
    let left = "SELECT COUNT(*) FROM uploads";
    assert_eq!(apps[0].database().count(left).await, 0);
}
