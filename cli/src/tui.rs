//! The terminal UI as this program runs it: whether there is a terminal for it, and what it needs from outside.

use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::{Report, Subject};
use perf_look_tui::action::{Existing, Format, Message};
use perf_look_tui::run::{self, End, Look, Outcome};
use perf_look_tui::{Action, Effect, Model};
use tempfile::TempDir;

use crate::again::Again;
use crate::args::{Common, ReportArgs, TuiWhen};
use crate::editor::{Editor, Place};
use crate::export::Export;
use crate::failure::{Failure, note};
use crate::status::Status;
use crate::terminal::{self, Terminal};

/// The whole terminal is taken for who looks at it and typed no less, unless reports were asked for.
pub(crate) fn when(asked: Option<TuiWhen>, report: &ReportArgs, common: &Common) -> TuiWhen {
    match asked.unwrap_or(TuiWhen::Auto) {
        _ if common.plain => TuiWhen::Never,
        TuiWhen::Auto if report.is_asked_for() || !Terminal::has_typist() => TuiWhen::Never,
        when => when,
    }
}

/// How to draw, where the whole terminal is to be taken.
pub(crate) fn look(when: TuiWhen, terminal: &Terminal) -> Result<Option<Look>, Failure> {
    let take = match when {
        TuiWhen::Never => false,
        TuiWhen::Auto => terminal.is_takeable(),
        TuiWhen::Always if Terminal::exists() => true,
        TuiWhen::Always => {
            return Err(Failure::usage(anyhow!("--tui=always needs a terminal, and there is none"))
                .help("--plain prints the report as text"));
        }
    };
    Ok(take.then(|| terminal.look()))
}

/// Shows a report until the user leaves, and says then what was written.
pub(crate) fn show(report: Report, look: Look, terminal: &Terminal, again: Option<Again>) -> Result<Status, Failure> {
    let mut host = Host { terminal, again, written: Vec::new(), folder: None };
    let end = run::run(Model::new(report), look, |model, effect| host.perform(model, effect));
    for path in &host.written {
        note(terminal, &format!("wrote {}", path.display()));
    }
    match end.context("could not go on with the terminal")? {
        End::Left => Ok(Status::Clean),
        End::Signal(number) => Ok(Status::of_signal(number)),
    }
}

/// What does the effects that need files.
struct Host<'a> {
    terminal: &'a Terminal,
    /// With what statements were run, if any were.
    again: Option<Again>,
    /// Files, to be named when the screen is gone.
    written: Vec<PathBuf>,
    /// Statements that are in no file, for the editor; gone with this.
    folder: Option<TempDir>,
}

fn say(message: Message) -> Outcome {
    Outcome::Then(Action::Said(message))
}

impl Host<'_> {
    fn perform(&mut self, model: &Model, effect: Effect) -> Outcome {
        match effect {
            Effect::Open { subject, line } => match model.subject(subject) {
                Some(subject) => self.open(subject, line),
                None => say(Message::Failure("there is no statement to open".to_owned())),
            },
            Effect::OpenCode(site) => edit(|| local(&site)),
            Effect::Export { subject, format, measure, path, existing } => {
                let style = self.terminal.style_of_a_file();
                let export = Export { report: model.report(), subject, format, measure, style };
                self.export(&export, path, existing)
            }
            Effect::Rerun { subject: Of::Plan(subject), runs } => self.run_again(model, subject, runs),
            Effect::Explain(place) => {
                let job = self.asker().and_then(|again| again.explain(model.report(), place));
                job.map_or_else(|why| say(Message::Failure(why)), Outcome::Begin)
            }
            Effect::Look => {
                let job = self.asker().map(|again| again.look(model.report()));
                job.map_or_else(|why| say(Message::Failure(why)), Outcome::Begin)
            }
            // The loop has done the others.
            _ => say(Message::Note(String::new())),
        }
    }

    /// Who asks the server, where there is one to ask.
    fn asker(&self) -> Result<&Again, String> {
        let why_not = "a saved or redacted server is not asked; perf-look db asks a live one";
        self.again.as_ref().ok_or_else(|| why_not.to_owned())
    }

    fn run_again(&self, model: &Model, subject: usize, runs: u8) -> Outcome {
        let why_not =
            "a saved plan is not run again; perf-look db -f FILE runs a statement, and then r does".to_owned();
        let job = self.again.as_ref().ok_or(why_not).and_then(|again| again.job(model.report(), subject, runs));
        job.map_or_else(|why| say(Message::Failure(why)), Outcome::Begin)
    }

    fn open(&mut self, subject: &Subject, line: usize) -> Outcome {
        let failed = |error: io::Error| format!("could not write the statement into a file: {error}");
        edit(|| self.place(subject, line).map_err(failed))
    }

    /// Where the statement stands, or else a file that is made for it, or the plan.
    fn place(&mut self, subject: &Subject, line: usize) -> io::Result<Place> {
        let files = named_files(&subject.name);
        let Some(query) = subject.query.as_deref() else {
            let file = files.into_iter().next().unwrap_or_else(|| PathBuf::from(&subject.name));
            return Ok(Place { file: std::path::absolute(file)?, line: 1 });
        };
        for file in files {
            if let Some(first) = line_of(&file, query) {
                return Ok(Place { file: std::path::absolute(file)?, line: first + line.max(1) - 1 });
            }
        }
        let file = self.folder()?.join("statement.sql");
        std::fs::write(&file, format!("{query}\n"))?;
        Ok(Place { file, line: line.max(1) })
    }

    fn folder(&mut self) -> io::Result<&Path> {
        if self.folder.is_none() {
            self.folder = Some(tempfile::Builder::new().prefix("perf-look-").tempdir()?);
        }
        self.folder.as_ref().map(TempDir::path).ok_or_else(|| io::Error::other("there is no folder"))
    }

    fn export(&mut self, export: &Export<'_>, path: String, existing: Existing) -> Outcome {
        match export.write(Path::new(&path), existing) {
            Ok(()) => {
                let message = format!("wrote {path}{}", hint(export.format));
                let path = std::path::absolute(&path).unwrap_or_else(|_| PathBuf::from(&path));
                if !self.written.contains(&path) {
                    self.written.push(path);
                }
                say(Message::Note(message))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Outcome::Then(Action::Replace(export.format, path))
            }
            Err(error) => say(Message::Failure(format!("could not write {path}: {error}"))),
        }
    }
}

/// Opens a place in the editor that the user chose.
fn edit(place: impl FnOnce() -> Result<Place, String>) -> Outcome {
    let opened = Editor::chosen(terminal::variable).and_then(|editor| Ok((editor, place()?)));
    match opened {
        Ok((editor, place)) => Outcome::Lend(Box::new(move || editor.run(&place))),
        Err(why) => say(Message::Failure(why)),
    }
}

/// The file of a page's code, where it is on this machine: what a `file:` address names, or what a source map names
/// below the present folder. Names of pages lead to no other places.
fn local(site: &Site) -> Result<Place, String> {
    let name = site.file();
    let below = Path::new(name.rsplit_once("/./").map_or(name, |(_, rest)| rest).trim_start_matches("../"));
    let is_below = below.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let file = match name.strip_prefix("file://") {
        Some(path) => Some(PathBuf::from(path)),
        None => Some(below.to_owned()).filter(|_| is_below),
    };
    let file = file.filter(|file| file.is_file()).and_then(|file| std::path::absolute(file).ok());
    let line = usize::try_from(site.position().line).unwrap_or(1);
    let missing = || format!("{name} is not below this folder; start perf-look in the folder that holds it");
    file.map(|file| Place { file, line }).ok_or_else(missing)
}

/// What to do with the file.
fn hint(format: Format) -> &'static str {
    match format {
        Format::Svg | Format::Html => "; a browser opens it",
        Format::Speedscope => "; speedscope.app opens it",
        Format::Firefox => "; profiler.firefox.com opens it",
        Format::Pprof => "; go tool pprof opens it",
        Format::Cpuprofile => "; the Performance panel of Chrome opens it",
        Format::Folded | Format::Markdown | Format::Json => "",
    }
}

/// The file that a subject is named after: `slow.sql`, `slow.sql:12`, `slow.sql (2)`.
fn named_files(name: &str) -> Vec<PathBuf> {
    let without_line = name.rsplit_once(':').map(|(file, _)| file);
    let without_number = name.rsplit_once(" (").map(|(file, _)| file);
    let names = [Some(name), without_line, without_number];
    names.into_iter().flatten().map(PathBuf::from).filter(|path| path.is_file()).collect()
}

/// The line, from 1, on which a statement begins in a file.
fn line_of(file: &Path, query: &str) -> Option<usize> {
    let text = std::fs::read_to_string(file).ok()?;
    let at = text.find(query.trim())?;
    Some(text[..at].matches('\n').count() + 1)
}
