//! Temporary folders that their owner holds a lock in, and that are swept when it is gone, however it ended.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tempfile::TempDir;

/// A folder with the mark of its owner. Removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Den {
    folder: TempDir,
    /// Locked for as long as this process lives: the kernel lets go of it even after a kill that nobody can catch, and
    /// no other process can come by it as it can by a number that is used again.
    _owner: File,
}

const OWNER: &str = "owner";

impl Den {
    /// Makes a new one below `parent`, whose name begins with `prefix`.
    pub(crate) fn dig_in(parent: &Path, prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
        // The mark gets its name only when it is locked: a sweep that comes by in between must not find it free.
        let unlocked = folder.path().join("owner.new");
        let mut owner = File::create(&unlocked)?;
        owner.lock()?;
        writeln!(owner, "{}", std::process::id())?;
        fs::rename(unlocked, folder.path().join(OWNER))?;
        Ok(Self { folder, _owner: owner })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the folder behind, as a kill would.
    #[cfg(test)]
    pub(crate) fn abandon(mut self) {
        self.folder.disable_cleanup(true);
    }
}

/// Which folders a sweep is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    /// What their names begin with.
    pub(crate) prefix: &'static str,
    /// Whose they are. Anyone can make a folder of such a name in /tmp.
    pub(crate) uid: u32,
}

impl Sweep {
    /// Removes the folders below `parent` whose owners are gone; `stop` ends what still runs in one.
    pub(crate) fn clear(self, parent: &Path, stop: &impl Fn(&Path)) {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let folder = entry.path();
            if entry.file_name().to_string_lossy().starts_with(self.prefix) && self.is_ours(&folder) {
                // What cannot be removed now is tried again at the next start.
                let _ = remove_abandoned(&folder, stop);
            }
        }
    }

    /// No links are followed.
    fn is_ours(self, folder: &Path) -> bool {
        fs::symlink_metadata(folder).is_ok_and(|it| it.is_dir() && it.uid() == self.uid)
    }
}

fn remove_abandoned(folder: &Path, stop: &impl Fn(&Path)) -> io::Result<()> {
    let owner = File::open(folder.join(OWNER))?;
    match owner.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    stop(folder);
    fs::remove_dir_all(folder)
}

/// The last lines of a log, short enough for a message.
pub(crate) fn end_of(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join("; ");
    if last.is_empty() { "it printed nothing".to_owned() } else { last }
}
