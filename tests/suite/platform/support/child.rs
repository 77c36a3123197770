//! A child process that never outlives its test, and a folder that does not either.
//! Refuses to signal anything but the process it started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use satchel::platform::crypto;

use super::until;

/// A folder of the test's own, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("satchel-suite-{}", crypto::encode(&crypto::random::<9>()));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A file that a dying server still writes is not worth a second panic.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A started process; its output goes to two files, so that a full pipe never stops it.
pub(crate) struct Child {
    name: String,
    process: std::process::Child,
    out: PathBuf,
    err: PathBuf,
}

impl Child {
    /// Starts a command; `folder` takes its output.
    pub(crate) fn start(folder: &Path, name: &str, command: &mut Command) -> Self {
        let tag = crypto::encode(&crypto::random::<6>());
        let (out, err) = (
            folder.join(format!("{name}-{tag}.out")),
            folder.join(format!("{name}-{tag}.err")),
        );
        let process = command
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap_or_else(|err| panic!("{name} is needed on the PATH: {err}"));
        Self {
            name: name.to_owned(),
            process,
            out,
            err,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal by its name: `TERM`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success(), "{signal} to {}", self.name);
    }

    /// Ends it at once and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The exit status, once there is one.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Waits for the end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let what = format!("{} ends; it said {}", self.name, self.said());
        until(&what, async || self.ended()).await
    }

    /// Standard output so far.
    pub(crate) fn stdout(&self) -> String {
        read(&self.out)
    }

    /// Standard error so far.
    pub(crate) fn stderr(&self) -> String {
        read(&self.err)
    }

    /// Everything it said so far.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}
