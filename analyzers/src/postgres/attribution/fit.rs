//! Mends negative exclusive times, so that they are never below zero and still add up to the root's.

use super::Ledger;
use crate::postgres::plan::{Plan, PlanNode, Role};

/// A time that was cut to less than this part of itself is marked as approximate.
const NOTICEABLE: f64 = 0.99;

/// Mends the ledger. Returns the ms that were cut beyond what rounding explains.
pub(super) fn fit(plan: &Plan, ledger: &mut Ledger) -> f64 {
    lift(plan, ledger);
    squeeze(plan, ledger)
}

/// A SubPlan in an index key is run when the scan is started anew, which the join above is charged for, not the scan
/// it is printed under. What the scan lacks is taken from the parent, if that has it.
fn lift(plan: &Plan, ledger: &mut Ledger) {
    for node in plan.nodes().iter().rev() {
        let index = node.id.index();
        let Some(parent) = node.parent.map(crate::postgres::NodeId::index) else { continue };
        let has_subplan =
            || plan.children(node.id).any(|child| matches!(child.role, Some(Role::SubPlan | Role::InitPlan)));
        let lacking = -ledger.own[index];
        if lacking > ledger.half[index] && ledger.own[parent] >= lacking && has_subplan() {
            ledger.own[index] = 0.0;
            ledger.own[parent] -= lacking;
        }
    }
}

/// Where children took longer than their parent, they are cut: first within their own rounding (a node of many
/// loops may be off by half a microsecond in each), then in proportion (inputs that ran at the same time).
fn squeeze(plan: &Plan, ledger: &mut Ledger) -> f64 {
    let mut squeezed = 0.0;
    // What a subtree's times are multiplied with: kept at its top, so that deep plans stay linear.
    let mut factor = vec![1.0_f64; plan.nodes().len()];
    let mut total = ledger.own.clone();
    for node in plan.nodes().iter().rev() {
        let index = node.id.index();
        let children: f64 = plan.children(node.id).map(|child| reaching(ledger, &total, child)).sum();
        if ledger.own[index] < 0.0 {
            let lacking = -ledger.own[index];
            let cut = Cut::of(plan, ledger, &total, node, lacking);
            // Workers run on while the nodes above a Gather are busy, and its clock stands still meanwhile: they may
            // take longer than it.
            if !node.kind.is_gather() {
                squeezed += (lacking - cut.rounding - ledger.half[index]).max(0.0);
            }
            for child in plan.children(node.id) {
                let kept = cut.kept(ledger, &total, child);
                factor[child.id.index()] *= kept;
            }
            ledger.own[index] = 0.0;
        }
        // Own and children as they were: what a child lost, this node did not have.
        total[index] = ledger.own[index].max(0.0) + children - lost(plan, ledger, &total, &factor, node);
    }
    for node in plan.nodes() {
        let index = node.id.index();
        if let Some(parent) = node.parent {
            factor[index] *= factor[parent.index()];
        }
        ledger.own[index] *= factor[index];
        ledger.approximate[index] |= factor[index] < NOTICEABLE;
        ledger.after_root[index] *= factor[index];
    }
    squeezed
}

/// The part of a child's time that is within its parent's.
fn reaching(ledger: &Ledger, total: &[f64], child: &PlanNode) -> f64 {
    (total[child.id.index()] - ledger.after_root[child.id.index()]).max(0.0)
}

fn lost(plan: &Plan, ledger: &Ledger, total: &[f64], factor: &[f64], node: &PlanNode) -> f64 {
    plan.children(node.id).map(|child| reaching(ledger, total, child) * (1.0 - factor[child.id.index()])).sum()
}

/// How much is cut from the children of a node.
struct Cut {
    /// What rounding gives, all children together.
    rounding: f64,
    /// The part of each child's rounding that is used, 0 to 1.
    of_rounding: f64,
    /// The part of what is left of each child that is cut, 0 to 1.
    of_rest: f64,
}

impl Cut {
    fn of(plan: &Plan, ledger: &Ledger, total: &[f64], node: &PlanNode, lacking: f64) -> Self {
        let rounding: f64 = plan.children(node.id).map(|child| Self::slack(ledger, total, child)).sum();
        let all: f64 = plan.children(node.id).map(|child| reaching(ledger, total, child)).sum();
        let rest = all - rounding;
        Self {
            rounding,
            of_rounding: if rounding > 0.0 { (lacking / rounding).min(1.0) } else { 0.0 },
            of_rest: if rest > 0.0 { ((lacking - rounding) / rest).clamp(0.0, 1.0) } else { 0.0 },
        }
    }

    fn slack(ledger: &Ledger, total: &[f64], child: &PlanNode) -> f64 {
        ledger.half[child.id.index()].min(reaching(ledger, total, child))
    }

    /// The part of a child's time that is left.
    fn kept(&self, ledger: &Ledger, total: &[f64], child: &PlanNode) -> f64 {
        let whole = reaching(ledger, total, child);
        if whole <= 0.0 {
            return 1.0;
        }
        let slack = Self::slack(ledger, total, child);
        let cut = slack * self.of_rounding + (whole - slack) * self.of_rest;
        (1.0 - cut / whole).max(0.0)
    }
}
