//! The way to the database under TLS: `off`, `required`, `verify`, against a MariaDB that has it and
//! one that has not. Certificates are made for each test; refuses a fall back to clear text.

use std::process::Command;

use super::support::{Fleet, Folder, OwnMariadb};

/// An authority of the test's own and what it signed.
struct Papers(Folder);

impl Papers {
    /// An authority, and a certificate of it for `localhost` and nobody else.
    fn new() -> Self {
        let papers = Self(Folder::new());
        papers.authority("ca");
        papers.authority("stranger");
        papers.openssl(&[
            &[
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
            ][..],
            &["-keyout", "key.pem", "-out", "request.pem"],
        ]);
        let names = "subjectAltName=DNS:localhost\n";
        std::fs::write(papers.0.path().join("names"), names).unwrap();
        papers.openssl(&[
            &[
                "x509",
                "-req",
                "-in",
                "request.pem",
                "-days",
                "1",
                "-extfile",
                "names",
            ][..],
            &["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
            &["-out", "cert.pem"],
        ]);
        papers
    }

    fn authority(&self, name: &str) {
        let (key, cert) = (format!("{name}.key"), format!("{name}.pem"));
        let subject = format!("/CN=the authority {name}");
        self.openssl(&[
            &[
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
            ][..],
            &["-subj", &subject, "-keyout", &key, "-out", &cert],
        ]);
    }

    fn openssl(&self, arguments: &[&[&str]]) {
        let mut command = Command::new("openssl");
        command.args(arguments.concat()).current_dir(self.0.path());
        let output = command
            .output()
            .unwrap_or_else(|err| panic!("openssl is needed on the PATH: {err}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A server with this certificate.
    async fn server(&self) -> OwnMariadb {
        OwnMariadb::start_with(&[
            format!("--ssl-ca={}", self.path("ca.pem")),
            format!("--ssl-cert={}", self.path("cert.pem")),
            format!("--ssl-key={}", self.path("key.pem")),
        ])
        .await
    }
}

/// Connections that the server took under TLS.
async fn encrypted(server: &OwnMariadb) -> u64 {
    server.status("Ssl_finished_accepts").await
}

/// A way to the database: address, word of the setting, authority.
fn way(server: &OwnMariadb, host: &str, word: &str, authority: &str) -> Fleet {
    let url = format!("mysql://root@{host}:{}/satchel", server.port());
    Fleet::new(&url, None)
        .with("SATCHEL_DB_TLS", word)
        .with("SATCHEL_DB_TLS_CA", authority)
}

/// Migrates, serves, and signs somebody in; whether each of these came under TLS.
async fn works(server: &OwnMariadb, fleet: Fleet, name: &str) -> [bool; 2] {
    let before = encrypted(server).await;
    let fleet = fleet.migrated();
    let migrated = encrypted(server).await;
    let instance = fleet.serve().await;
    let (ann, _) = fleet.sign_up(&instance, name).await;
    ann.write("a title").await.expect(201);
    [migrated > before, encrypted(server).await > migrated]
}

/// Neither a migration nor a start gets through; one clear line says what to look at.
fn refused(fleet: &Fleet, why: &str) {
    for command in ["migrate", "serve"] {
        let output = fleet.run(&[command]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{command} got through: {why}");
        assert_eq!(text.lines().count(), 1, "{why}: {text}");
        assert!(text.starts_with("satchel: "), "{why}: {text}");
        assert!(
            text.to_lowercase().contains(&why.to_lowercase()),
            "{why}: {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_decides_whether_the_way_is_encrypted() {
    let papers = Papers::new();
    let server = papers.server().await;
    let authority = papers.path("ca.pem");
    let off = way(&server, "localhost", "off", "");
    assert_eq!(works(&server, off, "ann").await, [false, false]);
    let required = way(&server, "127.0.0.1", "required", "");
    assert_eq!(works(&server, required, "bob").await, [true, true]);
    let verify = way(&server, "localhost", "verify", &authority);
    assert_eq!(works(&server, verify, "cid").await, [true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_somebody_else_or_for_another_name_is_refused() {
    let papers = Papers::new();
    let server = papers.server().await;
    let (right, wrong) = (papers.path("ca.pem"), papers.path("stranger.pem"));
    refused(
        &way(&server, "localhost", "verify", &wrong),
        "UnknownIssuer",
    );
    // The authorities of the system do not know it either.
    refused(&way(&server, "localhost", "verify", ""), "UnknownIssuer");
    refused(
        &way(&server, "127.0.0.1", "verify", &right),
        "not valid for name",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_when_tls_is_wanted() {
    let papers = Papers::new();
    let server = OwnMariadb::start().await;
    for (word, authority) in [("required", ""), ("verify", papers.path("ca.pem").as_str())] {
        refused(&way(&server, "localhost", word, authority), "SSL");
    }
    way(&server, "localhost", "off", "").migrated();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_none_is_one_clear_line() {
    let papers = Papers::new();
    let server = papers.server().await;
    let nowhere = way(&server, "localhost", "verify", "/nowhere/at/all.pem");
    refused(&nowhere, "SATCHEL_DB_TLS_CA: /nowhere/at/all.pem");
    let noise = way(&server, "localhost", "verify", &papers.path("names"));
    refused(&noise, "certificate");
}
