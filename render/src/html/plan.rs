//! The plan as a tree with its numbers: a row a node, then the time outside of the nodes.

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::postgres::counters::Counters;
use perf_look_analyzers::postgres::plan::{Execution, Role};
use perf_look_analyzers::quantity::{Interval, Ms, grouped};

use super::assets::{DEEPEST, width_class};
use super::writer::{Html, put};
use super::{Page, Part, node};
use crate::layout::{Off, blocks_as_bytes, compact, cut, millis, short};

/// Longer labels are cut; the node's properties have all of it.
const LABEL: usize = 300;
/// Plans of up to so many nodes have the properties of all of them in the page; of larger ones the nodes that matter
/// have, and the script draws the others from the data.
const ALL_PROPERTIES: usize = 2_000;
/// A node matters from this part of the whole.
const MATTERS: f64 = 0.001;
/// What could not be placed is worth a line from this part of the whole.
const UNPLACED: f64 = 0.01;
/// A plan of so few nodes is laid out at once.
const SMALL: usize = 500;
/// Of larger plans, rows that a browser lays out together, when they come into view.
const CHUNK: usize = 50;

pub(super) fn write(page: &Page<'_>, html: &mut Html, part: &Part<'_>, clauses: Option<&Clauses>) {
    let plan = &part.subject.plan;
    put!(html, "<h3 id=\"" {part.section("plan")} "\">Plan, " {crate::words::plural(plan.nodes().len(), "node")} "</h3>");
    put!(html, "<div class=\"tree");
    if plan.nodes().iter().any(|node| node.depth > 12) {
        put!(html, " deep");
    }
    put!(html, "\" role=\"treegrid\" aria-label=\"Plan of " {&part.subject.name} "\" aria-readonly=\"true\">");
    let table = Table { part, marks: marks(page, part), clauses, columns: Column::all_of(part) };
    table.header(html);
    for chunk in plan.nodes().chunks(CHUNK) {
        put!(html, "<div role=\"rowgroup\"");
        html.markup(if plan.nodes().len() > SMALL { " class=\"chunk\">" } else { ">" });
        for node in chunk {
            table.node(html, node);
        }
        put!(html, "</div>");
    }
    table.outside(html);
    put!(html, "</div>");
    if plan.nodes().len() > ALL_PROPERTIES {
        put!(
            html,
            "<p class=\"note\">The properties of nodes with less than 0.1 % of the whole are drawn by the script from the data below.</p>"
        );
    }
}

/// The numbers of the findings at each node.
fn marks(page: &Page<'_>, part: &Part<'_>) -> Vec<Vec<usize>> {
    let mut marks = vec![Vec::new(); part.subject.plan.nodes().len()];
    for (place, finding) in page.report.findings.iter().enumerate() {
        if let (true, Some(node)) = (finding.location.is_in(part.index), finding.location.node()) {
            marks[node.index()].push(place + 1);
        }
    }
    marks
}

/// A column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Own,
    Total,
    Cost,
    Rows,
    Off,
    Loops,
    Buffers,
}

impl Column {
    /// Those that the plan has numbers for.
    fn all_of(part: &Part<'_>) -> Vec<Self> {
        let plan = &part.subject.plan;
        let (analyzed, costed) = (plan.is_analyzed(), plan.root().estimate.is_some());
        let mut columns = match part.subject.attribution.execution {
            Some(_) => vec![Self::Own, Self::Total],
            None if costed => vec![Self::Cost],
            None => Vec::new(),
        };
        columns.extend((analyzed || costed).then_some(Self::Rows));
        columns.extend((analyzed && costed).then_some(Self::Off));
        columns.extend(analyzed.then_some(Self::Loops));
        columns.extend(plan.has_counters().then_some(Self::Buffers));
        columns
    }

    fn title(self) -> &'static str {
        match self {
            Self::Own => "self ms",
            Self::Total => "total ms",
            Self::Cost => "self cost",
            Self::Rows => "rows est → act",
            Self::Off => "off",
            Self::Loops => "loops",
            Self::Buffers => "buffers",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Own | Self::Cost => "own",
            Self::Total => "total",
            Self::Rows => "rows",
            Self::Off => "off",
            Self::Loops => "loops",
            Self::Buffers => "buffers",
        }
    }
}

struct Table<'a> {
    part: &'a Part<'a>,
    marks: Vec<Vec<usize>>,
    clauses: Option<&'a Clauses>,
    columns: Vec<Column>,
}

impl Table<'_> {
    fn header(&self, html: &mut Html) {
        put!(
            html,
            "<div role=\"rowgroup\" class=\"head\"><div role=\"row\" class=\"row\">"
            "<span role=\"columnheader\" class=\"name\">node</span>"
        );
        for column in &self.columns {
            put!(html, "<span role=\"columnheader\" class=\"" {column.class()} "\">" {column.title()} "</span>");
        }
        put!(html, "</div></div>");
    }

    fn node(&self, html: &mut Html, node: &PlanNode) {
        let marks = &self.marks[node.id.index()];
        let has_children = self.part.subject.plan.subtree(node.id).len() > 1;
        put!(html, "<div role=\"row\" tabindex=\"-1\" id=\"" {self.part.node(node.id)} "\" aria-level=\"" {node.depth + 1} "\"");
        if has_children {
            put!(html, " aria-expanded=\"true\"");
        }
        put!(html, " class=\"row node d" {node.depth.min(DEEPEST)});
        html.markup(if node.execution == Execution::NeverRan { " never" } else { "" });
        html.markup(if marks.is_empty() { "" } else { " marked" });
        put!(html, "\"><span role=\"gridcell\" class=\"name\"><i class=\"fold\"></i>");
        self.label(html, node);
        for mark in marks {
            put!(html, " <a class=\"mark\" href=\"#finding/" {mark} "\" aria-label=\"finding " {mark} "\">!" {mark} "</a>");
        }
        put!(html, "</span>");
        self.numbers(html, node);
        put!(html, "</div>");
    }

    /// The node's name, which opens its properties.
    fn label(&self, html: &mut Html, node: &PlanNode) {
        let words = cut(&label(node), LABEL, true);
        let matters = self.part.subject.plan.nodes().len() <= ALL_PROPERTIES
            || self.part.share(node.id) >= MATTERS
            || !self.marks[node.id.index()].is_empty();
        if matters {
            put!(html, "<details><summary><b>#" {node.id.number()} "</b> " {words} "</summary>");
            node::write(html, self.part, self.clauses, node);
            put!(html, "</details>");
        } else {
            put!(html, "<span class=\"later\"><b>#" {node.id.number()} "</b> " {words} "</span>");
        }
    }

    fn numbers(&self, html: &mut Html, node: &PlanNode) {
        for column in &self.columns {
            put!(html, "<span role=\"gridcell\" class=\"" {column.class()});
            self.number(html, *column, node);
            put!(html, "</span>");
        }
    }

    /// Of a cell the rest of its class, and what stands in it.
    fn number(&self, html: &mut Html, column: Column, node: &PlanNode) {
        let charged = self.part.subject.attribution.node(node.id);
        match column {
            Column::Own | Column::Cost => {
                bar(html, self.part.share(node.id));
                match charged.time {
                    Some(time) if time.approximate => put!(html, "≈" {millis(time.own.0)}),
                    Some(time) => put!(html, { millis(time.own.0) }),
                    None => put!(html, { short(charged.own_cost) }),
                }
            }
            Column::Total => put!(html, "\">" {millis(charged.time.unwrap_or_default().total.0)}),
            Column::Rows => match counted(node) {
                (Some(expected), Some(actual)) => put!(html, "\">" {short(expected)} " → " {short(actual)}),
                (Some(rows), None) | (None, Some(rows)) => put!(html, "\">" {short(rows)}),
                (None, None) => put!(html, "\">"),
            },
            Column::Off => off(html, node),
            Column::Loops => put!(html, "\">" {node.run().map_or(String::new(), |run| short(run.loops))}),
            Column::Buffers => {
                let own = self.part.subject.attribution.own_counters(node);
                let blocks = own.map(Counters::touched_blocks).filter(|blocks| *blocks > 0.0);
                put!(html, "\">" {blocks.map_or(String::new(), blocks_as_bytes)});
            }
        }
    }

    /// What took time beside the nodes, and the whole.
    fn outside(&self, html: &mut Html) {
        let attribution = &self.part.subject.attribution;
        let whole = attribution.execution.unwrap_or_default();
        put!(html, "<div role=\"rowgroup\" class=\"outside\">");
        for frame in attribution.frames.iter().filter(|frame| frame.own > Ms::ZERO) {
            let inside = frame.name != "Planning";
            let share = if inside && whole > Ms::ZERO { frame.own.0 / whole.0 } else { 0.0 };
            let name = if inside { frame.name.clone() } else { format!("{}, before execution", frame.name) };
            self.row(html, &name, share, &millis(frame.own.0));
        }
        if let Some(rest) = attribution.remainder.filter(|rest| rest.0.abs() > UNPLACED * whole.0) {
            let name = format!("{:.3} ms could not be placed: parts took more than the whole", rest.0);
            self.row(html, &name, 0.0, "");
        }
        if attribution.execution.is_some() {
            self.row(html, "= Execution Time", 0.0, &millis(whole.0));
        }
        put!(html, "</div>");
    }

    fn row(&self, html: &mut Html, name: &str, share: f64, own_ms: &str) {
        put!(html, "<div role=\"row\" class=\"row\"><span role=\"gridcell\" class=\"name\">" {name} "</span>");
        for column in &self.columns {
            put!(html, "<span role=\"gridcell\" class=\"" {column.class()});
            if matches!(column, Column::Own | Column::Cost) {
                bar(html, share);
                put!(html, {own_ms} "</span>");
            } else {
                put!(html, "\"></span>");
            }
        }
        put!(html, "</div>");
    }
}

/// The rest of the class of a cell with a bar.
fn bar(html: &mut Html, share: f64) {
    put!(html, " bar " {width_class(share)});
    html.markup(match share {
        share if share >= 0.5 => " most\">",
        share if share >= 0.1 => " much\">",
        _ => "\">",
    });
}

/// Rows that were expected and that came, all loops together.
fn counted(node: &PlanNode) -> (Option<f64>, Option<f64>) {
    let expected = node.estimate.map(|estimate| estimate.rows * node.run().map_or(1.0, |run| run.loops));
    (expected, node.rows().map(Interval::mid))
}

fn off(html: &mut Html, node: &PlanNode) {
    let (expected, actual) = counted(node);
    let Some(Off { factor, more }) = expected.zip(actual).and_then(|(expected, actual)| Off::of(expected, actual))
    else {
        return put!(html, "\">");
    };
    html.markup(match factor {
        factor if factor >= 100.0 => " far\">",
        factor if factor >= 10.0 => " wide\">",
        _ => "\">",
    });
    put!(html, {if more { "↑" } else { "↓" }} "×" {compact(factor)});
}

/// What a row says of its node besides numbers.
fn label(node: &PlanNode) -> String {
    let mut label = node.label();
    match (&node.subplan_name, node.role) {
        (Some(name), _) => label = format!("{label}, {name}"),
        (None, Some(Role::InitPlan)) => label.push_str(", InitPlan"),
        _ => {}
    }
    if let Some(run) = node.run().filter(|run| run.loops > 1.0) {
        label = format!("{label}, {} loops", grouped(run.loops));
    }
    if node.execution == Execution::NeverRan {
        label.push_str(", never executed");
    }
    label
}
