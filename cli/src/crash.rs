//! A panic, which is a mistake of ours: the terminal is given back first, then it is said, and a file tells more.

use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::path::PathBuf;

use perf_look_analyzers::safe;
use perf_look_tui::run;

/// From here on a panic is told that way.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let what = describe(panic);
    let file = write(&what);
    // A thread that works for the screen: the screen says it, and stays.
    if run::is_taken() && !run::is_ours() {
        return;
    }
    run::restore();
    let where_to = match file {
        Ok(path) => format!("{} says more; please send it to whoever makes perf-look", path.display()),
        Err(error) => format!("no file could be written on it: {error}"),
    };
    // Where stderr is closed there is nobody to tell.
    let _ = write!(
        io::stderr(),
        "error: perf-look itself failed: {}\nhelp: {}\n",
        safe::line(&what),
        safe::line(&where_to)
    );
}

/// What the panic says and where it is from, in one line.
fn describe(panic: &PanicHookInfo<'_>) -> String {
    let words = panic.payload_as_str().unwrap_or("no words");
    panic.location().map_or_else(|| words.to_owned(), |location| format!("{words} (at {location})"))
}

/// Nothing of what was typed or read is in it, since it is to be handed on.
fn write(what: &str) -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("perf-look-crash-{}.txt", std::process::id()));
    // Never through a link that somebody put there.
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let (version, os, machine) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    writeln!(file, "perf-look {version}, {os} {machine}\n{what}\n\n{}", Backtrace::force_capture())?;
    Ok(path)
}
