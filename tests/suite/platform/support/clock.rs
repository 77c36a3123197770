//! A wall clock for one process, moved by the test while the process runs: libfaketime, preloaded.
//! Refuses to bend the clock that measures waiting, or every deadline would end at each jump.

use std::process::Command;

use super::Folder;

/// A clock beside the machine's; whoever is started with its environment reads it.
pub(crate) struct FalseClock {
    folder: Folder,
    library: String,
}

impl FalseClock {
    /// A clock that still goes like the machine's.
    pub(crate) fn new() -> Self {
        let clock = Self {
            folder: Folder::new(),
            library: library(),
        };
        clock.set("+0");
        clock
    }

    /// Moves it by `+31m` or `-2d` from the machine's time, from the next look on.
    pub(crate) fn set(&self, offset: &str) {
        let (new, now) = (self.file("new"), self.file("offset"));
        std::fs::write(&new, offset).unwrap();
        // Renamed: nobody reads half an offset.
        std::fs::rename(&new, &now).unwrap();
    }

    /// What a process has to find in its environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.file("offset")),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// The program knows where the package keeps the library on this kind of machine. It names its shared
/// memory by its process id, and refuses one that a killed process of the same id left behind: then
/// another one is asked.
fn library() -> String {
    let mut refusals = Vec::new();
    for _ in 0..20 {
        let printed = Command::new("faketime")
            .args(["-m", "-f", "+0", "printenv", "LD_PRELOAD"])
            .output()
            .unwrap_or_else(|err| panic!("faketime is needed on the PATH: {err}"));
        let library = String::from_utf8(printed.stdout).unwrap().trim().to_owned();
        if library.contains("libfaketime") {
            return library;
        }
        refusals.push(String::from_utf8_lossy(&printed.stderr).into_owned());
    }
    panic!("faketime does not say where its library is: {refusals:?}")
}
