//! What was done to the terminal, and undoing it: once, whoever asks first, whatever went wrong.
//!
//! It is one for the process, since there is one terminal, and since a panic must find it.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::cursor;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};

/// What was done, so that only that is undone.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// Who draws; a panic elsewhere leaves the terminal alone.
    by: Option<ThreadId>,
    raw: bool,
    screen: bool,
    mouse: bool,
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken { by: None, raw: false, screen: false, mouse: false });

fn taken() -> MutexGuard<'static, Taken> {
    // What is in it stays true when somebody panics.
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where frames go: standard output, or the terminal itself where that is something else.
pub(super) fn device() -> io::Result<Box<dyn Write>> {
    if io::stdout().is_terminal() {
        return Ok(Box::new(BufWriter::with_capacity(FRAME, io::stdout())));
    }
    let terminal = OpenOptions::new().write(true).open("/dev/tty")?;
    Ok(Box::new(BufWriter::with_capacity(FRAME, terminal)))
}

/// A full frame of a large terminal, in bytes: written at once, it does not flicker.
const FRAME: usize = 1 << 18;

/// The terminal, for as long as it lives.
#[derive(Debug)]
pub(super) struct Guard {
    mouse: Mouse,
}

/// Whose the mouse is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mouse {
    /// Clicks and the wheel come to us.
    Ours,
    /// The terminal selects text with it.
    Theirs,
}

impl Guard {
    /// Takes the terminal: raw, on the other screen, without a cursor.
    pub(super) fn take() -> io::Result<Self> {
        let guard = Self { mouse: Mouse::Theirs };
        enter(guard.mouse)?;
        Ok(guard)
    }

    /// Gives the mouse to the other of the two, and says whose it is now.
    pub(super) fn toggle_mouse(&mut self) -> io::Result<Mouse> {
        self.mouse = if self.mouse == Mouse::Ours { Mouse::Theirs } else { Mouse::Ours };
        let mut out = device()?;
        taken().mouse = self.mouse == Mouse::Ours;
        match self.mouse {
            Mouse::Ours => execute!(out, EnableMouseCapture)?,
            Mouse::Theirs => execute!(out, DisableMouseCapture)?,
        }
        Ok(self.mouse)
    }

    /// Lets something else have the terminal, and takes it again as it was.
    pub(super) fn lend<T>(&mut self, borrower: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        let got = borrower();
        enter(self.mouse)?;
        Ok(got)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(mouse: Mouse) -> io::Result<()> {
    let mut taken = taken();
    let mut out = device()?;
    taken.by = Some(thread::current().id());
    enable_raw_mode()?;
    taken.raw = true;
    taken.screen = true;
    queue!(out, EnterAlternateScreen, cursor::Hide, EnableBracketedPaste)?;
    if mouse == Mouse::Ours {
        taken.mouse = true;
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back. Twice is harmless, and so is a terminal that is gone: there is nobody to tell.
pub fn restore() {
    let mut taken = taken();
    let was = *taken;
    *taken = Taken { by: None, raw: false, screen: false, mouse: false };
    if let Ok(mut out) = device()
        && was.screen
    {
        if was.mouse {
            let _ = queue!(out, DisableMouseCapture);
        }
        // A frame may have been cut short.
        let _ = execute!(out, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    }
    if was.raw {
        let _ = disable_raw_mode();
    }
}

/// Whether this thread has the terminal.
pub fn is_ours() -> bool {
    taken().by == Some(thread::current().id())
}

/// Whether any thread has the terminal.
pub fn is_taken() -> bool {
    taken().by.is_some()
}
