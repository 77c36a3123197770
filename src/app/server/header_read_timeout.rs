//! A stream that limits the time for the headers of a request, counted from their first byte. hyper's
//! `header_read_timeout` also runs while a keep-alive connection is idle, so it must be longer than
//! the idle timeout of load balancers (60 s), and slow headers would be allowed as long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Longest time from the first byte of the headers to their last.
const TIMEOUT: Duration = Duration::from_secs(10);

const IDLE: u8 = 0;
const READING_HEADERS: u8 = 1;
const BUSY: u8 = 2;

/// The state of a connection, shared by the stream and the service.
#[derive(Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    /// The first headers of a new connection are due at once.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(READING_HEADERS)))
    }

    /// Body and handler have deadlines of their own.
    pub(super) fn headers_complete(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// The connection may be idle until the next request.
    pub(super) fn response_ready(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }
}

pub(super) struct HeaderReadTimeout<S> {
    inner: S,
    phase: Phase,
    deadline: Pin<Box<Sleep>>,
}

impl<S> HeaderReadTimeout<S> {
    pub(super) fn new(inner: S, phase: Phase) -> Self {
        Self {
            inner,
            phase,
            deadline: Box::pin(tokio::time::sleep(TIMEOUT)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeaderReadTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        let phase = self.phase.0.load(Ordering::Relaxed);
        match read {
            Poll::Ready(Ok(())) if phase == IDLE && buffer.filled().len() > before => {
                self.phase.0.store(READING_HEADERS, Ordering::Relaxed);
                self.deadline.as_mut().reset(Instant::now() + TIMEOUT);
                read
            }
            Poll::Pending if phase == READING_HEADERS => {
                match self.deadline.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
            read => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeaderReadTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
