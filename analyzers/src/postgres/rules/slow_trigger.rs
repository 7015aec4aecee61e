use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::catalogue::Referenced;
use crate::postgres::plan::{NodeKind, PlanNode, Trigger};
use crate::quantity::{Ms, Quantity, grouped};
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/slow-trigger"),
    summary: "triggers take a good part of a statement that writes, foreign keys among them",
    docs: include_str!("slow_trigger.md"),
    thresholds: &[
        Threshold {
            name: "min_share",
            default: 0.1,
            unit: "share",
            reason: "a tenth of the time is felt, and the plan itself shows nothing of it",
        },
        Threshold {
            name: "min_ms",
            default: 10.0,
            unit: "ms",
            reason: "a statement of one row consists of little else, and nobody waits for it",
        },
        Threshold {
            name: "min_ms_per_call",
            default: 0.5,
            unit: "ms",
            reason: "a foreign key is looked up in less than a tenth of that where there is an index",
        },
        Threshold {
            name: "min_calls",
            default: 10.0,
            unit: "count",
            reason: "a few slow calls may be the first ones, which read from disk",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Timing], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let mut slow: Vec<(&Trigger, f64)> = context.plan.statement.triggers.iter().filter_map(|it| Some((it, it.time_ms?))).collect();
    slow.sort_by(|left, right| right.1.total_cmp(&left.1));
    check_triggers(context, &slow).into_iter().collect()
}

fn check_triggers(context: &Context<'_>, slowest_first: &[(&Trigger, f64)]) -> Option<Problem> {
    let (worst, time) = *slowest_first.first()?;
    let all: f64 = slowest_first.iter().map(|(_, time)| time).sum();
    let share = all / context.attribution.execution.filter(|whole| *whole > Ms::ZERO)?.0;
    let per_call = time / worst.calls.max(1.0);
    let is_key_without_index = worst.constraint.is_some()
        && per_call >= context.limit("min_ms_per_call")
        && worst.calls >= context.limit("min_calls");
    let is_much = share >= context.limit("min_share") && all >= context.limit("min_ms");
    if !is_much && !is_key_without_index {
        return None;
    }
    let calls = if worst.calls > 1.5 { format!("{} calls", grouped(worst.calls)) } else { "one call".to_owned() };
    let headline = format!("{} took {} in {calls}", name(worst), Ms(time));
    let mut problem = Problem::new(modifying(context, worst)?.id, headline)
        .at_stake(Stake::Ms(Ms(all)))
        .evidence(Evidence::against("time of all triggers", Quantity::Share(share.min(1.0)), Quantity::Share(context.limit("min_share"))))
        .evidence(match worst.constraint {
            Some(_) => Evidence::against("a call", Quantity::Time(Ms(per_call)), Quantity::Time(Ms(context.limit("min_ms_per_call")))),
            None => Evidence::of("a call", Quantity::Time(Ms(per_call))),
        })
        .evidence(Evidence::of("calls", Quantity::Count(worst.calls)));
    problem.advice = advice(context, worst, per_call);
    Some(problem)
}

/// The foreign key by its name, since that of its trigger is a number.
fn name(trigger: &Trigger) -> String {
    let of = trigger.relation.as_deref().map_or(String::new(), |relation| format!(" on `{relation}`"));
    match &trigger.constraint {
        Some(constraint) => format!("checking the constraint `{constraint}`{of}"),
        None => format!("the trigger `{}`{of}", trigger.name),
    }
}

/// What writes to the trigger's table, or to any.
fn modifying<'p>(context: &Context<'p>, trigger: &Trigger) -> Option<&'p PlanNode> {
    let mut writes = context.plan.nodes_of(|kind| kind == NodeKind::ModifyTable);
    let all: Vec<&PlanNode> = writes.by_ref().collect();
    let of_table = all.iter().find(|node| trigger.relation.is_some() && node.relation == trigger.relation);
    of_table.or(all.first()).copied()
}

fn advice(context: &Context<'_>, trigger: &Trigger, per_call: f64) -> Vec<Advice> {
    let Some(constraint) = trigger.constraint.as_deref() else {
        return vec![
            Advice::text(
                "see what its function runs: auto_explain with log_nested_statements, or track_functions = 'pl'",
            ),
            Advice::text("do the work once: AFTER … FOR EACH STATEMENT with REFERENCING NEW TABLE, in place of once a row"),
        ];
    };
    let relations = context.catalogue.map(|catalogue| catalogue.relations.as_slice()).unwrap_or_default();
    if let Some(key) = relations.iter().flat_map(|relation| &relation.referenced_by).find(|key| key.name == constraint) {
        return vec![about_key(key)];
    }
    let is_own = relations.iter().flat_map(|relation| &relation.foreign_keys).any(|key| key.name == constraint);
    if !is_own && per_call >= context.limit("min_ms_per_call") {
        let literal = constraint.replace('\'', "''");
        return vec![Advice::sql(
            "index the columns of the foreign key in the table that has it: without one each row that goes is looked for in all of it; these are the columns",
            format!("SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{literal}';"),
        )];
    }
    vec![Advice::text("each row is checked by itself: write fewer rows at once, or load first and add the constraint then")]
}

/// A foreign key that leads to the table that was written to.
fn about_key(key: &Referenced) -> Advice {
    let columns: Vec<String> = key.columns.iter().map(|column| advice::quoted(column)).collect();
    let columns = columns.join(", ");
    let table = key.table.strip_prefix("public.").unwrap_or(&key.table);
    if key.indexed {
        return Advice::text(format!(
            "`{table}` has an index that begins with ({columns}): each row that goes is one look-up and what ON DELETE or ON UPDATE then \
             does to the rows that it finds; write fewer rows at once"
        ));
    }
    Advice::sql(
        format!("no index of `{table}` begins with ({columns}), so that each row that goes reads all of it"),
        format!("CREATE INDEX ON {table} ({columns});"),
    )
}
