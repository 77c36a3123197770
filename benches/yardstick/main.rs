//! The yardstick that `make bench` measures the service against: the least that a server of the same make must do for
//! a constant, for rows of the database and for a value of the cache. Owns nothing of the product and uses none of it:
//! same allocator, same build profile, same libraries, same pool of five. Refuses to do anything else: no sign-in, no
//! limits, no log, no metrics.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use axum::serve::ListenerExt;
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Opts, OptsBuilder};
use redis::aio::ConnectionManager;
use serde::Serialize;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 5;
const ROW: &str = "SELECT id, text FROM yardstick WHERE id = ?";
const ROWS: &str = "SELECT id, text FROM yardstick WHERE id > ? ORDER BY id LIMIT 20";

/// Opens connections for the pool.
struct Manager(Opts);

impl managed::Manager for Manager {
    type Type = Conn;
    type Error = mysql_async::Error;

    async fn create(&self) -> Result<Conn, mysql_async::Error> {
        Conn::new(self.0.clone()).await
    }

    async fn recycle(&self, conn: &mut Conn, _: &Metrics) -> RecycleResult<mysql_async::Error> {
        if conn.is_disconnected() {
            return Err(RecycleError::message("disconnected"));
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Stores {
    pool: managed::Pool<Manager>,
    redis: ConnectionManager,
}

#[derive(Serialize, FromRow)]
struct Row {
    id: u64,
    text: String,
}

/// Whatever goes wrong is a fault of the measurement, so one answer is enough.
struct Fault(String);

impl<E: std::error::Error> From<E> for Fault {
    fn from(fault: E) -> Self {
        Self(fault.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> axum::response::Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

async fn constant() -> &'static str {
    "ok"
}

async fn row(State(stores): State<Stores>, Path(id): Path<u64>) -> Result<Json<Row>, Fault> {
    let mut conn = stores.pool.get().await?;
    let row = conn.exec_first(ROW, (id,)).await?;
    row.map(Json).ok_or_else(|| Fault("no such row".to_owned()))
}

async fn rows(
    State(stores): State<Stores>,
    Path(after): Path<u64>,
) -> Result<Json<Vec<Row>>, Fault> {
    let mut conn = stores.pool.get().await?;
    Ok(Json(conn.exec(ROWS, (after,)).await?))
}

async fn page(State(stores): State<Stores>) -> Result<impl IntoResponse, Fault> {
    let mut redis = stores.redis;
    let page: Vec<u8> = redis::cmd("GET")
        .arg("yardstick")
        .query_async(&mut redis)
        .await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], page))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [address, database, cache] = settings()?;
    let opts = OptsBuilder::from_opts(Opts::from_url(&database)?).prefer_socket(false);
    let stores = Stores {
        pool: managed::Pool::builder(Manager(opts.tcp_nodelay(true).into()))
            .max_size(CONNECTIONS)
            .build()?,
        redis: redis::Client::open(cache)?.get_connection_manager().await?,
    };
    let router = axum::Router::new()
        .route("/constant", get(constant))
        .route("/row/{id}", get(row))
        .route("/rows/{after}", get(rows))
        .route("/page", get(page))
        .with_state(stores);
    let listener = TcpListener::bind(address).await?.tap_io(|stream| {
        // A failure here only costs latency.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Address to listen on, address of the database, address of the cache.
#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own, without the product's settings"
)]
fn settings() -> Result<[String; 3], Box<dyn std::error::Error>> {
    let read = |name: &str| {
        std::env::var(name).map_err(|_| format!("{name} is not set: use `make bench`"))
    };
    Ok([
        read("YARDSTICK_ADDR")?,
        read("YARDSTICK_DB_URL")?,
        read("YARDSTICK_REDIS_URL")?,
    ])
}
