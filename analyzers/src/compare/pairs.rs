//! Pairs of nodes in the order in which they are shown, and what changed in each.

use super::align::{Alignment, Cover, Step};
use super::conditions::{self, Names};
use crate::postgres::NodeId;
use crate::postgres::plan::{Plan, PlanNode, Role};

/// A node before and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// None: it is new.
    pub before: Option<NodeId>,
    /// None: it is gone.
    pub after: Option<NodeId>,
    /// What changed.
    pub change: Change,
    /// Conditions that are checked elsewhere than before.
    pub moved: Vec<Moved>,
}

/// What changed between two nodes that are one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing of the plan's shape.
    Same,
    /// The same rows are read another way: another kind of scan, another index.
    AccessPath,
    /// The same relations are joined by another method.
    JoinMethod,
    /// The same method, with another meaning: a semi-join that became an inner one.
    JoinType,
    /// The same method, with its inputs exchanged.
    JoinSides,
    /// Another way to sort, group or append.
    Method,
    /// Whether workers share it.
    Parallel,
    /// A step that was not there.
    New,
    /// A step that is not there any more.
    Gone,
    /// New or gone as a part of what changed above it: the Hash of a hash join, the bitmaps of a bitmap scan.
    Belongs,
}

impl Change {
    /// The words of every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::AccessPath => "access path",
            Self::JoinMethod => "join method",
            Self::JoinType => "join type",
            Self::JoinSides => "join sides",
            Self::Method => "method",
            Self::Parallel => "parallel",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Belongs => "belongs to the change above",
        }
    }

    /// Whether it is a change of its own.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Same | Self::Belongs)
    }
}

/// A condition that is checked elsewhere than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// As the plan after prints it.
    pub condition: String,
    /// Where it was: `Index Cond`.
    pub from: &'static str,
    /// Where it is: `Filter`.
    pub to: &'static str,
}

/// All pairs: in the order of the plan before, what is new behind what it follows in the plan after.
pub(super) fn pairs(before: &Plan, after: &Plan, alignment: &Alignment) -> Vec<Pair> {
    let pairing = Pairing { before, after, alignment, names: Names::of(before, after, alignment) };
    let mut pairs = Vec::with_capacity(before.nodes().len().max(after.nodes().len()));
    pairing.new_from(0, &mut pairs);
    for old in before.nodes() {
        match alignment.after[old.id.index()] {
            Some(new) => {
                pairs.push(pairing.pair(old, after.node(new)));
                pairing.new_from(new.index() + 1, &mut pairs);
            }
            None => pairs.push(pairing.gone(old)),
        }
    }
    pairs
}

struct Pairing<'p> {
    before: &'p Plan,
    after: &'p Plan,
    alignment: &'p Alignment,
    names: Names<'p>,
}

impl Pairing<'_> {
    fn pair(&self, old: &PlanNode, new: &PlanNode) -> Pair {
        let moved = conditions::moved(&self.names, old, new);
        Pair { before: Some(old.id), after: Some(new.id), change: self.change(old, new), moved }
    }

    /// The nodes that nothing became, from a place up to the next that something did.
    fn new_from(&self, place: usize, pairs: &mut Vec<Pair>) {
        let rest = self.after.nodes().iter().skip(place);
        for node in rest.take_while(|node| self.alignment.before[node.id.index()].is_none()) {
            let above = node.parent.and_then(|parent| Some((self.alignment.before[parent.index()]?, parent)));
            let belongs = is_part(node) && above.is_none_or(|(old, new)| self.is_changed(old, new));
            let change = if belongs { Change::Belongs } else { Change::New };
            pairs.push(Pair { before: None, after: Some(node.id), change, moved: Vec::new() });
        }
    }

    fn gone(&self, node: &PlanNode) -> Pair {
        let above = node.parent.and_then(|parent| Some((parent, self.alignment.after[parent.index()]?)));
        let belongs = is_part(node) && above.is_none_or(|(old, new)| self.is_changed(old, new));
        let change = if belongs { Change::Belongs } else { Change::Gone };
        Pair { before: Some(node.id), after: None, change, moved: Vec::new() }
    }

    fn is_changed(&self, old: NodeId, new: NodeId) -> bool {
        self.change(self.before.node(old), self.after.node(new)) != Change::Same
    }

    fn change(&self, old: &PlanNode, new: &PlanNode) -> Change {
        match (Step::of(old), Step::of(new)) {
            (Step::Scan, Step::Scan) if old.kind != new.kind || old.index != new.index => Change::AccessPath,
            (Step::Scan, Step::Scan) if old.type_name != new.type_name => Change::AccessPath,
            (Step::Bitmap, Step::Bitmap) if old.index != new.index => Change::AccessPath,
            (Step::Join, Step::Join) if old.kind != new.kind => Change::JoinMethod,
            (Step::Join, Step::Join) if self.sides_changed(old, new) => Change::JoinSides,
            (Step::Join, Step::Join) if old.type_name != new.type_name => Change::JoinType,
            (Step::Join, Step::Join) => parallel(old, new),
            _ if old.type_name != new.type_name => Change::Method,
            _ => parallel(old, new),
        }
    }

    /// Whether the outer input covers something else; the join as a whole covers the same.
    fn sides_changed(&self, old: &PlanNode, new: &PlanNode) -> bool {
        let outer = |plan: &Plan, covers: &[Cover], node: &PlanNode| {
            plan.child(node.id, Role::Outer).map(|child| covers[child.id.index()]).filter(|cover| *cover != 0)
        };
        let was = outer(self.before, &self.alignment.covers_before, old);
        let is = outer(self.after, &self.alignment.covers_after, new);
        was.is_some() && is.is_some() && was != is
    }
}

/// Nodes that are there only for the one above.
fn is_part(node: &PlanNode) -> bool {
    matches!(Step::of(node), Step::Hash | Step::Bitmap)
}

fn parallel(old: &PlanNode, new: &PlanNode) -> Change {
    if old.parallel == new.parallel { Change::Same } else { Change::Parallel }
}
