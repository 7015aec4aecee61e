//! One statement in both reports: its nodes pair by pair, and what else differs.

use std::collections::BTreeMap;

use super::align::{self, Alignment, Cover, Step};
use super::context::{self, Noise, Setting, Tables};
use super::outside::{self, Outside};
use super::pairs::{self, Pair};
use crate::finding::Finding;
use crate::postgres::NodeId;
use crate::postgres::plan::{Plan, PlanNode, Role};
use crate::quantity::Ms;
use crate::report::{Report, Subject};

/// What became of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The index of the subject before.
    pub before: usize,
    /// The index of the subject after.
    pub after: usize,
    /// Every node of both plans, once.
    pub pairs: Vec<Pair>,
    /// What is outside the nodes, in both or in one. With the pairs it adds up to the difference of the executions.
    pub outside: Vec<Outside>,
    /// In which order tables are joined.
    pub join_order: JoinOrder,
    /// Findings that are gone: indices into the report before.
    pub fixed: Vec<usize>,
    /// Findings that were not there: indices into the report after.
    pub new: Vec<usize>,
    /// Findings that are in both: indices into the reports before and after.
    pub remaining: Vec<(usize, usize)>,
    /// Settings that differ.
    pub settings: Vec<Setting>,
    /// How large the tables were.
    pub tables: Tables,
    /// Whether times can be told apart.
    pub noise: Noise,
}

/// In which order tables are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinOrder {
    /// Nothing is joined.
    NoJoins,
    /// The same tables are joined with each other.
    Same,
    /// The leaves in the order in which each plan comes to them.
    Changed(Vec<String>, Vec<String>),
}

/// The figures of a node; none where the node is not there or was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Its own time.
    pub own: Option<Ms>,
    /// Rows that it gave, all loops.
    pub rows: Option<f64>,
    /// Blocks that it asked for itself.
    pub blocks: Option<f64>,
}

impl Difference {
    pub(super) fn of(before: &Report, old: usize, after: &Report, new: usize) -> Self {
        let (was, is) = (&before.subjects[old], &after.subjects[new]);
        let alignment = align::align(&was.plan, &is.plan);
        let pairs = pairs::pairs(&was.plan, &is.plan, &alignment);
        let findings = Findings { before, old, after, new, alignment: &alignment };
        Self {
            before: old,
            after: new,
            join_order: join_order(was, is, &alignment),
            fixed: findings.gone(),
            new: findings.come(),
            remaining: findings.remaining(),
            settings: context::settings(was, is),
            outside: outside::outside(was, is),
            tables: context::tables(&was.plan, &is.plan, &pairs),
            noise: Noise::of(was, is),
            pairs,
        }
    }

    /// How many steps changed; what only belongs to a change is not counted.
    pub fn changes(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.change.counts() || !pair.moved.is_empty()).count()
    }

    /// The part of the execution outside the nodes whose time changed most, if any did.
    pub fn largest_outside(&self) -> Option<&Outside> {
        let executed = self.outside.iter().filter(|outside| outside.is_executed() && outside.is_placed());
        let change = |outside: &&Outside| outside.delta().0.abs();
        let largest = executed.max_by(|left, right| change(left).total_cmp(&change(right)))?;
        (change(&largest) > 0.0).then_some(largest)
    }

    /// The pair that a node before is in.
    pub fn pair_before(&self, id: NodeId) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.before == Some(id))
    }

    /// The pair that a node after is in.
    pub fn pair_after(&self, id: NodeId) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.after == Some(id))
    }
}

impl Figures {
    /// The figures of a subject's node.
    pub fn of(subject: &Subject, node: Option<NodeId>) -> Self {
        let Some(id) = node else { return Self::default() };
        let node = subject.plan.node(id);
        Self {
            own: subject.attribution.time(id).map(|time| time.own),
            rows: node.rows().map(crate::quantity::Interval::mid),
            blocks: subject.attribution.own_counters(node).map(crate::postgres::counters::Counters::touched_blocks),
        }
    }
}

/// Findings are the same where one rule speaks of one step.
struct Findings<'a> {
    before: &'a Report,
    old: usize,
    after: &'a Report,
    new: usize,
    alignment: &'a Alignment,
}

impl Findings<'_> {
    /// The finding before that is this one after.
    fn counterpart(&self, finding: &Finding) -> Option<usize> {
        let node = finding.location.node().map(|node| self.alignment.before[node.index()]);
        let same = |old: &Finding| {
            let step = match node {
                None => old.location.node().is_none(),
                Some(node) => node.is_some() && old.location.node() == node,
            };
            step && old.location.is_in(self.old) && old.rule == finding.rule
        };
        self.before.findings.iter().position(same)
    }

    /// The findings after, each with what it was.
    fn found(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let findings = self.after.findings.iter().enumerate();
        let here = findings.filter(|(_, finding)| finding.location.is_in(self.new));
        here.map(|(place, finding)| (place, self.counterpart(finding)))
    }

    fn remaining(&self) -> Vec<(usize, usize)> {
        self.found().filter_map(|(new, old)| Some((old?, new))).collect()
    }

    fn come(&self) -> Vec<usize> {
        self.found().filter(|(_, old)| old.is_none()).map(|(new, _)| new).collect()
    }

    fn gone(&self) -> Vec<usize> {
        let remaining = self.remaining();
        let findings = self.before.findings.iter().enumerate();
        let gone = findings.filter(|(place, finding)| {
            finding.location.is_in(self.old) && remaining.iter().all(|(old, _)| old != place)
        });
        gone.map(|(place, _)| place).collect()
    }
}

/// The order is the same where the same sets of tables are joined, whichever side each is on.
fn join_order(was: &Subject, is: &Subject, alignment: &Alignment) -> JoinOrder {
    let (joined_before, joined_after) =
        (joined(&was.plan, &alignment.covers_before), joined(&is.plan, &alignment.covers_after));
    if joined_before.is_empty() && joined_after.is_empty() {
        return JoinOrder::NoJoins;
    }
    // Of a join that only one plan has there is no order to compare.
    let differs = joined_before.iter().any(|(cover, _)| !joined_after.contains_key(cover))
        && joined_after.iter().any(|(cover, _)| !joined_before.contains_key(cover));
    if differs { JoinOrder::Changed(leaves(&was.plan), leaves(&is.plan)) } else { JoinOrder::Same }
}

/// The sets that are joined, with how often.
fn joined(plan: &Plan, covers: &[Cover]) -> BTreeMap<Cover, usize> {
    let mut joined = BTreeMap::new();
    for node in plan.nodes().iter().filter(|node| Step::of(node) == Step::Join) {
        *joined.entry(covers[node.id.index()]).or_default() += 1;
    }
    joined
}

/// The aliases below joins, in the order in which a plan comes to them.
fn leaves(plan: &Plan) -> Vec<String> {
    let below_a_join = |node: &&PlanNode| plan.ancestors(node.id).any(|above| Step::of(above) == Step::Join);
    let named = plan.nodes().iter().filter(below_a_join).filter(|node| {
        Step::of(node) != Step::Bitmap && !matches!(node.role, Some(Role::SubPlan | Role::InitPlan | Role::Cte))
    });
    let name = |node: &PlanNode| node.alias.as_deref().or(node.relation.as_deref()).map(str::to_owned);
    named.filter_map(name).collect()
}
