//! A program on a terminal of its own: types keys, sends signals, and reads the screen as a person would.

use std::fmt::Write as _;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use vt100::{Callbacks, Parser, Screen};

use crate::sandbox::Sandbox;

/// Longer than any machine takes; nothing waits that long unless it fails.
const DEADLINE: Duration = Duration::from_secs(30);

/// What was asked of the terminal beside drawing.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// What was put onto the clipboard, in base64.
    pub(crate) copied: Vec<Vec<u8>>,
    /// Titles, sizes, bells, and what a terminal does not know.
    pub(crate) odd: Vec<String>,
}

impl Callbacks for Asked {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.odd.push("bell".to_owned());
    }

    fn resize(&mut self, _: &mut Screen, size: (u16, u16)) {
        self.odd.push(format!("resize {size:?}"));
    }

    fn set_window_icon_name(&mut self, _: &mut Screen, name: &[u8]) {
        self.odd.push(format!("icon {}", name.escape_ascii()));
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.odd.push(format!("title {}", title.escape_ascii()));
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.copied.push(data.to_vec());
    }

    fn paste_from_clipboard(&mut self, _: &mut Screen, _: &[u8]) {
        self.odd.push("reads the clipboard".to_owned());
    }

    fn unhandled_control(&mut self, _: &mut Screen, byte: u8) {
        self.odd.push(format!("control {byte:#x}"));
    }

    fn unhandled_escape(&mut self, _: &mut Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        // The end of what goes to the clipboard comes here too.
        if byte != b'\\' {
            self.odd.push(format!("escape {}", byte.escape_ascii()));
        }
    }

    fn unhandled_csi(&mut self, _: &mut Screen, first: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        /// Frames that are shown at once, an encoding of the mouse, and the usual colour of underlines: newer
        /// terminals know them, and others pass over them.
        const NEWER: [(Option<u8>, u16); 3] = [(Some(b'?'), 2026), (Some(b'?'), 1015), (None, 59)];
        let is_newer = |param: &&[u16]| param.iter().all(|number| NEWER.contains(&(first, *number)));
        if !params.iter().all(is_newer) {
            self.odd.push(format!("csi {first:?} {params:?} {c}"));
        }
    }

    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        self.odd.push(format!("osc {}", params.concat().escape_ascii()));
    }
}

/// A program and its terminal.
pub(crate) struct Pty {
    master: Box<dyn MasterPty>,
    keys: Box<dyn Write>,
    child: Box<dyn Child>,
    output: Receiver<Vec<u8>>,
    emulator: Parser<Asked>,
    /// All bytes that came.
    pub(crate) bytes: Vec<u8>,
}

/// Columns and rows.
pub(crate) type Size = (u16, u16);

fn size((columns, rows): Size) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// Leads the session of the terminal, as a user's shell does, and is not what is tested. When a leader ends, Linux throws
/// away what was written to the terminal and is still on its way to whoever reads it: it gets there before.
const LEADER: &[&str] = &["sh", "-c", "trap : HUP INT QUIT TERM TSTP; \"$@\"; code=$?; sleep 0.1; exit $code", "sh"];

fn non_zero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

impl Pty {
    /// The program in a sandbox, on 80 columns and 24 rows.
    pub(crate) fn open(sandbox: &Sandbox, args: &[&str]) -> Self {
        Self::run(sandbox, (80, 24), &[&[env!("CARGO_BIN_EXE_perf-look")], args].concat())
    }

    /// Any program in a sandbox.
    pub(crate) fn run(sandbox: &Sandbox, at: Size, command: &[&str]) -> Self {
        let pair = native_pty_system().openpty(size(at)).unwrap();
        let mut builder = CommandBuilder::from_argv([LEADER, command].concat().iter().map(Into::into).collect());
        builder.env_clear();
        builder.env("TERM", "xterm-256color");
        for (name, value) in sandbox.environment() {
            builder.env(name, value);
        }
        builder.cwd(sandbox.path());
        let child = pair.slave.spawn_command(builder).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let emulator = Parser::new_with_callbacks(non_zero(at.1), non_zero(at.0), 0, Asked::default());
        Self { master: pair.master, keys, child, output, emulator, bytes: Vec::new() }
    }

    /// What is on the screen, line by line, without the spaces at their ends.
    pub(crate) fn text(&self) -> String {
        let columns = self.screen().size().1;
        let lines: Vec<String> = self.screen().rows(0, columns.into()).map(|row| row.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    pub(crate) fn screen(&self) -> &Screen {
        self.emulator.screen()
    }

    pub(crate) fn asked(&self) -> &Asked {
        self.emulator.callbacks()
    }

    /// Waits until that is so.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                // The program has ended; what it ended with has come.
                Err(RecvTimeoutError::Disconnected) if is_so(self) => return,
                Err(error) => panic!("{what}: {error}; the screen is\n{}", self.text()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.emulator.process(bytes);
        self.bytes.extend(bytes);
    }

    /// Shows what somebody else wrote.
    pub(crate) fn show(&mut self, bytes: &[u8]) {
        self.emulator.process(bytes);
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.until(&format!("waited for \"{text}\""), |pty| pty.text().contains(text));
    }

    /// What comes within a time in which nothing should.
    pub(crate) fn listen(&mut self, time: Duration) -> usize {
        let (deadline, before) = (Instant::now() + time, self.bytes.len());
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        self.bytes.len() - before
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&mut self, at: Size) {
        self.master.resize(size(at)).unwrap();
        self.emulator.screen_mut().set_size(non_zero(at.1), non_zero(at.0));
    }

    /// The program's own, once its leader has started it.
    pub(crate) fn pid(&self) -> Pid {
        let leader = self.child.process_id().unwrap();
        let children = format!("/proc/{leader}/task/{leader}/children");
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline {
            let started = std::fs::read_to_string(&children).unwrap();
            if let Some(program) = started.split_whitespace().next() {
                return Pid::from_raw(program.parse().unwrap()).unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the program does not start; the screen is\n{}", self.text());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until something is so that the screen does not tell.
    #[track_caller]
    pub(crate) fn until_true(&mut self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so() {
            assert!(Instant::now() < deadline, "waited until {what}; the screen is\n{}", self.text());
            self.listen(Duration::from_millis(5));
        }
    }

    /// Waits until the process is in a state of `/proc`: `T` is stopped, `S` asleep.
    #[track_caller]
    pub(crate) fn until_state(&mut self, state: char) {
        let stat = format!("/proc/{}/stat", self.pid().as_raw_pid());
        self.until_true(&format!("the state is {state}"), || {
            std::fs::read_to_string(&stat).unwrap().rsplit(") ").next().unwrap().starts_with(state)
        });
        while let Ok(bytes) = self.output.try_recv() {
            self.take(&bytes);
        }
    }

    /// Waits for the end, and what came until then.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end; the screen is\n{}", self.text());
            self.listen(Duration::from_millis(5));
        };
        // What it wrote last comes before the end of its terminal, whenever that is read.
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        status.exit_code()
    }

    /// Whether the last frame that was begun has come to its end.
    pub(crate) fn is_between_frames(&self) -> bool {
        !unbalanced(&self.bytes, b"\x1b[?2026h", b"\x1b[?2026l")
    }

    /// What is not as a shell expects it; empty where all is.
    pub(crate) fn left_behind(&self) -> String {
        let screen = self.screen();
        let flags = format!("{:?}", self.master.get_termios().map(|termios| termios.local_flags));
        let mut left = String::new();
        for (is_left, what) in [
            (screen.alternate_screen(), "the other screen"),
            (screen.hide_cursor(), "a hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "the mouse"),
            (!flags.contains("ICANON") || !flags.contains("ECHO"), "a raw terminal"),
            (!self.is_between_frames(), "a frame that is not finished"),
        ] {
            if is_left {
                writeln!(left, "{what}").unwrap();
            }
        }
        left
    }
}

/// Whether the last of the two is the first.
fn unbalanced(bytes: &[u8], begin: &[u8], end: &[u8]) -> bool {
    let last = |what: &[u8]| bytes.windows(what.len()).rposition(|window| window == what);
    last(begin) > last(end)
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
