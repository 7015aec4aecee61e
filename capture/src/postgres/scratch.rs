//! A Postgres server of our own, made from nothing in about half a second and gone afterwards.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use thiserror::Error;

use super::conninfo::{Request, Surroundings, Target};
use super::lair::{self, Lair, LairError};
use super::servers::{self, NoServer, Programs};

/// A running server. Dropping it stops the server and removes its files, whatever else happens.
#[derive(Debug)]
pub struct Scratch {
    // The order matters: the server stops before its folder goes.
    server: Process,
    lair: Lair,
    port: u16,
    version: String,
}

/// Why there is no scratch server.
#[derive(Debug, Error)]
pub enum ScratchError {
    /// No programs.
    #[error(transparent)]
    NoServer(#[from] NoServer),
    /// No folder.
    #[error(transparent)]
    Lair(#[from] LairError),
    /// A program could not be run at all.
    #[error("could not run {}", program.display())]
    Run {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A program ended with an error.
    #[error("{} ended with {status}: {said}", program.display())]
    Failed {
        /// Which.
        program: PathBuf,
        /// How.
        status: ExitStatus,
        /// The end of what it printed.
        said: String,
    },
    /// The server did not become ready.
    #[error("the scratch server was not ready after {} s: {said}", PATIENCE.as_secs())]
    Slow {
        /// The end of its log.
        said: String,
    },
}

impl ScratchError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoServer(error) => Some(error.help()),
            Self::Lair(error) => Some(error.help()),
            Self::Run { .. } | Self::Failed { .. } => {
                Some("name other server programs in PERF_LOOK_PG_BIN, or another folder in TMPDIR".to_owned())
            }
            Self::Slow { .. } => None,
        }
    }
}

/// A start takes under a second; on a machine that is busy beyond that, minutes would not help either.
const PATIENCE: Duration = Duration::from_mins(1);

/// A fast shutdown takes 10 ms; what is not gone by then is killed.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often is looked whether a program has got on.
const TICK: Duration = Duration::from_millis(3);

/// Only part of the socket's name: no port is opened.
const PORT: u16 = 5432;

/// What a server that is thrown away need not do: be reached from elsewhere, or survive a crash.
const SERVER_SETTINGS: &[&str] =
    &["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "track_io_timing=on"];

impl Scratch {
    /// Starts a server on a socket of its own, and clears away those of owners that were killed.
    ///
    /// Can be dropped at any point: what was begun is stopped and removed.
    pub async fn start() -> Result<Self, ScratchError> {
        Self::start_with(PORT, &[]).await
    }

    /// The same with settings of its own (`name=value`), such as `listen_addresses=127.0.0.1` on a port that is free.
    pub async fn start_with(port: u16, settings: &[&str]) -> Result<Self, ScratchError> {
        Self::start_on(servers::find()?, port, settings).await
    }

    /// The same with programs that were chosen, where one machine has several.
    pub async fn start_on(programs: Programs, port: u16, settings: &[&str]) -> Result<Self, ScratchError> {
        lair::sweep(stop_orphan);
        let lair = Lair::dig()?;
        init(&programs, &lair).await?;
        let server = serve(&programs, &lair, port, settings).await?;
        Ok(Self { server, lair, port, version: programs.version })
    }

    /// Where to connect.
    pub fn target(&self) -> Target {
        self.target_database("postgres")
    }

    /// Where to connect for another database of the server.
    pub fn target_database(&self, dbname: &str) -> Target {
        target_of(&self.lair, self.port, dbname)
    }

    /// The server's version: `15.18`.
    pub fn server_version(&self) -> &str {
        &self.version
    }

    /// The folder that holds everything of the server.
    pub fn folder(&self) -> &Path {
        self.lair.path()
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.child.id()
    }
}

fn target_of(lair: &Lair, port: u16, dbname: &str) -> Target {
    let request = Request {
        host: Some(lair.path().display().to_string()),
        port: Some(port.to_string()),
        user: Some("postgres".to_owned()),
        dbname: Some(dbname.to_owned()),
        ..Request::default()
    };
    // Nothing of the user's environment: PGOPTIONS, PGSERVICE and the like are for other servers.
    match Target::resolve(&request, &Surroundings::default()) {
        Ok(target) => target,
        Err(error) => unreachable!("a folder, a number and two words are valid: {error}"),
    }
}

async fn init(programs: &Programs, lair: &Lair) -> Result<(), ScratchError> {
    let program = programs.initdb();
    let mut command = Command::new(&program);
    command.arg("-D").arg(lair.data());
    command.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"]);
    let mut process = Process::spawn(command, lair, &program)?;
    let started = Instant::now();
    loop {
        match process.ended(&program)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(ScratchError::Failed { program, status, said: lair.log_end() }),
            None if started.elapsed() > PATIENCE => return Err(ScratchError::Slow { said: lair.log_end() }),
            None => tokio::time::sleep(TICK).await,
        }
    }
}

async fn serve(programs: &Programs, lair: &Lair, port: u16, settings: &[&str]) -> Result<Process, ScratchError> {
    let program = programs.postgres();
    let mut command = Command::new(&program);
    command.arg("-D").arg(lair.data()).arg("-k").arg(lair.path()).args(["-p", &port.to_string()]);
    for setting in SERVER_SETTINGS.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    let mut process = Process::spawn(command, lair, &program)?;
    let started = Instant::now();
    while !lair.is_ready() {
        if let Some(status) = process.ended(&program)? {
            return Err(ScratchError::Failed { program, status, said: lair.log_end() });
        }
        if started.elapsed() > PATIENCE {
            return Err(ScratchError::Slow { said: lair.log_end() });
        }
        tokio::time::sleep(TICK).await;
    }
    Ok(process)
}

/// A child that does not outlive this value.
#[derive(Debug)]
struct Process {
    child: Child,
}

impl Process {
    fn spawn(mut command: Command, lair: &Lair, program: &Path) -> Result<Self, ScratchError> {
        let failed = |source| ScratchError::Run { program: program.to_owned(), source };
        let log = || lair.log().map_err(failed);
        command.stdin(Stdio::null()).stdout(log()?).stderr(log()?);
        // Messages are read by us and shown to everyone; a group of its own, since a Ctrl-C in the terminal is for
        // perf-look, which still wants to cancel and roll back before the server goes.
        command.current_dir(lair.path()).env("LC_ALL", "C").process_group(0);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        if let Some(account) = lair.account() {
            // The standard library also gives up root's other groups then.
            command.uid(account.uid).gid(account.gid);
        }
        Ok(Self { child: command.spawn().map_err(failed)? })
    }

    fn ended(&mut self, program: &Path) -> Result<Option<ExitStatus>, ScratchError> {
        self.child.try_wait().map_err(|source| ScratchError::Run { program: program.to_owned(), source })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing can be reported from here, and nothing is lost: the folder is removed next.
        let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) else { return };
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // To a server a fast shutdown, to initdb and the programs that it runs the end.
        let _ = kill_process_group(pid, Signal::INT);
        let asked = Instant::now();
        while asked.elapsed() < FAREWELL {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(TICK);
        }
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Stops the server of a folder whose owner is gone. It is no child of ours, so its end is seen by its absence.
fn stop_orphan(pid: Pid) {
    for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
        if kill_process(pid, signal).is_err() {
            return;
        }
        let asked = Instant::now();
        while asked.elapsed() < FAREWELL {
            if rustix::process::test_kill_process(pid).is_err() {
                return;
            }
            std::thread::sleep(TICK);
        }
    }
}

/// Root's files are not for a server that must not run as root.
pub(super) fn give(path: &Path, account: Option<lair::Account>) -> std::io::Result<()> {
    match account {
        Some(account) => chown(path, Some(account.uid), Some(account.gid)),
        None => Ok(()),
    }
}
