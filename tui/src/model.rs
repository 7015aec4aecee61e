//! What is looked at: a report that does not change, and what of it is worked out once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use perf_look_analyzers::compare::Comparison;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::postgres::{NodeId, PlanNode};
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::{Finding, Report, Subject};

use crate::diff::telling_delta;
use crate::text;
use crate::view::findings::place;

/// A report and what is known of it.
#[derive(Debug, Clone)]
pub struct Model {
    report: Report,
    facts: Vec<Facts>,
    /// The runs before this one, the first of them first; it is compared with the last.
    before: Vec<Report>,
    /// Worked out when it is first asked for.
    comparison: OnceLock<Option<Comparison>>,
    /// What each node takes more than before, by subject and node.
    changes: OnceLock<Vec<Vec<Option<NodeChange>>>>,
    /// Columns of the longest rule and the longest place among the findings.
    widths: (usize, usize),
}

/// How much longer a node takes itself than before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NodeChange {
    pub(crate) by: Ms,
    /// Whether that is a hundredth of the run or more.
    pub(crate) tells: bool,
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
            comparison: OnceLock::new(),
            changes: OnceLock::new(),
            widths: (0, 0),
        };
        let findings = model.report.findings.iter();
        let each = findings.map(|finding| (finding.rule.0.len(), text::width(&place(&model, finding))));
        model.widths = each.fold((12, 12), |most, one| (most.0.max(one.0), most.1.max(one.1)));
        model
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
        next.before.push(self.report);
        next.before.drain(..next.before.len().saturating_sub(KEPT));
        next
    }

    /// The runs before this one, the first of them first.
    pub fn before(&self) -> &[Report] {
        &self.before
    }

    /// How much longer a node takes itself than before; none where that is not known.
    pub(crate) fn change(&self, subject: usize, node: NodeId) -> Option<NodeChange> {
        let changes = self.changes.get_or_init(|| self.changes());
        *changes.get(subject)?.get(node.index())?
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
        (self.widths.0.saturating_sub("db/".len()), self.widths.1)
    }

    /// The report.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// A subject; none where nothing could be read.
    pub fn subject(&self, index: usize) -> Option<&Subject> {
        self.report.subjects.get(index)
    }

    /// The subject that a finding is in; none where that is a page.
    pub(crate) fn subject_of(&self, finding: &Finding) -> Option<&Subject> {
        self.subject(finding.location.subject()?)
    }

    /// A node of a subject.
    pub fn node(&self, subject: usize, id: NodeId) -> Option<&PlanNode> {
        self.subject(subject)?.plan.nodes().get(id.index())
    }

    /// The findings of a node, by their place in the report.
    pub fn findings_of(&self, subject: usize, node: NodeId) -> &[usize] {
        self.facts.get(subject).and_then(|facts| facts.findings.get(&node)).map_or(&[], Vec::as_slice)
    }

    /// A finding by its place.
    pub fn finding(&self, place: usize) -> Option<&Finding> {
        self.report.findings.get(place)
    }

    /// Which node comes from which clause; none where the SQL is not known.
    pub fn clauses(&self, subject: usize) -> Option<&Clauses> {
        let judged = self.subject(subject)?;
        let make = || judged.query.as_deref().map(|query| Clauses::of(query, &judged.plan));
        self.facts.get(subject)?.clauses.get_or_init(make).as_ref()
    }

    /// Whether no sibling follows.
    pub(crate) fn is_last(&self, subject: usize, node: NodeId) -> bool {
        self.facts.get(subject).and_then(|facts| facts.last.get(node.index())).copied().unwrap_or(true)
    }

    /// The levels of the deepest node.
    pub(crate) fn deepest(&self, subject: usize) -> u32 {
        self.facts.get(subject).map_or(0, |facts| facts.deepest)
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
