//! Waits for keys, signals and threads at once, without waking up when there is nothing.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{self, Event};
use filedescriptor::{POLLERR, POLLHUP, POLLIN, poll, pollfd};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A key, a paste, the mouse.
    Input(Event),
    /// The terminal has another size.
    Resized,
    /// Somebody wants us to stop for a while.
    Suspend,
    /// We go on; what is on the terminal is not known.
    Resumed,
    /// Somebody wants us to end: the number of the signal.
    End(u8),
}

/// What can be waited for.
#[derive(Debug)]
pub(super) struct Wait {
    keys: OwnedFd,
    signals: SignalDelivery<UnixStream, SignalOnly>,
    bell: UnixStream,
    ring: UnixStream,
    /// Keys came the last time, so that more may have been read from the terminal than were handed out.
    looks_again: bool,
    /// While somebody else has the terminal, Ctrl-Z stops us as it stops them.
    lent: Arc<AtomicBool>,
}

/// Wakes up who waits, from another thread.
#[derive(Debug)]
pub(super) struct Bell(UnixStream);

impl Bell {
    pub(super) fn ring(&self) {
        // Where it cannot be written to it is full, and rings already, or nobody waits any more.
        let _ = (&self.0).write(b"!");
    }
}

/// A size that goes on changing is waited for, so that it is drawn once.
const SETTLED: Duration = Duration::from_millis(15);

impl Wait {
    pub(super) fn new() -> io::Result<Self> {
        let keys = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()?
        } else {
            File::options().read(true).write(true).open("/dev/tty")?.into()
        };
        let lent = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_default(SIGTSTP, Arc::clone(&lent))?;
        let (read, write) = pair()?;
        let all = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH];
        let signals = SignalDelivery::with_pipe(read, write, SignalOnly, all)?;
        let (bell, ring) = pair()?;
        Ok(Self { keys, signals, bell, ring, looks_again: false, lent })
    }

    /// What wakes up [`Wait::next`].
    pub(super) fn bell(&self) -> io::Result<Bell> {
        self.ring.try_clone().map(Bell)
    }

    /// Waits until something came, or so long; all that came, in order, and a change of size once.
    pub(super) fn next(&mut self, at_most: Option<Duration>) -> io::Result<Vec<Heard>> {
        let mut heard = Vec::new();
        let mut wait = if self.looks_again { Some(at_most.map_or(AGAIN, |most| most.min(AGAIN))) } else { at_most };
        loop {
            let ready = self.ready(wait)?;
            // Nothing, or something else, came while a size settled.
            if !ready.signals && heard.contains(&Heard::Resized) {
                return Ok(heard);
            }
            if ready.bell {
                drain(&self.bell);
            }
            if ready.signals {
                self.take_signals(&mut heard);
            }
            if ready.keys == Keys::Gone {
                heard.push(Heard::End(u8::try_from(SIGHUP).unwrap_or(u8::MAX)));
                return Ok(heard);
            }
            if ready.keys == Keys::Ready || self.looks_again {
                self.looks_again = take_keys(&mut heard)?;
            }
            if !heard.contains(&Heard::Resized) {
                return Ok(heard);
            }
            wait = Some(SETTLED);
        }
    }

    fn ready(&self, at_most: Option<Duration>) -> io::Result<Ready> {
        let of = |fd: RawFd| pollfd { fd, events: POLLIN, revents: 0 };
        let mut all = [of(self.keys.as_raw_fd()), of(self.signals.get_read().as_raw_fd()), of(self.bell.as_raw_fd())];
        match poll(&mut all, at_most) {
            // Interrupted: whatever did it is in one of the three now.
            Err(filedescriptor::Error::Poll(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io::Error::other(error)),
            Ok(_) => {}
        }
        let [keys, signals, bell] = all.map(|one| one.revents);
        let keys = match keys {
            0 => Keys::Silent,
            keys if keys & (POLLERR | POLLHUP) != 0 => Keys::Gone,
            _ => Keys::Ready,
        };
        Ok(Ready { keys, signals: signals != 0, bell: bell != 0 })
    }

    fn take_signals(&mut self, heard: &mut Vec<Heard>) {
        for signal in self.signals.pending() {
            let new = match signal {
                SIGWINCH => Heard::Resized,
                SIGTSTP => Heard::Suspend,
                SIGCONT => Heard::Resumed,
                signal => Heard::End(u8::try_from(signal).unwrap_or(u8::MAX)),
            };
            if !heard.contains(&new) {
                heard.push(new);
            }
        }
    }

    /// Lets something else have the signals of the terminal.
    pub(super) fn lend<T>(&mut self, borrower: impl FnOnce() -> T) -> T {
        self.lent.store(true, Ordering::SeqCst);
        let got = borrower();
        self.lent.store(false, Ordering::SeqCst);
        self.forget(&[SIGINT, SIGQUIT, SIGTSTP, SIGCONT]);
        got
    }

    /// Stops this process, and returns when it goes on.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        // Not SIGTSTP, which is dropped where no shell would let us go on.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        self.forget(&[SIGTSTP, SIGCONT]);
        Ok(())
    }

    /// Drops signals that were meant for somebody else; others come again.
    fn forget(&mut self, meant: &[i32]) {
        let others: Vec<i32> = self.signals.pending().filter(|signal| !meant.contains(signal)).collect();
        for signal in others {
            // A signal of this list can be sent to oneself.
            let _ = signal_hook::low_level::raise(signal);
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Ready {
    keys: Keys,
    signals: bool,
    bell: bool,
}

/// What is to be known of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    Silent,
    Ready,
    /// It hung up. The signal of that comes to some processes only.
    Gone,
}

/// A poll of crossterm that does not wait at all does not look either, not even at keys that it has read.
const LOOK: Duration = Duration::from_micros(200);

/// Where the machine is busy that time can pass before it looks. So it is asked once more, when what came is drawn:
/// keys that it has read no file descriptor tells of.
const AGAIN: Duration = Duration::from_millis(20);

/// Whether there were any.
fn take_keys(heard: &mut Vec<Heard>) -> io::Result<bool> {
    let before = heard.len();
    while event::poll(LOOK)? {
        match event::read()? {
            // It comes as a signal too.
            Event::Resize(..) => {}
            input => heard.push(Heard::Input(input)),
        }
    }
    Ok(heard.len() > before)
}

fn pair() -> io::Result<(UnixStream, UnixStream)> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    write.set_nonblocking(true)?;
    Ok((read, write))
}

fn drain(mut bell: &UnixStream) {
    let mut bytes = [0; 64];
    while matches!(bell.read(&mut bytes), Ok(1..)) {}
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A bell that nobody hears.
    pub(in crate::run) fn bell() -> Bell {
        Bell(pair().unwrap().1)
    }
}
