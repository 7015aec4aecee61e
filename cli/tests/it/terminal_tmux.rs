//! A terminal that many people have shows what the tests of single screens say it shows. Without tmux these are skipped,
//! and say so; with `CI` set they fail instead.

use std::process::Command;
use std::time::{Duration, Instant};

use perf_look_analyzers::{Policy, Report, input};
use perf_look_tui::{Action, Depth, Glyphs, Model, Screen, State, Theme, draw, update};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::Sandbox;
use crate::terminal::{PAINTED, SCAN, sandbox};

/// Longer than any machine takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server of tmux of our own, with one window of 80 columns and 24 rows.
struct Tmux<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Tmux<'a> {
    /// None, and that is said loudly, where there is no tmux.
    fn start(sandbox: &'a Sandbox, command: &str) -> Option<Self> {
        let tmux = Self { sandbox };
        if Command::new("tmux").arg("-V").output().is_err() {
            let help = "tmux is missing; scripts/prerequisites --browser installs it";
            assert!(std::env::var_os("CI").is_none(), "{help}");
            std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {help}\n").as_bytes()).unwrap();
            return None;
        }
        tmux.say(&["new-session", "-d", "-x", "80", "-y", "24", command]);
        Some(tmux)
    }

    /// What tmux answers.
    fn say(&self, args: &[&str]) -> String {
        let output = self.command().args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.env_clear().envs(self.sandbox.environment().iter().cloned()).current_dir(self.sandbox.path());
        command.arg("-S").arg(self.sandbox.path().join("tmux")).args(["-f", "/dev/null"]);
        command
    }

    /// The screen, when it is so.
    #[track_caller]
    fn screen(&self, is_so: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let screen = self.say(&["capture-pane", "-p"]);
            let screen = screen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
            if is_so(&screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        // Where its only window has ended, so has it.
        let _ = self.command().arg("kill-server").output();
    }
}

/// What a screen is to show, drawn into memory.
fn expected(screen: Screen) -> String {
    let found = input::read("scan.json", SCAN).unwrap();
    let model = Model::new(Report::of(found.subjects, &Policy::default()));
    let mut state = State::new(&model, (80, 24));
    update(&mut state, &model, Action::Show(screen));
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    draw(&state, &model, &Theme::new(Depth::Indexed, Glyphs::Unicode), &mut buffer);
    let rows = buffer.content.chunks(80).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>());
    rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_terminal_that_many_people_have_shows_what_is_drawn() {
    let sandbox = sandbox().env("TERM", "xterm-256color");
    let program = env!("CARGO_BIN_EXE_perf-look");
    let Some(tmux) = Tmux::start(&sandbox, &format!("{program} open scan.json; exec sh")) else { return };
    tmux.screen(|screen| screen.contains(PAINTED));
    for (digit, screen) in ["1", "2", "3", "4", "5", "6", "7"].into_iter().zip(Screen::ALL) {
        tmux.say(&["send-keys", digit]);
        // What tmux shows while it is drawn is a part of the screen: in the end it is the whole.
        let expected = expected(screen);
        tmux.screen(|shown| shown.trim_end() == expected.trim_end());
    }
    assert_eq!(tmux.say(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]), "1 0\n");
    kill_process(child_of(&tmux.say(&["display-message", "-p", "#{pane_pid}"])), Signal::TERM).unwrap();
    tmux.screen(|_| tmux.say(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]) == "0 1\n");
}

/// The program that a shell runs.
fn child_of(shell: &str) -> Pid {
    let shell = shell.trim();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap()).unwrap()
}

#[test]
fn a_window_that_is_closed_ends_the_program() {
    let sandbox = sandbox().env("TERM", "xterm-256color");
    let program = env!("CARGO_BIN_EXE_perf-look");
    let Some(tmux) = Tmux::start(&sandbox, &format!("exec {program} open scan.json")) else { return };
    tmux.screen(|screen| screen.contains(PAINTED));
    let process = format!("/proc/{}/cmdline", tmux.say(&["display-message", "-p", "#{pane_pid}"]).trim());
    assert!(std::fs::read_to_string(&process).unwrap().contains("scan.json"));
    drop(tmux);
    let deadline = Instant::now() + DEADLINE;
    // One that has ended has no arguments any more.
    while std::fs::read_to_string(&process).is_ok_and(|arguments| arguments.contains("scan.json")) {
        assert!(Instant::now() < deadline, "it goes on without a terminal");
        std::thread::sleep(Duration::from_millis(10));
    }
}
