use crate::finding::{Advice, Evidence};
use crate::postgres::counters::Counter;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/reads-from-disk"),
    summary: "most blocks were not in the server's cache, and reading them took a good part of the time",
    docs: include_str!("reads_from_disk.md"),
    thresholds: &[
        Threshold {
            name: "min_read",
            default: 0.5,
            unit: "share",
            reason: "below half, the cache does its work and the rest is what was new",
        },
        Threshold {
            name: "min_io_share",
            default: 0.3,
            unit: "share",
            reason: "where reading is less than a third of a step's time, a warm cache changes little",
        },
        Threshold {
            name: "min_blocks",
            default: 128.0,
            unit: "blocks",
            reason: "a MiB is read at once by any disk",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Timing, Need::Buffers, Need::IoTiming], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.plan.nodes().iter().filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let own = context.attribution.own_counters(node)?;
    let (hit, read, io) = (own[Counter::SharedHit], own[Counter::SharedRead], own[Counter::SharedReadTime]);
    let share = read / (hit + read).max(1.0);
    if read < context.limit("min_blocks") || share < context.limit("min_read") {
        return None;
    }
    let time = context.attribution.time(node.id)?.own;
    // Processes read side by side, and their times are added up.
    let io = Ms(io).min(time);
    let of_time = if time > Ms::ZERO { io.0 / time.0 } else { 0.0 };
    if of_time < context.limit("min_io_share") {
        return None;
    }
    let bytes = read * 8_192.0;
    let name = node.relation.as_deref().or(node.index.as_deref()).unwrap_or(&node.type_name);
    let headline = format!("{} of `{name}` were not in the cache, and reading them took {io}", Quantity::Bytes(bytes));
    let per_second = if io > Ms::ZERO { bytes / io.0 * 1_000.0 } else { 0.0 };
    let mut problem = Problem::new(node.id, headline)
        .at_stake(Stake::Ms(io))
        .evidence(Evidence::against("blocks that were read", Quantity::Share(share), Quantity::Share(context.limit("min_read"))))
        .evidence(Evidence::against(
            "time in reading",
            Quantity::Share(of_time),
            Quantity::Share(context.limit("min_io_share")),
        ))
        .evidence(Evidence::against("read", Quantity::Blocks(read), Quantity::Blocks(context.limit("min_blocks"))))
        .evidence(Evidence::of("read in a second", Quantity::Bytes(per_second)));
    problem.advice = advice(context, node);
    Some(problem)
}

fn advice(context: &Context<'_>, node: &PlanNode) -> Vec<Advice> {
    let now = |name| context.setting(name).map_or(String::new(), |now| format!(" (now {now})"));
    let size = context.relation(node).and_then(|relation| relation.size.bytes);
    let size = size.map_or(String::new(), |bytes| format!("; the table has {}", Quantity::Bytes(bytes as f64)));
    let mut advice = vec![Advice::text(format!(
        "run it again: if the second run reads nothing, the cache was cold; if it reads as much, shared_buffers{} is small for what \
         is read{size}",
        now("shared_buffers")
    ))];
    if node.kind == NodeKind::SeqScan {
        advice.push(Advice::text(
            "a sequential scan of more than a quarter of shared_buffers never stays there: read less, by an index or by partitions",
        ));
    } else if node.index.is_some() {
        advice.push(Advice::text(
            "an index that holds all columns of the statement (INCLUDE) need not visit the table; CLUSTER puts rows that are read \
             together side by side",
        ));
    }
    advice
}
