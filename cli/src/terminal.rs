//! What the two streams can show: colours, width, glyphs. The environment is read here and nowhere else.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use crate::args::{ColorWhen, Common};

/// What was decided about the two streams.
#[derive(Debug)]
pub(crate) struct Terminal {
    stdout: ColorChoice,
    stderr: ColorChoice,
}

impl Terminal {
    /// Decides from the flags, the environment and the streams.
    pub(crate) fn detect(common: &Common) -> Self {
        let env = |name: &str| std::env::var_os(name);
        let colored = |is_terminal| color(common.color(), is_terminal, env);
        let choice = |is_terminal| if colored(is_terminal) { ColorChoice::Always } else { ColorChoice::Never };
        Self { stdout: choice(io::stdout().is_terminal()), stderr: choice(io::stderr().is_terminal()) }
    }

    /// Where the report goes: with colours, or stripped of them.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        AutoStream::new(io::stdout(), self.stdout)
    }

    /// Where everything else goes.
    pub(crate) fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr(), self.stderr)
    }
}

/// Flag, `CLICOLOR_FORCE`/`FORCE_COLOR`, `NO_COLOR`, `CLICOLOR=0`, `TERM=dumb`, terminal: the first that speaks.
fn color<V: AsRef<OsStr>>(when: ColorWhen, is_terminal: bool, env: impl Fn(&str) -> Option<V>) -> bool {
    let is = |name: &str, test: fn(&OsStr) -> bool| env(name).is_some_and(|value| test(value.as_ref()));
    let forced = |value: &OsStr| !value.is_empty() && value != "0";
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if is("CLICOLOR_FORCE", forced) || is("FORCE_COLOR", forced) => true,
        ColorWhen::Auto if is("NO_COLOR", |value| !value.is_empty()) => false,
        ColorWhen::Auto if is("CLICOLOR", |value| value == "0") || is("TERM", |value| value == "dumb") => false,
        ColorWhen::Auto => is_terminal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a terminal gets colours in this environment: `NAME=value NAME=value`.
    #[track_caller]
    fn colored(environment: &str) -> bool {
        color(ColorWhen::Auto, true, lookup(environment))
    }

    fn lookup(environment: &str) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<(String, String)> = environment
            .split_whitespace()
            .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap())
            .collect();
        move |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn a_flag_beats_the_environment() {
        assert!(color(ColorWhen::Always, false, lookup("NO_COLOR=1")));
        assert!(!color(ColorWhen::Never, true, lookup("CLICOLOR_FORCE=1")));
    }

    #[test]
    fn force_beats_no_color_which_beats_the_terminal() {
        assert!(colored(""));
        assert!(!colored("NO_COLOR=1"));
        assert!(colored("NO_COLOR="));
        assert!(colored("NO_COLOR=1 CLICOLOR_FORCE=1"));
        assert!(colored("NO_COLOR=1 FORCE_COLOR=3"));
        assert!(!colored("NO_COLOR=1 CLICOLOR_FORCE=0"));
        assert!(!colored("CLICOLOR=0"));
        assert!(!colored("TERM=dumb"));
    }

    #[test]
    fn a_pipe_has_no_colors_unless_forced() {
        assert!(!color(ColorWhen::Auto, false, lookup("")));
        assert!(color(ColorWhen::Auto, false, lookup("CLICOLOR_FORCE=1")));
    }
}
