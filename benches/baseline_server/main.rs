//! The baseline server of `make bench`: the minimal server for a constant, for rows of the database and for a value of
//! the cache, with the allocator, build profile, libraries and pool size of the product and none of its code. It has no
//! authentication, rate limits, log or metrics. The rows that use it are in scripts/bench.py.

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
const ROW: &str = "SELECT id, text FROM seeded_rows WHERE id = ?";
const ROWS: &str = "SELECT id, text FROM seeded_rows WHERE id > ? ORDER BY id LIMIT 20";

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

/// Every error invalidates the measurement, so all of them are a 500.
struct ServerError(String);

impl<E: std::error::Error> From<E> for ServerError {
    fn from(err: E) -> Self {
        Self(err.to_string())
    }
}

impl IntoResponse for ServerError {
    fn into_response(self) -> axum::response::Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

async fn constant() -> &'static str {
    "ok"
}

async fn row(State(stores): State<Stores>, Path(id): Path<u64>) -> Result<Json<Row>, ServerError> {
    let mut conn = stores.pool.get().await?;
    let row = conn.exec_first(ROW, (id,)).await?;
    row.map(Json)
        .ok_or_else(|| ServerError("no such row".to_owned()))
}

async fn rows(
    State(stores): State<Stores>,
    Path(after): Path<u64>,
) -> Result<Json<Vec<Row>>, ServerError> {
    let mut conn = stores.pool.get().await?;
    Ok(Json(conn.exec(ROWS, (after,)).await?))
}

async fn page(State(stores): State<Stores>) -> Result<impl IntoResponse, ServerError> {
    let mut redis = stores.redis;
    let page: Vec<u8> = redis::cmd("GET")
        .arg("baseline_server")
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
        // Without it the connection works, with a higher latency.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// The address to listen on and the URLs of the database and the cache.
#[expect(
    clippy::disallowed_methods,
    reason = "this program does not use the product's settings"
)]
fn settings() -> Result<[String; 3], Box<dyn std::error::Error>> {
    let read = |name: &str| {
        std::env::var(name).map_err(|_| format!("{name} is not set: use `make bench`"))
    };
    Ok([
        read("BASELINE_SERVER_ADDR")?,
        read("BASELINE_SERVER_DB_URL")?,
        read("BASELINE_SERVER_REDIS_URL")?,
    ])
}
