//! What the demo leaves behind when it is asked to: a page, pictures, and the captures that they were drawn from.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use perf_look_analyzers::flame::{Coloring, Differential, Flame, Measure, Widths};
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::{Capture, Comparison, Report};
use perf_look_render::{ComparisonFormat, Format, Style, flamegraph, render, render_comparison};

use super::{Measured, judged};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{save, to_file};

const STYLE: Style = Style { color: false, width: 100, unicode: true };

/// Writes them, and says what there is.
pub(super) fn leave(folder: &Path, measured: &Measured, config: &Config) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder {}", folder.display()))
        .map_err(|error| Failure::usage(error).help("name a folder that you may make and write to"))?;
    let mut shelf = Shelf { folder, list: String::new() };
    let report = judged(&measured.before, config);
    shelf
        .put("report.html", "the report as a page, for a browser", |out| render(&report, Format::Html, &STYLE, out))?;
    let slowest = slowest(&report);
    if let Some(flame) = slowest.and_then(|subject| Flame::of(&report.subjects[subject], Measure::Wall).ok()) {
        let draw = |out: &mut dyn Write| flamegraph::svg(&report, slowest.unwrap_or(0), &flame, Coloring::Class, out);
        shelf.put("flame.svg", "where the time of the slowest statement goes", draw)?;
    }
    save(&folder.join("before.json"), &measured.before)?;
    shelf.note("before.json", "what the server said");
    if let Some((sql, after)) = &measured.after {
        save(&folder.join("after.json"), after)?;
        shelf.note("after.json", &format!("what it said after {}", sql.trim_end_matches(';')));
        shelf.compare(&Comparison::of(judged(&compared(&measured.before, after), config), judged(after, config)))?;
    }
    Ok(format!("\nLeft in {}:\n{}", folder.display(), shelf.list))
}

/// What was run again after the advice was followed, as it was before.
fn compared(before: &Capture, after: &Capture) -> Capture {
    let mut compared = before.clone();
    compared.statements.retain(|old| after.statements.iter().any(|new| new.name == old.name));
    compared
}

fn slowest(report: &Report) -> Option<usize> {
    let time = |place: &usize| report.subjects[*place].attribution.execution.unwrap_or(Ms::ZERO).0;
    (0..report.subjects.len()).max_by(|left, right| time(left).total_cmp(&time(right)))
}

struct Shelf<'a> {
    folder: &'a Path,
    list: String,
}

impl Shelf<'_> {
    fn put(
        &mut self,
        name: &str,
        what: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        to_file(&self.folder.join(name), write)?;
        self.note(name, what);
        Ok(())
    }

    fn note(&mut self, name: &str, what: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.list, "  {name:<16}{what}");
    }

    /// The statement that gained most, before and after, in one picture; all of them as text.
    fn compare(&mut self, comparison: &Comparison) -> Result<(), Failure> {
        let text = |out: &mut dyn Write| render_comparison(comparison, ComparisonFormat::Text, &STYLE, out);
        self.put("difference.txt", "what that changed, step by step", text)?;
        let gain = |difference: &&perf_look_analyzers::compare::Difference| {
            let (before, after) = comparison.subjects(difference);
            let time = |subject: &perf_look_analyzers::Subject| subject.attribution.execution.unwrap_or(Ms::ZERO).0;
            time(before) - time(after)
        };
        let most = comparison.differences.iter().max_by(|left, right| gain(left).total_cmp(&gain(right)));
        let Some(difference) = most else { return Ok(()) };
        let Ok(differential) = Differential::of(comparison, difference, Measure::Wall) else { return Ok(()) };
        let name = &comparison.subjects(difference).1.name;
        let draw = |out: &mut dyn Write| flamegraph::differential_svg(name, &differential, Widths::Larger, out);
        self.put("difference.svg", "the statement that gained most, before and after in one picture", draw)
    }
}
