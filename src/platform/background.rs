//! Every task that outlives the request that started it, in one tracker.
//! Refuses untracked tasks: at the stop each is finished, or known to be cut.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks and waits for them at the stop.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Starts a task that runs to its end even when its caller goes away.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that may spawn: the tracker waits for it"
    )]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(self.tracker.track_future(future))
    }

    /// Cancelled when the process stops: loops watch it between two rounds.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Tells the loops to end and waits until every task has ended.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How many tasks are under way.
    pub fn len(&self) -> usize {
        self.tracker.len()
    }

    /// Whether no task is under way.
    pub fn is_empty(&self) -> bool {
        self.tracker.is_empty()
    }
}
