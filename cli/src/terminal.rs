//! What the two streams can show: colours, width, glyphs. The environment is read here and nowhere else.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use perf_look_render::Style;

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
    /// Whether anything beyond ASCII may be drawn.
    unicode: bool,
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
            unicode: unicode(common.glyphs(), env),
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

    /// Columns of standard output.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How a report on standard output is drawn.
    pub(crate) fn style(&self) -> Style {
        Style { color: self.stdout == ColorChoice::Always, width: self.width, unicode: self.unicode }
    }

    /// How a report in a file is drawn: the same wherever it is written.
    pub(crate) fn style_of_a_file(&self) -> Style {
        Style { color: false, width: WIDTH_OF_A_PIPE, unicode: self.unicode }
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

/// As in C: the first of the three that is set and not empty names the encoding. None set says nothing against Unicode.
fn unicode<V: AsRef<OsStr>>(when: GlyphsWhen, env: impl Fn(&str) -> Option<V>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| env(name)).find(|l| !l.as_ref().is_empty());
    match when {
        GlyphsWhen::Unicode => true,
        GlyphsWhen::Ascii => false,
        GlyphsWhen::Auto => locale.is_none_or(|locale| {
            let locale = locale.as_ref().to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }),
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

    #[test]
    fn columns_are_honoured_and_nonsense_is_not() {
        assert_eq!(width(lookup("COLUMNS=132")), 132);
        assert_eq!(width(lookup("COLUMNS=3")), NARROWEST);
        assert_eq!(width(lookup("COLUMNS=wide")), width(lookup("")));
    }

    #[test]
    fn the_first_locale_that_is_set_decides_on_glyphs() {
        assert!(unicode(GlyphsWhen::Auto, lookup("")));
        assert!(unicode(GlyphsWhen::Auto, lookup("LANG=de_DE.UTF-8")));
        assert!(!unicode(GlyphsWhen::Auto, lookup("LC_ALL=C LANG=de_DE.UTF-8")));
        assert!(unicode(GlyphsWhen::Unicode, lookup("LC_ALL=C")));
    }
}
