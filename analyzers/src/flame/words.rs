//! What a frame says when it is pointed at: the one wording that pictures and screens share.

use super::{Flame, Frame, FrameId, Measure};
use crate::finding::Finding;
use crate::postgres::plan::{Execution, PlanNode};
use crate::quantity::{Interval, Quantity, grouped};
use crate::report::Report;

/// The lines on a frame: its numbers, the rows of its node, what was found there. Not yet safe to show.
pub fn describe(report: &Report, subject: usize, flame: &Flame, id: FrameId) -> Vec<String> {
    let shown = &flame.frames()[id];
    let mut lines = numbers(flame, id);
    let Some(judged) = report.subjects.get(subject) else { return lines };
    let Some(node) = shown.node else { return lines };
    let plan_node = judged.plan.node(node);
    lines.extend(rows(plan_node));
    let time = judged.attribution.time(node).filter(|time| time.approximate);
    if time.is_some() && matches!(flame.measure, Measure::Wall) {
        lines.push("approximate: processes were averaged or inputs overlapped".to_owned());
    }
    let here = |finding: &&Finding| finding.location.is_in(subject) && finding.location.node() == Some(node);
    lines.extend(
        report
            .findings
            .iter()
            .filter(here)
            .map(|finding| format!("{}[{}]: {}", finding.severity, finding.rule, finding.headline)),
    );
    lines
}

/// The lines on a frame by itself: its name, its numbers, and what it says beside them. Not yet safe to show.
pub fn numbers(flame: &Flame, id: FrameId) -> Vec<String> {
    let shown = &flame.frames()[id];
    let mut lines = vec![shown.label.clone(), widths(flame, shown)];
    lines.extend(shown.detail.clone());
    lines
}

fn widths(flame: &Flame, shown: &Frame) -> String {
    let quantity = |width: f64| flame.measure.quantity(width);
    let share = Quantity::Share(flame.share(shown.own));
    if flame.measure == Measure::Rows {
        return format!("{} handled", quantity(shown.own));
    }
    let own = format!("self {}, {share} of all", quantity(shown.own));
    if shown.total > shown.own { format!("{own}; with what is inside {}", quantity(shown.total)) } else { own }
}

fn rows(node: &PlanNode) -> Option<String> {
    if node.execution == Execution::NeverRan {
        return Some("never executed".to_owned());
    }
    let expected = node.estimate.map(|estimate| estimate.rows * node.run().map_or(1.0, |run| run.loops));
    let actual = node.rows().map(Interval::mid);
    let loops = node
        .run()
        .filter(|run| run.loops > 1.0)
        .map_or(String::new(), |run| format!(" in {} loops", grouped(run.loops)));
    match (expected, actual) {
        (Some(expected), Some(actual)) => {
            Some(format!("rows: {} expected, {} came{loops}", grouped(expected), grouped(actual)))
        }
        (Some(expected), None) => Some(format!("rows: {} expected", grouped(expected))),
        (None, Some(actual)) => Some(format!("rows: {} came{loops}", grouped(actual))),
        (None, None) => None,
    }
}
