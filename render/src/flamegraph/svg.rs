//! The picture, drawn by inferno: root on top, in plan order, coloured by what a frame says.

use std::fmt::Write as _;
use std::io::{self, Write};

use inferno::flamegraph::color::{BackgroundColor, PaletteMap};
use inferno::flamegraph::{self, Direction, FuncFrameAttrsMap, Options, TextTruncateDirection};
use perf_look_analyzers::flame::{Flame, Frame, FrameId, Tint};
use perf_look_analyzers::safe;

use super::folded::{self, Unit};
use super::palette;

/// A line of text has no more room in a picture of the usual width.
const LINE: usize = 150;

/// What is drawn.
pub(super) struct Picture<'a> {
    /// Not yet safe to show.
    pub(super) name: &'a str,
    pub(super) flame: &'a Flame,
    /// What the colours can say.
    pub(super) legend: Vec<Tint>,
    /// What the colour of a frame says, and the lines that it shows when it is pointed at.
    pub(super) says: &'a dyn Fn(FrameId) -> (Tint, Vec<String>),
    /// Below the title, where no note is.
    pub(super) subtitle: &'static str,
}

/// The parts of a picture that do not depend on whether it compares.
pub(super) struct Drawing {
    /// Stacks with counts, in plan order.
    pub(super) lines: Vec<String>,
    pub(super) colors: PaletteMap,
    /// `label\ttitle=…`, a line a frame.
    pub(super) titles: String,
    /// What the counts of the lines are.
    pub(super) unit: &'static str,
    pub(super) title: String,
    pub(super) subtitle: String,
    /// Everything that a reader should know; shown as a comment, and the first of it below the title.
    pub(super) notes: Vec<String>,
    /// Colours with their words.
    pub(super) legend: Vec<(String, &'static str)>,
}

impl Picture<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.drawing().write(out)
    }

    fn drawing(&self) -> Drawing {
        let (mut colors, mut titles) = (PaletteMap::default(), String::new());
        for (id, frame) in self.flame.frames().iter().enumerate() {
            if frame.depth > folded::DEEPEST || frame.total <= 0.0 {
                continue;
            }
            let label = if id == 0 { String::new() } else { self.label(frame) };
            let (tint, words) = (self.says)(id);
            colors.insert(&label, palette::color(tint));
            add_title(&mut titles, &label, &words[1..]);
        }
        let measure = self.flame.measure;
        Drawing {
            lines: self.lines(),
            colors,
            titles,
            unit: Unit::finest(measure).name,
            title: title(self.name, &format!("{}, {}", measure.title(), measure.quantity(self.flame.root().total))),
            subtitle: self.flame.notes.first().cloned().unwrap_or_else(|| self.subtitle.to_owned()),
            notes: self.flame.notes.clone(),
            legend: legend(&self.legend),
        }
    }

    /// What stands in the frame: its name and how wide it is.
    fn label(&self, frame: &Frame) -> String {
        format!("{} {}", folded::label(frame), self.flame.measure.quantity(frame.total))
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.flame.frames().len());
        let unit = Unit::finest(self.flame.measure);
        folded::lines(
            self.flame,
            unit,
            |frame| self.label(frame),
            |stack, count| lines.push(format!("{stack} {count}")),
        );
        lines
    }
}

/// What is drawn, of a long name its end.
pub(super) fn title(name: &str, what: &str) -> String {
    const ROOM: usize = 80;
    let room = ROOM.saturating_sub(what.chars().count());
    let name = safe::line(name);
    let long = name.chars().count();
    if long <= room {
        return format!("{name}: {what}");
    }
    let end: String = name.chars().skip(long - room + 1).collect();
    format!("…{end}: {what}")
}

fn legend(tints: &[Tint]) -> Vec<(String, &'static str)> {
    tints.iter().map(|tint| (palette::css(palette::color(*tint)), tint.name())).collect()
}

/// What a frame says when it is pointed at. The script of the picture takes what stands before the last bracket for
/// the label, so that there must be no other bracket behind it.
pub(super) fn add_title(titles: &mut String, label: &str, words: &[String]) {
    let words: Vec<String> = words.iter().map(|line| brackets(&safe::line(line))).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(titles, "{label}\ttitle={label} ({})", words.join(" | "));
}

fn brackets(text: &str) -> String {
    text.replace('(', "[").replace(')', "]")
}

impl Drawing {
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.lines.is_empty() {
            let why = self.notes.first().map_or("no frame has any width", String::as_str);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why.to_owned()));
        }
        // A flame chart is drawn from its last line to its first, in the order that it was given.
        self.lines.reverse();
        let lines = std::mem::take(&mut self.lines);
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut self.options()?, lines.iter().map(String::as_str), &mut svg)?;
        out.write_all(self.with_legend(&String::from_utf8_lossy(&svg)).as_bytes())
    }

    fn options(&mut self) -> io::Result<Options<'_>> {
        let mut options = Options::default();
        options.title.clone_from(&self.title);
        options.subtitle = Some(cut(&safe::line(&self.subtitle)));
        // Two hyphens would end the comment that they stand in.
        options.notes = safe::line(&self.notes.join("; ")).replace('-', "\u{2010}");
        options.flame_chart = true;
        options.direction = Direction::Inverted;
        options.deterministic = true;
        options.text_truncate_direction = TextTruncateDirection::Right;
        options.bgcolors = Some(BackgroundColor::Flat(inferno::flamegraph::color::Color { r: 255, g: 255, b: 255 }));
        options.name_type = String::new();
        self.unit.clone_into(&mut options.count_name);
        options.min_width = 0.0;
        options.func_frameattrs = FuncFrameAttrsMap::from_reader(self.titles.as_bytes())?;
        options.palette_map = Some(&mut self.colors);
        Ok(options)
    }

    /// Puts the words of the colours below the frames.
    fn with_legend(&self, svg: &str) -> String {
        const SWATCH: usize = 12;
        const LETTER: usize = 7;
        let height = attribute(svg, "height").unwrap_or(0);
        let (mut legend, mut x) = (String::from("<g id=\"legend\">"), 10);
        for (color, name) in &self.legend {
            // Writing to a string cannot fail.
            let _ = write!(
                legend,
                "<rect x=\"{x}\" y=\"{}\" width=\"{SWATCH}\" height=\"{SWATCH}\" fill=\"{color}\"/><text x=\"{}\" y=\"{}\">{name}</text>",
                height.saturating_sub(16),
                x + SWATCH + 4,
                height.saturating_sub(6),
            );
            x += SWATCH + 4 + name.len() * LETTER + 16;
        }
        legend.push_str("</g>");
        match svg.rfind("</svg>") {
            Some(end) => format!("{}{legend}{}", &svg[..end], &svg[end..]),
            None => svg.to_owned(),
        }
    }
}

/// The first number of that name in the picture's head.
fn attribute(svg: &str, name: &str) -> Option<usize> {
    let (_, rest) = svg.split_once(&format!(" {name}=\""))?;
    rest.split_once('"')?.0.parse().ok()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LINE {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LINE - 1).collect();
    short.push('…');
    short
}
