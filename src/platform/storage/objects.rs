//! An object store that speaks S3: settings, and the five things we ask of it. Each wait has an
//! end, each request few repetitions. Refuses to know what is in an object, and to overwrite one.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, GetRange, MultipartUpload, ObjectStore,
    ObjectStoreExt, PutPayload, RetryConfig,
};

use super::{CHUNK_BYTES, ObjectName, StorageError};
use crate::domain::id::Id;
use crate::domain::time::Timestamp;
use crate::platform::secret::Secret;

/// Bytes of a part of a large object: the least that S3 takes, because a part is held in memory.
const PART_BYTES: u64 = 5 << 20;
/// S3 takes at most 10,000 parts.
const PARTS_MAX: u64 = 9_000;
/// Objects removed or listed in one go by those who ask for many.
const PAGE: usize = 500;

/// Somebody waits for these: the answer must come before the deadline of a request.
const NEAR: Waits = Waits {
    connect: Duration::from_secs(2),
    request: Duration::from_secs(5),
    retries: 2,
    all: Duration::from_secs(6),
};

/// Nobody waits for these, and a part of 5 MiB may have to go over a thin line.
const FAR: Waits = Waits {
    connect: Duration::from_secs(5),
    request: Duration::from_secs(60),
    retries: 3,
    all: Duration::from_secs(150),
};

struct Waits {
    connect: Duration,
    request: Duration,
    retries: usize,
    all: Duration,
}

/// How to reach the object store.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bucket; it must exist.
    pub bucket: String,
    pub region: String,
    /// Another address than that of AWS; plain text only where it says `http://`.
    pub endpoint: Option<String>,
    /// What stands before the name of every object.
    pub prefix: String,
    /// Whether the bucket is a part of the host's name rather than of the path.
    pub bucket_in_host: bool,
    /// Name and key; none: those of the machine, as AWS hands them out.
    pub keys: Option<(String, Secret<String>)>,
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(String);

/// The object store. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    near: Arc<AmazonS3>,
    far: Arc<AmazonS3>,
    prefix: Path,
}

/// An object that was found in the list.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What its name says; nothing when we never make such names.
    pub name: Option<ObjectName>,
    /// When it was written, by the clock of the store.
    pub written_at: Option<Timestamp>,
    path: Path,
}

impl Objects {
    /// Over a bucket; sends nothing yet.
    pub fn new(config: &Config) -> Result<Self, BadConfig> {
        Ok(Self {
            near: Arc::new(client(config, &NEAR)?),
            far: Arc::new(client(config, &FAR)?),
            prefix: Path::parse(&config.prefix).map_err(|err| BadConfig(err.to_string()))?,
        })
    }

    /// Some bytes of an object that should have this size; nothing when there is no such object.
    pub(super) async fn read(
        &self,
        name: &ObjectName,
        size: u64,
        range: Range<u64>,
    ) -> Result<Option<Bytes>, Fault> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let path = self.path(name);
        let work = async {
            let found = self.near.get_opts(&path, options).await?;
            let whole = found.meta.size;
            Ok((whole, found.bytes().await?))
        };
        match within(NEAR.all, work).await {
            Ok((whole, _)) if whole != size => Err(Fault::Size),
            Ok((_, bytes)) => Ok(Some(bytes)),
            Err(Refusal::NoObject) => Ok(None),
            Err(Refusal::Range) => Err(Fault::Size),
            Err(other) => Err(Fault::Store(other.into())),
        }
    }

    /// Begins an object of a known size.
    pub async fn put(&self, name: &ObjectName, size: u64) -> Result<Put, StorageError> {
        let part = part_bytes(size);
        let path = self.path(name);
        let multipart = match size > part {
            true => Some(within(FAR.all, self.far.put_multipart(&path)).await?),
            false => None,
        };
        Ok(Put {
            far: self.far.clone(),
            path,
            multipart,
            part,
            size,
            held: Vec::new(),
            held_bytes: 0,
        })
    }

    /// Removes an object; one that is gone already is as good.
    pub async fn remove(&self, name: &ObjectName) -> Result<(), StorageError> {
        self.remove_at(&self.path(name)).await
    }

    /// Removes an object of the list.
    pub async fn remove_stored(&self, stored: &Stored) -> Result<(), StorageError> {
        self.remove_at(&stored.path).await
    }

    async fn remove_at(&self, path: &Path) -> Result<(), StorageError> {
        match within(FAR.all, self.far.delete(path)).await {
            Ok(()) | Err(Refusal::NoObject) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }

    /// All objects under the prefix in the order of their names, in pages.
    pub fn pages(&self) -> BoxStream<'_, Result<Vec<Stored>, StorageError>> {
        let listed = self.far.list(Some(&self.prefix));
        let pages = listed.try_chunks(PAGE);
        let pages = pages.map(|page| match page {
            Ok(page) => Ok(page.into_iter().map(|meta| self.stored(meta)).collect()),
            Err(err) => Err(refusal(&err.1).into()),
        });
        pages.boxed()
    }

    /// Asks for the list: whether the bucket is there and we may use it.
    pub async fn probe(&self) -> Result<(), StorageError> {
        let first = async {
            let mut listed = self.near.list(Some(&self.prefix));
            listed.try_next().await
        };
        within(NEAR.all, first).await?;
        Ok(())
    }

    fn path(&self, name: &ObjectName) -> Path {
        let prefix = self.prefix.parts();
        let own = [name.owner.uuid(), name.blob.uuid(), name.object.uuid()];
        let own = own.map(|part| part.to_string().into());
        prefix.chain(own).collect()
    }

    fn stored(&self, meta: object_store::ObjectMeta) -> Stored {
        let name = meta.location.prefix_match(&self.prefix).and_then(|rest| {
            let parts: Vec<_> = rest.collect();
            let [owner, blob, object] = parts.as_slice() else {
                return None;
            };
            Some(ObjectName {
                owner: id(owner.as_ref())?,
                blob: id(blob.as_ref())?,
                object: id(object.as_ref())?,
            })
        });
        Stored {
            name,
            written_at: Timestamp::from_micros(meta.last_modified.timestamp_micros()),
            path: meta.location,
        }
    }
}

/// An object that is being written: in one go, or in parts of which one is held at a time.
pub struct Put {
    far: Arc<AmazonS3>,
    path: Path,
    multipart: Option<Box<dyn MultipartUpload>>,
    part: u64,
    size: u64,
    held: Vec<Bytes>,
    held_bytes: u64,
}

impl Put {
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StorageError> {
        self.held_bytes += bytes.len() as u64;
        self.held.push(bytes);
        if self.multipart.is_some() && self.held_bytes >= self.part {
            self.send_part().await?;
        }
        Ok(())
    }

    /// The end: the object is there, with the size that was announced.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        if self.multipart.is_some() && self.held_bytes > 0 {
            self.send_part().await?;
        }
        match &mut self.multipart {
            Some(multipart) => within(FAR.all, multipart.complete()).await?,
            None => {
                let payload = PutPayload::from_iter(std::mem::take(&mut self.held));
                within(FAR.all, self.far.put(&self.path, payload)).await?
            }
        };
        let size = within(FAR.all, self.far.head(&self.path)).await?.size;
        if size != self.size {
            let text = format!("it took {} bytes and has {size}", self.size);
            return Err(StorageError::Objects(text));
        }
        Ok(())
    }

    /// Gives up: the parts that were sent are forgotten, as far as the store can be reached.
    pub async fn abort(mut self) {
        if let Some(multipart) = &mut self.multipart
            && let Err(err) = within(NEAR.all, multipart.abort()).await
        {
            let err = StorageError::from(err);
            tracing::debug!(error = %err, "parts of an object were left");
        }
    }

    async fn send_part(&mut self) -> Result<(), StorageError> {
        let payload = PutPayload::from_iter(std::mem::take(&mut self.held));
        self.held_bytes = 0;
        if let Some(multipart) = &mut self.multipart {
            within(FAR.all, multipart.put_part(payload)).await?;
        }
        Ok(())
    }
}

/// Why bytes of an object could not be had.
pub(super) enum Fault {
    /// It has another size than it should.
    Size,
    /// The store did not answer, or refused.
    Store(StorageError),
}

/// What a store says, as far as we tell it apart.
enum Refusal {
    NoObject,
    Range,
    Other(String),
}

impl From<Refusal> for StorageError {
    fn from(refusal: Refusal) -> Self {
        Self::Objects(match refusal {
            Refusal::NoObject => "no such object".to_owned(),
            Refusal::Range => "no such bytes".to_owned(),
            Refusal::Other(text) => text,
        })
    }
}

/// Ends every wait; the requests inside have their own, shorter ones.
async fn within<T>(
    most: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(most, work).await {
        Ok(outcome) => outcome.map_err(|err| refusal(&err)),
        Err(_) => Err(Refusal::Other(format!("no answer within {most:?}"))),
    }
}

/// The crate tells status numbers apart, but not what a 404 or a 403 is about; the answer says it.
fn refusal(err: &Error) -> Refusal {
    let text = chain(err);
    if text.contains("NoSuchBucket") {
        return Refusal::Other("there is no such bucket, check SATCHEL_S3_BUCKET".to_owned());
    }
    let hint = match err {
        Error::NotFound { .. } => return Refusal::NoObject,
        _ if text.contains("InvalidRange") || text.contains("416 Range Not") => {
            return Refusal::Range;
        }
        _ if ["403 Forbidden", "401 Unauthorized"]
            .iter()
            .any(|status| text.contains(status)) =>
        {
            "it refuses the credentials or lacks a right, check SATCHEL_S3_ACCESS_KEY_ID, \
             SATCHEL_S3_SECRET_ACCESS_KEY and the policy of the bucket: "
        }
        _ => "",
    };
    Refusal::Other(format!("{hint}{text}"))
}

/// The words of a fault and of what caused it, without repetitions, and not a page of them.
fn chain(err: &Error) -> String {
    const MOST: usize = 400;
    let mut text = err.to_string();
    let mut source = std::error::Error::source(err);
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            // Writing to a text cannot fail.
            let _ = write!(text, ": {words}");
        }
        source = cause.source();
    }
    text.chars().take(MOST).collect()
}

fn client(config: &Config, waits: &Waits) -> Result<AmazonS3, BadConfig> {
    let options = ClientOptions::new()
        .with_connect_timeout(waits.connect)
        .with_timeout(waits.request);
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            base: 2.0,
        },
        max_retries: waits.retries,
        retry_timeout: waits.all,
    };
    let mut builder = match &config.keys {
        Some((name, key)) => AmazonS3Builder::new()
            .with_access_key_id(name)
            .with_secret_access_key(key.expose()),
        None => machine_keys(),
    };
    if let Some(endpoint) = &config.endpoint {
        let plain = endpoint.starts_with("http://");
        let address = match config.bucket_in_host {
            true => endpoint.replacen("://", &format!("://{}.", config.bucket), 1),
            false => endpoint.clone(),
        };
        builder = builder.with_endpoint(address).with_allow_http(plain);
        builder = builder.with_client_options(options.with_allow_http(plain));
    } else {
        builder = builder.with_client_options(options);
    }
    builder
        .with_bucket_name(&config.bucket)
        .with_region(&config.region)
        .with_virtual_hosted_style_request(config.bucket_in_host)
        .with_retry(retry)
        .build()
        .map_err(|err| BadConfig(chain(&err)))
}

/// Credentials as AWS hands them to a machine, a container or a role. Only those are taken from
/// the environment: an address there must not win over the settings.
fn machine_keys() -> AmazonS3Builder {
    const KEYS: [AmazonS3ConfigKey; 11] = [
        AmazonS3ConfigKey::AccessKeyId,
        AmazonS3ConfigKey::SecretAccessKey,
        AmazonS3ConfigKey::Token,
        AmazonS3ConfigKey::WebIdentityTokenFile,
        AmazonS3ConfigKey::RoleArn,
        AmazonS3ConfigKey::RoleSessionName,
        AmazonS3ConfigKey::StsEndpoint,
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
        AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
        AmazonS3ConfigKey::MetadataEndpoint,
    ];
    let machine = AmazonS3Builder::from_env();
    KEYS.into_iter()
        .fold(AmazonS3Builder::new(), |builder, key| {
            match machine.get_config_value(&key) {
                Some(value) => builder.with_config(key, value),
                None => builder,
            }
        })
}

/// Large objects get larger parts, or they would have too many.
fn part_bytes(size: u64) -> u64 {
    let chunk = CHUNK_BYTES as u64;
    PART_BYTES.max(size.div_ceil(PARTS_MAX).next_multiple_of(chunk))
}

fn id<K>(text: &str) -> Option<Id<K>> {
    text.parse::<uuid::Uuid>().ok().map(Id::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_object_has_more_parts_than_the_store_takes() {
        assert_eq!(part_bytes(1), 5 << 20);
        assert_eq!(part_bytes(5 << 30), 5 << 20);
        for size in [100 << 30, 1_u64 << 40, (1 << 40) + 1] {
            let part = part_bytes(size);
            assert!(size.div_ceil(part) <= PARTS_MAX, "{size}");
            assert_eq!(part % CHUNK_BYTES as u64, 0, "whole chunks");
        }
    }
}
