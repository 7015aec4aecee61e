use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::expression::{self, Compared, How};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/cast-on-column"),
    summary: "a cast or a function on a column keeps a scan from using an index on it",
    docs: include_str!("cast_on_column.md"),
    thresholds: &[
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are a few pages, which are read faster than an index",
        },
        Threshold {
            name: "min_discarded",
            default: 0.9,
            unit: "share",
            reason: "where more than a tenth of the rows is wanted, an index would hardly be used",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    // Where an index narrows the scan already, db/index-scan-discards-rows says how it could do more.
    let scans = |kind| matches!(kind, NodeKind::SeqScan | NodeKind::IndexScan | NodeKind::IndexOnlyScan);
    let whole = context.plan.nodes_of(scans).filter(|node| node.text("Index Cond").is_none());
    whole.filter_map(|node| check_node(context, node)).collect()
}

fn check_node(context: &Context<'_>, node: &PlanNode) -> Option<Problem> {
    let filter = node.text("Filter")?;
    let (kept, discarded) = (node.rows()?, node.rows_of("Rows Removed by Filter")?);
    let share = discarded.low / (discarded.low + kept.high).max(1.0);
    if discarded.low + kept.low < context.limit("min_rows") || share < context.limit("min_discarded") {
        return None;
    }
    let condition = expression::read(filter, node.alias.as_deref());
    let hidden = hidden(&condition.compared)?;
    let relation = node.relation.as_deref().unwrap_or("the table");
    let headline = format!(
        "`{}` hides a column of `{relation}` from indexes, and the scan throws away {}",
        hidden.column,
        Quantity::Rows(discarded.mid())
    );
    let mut problem = Problem::new(node.id, headline)
        .caused_by(context.whole_of(node), Matter::Access)
        .evidence(Evidence::against("thrown away", Quantity::Share(share), Quantity::Share(context.limit("min_discarded"))))
        .evidence(Evidence::against(
            "rows read",
            Quantity::Rows(discarded.low + kept.low),
            Quantity::Rows(context.limit("min_rows")),
        ));
    problem.advice.extend(about(context, node, hidden));
    let of_index = advice::index_for(context, node, &[filter]).into_iter();
    problem.advice.extend(of_index.filter(|advice| advice.sql.is_some()));
    Some(problem)
}

/// The comparison of an expression that keeps the whole condition from an index: nothing else in it could be looked up.
fn hidden<'c>(compared: &'c [Compared<'c>]) -> Option<&'c Compared<'c>> {
    let looked_up = |compared: &&Compared<'_>| matches!(compared.how, How::Equal | How::Range | How::Prefix);
    let plain = compared.iter().any(|compared| looked_up(&compared) && !compared.is_expression);
    compared.iter().find(|compared| looked_up(compared) && compared.is_expression && !plain)
}

/// What to compare instead. A function on the column can be indexed, which the advice that follows says.
fn about(context: &Context<'_>, node: &PlanNode, hidden: &Compared<'_>) -> Option<Advice> {
    let relation = context.relation(node);
    let column = relation.and_then(|relation| {
        relation.columns.iter().find(|column| expression::mentions_column(&hidden.column, &column.name))
    });
    let index = relation.zip(column).and_then(|(relation, column)| {
        relation.indexes_on(&[&advice::quoted(&column.name)]).find(|index| index.serves_all())
    });
    let there = index.map_or(String::new(), |index| format!("`{}` is there and would serve: ", index.name));
    let (name, its_type) = match column {
        Some(column) => (format!("`{}`", column.name), format!("{}, its own type", column.data_type)),
        None => ("the column".to_owned(), "its own type".to_owned()),
    };
    if advice::depends_on_settings(hidden) {
        return Some(Advice::text(format!(
            "{there}compare {name} itself with a range: {name} >= the first moment AND {name} < the first one behind"
        )));
    }
    hidden.column.starts_with('(').then(|| {
        Advice::text(format!("{there}compare {name} itself with a value of {its_type}: cast the parameter, or mend the type that the program sends"))
    })
}
