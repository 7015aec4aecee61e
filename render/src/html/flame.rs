//! Flame graphs: where a measure went, as widths, root on top; and the same as tables.

use std::fmt::Display;

use perf_look_analyzers::compare::Difference;
use perf_look_analyzers::flame::{Class, Coloring, Flame, Frame, FrameId, Measure, Tint, describe, numbers};
use perf_look_analyzers::quantity::Quantity;
use perf_look_analyzers::safe;
use perf_look_analyzers::{Comparison, Report};
use serde::Serialize;

use super::page::PagePart;
use super::writer::{Html, put};
use super::{Page, Part};
use crate::words;

/// Frames narrower than this part of the whole are counted instead of drawn; the script draws them when they are
/// zoomed into.
const NARROWEST: f64 = 0.001;
/// From this part of the whole on there is room for words.
const ROOM: f64 = 0.012;
/// Of a level, in pixels.
const LEVEL: u32 = 20;
/// The table has so many frames, the widest.
const ROWS: usize = 100;

/// Draws each measure that the plan has, and says why it has no others.
pub(super) fn write(page: &Page<'_>, html: &mut Html, part: &Part<'_>) {
    let of_choice = Measure::of_choice(&part.subject.plan);
    put!(html, "<h3 id=\"" {part.section("flame")} "\">Flame graph</h3><div class=\"flame by-class\" data-subject=\"");
    put!(html, {part.index} "\"><div class=\"controls\" hidden></div><div class=\"measures\">");
    let mut missing = Vec::new();
    for measure in Measure::ALL {
        match Flame::of(part.subject, measure) {
            Ok(flame) if flame.root().total > 0.0 => {
                let look = |id: FrameId| look_of_plan(page, part, &flame, id);
                let group = part.section("measure");
                let picture = Picture { group: &group, flame: &flame, look: &look };
                picture.write(html, if measure == of_choice { " open" } else { "" });
            }
            Ok(flame) => missing.push(format!("{}: zero", flame.measure.title())),
            Err(unavailable) => missing.push(format!("{}: {}", measure.title(), unavailable.why)),
        }
    }
    put!(html, "</div>");
    legend(html);
    if !missing.is_empty() {
        put!(html, "<p class=\"note\">Not drawn: " {missing.join("; ")} "</p>");
    }
    put!(html, "</div>");
}

/// Draws what a page did.
pub(super) fn write_page(html: &mut Html, part: &PagePart<'_>, flame: &Flame) {
    put!(html, "<h3 id=\"" {part.section("flame")} "\">Flame graph</h3><div class=\"flame by-kind\" data-subject=\"");
    put!(html, {part.place} "\"><div class=\"controls\" hidden></div><div class=\"measures\">");
    let look = |id: FrameId| look_of_page(flame, id);
    let group = part.section("measure");
    Picture { group: &group, flame, look: &look }.write(html, " open");
    put!(html, "</div><ul class=\"legend of-kind\" aria-label=\"Colours by what ran\">");
    for (place, class) in Class::OF_PAGES.into_iter().enumerate() {
        put!(html, "<li><span class=\"swatch " {KIND} {place} "\"></span>" {class.name()} "</li>");
    }
    put!(html, "</ul></div>");
}

/// What both plans can be drawn by without times, and how many of these are.
const UNTIMED: [Measure; 3] = [Measure::Rows, Measure::Buffers, Measure::Cost];
const DRAWN: usize = 2;

/// Draws two plans beside each other, each as wide as there is room: how much more one is stands above it. `place` makes
/// the names within the page differ.
pub(super) fn write_sides(html: &mut Html, comparison: &Comparison, difference: &Difference, place: usize) {
    let (before, after) = comparison.subjects(difference);
    let both = |measure| Some((Flame::of(before, measure).ok()?, Flame::of(after, measure).ok()?));
    let there = |(was, is): &(Flame, Flame)| was.root().total > 0.0 && is.root().total > 0.0;
    for (was, is) in UNTIMED.into_iter().filter_map(both).filter(there).take(DRAWN) {
        let sides = [
            ("before", &comparison.before, difference.before, &was),
            ("after", &comparison.after, difference.after, &is),
        ];
        put!(html, "<div class=\"sides flame by-class\">");
        for (name, report, subject, flame) in sides {
            let look = |id: FrameId| look_alone(report, subject, flame, id);
            let group = format!("{place}-{name}-{}", flame.measure.name());
            put!(html, "<div><h4>" {name} "</h4><div class=\"measures\">");
            Picture { group: &group, flame, look: &look }.write(html, " open");
            put!(html, "</div></div>");
        }
        put!(html, "</div>");
    }
}

/// A frame of a page that has no list of nodes to lead to.
fn look_alone(report: &Report, subject: usize, flame: &Flame, id: FrameId) -> Look {
    let tint = Tint::of(report, subject, &flame.frames()[id], Coloring::Class);
    let tints = vec![(letter(Coloring::Class), place(Coloring::Class, tint))];
    Look { lines: describe(report, subject, flame, id), address: None, tints }
}

fn legend(html: &mut Html) {
    for coloring in Coloring::ALL {
        put!(html, "<ul class=\"legend of-" {coloring.name()} "\" aria-label=\"Colours by " {coloring.name()} "\">");
        for (place, tint) in coloring.tints().into_iter().enumerate() {
            put!(html, "<li><span class=\"swatch " {letter(coloring)} {place} "\"></span>" {tint.name()} "</li>");
        }
        put!(html, "</ul>");
    }
}

/// The first letter of a class that says a colour: `c2` is the third of [`Coloring::Class`].
pub(super) fn letter(coloring: Coloring) -> char {
    match coloring {
        Coloring::Class => 'c',
        Coloring::Misestimate => 'm',
        Coloring::Findings => 'f',
    }
}

/// The first letter of a class that says what kind of code a page's frame is: `k2` is the third of [`Class::OF_PAGES`].
pub(super) const KIND: char = 'k';

/// The colours of pages with their classes, as [`letter`] says those of plans.
pub(super) fn kinds() -> impl Iterator<Item = (usize, Tint)> {
    Class::OF_PAGES.into_iter().map(Tint::Class).enumerate()
}

fn kind(class: Class) -> usize {
    Class::OF_PAGES.iter().position(|known| *known == class).unwrap_or(0)
}

/// One measure.
struct Picture<'a> {
    /// Of the measures of one name one is open.
    group: &'a dyn Display,
    flame: &'a Flame,
    look: &'a dyn Fn(FrameId) -> Look,
}

/// What a frame shows.
struct Look {
    /// What it says when it is pointed at, its name first.
    lines: Vec<String>,
    /// The address that it leads to.
    address: Option<String>,
    /// Classes that say a colour.
    tints: Vec<(char, usize)>,
}

fn look_of_plan(page: &Page<'_>, part: &Part<'_>, flame: &Flame, id: FrameId) -> Look {
    let shown = &flame.frames()[id];
    let tint = |coloring| Tint::of(page.report, part.index, shown, coloring);
    Look {
        lines: describe(page.report, part.index, flame, id),
        address: shown.node.map(|node| part.node(node).to_string()),
        tints: Coloring::ALL.map(|coloring| (letter(coloring), place(coloring, tint(coloring)))).to_vec(),
    }
}

fn look_of_page(flame: &Flame, id: FrameId) -> Look {
    Look { lines: numbers(flame, id), address: None, tints: vec![(KIND, kind(flame.frames()[id].class))] }
}

impl Picture<'_> {
    fn write(&self, html: &mut Html, open: &'static str) {
        let flame = self.flame;
        put!(html, "<details class=\"measure\" name=\"" {self.group} "\" data-measure=\"" {flame.measure.name()} "\"");
        html.markup(open);
        put!(html, "><summary>" {flame.measure.title()} " <span>" {flame.measure.quantity(flame.root().total)} "</span></summary>");
        self.frames(html);
        for note in &flame.notes {
            put!(html, "<p class=\"note\">" {note} "</p>");
        }
        self.table(html);
        put!(html, "</details>");
    }

    fn frames(&self, html: &mut Html) {
        let flame = self.flame;
        let starts = starts(flame);
        let wide = |id: &FrameId| flame.share(flame.frames()[*id].total) >= NARROWEST;
        let drawn: Vec<FrameId> = (0..flame.frames().len()).filter(wide).collect();
        let depth = drawn.iter().map(|id| flame.frames()[*id].depth).max().unwrap_or(0);
        put!(html, "<div class=\"picture\"><svg width=\"100%\" height=\"" {(depth + 1) * LEVEL} "\" role=\"group\" aria-label=\"");
        put!(html, "Flame graph of " {flame.measure.title()} ", root on top; the table below says the same\">");
        for id in &drawn {
            self.frame(html, *id, starts[*id]);
        }
        put!(html, "</svg></div>");
        let narrow = flame.frames().iter().filter(|frame| frame.total > 0.0).count() - drawn.len();
        if narrow > 0 {
            put!(html, "<p class=\"note narrow\">" {words::plural(narrow, "frame")} " narrower than 0.1 % not drawn.</p>");
        }
    }

    fn frame(&self, html: &mut Html, id: FrameId, start: f64) {
        let frame = &self.flame.frames()[id];
        let share = self.flame.share(frame.total);
        let look = (self.look)(id);
        let lines: Vec<String> = look.lines.iter().map(|line| safe::line(&cut(line)).into_owned()).collect();
        if let Some(address) = &look.address {
            // Begins with what stands in the frame, so that the name that is heard is the one that is seen.
            let says = format!("{} {}, {}", lines[0], self.flame.measure.quantity(frame.total), lines[1]);
            put!(html, "<a href=\"#" {address} "\" aria-label=\"" {says} "\" class=\"frame");
        } else {
            put!(html, "<g class=\"frame");
        }
        for (letter, place) in &look.tints {
            put!(html, " " {letter} {place});
        }
        put!(html, "\" data-i=\"" {id} "\"><svg x=\"" {percent(self.flame.share(start))} "%\" y=\"" {frame.depth * LEVEL});
        put!(html, "\" width=\"" {percent(share)} "%\" height=\"" {LEVEL - 1} "\"><title>");
        html.block(&lines.join("\n"));
        put!(html, "</title><rect width=\"100%\" height=\"100%\"/>");
        if share >= ROOM {
            put!(html, "<text x=\"4\" y=\"14\">" {cut(&frame.label)} " " {self.flame.measure.quantity(frame.total)} "</text>");
        }
        put!(html, "</svg>");
        html.markup(if look.address.is_some() { "</a>" } else { "</g>" });
    }

    /// The widest frames, as a reader without eyes for pictures wants them.
    fn table(&self, html: &mut Html) {
        let flame = self.flame;
        let mut ids: Vec<FrameId> = (0..flame.frames().len()).filter(|id| flame.frames()[*id].own > 0.0).collect();
        ids.sort_by(|left, right| flame.frames()[*right].own.total_cmp(&flame.frames()[*left].own));
        let all = ids.len();
        put!(
            html,
            "<details class=\"as-table\"><summary>As a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
        );
        put!(html, {flame.measure.title()} " as a table\"><table><thead><tr><th scope=\"col\">frame</th><th scope=\"col\">self</th>");
        put!(html, "<th scope=\"col\">of all</th><th scope=\"col\">with all inside</th></tr></thead><tbody>");
        for frame in ids.iter().take(ROWS).map(|id| &flame.frames()[*id]) {
            let own = Quantity::Share(flame.share(frame.own));
            put!(html, "<tr><th scope=\"row\">" {cut(&frame.label)} "</th><td>" {flame.measure.quantity(frame.own)} "</td><td>" {own});
            put!(html, "</td><td>" {flame.measure.quantity(frame.total)} "</td></tr>");
        }
        put!(html, "</tbody></table></div>");
        if all > ROWS {
            put!(html, "<p class=\"note\">And " {words::plural(all - ROWS, "frame")} " with less.</p>");
        }
        put!(html, "</details>");
    }
}

/// Where each frame begins, in the unit of the measure: behind its siblings; what is left on the right is its
/// parent's own.
fn starts(flame: &Flame) -> Vec<f64> {
    let mut starts = vec![0.0; flame.frames().len()];
    // Where the next frame inside of each begins.
    let mut next = vec![0.0; flame.frames().len()];
    for (id, frame) in flame.frames().iter().enumerate() {
        if let Some(parent) = frame.parent {
            starts[id] = next[parent];
            next[parent] += frame.total;
        }
        next[id] = starts[id];
    }
    starts
}

fn place(coloring: Coloring, tint: Tint) -> usize {
    coloring.tints().iter().position(|known| *known == tint).unwrap_or(0)
}

fn percent(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

/// Longer labels are of no use in a frame; the properties of the node have all of it.
fn cut(label: &str) -> String {
    crate::layout::cut(label, 200, true)
}

/// What the script draws frames from when it zooms: a subject's labels once, each measure's numbers.
#[derive(Serialize)]
pub(super) struct Data {
    /// By the node's number.
    labels: Vec<String>,
    /// By coloring: the place of each node's tint in the legend.
    tints: [Vec<usize>; Coloring::ALL.len()],
    measures: Vec<MeasureData>,
}

#[derive(Serialize)]
struct MeasureData {
    name: &'static str,
    unit: &'static str,
    frames: Vec<FrameData>,
}

/// Depth, what is charged to itself, the node's number or else the label, and what kind of code of a page it is.
#[derive(Serialize)]
struct FrameData(u32, f64, Name, #[serde(skip_serializing_if = "Option::is_none")] Option<usize>);

#[derive(Serialize)]
#[serde(untagged)]
enum Name {
    Node(u32),
    Label(String),
}

impl Data {
    pub(super) fn of(page: &Page<'_>, part: &Part<'_>) -> Self {
        let mut data = Self { labels: Vec::new(), tints: Default::default(), measures: Vec::new() };
        for measure in Measure::ALL {
            let Ok(flame) = Flame::of(part.subject, measure) else { continue };
            if data.labels.is_empty() {
                data.name_nodes(page, part, &flame);
            }
            if flame.root().total > 0.0 {
                let (name, unit) = (measure.name(), measure.quantity(0.0).unit());
                data.measures.push(MeasureData {
                    name,
                    unit,
                    frames: flame.frames().iter().map(|frame| frame_data(frame, None)).collect(),
                });
            }
        }
        data
    }

    pub(super) fn of_page(flame: Option<&Flame>) -> Self {
        let measures = flame.into_iter().map(|flame| MeasureData {
            name: flame.measure.name(),
            unit: flame.measure.quantity(0.0).unit(),
            frames: flame.frames().iter().map(|frame| frame_data(frame, Some(kind(frame.class)))).collect(),
        });
        Self { labels: Vec::new(), tints: Default::default(), measures: measures.collect() }
    }

    fn name_nodes(&mut self, page: &Page<'_>, part: &Part<'_>, flame: &Flame) {
        for frame in flame.frames().iter().filter(|frame| frame.node.is_some()) {
            self.labels.push(safe::line(&cut(&frame.label)).into_owned());
            for (tints, coloring) in self.tints.iter_mut().zip(Coloring::ALL) {
                tints.push(place(coloring, Tint::of(page.report, part.index, frame, coloring)));
            }
        }
    }
}

fn frame_data(frame: &Frame, kind: Option<usize>) -> FrameData {
    let name = match frame.node {
        Some(node) => Name::Node(node.number()),
        None => Name::Label(safe::line(&cut(&frame.label)).into_owned()),
    };
    FrameData(frame.depth, (frame.own * 1000.0).round() / 1000.0, name, kind)
}
