//! What of the notes leans on the database so much that it is repeated on MySQL: packed and thinned
//! texts, merges of packed bases.

mod thinning;

use std::time::Duration;

use super::lost_nothing::World;
use crate::harness::{Database, redis_url};
use crate::platform::support::{Fleet, idle_for};

#[tokio::test(flavor = "multi_thread")]
async fn whichever_instance_dies_each_acknowledged_text_is_found_again() {
    let database = Database::create_bare().await;
    let fleet = Fleet::new(database.url(), Some(&redis_url())).migrated();
    let world = World::new(fleet).await;
    let trouble = async {
        for place in 0..3 {
            world.kill_one(place).await;
            idle_for(Duration::from_millis(700)).await;
        }
    };
    world.run(trouble).await;
}
