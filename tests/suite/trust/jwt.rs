//! Access tokens in hostile hands: forged, bent, cut, mixed up. Each is refused with the same
//! answer. The tests know the signing key, so that only the bent part can be what is refused.

use aws_lc_rs::hmac;
use satchel::platform::crypto;
use serde_json::{Value, json};

use super::{is_signed_in, word};
use crate::harness::{Actor, DEFAULT_PASSWORD, Reply, TestApp};

/// A token that can be bent before it is signed.
#[derive(Clone)]
struct Forge {
    key: Vec<u8>,
    header: Value,
    claims: Value,
}

impl Forge {
    /// The parts of somebody's good token and the key of the service.
    fn new(app: &TestApp, actor: &Actor) -> Self {
        let token = actor.token.clone().unwrap();
        let part = |at: usize| {
            let text = token.split('.').nth(at).unwrap();
            serde_json::from_slice(&crypto::decode(text).unwrap()).unwrap()
        };
        let keys = app.config.jwt_keys.expose();
        let key = keys.rsplit(':').next().unwrap();
        Self {
            key: crypto::decode(key).unwrap(),
            header: part(0),
            claims: part(1),
        }
    }

    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name).unwrap();
        self
    }

    fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name).unwrap();
        self
    }

    fn key(mut self, key: &[u8]) -> Self {
        self.key = key.to_vec();
        self
    }

    fn number(&self, claim: &str) -> i64 {
        self.claims[claim].as_i64().unwrap()
    }

    fn sign(&self) -> String {
        sign(
            &self.header.to_string(),
            &self.claims.to_string(),
            &self.key,
        )
    }

    /// Without any signature.
    fn unsigned(&self) -> String {
        let token = self.sign();
        format!("{}.", token.rsplit_once('.').unwrap().0)
    }
}

fn sign(header: &str, claims: &str, key: &[u8]) -> String {
    let (header, claims) = (header.as_bytes(), claims.as_bytes());
    let text = format!("{}.{}", crypto::encode(header), crypto::encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", crypto::encode(tag.as_ref()))
}

/// The one answer to a token that is not good.
#[track_caller]
fn refused(name: &str, reply: &Reply) {
    assert_eq!(reply.status(), 401, "{name}: {reply:?}");
    reply.problem(401, "invalid_token");
    let challenge = reply.header("www-authenticate");
    assert_eq!(challenge, "Bearer error=\"invalid_token\"", "{name}");
}

/// Each of the tokens is refused, by both ways in which callers are checked.
async fn all_refused(anon: &Actor, tokens: Vec<(String, String)>) {
    for (name, token) in tokens {
        let bent = anon.with_token(Some(&token));
        refused(&name, &bent.get("me").await);
        refused(&name, &bent.get("notes").await);
        refused(&name, &bent.post("notes").json(json!({})).await);
    }
}

fn named(name: &str, token: String) -> (String, String) {
    (name.to_owned(), token)
}

#[tokio::test]
async fn a_token_that_is_minted_with_the_known_key_is_good_so_the_refusals_mean_something() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let minted = Forge::new(&app, &ann).sign();
    assert!(is_signed_in(&ann.with_token(Some(&minted))).await);
    let moved = Forge::new(&app, &ann).claim("jti", "another").sign();
    assert!(is_signed_in(&ann.with_token(Some(&moved))).await);
}

#[tokio::test]
async fn no_other_algorithm_is_ever_believed() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let mut tokens = Vec::new();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let bent = forge.clone().header("alg", none);
        tokens.push(named(&format!("alg {none}, unsigned"), bent.unsigned()));
        tokens.push(named(&format!("alg {none}, signed"), bent.sign()));
    }
    for other in [
        "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA", "hs256",
    ] {
        let bent = forge.clone().header("alg", other);
        tokens.push(named(&format!("alg {other}"), bent.sign()));
    }
    tokens.push(named("no alg", forge.clone().without_header("alg").sign()));
    tokens.push(named("empty signature", forge.unsigned()));
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn a_key_that_somebody_else_chose_is_never_used() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let own = crypto::random::<32>();
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": crypto::encode(&own) });
    let forged = forge.clone().key(&own);
    let mut tokens = vec![
        named("another key", forged.sign()),
        named("no key", forge.clone().key(b"").sign()),
        named("the kid as key", forge.clone().key(b"k1").sign()),
        named("a jwk", forged.clone().header("jwk", jwk).sign()),
    ];
    for (name, url) in [
        ("jku", "https://evil.example/keys"),
        ("x5u", "file:///dev/null"),
    ] {
        let bent = forged.clone().header(name, url);
        tokens.push(named(name, bent.sign()));
    }
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn the_name_of_a_key_is_only_ever_compared() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let mut tokens = vec![named("no kid", forge.clone().without_header("kid").sign())];
    for kid in [
        "",
        "K1",
        "k1 ",
        "k2",
        "../../../../dev/null",
        "/dev/null",
        "k1' OR '1'='1",
        "' UNION SELECT 'key' -- ",
        "k1\u{0}",
        "k1|id",
        &"k".repeat(4000),
    ] {
        let bent = forge.clone().header("kid", kid);
        tokens.push(named(&format!("kid {kid}"), bent.sign()));
        tokens.push(named(&format!("kid {kid}, no key"), bent.key(b"").sign()));
    }
    for kid in [json!(1), json!(["k1"]), json!({ "k1": 1 }), Value::Null] {
        tokens.push(named(
            &format!("kid {kid}"),
            forge.clone().header("kid", kid).sign(),
        ));
    }
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn only_an_access_token_is_an_access_token() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let mut tokens = vec![
        named("a refresh token", ann.refresh.clone()),
        named("no typ", forge.clone().without_header("typ").sign()),
        named(
            "an unknown API key",
            format!("sat_{}", crypto::random_text::<32>()),
        ),
        named("an empty API key", "sat_".to_owned()),
        named("a session id", word(&forge.claims, "sid")),
    ];
    for typ in ["JWT", "rt+jwt", "jwt", "AT+JWT ", ""] {
        tokens.push(named(
            &format!("typ {typ}"),
            forge.clone().header("typ", typ).sign(),
        ));
    }
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn every_claim_is_required_and_of_its_kind() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let mut tokens = Vec::new();
    for claim in ["exp", "nbf", "aud", "iss", "sub", "sid", "jti", "iat"] {
        tokens.push(named(
            &format!("no {claim}"),
            forge.clone().without(claim).sign(),
        ));
        for odd in [
            Value::Null,
            json!(true),
            json!({}),
            json!([]),
            json!(-1),
            json!(""),
        ] {
            // Any text is good enough for the number of a token.
            if claim == "jti" && odd == "" {
                continue;
            }
            let name = format!("{claim} is {odd}");
            tokens.push(named(&name, forge.clone().claim(claim, odd).sign()));
        }
    }
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn times_places_and_people_have_to_be_right() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.user("ann").await, app.user("bob").await);
    let forge = Forge::new(&app, &ann);
    let others = Forge::new(&app, &bob);
    let now = forge.number("iat");
    let bent = |claim: &str, value: Value| forge.clone().claim(claim, value).sign();
    let tokens = vec![
        named("expired", bent("exp", json!(now - 60))),
        named("expired long ago", bent("exp", json!(1))),
        named("not valid yet", bent("nbf", json!(now + 600))),
        named("issued later than valid", bent("iat", json!(now + 300))),
        named("another issuer", bent("iss", json!("https://evil.example"))),
        named(
            "a longer issuer",
            bent("iss", json!("http://localhost:8080.evil.example")),
        ),
        named(
            "another audience",
            bent("aud", json!("https://evil.example")),
        ),
        named("nobody", bent("sub", json!(crate::harness::id()))),
        named("an account by name", bent("sub", json!("ann' OR '1'='1"))),
        named("no such sign-in", bent("sid", json!(crate::harness::id()))),
        named(
            "the sign-in of another",
            bent("sid", others.claims["sid"].clone()),
        ),
        named("another for this sign-in", bent("sub", json!(bob.id))),
    ];
    all_refused(&app.anon(), tokens).await;
}

#[tokio::test]
async fn a_token_is_written_in_one_way_only() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let forge = Forge::new(&app, &ann);
    let good = forge.sign();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims) = (forge.header.to_string(), forge.claims.to_string());
    let twice = |text: &str, field: &str| text.replacen('{', &format!("{{{field},"), 1);
    let two_subjects = twice(&claims, &format!("\"sub\":\"{}\"", crate::harness::id()));
    let two_ends = twice(&claims, "\"exp\":1");
    let two_algorithms = twice(&header, "\"alg\":\"none\"");
    let tokens = vec![
        named("two subjects", sign(&header, &two_subjects, &forge.key)),
        named("two ends", sign(&header, &two_ends, &forge.key)),
        named("two algorithms", sign(&two_algorithms, &claims, &forge.key)),
        named("trailing bits", with_other_trailing_bits(&good)),
        named("a dot behind", format!("{good}.")),
        named("a dot before", format!(".{good}")),
        named("two dots", good.replacen('.', "..", 1)),
        named("five parts", format!("{good}.{}.{}", parts[1], parts[2])),
        named("two parts", format!("{}.{}", parts[0], parts[1])),
        named("padding", format!("{good}=")),
        named("a blank inside", good.replacen('.', ". ", 1)),
        named("two tokens", format!("{good},{good}")),
        named("no JSON", sign("a", "b", &forge.key)),
        named("an array", sign(&header, "[]", &forge.key)),
        named("a signature cut", good[..good.len() - 1].to_owned()),
        named("nothing", String::new()),
        named("dots", "..".to_owned()),
        named("bytes", "\u{1f511}.\u{1f511}.\u{1f511}".to_owned()),
    ];
    all_refused(&app.anon(), tokens).await;
}

/// The last sign of 43 holds two bits that mean nothing: another sign would be the same signature.
fn with_other_trailing_bits(token: &str) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (front, last) = token.split_at(token.len() - 1);
    let place = SIGNS.iter().position(|sign| *sign == last.as_bytes()[0]);
    let other = char::from(SIGNS[place.unwrap() ^ 1]);
    format!("{front}{other}")
}

#[tokio::test]
async fn a_token_is_read_from_its_header_alone() {
    let app = TestApp::start().await;
    let ann = app.user("ann").await;
    let token = ann.token.clone().unwrap();
    let bearer = format!("Bearer {token}");
    let twice = ann.get("me").header("authorization", &bearer);
    refused("two headers", &twice.await);
    let joined = format!("{bearer}, {bearer}");
    let joined = app.anon().get("me").header("authorization", &joined);
    refused("two in one header", &joined.await);
    for path in ["access_token", "token", "jwt", "authorization"] {
        let reply = app.anon().get(&format!("me?{path}={token}")).await;
        assert_eq!(reply.status(), 401, "{reply:?}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    for (name, value) in [
        ("cookie", format!("access_token={token}")),
        ("x-access-token", token.clone()),
        ("proxy-authorization", bearer),
    ] {
        let reply = app.anon().get("me").header(name, &value).await;
        reply.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn keys_are_exchanged_step_by_step_without_a_single_refusal() {
    let key = |kid: &str| format!("{kid}:hs256:{}", crypto::random_text::<32>());
    let (old, new) = (key("old"), key("new"));
    let stages = [old.clone(), format!("{old},{new}"), format!("{new},{old}")];
    let first = TestApp::start_with(&[("SATCHEL_JWT_KEYS", &stages[0])]).await;
    first.account("ann", true).await;
    let instances: Vec<TestApp> = stages
        .iter()
        .map(|keys| first.sibling(&[("SATCHEL_JWT_KEYS", keys)]))
        .collect();
    let mut held = Vec::new();
    // While a stage is rolled out, instances of the stage before are still there.
    for pair in instances.windows(2) {
        for app in pair {
            held.push(app.anon().sign_in("ann", DEFAULT_PASSWORD).await);
        }
        for actor in &held {
            assert!(is_signed_in(&actor.at(&pair[0])).await);
            assert!(is_signed_in(&actor.at(&pair[1])).await);
        }
    }
    let last = first.sibling(&[("SATCHEL_JWT_KEYS", &new)]);
    assert!(
        !is_signed_in(&held[0].at(&last)).await,
        "the old key is gone"
    );
    assert!(is_signed_in(&held[3].at(&last)).await);
    let body = json!({ "refresh_token": held[0].refresh });
    let again = last.anon().post("auth/refresh?transport=body").json(body);
    let again: Value = again.await.ok();
    let token = word(&again, "access_token");
    assert!(is_signed_in(&held[0].at(&last).with_token(Some(&token))).await);
}
