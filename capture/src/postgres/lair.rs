//! The folder of a scratch server: made short and private, marked as ours, and swept when its owner is gone.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::process::Pid;
use thiserror::Error;

use super::scratch::give;
use crate::den::{Den, Sweep, end_of};

/// A folder with a data directory, a socket and a log. Removed when it is dropped.
#[derive(Debug)]
pub(super) struct Lair {
    den: Den,
    account: Option<Account>,
    log: File,
}

/// An account to run the server as, since it refuses to be root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Why there is no folder for a scratch server.
#[derive(Debug, Error)]
pub enum LairError {
    /// It cannot be made.
    #[error("could not make a folder for a scratch server in {}", parent.display())]
    Make {
        /// Where.
        parent: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No folder would do.
    #[error("no temporary folder will do for a scratch server: {tried}")]
    NoParent {
        /// The folders, each with what is wrong.
        tried: String,
    },
    /// Root, with nobody to be instead.
    #[error("Postgres does not run as root, and /etc/passwd has neither postgres nor nobody")]
    NoAccount,
}

impl LairError {
    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Make { .. } | Self::NoParent { .. } => {
                "name a folder in TMPDIR that can be written to and has a short name".to_owned()
            }
            Self::NoAccount => "run perf-look as a user that is not root".to_owned(),
        }
    }
}

const PREFIX: &str = "perf-look-";
const DATA: &str = "data";
const LOG: &str = "log";

/// A socket's whole name fits into 107 bytes on Linux and 103 on macOS; `.s.PGSQL.5432.lock` is the longest below.
const MAX_FOLDER: usize = 103 - "/perf-look-XXXXXX/.s.PGSQL.5432.lock".len();

impl Lair {
    /// Makes a new one.
    pub(super) fn dig() -> Result<Self, LairError> {
        let account = account()?;
        let parent = parent(account)?;
        Self::dig_in(&parent, account).map_err(|source| LairError::Make { parent, source })
    }

    fn dig_in(parent: &Path, account: Option<Account>) -> std::io::Result<Self> {
        let den = Den::dig_in(parent, PREFIX)?;
        // Opened while the folder is still ours alone: root must not follow a link that somebody else put there.
        let log = File::options().create_new(true).append(true).open(den.path().join(LOG))?;
        give(den.path(), account)?;
        Ok(Self { den, account, log })
    }

    pub(super) fn path(&self) -> &Path {
        self.den.path()
    }

    pub(super) fn account(&self) -> Option<Account> {
        self.account
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path().join(DATA)
    }

    /// Where the programs print to.
    pub(super) fn log(&self) -> std::io::Result<File> {
        self.log.try_clone()
    }

    pub(super) fn log_end(&self) -> String {
        end_of(&self.path().join(LOG))
    }

    /// Whether the server takes connections: it says so in the last line of its pid file.
    pub(super) fn is_ready(&self) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
    }
}

/// Who the server runs as, if not as who we are.
fn account() -> Result<Option<Account>, LairError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = |name| account_named(&accounts, name);
    named("postgres").or_else(|| named("nobody")).map(Some).ok_or(LairError::NoAccount)
}

fn account_named(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Account { uid, gid })
    })
}

/// The system's temporary folder, or one with a shorter name that the server's account can get to.
fn parent(account: Option<Account>) -> Result<PathBuf, LairError> {
    let mut tried = Vec::new();
    for folder in [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")] {
        match unfit(&folder, account) {
            None => return Ok(folder),
            Some(why) => tried.push(format!("{} {why}", folder.display())),
        }
    }
    Err(LairError::NoParent { tried: tried.join(", ") })
}

fn unfit(folder: &Path, account: Option<Account>) -> Option<&'static str> {
    let closed = |folder: &Path| fs::metadata(folder).is_ok_and(|it| it.permissions().mode() & 0o001 == 0);
    if !folder.is_absolute() || !folder.is_dir() {
        Some("is no folder")
    } else if folder.as_os_str().len() > MAX_FOLDER {
        Some("has too long a name for a socket")
    } else if account.is_some() && folder.ancestors().any(closed) {
        Some("is closed to the account that the server runs as")
    } else {
        None
    }
}

/// Removes the folders whose owners are gone; `stop` ends a server that still runs in one.
pub(super) fn sweep(stop: impl Fn(Pid)) {
    let Ok(account) = account() else { return };
    for parent in [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")] {
        sweep_in(&parent, account, &stop);
    }
}

fn sweep_in(parent: &Path, account: Option<Account>, stop: &impl Fn(Pid)) {
    let uid = account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
    Sweep { prefix: PREFIX, uid }.clear(parent, &|folder| {
        if let Some(pid) = server_of(&folder.join(DATA)) {
            stop(pid);
        }
    });
}

/// The server that runs in this data directory. Its pid file may be older than the process that has the number now, so
/// the process itself must be in that directory.
fn server_of(data: &Path) -> Option<Pid> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = file.lines().next()?.trim().parse().ok()?;
    let pid = Pid::from_raw(pid).filter(|_| pid > 1)?;
    is_in(pid, data).then_some(pid)
}

#[cfg(target_os = "linux")]
fn is_in(pid: Pid, data: &Path) -> bool {
    // A server works in its data directory.
    let works_in = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    works_in.is_ok_and(|folder| fs::canonicalize(data).is_ok_and(|data| folder == data))
}

#[cfg(not(target_os = "linux"))]
fn is_in(pid: Pid, data: &Path) -> bool {
    let pid = pid.as_raw_nonzero().to_string();
    let listed = std::process::Command::new("ps").args(["-o", "command=", "-p", &pid]).output();
    listed.is_ok_and(|out| {
        let command = String::from_utf8_lossy(&out.stdout).into_owned();
        command.contains("postgres") && command.contains(&*data.display().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Option<Account> {
        account().unwrap()
    }

    #[test]
    fn a_folder_whose_owner_lives_stays() {
        let parent = tempfile::tempdir().unwrap();
        let lair = Lair::dig_in(parent.path(), own()).unwrap();
        sweep_in(parent.path(), own(), &|_| panic!("there is no server"));
        assert!(lair.path().exists());
    }

    #[test]
    fn a_folder_whose_owner_is_gone_goes() {
        let parent = tempfile::tempdir().unwrap();
        let lair = Lair::dig_in(parent.path(), own()).unwrap();
        let folder = lair.path().to_owned();
        lair.den.abandon();
        assert!(folder.exists());
        sweep_in(parent.path(), own(), &|_| panic!("there is no server"));
        assert!(!folder.exists());
    }

    #[test]
    fn a_pid_file_that_names_another_process_stops_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let lair = Lair::dig_in(parent.path(), own()).unwrap();
        fs::create_dir(lair.data()).unwrap();
        fs::write(lair.data().join("postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
        lair.den.abandon();
        sweep_in(parent.path(), own(), &|pid| panic!("{pid:?} is not the server"));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn folders_of_others_with_such_a_name_stay() {
        let parent = tempfile::tempdir().unwrap();
        let other = parent.path().join("perf-look-notes");
        fs::create_dir(&other).unwrap();
        sweep_in(parent.path(), own(), &|_| panic!("there is no server"));
        assert!(other.exists());
    }

    #[test]
    fn a_long_temporary_folder_will_not_do() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("a".repeat(90));
        fs::create_dir(&long).unwrap();
        assert_eq!(unfit(&long, None), Some("has too long a name for a socket"));
    }

    #[test]
    fn the_account_comes_from_passwd() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        assert_eq!(account_named(passwd, "nobody"), Some(Account { uid: 65534, gid: 65533 }));
        assert_eq!(account_named(passwd, "postgres"), None);
    }
}
