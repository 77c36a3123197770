//! The promises that notes and tasks keep alike, each test once for either kind: created, read, changed, listed,
//! searched, put into the trash and restored, and never lost: saved, merged, kept as revisions.

/// Runs generic tests of this file over each kind of document. A test that is not listed is dead code, which the
/// compiler refuses.
macro_rules! document_suite {
    ($($lists:tt)*) => {
        mod notes {
            $crate::documents::document_tests!($crate::harness::Notes; $($lists)*);
        }
        mod tasks {
            $crate::documents::document_tests!($crate::harness::Tasks; $($lists)*);
        }
    };
}

macro_rules! document_tests {
    ($kind:ty; one_thread: [$($one:ident),* $(,)?], two_threads: [$($two:ident),* $(,)?] $(,)?) => {
        $(
            #[tokio::test]
            async fn $one() {
                super::$one::<$kind>().await;
            }
        )*
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $two() {
                super::$two::<$kind>().await;
            }
        )*
    };
}
use document_tests;

mod batches;
pub(crate) mod both_databases;
mod cache;
pub(crate) mod common;
mod concurrency;
mod conditions;
mod crud;
mod durability;
mod idempotency;
mod isolation;
mod lists;
mod merging;
mod paging;
mod revisions;
mod round_trips;
mod save_ids;
mod saving;
mod search;
mod tags;
mod texts;
pub(crate) mod tools;
mod trash;
mod trash_purge;
mod undo;
mod validation;
