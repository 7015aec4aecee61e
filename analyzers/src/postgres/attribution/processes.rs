//! What each process of a parallel plan spent where, as its workers report it.

use super::Attribution;
use super::work::gathers;
use crate::postgres::plan::{NodeId, Plan, PlanNode, Run};
use crate::quantity::Ms;

/// A process of a parallel plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// The one that the client talks to.
    Leader,
    /// One that a Gather started; another Gather starts others.
    Worker {
        /// The Gather.
        gather: NodeId,
        /// `Worker 0` and up.
        number: u32,
    },
}

/// Exclusive times of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessTimes {
    /// Whose they are.
    pub process: Process,
    /// By the node's index; zero where the process did not run the node. Compiling just in time is not taken off.
    pub own: Vec<Ms>,
}

impl Attribution {
    /// What each process spent in each node itself, the leader first; empty where no worker reports times (no VERBOSE).
    pub fn processes(&self, plan: &Plan) -> Vec<ProcessTimes> {
        let gathers = gathers(plan);
        let mut processes = vec![Process::Leader];
        for (node, gather) in plan.nodes().iter().zip(&gathers) {
            let Some(gather) = *gather else { continue };
            for worker in node.workers.iter().filter(|worker| worker.run.and_then(|run| run.time).is_some()) {
                let process = Process::Worker { gather, number: worker.number };
                if !processes.contains(&process) {
                    processes.push(process);
                }
            }
        }
        if processes.len() == 1 {
            return Vec::new();
        }
        let times = |process| ProcessTimes { process, own: self.own_of(plan, &gathers, process) };
        processes.into_iter().map(times).collect()
    }

    fn own_of(&self, plan: &Plan, gathers: &[Option<NodeId>], process: Process) -> Vec<Ms> {
        let shared = |node: &PlanNode| inclusive(node, gathers[node.id.index()], process);
        let alone = |node: &PlanNode| self.time(node.id).filter(|_| process == Process::Leader);
        let own = |node: &PlanNode| shared(node).or(alone(node).map(|time| time.own.0)).unwrap_or(0.0);
        let mut times: Vec<f64> = plan.nodes().iter().map(own).collect();
        for node in plan.nodes() {
            let (Some(parent), Some(time)) = (node.parent, shared(node)) else { continue };
            if gathers[parent.index()].is_some() {
                times[parent.index()] -= time;
            } else if process == Process::Leader {
                // In a Gather the leader waits for the slowest, for as long as it does not work below.
                times[parent.index()] += self.time(node.id).map_or(0.0, |slowest| slowest.total.0) - time;
            }
        }
        times.into_iter().map(|own| Ms(own.max(0.0))).collect()
    }
}

/// What a process spent in a node and below, where its Gather shares the node among processes.
fn inclusive(node: &PlanNode, gather: Option<NodeId>, process: Process) -> Option<f64> {
    let gather = gather?;
    let work = |run: &Run| run.time.map_or(0.0, |time| time.total * run.loops);
    let of_workers = || node.workers.iter().filter_map(|worker| Some((worker.number, work(worker.run.as_ref()?))));
    match process {
        Process::Leader => {
            let theirs: f64 = of_workers().map(|(_, time)| time).sum();
            Some((node.run().map_or(0.0, work) - theirs).max(0.0))
        }
        Process::Worker { gather: of, number } if of == gather => {
            Some(of_workers().find(|(worker, _)| *worker == number).map_or(0.0, |(_, time)| time))
        }
        Process::Worker { .. } => None,
    }
}
