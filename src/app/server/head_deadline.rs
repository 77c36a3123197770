//! A stream that gives the head of a request ten seconds, counted from its first byte.
//! hyper's own header timeout also runs while a kept connection is idle, so it has to be as long
//! as load balancers keep connections, and slow heads would live as long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Longest time from the first byte of a head to its last.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);

const IDLE: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;

/// Where a connection stands; shared by the stream and the service behind it.
#[derive(Clone)]
pub(super) struct Phase(Arc<AtomicU8>);

impl Phase {
    /// A fresh connection owes us a head at once.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    /// The head is complete; body and handler have deadlines of their own.
    pub(super) fn head_done(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// The answer is made; the connection may rest.
    pub(super) fn answered(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }
}

/// A stream with a deadline for heads.
pub(super) struct HeadDeadline<S> {
    inner: S,
    phase: Phase,
    deadline: Pin<Box<Sleep>>,
}

impl<S> HeadDeadline<S> {
    pub(super) fn new(inner: S, phase: Phase) -> Self {
        Self {
            inner,
            phase,
            deadline: Box::pin(tokio::time::sleep(HEAD_DEADLINE)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadDeadline<S> {
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
                self.phase.0.store(HEAD, Ordering::Relaxed);
                self.deadline.as_mut().reset(Instant::now() + HEAD_DEADLINE);
                read
            }
            Poll::Pending if phase == HEAD => match self.deadline.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
            read => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadDeadline<S> {
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
