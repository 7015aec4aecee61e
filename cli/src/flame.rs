//! `perf-look flame`: one plan or page, or two, as a picture or as a file for another viewer.

mod page;

use std::io::{self, Write};
use std::path::Path;

use anyhow::anyhow;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::{Differential, Flame, Measure, Unavailable};
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::{Comparison, Report, Subject};
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
    if args.before.is_some() && !matches!(args.format, FlameFormat::Svg | FlameFormat::Folded) {
        return Err(Failure::usage(anyhow!("a difference is written as svg or folded"))
            .help("write both by themselves; go tool pprof -diff_base, for one, compares them"));
    }
    if args.input == "-" && args.before.as_deref() == Some("-") {
        return Err(inputs::twice_from_stdin());
    }
    let report = inputs::judged_of_any_kind(&args.input, config)?;
    let picture = match (chosen(&report, args.subject)?, &args.before) {
        (Of::Page(page), None) => Picture::of_page(report, page, args)?,
        (Of::Page(page), Some(before)) => {
            let was = inputs::judged_of_any_kind(before, config)?;
            inputs::of_one_kind((before, &was), (&args.input, &report))?;
            Picture::of_two_pages(was, report, page, args)?
        }
        (Of::Plan(_), _) if args.format == FlameFormat::Cpuprofile => return Err(no_cpuprofile()),
        (Of::Plan(subject), None) => Picture::of_one(report, subject, args.measure)?,
        (Of::Plan(subject), Some(before)) => {
            let was = inputs::judged_of_any_kind(before, config)?;
            inputs::of_one_kind((before, &was), (&args.input, &report))?;
            Picture::of_two(was, report, subject, args.measure)?
        }
    };
    let drawing = Drawing { args, picture: &picture };
    drawing.write(terminal)?;
    if !common.quiet {
        drawing.tell(terminal);
    }
    Ok(if picture.report().rejects.is_empty() { Status::Clean } else { Status::Unmeasured })
}

/// The format of another viewer's own file, where that is asked for.
fn profile_of(format: FlameFormat) -> Option<ProfileFormat> {
    match format {
        FlameFormat::Svg | FlameFormat::Folded | FlameFormat::Cpuprofile => None,
        FlameFormat::Speedscope => Some(ProfileFormat::Speedscope),
        FlameFormat::Firefox => Some(ProfileFormat::Firefox),
        FlameFormat::Pprof => Some(ProfileFormat::Pprof),
    }
}

fn no_cpuprofile() -> Failure {
    Failure::usage(anyhow!("a .cpuprofile holds samples of a page, and this is a plan"))
        .help("--format speedscope, firefox or pprof writes plans for other viewers")
}

/// What was asked for: plans are counted first, then pages. By itself the slowest plan, or the first page.
fn chosen(report: &Report, asked: Option<u32>) -> Result<Of, Failure> {
    let (plans, pages) = (report.subjects.len(), report.pages.len());
    if pages == 0 {
        return choose(&report.subjects, asked).map(Of::Plan);
    }
    match asked.map(|number| number as usize - 1) {
        Some(index) if index < plans => Ok(Of::Plan(index)),
        Some(index) if index < plans + pages => Ok(Of::Page(index - plans)),
        Some(index) => {
            Err(Failure::usage(anyhow!("there is no subject {}: the input holds {}", index + 1, plans + pages))
                .help(format!("--subject takes 1 to {}", plans + pages)))
        }
        None if plans == 0 => Ok(Of::Page(0)),
        None => choose(&report.subjects, None).map(Of::Plan),
    }
}

/// The subject that was asked for, or the slowest.
pub(crate) fn choose(subjects: &[Subject], asked: Option<u32>) -> Result<usize, Failure> {
    if let Some(number) = asked {
        let index = number as usize - 1;
        return if index < subjects.len() {
            Ok(index)
        } else {
            Err(Failure::usage(anyhow!("there is no plan {number}: the input holds {}", subjects.len()))
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

/// What is drawn: boxed, since a report is large.
enum Picture {
    One { report: Box<Report>, subject: usize, flame: Flame },
    Two { comparison: Box<Comparison>, subject: Of, differential: Differential },
    Page { report: Box<Report>, page: usize, flame: Flame },
}

impl Picture {
    fn of_one(report: Report, subject: usize, asked: Option<Measure>) -> Result<Self, Failure> {
        let drawn = &report.subjects[subject];
        let flame = Flame::of(drawn, measure(asked, &[drawn])?).map_err(|why| unavailable(drawn, why))?;
        if flame.root().total <= 0.0 {
            let why = flame.notes.last().map_or("nothing to draw", String::as_str);
            return Err(nothing(&report.subjects[subject].name, why));
        }
        Ok(Self::One { report: Box::new(report), subject, flame })
    }

    fn of_two(before: Report, after: Report, subject: usize, asked: Option<Measure>) -> Result<Self, Failure> {
        let comparison = Comparison::of(before, after);
        let name = &comparison.after.subjects[subject].name;
        let difference =
            comparison.differences.iter().find(|difference| difference.after == subject).ok_or_else(|| {
                Failure::new(Status::Nothing, anyhow!("{name} has no counterpart before"))
                    .help("statements are matched by their SQL, then by their name; --subject chooses another")
            })?;
        let (before, after) = comparison.subjects(difference);
        let measure = measure(asked, &[before, after])?;
        let differential = Differential::of(&comparison, difference, measure).map_err(|why| unavailable(after, why))?;
        let (was, is) = differential.totals();
        if was <= 0.0 && is <= 0.0 {
            return Err(nothing(name, "neither plan has any width"));
        }
        Ok(Self::Two { comparison: Box::new(comparison), subject: Of::Plan(subject), differential })
    }

    fn of_two_pages(before: Report, after: Report, page: usize, args: &args::Flame) -> Result<Self, Failure> {
        let comparison = Comparison::of(before, after);
        let difference = comparison.pages.iter().find(|difference| difference.after == page).ok_or_else(|| {
            let name = comparison.after.pages[page].name();
            Failure::new(Status::Nothing, anyhow!("{name} has no counterpart before"))
                .help("pages are matched by their names, then by their addresses; --subject chooses another")
        })?;
        let (before, after) = comparison.both_pages(difference);
        let differential = page::differential(before, after, args)?;
        Ok(Self::Two { comparison: Box::new(comparison), subject: Of::Page(page), differential })
    }

    fn of_page(report: Report, page: usize, args: &args::Flame) -> Result<Self, Failure> {
        let flame = page::flame(&report.pages[page], args)?;
        Ok(Self::Page { report: Box::new(report), page, flame })
    }

    fn report(&self) -> &Report {
        match self {
            Self::One { report, .. } | Self::Page { report, .. } => report,
            Self::Two { comparison, .. } => &comparison.after,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::One { subject, .. } => &self.report().subjects[*subject].name,
            Self::Two { subject, .. } => self.report().name(*subject),
            Self::Page { report, page, .. } => report.pages[*page].name(),
        }
    }

    fn measure(&self) -> Measure {
        match self {
            Self::One { flame, .. } | Self::Page { flame, .. } => flame.measure,
            Self::Two { differential, .. } => differential.measure,
        }
    }

    /// The unit of folded counts.
    fn unit(&self) -> Unit {
        match self {
            Self::One { flame, .. } | Self::Page { flame, .. } => Unit::of(flame),
            Self::Two { differential, .. } => flamegraph::differential_unit(differential),
        }
    }

    fn notes(&self) -> &[String] {
        match self {
            Self::One { flame, .. } | Self::Page { flame, .. } => &flame.notes,
            Self::Two { differential, .. } => &differential.notes,
        }
    }
}

/// The measure that was asked for, where all have it; else the one that says most of all of them.
fn measure(asked: Option<Measure>, subjects: &[&Subject]) -> Result<Measure, Failure> {
    let is_timed = subjects.iter().all(|subject| Measure::Wall.check(&subject.plan).is_ok());
    let measure = asked.unwrap_or(if is_timed { Measure::Wall } else { Measure::Cost });
    match subjects.iter().find_map(|subject| Some((*subject, measure.check(&subject.plan).err()?))) {
        Some((subject, why)) => Err(unavailable(subject, why)),
        None => Ok(measure),
    }
}

fn unavailable(subject: &Subject, why: Unavailable) -> Failure {
    Failure::unmeasured(anyhow!("{}: {why}", subject.name)).help("--measure chooses another width")
}

fn nothing(name: &str, why: &str) -> Failure {
    Failure::new(Status::Nothing, anyhow!("{name}: {why}")).help("--measure chooses another width")
}

/// Where a picture goes.
struct Drawing<'a> {
    args: &'a args::Flame,
    picture: &'a Picture,
}

impl Drawing<'_> {
    fn write(&self, terminal: &Terminal) -> Result<(), Failure> {
        match self.args.output.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => output::to_file(path, |out| self.draw(out)),
            None if self.args.output.is_none() && terminal.shows_stdout() => {
                Err(Failure::usage(anyhow!("a terminal does not show this"))
                    .help(format!("-o {} writes a file", self.file())))
            }
            None => output::bytes_to_stdout(|out| self.draw(out)),
        }
    }

    fn draw(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.picture {
            Picture::One { report, subject, flame } => self.draw_one(report, *subject, flame, out),
            Picture::Page { report, page, flame } => page::draw(&report.pages[*page], flame, self.args.format, out),
            Picture::Two { differential, .. } if self.args.format == FlameFormat::Folded => {
                flamegraph::differential_folded(differential, out)
            }
            Picture::Two { differential, .. } => {
                flamegraph::differential_svg(self.picture.name(), differential, self.args.widths, out)
            }
        }
    }

    fn draw_one(&self, report: &Report, subject: usize, flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
        match profile_of(self.args.format) {
            Some(format) => profile::export(&report.subjects[subject], flame.measure, format, out),
            None if self.args.format == FlameFormat::Folded => flamegraph::folded(flame, out),
            None => flamegraph::svg(report, subject, flame, self.args.color_by, out),
        }
    }

    fn is_of_a_page(&self) -> bool {
        matches!(self.picture, Picture::Page { .. } | Picture::Two { subject: Of::Page(_), .. })
    }

    /// A good name for the file: of folded stacks it says what is counted.
    fn file(&self) -> String {
        let stem = Path::new(&self.args.input).file_stem().filter(|stem| *stem != "-");
        let kind = if self.is_of_a_page() { "page" } else { "plan" };
        let stem = stem.map_or(kind.into(), |stem| stem.to_string_lossy());
        let measure = self.picture.measure().name();
        match (self.args.format, profile_of(self.args.format)) {
            (_, Some(profile)) => format!("{stem}.{}", profile.ending()),
            (FlameFormat::Cpuprofile, None) => format!("{stem}.cpuprofile"),
            (FlameFormat::Folded, None) => format!("{stem}.{measure}.{}.folded", self.picture.unit().name),
            (_, None) => format!("{stem}.{measure}.svg"),
        }
    }

    fn tell(&self, terminal: &Terminal) {
        let report = self.picture.report();
        let count = report.subjects.len() + report.pages.len();
        if count > 1 && self.args.subject.is_none() {
            let kinds = if report.pages.is_empty() { "plans" } else { "subjects" };
            let which = if self.is_of_a_page() { "the first" } else { "the slowest" };
            let name = self.picture.name();
            note(terminal, &format!("{count} {kinds}: this is {name}, {which}; --subject 1 to {count} chooses"));
        }
        if self.args.format == FlameFormat::Folded {
            let unit = self.picture.unit().name;
            note(terminal, &format!("counts are {unit}; a name such as {} says so", self.file()));
        }
        for text in self.picture.notes() {
            note(terminal, text);
        }
        for reject in &report.rejects {
            warn(terminal, &format!("could not read a plan of {}: {}", reject.source, reject.why));
        }
    }
}
