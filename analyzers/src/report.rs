//! The report: what was looked at, what was found, what could not be looked at.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::digest::digest;
use crate::finding::{Advice, Confidence, Evidence, Finding, Location, Of, Severity};
use crate::postgres::plan::{NodeId, Plan, PlanNode};
use crate::postgres::verify::{self, IndexDefinition, Tried, Wanted};
use crate::postgres::{Attribution, Catalogue, Overview};
use crate::quantity::{Ms, Quantity};
use crate::rule::{self, Cause, Check, Context, Problem, Rule, RuleId, Stake, Threshold};
use crate::web::Page;
use crate::workload::Workload;

mod pages;

/// Everything that any output shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The plans, in the order that they came in.
    pub subjects: Vec<Subject>,
    /// The pages, in the order that they came in.
    pub pages: Vec<Page>,
    /// Most at stake first.
    pub findings: Vec<Finding>,
    /// Rules that could not look.
    pub skipped: Vec<Skipped>,
    /// Rules that the configuration switches off.
    pub off: Vec<RuleId>,
    /// Input that could not be read.
    pub rejects: Vec<Reject>,
    /// The statements that the plans are of, where they are those of a workload.
    pub workload: Option<Workload>,
    /// A server as a whole, where that was looked at.
    pub overview: Option<Box<Overview>>,
}

/// A plan that was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Where it is from: `slow.sql`, `slow.sql:2`, unique in the report.
    pub name: String,
    /// The SQL, where it is known.
    pub query: Option<String>,
    /// `18.4`, where it is known.
    pub server_version: Option<String>,
    /// Settings that were asked for when it was recorded, by name.
    pub settings: Vec<(String, String)>,
    /// The plan; of several runs, the median one.
    pub plan: Plan,
    /// Where its time went.
    pub attribution: Attribution,
    /// What the server's catalogue said of its relations, where it was asked.
    pub catalogue: Option<Catalogue>,
    /// Execution times of all runs in ms, in their order; empty where there was one.
    pub runs_ms: Vec<f64>,
    /// What a reader should know of how it was measured: a run that timed out, values left out.
    pub notes: Vec<String>,
    /// What came of trying what is advised; none where nobody asked.
    pub tried: Option<Tried>,
}

impl Subject {
    /// A subject of a plan alone.
    pub fn new(name: impl Into<String>, plan: Plan) -> Self {
        let attribution = Attribution::of(&plan);
        Self {
            name: name.into(),
            query: plan.statement.query.as_deref().map(str::to_owned),
            server_version: None,
            settings: Vec::new(),
            plan,
            attribution,
            catalogue: None,
            runs_ms: Vec::new(),
            notes: Vec::new(),
            tried: None,
        }
    }
}

/// A rule that could not look at a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The rule.
    pub rule: RuleId,
    /// What it could not look at.
    pub of: Of,
    /// What it lacked.
    pub why: Cow<'static, str>,
}

/// A piece of input that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The file, or `-`.
    pub source: String,
    /// From 1; none where the whole is meant.
    pub line: Option<usize>,
    /// Why.
    pub why: String,
}

/// What the user decided: limits, severities, and from what stake a finding is what.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    limits: BTreeMap<(RuleId, &'static str), f64>,
    levels: BTreeMap<RuleId, Level>,
    /// A finding with this share at stake, and `error_ms`, is an error.
    pub error_share: f64,
    /// See `error_share`.
    pub error_ms: Ms,
    /// A finding with this share at stake, and `warn_ms`, is a warning; with less, information.
    pub warn_share: f64,
    /// See `warn_share`.
    pub warn_ms: Ms,
}

/// What a configuration file can say of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Not run at all.
    Off,
    /// Findings have this severity, whatever is at stake.
    Always(Severity),
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            limits: BTreeMap::new(),
            levels: BTreeMap::new(),
            error_share: 0.5,
            error_ms: Ms(100.0),
            warn_share: 0.1,
            warn_ms: Ms(10.0),
        }
    }
}

impl Policy {
    /// Replaces the value of a rule's threshold; says whether the rule has one of that name.
    pub fn set_limit(&mut self, rule: &'static Rule, name: &str, value: f64) -> bool {
        let Some(threshold) = rule.thresholds.iter().find(|threshold| threshold.name == name) else {
            return false;
        };
        self.limits.insert((rule.id, threshold.name), value);
        true
    }

    /// Fixes a rule's severity, or switches it off.
    pub fn set_level(&mut self, rule: RuleId, level: Level) {
        self.levels.insert(rule, level);
    }

    /// The value of a threshold.
    pub fn limit(&self, rule: RuleId, threshold: &Threshold) -> f64 {
        self.limits.get(&(rule, threshold.name)).copied().unwrap_or(threshold.default)
    }

    /// The value of a rule's threshold by its name.
    ///
    /// # Panics
    /// Where the rule declares none of that name: a mistake in the rule, which its fixtures show.
    pub(crate) fn limit_of(&self, rule: &'static Rule, name: &str) -> f64 {
        let Some(threshold) = rule.thresholds.iter().find(|threshold| threshold.name == name) else {
            panic!("{} declares no threshold `{name}`", rule.id);
        };
        self.limit(rule.id, threshold)
    }

    fn level(&self, rule: RuleId) -> Option<Level> {
        self.levels.get(&rule).copied()
    }

    fn severity(&self, rule: RuleId, impact: Option<Ms>, share: Option<f64>) -> Severity {
        if let Some(Level::Always(severity)) = self.level(rule) {
            return severity;
        }
        let share = share.unwrap_or(0.0);
        match impact {
            Some(ms) if share >= self.error_share && ms >= self.error_ms => Severity::Error,
            Some(ms) if share >= self.warn_share && ms >= self.warn_ms => Severity::Warn,
            // Costs alone: never worse than a warning.
            None if share >= self.warn_share => Severity::Warn,
            _ => Severity::Info,
        }
    }
}

impl Report {
    /// Judges plans. Cannot fail: what a rule lacks is an entry in `skipped`.
    pub fn of(subjects: Vec<Subject>, policy: &Policy) -> Self {
        Self::of_all(subjects, Vec::new(), policy)
    }

    /// Judges plans and pages.
    pub fn of_all(subjects: Vec<Subject>, pages: Vec<Page>, policy: &Policy) -> Self {
        let mut report = Self::default();
        for (index, subject) in subjects.iter().enumerate() {
            let problems = check(index, subject, policy, &mut report.skipped);
            report.findings.extend(fold(problems).into_iter().map(|found| found.finding(index, subject, policy)));
        }
        for (index, page) in pages.iter().enumerate() {
            pages::judge(index, page, policy, &mut report);
        }
        report.subjects = subjects;
        report.pages = pages;
        report.off = report.rules().map(|rule| rule.id).filter(|id| policy.level(*id) == Some(Level::Off)).collect();
        report.findings.sort_by(rank);
        report
    }

    /// The report on a workload: what is more of the whole comes first.
    #[must_use]
    pub fn weighed(mut self, workload: Workload) -> Self {
        for finding in &mut self.findings {
            finding.workload_share = workload.share_of_finding(finding);
        }
        self.workload = Some(workload);
        self.findings.sort_by(rank);
        self
    }

    /// Whether there was nothing to judge.
    pub fn is_empty(&self) -> bool {
        let counted = self.workload.as_ref().is_some_and(|workload| workload.whole.calls > 0);
        self.subjects.is_empty() && self.pages.is_empty() && !counted && self.overview.is_none()
    }

    /// The name of a plan or page.
    pub fn name(&self, of: Of) -> &str {
        match of {
            Of::Plan(subject) => self.subjects.get(subject).map_or("", |subject| subject.name.as_str()),
            Of::Page(page) => self.pages.get(page).map_or("", Page::name),
        }
    }

    /// The rules that had something to look at: those on plans where there are plans, those on pages where there are
    /// pages, those on plans where there is neither.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> + Clone {
        let on_plans = !self.subjects.is_empty() || self.pages.is_empty();
        let on_pages = !self.pages.is_empty();
        rule::rules().filter(move |rule| match rule.check {
            Check::Plan(..) => on_plans,
            Check::Page(..) => on_pages,
        })
    }
}

/// What to try of what the rules advise on a plan.
pub fn to_verify(subject: &Subject, policy: &Policy) -> Wanted {
    let mut found = fold(check(0, subject, policy, &mut Vec::new()));
    found.sort_by(|left, right| at_stake(right).total_cmp(&at_stake(left)));
    verify::wanted(subject, found.iter().map(|found| (found.problem.cause, found.problem.advice.as_slice())))
}

/// The indexes that the trials of a plan speak for, worst problem first: those are worth building to measure them.
pub fn to_build(subject: &Subject, policy: &Policy) -> Vec<IndexDefinition> {
    let mut found = fold(check(0, subject, policy, &mut Vec::new()));
    found.sort_by(|left, right| at_stake(right).total_cmp(&at_stake(left)));
    let mut indexes = Vec::new();
    for index in found.iter().filter_map(|found| verify::best_index(found.problem.cause, subject)) {
        if !indexes.contains(&index) {
            indexes.push(index);
        }
    }
    indexes
}

/// A problem and the rule that saw it.
struct Found {
    rule: &'static Rule,
    problem: Problem,
    impact: Option<Ms>,
    share: Option<f64>,
    also: Vec<RuleId>,
    /// In how many steps the rule found the same.
    steps: u32,
}

fn check(index: usize, subject: &Subject, policy: &Policy, skipped: &mut Vec<Skipped>) -> Vec<Found> {
    let mut found = Vec::new();
    for rule in rule::rules() {
        let Check::Plan(needs, look) = rule.check else { continue };
        if policy.level(rule.id) == Some(Level::Off) {
            continue;
        }
        if let Some(missing) = needs.iter().find(|need| !need.is_met_by(subject)) {
            skipped.push(Skipped { rule: rule.id, of: Of::Plan(index), why: missing.why().into() });
            continue;
        }
        let (plan, attribution, catalogue) = (&subject.plan, &subject.attribution, subject.catalogue.as_ref());
        let context = Context { plan, attribution, catalogue, subject, rule, policy };
        found.extend(look(&context).into_iter().map(|problem| Found {
            rule,
            impact: context.stake_ms(problem.stake),
            share: context.stake_share(problem.stake),
            problem,
            also: Vec::new(),
            steps: 1,
        }));
    }
    found
}

/// One finding a cause: the one with most at stake speaks, the others are named in it. What one rule finds in several
/// steps of one cause, as in the partitions of a table, adds up, and the first of them speaks.
fn fold(found: Vec<Found>) -> Vec<Found> {
    let mut by_cause: BTreeMap<Cause, Found> = BTreeMap::new();
    for next in found {
        match by_cause.remove(&next.problem.cause) {
            None => {
                by_cause.insert(next.problem.cause, next);
            }
            Some(first) if first.is_alike(&next) => {
                by_cause.insert(next.problem.cause, first.with_alike(&next));
            }
            Some(first) => {
                let (mut speaks, folded) =
                    if at_stake(&next) > at_stake(&first) { (next, first) } else { (first, next) };
                speaks.also.extend(folded.also);
                if folded.rule.id != speaks.rule.id {
                    speaks.also.push(folded.rule.id);
                }
                let more = folded.problem.advice.into_iter().filter(|more| adds(&speaks.problem.advice, more));
                let more: Vec<_> = more.collect();
                speaks.problem.advice.extend(more);
                speaks.also.sort();
                speaks.also.dedup();
                by_cause.insert(speaks.problem.cause, speaks);
            }
        }
    }
    by_cause.into_values().collect()
}

/// Whether advice of a rule that is folded is worth keeping: it can be run, and nobody said it, or more than it, already.
fn adds(known: &[Advice], more: &Advice) -> bool {
    let Some(sql) = &more.sql else { return false };
    // An index that begins with all columns of another one serves for that.
    let beginning = sql.strip_suffix(");").map(|beginning| format!("{beginning}, "));
    let covers =
        |known: &String| known == sql || beginning.as_ref().is_some_and(|beginning| known.starts_with(beginning));
    !known.iter().filter_map(|known| known.sql.as_ref()).any(covers)
}

fn at_stake(found: &Found) -> f64 {
    found.impact.map_or_else(|| found.share.unwrap_or(0.0), |ms| ms.0)
}

impl Found {
    /// Whether both are one rule's, of steps whose own times are at stake: these do not overlap.
    fn is_alike(&self, next: &Self) -> bool {
        let own = |found: &Self| matches!(found.problem.stake, Stake::Own(_));
        self.rule.id == next.rule.id && self.problem.node != next.problem.node && own(self) && own(next)
    }

    fn with_alike(mut self, next: &Self) -> Self {
        self.impact = self.impact.zip(next.impact).map(|(mine, other)| mine + other);
        self.share = self.share.zip(next.share).map(|(mine, other)| (mine + other).min(1.0));
        self.steps += 1;
        self
    }

    fn finding(self, index: usize, subject: &Subject, policy: &Policy) -> Finding {
        let Self { rule, mut problem, impact, share, also, steps } = self;
        if steps > 1 {
            problem
                .evidence
                .push(Evidence::of("steps alike, with all that is at stake", Quantity::Count(f64::from(steps))));
        }
        let path = problem.node.map_or_else(|| WHOLE.to_owned(), |node| path(&subject.plan, node));
        let time = problem.node.and_then(|node| subject.attribution.time(node));
        let averaged = time.is_some_and(|time| time.approximate);
        let known = if impact.is_none() || averaged { Confidence::Estimated } else { Confidence::Measured };
        Finding {
            rule: rule.id,
            severity: policy.severity(rule.id, impact, share),
            fingerprint: fingerprint(rule.id, &subject.name, &path),
            location: Location::Plan { subject: index, node: problem.node, path },
            headline: problem.headline,
            impact,
            share,
            workload_share: None,
            confidence: problem.confidence.min(known),
            evidence: problem.evidence,
            advice: verify::verified(problem.advice, problem.cause, subject),
            also,
        }
    }
}

fn rank(left: &Finding, right: &Finding) -> std::cmp::Ordering {
    let impact = |finding: &Finding| finding.impact.map_or(-1.0, |ms| ms.0);
    let share = |finding: &Finding| finding.share.unwrap_or(-1.0);
    let of_all = |finding: &Finding| finding.workload_share.unwrap_or(-1.0);
    of_all(right)
        .total_cmp(&of_all(left))
        .then(right.severity.cmp(&left.severity))
        .then(impact(right).total_cmp(&impact(left)))
        .then(share(right).total_cmp(&share(left)))
        .then(left.rule.cmp(&right.rule))
        .then(left.location.of().cmp(&right.location.of()))
        .then(left.location.node().cmp(&right.location.node()))
        .then(left.location.site().cmp(&right.location.site()))
}

/// The place of a finding that no node is to be blamed for.
const WHOLE: &str = "the whole statement";

/// The longest path that is shown whole; of deeper ones the middle is left out.
const PATH_ENDS: usize = 4;

fn path(plan: &Plan, id: NodeId) -> String {
    let mut labels: Vec<String> =
        std::iter::once(plan.node(id)).chain(plan.ancestors(id)).map(PlanNode::label).collect();
    labels.reverse();
    if labels.len() > 2 * PATH_ENDS {
        labels.splice(PATH_ENDS..labels.len() - PATH_ENDS, ["…".to_owned()]);
    }
    labels.join(" > ")
}

fn fingerprint(rule: RuleId, subject: &str, path: &str) -> String {
    digest([rule.0, subject, path])
}
