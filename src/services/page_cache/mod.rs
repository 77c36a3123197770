//! Cached list pages with a TTL of two seconds, guarded by a cache epoch (see `epoch`) and loaded by
//! one request per instance (single flight). Without Redis every list is read from MySQL.

pub mod epoch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::domain::id::UserId;
use crate::platform::cache::{Cache, Cached, Key};
use crate::platform::{crypto, metrics};
use crate::services::page_cache::epoch::{CacheEpoch, Scope, TOKEN_CHARS};

/// TTL of a page: the documented bound of staleness when a writer could not reach Redis.
const TTL: Duration = Duration::from_secs(2);
/// Larger pages are not cached.
const MAX_BYTES: usize = 256 * 1024;
/// Entries in the map of flights before finished ones are removed.
const MAX_FLIGHTS: usize = 1024;

/// A list page as it is sent: the JSON body, its ETag and the next cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub body: Bytes,
    /// A digest of the body, unquoted.
    pub etag: String,
    /// The cursor of the next page, for the `Link` header.
    pub next: Option<String>,
}

impl Page {
    /// Computes the ETag.
    pub fn new(body: Vec<u8>, next: Option<String>) -> Self {
        let digest = crypto::sha256(&body);
        Self {
            etag: crypto::encode(&digest[..12]),
            body: body.into(),
            next,
        }
    }
}

/// The key of a page: the owner and everything that the page depends on.
#[derive(Debug, Clone)]
pub struct PageKey {
    owner: UserId,
    scope: Scope,
    key: Key<StoredPage>,
}

impl PageKey {
    /// `query` is the canonical text of sort, filters, cursor and limit.
    pub fn new(owner: UserId, scope: Scope, query: &str) -> Self {
        let digest = crypto::sha256(query.as_bytes());
        let rest = crypto::encode(&digest[..16]);
        Self {
            owner,
            scope,
            key: Key::new("page", 4, owner, &rest, TTL),
        }
    }

    pub fn owner(&self) -> UserId {
        self.owner
    }

    pub fn scope(&self) -> Scope {
        self.scope
    }

    pub fn text(&self) -> &str {
        self.key.as_ref()
    }
}

/// A page with the epoch that was current before its rows were read.
#[derive(Debug, Clone)]
pub struct StoredPage {
    epoch: CacheEpoch,
    page: Page,
}

/// Encoding: epoch token, ETag, length of the cursor (two bytes), cursor, body.
impl Cached for StoredPage {
    fn to_bytes(&self) -> Vec<u8> {
        // A cursor has at most 1,600 characters, see `api::page`.
        let next = self.page.next.as_deref().unwrap_or("");
        let mut bytes = Vec::with_capacity(64 + next.len() + self.page.body.len());
        bytes.extend_from_slice(self.epoch.as_str().as_bytes());
        bytes.extend_from_slice(self.page.etag.as_bytes());
        let length = u16::try_from(next.len()).unwrap_or(0);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(next.as_bytes());
        bytes.extend_from_slice(&self.page.body);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::decode(&Bytes::copy_from_slice(bytes))
    }
}

impl StoredPage {
    /// Decodes a page without copying its body.
    fn decode(bytes: &Bytes) -> Option<Self> {
        let (token, rest) = bytes.split_at_checked(TOKEN_CHARS)?;
        let (etag, rest) = rest.split_at_checked(16)?;
        let (length, rest) = rest.split_at_checked(2)?;
        let length = u16::from_be_bytes(length.try_into().ok()?);
        let (next, body) = rest.split_at_checked(usize::from(length))?;
        let next = std::str::from_utf8(next).ok()?;
        Some(Self {
            epoch: CacheEpoch::from_bytes(token)?,
            page: Page {
                etag: std::str::from_utf8(etag).ok()?.to_owned(),
                next: (!next.is_empty()).then(|| next.to_owned()),
                body: bytes.slice_ref(body),
            },
        })
    }
}

/// Decodes a cached page; `None` unless its epoch is the current one.
pub fn read(stored: Option<Vec<u8>>, current: Option<&CacheEpoch>) -> Option<Page> {
    let page = stored
        .and_then(|bytes| StoredPage::decode(&bytes.into()))
        .filter(|stored| current == Some(&stored.epoch))
        .map(|stored| stored.page);
    metrics::cache_read("page", page.is_some());
    page
}

type Flight = OnceCell<Page>;

/// Loads pages: concurrent requests with the same key and epoch share one load per instance.
#[derive(Clone, Default)]
pub struct SingleFlight {
    flights: Arc<Mutex<HashMap<String, Weak<Flight>>>>,
}

impl SingleFlight {
    /// Loads a page and caches it. Without an epoch the load is neither shared nor cached.
    pub async fn load<E>(
        &self,
        cache: &Cache,
        key: &PageKey,
        epoch: Option<CacheEpoch>,
        load: impl Future<Output = Result<Page, E>>,
    ) -> Result<Page, E> {
        let Some(epoch) = epoch else {
            return load.await;
        };
        let flight = self.join(&format!("{}@{}", key.text(), epoch.as_str()));
        let page = flight
            .get_or_try_init(|| async {
                let page = load.await?;
                if page.body.len() <= MAX_BYTES {
                    let stored = StoredPage {
                        epoch,
                        page: page.clone(),
                    };
                    cache.write(&key.key, &stored).await;
                }
                Ok(page)
            })
            .await?;
        Ok(page.clone())
    }

    fn join(&self, name: &str) -> Arc<Flight> {
        let mut flights = self
            .flights
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(flight) = flights.get(name).and_then(Weak::upgrade) {
            return flight;
        }
        if flights.len() >= MAX_FLIGHTS {
            flights.retain(|_, flight| flight.strong_count() > 0);
        }
        let flight = Arc::new(Flight::new());
        flights.insert(name.to_owned(), Arc::downgrade(&flight));
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(text: &str) -> CacheEpoch {
        CacheEpoch::from_bytes(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_page_is_valid_only_in_its_own_epoch() {
        for next in [None, Some("cursor".to_owned()), Some("c".repeat(1500))] {
            let page = Page::new(b"{\"items\":[]}".to_vec(), next);
            let stored = StoredPage {
                epoch: epoch("aaaaaaaaaaaaaaaa"),
                page: page.clone(),
            };
            let bytes = stored.to_bytes();
            assert_eq!(
                read(Some(bytes.clone()), Some(&epoch("aaaaaaaaaaaaaaaa"))),
                Some(page)
            );
            assert_eq!(
                read(Some(bytes.clone()), Some(&epoch("bbbbbbbbbbbbbbbb"))),
                None
            );
            assert_eq!(read(Some(bytes.clone()), None), None);
            assert_eq!(
                read(Some(bytes[..20].to_vec()), Some(&epoch("aaaaaaaaaaaaaaaa"))),
                None
            );
        }
    }

    #[test]
    fn a_missing_page_counts_as_a_miss() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        ::metrics::with_local_recorder(&recorder, || read(None, Some(&epoch(&"a".repeat(16)))));
        let text = recorder.handle().render();
        let line = "cache_requests_total{cache=\"page\",outcome=\"miss\"} 1";
        assert!(text.contains(line), "{text}");
    }

    #[tokio::test]
    async fn concurrent_readers_of_one_page_share_one_load() {
        let (loads, cache) = (SingleFlight::default(), Cache::off());
        let key = PageKey::new(UserId::new(), Scope::Lists, "q");
        let count = std::sync::atomic::AtomicUsize::new(0);
        let one = || {
            loads.load(&cache, &key, Some(epoch("aaaaaaaaaaaaaaaa")), async {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, ()>(Page::new(vec![1], None))
            })
        };
        let _ = tokio::join!(one(), one(), one());
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}
