//! All about one node: its times, rows, blocks, conditions, workers, and what was found there.

use perf_look_analyzers::Subject;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::counters::{Counter, Counters};
use perf_look_analyzers::postgres::plan::{Execution, Property};
use perf_look_analyzers::quantity::{Interval, grouped};

use super::prose::{Prose, field_label};
use super::{findings, words};
use crate::canvas::{Line, piece, plain};
use crate::measure;
use crate::model::Model;
use crate::state::State;
use crate::text::{self, percent, plural};
use crate::theme::{Glyphs, Role};

/// The selected node, or the frame outside the tree.
pub(super) fn detail(state: &State, model: &Model, glyphs: Glyphs) -> Prose {
    let mut prose = Prose::default();
    let Some(subject) = model.subject(state.subject) else { return prose };
    if let Some(frame) = state.frame.and_then(|place| subject.attribution.frames.get(place)) {
        prose.text(Role::Strong, &frame.name);
        prose.field("time", frame.own.to_string());
        prose.labelled(piece(Role::Text, "  "), plain(about_frame(&frame.name)));
        return prose;
    }
    let node = subject.plan.node(state.node);
    facts(&mut prose, subject, node, glyphs);
    clause(&mut prose, model, state.subject, node);
    for place in model.findings_of(state.subject, node.id) {
        let Some(finding) = model.finding(*place) else { continue };
        let (role, _) = words::severity(finding.severity);
        prose.line(Line::new());
        prose.headline(
            piece(role, format!("{}[{}]: ", finding.severity, finding.rule)),
            vec![piece(Role::Strong, finding.headline.clone())],
        );
        findings::advice(&mut prose, finding);
    }
    prose
}

/// What time outside the tree is.
fn about_frame(name: &str) -> &'static str {
    match name {
        "Planning" => "what the planner took, before execution; no part of Execution Time",
        "JIT" => "compiling expressions; the settings jit and jit_above_cost decide on it",
        "Start/stop" => "starting and stopping the executor: what of Execution Time is in no node",
        "Serialization" => "making text of the rows that the client would get",
        name if name.starts_with("Trigger") => "triggers run for rows that the statement wrote",
        _ => "time that Postgres counts outside the tree",
    }
}

/// Times, rows, blocks and conditions.
pub(crate) fn facts(prose: &mut Prose, subject: &Subject, node: &PlanNode, glyphs: Glyphs) {
    prose.line(vec![
        piece(Role::Strong, format!("#{} {}", node.id.number(), super::tree::words(node))),
        piece(Role::Faint, node.schema.as_deref().map_or(String::new(), |schema| format!("   schema {schema}"))),
    ]);
    time(prose, subject, node, glyphs);
    rows(prose, node, glyphs);
    blocks(prose, subject, node);
    workers(prose, node);
    let telling = || node.properties.iter().filter(|property| is_telling(property));
    let widest = telling().map(|property| text::width(&property.name)).max().unwrap_or(0).clamp(9, 24);
    for property in telling() {
        let label = piece(Role::Faint, format!("  {}  ", text::left(&property.name, widest)));
        prose.labelled(label, vec![piece(Role::Code, words::value(&property.value))]);
    }
}

/// Where in the statement the node comes from.
pub(super) fn clause(prose: &mut Prose, model: &Model, subject: Of, node: &PlanNode) {
    for (place, words) in super::sql::of_node(model, subject, node.id).into_iter().enumerate() {
        let hint = if place == 0 { "   4 shows it" } else { "" };
        let label = if place == 0 { "SQL" } else { "" };
        prose.labelled(field_label(label), vec![piece(Role::Text, words), piece(Role::Faint, hint)]);
    }
}

/// Lists of columns, flags, and what the name or the rows say already are for the raw screen.
fn is_telling(property: &Property) -> bool {
    !matches!(
        &*property.name,
        "Output"
            | "Async Capable"
            | "Disabled"
            | "Inner Unique"
            | "Single Copy"
            | "Strategy"
            | "Partial Mode"
            | "Scan Direction"
            | "Join Type"
            | "Operation"
            | "Command"
            | "Rows Removed by Filter"
            | "Rows Removed by Join Filter"
            | "Rows Removed by Index Recheck"
    )
}

fn time(prose: &mut Prose, subject: &Subject, node: &PlanNode, glyphs: Glyphs) {
    let attribution = &subject.attribution;
    let share = percent(measure::own_share(subject, node.id));
    let Some(time) = attribution.time(node.id) else {
        let own = grouped(attribution.node(node.id).own_cost);
        let total = node
            .estimate
            .map_or(String::new(), |estimate| format!("   with all below {}", grouped(estimate.total_cost)));
        prose.field("cost", format!("{own} itself ({share}){total}"));
        return;
    };
    if node.execution == Execution::NeverRan {
        prose.field("time", "never executed: nothing asked it for a row");
        return;
    }
    let mut words = format!("{} itself ({share})   {} with all below", time.own, time.total);
    if let Some(run) = node.run().filter(|run| run.loops > 1.0) {
        words = format!("{words}   {} loops", grouped(run.loops));
        if super::plan::is_coarse(node, time.own) {
            let sign = if glyphs == Glyphs::Ascii { "+-" } else { "±" };
            words = format!("{words}   {sign}{:.3} ms of rounding", run.loops * 0.000_5);
        }
    }
    if time.approximate {
        words.push_str("   about: averages over processes");
    }
    prose.field("time", words);
}

fn rows(prose: &mut Prose, node: &PlanNode, glyphs: Glyphs) {
    let Some(run) = node.run() else {
        if let Some(estimate) = node.estimate {
            prose.field("rows", format!("{} expected, {} bytes each", grouped(estimate.rows), grouped(estimate.width)));
        }
        return;
    };
    let actual = run.rows.total(run.loops).mid();
    let mut line = plain(format!("{} in all", grouped(actual)));
    if let Some(expected) = node.expected_rows() {
        line.push(piece(Role::Text, format!("   {} expected", grouped(expected))));
        if let Some((off, words)) = text::off(expected, actual, glyphs) {
            let role = if off == text::Off::More { Role::More } else { Role::Fewer };
            line.push(piece(role, format!("   {words}")));
        }
    }
    if run.loops > 1.0 {
        line.push(piece(Role::Text, format!("   {} a loop", grouped(run.rows.mean))));
    }
    for name in ["Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"] {
        let removed = node.property(name).and_then(|_| node.rows_of(name)).map_or(0.0, Interval::mid);
        if removed > 0.0 {
            let share = percent(removed / (removed + actual));
            line.push(piece(Role::Text, format!("   {} thrown away ({share})", grouped(removed))));
        }
    }
    prose.labelled(field_label("rows"), line);
}

fn blocks(prose: &mut Prose, subject: &Subject, node: &PlanNode) {
    let Some(own) = subject.attribution.own_counters(node) else { return };
    let touched = own.touched_blocks();
    if touched > 0.0 {
        let hit = own[Counter::SharedHit] + own[Counter::LocalHit];
        let read = own[Counter::SharedRead] + own[Counter::LocalRead];
        let bytes = words::blocks_as_bytes(touched);
        prose.field(
            "blocks",
            format!("{} from the cache   {} read   {bytes}{}", grouped(hit), grouped(read), written(own)),
        );
    }
    if own.temp_blocks() > 0.0 {
        let (read, written) = (own[Counter::TempRead], own[Counter::TempWritten]);
        let bytes = words::blocks_as_bytes(read + written);
        prose.field("temp", format!("{} blocks read   {} written   {bytes}", grouped(read), grouped(written)));
    }
    let known = subject.plan.known_counters();
    if own[Counter::SharedRead] > 0.0 && !known.has(Counter::SharedReadTime) {
        prose.field("I/O time", "not measured (track_io_timing is off)");
    } else if own.io_ms() > 0.0 {
        prose.field("I/O time", format!("{:.3} ms", own.io_ms()));
    }
    if own[Counter::WalBytes] > 0.0 {
        let bytes = perf_look_analyzers::quantity::Quantity::Bytes(own[Counter::WalBytes]);
        prose.field("WAL", format!("{} records   {bytes}", grouped(own[Counter::WalRecords])));
    }
}

fn written(own: &Counters) -> String {
    let (dirtied, written) = (own[Counter::SharedDirtied], own[Counter::SharedWritten]);
    let mut words = String::new();
    if dirtied > 0.0 {
        words = format!("   {} dirtied", grouped(dirtied));
    }
    if written > 0.0 {
        words = format!("{words}   {} written", grouped(written));
    }
    words
}

fn workers(prose: &mut Prose, node: &PlanNode) {
    let with_runs = node.workers.iter().filter_map(|worker| Some((worker.number, worker.run?)));
    let each: Vec<String> = with_runs
        .map(|(number, run)| {
            let time = run.time.map_or(String::new(), |time| format!("{} ms, ", text::millis(time.total * run.loops)));
            format!("worker {number}: {time}{} rows", grouped(run.rows.total(run.loops).mid()))
        })
        .collect();
    if !each.is_empty() {
        prose.field("workers", format!("{}: {}", plural(each.len(), "worker"), each.join("   ")));
    }
}
