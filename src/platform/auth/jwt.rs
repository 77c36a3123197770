//! Access tokens: JWT (RFC 7519, profile RFC 9068) under one fixed algorithm per key.
//! Refuses everything optional: each claim is required, each check is made, `kid` picks the key.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::domain::id::{SessionId, UserId};
use crate::platform::clock::Clock;
use crate::platform::crypto;
use crate::platform::secret::Secret;

/// Life of an access token in seconds.
pub const LIFE_S: u64 = 600;
/// Clocks of two instances may differ by so many seconds.
const LEEWAY_S: u64 = 5;
/// Media type of an access token (RFC 9068, 2.1).
const TYPE: &str = "at+jwt";
/// Fewest bytes of an HS256 key (RFC 7518, 3.2).
const HMAC_KEY_BYTES: usize = 32;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the service's public address.
    pub iss: String,
    /// Whom it is for: the same address.
    pub aud: String,
    pub sub: UserId,
    /// The sign-in it belongs to.
    pub sid: SessionId,
    pub jti: String,
    /// Issued at, in seconds since 1970.
    pub iat: u64,
    /// Not valid before.
    pub nbf: u64,
    /// Not valid from this second on.
    pub exp: u64,
}

/// Why a token is refused; the client learns only that it is.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: form, signature, key, type, issuer or audience.
    #[error("not a valid access token: {0}")]
    Invalid(String),
}

/// A key setting that cannot work; never repeats the key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadKey(String);

struct SigningKey {
    kid: String,
    /// The first part of every token that was signed with it here.
    head: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// Signs with the first key, accepts any of them: that is how keys are rotated.
pub struct Tokens {
    keys: Vec<SigningKey>,
    issuer: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Reads keys as `kid:hs256:base64url` or `kid:eddsa:base64url(PKCS#8)`, comma separated.
    pub fn new(keys: &Secret<String>, issuer: &str) -> Result<Self, BadKey> {
        let keys: Vec<SigningKey> = keys
            .expose()
            .split(',')
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .map(|key| SigningKey::parse(key, issuer))
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(BadKey("there is no key".to_owned()));
        }
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].iter().any(|other| other.kid == key.kid) {
                return Err(BadKey(format!("the kid `{}` is used twice", key.kid)));
            }
        }
        Ok(Self {
            keys,
            issuer: issuer.to_owned(),
        })
    }

    /// Signs a token for a sign-in.
    pub fn sign(
        &self,
        user: UserId,
        session: SessionId,
        clock: &Clock,
    ) -> Result<String, TokenError> {
        let now = u64::try_from(clock.now().seconds()).unwrap_or(0);
        let key = &self.keys[0];
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: user,
            sid: session,
            jti: crypto::random_text::<12>(),
            iat: now,
            nbf: now,
            exp: now + LIFE_S,
        };
        jsonwebtoken::encode(&header(key.algorithm, &key.kid), &claims, &key.encoding)
            .map_err(|err| TokenError::Invalid(err.to_string()))
    }

    /// Claims of a token that begins as ours do: its head is known beforehand, type, key and
    /// algorithm with it, so nothing but the claims is left to be read. `None`: it begins otherwise.
    fn verify_own(&self, token: &str) -> Option<Result<Claims, TokenError>> {
        let refuse = |what: &str| Err(TokenError::Invalid(what.to_owned()));
        let (message, signature) = token.rsplit_once('.')?;
        let (head, payload) = message.split_once('.')?;
        let key = self.keys.iter().find(|key| key.head == head)?;
        let genuine = jsonwebtoken::crypto::verify(
            signature,
            message.as_bytes(),
            &key.decoding,
            key.algorithm,
        );
        if !matches!(genuine, Ok(true)) {
            return Some(refuse("wrong signature"));
        }
        let claims = crypto::decode(payload)
            .and_then(|payload| serde_json::from_slice::<Claims>(&payload).ok());
        let Some(claims) = claims else {
            return Some(refuse("not the claims of an access token"));
        };
        let now = jsonwebtoken::get_current_timestamp();
        if claims.iss != self.issuer || claims.aud != self.issuer {
            return Some(refuse("wrong issuer or audience"));
        }
        if claims.exp.saturating_add(LEEWAY_S) < now || claims.nbf > now + LEEWAY_S {
            return Some(refuse("not valid now"));
        }
        Some(Ok(claims))
    }

    /// Claims of a token that was signed elsewhere with a key of ours, whose head may say the same
    /// in another way.
    fn verify_foreign(&self, token: &str) -> Result<Claims, TokenError> {
        let refuse = |what: &str| TokenError::Invalid(what.to_owned());
        let header = jsonwebtoken::decode_header(token).map_err(|err| refuse(&err.to_string()))?;
        if header.typ.as_deref() != Some(TYPE) {
            return Err(refuse("wrong typ"));
        }
        let key = self
            .keys
            .iter()
            .find(|key| header.kid.as_deref() == Some(&key.kid))
            .ok_or_else(|| refuse("unknown kid"))?;
        jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation)
            .map(|token| token.claims)
            .map_err(|err| refuse(&err.to_string()))
    }

    /// Checks form, key, signature, type and every claim.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let claims = match self.verify_own(token) {
            Some(verdict) => verdict?,
            None => self.verify_foreign(token)?,
        };
        if claims.iat > claims.exp || claims.iat > claims.nbf.saturating_add(LEEWAY_S) {
            let text = "the times contradict each other";
            return Err(TokenError::Invalid(text.to_owned()));
        }
        Ok(claims)
    }
}

impl SigningKey {
    fn parse(text: &str, issuer: &str) -> Result<Self, BadKey> {
        let mut parts = text.splitn(3, ':');
        let (Some(kid), Some(algorithm), Some(key)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(BadKey("a key is written kid:hs256:base64url".to_owned()));
        };
        let kid_ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if kid.is_empty() || kid.len() > 32 || !kid.chars().all(kid_ok) {
            let text = "a kid has 1 to 32 letters, digits, `-`, `_` or `.`";
            return Err(BadKey(text.to_owned()));
        }
        let bytes = crypto::decode(key)
            .ok_or_else(|| BadKey(format!("the key `{kid}` is not base64url without padding")))?;
        let (algorithm, encoding, decoding) = match algorithm {
            "hs256" => hmac_key(kid, &bytes)?,
            "eddsa" => ed25519_key(kid, &bytes)?,
            other => {
                let text =
                    format!("the key `{kid}` has the algorithm `{other}`; use hs256 or eddsa");
                return Err(BadKey(text));
            }
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_audience(&[issuer]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        let head =
            serde_json::to_vec(&header(algorithm, kid)).map_err(|err| BadKey(err.to_string()))?;
        Ok(Self {
            kid: kid.to_owned(),
            head: crypto::encode(&head),
            algorithm,
            encoding,
            decoding,
            validation,
        })
    }
}

/// What the tokens of a key say about themselves.
fn header(algorithm: Algorithm, kid: &str) -> Header {
    let mut header = Header::new(algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(kid.to_owned());
    header
}

type KeyPair = (Algorithm, EncodingKey, DecodingKey);

fn hmac_key(kid: &str, bytes: &[u8]) -> Result<KeyPair, BadKey> {
    if bytes.len() < HMAC_KEY_BYTES {
        let text = format!("the key `{kid}` has {} bytes, hs256 needs 32", bytes.len());
        return Err(BadKey(text));
    }
    if is_obvious(bytes) {
        let text = format!("the key `{kid}` is not random; make one with `satchel secret`");
        return Err(BadKey(text));
    }
    let keys = (
        EncodingKey::from_secret(bytes),
        DecodingKey::from_secret(bytes),
    );
    Ok((Algorithm::HS256, keys.0, keys.1))
}

fn ed25519_key(kid: &str, pkcs8: &[u8]) -> Result<KeyPair, BadKey> {
    let refuse = || BadKey(format!("the key `{kid}` is no Ed25519 key in PKCS#8"));
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| refuse())?;
    let public = crypto::encode(pair.public_key().as_ref());
    let decoding = DecodingKey::from_ed_components(&public).map_err(|_| refuse())?;
    Ok((Algorithm::EdDSA, EncodingKey::from_ed_der(pkcs8), decoding))
}

/// Whether a key is a default or an example: few different bytes, or text a person typed.
pub fn is_obvious(bytes: &[u8]) -> bool {
    let different: std::collections::BTreeSet<u8> = bytes.iter().copied().collect();
    different.len() < 12 || bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://notes.example.org";

    fn key(kid: &str) -> String {
        format!("{kid}:hs256:{}", crypto::random_text::<32>())
    }

    fn tokens(keys: &str) -> Tokens {
        Tokens::new(&Secret::new(keys.to_owned()), ISSUER).unwrap()
    }

    #[test]
    fn a_token_is_accepted_by_its_own_key_and_during_rotation() {
        let (old, new) = (key("old"), key("new"));
        let (user, session) = (UserId::new(), SessionId::new());
        let token = tokens(&old).sign(user, session, &Clock::System).unwrap();
        let rotated = tokens(&format!("{new},{old}"));
        let claims = rotated.verify(&token).unwrap();
        assert_eq!((claims.sub, claims.sid), (user, session));
        assert!(tokens(&new).verify(&token).is_err());
        let newer = rotated.sign(user, session, &Clock::System).unwrap();
        assert!(tokens(&old).verify(&newer).is_err());
    }

    #[test]
    fn a_head_that_says_the_same_in_another_way_is_understood_and_a_wrong_one_refused() {
        let tokens = tokens(&key("k"));
        let (user, session) = (UserId::new(), SessionId::new());
        let token = tokens.sign(user, session, &Clock::System).unwrap();
        assert!(token.starts_with(&format!("{}.", tokens.keys[0].head)));
        let claims = tokens.verify(&token).unwrap();
        let signed = |header: &Header| {
            let token = jsonwebtoken::encode(header, &claims, &tokens.keys[0].encoding);
            tokens.verify(&token.unwrap())
        };
        let mut other = header(Algorithm::HS256, "k");
        other.cty = Some("JSON".to_owned());
        assert!(signed(&other).is_ok());
        for (typ, kid) in [(None, "k"), (Some("JWT"), "k"), (Some(TYPE), "l")] {
            let mut wrong = header(Algorithm::HS256, kid);
            wrong.typ = typ.map(str::to_owned);
            assert!(signed(&wrong).is_err(), "{typ:?} {kid}");
        }
    }

    #[test]
    fn each_claim_and_each_part_of_a_token_is_checked() {
        let tokens = tokens(&key("k"));
        let token = tokens
            .sign(UserId::new(), SessionId::new(), &Clock::System)
            .unwrap();
        let claims = tokens.verify(&token).unwrap();
        let signed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut claims = serde_json::to_value(&claims).unwrap();
            change(&mut claims);
            let head = header(Algorithm::HS256, "k");
            let token = jsonwebtoken::encode(&head, &claims, &tokens.keys[0].encoding).unwrap();
            tokens.verify(&token)
        };
        assert!(signed(&|_| {}).is_ok());
        for (name, value) in [
            ("iss", serde_json::json!("https://evil.example")),
            ("aud", serde_json::json!("https://evil.example")),
            ("aud", serde_json::json!([ISSUER])),
            ("sub", serde_json::json!("root")),
            ("exp", serde_json::json!(claims.iat - 600)),
            ("exp", serde_json::json!(-1)),
            ("nbf", serde_json::json!(claims.iat + 600)),
            ("nbf", serde_json::json!(u64::MAX)),
            ("iat", serde_json::json!(claims.iat + 600)),
        ] {
            assert!(signed(&|all| all[name] = value.clone()).is_err(), "{name}");
            let without = signed(&|all| drop(all.as_object_mut().unwrap().remove(name)));
            assert!(without.is_err(), "without {name}");
        }
        let parts: Vec<&str> = token.split('.').collect();
        let other = tokens.sign(UserId::new(), SessionId::new(), &Clock::System);
        let other = other.unwrap();
        let foreign = other.split('.').nth(1).unwrap();
        for broken in [
            format!("{}.{}.{}", parts[0], foreign, parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}", parts[0], parts[1]),
            format!("{token}."),
            format!("{token}.{}", parts[2]),
            format!(".{token}"),
            String::new(),
        ] {
            assert!(tokens.verify(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn ed25519_works_when_configured() {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let tokens = tokens(&format!("ed:eddsa:{}", crypto::encode(pkcs8.as_ref())));
        let token = tokens
            .sign(UserId::new(), SessionId::new(), &Clock::System)
            .unwrap();
        assert!(tokens.verify(&token).is_ok());
    }

    #[test]
    fn another_issuer_or_an_expired_token_is_refused() {
        let keys = key("k");
        let elsewhere = Tokens::new(&Secret::new(keys.clone()), "https://evil.example").unwrap();
        let (user, session) = (UserId::new(), SessionId::new());
        let token = elsewhere.sign(user, session, &Clock::System).unwrap();
        assert!(tokens(&keys).verify(&token).is_err());
        let past = Clock::Manual(std::sync::Arc::new(1_700_000_000_000_000.into()));
        let token = tokens(&keys).sign(user, session, &past).unwrap();
        assert!(tokens(&keys).verify(&token).is_err());
    }

    #[test]
    fn short_repeated_and_typed_keys_are_refused() {
        let parse = |text: &str| Tokens::new(&Secret::new(text.to_owned()), ISSUER).map(|_| ());
        assert!(parse("").is_err());
        assert!(parse("changeme").is_err());
        assert!(parse(&format!("k:hs256:{}", crypto::encode(&[0; 31]))).is_err());
        assert!(parse(&format!("k:hs256:{}", crypto::encode(&[0; 32]))).is_err());
        let typed = crypto::encode(b"please-change-this-secret-key-now");
        assert!(parse(&format!("k:hs256:{typed}")).is_err());
        assert!(parse(&format!("{},{}", key("k"), key("k"))).is_err());
        assert!(parse(&key("k")).is_ok());
    }
}
