use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::advice;
use crate::postgres::catalogue::Relation;
use crate::postgres::counters::Counters;
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/bloated-relation"),
    summary: "a table takes many more blocks than its rows need, and a scan reads all of them",
    docs: include_str!("bloated_relation.md"),
    thresholds: &[
        Threshold {
            name: "min_ratio",
            default: 5.0,
            unit: "times",
            reason: "twice the room is what a table that is written to needs; five times is what nobody reuses",
        },
        Threshold {
            name: "min_blocks",
            default: 1_024.0,
            unit: "blocks",
            reason: "8 MiB are read quickly, whatever is in them",
        },
    ],
    check: Check::Plan(&[Need::Analyze, Need::Buffers], check),
};

const BLOCK: f64 = 8_192.0;
/// The header of a row and its pointer (23 and 4 bytes, aligned).
const ROW_HEADER: f64 = 28.0;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scans = context.plan.nodes_of(|kind| kind == NodeKind::SeqScan);
    scans.filter_map(|scan| check_scan(context, scan)).collect()
}

fn check_scan(context: &Context<'_>, scan: &PlanNode) -> Option<Problem> {
    let relation = context.relation(scan);
    let blocks = context.attribution.own_counters(scan).map(Counters::touched_blocks)?;
    let rows = scan.rows()?.high + scan.rows_of("Rows Removed by Filter")?.high;
    let width = relation.and_then(row_width);
    // Where nobody knows how wide rows are, none is wider than a block: what is left cannot be blamed on them.
    let needed = (rows * width.unwrap_or(BLOCK) / BLOCK).max(1.0);
    let ratio = blocks / needed;
    if blocks < context.limit("min_blocks") || ratio < context.limit("min_ratio") {
        return None;
    }
    let name = scan.relation.as_deref()?;
    let headline = format!(
        "the scan of `{name}` reads {} for {}, which need {} at most",
        Quantity::Blocks(blocks),
        Quantity::Rows(rows),
        Quantity::Blocks(needed.ceil())
    );
    let stake = context.attribution.time(scan.id).map_or(Stake::Own(scan.id), |time| Stake::Ms(Ms(time.own.0 * (1.0 - 1.0 / ratio))));
    let mut problem = Problem::new(scan.id, headline)
        .caused_by(scan.id, Matter::Room)
        .at_stake(stake)
        .evidence(Evidence::against("more blocks than needed", Quantity::Times(ratio), Quantity::Times(context.limit("min_ratio"))))
        .evidence(Evidence::against("blocks read", Quantity::Blocks(blocks), Quantity::Blocks(context.limit("min_blocks"))));
    if let Some(relation) = relation {
        problem = problem.evidence(Evidence::of("dead rows", Quantity::Rows(relation.activity.dead as f64)));
    }
    problem.confidence = Confidence::Estimated;
    problem.advice = advice(scan, relation);
    Some(problem)
}

/// What a row takes by the statistics of its columns, in bytes; none where one of them is not known.
fn row_width(relation: &Relation) -> Option<f64> {
    let widths = relation.columns.iter().map(|column| column.statistics.as_ref().map(|found| found.width as f64));
    // Values are aligned, to half a word each on average.
    let width: f64 = widths.map(|width| width.map(|width| width + 4.0)).sum::<Option<f64>>()?;
    Some(width + ROW_HEADER)
}

fn advice(scan: &PlanNode, relation: Option<&Relation>) -> Vec<Advice> {
    /// With more dead rows than this to a living one, nobody has cleaned up yet.
    const MANY_DEAD: f64 = 0.5;
    let Some(table) = advice::table(scan) else {
        return Vec::new();
    };
    let is_dirty = relation.is_some_and(|relation| relation.activity.dead as f64 > MANY_DEAD * relation.activity.live as f64);
    let mut advice = Vec::new();
    if is_dirty {
        advice.push(Advice::sql(
            "dead rows wait for VACUUM: run it, and see whether an old transaction, a replication slot or a prepared transaction holds \
             them if it removes none",
            format!("VACUUM (VERBOSE, ANALYZE) {table};"),
        ));
    }
    advice.push(Advice::sql(
        "VACUUM makes room for new rows but gives none back: write the table anew, which locks it (pg_repack does it without)",
        format!("VACUUM (FULL, ANALYZE) {table};"),
    ));
    advice.push(Advice::sql(
        "to see first how much is free (extension pgstattuple)",
        format!("SELECT * FROM pgstattuple_approx('{}');", table.replace('\'', "''")),
    ));
    advice
}
