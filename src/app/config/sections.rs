//! The sections of the settings: each function reads what one part of the service needs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderValue;
use ipnet::IpNet;
use url::Url;

use super::to_usize;
use crate::api::state::FileBounds;
use crate::app::settings::Reader;
use crate::platform::auth::jwt::{self, Tokens};
use crate::platform::secret::Secret;
use crate::platform::{cache, crypto, db, mail};
use crate::services::auth::rate_limits::{Quota, Quotas};

/// Scheme, host and port without a path: links in mails and token issuers are built from it.
pub(super) fn public_url(reader: &mut Reader) -> String {
    const NAME: &str = "SATCHEL_PUBLIC_URL";
    let text = reader.text_or(NAME, "http://localhost:8080");
    let usable = Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    });
    if usable.is_none() {
        reader.err(NAME, "use https://host, without a path");
    }
    text.trim_end_matches('/').to_owned()
}

pub(super) fn keys(reader: &mut Reader, public_url: &str) -> (Secret<Vec<u8>>, Secret<String>) {
    const ROOT: &str = "SATCHEL_SECRET_KEY";
    const JWT: &str = "SATCHEL_JWT_KEYS";
    let mut root = Vec::new();
    match reader.secret(ROOT, "SATCHEL_SECRET_KEY_FILE") {
        None => reader.err(ROOT, "is missing; make one with `satchel secret`"),
        Some(text) => match crypto::decode(text.expose()) {
            Some(bytes) if bytes.len() >= crypto::KEY_BYTES && !jwt::is_obvious(&bytes) => {
                root = bytes;
            }
            _ => reader.err(
                ROOT,
                "must be 32 random bytes in base64url; make one with `satchel secret`",
            ),
        },
    }
    let jwt_keys = reader.secret(JWT, "SATCHEL_JWT_KEYS_FILE");
    match &jwt_keys {
        None => reader.err(JWT, "is missing; make one with `satchel secret`"),
        Some(keys) => {
            if let Err(err) = Tokens::new(keys, public_url) {
                reader.err(JWT, &err.to_string());
            }
        }
    }
    (
        Secret::new(root),
        jwt_keys.unwrap_or_else(|| Secret::new(String::new())),
    )
}

pub(super) fn databases(reader: &mut Reader) -> (db::Config, db::Config) {
    const URL: &str = "SATCHEL_DB_URL";
    let url = reader
        .secret(URL, "SATCHEL_DB_URL_FILE")
        .unwrap_or_else(|| {
            reader.err(
                URL,
                "is missing; use mysql://user:password@host:3306/schema",
            );
            Secret::new(String::new())
        });
    let migrate_url = reader
        .secret("SATCHEL_DB_MIGRATE_URL", "SATCHEL_DB_MIGRATE_URL_FILE")
        .unwrap_or_else(|| url.clone());
    const AUTHORITY: &str = "SATCHEL_DB_TLS_CA";
    let authority = reader.text(AUTHORITY).map(PathBuf::from);
    if let Some(path) = &authority
        && let Err(err) = std::fs::read(path)
    {
        let text = format!("{} cannot be read: {err}", path.display());
        reader.err(AUTHORITY, &text);
    }
    let tls = match reader.text_or("SATCHEL_DB_TLS", "off").as_str() {
        "off" => db::Tls::Off,
        "required" => db::Tls::Required,
        "verify" => db::Tls::Verify(authority),
        other => {
            reader.err(
                "SATCHEL_DB_TLS",
                &format!("`{other}` is not off, required or verify"),
            );
            db::Tls::Off
        }
    };
    let mut config = db::Config::new(url);
    config.tls = tls;
    config.pool_max = to_usize(reader.number_or("SATCHEL_DB_POOL_MAX", 5, (1, 1000)));
    config.wait = Duration::from_millis(reader.number_or("SATCHEL_DB_WAIT_MS", 300, (10, 60_000)));
    config.statement =
        Duration::from_millis(reader.number_or("SATCHEL_DB_STATEMENT_MS", 2000, (100, 60_000)));
    let migrate = db::Config {
        url: migrate_url,
        ..config.clone()
    };
    for (name, config) in [(URL, &config), ("SATCHEL_DB_MIGRATE_URL", &migrate)] {
        if !config.url.expose().is_empty()
            && let Err(err) = db::Db::new(config)
        {
            reader.err(name, &err.to_string());
        }
    }
    (config, migrate)
}

pub(super) fn cache_config(reader: &mut Reader) -> cache::Config {
    const URL: &str = "SATCHEL_REDIS_URL";
    let config = cache::Config {
        url: reader.secret(URL, "SATCHEL_REDIS_URL_FILE"),
        prefix: reader.text_or("SATCHEL_REDIS_PREFIX", "satchel"),
        deadline: Duration::from_millis(80),
    };
    if let Some(url) = &config.url
        && !["redis://", "rediss://"]
            .iter()
            .any(|scheme| url.expose().starts_with(scheme))
    {
        reader.err(
            URL,
            "use redis://host:6379 or rediss://user:password@host:6379",
        );
    }
    config
}

pub(super) fn mail_config(reader: &mut Reader, public_url: &str) -> mail::Config {
    let host = Url::parse(public_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let host = host
        .filter(|host| host.contains('.'))
        .unwrap_or_else(|| "localhost".to_owned());
    let config = mail::Config {
        url: reader.secret("SATCHEL_SMTP_URL", "SATCHEL_SMTP_URL_FILE"),
        from: reader.text_or("SATCHEL_MAIL_FROM", &format!("Satchel <satchel@{host}>")),
    };
    if let Err(err) = mail::Mailer::new(&config) {
        reader.err("SATCHEL_SMTP_URL", &err.to_string());
    }
    config
}

pub(super) fn listener(reader: &mut Reader) -> SocketAddr {
    let default = SocketAddr::from(([127, 0, 0, 1], 8081));
    reader.parsed_or(
        "SATCHEL_HTTP_ADDR",
        default,
        "an address with a port, such as 127.0.0.1:8081",
    )
}

pub(super) fn ops_listener(reader: &mut Reader) -> Option<SocketAddr> {
    const NAME: &str = "SATCHEL_OPS_ADDR";
    let text = reader.text(NAME)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        reader.err(
            NAME,
            &format!("`{text}` is not an address with a port, such as 10.0.0.5:9100"),
        );
    }
    parsed
}

pub(super) fn trusted_proxies(reader: &mut Reader) -> Vec<IpNet> {
    const NAME: &str = "SATCHEL_TRUSTED_PROXIES";
    let mut nets = Vec::new();
    for item in reader.list(NAME) {
        let single = || item.parse::<std::net::IpAddr>().map(IpNet::from).ok();
        match item.parse::<IpNet>().ok().or_else(single) {
            Some(net) => nets.push(net),
            None => reader.err(
                NAME,
                &format!("`{item}` is not a network such as 10.0.0.0/16"),
            ),
        }
    }
    nets
}

pub(super) fn cors_origins(reader: &mut Reader) -> Vec<HeaderValue> {
    const NAME: &str = "SATCHEL_CORS_ORIGINS";
    let mut origins = Vec::new();
    for item in reader.list(NAME) {
        let exact = Url::parse(&item)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|url| url.origin().ascii_serialization())
            .filter(|origin| *origin == item);
        match exact.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
            Some(origin) => origins.push(origin),
            None => reader.err(
                NAME,
                &format!("`{item}` is not an origin such as https://app.example.org"),
            ),
        }
    }
    origins
}

pub(super) fn on_off(reader: &mut Reader, name: &'static str, default: bool) -> bool {
    match reader.text(name).as_deref() {
        None => default,
        Some("on") => true,
        Some("off") => false,
        Some(other) => {
            let text = format!("`{other}` is not on or off");
            reader.err(name, &text);
            default
        }
    }
}

/// The general limits. They are read even when they are off, so that a mistake shows at once.
pub(super) fn quotas(reader: &mut Reader) -> Option<Quotas> {
    let quotas = Quotas {
        user: quota(reader, "SATCHEL_LIMIT_USER", (1200, 60)),
        address: quota(reader, "SATCHEL_LIMIT_ADDRESS", (600, 60)),
        register: quota(reader, "SATCHEL_LIMIT_REGISTER", (60, 3600)),
        mail: quota(reader, "SATCHEL_LIMIT_MAIL", (60, 3600)),
    };
    on_off(reader, "SATCHEL_API_LIMITS", true).then_some(quotas)
}

/// `requests/seconds`, such as `600/60`.
pub(super) fn quota(reader: &mut Reader, name: &'static str, default: (u64, u64)) -> Quota {
    let default = Quota {
        requests: default.0,
        window_s: default.1,
    };
    let Some(text) = reader.text(name) else {
        return default;
    };
    let parsed = text.split_once('/').and_then(|(requests, seconds)| {
        let quota = Quota {
            requests: requests.trim().parse().ok()?,
            window_s: seconds.trim().parse().ok()?,
        };
        (quota.requests > 0 && (1..=86_400).contains(&quota.window_s)).then_some(quota)
    });
    parsed.unwrap_or_else(|| {
        reader.err(
            name,
            &format!("`{text}` is not requests/seconds such as 600/60"),
        );
        default
    })
}

/// Sizes in bytes, and the hours an upload waits.
pub(super) fn file_bounds(reader: &mut Reader) -> FileBounds {
    const GIB: u64 = 1 << 30;
    const MOST: u64 = 1 << 50;
    let mut bytes = |name, default, most| reader.number_or(name, default, (1, most));
    FileBounds {
        max_bytes: bytes("SATCHEL_FILES_MAX_BYTES", 5 * GIB, 1 << 40),
        form_max_bytes: bytes("SATCHEL_FILES_FORM_MAX_BYTES", GIB / 4, 1 << 40),
        quota_bytes: bytes("SATCHEL_FILES_QUOTA_BYTES", 10 * GIB, MOST),
        upload_life: Duration::from_secs(
            3600 * reader.number_or("SATCHEL_FILES_UPLOAD_H", 24, (1, 720)),
        ),
    }
}

pub(super) fn registration(reader: &mut Reader) -> bool {
    const NAME: &str = "SATCHEL_REGISTRATION";
    match reader.text(NAME).as_deref() {
        None | Some("open") => true,
        Some("closed") => false,
        Some(other) => {
            let text = format!("`{other}` is not open or closed");
            reader.err(NAME, &text);
            true
        }
    }
}

pub(super) fn log_filter(reader: &mut Reader) -> String {
    const NAME: &str = "SATCHEL_LOG";
    let text = reader.text_or(NAME, "info");
    if tracing_subscriber::EnvFilter::try_new(&text).is_err() {
        reader.err(
            NAME,
            &format!("`{text}` is not a filter such as info or satchel=debug,info"),
        );
    }
    text
}
