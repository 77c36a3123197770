//! The accept loop: a deadline for headers, a cap on connections, and a stop that ends.
//! `axum::serve` has none of the three, and one half-open client would keep it alive for ever.

mod head_deadline;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::middleware::PeerAddr;
use crate::platform::metrics;
use head_deadline::{HeadDeadline, Phase};

/// How long an idle connection is kept: longer than nginx and load balancers keep theirs (60 s),
/// so that they never send a request into a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Most bytes read ahead of a connection, and of a head. hyper's own 400 KiB would add up where many
/// send files at once.
const BUFFER_BYTES: usize = 128 * 1024;

/// One listener and the connections it accepted.
pub struct Server {
    listener: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
    open: Arc<AtomicUsize>,
    connections: TaskTracker,
    /// No new connections, and those there are end after their request.
    closing: CancellationToken,
    /// The deadline has come: what is left is cut.
    cut: CancellationToken,
}

impl Server {
    /// Binds an address.
    pub async fn bind(addr: SocketAddr, router: Router, max: usize) -> std::io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(addr).await?,
            router,
            permits: Arc::new(Semaphore::new(max)),
            open: Arc::default(),
            connections: TaskTracker::new(),
            closing: CancellationToken::new(),
            cut: CancellationToken::new(),
        })
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts connections until `stop_accepting` is cancelled, then waits for the open ones, at
    /// most for `grace`. Whether all of them ended by themselves.
    pub async fn run(self, stop_accepting: CancellationToken, grace: Duration) -> bool {
        loop {
            // At the cap new connections wait in the kernel's queue.
            let permit = tokio::select! {
                permit = self.permits.clone().acquire_owned() => permit,
                () = stop_accepting.cancelled() => break,
            };
            let Ok(permit) = permit else { break };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop_accepting.cancelled() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = self.connection(stream, peer);
                    self.track(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(err) => {
                    // Out of file descriptors, or the client left already: neither is ours to fix.
                    tracing::warn!(error = %err, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        drop(self.listener);
        self.closing.cancel();
        self.connections.close();
        let ended = tokio::time::timeout(grace, self.connections.wait())
            .await
            .is_ok();
        self.cut.cancel();
        let _ = tokio::time::timeout(Duration::from_secs(1), self.connections.wait()).await;
        ended
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "connections have a tracker of their own: they are waited for before the tasks"
    )]
    fn track(&self, connection: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.connections.track_future(connection));
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (closing, cut, open) = (self.closing.clone(), self.cut.clone(), self.open.clone());
        let router = self.router.clone();
        async move {
            metrics::connections(open.fetch_add(1, Ordering::Relaxed) + 1);
            serve(stream, peer, router, closing, cut).await;
            metrics::connections(open.fetch_sub(1, Ordering::Relaxed) - 1);
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    closing: CancellationToken,
    cut: CancellationToken,
) {
    // A failure here only costs latency.
    let _ = stream.set_nodelay(true);
    let phase = Phase::new();
    let stream = HeadDeadline::new(stream, phase.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        phase.head_done();
        request.extensions_mut().insert(PeerAddr(peer));
        let (answer, phase) = (
            router.clone().oneshot(request.map(Body::new)),
            phase.clone(),
        );
        async move {
            let response = answer.await;
            phase.answered();
            Ok::<_, Infallible>(response.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = cut.cancelled() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = cut.cancelled() => {}
    }
}
