use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::plan::{NodeKind, PlanNode, Role, Value};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/workers-not-launched"),
    summary: "fewer parallel workers were started than the plan counts on",
    docs: include_str!("workers_not_launched.md"),
    thresholds: &[Threshold {
        name: "min_missing",
        default: 0.25,
        unit: "share",
        reason: "one of five workers or more is hardly missed",
    }],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    context.plan.nodes_of(NodeKind::is_gather).filter_map(|gather| check_gather(context, gather)).collect()
}

fn check_gather(context: &Context<'_>, gather: &PlanNode) -> Option<Problem> {
    let planned = gather.number("Workers Planned")?;
    let launched = gather.number("Workers Launched")?;
    // A single copy is moved to another process for tests; nothing is shared.
    if gather.property("Single Copy") == Some(&Value::Bool(true)) || planned < 1.0 {
        return None;
    }
    let missing = (planned - launched) / planned;
    if launched >= planned || missing < context.limit("min_missing") {
        return None;
    }
    let child = context.plan.child(gather.id, Role::Outer)?;
    let leader = if leader_takes_part(gather, child, launched) { 1.0 } else { 0.0 };
    let started = Quantity::Count(launched);
    let headline = match launched {
        0.0 => format!("none of the {} parallel workers was started", Quantity::Count(planned)),
        _ => format!("{started} of {} parallel workers were started", Quantity::Count(planned)),
    };
    let mut problem = Problem::new(gather.id, headline)
        .caused_by(gather.id, Matter::Processes)
        .evidence(Evidence::against("missing", Quantity::Share(missing), Quantity::Share(context.limit("min_missing"))))
        .evidence(Evidence::of("workers started", started))
        .evidence(Evidence::of("workers planned", Quantity::Count(planned)));
    if let Some(time) = context.attribution.time(child.id) {
        // The same work among all that were planned.
        let spared = 1.0 - (launched + leader) / (planned + leader);
        problem = problem.at_stake(Stake::Ms(Ms(time.total.0 * spared)));
    }
    if gather.run()?.loops > 1.0 {
        // The number is that of the last time.
        problem.confidence = Confidence::Guess;
    }
    Some(advised(context, problem))
}

/// Whether the leader works below the Gather, too: it does unless `parallel_leader_participation` is off.
fn leader_takes_part(gather: &PlanNode, child: &PlanNode, launched: f64) -> bool {
    match (gather.run(), child.run()) {
        (Some(above), Some(below)) => below.loops > launched * above.loops,
        _ => true,
    }
}

fn advised(context: &Context<'_>, problem: Problem) -> Problem {
    let now = |name| context.setting(name).map_or(String::new(), |now| format!(" (now {now})"));
    if context.setting("max_parallel_workers") == Some("0") {
        return problem.advice(Advice::sql(
            "max_parallel_workers is 0, so that no statement gets any: set it to the number of cores to spare, or plan without",
            "RESET max_parallel_workers;\nSHOW max_parallel_workers;",
        ));
    }
    let all = now("max_parallel_workers");
    problem
        .advice(Advice::text(format!(
            "all statements share max_parallel_workers{all}, and these are taken from max_worker_processes: raise both if there are cores to spare; the latter needs a restart"
        )))
        .advice(Advice::sql(
            "if other statements had them at that moment, let each one have fewer, or look who has them while it happens",
            "SELECT leader_pid, count(*), left(min(query), 60) AS query FROM pg_stat_activity WHERE backend_type = 'parallel worker' GROUP BY leader_pid;",
        ))
}
