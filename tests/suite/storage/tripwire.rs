//! Ends a process at an exact moment of its work: at its n-th word to a server. The word is still
//! heard, its answer is not. Words to the database come through a door of this file's own; other
//! servers tell it of theirs.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::platform::support::free_port;

/// Counts words, and ends somebody at one of them. Clones are the same wire.
#[derive(Clone, Default)]
pub(super) struct Tripwire(Arc<Wire>);

#[derive(Default)]
struct Wire {
    /// Who is to end; 0: nobody.
    victim: AtomicU32,
    /// Words so far.
    words: AtomicU64,
    /// The word at which it ends; 0: never.
    at: AtomicU64,
}

impl Tripwire {
    /// From here on counts anew, and ends the victim at its n-th word; 0: never.
    pub(super) fn set(&self, at: u64) {
        self.0.victim.store(0, Ordering::SeqCst);
        self.0.words.store(0, Ordering::SeqCst);
        self.0.at.store(at, Ordering::SeqCst);
    }

    /// Who ends.
    pub(super) fn hold(&self, pid: u32) {
        self.0.victim.store(pid, Ordering::SeqCst);
    }

    /// Words since it was set.
    pub(super) fn words(&self) -> u64 {
        self.0.words.load(Ordering::SeqCst)
    }

    /// A word was said. At the right one its speaker is dead before it is passed on.
    pub(super) async fn touch(&self) {
        let word = self.0.words.fetch_add(1, Ordering::SeqCst) + 1;
        if word != self.0.at.load(Ordering::SeqCst) {
            return;
        }
        // It is named right after its start.
        let mut pid = 0;
        while pid == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            pid = self.0.victim.load(Ordering::SeqCst);
        }
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.unwrap().success());
    }
}

/// A door before a database: every word of a guest touches the wire.
pub(super) struct WiredDoor {
    addr: SocketAddr,
    _work: JoinSet<()>,
}

impl WiredDoor {
    pub(super) async fn before(server: SocketAddr, wire: &Tripwire) -> Self {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listener = TcpListener::bind(addr).await.unwrap();
        let wire = wire.clone();
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((guest, _)) = listener.accept().await {
                guests.spawn(pass(guest, server, wire.clone()));
            }
        });
        Self { addr, _work: work }
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// A word is what is said until the server answers.
async fn pass(guest: TcpStream, server: SocketAddr, wire: Tripwire) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_guest, mut to_guest) = guest.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut said, mut heard) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut is_new = true;
    loop {
        tokio::select! {
            read = from_guest.read(&mut said) => match read {
                Ok(count) if count > 0 => {
                    if std::mem::take(&mut is_new) {
                        wire.touch().await;
                    }
                    if to_server.write_all(&said[..count]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            read = from_server.read(&mut heard) => match read {
                Ok(count) if count > 0 => {
                    is_new = true;
                    if to_guest.write_all(&heard[..count]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
        }
    }
}
