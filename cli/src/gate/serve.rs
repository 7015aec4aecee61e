//! The server of a suite's pages: started by the suite's command, waited for, stopped with all that it started.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::config::Suite;
use crate::failure::Failure;

/// How often is looked whether it answers.
const TICK: Duration = Duration::from_millis(50);
/// How long it may take to go when it is asked to.
const FAREWELL: Duration = Duration::from_secs(5);

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Serving {
    child: Option<Child>,
    /// What paths of pages are appended to.
    pub(crate) base: String,
}

impl Serving {
    /// Starts the suite's server, if it has one, and waits until it answers.
    pub(crate) fn start(suite: &Suite, root: &Path) -> Result<Self, Failure> {
        let base = suite.wait.as_deref().map(address).unwrap_or_default();
        let Some(command) = &suite.serve else { return Ok(Self { child: None, base }) };
        if base.is_empty() {
            let missing = anyhow!("suite.{}.serve has no suite.{}.wait beside it", suite.name, suite.name);
            return Err(Failure::usage(missing).help("wait = \"http://127.0.0.1:4173/\" says when the server answers"));
        }
        if answers(&base) {
            let taken = anyhow!("something answers at {base} already, before {command} was started");
            return Err(Failure::usage(taken).help("stop it, or let the server use another port"));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A group of its own, so that what the shell starts can be stopped too.
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let child = shell.spawn().with_context(|| format!("could not run {command}")).map_err(Failure::unmeasured)?;
        let mut serving = Self { child: Some(child), base };
        serving.wait(command, suite.timeout)?;
        Ok(serving)
    }

    fn wait(&mut self, command: &str, patience: Duration) -> Result<(), Failure> {
        let begun = Instant::now();
        while !answers(&self.base) {
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                let ended = anyhow!("{command} ended ({status}) before {} answered", self.base);
                return Err(Failure::unmeasured(ended).help("run it by itself to see why"));
            }
            if begun.elapsed() > patience {
                let late = anyhow!("{command} did not answer at {} within {} s", self.base, patience.as_secs());
                return Err(Failure::unmeasured(late).help("suite.NAME.timeout allows more"));
            }
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    /// The address of a page: as it is, or below the server's.
    pub(crate) fn url(&self, page: &str) -> String {
        match page.strip_prefix('/') {
            Some(path) if !self.base.is_empty() => format!("{}/{path}", self.base.trim_end_matches('/')),
            _ => page.to_owned(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
        // What is gone already needs no stopping.
        let _ = kill_process_group(group, Signal::TERM);
        let begun = Instant::now();
        // A shell ends before what it started, which may still hold the port of the next run.
        while begun.elapsed() < FAREWELL && (!matches!(child.try_wait(), Ok(Some(_))) || answers(&self.base)) {
            std::thread::sleep(TICK);
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = child.wait();
    }
}

/// `4173` is a port of this machine.
fn address(wait: &str) -> String {
    match wait.parse::<u16>() {
        Ok(port) => format!("http://127.0.0.1:{port}/"),
        Err(_) => wait.to_owned(),
    }
}

/// Whether somebody takes connections there.
fn answers(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let places = host.to_socket_addrs().into_iter().flatten();
    places.into_iter().any(|place| TcpStream::connect_timeout(&place, Duration::from_secs(1)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_server() {
        let serving = Serving { child: None, base: address("4173") };
        assert_eq!(serving.url("/orders?x=1"), "http://127.0.0.1:4173/orders?x=1");
        assert_eq!(serving.url("https://a.b/"), "https://a.b/");
    }

    /// Its shell is gone at once; it takes half a second.
    const SLOW_TO_GO: &str = r#"true && node -e '
        const server = require("net").createServer(() => {}).listen(Number(process.env.PORT), "127.0.0.1");
        process.on("SIGTERM", () => setTimeout(() => { require("fs").writeFileSync("farewell", ""); server.close(); }, 500));
    '"#;

    #[test]
    fn a_server_is_gone_before_the_gate_ends_although_its_shell_went_first() {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let suite = Suite {
            serve: Some(format!("export PORT={port}; {SLOW_TO_GO}")),
            wait: Some(port.clone()),
            timeout: Duration::from_mins(1),
            ..Suite::default()
        };
        drop(Serving::start(&suite, folder.path()).unwrap());
        assert!(!answers(&address(&port)));
        assert!(folder.path().join("farewell").exists());
    }

    #[test]
    fn a_server_that_ends_says_so() {
        let suite = Suite {
            name: "web".to_owned(),
            serve: Some("exit 3".to_owned()),
            wait: Some("1".to_owned()),
            timeout: Duration::from_secs(5),
            ..Suite::default()
        };
        let failure = Serving::start(&suite, Path::new(".")).unwrap_err();
        assert!(
            failure.message().contains("ended (exit status: 3) before http://127.0.0.1:1/ answered"),
            "{failure:?}"
        );
    }
}
