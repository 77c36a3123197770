//! Log lines: one JSON object a line on standard output, written by a thread of its own.
//! Refuses to make a request wait for the reader of the log; lines that find no room are counted.

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Lines that may wait for the writing thread.
const BUFFERED_LINES: usize = 32_768;

/// Keeps the writing thread alive; dropping it writes what is left.
pub struct Logging {
    _guard: WorkerGuard,
    dropped: ErrorCounter,
}

impl Logging {
    /// Starts logging with a filter such as `info` or `satchel=debug,info`.
    pub fn start(filter: &str) -> Result<Self, String> {
        let filter = EnvFilter::try_new(filter).map_err(|fault| fault.to_string())?;
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BUFFERED_LINES)
            .thread_name("log")
            .finish(std::io::stdout());
        let dropped = writer.error_counter();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_env_filter(filter)
            .with_writer(writer)
            .finish();
        tracing::subscriber::set_global_default(subscriber).map_err(|fault| fault.to_string())?;
        Ok(Self {
            _guard: guard,
            dropped,
        })
    }

    /// Lines lost because the reader of the log was too slow.
    pub fn dropped_lines(&self) -> usize {
        self.dropped.dropped_lines()
    }
}
