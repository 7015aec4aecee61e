//! CTEs and InitPlans: printed below the node that declares them, run inside the node that first asks for them.
//!
//! The time of a producer is in the node that pulls it and in all above. It is moved: off the puller, onto the
//! declaring node, from which the subtraction of children has taken it although it was never in there twice.

use std::collections::BTreeMap;

use super::{Ledger, OwnCounters};
use crate::postgres::counters::Counter;
use crate::postgres::plan::{NodeId, NodeKind, Plan, PlanNode, Property, Role, Value};

/// Each producer of a plan with the nodes that may have pulled it.
pub(super) struct Pulls {
    producers: Vec<Producer>,
}

struct Producer {
    id: NodeId,
    declared_by: NodeId,
    /// Candidates; empty where no reference is printed, and then the declaring node pulled it.
    pullers: Vec<NodeId>,
    /// Whether it runs to its end after the main query, whoever asks (INSERT, UPDATE, DELETE, MERGE in WITH).
    modifies: bool,
}

impl Pulls {
    /// Finds producers and who refers to them.
    pub(super) fn of(plan: &Plan) -> Self {
        let detached = |node: &&PlanNode| matches!(node.role, Some(Role::InitPlan | Role::Cte));
        if !plan.nodes().iter().any(|node| detached(&node)) {
            return Self { producers: Vec::new() };
        }
        let references = References::of(plan);
        let producers = plan.nodes().iter().filter(detached).filter_map(|node| {
            Some(Producer {
                id: node.id,
                declared_by: node.parent?,
                pullers: references.pullers(plan, node),
                modifies: node.kind == NodeKind::ModifyTable,
            })
        });
        let mut producers: Vec<Producer> = producers.collect();
        // An InitPlan has one puller, a CTE several: what is certain is moved first.
        producers.sort_by_key(|producer| plan.node(producer.id).role == Some(Role::Cte));
        Self { producers }
    }

    /// Names and ids of the data-modifying CTEs.
    pub(super) fn modifying(&self) -> impl Iterator<Item = NodeId> {
        self.producers.iter().filter(|producer| producer.modifies).map(|producer| producer.id)
    }

    /// Moves each producer's time from its pullers to the node that declares it.
    pub(super) fn move_times(&self, ledger: &mut Ledger) {
        for producer in &self.producers {
            let mut rest = ledger.total[producer.id.index()];
            for puller in largest_first(&producer.pullers, |id| available(producer, ledger, id)) {
                let taken = rest.min(available(producer, ledger, puller)).max(0.0);
                ledger.own[puller.index()] -= taken;
                ledger.own[producer.declared_by.index()] += taken;
                rest -= taken;
            }
            if producer.modifies {
                ledger.after_root[producer.id.index()] = rest;
                ledger.own[producer.declared_by.index()] += rest;
            }
        }
    }

    /// The same for counters, each by itself.
    pub(super) fn move_counters(&self, own: &mut OwnCounters<'_>) {
        for producer in &self.producers {
            let Some(counters) = own.plan.node(producer.id).counters.as_deref() else { continue };
            for counter in Counter::all() {
                let mut rest = counters[counter];
                if rest <= 0.0 {
                    continue;
                }
                for puller in largest_first(&producer.pullers, |id| own.get(id, counter)) {
                    let taken =
                        if puller == producer.declared_by { rest } else { rest.min(own.get(puller, counter)).max(0.0) };
                    own.of(puller)[counter] -= taken;
                    own.of(producer.declared_by)[counter] += taken;
                    rest -= taken;
                }
                if producer.modifies {
                    own.of(producer.declared_by)[counter] += rest;
                }
            }
        }
    }
}

/// What a puller can give. The subtraction of children has already taken the producer off the declaring node.
fn available(producer: &Producer, ledger: &Ledger, puller: NodeId) -> f64 {
    let own = ledger.own[puller.index()];
    if puller == producer.declared_by { own + ledger.total[producer.id.index()] } else { own }
}

fn largest_first(pullers: &[NodeId], size: impl Fn(NodeId) -> f64) -> Vec<NodeId> {
    let mut sorted = pullers.to_vec();
    sorted.sort_by(|left, right| size(*right).total_cmp(&size(*left)));
    sorted
}

/// Who refers to what, by the words in which EXPLAIN prints references.
struct References {
    /// `$0`, or the name in `(InitPlan 1).col1`, to the nodes whose expressions hold it.
    parameters: BTreeMap<String, Vec<NodeId>>,
    /// The name of a CTE to its scans.
    cte_scans: BTreeMap<String, Vec<NodeId>>,
    /// How often the name of a CTE is declared.
    declared: BTreeMap<String, usize>,
}

impl References {
    fn of(plan: &Plan) -> Self {
        let mut references =
            Self { parameters: BTreeMap::new(), cte_scans: BTreeMap::new(), declared: BTreeMap::new() };
        for node in plan.nodes() {
            if let Some(name) = cte_name(node) {
                *references.declared.entry(name.to_owned()).or_default() += 1;
            }
            if node.kind == NodeKind::CteScan
                && let Some(name) = node.text("CTE Name")
            {
                references.cte_scans.entry(name.to_owned()).or_default().push(node.id);
            }
            for property in &node.properties {
                references.read(node.id, property);
            }
        }
        references
    }

    fn read(&mut self, id: NodeId, property: &Property) {
        match &property.value {
            Value::Text(text) => self.read_text(id, text),
            Value::List(values) => values.iter().filter_map(Value::text).for_each(|text| self.read_text(id, text)),
            _ => {}
        }
    }

    fn read_text(&mut self, id: NodeId, text: &str) {
        for name in parameters(text) {
            let nodes = self.parameters.entry(name.to_owned()).or_default();
            if nodes.last() != Some(&id) {
                nodes.push(id);
            }
        }
    }

    fn pullers(&self, plan: &Plan, producer: &PlanNode) -> Vec<NodeId> {
        let Some(declared_by) = producer.parent else {
            return Vec::new();
        };
        let scope = declared_by.0..declared_by.0 + u32::try_from(plan.subtree(declared_by).len()).unwrap_or(u32::MAX);
        let inside = |id: &NodeId| scope.contains(&id.0) && !is_below(plan, *id, producer);
        if let Some(name) = cte_name(producer) {
            let scans = self.cte_scans.get(name).map_or(&[][..], Vec::as_slice);
            let shadowed = self.declared.get(name).is_some_and(|times| *times > 1);
            let mine = |id: &NodeId| !shadowed || declares(plan, *id, name) == Some(declared_by);
            return scans.iter().copied().filter(inside).filter(mine).collect();
        }
        let mut pullers = Vec::new();
        for name in parameter_names(producer) {
            for &id in self.parameters.get(name).into_iter().flatten().filter(|id| inside(id)) {
                let puller = gather_between(plan, id, declared_by).unwrap_or(id);
                for candidate in std::iter::once(puller).chain(append_above(plan, puller, declared_by)) {
                    if !pullers.contains(&candidate) {
                        pullers.push(candidate);
                    }
                }
            }
        }
        pullers
    }
}

fn is_below(plan: &Plan, id: NodeId, above: &PlanNode) -> bool {
    (above.id.0..above.id.0 + u32::try_from(plan.subtree(above.id).len()).unwrap_or(u32::MAX)).contains(&id.0)
}

/// The nearest node above that declares a CTE of that name.
fn declares(plan: &Plan, scan: NodeId, name: &str) -> Option<NodeId> {
    let declares = |node: &&PlanNode| plan.children(node.id).any(|child| cte_name(child) == Some(name));
    plan.ancestors(scan).find(declares).map(|node| node.id)
}

/// A Gather computes the parameters that its workers need before it starts them.
fn gather_between(plan: &Plan, id: NodeId, above: NodeId) -> Option<NodeId> {
    let below = plan.ancestors(id).take_while(|node| node.id.0 >= above.0);
    below.filter(|node| node.kind.is_gather()).last().map(|node| node.id)
}

/// An Append computes the parameters by which it chooses its inputs at run time.
fn append_above(plan: &Plan, id: NodeId, above: NodeId) -> Option<NodeId> {
    let parent = plan.ancestors(id).next().filter(|parent| parent.id.0 > above.0)?;
    matches!(parent.kind, NodeKind::Append | NodeKind::MergeAppend).then_some(parent.id)
}

fn cte_name(node: &PlanNode) -> Option<&str> {
    if node.role != Some(Role::Cte) {
        return None;
    }
    node.subplan_name.as_deref()?.strip_prefix("CTE ")
}

/// How expressions refer to an InitPlan: `InitPlan 1 (returns $0,$1)` as `$0`, `$1` (to PostgreSQL 16);
/// `InitPlan 1` as `(InitPlan 1).col1`; `InitPlan expr_1` as `(expr_1).col1` (PostgreSQL 19).
fn parameter_names(producer: &PlanNode) -> Vec<&str> {
    let Some(name) = producer.subplan_name.as_deref() else {
        return Vec::new();
    };
    if let Some((_, returns)) = name.split_once(" (returns ") {
        return returns.trim_end_matches(')').split(',').map(str::trim).collect();
    }
    std::iter::once(name).chain(name.strip_prefix("InitPlan ")).collect()
}

/// The parameters in an expression: each `$n`, and each name in `(name).colN`.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let numbered = text.match_indices('$').filter_map(|(at, _)| {
        let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0).then(|| &text[at..=at + digits])
    });
    let named = text.match_indices(").col").filter_map(|(end, _)| {
        let start = text[..end].rfind('(')?;
        Some(&text[start + 1..end])
    });
    numbered.chain(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_is_not_one() {
        let found: Vec<&str> = parameters("((a = $1) AND (b > $10) AND (c < (InitPlan 12).col1))").collect();
        assert_eq!(found, ["$1", "$10", "InitPlan 12"]);
    }
}
