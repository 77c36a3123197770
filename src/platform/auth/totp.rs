//! Time-based codes (RFC 6238): SHA-1, six digits, thirty seconds, one step to either side.
//! Refuses to remember used steps; that is a row in the database.

use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Algorithm, Builder, Secret as TotpSecret, Totp};

use crate::platform::clock::Clock;
use crate::platform::crypto;
use crate::platform::secret::Secret;

/// Bytes of a shared secret (RFC 4226 recommends 160 bits).
const SECRET_BYTES: usize = 20;
/// The name authenticator apps show.
const ISSUER: &str = "Satchel";

/// A shared secret, before or after it is confirmed.
pub struct SharedSecret(Secret<Vec<u8>>);

/// What an authenticator app needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// `otpauth://totp/…`
    pub uri: String,
    /// The same as a QR code, an SVG document.
    pub qr_svg: String,
}

impl SharedSecret {
    /// A new random secret.
    pub fn fresh() -> Self {
        Self(Secret::new(crypto::random::<SECRET_BYTES>().to_vec()))
    }

    /// The bytes as they were stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes to be stored, sealed.
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    /// The time step a code belongs to, if it is good now.
    pub fn step_of(&self, code: &str, clock: &Clock) -> Option<u64> {
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let now = u64::try_from(clock.now().seconds()).ok()?;
        self.totp("account")?.check(code, now)
    }

    /// Address, text and picture for an authenticator app.
    pub fn enrolment(&self, account: &str) -> Option<Enrolment> {
        let uri = self.totp(account)?.to_url().ok()?;
        let picture = QrCode::new(uri.as_bytes()).ok()?;
        let qr_svg = picture
            .render::<svg::Color<'_>>()
            .min_dimensions(192, 192)
            .build();
        Some(Enrolment {
            secret: TotpSecret::from(self.bytes().to_vec()).to_base32(),
            uri,
            qr_svg,
        })
    }

    fn totp(&self, account: &str) -> Option<Totp> {
        // A colon would end the account's name inside the address.
        let account = account.replace(':', "");
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(self.bytes().to_vec())
            .with_issuer(Some(ISSUER))
            .with_account_name(account)
            .build()
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_standard_hold() {
        // RFC 6238, appendix B, cut to six digits.
        let secret = SharedSecret::from_bytes(b"12345678901234567890".to_vec());
        for (second, code) in [
            (59_i64, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let clock = Clock::Manual(std::sync::Arc::new((second * 1_000_000).into()));
            assert_eq!(
                secret.step_of(code, &clock),
                u64::try_from(second / 30).ok()
            );
            assert_eq!(secret.step_of("000000", &clock), None);
        }
    }

    #[test]
    fn an_enrolment_can_be_scanned_and_typed() {
        let enrolment = SharedSecret::fresh().enrolment("ann:lee").unwrap();
        assert!(
            enrolment
                .uri
                .starts_with("otpauth://totp/Satchel:annlee?secret="),
            "{}",
            enrolment.uri
        );
        assert!(enrolment.qr_svg.contains("<svg") && enrolment.secret.len() == 32);
    }
}
