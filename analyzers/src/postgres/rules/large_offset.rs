use crate::finding::{Advice, Evidence};
use crate::postgres::order;
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/large-offset"),
    summary: "an OFFSET lets rows be made that are then skipped",
    docs: include_str!("large_offset.md"),
    thresholds: &[
        Threshold {
            name: "min_skipped",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are made and skipped in a few milliseconds",
        },
        Threshold {
            name: "min_skipped_per_row",
            default: 9.0,
            unit: "times",
            reason: "from the tenth page on, nine tenths of the work are for pages that nobody sees",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let limits = context.plan.nodes_of(|kind| kind == NodeKind::Limit);
    limits.filter_map(|limit| check_limit(context, limit)).collect()
}

fn check_limit(context: &Context<'_>, limit: &PlanNode) -> Option<Problem> {
    let input = context.plan.child(limit.id, Role::Outer)?;
    let (made, given) = (input.rows()?, limit.rows()?);
    let skipped = made.low - given.high;
    let per_row = skipped / given.high.max(1.0);
    if skipped < context.limit("min_skipped") || per_row < context.limit("min_skipped_per_row") {
        return None;
    }
    let headline =
        format!("OFFSET skips {} to give {}", Quantity::Rows(made.mid() - given.mid()), Quantity::Rows(given.mid()));
    let stake = match context.attribution.time(limit.id) {
        Some(time) => Stake::Ms(Ms(time.total.0 * skipped / made.high)),
        None => Stake::Total(limit.id),
    };
    let mut problem = Problem::new(limit.id, headline)
        .at_stake(stake)
        .evidence(Evidence::against("skipped", Quantity::Rows(skipped), Quantity::Rows(context.limit("min_skipped"))))
        .evidence(Evidence::against(
            "skipped for each row that is given",
            Quantity::Times(per_row),
            Quantity::Times(context.limit("min_skipped_per_row")),
        ));
    problem.advice = advice(context, limit, given.mid());
    Some(problem)
}

fn advice(context: &Context<'_>, limit: &PlanNode, given: f64) -> Vec<Advice> {
    let source = source_of_order(context.plan, limit);
    let keys = source.map_or(Vec::new(), |source| keys(context, source));
    let page = if given < 1.0 { "n".to_owned() } else { format!("{given:.0}") };
    let mut advice = vec![Advice::text(match (behind(&keys), source.and_then(|source| source.index.as_deref())) {
        (Some((row, operator)), _) => format!(
            "let the next page begin behind the last row that was shown: WHERE ({row}) {operator} (its values) ORDER BY {} \
             LIMIT {page}; the last key must be unique, or rows are missed",
            keys.join(", ")
        ),
        (None, Some(index)) => format!(
            "let the next page begin behind the last row that was shown: WHERE (the columns of `{index}`) > (its values), \
             or < where the order is descending, with the same ORDER BY and LIMIT"
        ),
        (None, None) => "remember the last row that was shown, and ask for those behind it by a condition on what they are \
                         ordered by; an ORDER BY with a unique last key is needed for that"
            .to_owned(),
    })];
    let sort = source.filter(|source| source.index.is_none());
    advice.extend(sort.and_then(|sort| {
        order::index_for(context, sort, "an index in this order spares the sort, and finds the first row of each page")
    }));
    advice
}

/// What the rows are ordered by: the keys of a sort, or of an index where the catalogue tells them.
fn keys(context: &Context<'_>, source: &PlanNode) -> Vec<String> {
    let Some(name) = source.index.as_deref() else {
        return order::sort_keys(source).into_iter().map(str::to_owned).collect();
    };
    let index = context.relation(source).and_then(|relation| relation.indexes.iter().find(|index| index.name == name));
    // One that goes down anywhere is read in an order that takes more words than it is worth.
    let Some(index) = index.filter(|index| index.keys_as_declared().is_some_and(|keys| !keys.contains(" DESC"))) else {
        return Vec::new();
    };
    let way = if source.type_name.contains("Backward") { " DESC" } else { "" };
    index.keys.iter().map(|key| format!("{key}{way}")).collect()
}

/// What gives the rows their order: a sort, or a scan of an index.
fn source_of_order<'p>(plan: &'p Plan, limit: &PlanNode) -> Option<&'p PlanNode> {
    let mut node = plan.child(limit.id, Role::Outer)?;
    while matches!(
        node.kind,
        NodeKind::Result | NodeKind::SubqueryScan | NodeKind::LockRows | NodeKind::ProjectSet | NodeKind::GatherMerge
    ) {
        node = plan.child(node.id, Role::Outer)?;
    }
    let is_ordered = matches!(
        node.kind,
        NodeKind::Sort | NodeKind::IncrementalSort | NodeKind::IndexScan | NodeKind::IndexOnlyScan
    );
    is_ordered.then_some(node)
}

/// The keys as a row and the operator that asks for what is behind it; none where they go different ways.
fn behind(keys: &[String]) -> Option<(String, &'static str)> {
    let bare: Vec<&str> = keys.iter().map(|key| key.strip_suffix(" DESC").unwrap_or(key)).collect();
    let down = keys.iter().filter(|key| key.ends_with(" DESC")).count();
    let is_plain = bare.iter().all(|key| !key.contains(" NULLS ") && !key.contains(" USING "));
    let operator = if down == 0 { ">" } else { "<" };
    (is_plain && !keys.is_empty() && (down == 0 || down == keys.len())).then(|| (bare.join(", "), operator))
}
