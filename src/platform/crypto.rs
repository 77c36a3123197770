//! Random bytes, digests, keyed digests and sealing, all from one provider (AWS-LC).
//! Refuses algorithms of our own; the root key leaves this file only as derived keys.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, digest, hkdf, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::platform::secret::Secret;

/// Length of the root key and of every digest here.
pub const KEY_BYTES: usize = 32;

/// The keys of the service, each derived from the root key for one purpose (RFC 5869).
#[derive(Clone)]
pub struct Keys {
    mac: hmac::Key,
    seal: std::sync::Arc<LessSafeKey>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

/// A sealed text that was altered, cut or sealed with another key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the sealed text was altered or belongs to another key")]
pub struct Unsealable;

impl Keys {
    /// Derives all keys from the root key.
    pub fn derive(root: &Secret<Vec<u8>>) -> Self {
        let mac = derive_bytes(root.expose(), b"satchel mac v1");
        let seal = derive_bytes(root.expose(), b"satchel seal v1");
        #[expect(
            clippy::expect_used,
            reason = "AES-256 takes exactly the 32 bytes that are given"
        )]
        let seal = UnboundKey::new(&AES_256_GCM, seal.expose()).expect("a key of 32 bytes");
        Self {
            mac: hmac::Key::new(hmac::HMAC_SHA256, mac.expose()),
            seal: std::sync::Arc::new(LessSafeKey::new(seal)),
        }
    }

    /// HMAC-SHA-256 over the parts, each with its length before it, under a purpose.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; KEY_BYTES] {
        let mut context = hmac::Context::with_key(&self.mac);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        let mut out = [0; KEY_BYTES];
        out.copy_from_slice(tag.as_ref());
        out
    }

    /// Encrypts with AES-256-GCM under a fresh nonce, bound to `label`.
    pub fn seal(&self, label: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = random();
        let mut sealed = plain.to_vec();
        #[expect(
            clippy::expect_used,
            reason = "fails only beyond 64 GiB, our texts are bounded to 1 MiB"
        )]
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label),
                &mut sealed,
            )
            .expect("a short text can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what `seal` made under the same label.
    pub fn unseal(&self, label: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut rest = rest.to_vec();
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(label), &mut rest)
            .map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }
}

fn derive_bytes(root: &[u8], purpose: &[u8]) -> Secret<[u8; KEY_BYTES]> {
    let mut out = [0; KEY_BYTES];
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"satchel");
    #[expect(
        clippy::expect_used,
        reason = "HKDF-SHA-256 gives up to 8,160 bytes, 32 are asked for"
    )]
    salt.extract(root)
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out))
        .expect("32 bytes can be derived");
    Secret::new(out)
}

/// Random bytes from the system's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness nothing here is safe: the request must die"
    )]
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A random text of `N` bytes in unpadded base64url.
pub fn random_text<const N: usize>() -> String {
    encode(&random::<N>())
}

/// Six decimal digits, each code equally likely.
pub fn random_code() -> String {
    // The largest multiple of a million below 2^32: a draw above it would favour low codes.
    const LIMIT: u32 = u32::MAX - u32::MAX % 1_000_000;
    loop {
        let draw = u32::from_be_bytes(random());
        if draw < LIMIT {
            return format!("{:06}", draw % 1_000_000);
        }
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; KEY_BYTES] {
    let mut out = [0; KEY_BYTES];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// A digest over bytes that come piece by piece.
pub struct Running(digest::Context);

impl Running {
    /// SHA-256.
    pub fn sha256() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// SHA-1: finds bytes that a line has changed, and nothing that somebody changed on purpose.
    pub fn sha1() -> Self {
        Self(digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// Compares in a time that does not depend on where the two differ.
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Unpadded base64url (RFC 4648, 5).
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads unpadded base64url; only the one canonical spelling of the bytes is accepted.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive(&Secret::new(vec![7; 32]))
    }

    #[test]
    fn what_is_sealed_opens_only_under_its_label_and_unaltered() {
        let keys = keys();
        let mut sealed = keys.seal(b"mail-1", b"code 123456");
        assert_eq!(keys.unseal(b"mail-1", &sealed).unwrap(), b"code 123456");
        assert_eq!(keys.unseal(b"mail-2", &sealed), Err(Unsealable));
        sealed[20] ^= 1;
        assert_eq!(keys.unseal(b"mail-1", &sealed), Err(Unsealable));
        assert_eq!(keys.unseal(b"mail-1", b"short"), Err(Unsealable));
    }

    #[test]
    fn a_mac_tells_how_its_parts_were_cut() {
        let keys = keys();
        assert_ne!(keys.mac("p", &[b"ab", b"c"]), keys.mac("p", &[b"a", b"bc"]));
        assert_ne!(keys.mac("p", &[b"a"]), keys.mac("q", &[b"a"]));
    }

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..100 {
            let code = random_code();
            assert!(
                code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
        }
    }
}
