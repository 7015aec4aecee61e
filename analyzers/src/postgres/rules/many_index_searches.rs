use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::expression::{self, How};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/many-index-searches"),
    summary: "an index is searched from its root many times for one condition",
    docs: include_str!("many_index_searches.md"),
    thresholds: &[
        Threshold {
            name: "min_searches",
            default: 20.0,
            unit: "count",
            reason: "so many descents into an index cost as much as a scan of a few hundred of its rows",
        },
        Threshold {
            name: "min_share",
            default: 0.1,
            unit: "share",
            reason: "less than a tenth of the time is not worth another index",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::IndexSearches], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = |kind| matches!(kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapIndexScan);
    context.plan.nodes_of(scans).filter_map(|scan| check_scan(context, scan)).collect()
}

fn check_scan(context: &Context<'_>, scan: &PlanNode) -> Option<Problem> {
    // A total over all loops.
    let searches = scan.number("Index Searches")?;
    let each = searches / scan.run()?.loops.max(1.0);
    let share = context.own_share(scan.id).unwrap_or(0.0);
    if each < context.limit("min_searches") || share < context.limit("min_share") {
        return None;
    }
    let index = scan.index.as_deref().unwrap_or("the index");
    let headline = format!("`{index}` is searched from its root {} times each time it is scanned", grouped(each));
    let mut problem = Problem::new(scan.id, headline)
        .evidence(Evidence::against("searches", Quantity::Count(each), Quantity::Count(context.limit("min_searches"))))
        .evidence(Evidence::against("time of the scan", Quantity::Share(share), Quantity::Share(context.limit("min_share"))));
    if let Some(rows) = scan.rows() {
        problem = problem.evidence(Evidence::of("rows found", Quantity::Rows(rows.mid())));
    }
    problem.advice = advice(context, scan, index);
    Some(problem)
}

fn advice(context: &Context<'_>, scan: &PlanNode, index: &str) -> Vec<Advice> {
    let Some(condition) = scan.text("Index Cond") else {
        return Vec::new();
    };
    // The node of a bitmap names no table; the one above does.
    let table = scan.parent.map(|parent| context.plan.node(parent)).filter(|_| scan.kind == NodeKind::BitmapIndexScan);
    let table = table.unwrap_or(scan);
    if let Some(skipped) = skipped(context, table, index, condition) {
        let text = format!("`{index}` begins with `{skipped}`, which the condition does not compare: each of its values is a search");
        let mut advice = vec![Advice::text(text)];
        advice.extend(advice::index_for(context, table, &[condition]));
        return advice;
    }
    if condition.contains(" ANY (") {
        return about_list(context, table, condition);
    }
    let mut advice = vec![Advice::text(format!(
        "the condition does not compare the first columns of `{index}`, or compares them with ranges: the planner skips through them"
    ))];
    advice.extend(advice::index_for(context, table, &[condition]));
    advice
}

/// A list in a condition: its elements lie together behind a column that is compared with one value.
fn about_list(context: &Context<'_>, table: &PlanNode, condition: &str) -> Vec<Advice> {
    let mut compared = expression::read(condition, table.alias.as_deref()).compared;
    compared.retain(|compared| !compared.is_expression && compared.how == How::Equal);
    compared.sort_by_key(|compared| compared.text.contains(" ANY ("));
    let columns: Vec<String> = compared.iter().map(|compared| compared.column.clone()).collect();
    let mut advice = Vec::new();
    if let Some(name) = advice::indexed_table(context, table).filter(|_| columns.len() > 1) {
        advice.push(Advice::sql(
            "each element of the list is a search: behind the columns that are compared with one value they lie side by side",
            format!("CREATE INDEX ON {name} ({});", columns.join(", ")),
        ));
    }
    advice.push(Advice::text(
        "where lists are long, join with them (unnest, VALUES or a temporary table), so that the planner can choose a hash join",
    ));
    advice
}

/// The first key of the index, where the catalogue knows it and the condition does not compare it.
fn skipped<'c>(context: &Context<'c>, table: &PlanNode, index: &str, condition: &str) -> Option<&'c str> {
    let index = context.relation(table)?.indexes.iter().find(|known| known.name == index)?;
    let first = index.keys.first()?;
    let name = context.relation(table)?.column(first).map_or(first.as_str(), |column| column.name.as_str());
    (!expression::mentions_column(condition, name)).then_some(first)
}
