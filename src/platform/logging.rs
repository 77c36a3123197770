//! Log lines: one JSON object a line on standard output, written by a thread of its own.
//! Refuses to make a request wait for the reader of the log; lines that find no room are counted.

use std::io::{BufWriter, Stdout, Write};
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Lines that may wait for the writing thread.
const BUFFERED_LINES: usize = 32_768;
/// Bytes that are written at once at most.
const BATCH_BYTES: usize = 64 * 1024;
/// How long the writing thread lets lines gather after it has written some.
const PAUSE: Duration = Duration::from_millis(5);

/// Keeps the writing thread alive; dropping it writes what is left.
pub struct Logging {
    _guard: WorkerGuard,
    dropped: ErrorCounter,
}

impl Logging {
    /// Starts logging with a filter such as `info` or `satchel=debug,info`.
    pub fn start(filter: &str) -> Result<Self, String> {
        let filter = EnvFilter::try_new(filter).map_err(|err| err.to_string())?;
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BUFFERED_LINES)
            .thread_name("log")
            .finish(Batches(BufWriter::with_capacity(
                BATCH_BYTES,
                std::io::stdout(),
            )));
        let dropped = writer.error_counter();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_env_filter(filter)
            .with_writer(writer)
            .finish();
        tracing::subscriber::set_global_default(subscriber).map_err(|err| err.to_string())?;
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

/// Writes the lines that wait as one. The writing thread asks for a flush when it has taken all of
/// them; the pause after it means that under load a request neither wakes that thread nor pays for
/// a system call of its own. A first line after silence is written at once.
struct Batches(BufWriter<Stdout>);

impl Write for Batches {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the thread writes the log and does nothing else"
    )]
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()?;
        std::thread::sleep(PAUSE);
        Ok(())
    }
}
