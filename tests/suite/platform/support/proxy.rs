//! An nginx of a test's own, with the configuration that `make up` writes.
//! Refuses a second opinion on that configuration: `scripts/nginx-site.sh` renders it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use super::{Child, Client, Folder, Instance, free_port, until};

/// The one address behind which the instances stand.
pub(crate) struct OwnNginx {
    child: Child,
    addr: SocketAddr,
    folder: Folder,
}

impl OwnNginx {
    /// Starts one before these instances and waits until it passes requests on.
    pub(crate) async fn before(instances: &[Instance]) -> Self {
        let folder = Folder::new();
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        render(&folder, addr, instances);
        let mut command = Command::new("nginx");
        command.arg("-c").arg(folder.path().join("conf/nginx.conf"));
        let child = Child::start(folder.path(), "nginx", &mut command);
        let mut proxy = Self {
            child,
            addr,
            folder,
        };
        until("nginx passes requests on", async || {
            if let Some(status) = proxy.child.ended() {
                panic!("nginx ended with {status}: {}", proxy.child.said());
            }
            let asked = proxy.anybody();
            let answer = asked.try_send("GET", "/health/live", &[], None).await;
            answer.ok().filter(|answer| answer.status == 200)
        })
        .await;
        proxy
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Somebody who is not signed in.
    pub(crate) fn anybody(&self) -> Client {
        Client::new(self.addr, "")
    }

    /// Somebody with an access token.
    pub(crate) fn as_bearer(&self, token: &str) -> Client {
        Client::new(self.addr, token)
    }

    /// The lines of the access log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("access.log")).unwrap()
    }
}

fn render(folder: &Folder, addr: SocketAddr, instances: &[Instance]) {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let at: Vec<String> = instances.iter().map(|one| one.addr.to_string()).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/nginx-site.sh");
    let rendered = Command::new(script)
        .arg(path("conf"))
        .env("INSTANCES_AT", at.join(" "))
        .env("LISTEN_AT", addr.to_string())
        .env("SERVER_NAMES", "localhost")
        .env("ERROR_LOG", "stderr")
        .env("ACCESS_LOG", path("access.log"))
        .env("PID_FILE", path("nginx.pid"))
        .env("TEMP_DIR", path("tmp"))
        .env("NGINX_USER", if is_root() { "root" } else { "" })
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&rendered.stderr);
    assert!(rendered.status.success(), "{script}: {said}");
}

/// Only the workers of a server that root started may be told whom to be.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}
