//! An authenticator app (RFC 6238), written a second time so that it can contradict the service.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::word;
use crate::harness::{Actor, DEFAULT_PASSWORD, TestApp};

/// What the owner of a second factor has in the hand.
pub(super) struct Authenticator {
    /// As it was typed into the app.
    pub(super) secret: String,
    /// The recovery codes on paper.
    pub(super) recovery: Vec<String>,
}

impl Authenticator {
    /// The code the app shows now.
    pub(super) fn code(&self, app: &TestApp) -> String {
        code(&self.secret, app, 0)
    }

    /// Six digits that are no code around now.
    pub(super) fn wrong_code(&self, app: &TestApp) -> String {
        let near: Vec<String> = (-3..=3).map(|by| code(&self.secret, app, by)).collect();
        let all = (0..).map(|number| format!("{number:06}"));
        all.into_iter().find(|code| !near.contains(code)).unwrap()
    }
}

/// The code of a step before or after the present one.
pub(super) fn code(secret: &str, app: &TestApp, steps: i64) -> String {
    code_of(secret, app.state.clock.now().seconds() / 30 + steps)
}

/// The code of a step, counted from 1970.
pub(super) fn code_of(secret: &str, step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret));
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let four: [u8; 4] = tag[at..at + 4].try_into().unwrap();
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000;
    format!("{number:06}")
}

/// The bytes of a secret as it is typed.
pub(super) fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for sign in text.bytes() {
        let place = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|known| *known == sign);
        bits = (bits << 5) | u32::try_from(place.unwrap()).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).unwrap());
        }
    }
    bytes
}

/// Asks for a secret.
pub(super) async fn begin(actor: &Actor) -> Value {
    let body = json!({ "password": DEFAULT_PASSWORD });
    actor.post("me/totp").json(body).await.ok()
}

/// Switches the second factor on. The code of the set-up was some minutes ago.
pub(super) async fn enrol(app: &TestApp, actor: &Actor) -> Authenticator {
    let secret = word(&begin(actor).await, "secret");
    let body = json!({ "code": code(&secret, app, 0) });
    let shown: Value = actor.post("me/totp/confirm").json(body).await.ok();
    let codes = shown["recovery_codes"].as_array().unwrap();
    let recovery = codes.iter().map(|code| code.as_str().unwrap().to_owned());
    let authenticator = Authenticator {
        secret,
        recovery: recovery.collect(),
    };
    let_steps_pass(app).await;
    authenticator
}

/// As if the last code had been used some minutes ago.
pub(super) async fn let_steps_pass(app: &TestApp) {
    let sql = "UPDATE users SET totp_last_step = totp_last_step - 10 \
               WHERE totp_last_step IS NOT NULL";
    app.database().exec(sql, ()).await;
}
