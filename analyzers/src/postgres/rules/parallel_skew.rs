use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role, Run};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/parallel-skew"),
    summary: "one parallel process does most of the work while the others wait",
    docs: include_str!("parallel_skew.md"),
    thresholds: &[
        Threshold {
            name: "min_skew",
            default: 1.6,
            unit: "times",
            reason: "of two processes one then works four times as long as the other; with two workers and the leader 3 is the most that there can be",
        },
        Threshold {
            name: "min_slowest",
            default: 100.0,
            unit: "ms",
            reason: "on a busy machine a worker may start tens of ms late and find nothing left to do",
        },
    ],
    check: Check::Plan(&[Need::Timing, Need::Workers], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.plan.nodes_of(NodeKind::is_gather).filter_map(|gather| check_gather(context, gather)).collect()
}

/// What a process spent and gave in a node and below.
#[derive(Clone, Copy, Default)]
struct Part {
    ms: f64,
    rows: f64,
}

impl Part {
    fn of(run: &Run) -> Self {
        Self { ms: run.time.map_or(0.0, |time| time.total * run.loops), rows: run.rows.total(run.loops).mid() }
    }
}

fn check_gather(context: &Context<'_>, gather: &PlanNode) -> Option<Problem> {
    let child = context.plan.child(gather.id, Role::Outer)?;
    let launched = gather.number("Workers Launched").filter(|launched| *launched > 0.0)?;
    let (parts, who) = working(parts(child, launched)?);
    let slowest = (0..parts.len()).max_by(|left, right| parts[*left].ms.total_cmp(&parts[*right].ms))?;
    let (longest, all) = (parts[slowest].ms, parts.iter().map(|part| part.ms).sum::<f64>());
    let mean = all / parts.len() as f64;
    let skew = longest / mean.max(0.001);
    if parts.len() < 2 || skew < context.limit("min_skew") || longest < context.limit("min_slowest") {
        return None;
    }
    let others = match parts.len() {
        2 => format!("the other {}", Ms(all - longest)),
        n => format!("the others {} on average", Ms((all - longest) / (n as f64 - 1.0))),
    };
    let headline = format!("one of {} parallel {who} worked {}, {others}", parts.len(), Ms(longest));
    let busiest = source(context, child);
    let mut problem = Problem::new(busiest.id, headline)
        .caused_by(busiest.id, Matter::Processes)
        .at_stake(Stake::Ms(Ms(longest - mean)))
        .evidence(Evidence::against(
            "more than the mean",
            Quantity::Times(skew),
            Quantity::Times(context.limit("min_skew")),
        ))
        .evidence(Evidence::against(
            "the busiest process",
            Quantity::Time(Ms(longest)),
            Quantity::Time(Ms(context.limit("min_slowest"))),
        ));
    if let Some(share) = most_of_the_rows(busiest, launched) {
        problem = problem.evidence(Evidence::of("rows of this step that one process gave", Quantity::Share(share)));
    }
    Some(advised(context.plan, busiest, problem))
}

/// The scan that hands out the work: where the slowest process spent most, all the way down.
fn source<'a>(context: &Context<'a>, child: &'a PlanNode) -> &'a PlanNode {
    let time = |node: &PlanNode| context.attribution.time(node.id).map_or(0.0, |time| time.total.0);
    let mut source = child;
    while let Some(next) = context.plan.children(source.id).max_by(|left, right| time(left).total_cmp(&time(right))) {
        source = next;
    }
    source
}

/// The part of the leader, then those of the workers; none where workers report nothing.
fn parts(node: &PlanNode, launched: f64) -> Option<Vec<Part>> {
    let all = Part::of(node.run()?);
    let mut workers: Vec<Part> =
        node.workers.iter().filter_map(|worker| worker.run.as_ref()).map(Part::of).collect();
    // One that found nothing to do does not report.
    while (workers.len() as f64) < launched {
        workers.push(Part::default());
    }
    let theirs = workers.iter().fold(Part::default(), |sum, part| Part { ms: sum.ms + part.ms, rows: sum.rows + part.rows });
    let leader = Part { ms: (all.ms - theirs.ms).max(0.0), rows: (all.rows - theirs.rows).max(0.0) };
    (theirs.ms > 0.0).then(|| std::iter::once(leader).chain(workers).collect())
}

/// Those to compare, and what they are: a leader that did less than a worker may have been busy with the others' rows.
fn working(mut parts: Vec<Part>) -> (Vec<Part>, &'static str) {
    let most = parts.iter().skip(1).map(|worker| worker.ms).fold(0.0, f64::max);
    if parts[0].ms >= most {
        return (parts, "processes");
    }
    parts.remove(0);
    (parts, "workers")
}

fn most_of_the_rows(node: &PlanNode, launched: f64) -> Option<f64> {
    let parts = parts(node, launched)?;
    let all: f64 = parts.iter().map(|part| part.rows).sum();
    let most = parts.iter().map(|part| part.rows).fold(0.0, f64::max);
    (all > 0.0).then(|| most / all)
}

fn advised(plan: &Plan, busiest: &PlanNode, problem: Problem) -> Problem {
    let in_append = std::iter::once(busiest)
        .chain(plan.ancestors(busiest.id))
        .take_while(|node| !node.kind.is_gather())
        .any(|node| node.role == Some(Role::Member));
    let is_shared = plan.subtree(busiest.id).iter().any(|node| node.parallel);
    if !in_append || is_shared {
        return problem.advice(Advice::text(
            "the work is not spread evenly over the table: rows that match, or are dear to compute, lie close together; partition by a hash of the key, or move the dear computation above the Gather",
        ));
    }
    let text = "one process does this part of the Append alone, since its scan is not a parallel one: look whether parallel_workers is set on the table, the table is smaller than min_parallel_table_scan_size, or the part calls a function that is not PARALLEL SAFE";
    problem.advice(match advice::table(busiest) {
        Some(table) if busiest.kind == NodeKind::SeqScan => {
            Advice::sql(text, format!("ALTER TABLE {table} RESET (parallel_workers);"))
        }
        _ => Advice::text(text),
    })
}
