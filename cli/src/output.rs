//! Where reports go: formats, files, standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::Verdict;
use perf_look_analyzers::redact::{Redact, redact};
use perf_look_analyzers::{Capture, Comparison, Input, Report};
use perf_look_render::{
    ComparisonFormat, Format, GateContext, GateFormat, Style, gate, parquet_files, render, render_comparison,
};

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::files;
use crate::terminal::Terminal;

/// A `--report FORMAT[=PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted<F = ReportFormat> {
    format: F,
    to: Destination,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    /// One stream of bytes.
    Stream(Format),
    /// A folder with files of tables.
    Parquet,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    Stdout,
    File(PathBuf),
}

impl From<&str> for Destination {
    fn from(path: &str) -> Self {
        if path == "-" { Self::Stdout } else { Self::File(PathBuf::from(path)) }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text, format_named)
    }
}

impl FromStr for Wanted<GateFormat> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text, GateFormat::from_str)
    }
}

impl<F> Wanted<F> {
    fn read(text: &str, named: impl Fn(&str) -> Result<F, String>) -> Result<Self, String> {
        let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
        if path.is_some_and(str::is_empty) {
            return Err(format!("expected a path after {format}="));
        }
        let to = path.map_or(Destination::Stdout, Destination::from);
        Ok(Self { format: named(format)?, to })
    }
}

/// The formats that there are, by the names of the command line.
const FORMATS: &[(&str, ReportFormat)] = &[
    ("text", ReportFormat::Stream(Format::Text)),
    ("json", ReportFormat::Stream(Format::Json)),
    ("jsonl", ReportFormat::Stream(Format::Jsonl)),
    ("markdown", ReportFormat::Stream(Format::Markdown)),
    ("github", ReportFormat::Stream(Format::Github)),
    ("gitlab", ReportFormat::Stream(Format::Gitlab)),
    ("sarif", ReportFormat::Stream(Format::Sarif)),
    ("junit", ReportFormat::Stream(Format::Junit)),
    ("html", ReportFormat::Stream(Format::Html)),
    ("parquet", ReportFormat::Parquet),
];

fn format_named(name: &str) -> Result<ReportFormat, String> {
    let known = FORMATS.iter().find(|(known, _)| *known == name);
    known.map(|(_, format)| *format).ok_or_else(|| {
        let all: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
        format!("no such format; there are {}", all.join(", "))
    })
}

fn has_comparisons(format: ReportFormat) -> bool {
    matches!(format, ReportFormat::Stream(format) if ComparisonFormat::of(format).is_some())
}

/// What to write and where, checked before anything is run.
#[derive(Debug)]
pub(crate) struct Outputs<F = Format> {
    wanted: Vec<Wanted<F>>,
    /// Folders that tables are written to.
    tables: Vec<PathBuf>,
    redact: Option<Redact>,
}

impl Outputs<GateFormat> {
    /// From the flags of the gate: text to standard output where nothing is said.
    pub(crate) fn of_gate(reports: &[Wanted<GateFormat>], output: Option<&Path>) -> Result<Self, Failure> {
        Self::with(reports.to_vec(), output, GateFormat::Text)
    }

    /// Writes a verdict in every format.
    pub(crate) fn write_gate(
        &self,
        verdict: &Verdict,
        (command, environment): (&str, &[(String, String)]),
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        self.each(terminal, |format, style, out| {
            gate(verdict, format, &GateContext { style: *style, command, environment }, out)
        })
    }
}

impl Outputs {
    /// From the flags: text to standard output where nothing is said.
    pub(crate) fn of(args: &ReportArgs) -> Result<Self, Failure> {
        let outputs = Self::of_reports(&args.reports, args.output.as_deref())?;
        Ok(Self { redact: args.redact.map(Redact::from), ..outputs })
    }

    /// From the flags of comparisons, which some formats do not have.
    pub(crate) fn of_comparison(reports: &[Wanted], output: Option<&Path>) -> Result<Self, Failure> {
        if let Some(wanted) = reports.iter().find(|wanted| !has_comparisons(wanted.format)) {
            let name = FORMATS.iter().find(|(_, format)| *format == wanted.format).map_or("", |(name, _)| name);
            let has = FORMATS.iter().filter(|(_, format)| has_comparisons(*format));
            let has: Vec<&str> = has.map(|(name, _)| *name).collect();
            return Err(Failure::usage(anyhow!("a comparison is not written as {name}"))
                .help(format!("it is written as {}", has.join(", "))));
        }
        Self::of_reports(reports, output)
    }

    fn of_reports(reports: &[Wanted], output: Option<&Path>) -> Result<Self, Failure> {
        let (mut streams, mut tables) = (Vec::new(), Vec::new());
        for Wanted { format, to } in reports {
            match (format, to) {
                (ReportFormat::Stream(format), to) => streams.push(Wanted { format: *format, to: to.clone() }),
                (ReportFormat::Parquet, Destination::File(folder)) => tables.push(folder.clone()),
                (ReportFormat::Parquet, Destination::Stdout) => {
                    let nowhere = anyhow!("parquet is written to a folder");
                    return Err(Failure::usage(nowhere).help("name it: --report parquet=FOLDER"));
                }
            }
        }
        if streams.is_empty() && !tables.is_empty() {
            return Ok(Self { wanted: Vec::new(), tables, redact: None });
        }
        Ok(Self { tables, ..Self::with(streams, output, Format::Text)? })
    }

    /// What was read, without what is not to be shown.
    pub(crate) fn redacted(&self, input: Input) -> Input {
        match self.redact {
            Some(what) => redact(input, what),
            None => input,
        }
    }

    /// Writes every report.
    pub(crate) fn write(&self, report: &Report, terminal: &Terminal) -> Result<(), Failure> {
        self.tables.iter().try_for_each(|folder| write_tables(report, folder))?;
        self.each(terminal, |format, style, out| render(report, terminal.format(format), style, out))
    }

    /// Writes a comparison in every format.
    pub(crate) fn write_comparison(&self, comparison: &Comparison, terminal: &Terminal) -> Result<(), Failure> {
        self.each(terminal, |format, style, out| match ComparisonFormat::of(format) {
            Some(format) => render_comparison(comparison, format, style, out),
            None => Ok(()),
        })
    }
}

impl<F: Copy> Outputs<F> {
    fn with(mut wanted: Vec<Wanted<F>>, output: Option<&Path>, usual: F) -> Result<Self, Failure> {
        if wanted.is_empty() {
            wanted.push(Wanted { format: usual, to: Destination::Stdout });
        }
        if let Some(path) = output
            && let Some(first) = wanted.iter_mut().find(|wanted| wanted.to == Destination::Stdout)
        {
            first.to = Destination::from(path.to_string_lossy().as_ref());
        }
        if wanted.iter().filter(|wanted| wanted.to == Destination::Stdout).count() > 1 {
            return Err(Failure::usage(anyhow!("two reports would go to standard output"))
                .help("give all but one a file: --report json=report.json"));
        }
        Ok(Self { wanted, tables: Vec::new(), redact: None })
    }

    fn each(
        &self,
        terminal: &Terminal,
        write: impl Fn(F, &Style, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.wanted.iter().try_for_each(|wanted| match &wanted.to {
            Destination::Stdout => to_stdout(terminal, |out| write(wanted.format, &terminal.style(), out)),
            Destination::File(path) => to_file(path, |out| write(wanted.format, &terminal.style_of_a_file(), out)),
        })
    }
}

/// Writes the tables below a folder; files of other reports there stay.
fn write_tables(report: &Report, folder: &Path) -> Result<(), Failure> {
    let files = parquet_files(report).context("could not write the tables").map_err(Failure::usage)?;
    files.iter().try_for_each(|file| files::replace_bytes(&folder.join(&file.path), &file.bytes))
}

/// Writes to standard output; that nobody reads on is no error.
pub(crate) fn to_stdout(
    terminal: &Terminal,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    through(terminal.stdout(), write)
}

/// Writes to standard output as it is: what looks like a colour in a compressed file is none.
pub(crate) fn bytes_to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    through(io::stdout(), write)
}

fn through(out: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    let written = write(&mut out).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written.context("could not write to standard output")?),
    }
}

/// Prints a text that is what the command is for.
pub(crate) fn print(terminal: &Terminal, text: &str) -> Result<(), Failure> {
    to_stdout(terminal, |out| out.write_all(text.as_bytes()))
}

/// Keeps what a server said, to be judged again.
pub(crate) fn save(path: &Path, capture: &Capture) -> Result<(), Failure> {
    to_file(path, |out| {
        serde_json::to_writer_pretty(&mut *out, capture)?;
        writeln!(out)
    })
}

/// Writes a file.
pub(crate) fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written
        .with_context(|| format!("could not write {}", path.display()))
        .map_err(|error| Failure::usage(error).help("name a file in a folder that exists and that you may write to"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_format_and_perhaps_a_path() {
        let json = ReportFormat::Stream(Format::Json);
        assert_eq!("json".parse(), Ok(Wanted { format: json, to: Destination::Stdout }));
        assert_eq!("json=-".parse(), Ok(Wanted { format: json, to: Destination::Stdout }));
        let to = Destination::File("a=b".into());
        assert_eq!("text=a=b".parse(), Ok(Wanted { format: ReportFormat::Stream(Format::Text), to: to.clone() }));
        assert_eq!("parquet=a=b".parse(), Ok(Wanted { format: ReportFormat::Parquet, to }));
    }

    #[test]
    fn an_unknown_format_names_those_that_there_are() {
        let all = "text, json, jsonl, markdown, github, gitlab, sarif, junit, html, parquet";
        assert_eq!("xml".parse::<Wanted>(), Err(format!("no such format; there are {all}")));
        assert_eq!("json=".parse::<Wanted>(), Err("expected a path after json=".to_owned()));
    }
}
