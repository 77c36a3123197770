//! Tracks every task that outlives the request that started it. At shutdown each one is awaited or
//! known to be aborted; `.clippy.toml` disallows untracked `tokio::spawn`.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Spawns tasks and waits for them at shutdown.
#[derive(Clone, Debug, Default)]
pub struct BackgroundTasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl BackgroundTasks {
    /// Spawns a task that runs to its end even when its caller is dropped.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tracker awaits the spawned task at shutdown"
    )]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(self.tracker.track_future(future))
    }

    /// Cancelled when the process stops. Loops check it between two iterations.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Cancels the stop token and waits until every task has ended.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    pub fn len(&self) -> usize {
        self.tracker.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tracker.is_empty()
    }
}
