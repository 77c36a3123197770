//! Every setting of the service, read here and nowhere else, all mistakes named at once.
//! There is no default secret; a key that is short, typed or an example is a mistake.

mod objects;
mod sections;

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::HeaderValue;
use ipnet::IpNet;

use super::settings::Reader;
use crate::api::state::FileBounds;
use crate::platform::secret::Secret;
use crate::platform::storage::{self, Store};
use crate::platform::{cache, db, mail};
use crate::services::auth::rate_limits::Quotas;
use objects::{files_store, object_store};
use sections::{
    cache_config, cors_origins, databases, file_bounds, keys, listener, log_filter, mail_config,
    ops_listener, public_url, quotas, registration, trusted_proxies,
};

#[derive(Debug, Clone)]
pub struct Config {
    /// The database, as the service uses it.
    pub db: db::Config,
    /// The database, as `satchel migrate` uses it.
    pub db_migrate: db::Config,
    pub cache: cache::Config,
    /// The way out for mail.
    pub mail: mail::Config,
    /// The listener for everybody.
    pub http_addr: SocketAddr,
    /// A listener of its own for `/metrics` and `/pool-stats`.
    pub ops_addr: Option<SocketAddr>,
    /// Client connections at once.
    pub max_connections: usize,
    /// Requests being worked on at once; more are refused with 503.
    pub max_in_flight: usize,
    /// Event streams at once; more are refused with 503.
    pub max_streams: usize,
    /// The address people use.
    pub public_url: String,
    /// The root key; all others but the JWT keys are derived from it.
    pub secret_key: Secret<Vec<u8>>,
    /// Signing keys, the first one signs.
    pub jwt_keys: Secret<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins of other sites that may call the API.
    pub cors_origins: Vec<HeaderValue>,
    /// The general rate limits; `None`: switched off.
    pub quotas: Option<Quotas>,
    /// The bounds of files.
    pub files: FileBounds,
    /// Where the bytes of whole files belong.
    pub files_store: Store,
    pub objects: Option<storage::Config>,
    /// Whether strangers may register.
    pub registration_open: bool,
    /// This instance's name in logs and lists.
    pub instance: String,
    pub log: String,
    /// How long to go on serving after SIGTERM, so that load balancers notice.
    pub drain: Duration,
    /// How long to wait for requests under way after that.
    pub grace: Duration,
}

/// All mistakes of a set of settings.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadSettings(pub Vec<String>);

impl Config {
    /// Reads the process's environment, and `.env` for what the environment does not say.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn from_environment() -> Result<Self, BadSettings> {
        let mut values: Vec<(String, String)> = Vec::new();
        match dotenvy::dotenv_iter() {
            Ok(lines) => {
                for line in lines {
                    match line {
                        Ok(pair) => values.push(pair),
                        Err(_) => {
                            let text = ".env: a line is not of the form NAME=value";
                            return Err(BadSettings(vec![text.to_owned()]));
                        }
                    }
                }
            }
            Err(err) if err.not_found() => {}
            Err(_) => return Err(BadSettings(vec![".env: cannot be read".to_owned()])),
        }
        values.extend(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        Self::parse(values)
    }

    /// Reads settings from pairs; a later pair wins.
    pub fn parse(values: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadSettings> {
        let mut reader = Reader::new(values);
        let public_url = public_url(&mut reader);
        let (secret_key, jwt_keys) = keys(&mut reader, &public_url);
        let (db, db_migrate) = databases(&mut reader);
        let http_addr = listener(&mut reader);
        let objects = object_store(&mut reader);
        let instance = reader
            .text("SATCHEL_INSTANCE")
            .unwrap_or_else(|| format!("satchel-{}", http_addr.port()));
        let config = Self {
            db,
            db_migrate,
            cache: cache_config(&mut reader),
            mail: mail_config(&mut reader, &public_url),
            http_addr,
            ops_addr: ops_listener(&mut reader),
            max_connections: to_usize(reader.number_or(
                "SATCHEL_HTTP_MAX_CONNECTIONS",
                8192,
                (1, 1_000_000),
            )),
            max_in_flight: to_usize(reader.number_or(
                "SATCHEL_HTTP_MAX_IN_FLIGHT",
                512,
                (1, 1_000_000),
            )),
            max_streams: to_usize(reader.number_or(
                "SATCHEL_HTTP_MAX_STREAMS",
                2000,
                (0, 1_000_000),
            )),
            public_url,
            secret_key,
            jwt_keys,
            trusted_proxies: trusted_proxies(&mut reader),
            cors_origins: cors_origins(&mut reader),
            quotas: quotas(&mut reader),
            files: file_bounds(&mut reader),
            files_store: files_store(&mut reader, objects.is_some()),
            objects,
            registration_open: registration(&mut reader),
            instance,
            log: log_filter(&mut reader),
            drain: Duration::from_secs(reader.number_or("SATCHEL_SHUTDOWN_DRAIN_S", 2, (0, 300))),
            grace: Duration::from_secs(reader.number_or("SATCHEL_SHUTDOWN_GRACE_S", 20, (1, 300))),
        };
        let errors = reader.finish();
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(BadSettings(errors))
        }
    }

    /// The effective settings, secrets hidden, one `NAME=value` a line.
    pub fn shown(&self) -> Vec<String> {
        let list = |items: Vec<String>| items.join(",");
        let origins = self
            .cors_origins
            .iter()
            .map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
        let hidden = |there: bool| if there { "***" } else { "" };
        let ops = self
            .ops_addr
            .map(|addr| addr.to_string())
            .unwrap_or_default();
        let mut lines = vec![
            "SATCHEL_DB_URL=***".to_owned(),
            "SATCHEL_DB_MIGRATE_URL=***".to_owned(),
            format!("SATCHEL_DB_POOL_MAX={}", self.db.pool_max),
            format!("SATCHEL_DB_TLS={}", tls_word(&self.db.tls)),
            format!("SATCHEL_DB_TLS_CA={}", authority(&self.db.tls)),
            format!("SATCHEL_DB_WAIT_MS={}", self.db.wait.as_millis()),
            format!("SATCHEL_DB_STATEMENT_MS={}", self.db.statement.as_millis()),
            format!("SATCHEL_REDIS_URL={}", hidden(self.cache.url.is_some())),
            format!("SATCHEL_REDIS_PREFIX={}", self.cache.prefix),
            format!("SATCHEL_SMTP_URL={}", hidden(self.mail.url.is_some())),
            format!("SATCHEL_MAIL_FROM={}", self.mail.from),
            format!("SATCHEL_HTTP_ADDR={}", self.http_addr),
            format!("SATCHEL_HTTP_MAX_CONNECTIONS={}", self.max_connections),
            format!("SATCHEL_HTTP_MAX_IN_FLIGHT={}", self.max_in_flight),
            format!("SATCHEL_HTTP_MAX_STREAMS={}", self.max_streams),
            format!("SATCHEL_OPS_ADDR={ops}"),
            format!("SATCHEL_PUBLIC_URL={}", self.public_url),
            "SATCHEL_SECRET_KEY=***".to_owned(),
            "SATCHEL_JWT_KEYS=***".to_owned(),
            format!(
                "SATCHEL_TRUSTED_PROXIES={}",
                list(self.trusted_proxies.iter().map(IpNet::to_string).collect())
            ),
            format!("SATCHEL_CORS_ORIGINS={}", list(origins.collect())),
            format!(
                "SATCHEL_API_LIMITS={}",
                if self.quotas.is_some() { "on" } else { "off" }
            ),
            format!(
                "SATCHEL_REGISTRATION={}",
                if self.registration_open {
                    "open"
                } else {
                    "closed"
                }
            ),
            format!("SATCHEL_FILES_MAX_BYTES={}", self.files.max_bytes),
            format!("SATCHEL_FILES_FORM_MAX_BYTES={}", self.files.form_max_bytes),
            format!("SATCHEL_FILES_QUOTA_BYTES={}", self.files.quota_bytes),
            format!(
                "SATCHEL_FILES_UPLOAD_H={}",
                self.files.upload_life.as_secs() / 3600
            ),
            format!("SATCHEL_INSTANCE={}", self.instance),
            format!("SATCHEL_LOG={}", self.log),
            format!("SATCHEL_SHUTDOWN_DRAIN_S={}", self.drain.as_secs()),
            format!("SATCHEL_SHUTDOWN_GRACE_S={}", self.grace.as_secs()),
        ];
        lines.extend(objects::shown(self.files_store, self.objects.as_ref()));
        lines
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn tls_word(tls: &db::Tls) -> &'static str {
    match tls {
        db::Tls::Off => "off",
        db::Tls::Required => "required",
        db::Tls::Verify(_) => "verify",
    }
}

fn authority(tls: &db::Tls) -> String {
    match tls {
        db::Tls::Verify(Some(path)) => path.display().to_string(),
        db::Tls::Off | db::Tls::Required | db::Tls::Verify(None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::crypto;

    fn good() -> Vec<(String, String)> {
        let pairs = [
            (
                "SATCHEL_DB_URL",
                "mysql://u:hunter2@127.0.0.1:3306/satchel".to_owned(),
            ),
            ("SATCHEL_SECRET_KEY", crypto::random_text::<32>()),
            (
                "SATCHEL_JWT_KEYS",
                format!("k1:hs256:{}", crypto::random_text::<32>()),
            ),
            ("PATH", "/bin".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn with(pairs: &[(&str, &str)]) -> Result<Config, BadSettings> {
        let extra = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(good().into_iter().chain(extra))
    }

    #[test]
    fn the_smallest_good_set_is_enough_and_shows_no_secret() {
        let config = with(&[]).unwrap();
        assert_eq!(config.db.pool_max, 5);
        let shown = config.shown().join("\n");
        assert!(
            !shown.contains("hunter2") && !shown.contains("hs256"),
            "{shown}"
        );
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let errors = with(&[
            ("SATCHEL_DB_POOL_MAX", "many"),
            ("SATCHEL_HTTP_ADDR", "8080"),
            ("SATCHEL_JWT_KEYS", "changeme"),
            ("SATCHEL_SECRET_KEY", "c2VjcmV0"),
            ("SATCHEL_CORS_ORIGINS", "https://a.example/path,null"),
            ("SATCHEL_DB_POOLMAX", "5"),
            ("SATCHEL_API_LIMITS", "maybe"),
        ])
        .unwrap_err()
        .0;
        for name in [
            "SATCHEL_DB_POOL_MAX: ",
            "SATCHEL_HTTP_ADDR: ",
            "SATCHEL_JWT_KEYS: ",
            "SATCHEL_SECRET_KEY: ",
            "SATCHEL_CORS_ORIGINS: `null`",
            "SATCHEL_CORS_ORIGINS: `https://a.example/path`",
            "SATCHEL_DB_POOLMAX: there is no such setting; did you mean SATCHEL_DB_POOL_MAX?",
            "SATCHEL_API_LIMITS: ",
        ] {
            assert!(
                errors.iter().any(|err| err.starts_with(name)),
                "{name} in {errors:#?}"
            );
        }
        assert!(!errors.join("\n").contains("changeme"));
    }

    #[test]
    fn a_secret_comes_from_a_file_or_from_the_environment_but_not_from_both() {
        let path = std::env::temp_dir().join(format!("satchel-{}", crypto::random_text::<9>()));
        std::fs::write(&path, "redis://127.0.0.1:6379\n").unwrap();
        let file = path.to_str().unwrap();
        let config = with(&[("SATCHEL_REDIS_URL_FILE", file)]).unwrap();
        assert_eq!(config.cache.url.unwrap().expose(), "redis://127.0.0.1:6379");
        let both = [
            ("SATCHEL_REDIS_URL_FILE", file),
            ("SATCHEL_REDIS_URL", "redis://x"),
        ];
        assert!(with(&both).is_err());
        assert!(with(&[("SATCHEL_REDIS_URL_FILE", "/nowhere/at/all")]).is_err());
        std::fs::remove_file(path).unwrap();
    }
}
