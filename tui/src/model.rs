//! What is looked at: a report that does not change, and what of it is worked out once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use perf_look_analyzers::compare::Comparison;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::postgres::top::Chosen;
use perf_look_analyzers::postgres::{NodeId, PlanNode};
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::{Finding, Report, Subject};

use crate::diff::telling_delta;
use crate::review::Review;
use crate::text;
use crate::view::findings::{place, rule_name};

/// A report and what is known of it.
#[derive(Debug, Clone)]
pub struct Model {
    report: Report,
    facts: Vec<Facts>,
    /// The runs before this one, the first of them first; it is compared with the last.
    before: Vec<Report>,
    /// Why statements of the server have no plan, by their numbers.
    unexplained: BTreeMap<String, String>,
    /// Worked out when it is first asked for.
    comparison: OnceLock<Option<Comparison>>,
    /// What each node takes more than before, by subject and node.
    changes: OnceLock<Vec<Vec<Option<NodeChange>>>>,
    /// Columns of the longest rule and the longest place among the findings.
    widths: (usize, usize),
    review: Option<Review>,
}

/// How much longer a node takes itself than before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NodeChange {
    pub(crate) by: Ms,
    /// Whether that is a hundredth of the run or more.
    pub(crate) tells: bool,
}

/// What is known of the plan of a statement that a server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explained<'a> {
    NotYet,
    /// Why there is none.
    Failed(&'a str),
    Plan(Of),
}

/// What is worked out of a subject.
#[derive(Debug, Clone, Default)]
struct Facts {
    /// Whether a node is the last child of its parent.
    last: Vec<bool>,
    /// The levels of its deepest node.
    deepest: u32,
    /// The findings of each node, by their place in the report.
    findings: BTreeMap<NodeId, Vec<usize>>,
    /// Worked out when it is first asked for.
    clauses: OnceLock<Option<Clauses>>,
}

impl Model {
    /// Takes a report.
    pub fn new(report: Report) -> Self {
        let facts = (0..report.subjects.len()).map(|index| Facts::of(&report, index)).collect();
        let mut model = Self {
            report,
            facts,
            before: Vec::new(),
            unexplained: BTreeMap::new(),
            comparison: OnceLock::new(),
            changes: OnceLock::new(),
            widths: (0, 0),
            review: None,
        };
        let findings = model.report.findings.iter();
        let each = findings.map(|finding| (rule_name(finding).len(), text::width(&place(&model, finding))));
        model.widths = each.fold((9, 12), |most, one| (most.0.max(one.0), most.1.max(one.1)));
        model
    }

    /// Targets to be decided on.
    pub fn of_review(review: Review) -> Self {
        Self { review: Some(review), ..Self::new(Report::default()) }
    }

    /// The targets to be decided on, where that is what is looked at.
    pub fn review(&self) -> Option<&Review> {
        self.review.as_ref()
    }

    /// With a report from before to compare with.
    #[must_use]
    pub fn compared_with(mut self, before: Report) -> Self {
        self.before.push(before);
        self.comparison = OnceLock::new();
        self.changes = OnceLock::new();
        self
    }

    /// The next run: this one and those before it are its history.
    #[must_use]
    pub fn followed_by(self, report: Report) -> Self {
        /// Older runs are forgotten: each is held whole.
        const KEPT: usize = 20;
        let mut next = Self::new(report);
        next.before = self.before;
        next.unexplained = self.unexplained;
        next.before.push(self.report);
        next.before.drain(..next.before.len().saturating_sub(KEPT));
        next
    }

    /// The same runs, and more that is known of them: a statement that was explained, other counters.
    #[must_use]
    pub fn grown(self, report: Report) -> Self {
        Self { before: self.before, unexplained: self.unexplained, ..Self::new(report) }
    }

    /// With why a statement of the server has no plan.
    #[must_use]
    pub fn unexplained(mut self, id: String, why: String) -> Self {
        self.unexplained.insert(id, why);
        self
    }

    /// What is known of the plan of a statement of the server, by its number.
    pub(crate) fn explained(&self, id: &str) -> Explained<'_> {
        let name = Chosen::new(id).name;
        let place = self.report.subjects.iter().position(|subject| Chosen::is_plan(&name, &subject.name));
        match (place, self.unexplained.get(id)) {
            (Some(place), _) => Explained::Plan(Of::Plan(place)),
            (None, Some(why)) => Explained::Failed(why),
            (None, None) => Explained::NotYet,
        }
    }

    /// The runs before this one, the first of them first.
    pub fn before(&self) -> &[Report] {
        &self.before
    }

    /// How much longer a node takes itself than before; none where that is not known.
    pub(crate) fn change(&self, subject: Of, node: NodeId) -> Option<NodeChange> {
        let changes = self.changes.get_or_init(|| self.changes());
        *changes.get(plan(subject)?)?.get(node.index())?
    }

    /// By subject and node, so that a frame need not look for pairs.
    fn changes(&self) -> Vec<Vec<Option<NodeChange>>> {
        let mut changes: Vec<Vec<Option<NodeChange>>> =
            self.report.subjects.iter().map(|subject| vec![None; subject.plan.nodes().len()]).collect();
        let Some(comparison) = self.comparison() else { return changes };
        for difference in &comparison.differences {
            for pair in &difference.pairs {
                let Some((after, by)) = pair.after.zip(comparison.delta(difference, pair)) else { continue };
                let tells = telling_delta(comparison, difference, pair).is_some();
                changes[difference.after][after.index()] = Some(NodeChange { by, tells });
            }
        }
        changes
    }

    /// The comparison with the report from before.
    pub fn comparison(&self) -> Option<&Comparison> {
        let make = || self.before.last().map(|before| Comparison::of(before.clone(), self.report.clone()));
        self.comparison.get_or_init(make).as_ref()
    }

    pub(crate) fn widths(&self) -> (usize, usize) {
        self.widths
    }

    /// The report.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// A plan; none where it is a page, or nothing could be read.
    pub fn subject(&self, of: Of) -> Option<&Subject> {
        self.report.subjects.get(plan(of)?)
    }

    /// A page; none where it is a plan.
    pub fn page(&self, of: Of) -> Option<&Page> {
        match of {
            Of::Plan(_) => None,
            Of::Page(index) => self.report.pages.get(index),
        }
    }

    /// Plans and pages, in the order in which they are walked through.
    pub fn subjects(&self) -> impl Iterator<Item = Of> + use<> {
        let plans = (0..self.report.subjects.len()).map(Of::Plan);
        plans.chain((0..self.report.pages.len()).map(Of::Page))
    }

    /// The place of a plan or page among [`Model::subjects`], from 1, and how many there are.
    pub(crate) fn place(&self, of: Of) -> (usize, usize) {
        (self.subjects().position(|other| other == of).unwrap_or(0) + 1, self.subjects().count())
    }

    /// A node of a subject.
    pub fn node(&self, subject: Of, id: NodeId) -> Option<&PlanNode> {
        self.subject(subject)?.plan.nodes().get(id.index())
    }

    /// The findings of a node, by their place in the report.
    pub fn findings_of(&self, subject: Of, node: NodeId) -> &[usize] {
        self.facts(subject).and_then(|facts| facts.findings.get(&node)).map_or(&[], Vec::as_slice)
    }

    /// The findings at a place of a page.
    pub(crate) fn findings_at<'a>(&'a self, of: Of, site: &'a Site) -> impl Iterator<Item = &'a Finding> {
        let here = move |finding: &&Finding| finding.location.of() == of && finding.location.site() == Some(site);
        self.report.findings.iter().filter(here)
    }

    /// A finding by its place.
    pub fn finding(&self, place: usize) -> Option<&Finding> {
        self.report.findings.get(place)
    }

    /// Which node comes from which clause; none where the SQL is not known.
    pub fn clauses(&self, subject: Of) -> Option<&Clauses> {
        let judged = self.subject(subject)?;
        let make = || judged.query.as_deref().map(|query| Clauses::of(query, &judged.plan));
        self.facts(subject)?.clauses.get_or_init(make).as_ref()
    }

    fn facts(&self, subject: Of) -> Option<&Facts> {
        self.facts.get(plan(subject)?)
    }

    /// Whether no sibling follows.
    pub(crate) fn is_last(&self, subject: Of, node: NodeId) -> bool {
        self.facts(subject).and_then(|facts| facts.last.get(node.index())).copied().unwrap_or(true)
    }

    /// The levels of the deepest node.
    pub(crate) fn deepest(&self, subject: Of) -> u32 {
        self.facts(subject).map_or(0, |facts| facts.deepest)
    }
}

fn plan(of: Of) -> Option<usize> {
    match of {
        Of::Plan(index) => Some(index),
        Of::Page(_) => None,
    }
}

impl Facts {
    fn of(report: &Report, index: usize) -> Self {
        let subject = &report.subjects[index];
        let mut findings: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        let here = report.findings.iter().enumerate().filter(|(_, finding)| finding.location.is_in(index));
        for (place, finding) in here {
            if let Some(node) = finding.location.node() {
                findings.entry(node).or_default().push(place);
            }
        }
        let deepest = subject.plan.nodes().iter().map(|node| node.depth).max().unwrap_or(0);
        Self { last: last_children(subject), deepest, findings, clauses: OnceLock::new() }
    }
}

/// From the back, the first child that is seen of a parent is its last.
fn last_children(subject: &Subject) -> Vec<bool> {
    let nodes = subject.plan.nodes();
    let (mut last, mut seen) = (vec![false; nodes.len()], vec![false; nodes.len()]);
    for node in nodes.iter().rev() {
        let is_first_seen = node.parent.is_none_or(|parent| !std::mem::replace(&mut seen[parent.index()], true));
        last[node.id.index()] = is_first_seen;
    }
    last
}
