use crate::finding::{Advice, Evidence};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};
use crate::quantity::{Interval, Ms, Quantity};
use crate::rule::{Check, Context, Matter, Need, Problem, Rule, RuleId, Stake, Threshold};

pub(super) static RULE: Rule = Rule {
    id: RuleId("db/cte-fence"),
    summary: "a WITH query is worked out whole although little of it is used, or copied although it is read once",
    docs: include_str!("cte_fence.md"),
    thresholds: &[
        Threshold {
            name: "min_rows",
            default: 10_000.0,
            unit: "rows",
            reason: "fewer rows are worked out and kept in a few milliseconds",
        },
        Threshold {
            name: "min_discarded",
            default: 0.9,
            unit: "share",
            reason: "where more than a tenth is used, the condition pushed down seldom finds an index that serves",
        },
        Threshold {
            name: "min_copying",
            default: 0.1,
            unit: "share",
            reason: "copying rows that are read once is worth a word in the statement from a tenth of the time on",
        },
    ],
    check: Check::Plan(&[Need::Analyze], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let queries = context.plan.nodes().iter().filter(|node| node.role == Some(Role::Cte));
    queries.filter_map(|query| check_query(context, query)).collect()
}

/// What the scans of a WITH query read and kept.
struct Use<'p> {
    name: &'p str,
    query: &'p PlanNode,
    scans: Vec<&'p PlanNode>,
    read: f64,
    kept: Interval,
}

fn check_query(context: &Context<'_>, query: &PlanNode) -> Option<Problem> {
    // Neither what writes nor what refers to itself can become a part of the query around it.
    if matches!(query.kind, NodeKind::ModifyTable | NodeKind::RecursiveUnion) {
        return None;
    }
    let used = Use::of(context.plan, query)?;
    if used.read < context.limit("min_rows") {
        return None;
    }
    filtered(context, &used).or_else(|| copied(context, &used))
}

impl<'p> Use<'p> {
    fn of(plan: &'p Plan, query: &'p PlanNode) -> Option<Self> {
        let name = query.subplan_name.as_deref()?.strip_prefix("CTE ")?;
        let is_namesake = |node: &&PlanNode| node.role == Some(Role::Cte) && node.subplan_name == query.subplan_name;
        // Two of one name cannot be told apart in what reads them.
        if plan.nodes().iter().filter(is_namesake).count() > 1 {
            return None;
        }
        let scans = plan.nodes_of(|kind| kind == NodeKind::CteScan);
        let scans: Vec<&PlanNode> = scans.filter(|scan| scan.text("CTE Name") == Some(name)).collect();
        let kept = scans.iter().filter_map(|scan| scan.rows()).fold(Interval::around(0.0, 0.0), |sum, rows| sum + rows);
        let discarded: f64 = scans.iter().filter_map(|scan| scan.rows_of("Rows Removed by Filter")).map(|rows| rows.low).sum();
        Some(Self { name, query, scans, read: discarded + kept.low, kept })
    }

    fn problem(&self, headline: String) -> Option<Problem> {
        Some(Problem::new(self.scans.first()?.id, headline).caused_by(self.query.id, Matter::Access))
    }
}

/// All that read it throw nearly all away.
fn filtered(context: &Context<'_>, used: &Use<'_>) -> Option<Problem> {
    let share = (used.read - used.kept.low) / (used.read - used.kept.low + used.kept.high).max(1.0);
    let limit = context.limit("min_discarded");
    let of_one = |scan: &&PlanNode| {
        let (kept, discarded) = (scan.rows()?, scan.rows_of("Rows Removed by Filter")?);
        Some(discarded.low / (discarded.low + kept.high).max(1.0))
    };
    if share < limit || !used.scans.iter().filter_map(of_one).all(|share| share >= limit) {
        return None;
    }
    let headline = format!(
        "the WITH query `{}` is worked out whole, and {} of its {} are used",
        used.name,
        Quantity::Rows(used.kept.mid()),
        Quantity::Rows(used.read)
    );
    let filter = used.scans.iter().find_map(|scan| scan.text("Filter")).unwrap_or("the condition");
    let problem = used
        .problem(headline)?
        .at_stake(whole(context, used, share))
        .evidence(Evidence::against("rows read", Quantity::Rows(used.read), Quantity::Rows(context.limit("min_rows"))))
        .evidence(Evidence::against("thrown away", Quantity::Share(share), Quantity::Share(limit)));
    Some(problem.advice(inlined(context, used.name)).advice(Advice::text(format!(
        "then `{filter}` is applied where the rows come from: an index on what it compares can find them there"
    ))))
}

/// What the query and its scans took, as far as it was for rows that nobody wanted.
fn whole(context: &Context<'_>, used: &Use<'_>, share: f64) -> Stake {
    let Some(query) = context.attribution.time(used.query.id) else { return Stake::Total(used.query.id) };
    let scans: Ms = used.scans.iter().filter_map(|scan| context.attribution.time(scan.id)).map(|time| time.own).sum();
    Stake::Ms(Ms((query.total + scans).0 * share))
}

/// One scan reads it, so that nothing is gained by keeping its rows.
fn copied(context: &Context<'_>, used: &Use<'_>) -> Option<Problem> {
    let [scan] = used.scans[..] else { return None };
    if scan.run()?.loops > 1.0 {
        return None;
    }
    let share = context.own_share(scan.id)?;
    if share < context.limit("min_copying") {
        return None;
    }
    let headline =
        format!("the WITH query `{}` is read once, and its {} are copied for that", used.name, Quantity::Rows(used.read));
    let problem = used
        .problem(headline)?
        .at_stake(Stake::Own(scan.id))
        .evidence(Evidence::against("time of the copy", Quantity::Share(share), Quantity::Share(context.limit("min_copying"))))
        .evidence(Evidence::against("rows read", Quantity::Rows(used.read), Quantity::Rows(context.limit("min_rows"))));
    Some(problem.advice(inlined(context, used.name)))
}

fn inlined(context: &Context<'_>, name: &str) -> Advice {
    const WITHOUT_A_CHOICE: u32 = 11;
    Advice::text(match context.major() {
        Some(major) if major <= WITHOUT_A_CHOICE => format!(
            "write `{name}` as a subquery in FROM: before PostgreSQL 12 each WITH query is worked out by itself"
        ),
        _ => format!(
            "let the query become a part of the one around it: WITH {name} AS NOT MATERIALIZED (…); volatile functions in it and \
             FOR UPDATE keep it apart all the same"
        ),
    })
}
