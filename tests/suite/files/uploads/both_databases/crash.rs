//! Instances that die in the middle of an upload; the client goes on at another one.

use std::time::Duration;

use crate::files::uploads::wire::{append_slice, begun, offset};
use crate::files::uploads::{CHUNK, content, pattern};
use crate::harness::Database;
use crate::platform::support::{Fleet, idle_for};

/// Moments of an upload at which its instance is killed.
const MOMENTS: u32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_instance_is_killed_at_any_moment_goes_on_at_another() {
    let database = Database::create().await;
    let fleet = Fleet::new(database.url(), None);
    let survivor = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&survivor, "ann").await;
    let bytes = pattern(4 * CHUNK + 300_000, 5);
    let (mut cut, mut midway) = (0, 0);
    for moment in 0..MOMENTS {
        let mut victim = fleet.serve().await;
        // The first request warms the victim up, so that the moments lie inside the work.
        let path = begun(&victim.hears(&ann), bytes.len()).await;
        let (addr, token) = (victim.addr, ann.token.clone());
        let first = crate::files::uploads::wire::append(
            addr,
            &token,
            &path,
            (0, bytes.len()),
            |from, to| bytes[from..to].to_vec(),
        );
        let kill = async {
            idle_for(Duration::from_millis(u64::from(moment) * 12)).await;
            victim.child.kill();
        };
        let (first, ()) = tokio::join!(first, kill);
        let mut safe = offset(&ann, &path).await;
        if first.is_err() {
            cut += 1;
        } else {
            assert_eq!(safe, bytes.len(), "an answer was a lie");
        }
        midway += u32::from(safe > 0 && safe < bytes.len());
        // The database may still be at what the dead one asked for last: then the end of the bytes
        // moves once more, and the client asks again where it is.
        while safe < bytes.len() {
            let rest = append_slice(&survivor, &ann, &path, safe, &bytes).await;
            let rest = rest.unwrap();
            if rest.status != 409 {
                rest.expect(204);
                break;
            }
            let moved = offset(&ann, &path).await;
            assert!(moved > safe, "refused at {safe}, and that is where it ends");
            safe = moved;
        }
        assert!(content(&database, &path).await == bytes, "moment {moment}");
    }
    assert!(cut > 0 && midway > 0, "{cut} were cut, {midway} midway");
    assert_eq!(database.count("SELECT COUNT(*) FROM uploads").await, 0);
    let whole = "SELECT COUNT(*) FROM blobs WHERE state = 1";
    assert_eq!(database.count(whole).await, 1, "all sent the same bytes");
    let used = "SELECT CAST(used_bytes AS SIGNED) FROM storage_use";
    assert_eq!(
        database.count(used).await,
        i64::from(MOMENTS) * i64::try_from(bytes.len()).unwrap()
    );
}
