use crate::finding::{Advice, Evidence};
use crate::postgres::advice;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::Quantity;
use crate::rule::{Check, Context, Need, Problem, Rule, RuleId, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/foreign-filter-not-pushed"),
    summary: "rows of another server are fetched and then thrown away here",
    docs: include_str!("foreign_filter_not_pushed.md"),
    thresholds: &[
        Threshold {
            name: "min_discarded",
            default: 0.9,
            unit: "share",
            reason: "where more than a tenth is kept, most of what is fetched has to be fetched anyway",
        },
        Threshold {
            name: "min_rows",
            default: 1_000.0,
            unit: "rows",
            reason: "each hundred rows (fetch_size) are a message to the other server and back",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::ForeignScan);
    scans.filter_map(|scan| check_scan(context, scan)).collect()
}

fn check_scan(context: &Context<'_>, scan: &PlanNode) -> Option<Problem> {
    let filter = scan.text("Filter")?;
    // A file has nobody who could filter it.
    if scan.property("Foreign File").is_some() || scan.property("Foreign Program").is_some() {
        return None;
    }
    let (kept, discarded) = (scan.rows()?, scan.rows_of("Rows Removed by Filter")?);
    let fetched = kept.low + discarded.low;
    let share = discarded.low / (discarded.low + kept.high).max(1.0);
    if fetched < context.limit("min_rows") || share < context.limit("min_discarded") {
        return None;
    }
    let relation = scan.relation.as_deref().unwrap_or("the other server");
    let headline = format!(
        "{} of `{relation}` are fetched from another server to keep {}",
        Quantity::Rows(discarded.mid() + kept.mid()),
        Quantity::Rows(kept.mid())
    );
    let problem = Problem::new(scan.id, headline)
        .evidence(Evidence::against("thrown away", Quantity::Share(share), Quantity::Share(context.limit("min_discarded"))))
        .evidence(Evidence::against("rows fetched", Quantity::Rows(fetched), Quantity::Rows(context.limit("min_rows"))))
        .advice(Advice::text(format!(
            "`{filter}` is tested here, since postgres_fdw sends only what means the same there: built-in functions and \
             operators that are immutable, and comparisons of text in the column's own collation; rewrite it in these"
        )));
    Some(match advice::table(scan) {
        Some(table) => problem.advice(Advice::sql(
            "functions and operators of an extension are sent if the server's option `extensions` names it: see what it has",
            format!(
                "SELECT s.srvname, s.srvoptions FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver \
                 WHERE t.ftrelid = '{}'::regclass;",
                table.replace('\'', "''")
            ),
        )),
        None => problem,
    })
}
