//! What people trust the service with: tokens, passwords, second factors, keys, limits, the audit
//! log, the end of an account. Each promise as somebody outside would try to break it.

mod admin;
mod admin_fleet;
mod admin_members;
mod api_keys;
mod audit;
mod clock;
mod deletion;
mod email_change;
mod grants;
mod jwt;
mod limits;
mod passwords;
mod planted;
mod refusals;
mod second_factor;
mod sessions_list;
mod sign_in_races;
mod sign_in_throttle;
mod sign_in_work;
mod totp;

use axum::body::Bytes;
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value as SqlValue};
use satchel::features::accounts::manage;
use serde_json::{Value, json};

use crate::harness::{Actor, Call, Database, Reply, TestApp};

/// The refresh cookie's name without TLS.
const COOKIE: &str = "satchel_refresh";

/// A sign-in by a program.
fn login(app: &TestApp, login: &str, password: &str) -> Call {
    let body = json!({ "login": login, "password": password });
    app.anon().post("auth/login?transport=body").json(body)
}

/// A sign-in with a second factor.
fn login_with(app: &TestApp, login: &str, password: &str, code: &str) -> Call {
    let body = json!({ "login": login, "password": password, "code": code });
    app.anon().post("auth/login?transport=body").json(body)
}

/// Adds the refresh cookie of a device that was signed in before.
fn from_device(call: Call, refresh: &str) -> Call {
    call.header("cookie", &format!("{COOKIE}={refresh}"))
}

/// Somebody who is an admin.
async fn boss(app: &TestApp, name: &str) -> Actor {
    app.account(name, true).await;
    manage::set_admin(&app.state.db, &app.state.cache, name)
        .await
        .unwrap();
    let anon = app.anon();
    anon.sign_in(name, crate::harness::DEFAULT_PASSWORD).await
}

/// Whether the sign-in stands, asked by way of both kinds of check.
async fn is_signed_in(actor: &Actor) -> bool {
    let (me, notes) = (actor.get("me").await, actor.get("notes").await);
    assert_eq!(me.status(), notes.status(), "{me:?}\n{notes:?}");
    if me.status() == 401 {
        me.problem(401, "invalid_token");
        return false;
    }
    me.expect_status(200);
    true
}

/// How many answers have each of the statuses.
fn tally(replies: &[Reply], status: u16) -> usize {
    let those = replies.iter().filter(|reply| reply.status() == status);
    those.count()
}

/// The text of an answer, whatever it is.
fn text_of(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A text inside JSON.
#[track_caller]
fn word(value: &Value, field: &str) -> String {
    let found = value[field].as_str();
    found
        .unwrap_or_else(|| panic!("no {field} in {value}"))
        .to_owned()
}

/// Every table but the journal of the migrations.
async fn tables(database: &Database) -> Vec<String> {
    let sql = "SELECT table_name FROM information_schema.tables \
               WHERE table_schema = DATABASE() AND table_name <> 'schema_steps'";
    let rows: Vec<(String,)> = database.rows(sql, ()).await;
    rows.into_iter().map(|(name,)| name).collect()
}

/// Every text and every blob that stands anywhere in the database.
async fn dump(database: &Database) -> Vec<u8> {
    let mut conn = database.connect().await;
    let mut all = Vec::new();
    for table in tables(database).await {
        let rows: Vec<Row> = conn.query(format!("SELECT * FROM {table}")).await.unwrap();
        for value in rows.into_iter().flat_map(Row::unwrap) {
            if let SqlValue::Bytes(bytes) = value {
                all.extend_from_slice(&bytes);
                all.push(b'\n');
            }
        }
    }
    conn.disconnect().await.unwrap();
    all
}

/// Whether a secret stands in a heap of bytes, in any letter case.
fn holds(heap: &[u8], secret: &[u8]) -> bool {
    assert!(secret.len() >= 6, "too short to be told from chance");
    heap.windows(secret.len())
        .any(|piece| piece.eq_ignore_ascii_case(secret))
}
