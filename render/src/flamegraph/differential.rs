//! The picture of two plans or pages in one: what is slower in orange, what is faster in blue, what is gone still there.

use std::io::{self, Write};

use inferno::flamegraph::color::{Color, PaletteMap};
use perf_look_analyzers::compare::Noise;
use perf_look_analyzers::flame::{Differential, Measure, Side, Twin, Widths};

use super::folded::{self, Stack, Unit};
use super::palette;
use super::svg::{Drawing, add_title, title};

/// A difference below this part of the whole is none.
const NOTHING: f64 = 0.001;

/// Writes `stack before after`, as `inferno-flamegraph` and others read it. For the other direction exchange the two.
pub(super) fn folded(differential: &Differential, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = differential.totals();
    let unit = Unit::for_a_whole_of(differential.measure, before.max(after));
    let mut stack = Stack::default();
    for twin in drawn(differential) {
        stack.enter(twin.depth, &folded::name(&twin.label));
        let (before, after) = (unit.count(twin.own_before), unit.count(twin.own_after));
        if before > 0 || after > 0 {
            writeln!(out, "{} {before} {after}", stack.text)?;
        }
    }
    Ok(())
}

/// The frames but the one that holds all: deeper ones are a part of the one at the greatest depth.
fn drawn(differential: &Differential) -> Vec<Twin> {
    let mut drawn: Vec<Twin> = Vec::with_capacity(differential.frames().len());
    for twin in differential.frames().iter().skip(1) {
        match drawn.last_mut() {
            Some(deepest) if twin.depth > folded::DEEPEST => {
                deepest.own_before += twin.own_before;
                deepest.own_after += twin.own_after;
            }
            _ => drawn.push(twin.clone()),
        }
    }
    drawn
}

/// The unit of [`folded()`].
pub(super) fn unit(differential: &Differential) -> Unit {
    let (before, after) = differential.totals();
    Unit::for_a_whole_of(differential.measure, before.max(after))
}

/// Two plans or pages as one picture.
pub(super) struct Picture<'a> {
    pub(super) name: &'a str,
    pub(super) differential: &'a Differential,
    pub(super) widths: Widths,
}

impl Picture<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let measure = self.differential.measure;
        let (before, after) = self.differential.totals();
        let (was, is) = (measure.quantity(before), measure.quantity(after));
        let (mut colors, mut titles, mut lines, mut stack) = Default::default();
        self.frames(&mut colors, &mut titles, &mut lines, &mut stack);
        Drawing {
            lines,
            colors,
            titles,
            unit: Unit::finest(measure).name,
            title: title(self.name, &format!("{}, {was} before, {is} after", measure.title())),
            subtitle: self.subtitle(),
            notes: self.differential.notes.clone(),
            legend: legend(),
        }
        .write(out)
    }

    fn frames(&self, colors: &mut PaletteMap, titles: &mut String, lines: &mut Vec<String>, stack: &mut Stack) {
        let unit = Unit::finest(self.differential.measure);
        let (before, after) = self.differential.totals();
        colors.insert("", palette::color(perf_look_analyzers::flame::Tint::Clean));
        for twin in &drawn(self.differential) {
            let label = format!("{} {}", folded::name(&twin.label), self.signed(twin));
            colors.insert(&label, self.color(twin, before.max(after)));
            add_title(titles, &label, &self.words(twin));
            stack.enter(twin.depth, &label);
            let count = unit.count(twin.own(self.widths));
            if count > 0 {
                lines.push(format!("{} {count}", stack.text));
            }
        }
    }

    /// `+12.3 ms`, `-65.4 ms`, `±0`; with runs that overlap a difference says nothing.
    fn signed(&self, twin: &Twin) -> String {
        let quantity = |width: f64| self.differential.measure.quantity(width).to_string();
        let delta = twin.delta();
        let shown = quantity(delta.abs());
        let sign = match delta {
            _ if shown == quantity(0.0) => return "±0".to_owned(),
            _ if self.is_noise() => '±',
            delta if delta > 0.0 => '+',
            _ => '-',
        };
        match shown.strip_prefix("cost ") {
            Some(number) => format!("cost {sign}{number}"),
            None => format!("{sign}{shown}"),
        }
    }

    /// Times vary from run to run; blocks, rows and costs are what they are.
    fn is_noise(&self) -> bool {
        is_time(self.differential.measure) && matches!(self.differential.noise, Noise::Overlap(..))
    }

    fn words(&self, twin: &Twin) -> Vec<String> {
        let quantity = |width: f64| self.differential.measure.quantity(width).to_string();
        let mut words = match twin.side {
            Side::Both => {
                vec![format!("self {} before, {} after", quantity(twin.own_before), quantity(twin.own_after))]
            }
            Side::Gone => vec![format!("self {} before, gone", quantity(twin.own_before))],
            Side::New => vec![format!("new, self {}", quantity(twin.own_after))],
        };
        words.extend(twin.was.as_ref().map(|was| format!("was {was}")));
        words
    }

    /// Stronger, the larger the difference is of the whole.
    fn color(&self, twin: &Twin, whole: f64) -> Color {
        let share = if whole > 0.0 { twin.delta() / whole } else { 0.0 };
        match twin.side {
            _ if self.is_noise() || share.abs() < NOTHING => palette::UNCHANGED,
            Side::Gone => palette::GONE,
            Side::Both | Side::New if share > 0.0 => palette::between(palette::SLOWER, share),
            Side::Both | Side::New => palette::between(palette::FASTER, -share),
        }
    }

    fn subtitle(&self) -> String {
        match self.differential.noise {
            _ if !is_time(self.differential.measure) => "plan order, not time order".to_owned(),
            Noise::SingleRun => "single run, no noise estimate".to_owned(),
            Noise::Overlap(..) => "the runs overlap: within noise".to_owned(),
            Noise::Apart(..) => "the runs do not overlap".to_owned(),
            Noise::NotTimed => "plan order, not time order".to_owned(),
        }
    }
}

fn is_time(measure: Measure) -> bool {
    matches!(measure, Measure::Wall | Measure::Work | Measure::Io)
}

fn legend() -> Vec<(String, &'static str)> {
    [
        (palette::SLOWER, "more than before"),
        (palette::FASTER, "less than before"),
        (palette::GONE, "gone"),
        (palette::UNCHANGED, "the same, or within noise"),
    ]
    .into_iter()
    .map(|(color, name)| (palette::css(color), name))
    .collect()
}
