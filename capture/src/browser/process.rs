//! The processes of a browser: started with a profile of their own, and ended whatever happens to us.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use thiserror::Error;

use crate::den::{Den, Sweep};

/// Why a browser does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// No folder for its profile.
    #[error("could not make a folder for a browser's profile in {}", parent.display())]
    Folder {
        /// Where.
        parent: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program cannot be run at all.
    #[error("could not run {}", program.display())]
    Run {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended at once.
    #[error("{} ended with {status}: {said}", program.display())]
    Failed {
        /// Which.
        program: PathBuf,
        /// How.
        status: ExitStatus,
        /// The end of what it printed.
        said: String,
    },
    /// It did not become ready.
    #[error("{} was not ready after {} s: {said}", program.display(), PATIENCE.as_secs())]
    Slow {
        /// Which.
        program: PathBuf,
        /// The end of what it printed.
        said: String,
    },
}

impl StartError {
    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Folder { .. } => "name a folder in TMPDIR that can be written to",
            Self::Failed { said, .. } if said.contains("No usable sandbox") => {
                "allow unprivileged user namespaces on this machine, which Chromium's sandbox needs; in a container, run \
                 as root, where it does without"
            }
            Self::Run { .. } | Self::Failed { .. } | Self::Slow { .. } => "name another Chromium in PERF_LOOK_CHROME",
        }
        .to_owned()
    }
}

/// A start takes under half a second; on a machine that is busy beyond that, minutes would not help either.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long it may take to end by itself before it is killed: a tenth of a second is usual.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often is looked whether it has got on.
const TICK: Duration = Duration::from_millis(5);

/// Not a beginning of the folders of scratch servers, whose sweep knows nothing of browsers.
const PREFIX: &str = "perf-look.browser-";

/// A socket's whole name fits into 107 bytes on Linux and 103 on macOS, and Chromium crashes where it does not.
const MAX_TEMPORARY: usize = 103 - "/org.chromium.Chromium.XXXXXX/SingletonSocket".len();

const PROFILE: &str = "profile";
const LOG: &str = "log";

/// Chromium reads commands from its third descriptor and ends when that is closed, which the kernel does for us even
/// when we are killed. We never write there: it only ties the browser's life to ours, without code that is unsafe.
/// The shell becomes Chromium, so the process is the same.
const TIED: &str = r#"exec "$@" 3<&0 4>/dev/null </dev/null"#;

/// Where it begins: else it shows the page of a new tab first, which is a whole application.
const START: &str = "about:blank";

/// No window, no first run, nothing that reaches out by itself, and the same picture on each machine. A page that was
/// left is gone: kept for coming back, it would be counted, and its clock would hold up that of the next.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--remote-debugging-pipe",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--disable-back-forward-cache",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-renderer-backgrounding",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// A browser's processes, which do not outlive this value, nor does their folder.
#[derive(Debug)]
pub(super) struct Process {
    // The order matters: the browser ends before its folder goes.
    tied: Tied,
    home: Home,
    program: PathBuf,
}

/// The folder. Its removal is tried again while processes that were killed just now still write there.
#[derive(Debug)]
struct Home(Den);

impl Drop for Home {
    fn drop(&mut self) {
        let asked = Instant::now();
        while self.0.path().exists() && asked.elapsed() < FAREWELL {
            if fs::remove_dir_all(self.0.path()).is_err() {
                std::thread::sleep(TICK);
            }
        }
    }
}

/// A child that ends when its standard input is closed, and is killed if it does not.
#[derive(Debug)]
struct Tied {
    child: Child,
    input: Option<ChildStdin>,
}

impl Process {
    /// Starts it with these flags beside its usual ones.
    pub(super) fn start(program: &Path, flags: &[String]) -> Result<Self, StartError> {
        let parent = std::env::temp_dir();
        let den = Den::dig_in(&parent, PREFIX).map_err(|source| StartError::Folder { parent, source })?;
        let failed = |source| StartError::Run { program: program.to_owned(), source };
        let log = File::create(den.path().join(LOG)).map_err(failed)?;
        let mut child = command(program, den.path(), log).args(flags).arg(START).spawn().map_err(failed)?;
        let input = child.stdin.take();
        Ok(Self { tied: Tied { child, input }, home: Home(den), program: program.to_owned() })
    }

    /// Where it listens, on loopback, once it does: `ws://127.0.0.1:41000/devtools/browser/…`.
    pub(super) async fn address(&mut self) -> Result<String, StartError> {
        let started = Instant::now();
        loop {
            if let Some(address) = address_in(&self.home.0.path().join(PROFILE)) {
                return Ok(address);
            }
            let program = self.program.clone();
            if !self.tied.runs() {
                return Err(match self.tied.child.wait() {
                    Ok(status) => StartError::Failed { program, status, said: self.log_end() },
                    Err(source) => StartError::Run { program, source },
                });
            }
            if started.elapsed() > PATIENCE {
                return Err(StartError::Slow { program, said: self.log_end() });
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Waits until it has ended by itself, but not for ever.
    pub(super) async fn wait(&mut self, patience: Duration) {
        let asked = Instant::now();
        while self.tied.runs() && asked.elapsed() < patience {
            tokio::time::sleep(TICK).await;
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.home.0.path()
    }

    pub(super) fn pid(&self) -> u32 {
        self.tied.child.id()
    }

    fn log_end(&self) -> String {
        crate::den::end_of(&self.home.0.path().join(LOG))
    }
}

fn command(program: &Path, folder: &Path, log: File) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", TIED, "sh"]).arg(program).args(ARGUMENTS);
    command.arg(format!("--user-data-dir={}", folder.join(PROFILE).display()));
    if rustix::process::geteuid().is_root() {
        // Chromium refuses to be root with its sandbox.
        command.arg("--no-sandbox");
    }
    // A group of its own, since a Ctrl-C in the terminal is for perf-look.
    command.env("TMPDIR", temporary(folder)).process_group(0);
    // Its crash reports are kept in the user's own profile otherwise.
    command.env("BREAKPAD_DUMP_LOCATION", folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
    command
}

/// Where Chromium's temporary files go: into the folder, and with it, if the name of its socket is not too long then.
fn temporary(folder: &Path) -> &Path {
    let mut folders = folder.ancestors().take(2).chain([Path::new("/tmp")]);
    folders.find(|folder| folder.as_os_str().len() <= MAX_TEMPORARY).unwrap_or(folder)
}

/// Chromium writes its port and the path on it into a file when it is ready.
fn address_in(profile: &Path) -> Option<String> {
    let text = fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
    let (port, path) = text.split_once('\n')?;
    let path = path.trim_end();
    // Written in one go, but who knows: an address is whole when it has its identifier.
    path.starts_with("/devtools/browser/").then(|| format!("ws://127.0.0.1:{port}{path}"))
}

impl Tied {
    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Whether it runs; where it has ended, its number stays its own until it is waited for.
    fn state(&self) -> State {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match self.pid().map(|pid| waitid(WaitId::Pid(pid), options)) {
            Some(Ok(None)) => State::Runs,
            Some(Ok(Some(_))) => State::Ended,
            Some(Err(_)) | None => State::WaitedFor,
        }
    }

    fn runs(&self) -> bool {
        self.state() == State::Runs
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    Ended,
    WaitedFor,
}

impl Drop for Tied {
    fn drop(&mut self) {
        drop(self.input.take());
        let asked = Instant::now();
        while self.runs() && asked.elapsed() < FAREWELL {
            std::thread::sleep(TICK);
        }
        // Nothing can be reported from here. A helper may still be there although the browser has ended.
        if let Some(pid) = self.pid().filter(|_| self.state() != State::WaitedFor) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Removes the folders of browsers whose owners are gone. The browsers have ended by then, with their owners.
pub(super) fn sweep() {
    let uid = rustix::process::geteuid().as_raw();
    Sweep { prefix: PREFIX, uid }.clear(&std::env::temp_dir(), &|_| {});
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_go_with_the_folder_unless_its_name_is_too_long() {
        assert_eq!(temporary(Path::new("/tmp/perf-look.browser-1")), Path::new("/tmp/perf-look.browser-1"));
        let long = PathBuf::from(format!("/var/folders/{}", "a".repeat(40)));
        assert_eq!(temporary(&long.join("perf-look.browser-1")), long);
        let longer = PathBuf::from(format!("/var/folders/{}", "a".repeat(80)));
        assert_eq!(temporary(&longer.join("perf-look.browser-1")), Path::new("/tmp"));
    }

    #[test]
    fn an_address_is_read_once_it_is_whole() {
        let profile = tempfile::tempdir().unwrap();
        let file = profile.path().join("DevToolsActivePort");
        assert_eq!(address_in(profile.path()), None);
        fs::write(&file, "41000\n").unwrap();
        assert_eq!(address_in(profile.path()), None);
        fs::write(&file, "41000\n/devtools/browser/ab-1").unwrap();
        assert_eq!(address_in(profile.path()).as_deref(), Some("ws://127.0.0.1:41000/devtools/browser/ab-1"));
    }
}
