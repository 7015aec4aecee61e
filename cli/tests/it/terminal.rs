//! The program on a real terminal: what is drawn first, and that the terminal is given back whatever happens.

#[path = "../../src/crash.rs"]
mod crash;

use std::time::Duration;

use perf_look_analyzers::{Policy, Report, input};
use perf_look_tui::run::{Look, run};
use perf_look_tui::{Depth, Glyphs, Model};
use rustix::process::Signal;

use crate::pty::Pty;
use crate::sandbox::Sandbox;

/// A sort over a scan that throws most rows away.
pub(crate) const SCAN: &str = include_str!("terminal/scan.json");

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new().file("scan.json", SCAN)
}

/// What the first screen shows when it is complete.
pub(crate) const PAINTED: &str = "q quit";

#[track_caller]
pub(crate) fn opened(sandbox: &Sandbox) -> Pty {
    let mut pty = Pty::open(sandbox, &["open", "scan.json"]);
    pty.wait_for(PAINTED);
    pty
}

#[track_caller]
pub(crate) fn assert_given_back(pty: &Pty) {
    assert_eq!(pty.left_behind(), "", "{}", pty.text());
}

#[test]
fn findings_are_painted_first_and_q_gives_the_terminal_back() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    assert!(pty.text().contains("seq-scan-discards-rows"), "{}", pty.text());
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && pty.screen().bracketed_paste());
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_signal_that_ends_gives_the_terminal_back_and_is_told_by_the_exit_code() {
    let sandbox = sandbox();
    let signals = [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)];
    for (signal, code) in signals {
        let mut pty = opened(&sandbox);
        pty.type_keys("%");
        pty.wait_for("the wheel scrolls");
        pty.signal(signal);
        assert_eq!(pty.exit_code(), code, "{signal:?}\n{}", pty.text());
        assert_given_back(&pty);
    }
}

#[test]
fn a_terminal_that_is_stopped_is_given_back_and_drawn_anew_when_it_goes_on() {
    let sandbox = sandbox();
    for how in ["\u{1a}", ""] {
        let mut pty = opened(&sandbox);
        let painted = pty.text();
        if how.is_empty() {
            pty.signal(Signal::TSTP);
        } else {
            pty.type_keys(how);
        }
        pty.until_state('T');
        pty.until("the terminal is given back", |pty| pty.left_behind().is_empty());
        pty.resize((81, 24));
        pty.resize((80, 24));
        pty.signal(Signal::CONT);
        pty.until("it is drawn anew", |pty| pty.text() == painted && pty.screen().alternate_screen());
        pty.type_keys("q");
        assert_eq!(pty.exit_code(), 0);
        assert_given_back(&pty);
    }
}

#[test]
fn one_that_was_stopped_without_a_word_takes_the_terminal_again_when_it_goes_on() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    let painted = pty.text();
    pty.signal(Signal::STOP);
    pty.until_state('T');
    // What a shell does to its terminal meanwhile.
    pty.show(b"\x1b[?1049l\x1b[2J\x1b[?25h");
    pty.signal(Signal::CONT);
    pty.until("it is drawn anew", |pty| pty.text() == painted && pty.screen().alternate_screen());
    pty.type_keys("/\u{1a}");
    pty.until_state('T');
    pty.until("the terminal is given back", |pty| pty.left_behind().is_empty());
    pty.signal(Signal::CONT);
    pty.wait_for("search:");
    pty.signal(Signal::TERM);
    assert_eq!(pty.exit_code(), 143);
    assert_given_back(&pty);
}

#[test]
fn a_shell_stops_it_and_brings_it_back() {
    let sandbox = sandbox().env("PS1", "$ ");
    let program = env!("CARGO_BIN_EXE_perf-look");
    let mut pty = Pty::run(&sandbox, (80, 24), &["bash", "--norc", "--noprofile", "-i"]);
    pty.wait_for("$");
    pty.type_keys(&format!("{program} open scan.json\r"));
    pty.wait_for(PAINTED);
    pty.type_keys("2\u{1a}");
    pty.until("the shell says that it is stopped", |pty| {
        pty.text().contains("Stopped") && pty.text().trim_end().ends_with('$')
    });
    assert!(!pty.screen().alternate_screen() && !pty.screen().hide_cursor());
    pty.type_keys("fg\r");
    pty.until("it is back where it was", |pty| pty.screen().alternate_screen() && pty.text().contains("[2Plan]"));
    pty.type_keys("q");
    pty.until("the shell is back", |pty| !pty.screen().alternate_screen() && pty.text().trim_end().ends_with('$'));
    pty.type_keys("echo code $?\r");
    pty.wait_for("code 0");
    pty.type_keys("exit\r");
    pty.exit_code();
}

#[test]
fn a_storm_of_sizes_is_drawn_once_it_is_over_and_nothing_is_drawn_after_that() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    let painted = pty.text();
    let before = pty.bytes.len();
    for columns in (20..=120).chain((80..120).rev()) {
        pty.resize((columns, 24));
    }
    pty.until("it is drawn for the last size", |pty| {
        pty.bytes.len() > before && pty.text() == painted && pty.is_between_frames()
    });
    // It ends, or this does not.
    while pty.listen(Duration::from_millis(300)) > 0 {}
    assert_eq!(pty.text(), painted);
    let frames = pty.bytes[before..].windows(8).filter(|window| *window == b"\x1b[?2026h").count();
    assert!(frames < 20, "{frames} frames for 141 sizes");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_recovers() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    pty.resize((18, 3));
    pty.wait_for("too small");
    pty.resize((1, 1));
    pty.until("something is drawn", |pty| !pty.text().is_empty());
    pty.resize((80, 24));
    pty.wait_for(PAINTED);
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn where_nothing_happens_it_does_not_wake_up() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    pty.listen(Duration::from_millis(300));
    let switches = |pty: &Pty| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", pty.pid().as_raw_pid())).unwrap();
        status.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = switches(&pty);
    assert_eq!(pty.listen(Duration::from_secs(2)), 0, "bytes");
    assert_eq!(switches(&pty), before);
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
}

/// Not a check of its own: the program of the test below, which starts this file's tests on a terminal.
#[test]
fn a_program_that_fails_while_it_draws() {
    let Ok(path) = std::env::var("PERF_LOOK_TEST_FAILS_WITH") else { return };
    crash::install();
    let found = input::read("scan.json", &std::fs::read_to_string(path).unwrap()).unwrap();
    let model = Model::new(Report::of(found.subjects, &Policy::default()));
    let look = Look { depth: Depth::Indexed, glyphs: Glyphs::Unicode };
    run(model, look, |_, effect| panic!("no way to do {effect:?} \x1b]0;title\x07")).unwrap();
}

#[test]
fn a_panic_gives_the_terminal_back_and_then_says_where_to_read_on() {
    let sandbox = sandbox().env("PERF_LOOK_TEST_FAILS_WITH", "scan.json");
    let sandbox = sandbox.env("TMPDIR", ".");
    let this = std::env::current_exe().unwrap();
    let test = "terminal::a_program_that_fails_while_it_draws";
    let mut pty = Pty::run(&sandbox, (80, 24), &[this.to_str().unwrap(), "--exact", test, "--nocapture"]);
    pty.wait_for(PAINTED);
    pty.type_keys("%r");
    pty.wait_for("perf-look itself failed: no way to do Rerun");
    assert_ne!(pty.exit_code(), 0);
    assert_given_back(&pty);
    assert!(pty.asked().odd.is_empty(), "{:?}", pty.asked());
    let mut files = std::fs::read_dir(sandbox.path()).unwrap().flatten().map(|entry| entry.path());
    let crash = files.find(|path| path.to_string_lossy().contains("perf-look-crash-")).unwrap();
    assert!(pty.text().contains(crash.file_name().unwrap().to_str().unwrap()), "{}", pty.text());
    let words = std::fs::read_to_string(crash).unwrap();
    assert!(words.starts_with("perf-look ") && words.contains("no way to do Rerun"), "{words}");
}
