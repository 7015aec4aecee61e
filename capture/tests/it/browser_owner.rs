//! A browser whose owner is killed, or gives up: it goes too, and what it left is cleared away by the next one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use perf_look_capture::browser::{Browser, LaunchOptions};
use serde_json::json;

use crate::browser::{LONG, again, data, launch, processes_in};

#[tokio::test]
async fn a_browser_goes_with_its_owner_and_the_next_start_removes_its_profile() {
    let parent = tempfile::tempdir().unwrap();
    let mut owner =
        again("browser_owner::an_owner_that_waits_to_be_killed", parent.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let folder = lines.find_map(|line| Some(PathBuf::from(line.split_once("STARTED ")?.1))).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let asked = Instant::now();
    while !processes_in(&folder).is_empty() && asked.elapsed() < LONG {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes_in(&folder), Vec::<String>::new());
    assert!(folder.exists(), "a kill cannot be caught");
    assert!(
        again("browser_owner::starts_that_are_given_up", parent.path())
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let left: Vec<_> = std::fs::read_dir(parent.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn an_owner_that_waits_to_be_killed() {
    let browser = launch().await;
    let page = browser.new_page().await.unwrap();
    page.call("Page.navigate", json!({ "url": data("<script>for (;;) {}</script>") })).await.unwrap();
    let line = format!("\nSTARTED {}\n", browser.folder().unwrap().display());
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_mins(2)).await;
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own"]
async fn starts_that_are_given_up() {
    let options = LaunchOptions::default();
    for patience in [0, 20, 100, 300] {
        let _ = tokio::time::timeout(Duration::from_millis(patience), Browser::launch(&options)).await;
    }
}
