//! What each node has of a measure: its own part, with all below, and the whole.

use perf_look_analyzers::Subject;
use perf_look_analyzers::flame::{Flame, Measure};
use perf_look_analyzers::postgres::NodeId;

use crate::measure::{own_time_or_cost, part, total_time_or_cost, whole};

/// Numbers of all nodes by one measure.
#[derive(Debug, Clone, Default)]
pub struct Widths {
    own: Vec<f64>,
    total: Vec<f64>,
    /// The whole that shares are parts of.
    pub whole: f64,
    /// What is in no node: of each frame beside the tree, in the order of the attribution; none where it has none.
    pub frames: Vec<Option<f64>>,
    /// Nodes by their own part, most first.
    pub hottest: Vec<NodeId>,
}

impl Widths {
    /// The numbers of a subject; nothing where the plan does not have the measure.
    pub fn of(subject: &Subject, measure: Measure) -> Self {
        let nodes = subject.plan.nodes().iter().map(|node| node.id);
        // What the attribution holds already.
        let widths = if measure == Measure::of_choice(&subject.plan) {
            let own = nodes.clone().map(|id| own_time_or_cost(subject, id)).collect();
            let total = nodes.map(|id| total_time_or_cost(subject, id)).collect();
            let frames = subject.attribution.frames.iter();
            let frames = frames.map(|frame| Some(frame.own.0).filter(|_| measure == Measure::Wall)).collect();
            Self { own, total, whole: whole(subject), frames, ..Self::default() }
        } else {
            Self::of_flame(subject, measure)
        };
        widths.sorted()
    }

    fn of_flame(subject: &Subject, measure: Measure) -> Self {
        let count = subject.plan.nodes().len();
        let mut widths = Self { own: vec![0.0; count], total: vec![0.0; count], ..Self::default() };
        let Ok(flame) = Flame::of(subject, measure) else { return widths };
        for frame in flame.frames() {
            if let Some(node) = frame.node {
                widths.own[node.index()] = frame.own;
                widths.total[node.index()] = frame.total;
            }
        }
        widths.whole = flame.root().total;
        let own = |name: &str| {
            let named = flame.frames().iter().find(|frame| frame.node.is_none() && frame.label == name);
            named.map(|frame| frame.own).filter(|own| *own > 0.0)
        };
        widths.frames = subject.attribution.frames.iter().map(|frame| own(&frame.name)).collect();
        widths
    }

    fn sorted(mut self) -> Self {
        let ids = (0..self.own.len()).filter_map(|index| u32::try_from(index).ok());
        self.hottest = ids.map(NodeId).collect();
        self.hottest.sort_by(|left, right| self.own[right.index()].total_cmp(&self.own[left.index()]));
        self
    }

    /// A node's own part.
    pub fn own(&self, id: NodeId) -> f64 {
        self.own.get(id.index()).copied().unwrap_or(0.0)
    }

    /// A node's part with all below it.
    pub fn total(&self, id: NodeId) -> f64 {
        self.total.get(id.index()).copied().unwrap_or(0.0)
    }

    /// What a frame beside the tree has of it.
    pub fn frame(&self, place: usize) -> Option<f64> {
        self.frames.get(place).copied().flatten()
    }

    /// What all nodes have together.
    pub fn in_nodes(&self) -> f64 {
        self.own.iter().sum()
    }

    /// A node's own part of the whole, 0 to 1.
    pub fn share(&self, id: NodeId) -> f64 {
        part(self.own(id), self.whole)
    }
}
