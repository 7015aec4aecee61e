//! What a node is called in the tree, and the lines that lead to it.

use perf_look_analyzers::Subject;
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::plan::{Execution, Role as Input};

use crate::model::Model;
use crate::state::State;
use crate::text;
use crate::theme::Glyphs;

/// What a node is, what it reads, and the name that the plan gives it.
pub(super) fn words(node: &PlanNode) -> String {
    let mut words = node.label();
    match (&node.subplan_name, node.role) {
        (Some(name), _) => words = format!("{name}: {words}"),
        (None, Some(Input::InitPlan)) => words = format!("InitPlan: {words}"),
        _ => {}
    }
    if node.execution == Execution::NeverRan {
        words.push_str(" (never executed)");
    }
    words
}

/// The number of a node, as wide as the widest.
pub(super) fn number(subject: &Subject, node: &PlanNode) -> String {
    let widest = subject.plan.nodes().len().to_string().len().max(4);
    text::right(&node.id.number().to_string(), widest)
}

/// Whether something is below a node, and shown.
pub(super) fn fold_mark(state: &State, subject: &Subject, node: &PlanNode, glyphs: Glyphs) -> &'static str {
    let has_children = subject.plan.subtree(node.id).len() > 1;
    match (has_children, state.shape.is_folded(node.id), glyphs) {
        (true, true, Glyphs::Unicode) => "▸",
        (true, false, Glyphs::Unicode) => "▾",
        (true, true, _) => "+",
        (true, false, _) => "-",
        (false, _, Glyphs::Ascii) => ".",
        (false, ..) => "·",
    }
}

/// Of deeper plans each level is drawn in one column instead of two.
const DEEPEST_WIDE_GUIDE: u32 = 8;
/// Still deeper levels are numbered instead of drawn.
const DEEPEST_GUIDE: u32 = 16;

/// The lines that lead to a node.
pub(super) fn guide(model: &Model, state: &State, node: &PlanNode, glyphs: Glyphs) -> String {
    if node.depth == 0 {
        return String::new();
    }
    if node.depth > DEEPEST_GUIDE {
        let mark = if glyphs == Glyphs::Ascii { ".." } else { "⋯" };
        return format!("{mark}{} ", node.depth);
    }
    let (pipe, tee, corner) = if glyphs == Glyphs::Ascii { ("|", "|", "`") } else { ("│", "├", "└") };
    let gap = if model.deepest(state.subject) > DEEPEST_WIDE_GUIDE { "" } else { " " };
    let Some(subject) = model.subject(state.subject) else { return String::new() };
    let is_last = |node: &PlanNode| model.is_last(state.subject, node.id);
    let above = subject.plan.ancestors(node.id).take_while(|above| above.depth > 0);
    let mut levels: Vec<&str> = above.map(|above| if is_last(above) { " " } else { pipe }).collect();
    levels.reverse();
    let mut guide: String = levels.into_iter().flat_map(|level| [level, gap]).collect();
    guide.push_str(if is_last(node) { corner } else { tee });
    guide.push_str(gap);
    guide
}
