//! The server of our own: there when it is wanted, gone afterwards whatever happens.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use perf_look_capture::postgres::connect;
use perf_look_capture::postgres::scratch::{Scratch, ScratchError};

/// A server, or none where no programs are installed, which is said loudly.
pub(crate) async fn start() -> Option<Scratch> {
    match Scratch::start().await {
        Ok(scratch) => Some(scratch),
        Err(ScratchError::NoServer(error)) => {
            // The one place where a test talks: a skip must not pass for a success.
            std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {error}\n").as_bytes()).unwrap();
            None
        }
        Err(error) => panic!("{error}: {:?}", error.help()),
    }
}

fn is_running(pid: u32) -> bool {
    // A child that nobody has waited for yet is no longer running.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[track_caller]
fn assert_gone(folder: &Path, pid: u32) {
    assert!(!folder.exists(), "{} is still there", folder.display());
    assert!(!is_running(pid), "the server {pid} still runs");
}

#[tokio::test]
async fn it_answers_as_soon_as_it_is_started() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    assert_eq!(session.server_version, scratch.server_version());
}

#[tokio::test]
async fn it_is_gone_when_it_is_dropped_with_clients_and_all() {
    let Some(scratch) = start().await else { return };
    let session = connect(&scratch.target()).await.unwrap();
    let (folder, pid) = (scratch.folder().to_owned(), scratch.pid());
    drop(scratch);
    assert_gone(&folder, pid);
    drop(session);
}

#[tokio::test]
async fn it_is_gone_after_a_panic() {
    let Some(scratch) = start().await else { return };
    let (folder, pid) = (scratch.folder().to_owned(), scratch.pid());
    let task = tokio::spawn(async move {
        let _scratch = scratch;
        panic!("on purpose");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_gone(&folder, pid);
}

/// In a process and a folder of its own, since other tests start servers at the same time.
#[test]
fn a_start_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // The server's own user must be able to reach what is below.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scratch::starts_that_are_given_up", "--ignored"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(ended.success());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn starts_that_are_given_up() {
    for after in [1, 30, 150, 300] {
        let _ = tokio::time::timeout(Duration::from_millis(after), Scratch::start()).await;
    }
}

#[tokio::test]
async fn the_next_start_sweeps_up_after_an_owner_that_was_killed() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scratch::an_owner_that_waits_to_be_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let Some(line) = lines.find_map(|line| Some(line.split_once("STARTED ")?.1.to_owned())) else {
        owner.wait().unwrap();
        return;
    };
    let (pid, folder) = line.split_once(' ').unwrap();
    let (pid, folder) = (pid.parse().unwrap(), PathBuf::from(folder));
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(folder.exists() && is_running(pid), "a kill cannot be caught");
    drop(start().await.unwrap());
    assert_gone(&folder, pid);
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn an_owner_that_waits_to_be_killed() {
    let Some(scratch) = start().await else { return };
    let line = format!("\nSTARTED {} {}\n", scratch.pid(), scratch.folder().display());
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test]
async fn it_is_ready_in_a_moment() {
    let started = Instant::now();
    let Some(_scratch) = start().await else { return };
    // 0.5 s where nothing else runs; this only catches a start that waits for something.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}
