//! Inclusive wall time of each node: of the process that the Gather above waited for.
//!
//! Below a Gather, `Actual Total Time` is an average over processes and their loops, so time x
//! loops is work, not wall time. With VERBOSE each worker's share is printed and the leader's is the
//! rest: the process that took longest in Gather's child is the critical one, and its numbers stand for the
//! subtree. They are additive, since they were measured by one clock. Without them, work is divided by the
//! number of processes that ran Gather's child.

use crate::postgres::plan::{Plan, PlanNode, Role, Run};

/// EXPLAIN prints ms with three decimals.
const HALF_A_DIGIT: f64 = 0.000_5;

/// A node's inclusive wall time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wall {
    /// In ms.
    pub(super) total: f64,
    /// How far rounding can have moved it, in ms.
    pub(super) half: f64,
    /// Whether processes were averaged.
    pub(super) approximate: bool,
}

/// Which process's time counts below a node.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Process {
    /// All there is: not below a Gather.
    Only,
    /// The leader was the slowest.
    Leader,
    /// That worker was the slowest.
    Worker(u32),
    /// No numbers per worker: so many processes share the work.
    Average(f64),
}

/// The wall times of all nodes, by index.
pub(super) fn walls(plan: &Plan) -> Vec<Wall> {
    let mut below: Vec<Process> = Vec::with_capacity(plan.nodes().len());
    let mut walls = Vec::with_capacity(plan.nodes().len());
    for node in plan.nodes() {
        let process = node.parent.map_or(Process::Only, |parent| inherited(node, below[parent.index()]));
        walls.push(wall(node, process));
        below.push(if node.kind.is_gather() { critical(plan, node) } else { process });
    }
    walls
}

/// InitPlans and CTEs run in the leader alone, unless workers report them.
fn inherited(node: &PlanNode, above: Process) -> Process {
    let detached = matches!(node.role, Some(Role::InitPlan | Role::Cte));
    if detached && node.workers.iter().all(|worker| worker.run.is_none()) { Process::Only } else { above }
}

fn wall(node: &PlanNode, process: Process) -> Wall {
    let work = |run: &Run| run.time.map_or(0.0, |time| time.total * run.loops);
    let Some(run) = node.run() else {
        return Wall { total: 0.0, half: 0.0, approximate: false };
    };
    let half = HALF_A_DIGIT * run.loops;
    let workers = || node.workers.iter().filter_map(|worker| Some((worker.number, worker.run.as_ref()?)));
    match process {
        Process::Only => Wall { total: work(run), half, approximate: false },
        Process::Average(processes) => Wall { total: work(run) / processes, half: half / processes, approximate: true },
        Process::Worker(number) => match workers().find(|(worker, _)| *worker == number) {
            Some((_, run)) => Wall { total: work(run), half: HALF_A_DIGIT * run.loops, approximate: false },
            // This worker never ran the node.
            None => Wall { total: 0.0, half: 0.0, approximate: false },
        },
        Process::Leader => {
            let theirs: f64 = workers().map(|(_, run)| work(run)).sum();
            Wall { total: (work(run) - theirs).max(0.0), half: 2.0 * half, approximate: false }
        }
    }
}

/// The process that a Gather waited for.
fn critical(plan: &Plan, gather: &PlanNode) -> Process {
    let Some(child) = plan.child(gather.id, Role::Outer) else {
        return Process::Only;
    };
    let (Some(run), Some(gather_run)) = (child.run(), gather.run()) else {
        return Process::Only;
    };
    if gather.number("Workers Launched") == Some(0.0) {
        return Process::Only;
    }
    let mut slowest = (Process::Leader, wall(child, Process::Leader).total);
    let mut told = false;
    for worker in &child.workers {
        let Some(time) = worker.run.and_then(|run| Some(run.time?.total * run.loops)) else { continue };
        told = true;
        if time > slowest.1 {
            slowest = (Process::Worker(worker.number), time);
        }
    }
    if told {
        return slowest.0;
    }
    // Launched + 1 would be wrong where the leader does not take part (parallel_leader_participation, single copy).
    Process::Average((run.loops / gather_run.loops).max(1.0))
}
