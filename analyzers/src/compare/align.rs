//! Which node of one plan is which of the other.
//!
//! Leaves are matched first: by the relation and its alias in the same kind of subplan, then without regard to the
//! subplan, then by the relation alone. Each pair of leaves gets a token, and a node covers the tokens of its inputs.
//! Nodes that cover the same and do the same kind of work are one step, whatever method each plan chose. Linear but for
//! the sorting of keys.

use std::collections::BTreeMap;

use super::conditions;
use crate::postgres::plan::{Plan, PlanNode, Role};
use crate::postgres::{NodeId, NodeKind};

/// For each node of one plan its counterpart in the other.
#[derive(Debug)]
pub(super) struct Alignment {
    /// By the index of the node before.
    pub(super) after: Vec<Option<NodeId>>,
    /// By the index of the node after.
    pub(super) before: Vec<Option<NodeId>>,
    /// What each node covers, before.
    pub(super) covers_before: Vec<Cover>,
    /// What each node covers, after.
    pub(super) covers_after: Vec<Cover>,
}

/// The leaves below a node as a sum of their tokens: the same for the same leaves in any order.
pub(super) type Cover = u128;

/// CTEs that read CTEs are looked through so many times.
const NESTED: usize = 4;

/// What kind of step a node is, whatever method it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Scan,
    /// Bitmap nodes below the heap scan that they belong to.
    Bitmap,
    Join,
    Aggregate,
    Sort,
    Append,
    Gather,
    Hash,
    Keep,
    Other,
}

impl Step {
    pub(super) fn of(node: &PlanNode) -> Self {
        match node.kind {
            NodeKind::BitmapAnd | NodeKind::BitmapOr | NodeKind::BitmapIndexScan => Self::Bitmap,
            NodeKind::HashJoin | NodeKind::MergeJoin | NodeKind::NestedLoop => Self::Join,
            NodeKind::Aggregate(_) | NodeKind::Group | NodeKind::Unique => Self::Aggregate,
            NodeKind::Sort | NodeKind::IncrementalSort => Self::Sort,
            NodeKind::Append | NodeKind::MergeAppend => Self::Append,
            NodeKind::Gather | NodeKind::GatherMerge => Self::Gather,
            NodeKind::Hash => Self::Hash,
            NodeKind::Memoize | NodeKind::Materialize => Self::Keep,
            NodeKind::BitmapHeapScan
            | NodeKind::IndexOnlyScan
            | NodeKind::IndexScan
            | NodeKind::SampleScan
            | NodeKind::SeqScan
            | NodeKind::TidRangeScan
            | NodeKind::TidScan => Self::Scan,
            _ => Self::Other,
        }
    }
}

/// Matches the nodes of two plans.
pub(super) fn align(before: &Plan, after: &Plan) -> Alignment {
    let mut matching = Matching::new(before, after);
    matching.leaves();
    matching.cover();
    matching.inner();
    matching.by_position();
    Alignment {
        after: matching.after,
        before: matching.before,
        covers_before: matching.covers_before,
        covers_after: matching.covers_after,
    }
}

struct Matching<'p> {
    plans: (&'p Plan, &'p Plan),
    after: Vec<Option<NodeId>>,
    before: Vec<Option<NodeId>>,
    covers_before: Vec<Cover>,
    covers_after: Vec<Cover>,
}

impl<'p> Matching<'p> {
    fn new(before: &'p Plan, after: &'p Plan) -> Self {
        Self {
            plans: (before, after),
            after: vec![None; before.nodes().len()],
            before: vec![None; after.nodes().len()],
            covers_before: Vec::new(),
            covers_after: Vec::new(),
        }
    }

    fn pair(&mut self, old: NodeId, new: NodeId) {
        self.after[old.index()] = Some(new);
        self.before[new.index()] = Some(old);
    }

    /// Pairs free nodes of the same key, in the order of the plans.
    fn pair_by<K: Ord>(
        &mut self,
        key_before: impl Fn(&'p PlanNode) -> Option<K>,
        key_after: impl Fn(&'p PlanNode) -> Option<K>,
    ) {
        let mut places: BTreeMap<K, Vec<NodeId>> = BTreeMap::new();
        for node in self.plans.0.nodes().iter().rev().filter(|node| self.after[node.id.index()].is_none()) {
            if let Some(key) = key_before(node) {
                places.entry(key).or_default().push(node.id);
            }
        }
        let free: Vec<NodeId> =
            self.plans.1.nodes().iter().map(|node| node.id).filter(|id| self.before[id.index()].is_none()).collect();
        for new in free {
            let Some(key) = key_after(self.plans.1.node(new)) else { continue };
            if let Some(old) = places.get_mut(&key).and_then(Vec::pop) {
                self.pair(old, new);
            }
        }
    }

    fn leaves(&mut self) {
        let (before, after) = self.plans;
        let scopes = (scopes(before), scopes(after));
        let leaf = |plan: &'p Plan, node: &'p PlanNode| is_leaf(plan, node).then(|| name(node));
        let asked = (Asked::of(before), Asked::of(after));
        self.pair_by(
            |node| Some((leaf(before, node)?, node.alias.as_deref(), asked.0.of_many(node)?)),
            |node| Some((leaf(after, node)?, node.alias.as_deref(), asked.1.of_many(node)?)),
        );
        // Which of several is `orders_1` depends on where each stands in the statement.
        self.pair_by(
            |node| Some((leaf(before, node)?, scopes.0[node.id.index()], asked.0.of_numbered(node)?)),
            |node| Some((leaf(after, node)?, scopes.1[node.id.index()], asked.1.of_numbered(node)?)),
        );
        self.pair_by(
            |node| Some((leaf(before, node)?, node.alias.as_deref(), scopes.0[node.id.index()])),
            |node| Some((leaf(after, node)?, node.alias.as_deref(), scopes.1[node.id.index()])),
        );
        self.pair_by(
            |node| Some((leaf(before, node)?, node.alias.as_deref())),
            |node| Some((leaf(after, node)?, node.alias.as_deref())),
        );
        self.pair_by(|node| leaf(before, node), |node| leaf(after, node));
    }

    /// Sums up tokens. A leaf that only one plan has (a partition that was pruned, a join that was removed) counts for
    /// nothing, or no node above it would have a counterpart.
    fn cover(&mut self) {
        let paired = (&self.after, &self.before);
        self.covers_before = covers(self.plans.0, |id| paired.0[id.index()].map(|_| id));
        self.covers_after = covers(self.plans.1, |id| paired.1[id.index()]);
    }

    fn inner(&mut self) {
        let (covers_before, covers_after) = (self.covers_before.clone(), self.covers_after.clone());
        let covers = (&covers_before, &covers_after);
        let covered = |covers: &[Cover], node: &PlanNode| Some(covers[node.id.index()]).filter(|cover| *cover != 0);
        let exact = |covers: &[Cover], node: &'p PlanNode| {
            Some((covered(covers, node)?, Step::of(node), &*node.type_name, node.index.as_deref()))
        };
        self.pair_by(|node| exact(covers.0, node), |node| exact(covers.1, node));
        let same_type =
            |covers: &[Cover], node: &'p PlanNode| Some((covered(covers, node)?, Step::of(node), &*node.type_name));
        self.pair_by(|node| same_type(covers.0, node), |node| same_type(covers.1, node));
        // `Other` is no kind of work of its own: there only the same type is the same step.
        let step = |covers: &[Cover], node: &PlanNode| {
            Some((covered(covers, node)?, Some(Step::of(node)).filter(|step| *step != Step::Other)?))
        };
        self.pair_by(|node| step(covers.0, node), |node| step(covers.1, node));
    }

    /// What is left: the same type below nodes that are one step, or at the top.
    fn by_position(&mut self) {
        let (before, after) = self.plans;
        let key =
            |parent: Option<NodeId>, node: &PlanNode| (parent, node.type_name.to_string(), node.role.map(Role::as_str));
        let mut free: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        for node in before.nodes().iter().rev().filter(|node| self.after[node.id.index()].is_none()) {
            free.entry(key(node.parent, node)).or_default().push(node.id);
        }
        for node in after.nodes() {
            let parent = node.parent.map(|parent| self.before[parent.index()]);
            if self.before[node.id.index()].is_some() || Step::of(node) == Step::Join || parent == Some(None) {
                continue;
            }
            if let Some(old) = free.get_mut(&key(parent.flatten(), node)).and_then(Vec::pop) {
                self.pair(old, node.id);
            }
        }
    }
}

/// A node without inputs, but for the bitmap nodes: those belong to the heap scan above them.
fn is_leaf(plan: &Plan, node: &PlanNode) -> bool {
    node.kind == NodeKind::BitmapHeapScan || (Step::of(node) != Step::Bitmap && inputs(plan, node).next().is_none())
}

/// The children that a node takes its rows from.
fn inputs<'p>(plan: &'p Plan, node: &PlanNode) -> impl Iterator<Item = &'p PlanNode> {
    plan.children(node.id).filter(|child| matches!(child.role, Some(Role::Outer | Role::Inner | Role::Member)))
}

/// What a leaf reads: a table, a function, a CTE; else what it is.
fn name(node: &PlanNode) -> &str {
    node.relation.as_deref().or(node.alias.as_deref()).unwrap_or(&node.type_name)
}

/// What is asked of relations that a plan reads more than once.
struct Asked<'p> {
    /// How often each relation is read.
    read: BTreeMap<&'p str, usize>,
}

impl<'p> Asked<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut read = BTreeMap::new();
        for relation in
            plan.nodes().iter().filter(|node| is_leaf(plan, node)).filter_map(|node| node.relation.as_deref())
        {
            *read.entry(relation).or_default() += 1;
        }
        Self { read }
    }

    /// The conditions on a relation that is read more than once.
    fn of_many(&self, node: &PlanNode) -> Option<Vec<String>> {
        self.read.get(node.relation.as_deref()?).filter(|times| **times > 1)?;
        Some(conditions::of_leaf(node)).filter(|conditions| !conditions.is_empty())
    }

    /// The same, where Postgres numbered the alias.
    fn of_numbered(&self, node: &PlanNode) -> Option<Vec<String>> {
        let relation = node.relation.as_deref()?;
        let rest = node.alias.as_deref().map_or(Some(""), |alias| alias.strip_prefix(relation))?;
        let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        let is_numbered = rest.is_empty() || rest.strip_prefix('_').is_some_and(is_number);
        self.of_many(node).filter(|_| is_numbered)
    }
}

/// The kind of subplan that each node is in, and the CTE's name: `CTE recent`, `SubPlan`, nothing for the main query.
fn scopes(plan: &Plan) -> Vec<&str> {
    let mut scopes: Vec<&str> = Vec::with_capacity(plan.nodes().len());
    for node in plan.nodes() {
        let scope = match node.role {
            Some(Role::Cte) => node.subplan_name.as_deref().unwrap_or("CTE"),
            // Their numbers are not the same in all versions.
            Some(Role::InitPlan) => "InitPlan",
            Some(Role::SubPlan) => "SubPlan",
            _ => node.parent.map_or("", |parent| scopes[parent.index()]),
        };
        scopes.push(scope);
    }
    scopes
}

/// What each node covers. `token_of` gives a leaf the id that both plans know it by. A scan of a CTE that only one plan
/// has covers what the CTE does: the other plan has the same query in its place.
fn covers(plan: &Plan, token_of: impl Fn(NodeId) -> Option<NodeId>) -> Vec<Cover> {
    let queries: Vec<(NodeId, NodeId)> =
        scans_of_ctes(plan).into_iter().filter(|(scan, _)| token_of(*scan).is_none()).collect();
    let mut within: BTreeMap<NodeId, Cover> = BTreeMap::new();
    let mut covers = sums(plan, |id| token_of(id).map_or(0, token));
    for _ in 0..if queries.is_empty() { 0 } else { NESTED } {
        within.extend(queries.iter().map(|(scan, query)| (*scan, covers[query.index()])));
        covers = sums(plan, |id| token_of(id).map_or_else(|| within.get(&id).copied().unwrap_or(0), token));
    }
    covers
}

/// The scans of CTEs with what they read: of several of one name the last before the scan.
fn scans_of_ctes(plan: &Plan) -> Vec<(NodeId, NodeId)> {
    let (mut queries, mut scans) = (BTreeMap::new(), Vec::new());
    for node in plan.nodes() {
        let declared = node.subplan_name.as_deref().and_then(|name| name.strip_prefix("CTE "));
        if let Some(name) = declared.filter(|_| node.role == Some(Role::Cte)) {
            queries.insert(name, node.id);
        }
        let read = node.text("CTE Name").filter(|_| node.kind == NodeKind::CteScan);
        scans.extend(read.and_then(|name| Some((node.id, *queries.get(name)?))));
    }
    scans
}

/// Sums up what leaves count for.
fn sums(plan: &Plan, leaf: impl Fn(NodeId) -> Cover) -> Vec<Cover> {
    let mut covers: Vec<Cover> = vec![0; plan.nodes().len()];
    for node in plan.nodes().iter().rev() {
        let index = node.id.index();
        if is_leaf(plan, node) {
            covers[index] = leaf(node.id);
        }
        let feeds = matches!(node.role, Some(Role::Outer | Role::Inner | Role::Member));
        if let Some(parent) = node.parent.filter(|parent| feeds && !is_leaf(plan, plan.node(*parent))) {
            covers[parent.index()] = covers[parent.index()].wrapping_add(covers[index]);
        }
    }
    for node in plan.nodes().iter().filter(|node| Step::of(node) == Step::Bitmap) {
        if let Some(parent) = node.parent {
            covers[node.id.index()] = covers[parent.index()];
        }
    }
    covers
}

/// Far apart for ids that are close together, so that sums of different leaves differ (splitmix64, twice).
fn token(id: NodeId) -> Cover {
    let mix = |seed: u64| {
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let first = mix(u64::from(id.0) + 1);
    u128::from(first) << 64 | u128::from(mix(first))
}
