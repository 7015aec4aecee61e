use crate::finding::{Advice, Evidence};
use crate::postgres::estimates::Estimates;
use crate::postgres::expression;
use crate::postgres::plan::{NodeId, NodeKind, Plan, PlanNode, Role};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/join-filter-discards-rows"),
    summary: "a join makes pairs of rows that its filter then throws away",
    docs: include_str!("join_filter_discards_rows.md"),
    thresholds: &[
        Threshold {
            name: "min_discarded",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer pairs are tested in a few milliseconds",
        },
        Threshold {
            name: "min_discarded_per_row",
            default: 10.0,
            unit: "times",
            reason: "where every tenth pair is kept, another join method gains little",
        },
        Threshold {
            name: "min_share",
            default: 0.05,
            unit: "share",
            reason: "pairs that are made and tested in less than a twentieth of the time are not what is slow",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let joins = context.plan.nodes_of(NodeKind::is_join);
    joins.filter_map(|join| check_join(context, join)).collect()
}

fn check_join(context: &Context<'_>, join: &PlanNode) -> Option<Problem> {
    let filter = join.text("Join Filter")?;
    let discarded = join.rows_of("Rows Removed by Join Filter")?;
    let given = join.rows()?;
    let per_row = discarded.low / given.high.max(1.0);
    let stake = stake(context, join);
    let is_much = discarded.low >= context.limit("min_discarded") && per_row >= context.limit("min_discarded_per_row");
    if !is_much || !context.is_worth_it(stake) {
        return None;
    }
    let thrown_away = if given.high < 1.0 { "all of them".to_owned() } else { pairs(discarded.mid()) };
    let headline =
        format!("the join makes {} of rows and its filter throws away {thrown_away}", pairs(discarded.mid() + given.mid()));
    let mut problem = Problem::new(join.id, headline)
        .at_stake(stake)
        .caused_by(searched(context.plan, join), Matter::Access)
        .evidence(Evidence::against(
            "thrown away",
            Quantity::Rows(discarded.low),
            Quantity::Rows(context.limit("min_discarded")),
        ))
        .evidence(Evidence::against(
            "thrown away for each row that is kept",
            Quantity::Times(per_row),
            Quantity::Times(context.limit("min_discarded_per_row")),
        ));
    problem.advice = advice(context.plan, join, filter);
    Some(problem)
}

fn pairs(n: f64) -> String {
    format!("{} pairs", crate::quantity::grouped(n))
}

/// Making and testing the pairs: of a nested loop also going through its inner side again and again, but not what filled
/// a Materialize there, which was done once.
fn stake(context: &Context<'_>, join: &PlanNode) -> Stake {
    let inner = context.plan.child(join.id, Role::Inner).filter(|_| join.kind == NodeKind::NestedLoop);
    let Some((own, inner)) = context.attribution.time(join.id).zip(inner) else { return Stake::Own(join.id) };
    let Some(passes) = context.attribution.time(inner.id) else { return Stake::Own(join.id) };
    Stake::Ms(own.own + if inner.kind == NodeKind::Materialize { passes.own } else { passes.total })
}

/// A nested loop lacks an index on its inner side, which db/nested-loop-rescans-inner may know more about; other joins
/// have their condition to blame.
fn searched(plan: &Plan, join: &PlanNode) -> NodeId {
    let mut node = join;
    let side = |node: &PlanNode| if node.kind == NodeKind::NestedLoop { Role::Inner } else { Role::Outer };
    while node.id == join.id && join.kind == NodeKind::NestedLoop || node.kind == NodeKind::Materialize {
        match plan.child(node.id, side(node)) {
            Some(below) => node = below,
            None => break,
        }
    }
    node.id
}

fn advice(plan: &Plan, join: &PlanNode, filter: &str) -> Vec<Advice> {
    let matched = join.text("Hash Cond").or_else(|| join.text("Merge Cond"));
    let found_by = match matched {
        Some(matched) => format!("pairs are found by `{matched}` alone"),
        None => "nothing finds the pairs, each row is tried with each".to_owned(),
    };
    let parts = expression::conjuncts(filter);
    let has = |what: &str| parts.iter().any(|part| part.contains(what));
    let mend = if has(" OR ") {
        "OR keeps the rest from being used: write a UNION of one join for each alternative (UNION ALL, if no pair meets two)"
    } else if join.kind == NodeKind::NestedLoop && parts.iter().any(|part| could_hash(part)) {
        if sides_are_misjudged(plan, join) {
            "a hash join could find them by the equality, but the planner expected so few rows that trying each seemed \
             cheaper: mend the estimates of both sides (ANALYZE, CREATE STATISTICS)"
        } else {
            "a hash join could find them by the equality, but to the planner trying each seemed cheaper, with about as many \
             rows as there are: compare with SET enable_nestloop = off, in a session of your own"
        }
    } else if parts.iter().any(|part| part.contains(" = ") && part.contains("::")) {
        "a cast in an equality can keep it from being used: give both columns the same type"
    } else if has(" < ") || has(" > ") || has(" <= ") || has(" >= ") {
        "a range finds no pairs by hash or merge: add an equality that both sides share (a day, a group), or index the \
         bounds of the inner side and let a nested loop look them up; ranges that do not overlap can be found by a LATERAL \
         subquery with ORDER BY and LIMIT 1"
    } else {
        "only equalities of one side's columns with the other's find pairs by hash or merge: rewrite the condition as such"
    };
    vec![Advice::text(format!("{found_by}; {mend}"))]
}

/// Whether a part of the filter is an equality of one side's columns with the other's, without a cast.
fn could_hash(part: &str) -> bool {
    let Some((left, right)) = expression::without_parentheses(part).split_once(" = ") else { return false };
    let (left, right) = (expression::qualifiers(left), expression::qualifiers(right));
    !part.contains("::") && left.len() == 1 && right.len() == 1 && left != right
}

/// From so many times on the planner would have chosen otherwise.
const MISJUDGED: f64 = 2.0;

fn sides_are_misjudged(plan: &Plan, join: &PlanNode) -> bool {
    let estimates = Estimates::of(plan);
    let sides = [Role::Outer, Role::Inner].into_iter().filter_map(|role| plan.child(join.id, role));
    sides.into_iter().any(|side| estimates.error(side.id).factor() >= MISJUDGED)
}
