//! Everything as Postgres named it: of a node, and of the statement.

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::counters::{Counter, Counters};
use perf_look_analyzers::postgres::plan::{Execution, Property, Run, Statement};
use ratatui::layout::Rect;

use super::prose::Prose;
use super::{mark, tree, words};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece};
use crate::model::Model;
use crate::rows::{Row, Sort};
use crate::state::State;
use crate::text::plural;
use crate::theme::Role;

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let nodes = model.subject(state.subject).map_or(0, |subject| subject.plan.nodes().len());
    let note = "what is outside the tree shows the statement's own properties";
    (vec![piece(Role::Heading, plural(nodes, "node"))], vec![piece(Role::Faint, note)])
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, inner: Rect) -> usize {
    let Some(subject) = model.subject(state.subject) else { return 0 };
    let scroll = state.scroll(Screen::Raw);
    let top = scroll.top_for(usize::from(inner.height));
    let mut drawn = 0;
    for (row, place) in inner.rows().zip(top..state.rows.len()) {
        let is_here = place == scroll.cursor;
        drawn += 1;
        let line = match state.rows.get(place) {
            Some(Row::Frame(frame)) => {
                let name = &subject.attribution.frames[frame].name;
                vec![piece(Role::Faint, format!("{}      {name}", mark(is_here)))]
            }
            Some(Row::Node(id)) => node_line(canvas, state, model, (subject.plan.node(id), is_here)),
            None => break,
        };
        canvas.line(row, &line);
        super::highlight(canvas, state, (row, is_here));
    }
    drawn
}

fn node_line(canvas: &Canvas<'_>, state: &State, model: &Model, (node, is_here): (&PlanNode, bool)) -> Line {
    let guide = match state.shape.sort {
        Sort::Plan => tree::guide(model, state, node, canvas.glyphs()),
        _ => String::new(),
    };
    let fold = if state.shape.is_folded(node.id) { "+ " } else { "" };
    let number = model.subject(state.subject).map_or(String::new(), |subject| tree::number(subject, node));
    let is_match = state.search.matches.binary_search(&node.id.index()).is_ok();
    vec![
        piece(Role::Faint, format!("{} {number} {guide}{fold}", mark(is_here))),
        piece(if is_match { Role::Match } else { Role::Text }, tree::words(node)),
    ]
}

/// The properties of the selected node, or of the statement.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some(subject) = model.subject(state.subject) else { return prose };
    if state.frame.is_some() {
        statement(&mut prose, &subject.plan.statement);
    } else {
        node(&mut prose, subject.plan.node(state.node));
    }
    prose
}

fn named(prose: &mut Prose, name: &str, value: impl Into<String>) {
    prose.labelled(piece(Role::Faint, format!("{name}: ")), vec![piece(Role::Text, value)]);
}

fn properties(prose: &mut Prose, properties: &[Property]) {
    for property in properties {
        named(prose, &property.name, words::value(&property.value));
    }
}

fn node(prose: &mut Prose, node: &PlanNode) {
    named(prose, "Node Type", node.type_name.clone());
    if let Some(role) = node.role {
        named(prose, "Parent Relationship", role.as_str());
    }
    let names = [
        ("Subplan Name", &node.subplan_name),
        ("Index Name", &node.index),
        ("Schema", &node.schema),
        ("Relation Name", &node.relation),
        ("Alias", &node.alias),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            named(prose, name, value.to_string());
        }
    }
    if let Some(estimate) = node.estimate {
        named(prose, "Startup Cost", estimate.startup_cost.to_string());
        named(prose, "Total Cost", estimate.total_cost.to_string());
        named(prose, "Plan Rows", estimate.rows.to_string());
        named(prose, "Plan Width", estimate.width.to_string());
    }
    match &node.execution {
        Execution::NotMeasured => {}
        Execution::NeverRan => named(prose, "Actual Loops", "0"),
        Execution::Ran(run) => measured(prose, run),
    }
    properties(prose, &node.properties);
    counters(prose, node.counters.as_deref());
    for worker in &node.workers {
        prose.heading(&format!("Worker {}", worker.number));
        if let Some(run) = &worker.run {
            measured(prose, run);
        }
        properties(prose, &worker.properties);
        counters(prose, worker.counters.as_deref());
    }
}

fn measured(prose: &mut Prose, run: &Run) {
    if let Some(time) = run.time {
        named(prose, "Actual Startup Time", time.startup.to_string());
        named(prose, "Actual Total Time", time.total.to_string());
    }
    named(prose, "Actual Rows", run.rows.mean.to_string());
    named(prose, "Actual Loops", run.loops.to_string());
}

/// With zeros only where Postgres printed them.
fn counters(prose: &mut Prose, counters: Option<&Counters>) {
    let Some(counters) = counters else { return };
    for counter in Counter::all().filter(|counter| counters.known().has(*counter)) {
        named(prose, counter.property(), counters[counter].to_string());
    }
}

fn statement(prose: &mut Prose, statement: &Statement) {
    let times = [("Planning Time", statement.planning_ms), ("Execution Time", statement.execution_ms)];
    for (name, ms) in times {
        if let Some(ms) = ms {
            named(prose, name, format!("{ms} ms"));
        }
    }
    for (name, value) in &statement.settings {
        named(prose, &format!("Settings: {name}"), value.to_string());
    }
    properties(prose, &statement.properties);
    if let Some(planning) = &statement.planning_counters {
        prose.heading("Planning");
        counters(prose, Some(planning));
    }
    if let Some(jit) = &statement.jit {
        prose.heading("JIT");
        named(prose, "Functions", jit.functions.to_string());
        properties(prose, &jit.properties);
        for (name, ms) in &jit.timing {
            named(prose, name, format!("{ms} ms"));
        }
    }
    for trigger in &statement.triggers {
        prose.heading("Trigger");
        named(prose, "Trigger Name", trigger.name.to_string());
        for (name, value) in [("Constraint Name", &trigger.constraint), ("Relation", &trigger.relation)] {
            if let Some(value) = value {
                named(prose, name, value.to_string());
            }
        }
        if let Some(ms) = trigger.time_ms {
            named(prose, "Time", format!("{ms} ms"));
        }
        named(prose, "Calls", trigger.calls.to_string());
    }
}
