//! Why a command did not do what it was asked, and how that is said.

use std::fmt::Write as _;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use perf_look_analyzers::safe;

use crate::status::Status;
use crate::terminal::Terminal;

/// What went wrong, what it means for the exit code, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    cause: anyhow::Error,
    /// Lines below the message: the place in the SQL, with a caret.
    excerpt: Option<String>,
    help: Option<String>,
}

impl Failure {
    /// Asked for the wrong way.
    pub(crate) fn usage(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Status::Usage, cause)
    }

    /// Could not be measured or read.
    pub(crate) fn unmeasured(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Status::Unmeasured, cause)
    }

    pub(crate) fn new(status: Status, cause: impl Into<anyhow::Error>) -> Self {
        Self { status, cause: cause.into(), excerpt: None, help: None }
    }

    /// What to do next.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do next, where there is something.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The place in the text that is wrong.
    #[must_use]
    pub(crate) fn excerpt(mut self, excerpt: Option<String>) -> Self {
        self.excerpt = excerpt;
        self
    }

    /// `perf-look: could not …: cause` and what to do about it. Where stderr is closed there is nobody to tell.
    pub(crate) fn print(&self, mut stderr: impl Write) {
        let _ = stderr.write_all(self.text().as_bytes());
    }

    /// The message in one line.
    pub(crate) fn message(&self) -> String {
        sentence(&self.cause)
    }

    /// The message and what to do next in one line.
    pub(crate) fn message_with_help(&self) -> String {
        let message = self.message();
        self.help.as_ref().map_or_else(|| message.clone(), |help| format!("{message}; {help}"))
    }

    fn text(&self) -> String {
        let (red, cyan) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default().bold());
        let mut text = labelled(red, "error", &sentence(&self.cause));
        for line in self.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {}", safe::line(line));
        }
        if let Some(help) = &self.help {
            text.push_str(&labelled(cyan, "help", help));
        }
        text
    }
}

/// An error and its causes as one sentence; a cause that the error above it has already told is left out.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain() {
        // Drivers and parsers put line ends into their messages, which would look like several errors.
        let cause = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

/// One line with its label: the shape of all that goes to stderr.
pub(crate) fn labelled(style: Style, label: &str, text: &str) -> String {
    format!("{style}{label}:{style:#} {}\n", safe::line(text))
}

/// Something that is not wrong but ought to be known.
pub(crate) fn warn(terminal: &Terminal, text: &str) {
    say(terminal, AnsiColor::Yellow, "warning", text);
}

/// Something that a reader should know, and nothing that went wrong.
pub(crate) fn note(terminal: &Terminal, text: &str) {
    say(terminal, AnsiColor::Cyan, "note", text);
}

fn say(terminal: &Terminal, color: AnsiColor, label: &str, text: &str) {
    // Where stderr is closed there is nobody to tell.
    let _ = terminal.stderr().write_all(labelled(color.on_default().bold(), label, text).as_bytes());
}

impl From<anyhow::Error> for Failure {
    fn from(cause: anyhow::Error) -> Self {
        Self::usage(cause)
    }
}
