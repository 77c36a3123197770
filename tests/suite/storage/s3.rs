//! A strict S3 server of a test's own, over a folder: it checks signatures, digests and the sizes
//! of parts. It can be taken away, be full, and tell each request to somebody first.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use satchel::platform::secret::Secret;
use satchel::platform::storage::{Config, Objects};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::tripwire::Tripwire;
use crate::platform::support::{Folder, free_port};

pub(super) const BUCKET: &str = "files";
const KEY_ID: &str = "suite";
const KEY: &str = "a key of the suite";

/// How the server feels.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It works.
    Well,
    /// It closes every connection without a word.
    Away,
    /// It takes nothing more.
    Full,
}

/// The server; ends with the test.
pub(super) struct OwnS3 {
    addr: SocketAddr,
    folder: Folder,
    door: Arc<Door>,
    _work: JoinSet<()>,
}

struct Door {
    mood: AtomicU8,
    requests: AtomicU64,
    wire: Option<Tripwire>,
}

impl OwnS3 {
    pub(super) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Each request is told to a tripwire first.
    pub(super) async fn start_with(wire: Option<Tripwire>) -> Self {
        let folder = Folder::new();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, KEY));
        let service = service.build();
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listener = TcpListener::bind(addr).await.unwrap();
        let door = Arc::new(Door {
            mood: AtomicU8::new(Mood::Well as u8),
            requests: AtomicU64::new(0),
            wire,
        });
        let mut work = JoinSet::new();
        let at = door.clone();
        work.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                guests.spawn(serve(stream, service.clone(), at.clone()));
            }
        });
        Self {
            addr,
            folder,
            door,
            _work: work,
        }
    }

    /// The settings of a service that uses it.
    pub(super) fn settings(&self, store: &str) -> Vec<(&'static str, String)> {
        vec![
            ("SATCHEL_FILES_STORE", store.to_owned()),
            ("SATCHEL_S3_BUCKET", BUCKET.to_owned()),
            ("SATCHEL_S3_ENDPOINT", format!("http://{}", self.addr)),
            ("SATCHEL_S3_PREFIX", "some/where".to_owned()),
            ("SATCHEL_S3_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("SATCHEL_S3_SECRET_ACCESS_KEY", KEY.to_owned()),
        ]
    }

    /// A client of this server.
    pub(super) fn client(&self) -> Objects {
        Objects::new(&Config {
            bucket: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(format!("http://{}", self.addr)),
            prefix: "some/where".to_owned(),
            bucket_in_host: false,
            keys: Some((KEY_ID.to_owned(), Secret::new(KEY.to_owned()))),
        })
        .unwrap()
    }

    pub(super) fn be(&self, mood: Mood) {
        self.door.mood.store(mood as u8, Ordering::SeqCst);
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.door.requests.load(Ordering::SeqCst)
    }

    /// The objects, as files.
    pub(super) fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join(BUCKET).join("some/where")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(folder) else {
                continue;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found.push(path),
                }
            }
        }
        found
    }

    /// Puts an object there that is not ours, under the same prefix.
    pub(super) fn put_by_hand(&self, key: &str) -> PathBuf {
        let path = self.folder.path().join(BUCKET).join("some/where").join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, b"by hand").unwrap();
        path
    }

    /// Makes all objects years old.
    pub(super) fn age(&self) {
        for path in self.objects() {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
            file.set_modified(long_ago).unwrap();
        }
    }
}

async fn serve(stream: TcpStream, service: S3Service, door: Arc<Door>) {
    let answer = service_fn(async |request: hyper::Request<Incoming>| {
        if let Some(wire) = &door.wire {
            wire.touch().await;
        }
        door.requests.fetch_add(1, Ordering::SeqCst);
        let mood = door.mood.load(Ordering::SeqCst);
        let is_put = matches!(request.method().as_str(), "PUT" | "POST");
        if mood == Mood::Away as u8 {
            return Err("away".to_owned());
        }
        if mood == Mood::Full as u8 && is_put {
            let body = s3s::Body::from("<Error><Code>XMinioStorageFull</Code></Error>".to_owned());
            let mut response = hyper::Response::new(body);
            *response.status_mut() = hyper::StatusCode::INSUFFICIENT_STORAGE;
            return Ok(response);
        }
        let answer = service.call(request.map(s3s::Body::from)).await;
        answer.map_err(|err| format!("{err:?}"))
    });
    // A client that went away is no fault of the server.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}
