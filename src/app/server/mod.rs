//! The accept loop: header read timeout, connection limit and connection drain with a deadline.
//! `axum::serve` has none of the three; one half-open connection keeps it from stopping.

mod header_read_timeout;

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
use header_read_timeout::{HeaderReadTimeout, Phase};

/// Idle timeout of a keep-alive connection: longer than that of nginx and load balancers (60 s), so
/// that they never send a request into a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Read buffer of a connection, and the limit of request headers. hyper's default of 400 KiB adds up
/// with many concurrent uploads.
const BUFFER_BYTES: usize = 128 * 1024;

/// A listener and its connections.
pub struct Server {
    listener: TcpListener,
    router: Router,
    permits: Arc<Semaphore>,
    open: Arc<AtomicUsize>,
    connections: TaskTracker,
    /// Open connections finish their current request and close.
    graceful: CancellationToken,
    /// Open connections are closed at once.
    abort: CancellationToken,
}

impl Server {
    pub async fn bind(addr: SocketAddr, router: Router, max: usize) -> std::io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(addr).await?,
            router,
            permits: Arc::new(Semaphore::new(max)),
            open: Arc::default(),
            connections: TaskTracker::new(),
            graceful: CancellationToken::new(),
            abort: CancellationToken::new(),
        })
    }

    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts connections until `stop_accepting` is cancelled, then drains; whether all connections
    /// ended within `grace`.
    ///
    /// Draining has three steps. The listener is closed, so that the kernel refuses new connections
    /// instead of queueing them behind a process that will not accept again. `graceful` makes each
    /// connection answer its current request with `Connection: close`; idle ones close at once. A
    /// client that never finishes its request would block this step for ever, so after `grace` the
    /// rest is aborted: its work runs on in `BackgroundTasks` if it is a write, and is lost if it is a
    /// read. The last second only lets the aborted connections send their FIN.
    pub async fn run(self, stop_accepting: CancellationToken, grace: Duration) -> bool {
        loop {
            // At the limit new connections wait in the kernel's accept queue.
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
                    // Out of file descriptors, or the client disconnected: the pause avoids a busy loop.
                    tracing::warn!(error = %err, "accepting a connection failed");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        drop(self.listener);
        self.graceful.cancel();
        self.connections.close();
        let ended = tokio::time::timeout(grace, self.connections.wait())
            .await
            .is_ok();
        self.abort.cancel();
        let _ = tokio::time::timeout(Duration::from_secs(1), self.connections.wait()).await;
        ended
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "connections have a tracker of their own: they are drained before the tasks"
    )]
    fn track(&self, connection: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.connections.track_future(connection));
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (graceful, abort) = (self.graceful.clone(), self.abort.clone());
        let (router, open) = (self.router.clone(), self.open.clone());
        async move {
            metrics::connections(open.fetch_add(1, Ordering::Relaxed) + 1);
            serve(stream, peer, router, graceful, abort).await;
            metrics::connections(open.fetch_sub(1, Ordering::Relaxed) - 1);
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    graceful: CancellationToken,
    abort: CancellationToken,
) {
    // An error here only costs latency.
    let _ = stream.set_nodelay(true);
    let phase = Phase::new();
    let stream = HeaderReadTimeout::new(stream, phase.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        phase.headers_complete();
        request.extensions_mut().insert(PeerAddr(peer));
        let response = router.clone().oneshot(request.map(Body::new));
        let phase = phase.clone();
        async move {
            let response = response.await;
            phase.response_ready();
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
        () = abort.cancelled() => return,
        () = graceful.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = abort.cancelled() => {}
    }
}
