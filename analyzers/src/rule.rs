//! A rule: what it looks for, what it needs, and its limits.

use std::fmt;

use crate::finding::{Advice, Confidence, Evidence};
use crate::postgres::catalogue::{Catalogue, Relation};
use crate::postgres::counters::Counter;
use crate::postgres::plan::{NodeId, NodeKind, Plan, PlanNode, Role};
use crate::postgres::{self, Attribution};
use crate::quantity::Ms;
use crate::report::{Policy, Subject};
use crate::web;

/// `db/seq-scan-discards-rows`: the wrong thing, to be read after "allow".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub &'static str);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A rule is a value: its name, its page, its limits and the function that looks.
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// What it finds, on one line, lower case.
    pub summary: &'static str,
    /// Its page, in Markdown.
    pub docs: &'static str,
    /// Its limits; nowhere else is there a copy of them.
    pub thresholds: &'static [Threshold],
    /// What it looks at, and how.
    pub check: Check,
}

/// What a rule looks at, what that must have (or the rule is skipped and that is said), and the function that looks.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// A plan.
    Plan(&'static [Need], fn(&Context<'_>) -> Vec<Problem>),
    /// A page.
    Page(&'static [web::Need], fn(&web::Context<'_>) -> Vec<web::Problem>),
}

/// All rules, those on plans first. Where two find the same cause with the same stake, the earlier one speaks.
pub fn rules() -> impl DoubleEndedIterator<Item = &'static Rule> + Clone {
    postgres::rules::ALL.iter().chain(web::rules::ALL).copied()
}

/// The rule of that name.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.0 == id)
}

impl Rule {
    /// What it needs, in words.
    pub fn needs(&self) -> Vec<&'static str> {
        match self.check {
            Check::Plan(needs, _) => needs.iter().map(|need| need.why()).collect(),
            Check::Page(needs, _) => needs.iter().map(|need| need.why()).collect(),
        }
    }
}

/// Something that a plan may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Rows and loops: EXPLAIN ANALYZE.
    Analyze,
    /// Times: EXPLAIN ANALYZE without TIMING OFF.
    Timing,
    /// Costs and expected rows: not COSTS OFF.
    Costs,
    /// Which steps are of a kind that is switched off: PostgreSQL 18 says it, before that costs do.
    Disabled,
    /// Buffer counts: EXPLAIN (BUFFERS).
    Buffers,
    /// `Planning Time` and `Execution Time`: EXPLAIN ANALYZE without SUMMARY OFF, and not out of a log.
    Summary,
    /// What each parallel worker did, where there were any: EXPLAIN (VERBOSE).
    Workers,
    /// What it took to make text of the rows: EXPLAIN (SERIALIZE).
    Serialization,
    /// What the server's catalogue says of the plan's relations.
    Catalogue,
    /// Times in I/O: `track_io_timing`.
    IoTiming,
    /// How often indexes were searched, where the plan has any: PostgreSQL 18.
    IndexSearches,
}

impl Need {
    /// Whether the plan, or what was recorded beside it, has it.
    pub fn is_met_by(self, subject: &Subject) -> bool {
        let plan = &subject.plan;
        match self {
            Self::Analyze => plan.is_analyzed(),
            Self::Timing => plan.is_timed(),
            Self::Costs => plan.root().estimate.is_some(),
            Self::Disabled => plan.root().estimate.is_some() || plan.root().property("Disabled").is_some(),
            Self::Buffers => plan.has_counters(),
            Self::Summary => plan.statement.planning_ms.is_some() && plan.statement.execution_ms.is_some(),
            Self::Workers => tells_workers_apart(plan),
            Self::Serialization => {
                plan.statement.serialization.as_ref().is_some_and(|serialization| serialization.time_ms.is_some())
            }
            Self::Catalogue => subject.catalogue.is_some(),
            Self::IoTiming => plan.known_counters().has(Counter::SharedReadTime),
            Self::IndexSearches => counts_searches(plan),
        }
    }

    /// What to do about a plan without it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Analyze => "needs a plan made with EXPLAIN ANALYZE",
            Self::Timing => "needs times: EXPLAIN (ANALYZE) without TIMING OFF",
            Self::Costs => "needs the planner's estimates: EXPLAIN without COSTS OFF",
            Self::Disabled => "needs the planner's costs, or a plan of PostgreSQL 18: EXPLAIN without COSTS OFF",
            Self::Buffers => "needs buffer counts: EXPLAIN (ANALYZE, BUFFERS)",
            Self::Summary => {
                "needs Planning Time and Execution Time: EXPLAIN (ANALYZE) without SUMMARY OFF; logs have neither"
            }
            Self::Workers => "needs the numbers of each worker: EXPLAIN (ANALYZE, VERBOSE)",
            Self::Serialization => {
                "needs EXPLAIN (ANALYZE, SERIALIZE), which PostgreSQL 17 and later have: perf-look db --serialize text"
            }
            Self::IoTiming => "needs times in I/O: SET track_io_timing = on, then EXPLAIN (ANALYZE, BUFFERS)",
            Self::IndexSearches => "needs the searches of indexes, which PostgreSQL 18 and later count",
            Self::Catalogue => "needs what the server's catalogue says: run the statement with perf-look db",
        }
    }
}

/// Whether workers report their times below each Gather that started some.
fn tells_workers_apart(plan: &Plan) -> bool {
    let is_told = |gather: &PlanNode| {
        let had_workers = gather.number("Workers Launched").is_some_and(|launched| launched > 0.0);
        let reports = |child: &PlanNode| child.workers.iter().any(|worker| worker.run.is_some());
        !had_workers || plan.children(gather.id).any(reports)
    };
    plan.nodes_of(NodeKind::is_gather).all(is_told)
}

/// Whether searches are counted, or there is no index to search.
fn counts_searches(plan: &Plan) -> bool {
    let scans = |kind| matches!(kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan | NodeKind::BitmapIndexScan);
    let counts = |scan: &PlanNode| scan.run().is_none() || scan.property("Index Searches").is_some();
    plan.nodes_of(scans).all(counts)
}

/// A limit of a rule, as data: configuration, pages, JSON and TUI read it from here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Its key in `perf-look.toml`: `min_rows`.
    pub name: &'static str,
    /// Its value where nothing is configured.
    pub default: f64,
    /// What it counts: `rows`, `share`, `ms`, `times`, `blocks`.
    pub unit: &'static str,
    /// Why this value.
    pub reason: &'static str,
}

/// What a check may look at.
pub struct Context<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Where its time went.
    pub attribution: &'a Attribution,
    /// What the server's catalogue said of the plan's relations, where it was asked.
    pub catalogue: Option<&'a Catalogue>,
    pub(crate) subject: &'a Subject,
    pub(crate) rule: &'static Rule,
    pub(crate) policy: &'a Policy,
}

impl<'a> Context<'a> {
    /// What the catalogue says of the relation that a node reads or writes.
    pub fn relation(&self, node: &PlanNode) -> Option<&'a Relation> {
        self.catalogue?.of_node(node)
    }

    /// Whether a node reads a part of a partitioned table: the catalogue tells, and without it an alias with a number, which
    /// plans give to partitions.
    pub fn is_partition(&self, scan: &PlanNode) -> bool {
        if let Some(relation) = self.relation(scan) {
            return relation.parent.is_some();
        }
        let numbered = scan.alias.as_deref().and_then(|alias| alias.rsplit_once('_'));
        scan.relation.is_some() && numbered.is_some_and(|(_, number)| number.parse::<u32>().is_ok())
    }

    /// The node that stands for all that a condition on a table is searched in: of a partition what puts them together.
    pub fn whole_of(&self, scan: &PlanNode) -> NodeId {
        let above = scan.parent.map(|parent| self.plan.node(parent));
        let appends = above.filter(|above| matches!(above.kind, NodeKind::Append | NodeKind::MergeAppend));
        appends.filter(|_| self.is_partition(scan)).map_or(scan.id, |append| append.id)
    }

    /// A setting as it was when the statement ran, as SHOW prints it; none where nobody recorded it.
    pub fn setting(&self, name: &str) -> Option<&'a str> {
        let of_plan = self.subject.plan.statement.settings.iter().find(|(known, _)| &**known == name);
        let of_subject = self.subject.settings.iter().find(|(known, _)| known == name);
        let recorded = of_plan.map(|(_, value)| &**value).or_else(|| of_subject.map(|(_, value)| &**value));
        recorded.or_else(|| self.catalogue?.setting(name))
    }

    /// The server's major version; none where it is not known.
    pub fn major(&self) -> Option<u32> {
        let version = self.subject.server_version.as_deref()?;
        version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// The value of one of the rule's own thresholds.
    ///
    /// # Panics
    /// Where the rule declares no threshold of that name: a mistake in the rule, which its fixtures show.
    pub fn limit(&self, name: &str) -> f64 {
        self.policy.limit_of(self.rule, name)
    }

    /// Whether enough is at stake for a line in the report, by the rule's `min_share`; also where nobody knows how much is.
    pub fn is_worth_it(&self, stake: Stake) -> bool {
        self.stake_share(stake).is_none_or(|share| share >= self.limit("min_share"))
    }

    /// The inclusive time of a node as a part of the whole (of the cost, where nothing was timed); 0 to 1.
    pub fn total_share(&self, id: NodeId) -> Option<f64> {
        self.stake_share(Stake::Total(id))
    }

    /// The time of a node itself as a part of the whole.
    pub fn own_share(&self, id: NodeId) -> Option<f64> {
        self.stake_share(Stake::Own(id))
    }

    /// What a join took with its look-ups and the node above that takes its rows: what fewer rows would save at most.
    pub fn handling_of(&self, join: &PlanNode) -> Stake {
        let time = |id| self.attribution.time(id);
        let Some(own) = time(join.id).map(|time| time.own) else {
            return Stake::Own(join.id);
        };
        let inner = self.plan.child(join.id, Role::Inner).filter(|_| join.kind == NodeKind::NestedLoop);
        let inner = inner.and_then(|inner| time(inner.id)).map_or(Ms::ZERO, |time| time.total);
        let above = join.parent.and_then(time).map_or(Ms::ZERO, |time| time.own);
        Stake::Ms(own + inner + above)
    }

    /// The node at or below this one that most of its time comes from: down to where no child has nearly all of it.
    pub fn heaviest(&self, id: NodeId) -> NodeId {
        const NEARLY_ALL: f64 = 0.8;
        let Some(whole) = self.attribution.time(id).map(|time| time.total) else {
            return id;
        };
        let mut heaviest = id;
        let enough = |child: &&PlanNode| {
            self.attribution.time(child.id).is_some_and(|time| time.total.0 >= NEARLY_ALL * whole.0)
        };
        while let Some(child) = self.plan.children(heaviest).find(enough) {
            heaviest = child.id;
        }
        heaviest
    }

    /// What is at stake in ms; none where the plan is not timed.
    pub(crate) fn stake_ms(&self, stake: Stake) -> Option<Ms> {
        match stake {
            Stake::Own(id) => Some(self.attribution.time(id)?.own),
            Stake::Total(id) => Some(self.attribution.time(id)?.total),
            Stake::Ms(ms) | Stake::Planning(ms) => Some(ms),
        }
    }

    /// What is at stake as a part of the whole.
    pub(crate) fn stake_share(&self, stake: Stake) -> Option<f64> {
        if let Some(whole) = self.attribution.execution {
            let part = self.stake_ms(stake)?;
            let whole = if matches!(stake, Stake::Planning(_)) { whole + part } else { whole };
            return (whole > Ms::ZERO).then(|| (part.0 / whole.0).clamp(0.0, 1.0));
        }
        let whole = self.plan.root().estimate?.total_cost;
        let part = match stake {
            Stake::Own(id) => self.attribution.node(id).own_cost,
            Stake::Total(id) => self.plan.node(id).estimate?.total_cost,
            Stake::Ms(_) | Stake::Planning(_) => return None,
        };
        (whole > 0.0).then(|| (part / whole).clamp(0.0, 1.0))
    }
}

/// The time that could be saved at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stake {
    /// The node itself.
    Own(NodeId),
    /// The node and all below it.
    Total(NodeId),
    /// A time that the rule worked out, part of the execution.
    Ms(Ms),
    /// What planning took, which comes before the execution: a part of both together.
    Planning(Ms),
}

/// What is behind a problem: a node, and what of it is to be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The node whose work or number is the cause; none where that is the statement as a whole.
    pub node: Option<NodeId>,
    /// What is to be mended.
    pub matter: Matter,
}

/// What is to be mended. A scan can lack an index and be misjudged by the planner: these are two causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// How rows are found: indexes, joins, what a statement asks for.
    Access,
    /// How many rows the planner expects: statistics.
    Estimate,
    /// What fits into memory.
    Memory,
    /// What the planner is told by settings.
    Settings,
    /// How much room rows take on disk.
    Room,
    /// How many processes share the work, and how evenly.
    Processes,
    /// Planning.
    Planning,
    /// Compiling just in time.
    Compilation,
    /// What is sent to the client.
    Output,
    /// What runs before the first node and after the last.
    StartAndStop,
    /// How it was measured, not the statement.
    Measuring,
}

/// What a check returns; the report makes a finding of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The node to point at; none where the statement as a whole is meant.
    pub node: Option<NodeId>,
    /// What is behind it: two rules with one cause make one finding.
    pub cause: Cause,
    /// What could be saved at most.
    pub stake: Stake,
    /// Stands alone; lower case, no full stop.
    pub headline: String,
    /// The numbers, most telling first.
    pub evidence: Vec<Evidence>,
    /// What to do, best first.
    pub advice: Vec<Advice>,
    /// Lower than what the times allow, where the rule itself is unsure.
    pub confidence: Confidence,
}

impl Problem {
    /// A problem of a node, with that node's own time at stake.
    pub fn new(node: NodeId, headline: String) -> Self {
        let cause = Cause { node: Some(node), matter: Matter::Access };
        Self::of(Some(node), cause, Stake::Own(node), headline)
    }

    /// A problem of the statement as a whole.
    pub fn of_statement(matter: Matter, stake: Stake, headline: String) -> Self {
        Self::of(None, Cause { node: None, matter }, stake, headline)
    }

    fn of(node: Option<NodeId>, cause: Cause, stake: Stake, headline: String) -> Self {
        Self {
            node,
            cause,
            stake,
            headline,
            evidence: Vec::new(),
            advice: Vec::new(),
            confidence: Confidence::Measured,
        }
    }

    /// What is behind it.
    #[must_use]
    pub fn caused_by(mut self, node: NodeId, matter: Matter) -> Self {
        self.cause = Cause { node: Some(node), matter };
        self
    }

    /// What could be saved at most.
    #[must_use]
    pub fn at_stake(mut self, stake: Stake) -> Self {
        self.stake = stake;
        self
    }

    /// One more number.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// One more thing to do.
    #[must_use]
    pub fn advice(mut self, advice: Advice) -> Self {
        self.advice.push(advice);
        self
    }
}
