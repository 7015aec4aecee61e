//! `perf-look flame`: one plan as a picture, or as a file for another viewer.

use std::io::{self, Write};
use std::path::Path;

use anyhow::anyhow;
use perf_look_analyzers::flame::{Flame, Measure};
use perf_look_analyzers::input;
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::{Report, Subject, safe};
use perf_look_render::flamegraph::{self, Unit};
use perf_look_render::profile::{self, ProfileFormat};

use crate::args::{self, Common, FlameFormat};
use crate::config::Config;
use crate::failure::{Failure, note, warn};
use crate::inputs;
use crate::output;
use crate::status::Status;
use crate::terminal::Terminal;

/// Writes what was asked for, and says what a reader of it should know.
pub(crate) fn run(
    args: &args::Flame,
    common: &Common,
    config: &Config,
    terminal: &Terminal,
) -> Result<Status, Failure> {
    let report = read(&args.input, config)?;
    let subject = choose(&report.subjects, args)?;
    let measure = args.measure.unwrap_or_else(|| Measure::of_choice(&report.subjects[subject].plan));
    let flame = Flame::of(&report.subjects[subject], measure).map_err(Failure::unmeasured)?;
    if flame.root().total <= 0.0 {
        let why = flame.notes.last().map_or("nothing to draw", String::as_str);
        return Err(Failure::new(Status::Nothing, anyhow!("{}: {why}", report.subjects[subject].name))
            .help("--measure chooses another width"));
    }
    let picture = Picture { args, report: &report, subject, flame: &flame };
    picture.write(terminal)?;
    if !common.quiet {
        picture.tell(terminal);
    }
    Ok(if report.rejects.is_empty() { Status::Clean } else { Status::Unmeasured })
}

/// What an input holds, judged.
fn read(name: &str, config: &Config) -> Result<Report, Failure> {
    let text = inputs::read_one(name)?;
    let input = input::read(&text.name, &text.text)
        .map_err(|error| Failure::unmeasured(error).help("hand in what EXPLAIN prints, in any of its formats"))?;
    let mut report = Report::of(input.subjects, &config.policy());
    report.rejects = input.rejects;
    if report.subjects.is_empty() {
        let why = report.rejects.first().map_or("it holds no plan", |reject| reject.why.as_str());
        return Err(Failure::unmeasured(anyhow!("{name}: {}", safe::line(why))));
    }
    Ok(report)
}

/// The subject that was asked for, or the slowest.
fn choose(subjects: &[Subject], args: &args::Flame) -> Result<usize, Failure> {
    if let Some(number) = args.subject {
        let index = number as usize - 1;
        return if index < subjects.len() {
            Ok(index)
        } else {
            Err(Failure::usage(anyhow!("{} holds {} plans", args.input, subjects.len()))
                .help(format!("--subject takes 1 to {}", subjects.len())))
        };
    }
    let time = |subject: &Subject| subject.attribution.execution.unwrap_or(Ms::ZERO).0;
    let slowest = (0..subjects.len()).max_by(|left, right| {
        // Of two that are as slow the first.
        time(&subjects[*left]).total_cmp(&time(&subjects[*right])).then(right.cmp(left))
    });
    Ok(slowest.unwrap_or(0))
}

/// What is written, and where.
struct Picture<'a> {
    args: &'a args::Flame,
    report: &'a Report,
    subject: usize,
    flame: &'a Flame,
}

impl Picture<'_> {
    fn write(&self, terminal: &Terminal) -> Result<(), Failure> {
        match self.args.output.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => output::to_file(path, |out| self.draw(out)),
            None if self.args.output.is_none() && terminal.shows_stdout() => {
                Err(Failure::usage(anyhow!("a terminal does not show this"))
                    .help(format!("-o {} writes a file", self.file())))
            }
            None => output::to_stdout(terminal, |out| self.draw(out)),
        }
    }

    fn draw(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.args.format {
            FlameFormat::Svg => flamegraph::svg(self.report, self.subject, self.flame, self.args.color_by, out),
            FlameFormat::Folded => flamegraph::folded(self.flame, out),
            FlameFormat::Speedscope => self.export(ProfileFormat::Speedscope, out),
            FlameFormat::Firefox => self.export(ProfileFormat::Firefox, out),
            FlameFormat::Pprof => self.export(ProfileFormat::Pprof, out),
        }
    }

    fn export(&self, format: ProfileFormat, out: &mut dyn Write) -> io::Result<()> {
        profile::export(&self.report.subjects[self.subject], self.flame.measure, format, out)
    }

    /// A good name for the file: of folded stacks it says what is counted.
    fn file(&self) -> String {
        let stem = Path::new(&self.args.input).file_stem().filter(|stem| *stem != "-");
        let stem = stem.map_or("plan".into(), |stem| stem.to_string_lossy());
        let measure = self.flame.measure.name();
        match self.args.format {
            FlameFormat::Svg => format!("{stem}.{measure}.svg"),
            FlameFormat::Folded => format!("{stem}.{measure}.{}.folded", Unit::of(self.flame).name),
            FlameFormat::Speedscope => format!("{stem}.{}", ProfileFormat::Speedscope.ending()),
            FlameFormat::Firefox => format!("{stem}.{}", ProfileFormat::Firefox.ending()),
            FlameFormat::Pprof => format!("{stem}.{}", ProfileFormat::Pprof.ending()),
        }
    }

    fn tell(&self, terminal: &Terminal) {
        let (subjects, name) = (&self.report.subjects, &self.report.subjects[self.subject].name);
        if subjects.len() > 1 && self.args.subject.is_none() {
            let words = format!("{} plans: this is {name}, the slowest; --subject 1 to {0} chooses", subjects.len());
            note(terminal, &words);
        }
        if self.args.format == FlameFormat::Folded {
            let unit = Unit::of(self.flame).name;
            note(terminal, &format!("counts are {unit}; a name such as {} says so", self.file()));
        }
        for text in &self.flame.notes {
            note(terminal, text);
        }
        for reject in &self.report.rejects {
            warn(terminal, &format!("could not read a plan of {}: {}", reject.source, reject.why));
        }
    }
}
