//! The frames of a plan: its nodes, and what is outside of them.

use super::{Builder, Class, Flame, Frame, FrameId, Measure, Unavailable};
use crate::postgres::NodeKind;
use crate::postgres::attribution::Frame as Outside;
use crate::postgres::counters::{Counter, Counters};
use crate::postgres::plan::{Execution, Plan, PlanNode, Trigger};
use crate::quantity::{Interval, Ms, grouped};
use crate::report::Subject;

/// A difference between the parts and the whole that is worth a word, as a part of the whole.
const NOTICEABLE: f64 = 0.01;

/// At most so many nodes that never ran are named.
const NAMED: usize = 20;

pub(super) fn flame(subject: &Subject, measure: Measure) -> Result<Flame, Unavailable> {
    measure.check(&subject.plan)?;
    let mut builder = Builder { frames: Vec::with_capacity(subject.plan.nodes().len() + 8) };
    let query = builder.add(None, Frame::outside("Query", 0.0));
    let outside = Frames { subject, measure };
    outside.before(&mut builder, query);
    let execution = builder.add(Some(query), Frame::outside("Execution", 0.0));
    nodes(&mut builder, execution, subject, measure);
    outside.inside(&mut builder, execution);
    let mut flame = builder.finish(measure, Vec::new());
    flame.notes = notes(subject, &flame);
    Ok(flame)
}

fn nodes(builder: &mut Builder, execution: FrameId, subject: &Subject, measure: Measure) {
    let widths = widths(subject, measure);
    let first = builder.frames.len();
    for (node, own) in subject.plan.nodes().iter().zip(widths) {
        let parent = node.parent.map_or(execution, |parent| first + parent.index());
        builder
            .add(Some(parent), Frame { node: Some(node.id), class: class(node), ..Frame::outside(label(node), own) });
    }
}

/// `#5 Seq Scan on orders o, SubPlan 1`: as reports name it, and unique in the plan.
fn label(node: &PlanNode) -> String {
    match &node.subplan_name {
        Some(name) => format!("#{} {}, {name}", node.id.number(), node.label()),
        None => format!("#{} {}", node.id.number(), node.label()),
    }
}

/// What is charged to each node itself.
fn widths(subject: &Subject, measure: Measure) -> Vec<f64> {
    let (plan, attribution) = (&subject.plan, &subject.attribution);
    let of_counters = |of: fn(&Counters) -> f64| -> Vec<f64> {
        plan.nodes().iter().map(|node| attribution.own_counters(node).map_or(0.0, of)).collect()
    };
    match measure {
        Measure::Wall => {
            plan.nodes().iter().map(|node| attribution.time(node.id).map_or(0.0, |time| time.own.0)).collect()
        }
        Measure::Work => attribution.work(plan).into_iter().map(|ms| ms.0).collect(),
        Measure::Buffers | Measure::Read | Measure::Temp | Measure::Io | Measure::Wal => {
            of_counters(counted(measure).unwrap_or(|_| 0.0))
        }
        Measure::Rows => plan.nodes().iter().map(rows_handled).collect(),
        Measure::Cost => plan.nodes().iter().map(|node| attribution.node(node.id).own_cost).collect(),
    }
}

/// How a measure is read off counters, where it is.
fn counted(measure: Measure) -> Option<fn(&Counters) -> f64> {
    match measure {
        Measure::Buffers => Some(Counters::touched_blocks),
        Measure::Read => Some(|counters| counters[Counter::SharedRead] + counters[Counter::LocalRead]),
        Measure::Temp => Some(Counters::temp_blocks),
        Measure::Io => Some(Counters::io_ms),
        Measure::Wal => Some(|counters| counters[Counter::WalBytes]),
        Measure::Wall | Measure::Work | Measure::Rows | Measure::Cost => None,
    }
}

/// Rows that a node gave and rows that it threw away, all loops.
fn rows_handled(node: &PlanNode) -> f64 {
    let removed = node.properties.iter().filter(|property| property.name.starts_with("Rows Removed by "));
    let removed: f64 = removed.filter_map(|property| node.rows_of(&property.name)).map(Interval::mid).sum();
    node.rows().map_or(0.0, Interval::mid) + removed
}

pub(super) fn class(node: &PlanNode) -> Class {
    match node.kind {
        NodeKind::BitmapHeapScan
        | NodeKind::BitmapIndexScan
        | NodeKind::CteScan
        | NodeKind::ForeignScan
        | NodeKind::FunctionScan
        | NodeKind::IndexOnlyScan
        | NodeKind::IndexScan
        | NodeKind::NamedTuplestoreScan
        | NodeKind::SampleScan
        | NodeKind::SeqScan
        | NodeKind::SubqueryScan
        | NodeKind::TableFunctionScan
        | NodeKind::TidRangeScan
        | NodeKind::TidScan
        | NodeKind::ValuesScan
        | NodeKind::WorkTableScan => Class::Scan,
        NodeKind::HashJoin | NodeKind::MergeJoin | NodeKind::NestedLoop => Class::Join,
        NodeKind::Aggregate(_)
        | NodeKind::Group
        | NodeKind::Hash
        | NodeKind::IncrementalSort
        | NodeKind::Materialize
        | NodeKind::Memoize
        | NodeKind::SetOp
        | NodeKind::Sort
        | NodeKind::Unique
        | NodeKind::WindowAgg => Class::SortAggregate,
        NodeKind::Gather | NodeKind::GatherMerge => Class::Parallel,
        NodeKind::ModifyTable | NodeKind::LockRows => Class::Modify,
        _ => Class::Other,
    }
}

/// What is outside the nodes, by one measure.
struct Frames<'s> {
    subject: &'s Subject,
    measure: Measure,
}

impl Frames<'_> {
    /// What came before execution.
    fn before(&self, builder: &mut Builder, query: FrameId) {
        let planning = self.subject.attribution.frames.iter().find(|frame| frame.name == "Planning");
        let counters = self.subject.plan.statement.planning_counters.as_deref();
        let own = match counted(self.measure) {
            Some(of) => counters.map(of),
            None => planning.filter(|_| self.is_time()).map(|frame| frame.own.0),
        };
        if let Some(own) = own {
            builder.add(Some(query), Frame::outside("Planning", own));
        }
    }

    fn is_time(&self) -> bool {
        matches!(self.measure, Measure::Wall | Measure::Work)
    }

    /// What ran beside the nodes.
    fn inside(&self, builder: &mut Builder, execution: FrameId) {
        let serialization = self.subject.plan.statement.serialization.as_ref();
        if let Some(of) = counted(self.measure) {
            if let Some(counters) = serialization.and_then(|serialization| serialization.counters.as_deref()) {
                builder.add(Some(execution), Frame::outside("Serialization", of(counters)));
            }
            return;
        }
        if !self.is_time() {
            return;
        }
        let mut triggers = self.subject.plan.statement.triggers.iter().filter(|trigger| trigger.time_ms.is_some());
        // After root: its time is in its nodes.
        let frames = self.subject.attribution.frames.iter().filter(|frame| !frame.name.starts_with("After root"));
        for outside in frames.filter(|frame| frame.name != "Planning") {
            let trigger = outside.name.starts_with("Trigger ").then(|| triggers.next()).flatten();
            let frame =
                Frame { detail: trigger.map(calls), ..Frame::outside(unique(builder, execution, outside), 0.0) };
            let id = builder.add(Some(execution), frame);
            self.fill(builder, id, outside);
        }
    }

    /// The parts of just-in-time compilation are frames of their own, as large a part as they were of all of it.
    fn fill(&self, builder: &mut Builder, id: FrameId, outside: &Outside) {
        let jit = self.subject.plan.statement.jit.as_ref().filter(|_| outside.name == "JIT");
        let parts = jit.map_or(&[][..], |jit| jit.timing.as_slice());
        let printed: f64 = parts.iter().map(|(_, ms)| ms).sum();
        if printed <= 0.0 {
            builder.frames[id].own = outside.own.0;
            return;
        }
        builder.frames[id].detail = Some("taken from the nodes that it ran in, estimated".to_owned());
        for (name, ms) in parts {
            builder.add(Some(id), Frame::outside(format!("JIT {name}"), outside.own.0 * ms / printed));
        }
    }
}

/// Two triggers of one name on one table would be one frame.
fn unique(builder: &Builder, parent: FrameId, outside: &Outside) -> String {
    let same = |frame: &&Frame| {
        let begins = frame.label.strip_prefix(outside.name.as_str());
        frame.parent == Some(parent) && begins.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
    };
    match builder.frames.iter().filter(same).count() {
        0 => outside.name.clone(),
        before => format!("{} ({})", outside.name, before + 1),
    }
}

fn calls(trigger: &Trigger) -> String {
    format!("{} {}", grouped(trigger.calls), if trigger.calls > 1.0 { "calls" } else { "call" })
}

fn notes(subject: &Subject, flame: &Flame) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(runs(subject));
    notes.extend(never_executed(&subject.plan).filter(|_| flame.measure != Measure::Cost));
    let attribution = &subject.attribution;
    match flame.measure {
        Measure::Wall => {
            if let Some(Ms(rest)) = attribution.remainder.filter(|Ms(rest)| -rest > NOTICEABLE * flame.root().total) {
                notes.push(format!("{rest:.3} ms could not be placed: parts took more than the whole"));
            }
            if attribution.squeezed.0 > NOTICEABLE * flame.root().total {
                notes.push(format!(
                    "{} were cut from nodes that took longer than the node above them",
                    attribution.squeezed
                ));
            }
        }
        Measure::Cost => notes.extend(costs_that_do_not_add_up(&subject.plan, flame)),
        Measure::Rows => {
            notes.push("rows are handed on: a node's rows are not part of those of the node above".to_owned());
        }
        _ => {}
    }
    if flame.root().total <= 0.0 {
        notes.push(format!("nothing to draw: no node has any {}", flame.measure.title()));
    }
    notes
}

/// A flame graph is of one run; times of several are not averaged.
fn runs(subject: &Subject) -> Option<String> {
    let runs = &subject.runs_ms;
    let (low, high) = (runs.iter().copied().reduce(f64::min)?, runs.iter().copied().reduce(f64::max)?);
    (runs.len() > 1).then(|| format!("the run in the middle of {}, which took {} to {}", runs.len(), Ms(low), Ms(high)))
}

fn never_executed(plan: &Plan) -> Option<String> {
    let never = || plan.nodes().iter().filter(|node| node.execution == Execution::NeverRan);
    let count = never().count();
    if count == 0 {
        return None;
    }
    let named: Vec<String> =
        never().take(NAMED).map(|node| format!("#{} {}", node.id.number(), node.label())).collect();
    let more = if count > NAMED { format!(" and {} more", grouped((count - NAMED) as f64)) } else { String::new() };
    Some(format!("never executed: {}{more}", named.join(", ")))
}

/// A Limit stops early, and its cost is less than its input's: the parts are more than the whole.
fn costs_that_do_not_add_up(plan: &Plan, flame: &Flame) -> Option<String> {
    let root = plan.root().estimate?.total_cost;
    let sum = flame.root().total;
    ((sum - root).abs() > NOTICEABLE * root).then(|| {
        format!(
            "costs do not add up: the nodes have {}, the plan {}; a Limit that stops early does that",
            grouped(sum),
            grouped(root)
        )
    })
}
