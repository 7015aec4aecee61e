//! A plan as sentences, a node each: for who has it read out.

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::plan::Execution;
use perf_look_analyzers::quantity::{Interval, Ms, Quantity, grouped};
use perf_look_analyzers::{Report, Subject, safe};

use super::plan::that_matter;
use super::{Ink, Pen};
use crate::layout::{blocks_as_bytes, cut};

/// Names are not as long; what is comes from who wants to be in the way.
const LONGEST: usize = 800;

/// Writes the nodes of a subject and its frames.
pub(super) fn draw(pen: &Pen<'_>, text: &mut String, report: &Report, subject: usize) {
    let Some(judged) = report.subjects.get(subject) else { return };
    let shown = that_matter(pen, report, subject);
    let mut line = |words: &str| {
        let words = cut(&safe::line(words), LONGEST, pen.style.unicode);
        pen.hanging(text, "  ", Ink::Plain, &words);
    };
    for node in judged.plan.nodes().iter().filter(|node| shown[node.id.index()]) {
        let known = [rows(node), blocks(judged, node), findings(report, subject, node)];
        let parts = [place(node), time(judged, node)].into_iter().chain(known.into_iter().flatten());
        line(&parts.collect::<Vec<_>>().join(", "));
    }
    let hidden = shown.iter().filter(|shown| !**shown).count();
    if hidden > 0 {
        line(&format!("and {} more nodes that took little; --report json has them all", grouped(hidden as f64)));
    }
    for frame in judged.attribution.frames.iter().filter(|frame| frame.own > Ms::ZERO) {
        line(&format!("outside the nodes: {} {}", frame.name, frame.own));
    }
}

fn place(node: &PlanNode) -> String {
    let below = node.parent.map_or(String::new(), |parent| format!(" below #{}", parent.number()));
    let loops = node.run().map_or(1.0, |run| run.loops);
    let often = if loops > 1.0 { format!(", {} loops", grouped(loops)) } else { String::new() };
    let subplan = node.subplan_name.as_ref().map_or(String::new(), |name| format!(", {name}"));
    format!("#{}{below}: {}{subplan}{often}", node.id.number(), node.label())
}

fn time(judged: &Subject, node: &PlanNode) -> String {
    if node.execution == Execution::NeverRan {
        return "never executed".to_owned();
    }
    let share = judged.attribution.node(node.id);
    let Some(time) = share.time else { return format!("cost {} itself", grouped(share.own_cost)) };
    let about = if time.approximate { "about " } else { "" };
    let whole = judged.attribution.execution.filter(|whole| *whole > Ms::ZERO);
    let part = whole.map_or(String::new(), |whole| format!(", {}", Quantity::Share(time.own.0 / whole.0)));
    format!("{about}{} itself{part}, {} with all below", time.own, time.total)
}

fn rows(node: &PlanNode) -> Option<String> {
    let expected = node.expected_rows().map(grouped);
    let came = node.rows().map(Interval::mid).map(grouped);
    match (came, expected) {
        (Some(came), Some(expected)) => Some(format!("{came} rows of {expected} expected")),
        (Some(came), None) => Some(format!("{came} rows")),
        (None, _) => node.estimate.map(|estimate| format!("{} rows expected", grouped(estimate.rows))),
    }
}

fn blocks(judged: &Subject, node: &PlanNode) -> Option<String> {
    let touched = judged.attribution.own_counters(node)?.touched_blocks();
    (touched > 0.0).then(|| format!("{} of blocks", blocks_as_bytes(touched)))
}

fn findings(report: &Report, subject: usize, node: &PlanNode) -> Option<String> {
    let of = |finding: &perf_look_analyzers::Finding| {
        finding.location.is_in(subject) && finding.location.node() == Some(node.id)
    };
    let all = report.findings.iter().enumerate().filter(|(_, finding)| of(finding));
    let numbers: Vec<String> = all.map(|(place, _)| format!("finding {}", place + 1)).collect();
    (!numbers.is_empty()).then(|| numbers.join(", "))
}
