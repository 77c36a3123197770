//! What changes while a password is being checked, which takes its time: the sign-in that comes out
//! must stand on the password and the state of its last moment.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params};
use satchel::platform::secret::Secret;
use serde_json::Value;

use super::login;
use crate::harness::{DEFAULT_PASSWORD, Reply, TestApp};
use crate::platform::support::until;

const NEW: &str = "another horse, another colour";

/// A change that is made and not yet visible to anybody.
async fn begin_change(app: &TestApp, sql: &str, values: impl Into<Params> + Send) -> Conn {
    let mut conn = app.database().connect().await;
    conn.query_drop("START TRANSACTION").await.unwrap();
    conn.exec_drop(sql, values.into()).await.unwrap();
    assert_eq!(conn.affected_rows(), 1);
    conn
}

/// Signs in while a change is under way, which is committed when only the opening is left to do.
async fn sign_in_across(app: &TestApp, mut change: Conn) -> Reply {
    let commit = async {
        until("the sign-in is about to be opened", async || {
            let sql = "SELECT COUNT(*) FROM information_schema.processlist \
                       WHERE db = DATABASE() AND info LIKE '%FROM users%FOR UPDATE'";
            (app.database().count(sql).await == 1).then_some(())
        })
        .await;
        change.query_drop("COMMIT").await.unwrap();
    };
    let (reply, ()) = tokio::join!(login(app, "ann", DEFAULT_PASSWORD).into_future(), commit);
    change.disconnect().await.unwrap();
    reply
}

async fn sessions(app: &TestApp) -> i64 {
    app.database().count("SELECT COUNT(*) FROM sessions").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_changed_meanwhile_opens_nothing() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let new = Secret::new(NEW.to_owned());
    let hash = app.state.passwords.hash(new).await.unwrap();
    let change = begin_change(&app, "UPDATE users SET password_hash = ?", (hash,)).await;
    let reply = sign_in_across(&app, change).await;
    reply.problem(401, "invalid_credentials");
    assert_eq!(sessions(&app).await, 0);
    let _: Value = login(&app, "ann", NEW).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_disabled_meanwhile_opens_nothing() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let change = begin_change(&app, "UPDATE users SET status = 'disabled'", ()).await;
    let reply = sign_in_across(&app, change).await;
    reply.problem(403, "account_disabled");
    assert_eq!(sessions(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_is_renewed_meanwhile_keeps_nobody_out() {
    let app = TestApp::start().await;
    app.account("ann", true).await;
    let same = Secret::new(DEFAULT_PASSWORD.to_owned());
    let hash = app.state.passwords.hash(same).await.unwrap();
    let change = begin_change(&app, "UPDATE users SET password_hash = ?", (hash,)).await;
    let _: Value = sign_in_across(&app, change).await.ok();
}
