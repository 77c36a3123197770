//! Accounts: sign up, prove the address, sign in, who am I. What strangers must not learn is here,
//! too; what happens to a sign-in afterwards is in `sessions`.

mod proof;
mod registration;
mod sign_in;

use serde_json::{Value, json};

use crate::harness::{Call, DEFAULT_PASSWORD, Reply, TestApp};

/// A registration with the usual password.
fn registration(app: &TestApp, username: &str, email: &str) -> Call {
    let body = json!({ "username": username, "email": email, "password": DEFAULT_PASSWORD });
    app.anon().post("auth/register").json(body)
}

/// Registers and returns the code that was mailed.
async fn registered(app: &TestApp, username: &str, email: &str) -> String {
    let _: Value = registration(app, username, email).await.created();
    app.code_for(email).await
}

/// The proof of an address.
fn proof(app: &TestApp, email: &str, code: &str) -> Call {
    let body = json!({ "email": email, "code": code });
    app.anon().post("auth/verify-email").json(body)
}

/// A sign-in with the refresh token in a cookie.
fn login(app: &TestApp, login: &str, password: &str) -> Call {
    let body = json!({ "login": login, "password": password });
    app.anon().post("auth/login").json(body)
}

/// A problem without the one word that differs from request to request.
fn without_request_id(reply: &Reply) -> Value {
    let mut document: Value = serde_json::from_slice(reply.bytes()).unwrap();
    document["request_id"] = Value::Null;
    document
}
