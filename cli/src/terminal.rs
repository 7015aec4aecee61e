//! What the two streams can show: colours, width, glyphs. The environment is read here and nowhere else.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use perf_look_render::{Format, Style};
use perf_look_tui::run::Look;
use perf_look_tui::{Depth, Glyphs};

use crate::args::{ColorWhen, Common, GlyphsWhen};

/// A piped report is as wide as the narrowest terminal that people still use.
const WIDTH_OF_A_PIPE: usize = 80;

/// Narrower than this nothing can be laid out.
const NARROWEST: usize = 40;

/// What was decided about the two streams.
#[derive(Debug)]
pub(crate) struct Terminal {
    stdout: ColorChoice,
    stderr: ColorChoice,
    /// Columns of stdout.
    width: usize,
    /// What may be drawn.
    glyphs: Glyphs,
    /// How a report is written where text is asked for.
    text: Format,
    /// How many colours there are where the whole terminal is taken.
    depth: Depth,
    /// Whether the whole terminal may be taken without being asked for.
    takeable: bool,
    /// Whether somebody looks at stdout.
    looked_at: bool,
    /// Whether somebody is watching stderr.
    pub(crate) watched: bool,
}

impl Terminal {
    /// Decides from the flags, the environment and the streams.
    pub(crate) fn detect(common: &Common) -> Self {
        let env = |name: &str| std::env::var_os(name);
        let colored = |is_terminal| color(common.color(), is_terminal, env);
        let choice = |is_terminal| if colored(is_terminal) { ColorChoice::Always } else { ColorChoice::Never };
        Self {
            stdout: choice(io::stdout().is_terminal()),
            stderr: choice(io::stderr().is_terminal()),
            width: width(env),
            glyphs: glyphs(common.glyphs()),
            text: if common.plain { Format::Plain } else { Format::Text },
            depth: if colored(true) { depth() } else { Depth::None },
            takeable: io::stdout().is_terminal() && has_keys() && is_takeable(common.plain, env),
            looked_at: io::stdout().is_terminal(),
            watched: io::stderr().is_terminal() && !common.plain,
        }
    }

    /// Where the report goes: with colours, or stripped of them.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        AutoStream::new(io::stdout(), self.stdout)
    }

    /// Where everything else goes.
    pub(crate) fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr(), self.stderr)
    }

    /// Whether a person looks at standard output.
    pub(crate) fn shows_stdout(&self) -> bool {
        self.looked_at
    }

    /// Whether a person types into standard input.
    pub(crate) fn has_typist() -> bool {
        io::stdin().is_terminal()
    }

    /// Columns of standard output.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The format in place of one that was asked for: who wants it plain wants no columns either.
    pub(crate) fn format(&self, asked: Format) -> Format {
        if asked == Format::Text { self.text } else { asked }
    }

    fn unicode(&self) -> bool {
        self.glyphs != Glyphs::Ascii
    }

    /// Whether the whole terminal may be taken without being asked for.
    pub(crate) fn is_takeable(&self) -> bool {
        self.takeable
    }

    /// Whether there is a terminal at all: to draw on and to read keys from.
    pub(crate) fn exists() -> bool {
        has_keys() && (io::stdout().is_terminal() || OpenOptions::new().write(true).open(TTY).is_ok())
    }

    /// How the whole terminal is drawn on.
    pub(crate) fn look(&self) -> Look {
        Look { depth: self.depth, glyphs: self.glyphs }
    }

    /// How a report on standard output is drawn.
    pub(crate) fn style(&self) -> Style {
        Style { color: self.stdout == ColorChoice::Always, width: self.width, unicode: self.unicode() }
    }

    /// How a report in a file is drawn: the same wherever it is written.
    pub(crate) fn style_of_a_file(&self) -> Style {
        Style { color: false, width: WIDTH_OF_A_PIPE, unicode: self.unicode() }
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

fn width<V: AsRef<OsStr>>(env: impl Fn(&str) -> Option<V>) -> usize {
    let asked = env("COLUMNS").and_then(|columns| columns.as_ref().to_str()?.parse().ok());
    let measured = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    asked.filter(|columns| *columns > 0).or_else(measured).unwrap_or(WIDTH_OF_A_PIPE).max(NARROWEST)
}

/// The terminal that a program was started from, whatever its streams are.
const TTY: &str = "/dev/tty";

/// Keys come from standard input, or from the terminal where that is something else.
fn has_keys() -> bool {
    io::stdin().is_terminal() || OpenOptions::new().read(true).open(TTY).is_ok()
}

/// A terminal that can be drawn on, and a person before it.
fn is_takeable<V: AsRef<OsStr>>(plain: bool, env: impl Fn(&str) -> Option<V>) -> bool {
    let term = env("TERM");
    let draws = term.as_ref().is_some_and(|term| !term.as_ref().is_empty() && term.as_ref() != "dumb");
    let is_machine = env("CI").is_some_and(|ci| !ci.as_ref().is_empty() && ci.as_ref() != "false");
    draws && !is_machine && !plain
}

/// By the flag, else by what the environment says of locale and terminal.
fn glyphs(when: GlyphsWhen) -> Glyphs {
    match when {
        GlyphsWhen::Unicode => Glyphs::Unicode,
        GlyphsWhen::Basic => Glyphs::Basic,
        GlyphsWhen::Ascii => Glyphs::Ascii,
        GlyphsWhen::Auto => Glyphs::detect(variable),
    }
}

/// How many colours a terminal has. Where they are wanted on one that says it has none, it has sixteen.
fn depth() -> Depth {
    match Depth::detect(variable) {
        Depth::None => Depth::Sixteen,
        depth => depth,
    }
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
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

    #[test]
    fn columns_are_honoured_and_nonsense_is_not() {
        assert_eq!(width(lookup("COLUMNS=132")), 132);
        assert_eq!(width(lookup("COLUMNS=3")), NARROWEST);
        assert_eq!(width(lookup("COLUMNS=wide")), width(lookup("")));
    }

    #[test]
    fn the_whole_terminal_is_taken_where_a_person_sits_before_it() {
        assert!(is_takeable(false, lookup("TERM=xterm")));
        assert!(is_takeable(false, lookup("TERM=xterm CI=false")));
        assert!(!is_takeable(true, lookup("TERM=xterm")));
        assert!(!is_takeable(false, lookup("TERM=dumb")));
        assert!(!is_takeable(false, lookup("TERM=xterm CI=true")));
        assert!(!is_takeable(false, lookup("")));
    }
}
