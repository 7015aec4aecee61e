//! Two flame graphs in one, of plans or of pages: the frames of both, so that what vanished stays to be seen.

use std::collections::BTreeMap;

use super::{Flame, Frame, FrameId, Measure, Unavailable, page};
use crate::Comparison;
use crate::compare::pages::Addresses;
use crate::compare::{Difference, Noise, counterparts_outside};
use crate::postgres::NodeId;
use crate::web::Page;

/// The frames of two plans or pages, each drawn once.
#[derive(Debug, Clone, PartialEq)]
pub struct Differential {
    /// What the widths are.
    pub measure: Measure,
    /// Pre-order: a frame stands before those that it holds.
    frames: Vec<Twin>,
    /// Whether differences can be told from noise.
    pub noise: Noise,
    /// What a reader should know of either side.
    pub notes: Vec<String>,
}

/// A frame before and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// `#3 Index Scan on orders`, as in the plan after; `was #2 Gather` where it is gone. Not yet safe to show.
    pub label: String,
    /// What it was, where that is another label.
    pub was: Option<String>,
    /// Where it is to be found.
    pub side: Side,
    /// The frame that holds it.
    pub parent: Option<FrameId>,
    /// How many frames hold it.
    pub depth: u32,
    /// Charged to itself before; zero where it was not there.
    pub own_before: f64,
    /// Charged to itself after; zero where it is gone.
    pub own_after: f64,
}

/// On which side a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both plans.
    Both,
    /// In the plan before only.
    Gone,
    /// In the plan after only.
    New,
}

/// What the width of a frame of a differential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Widths {
    /// The larger of the two, so that nothing vanishes.
    #[default]
    Larger,
    /// As it was.
    Before,
    /// As it is.
    After,
}

impl Widths {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Larger, Self::Before, Self::After];

    /// The word of flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Larger => "larger",
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// The widths of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|widths| widths.name() == name)
    }
}

impl Twin {
    /// How wide its own part is drawn.
    pub fn own(&self, widths: Widths) -> f64 {
        match widths {
            Widths::Larger => self.own_before.max(self.own_after),
            Widths::Before => self.own_before,
            Widths::After => self.own_after,
        }
    }

    /// How much more it is than it was.
    pub fn delta(&self) -> f64 {
        self.own_after - self.own_before
    }
}

impl Differential {
    /// The frames of both subjects of a difference.
    pub fn of(comparison: &Comparison, difference: &Difference, measure: Measure) -> Result<Self, Unavailable> {
        let (before, after) = comparison.subjects(difference);
        let (before, after) = (Flame::of(before, measure)?, Flame::of(after, measure)?);
        let frames = Union::of(&before, &after, counterparts(&before, &after, difference)).frames();
        Ok(Self { measure, frames, noise: difference.noise, notes: notes(&before, &after) })
    }

    /// The frames of what was sampled of two pages; none where one was not sampled. Each side is one run, so that nothing
    /// is known of how much its times vary.
    pub fn of_pages(before: &Page, after: &Page) -> Option<Self> {
        let flame = |page: &Page| Some(Flame::of_profile(page.trace()?.profile.as_ref()?));
        let (was, is) = (flame(before)?, flame(after)?);
        let pairs = page::counterparts((&was, Addresses::of(before)), (&is, Addresses::of(after)));
        let frames = Union::of(&was, &is, pairs).frames();
        Some(Self { measure: Measure::Wall, frames, noise: Noise::SingleRun, notes: notes(&was, &is) })
    }

    /// Pre-order: a frame stands before those that it holds.
    pub fn frames(&self) -> &[Twin] {
        &self.frames
    }

    /// All that is charged, before and after.
    pub fn totals(&self) -> (f64, f64) {
        let sum = |own: fn(&Twin) -> f64| self.frames.iter().map(own).sum();
        (sum(|twin| twin.own_before), sum(|twin| twin.own_after))
    }
}

fn notes(before: &Flame, after: &Flame) -> Vec<String> {
    let was = before.notes.iter().map(|note| format!("before: {note}"));
    was.chain(after.notes.iter().map(|note| format!("after: {note}"))).collect()
}

/// Both trees in the making: the frames after, then those that are gone.
struct Union<'f> {
    before: &'f Flame,
    after: &'f Flame,
    /// The frame before of each frame after.
    was: Vec<Option<FrameId>>,
    /// The place in the union of each frame before.
    place: Vec<usize>,
    /// The frames before that are gone, in their order.
    gone: Vec<FrameId>,
}

impl<'f> Union<'f> {
    fn of(before: &'f Flame, after: &'f Flame, was: Vec<Option<FrameId>>) -> Self {
        let mut place = vec![usize::MAX; before.frames().len()];
        for (new, old) in was.iter().enumerate() {
            if let Some(old) = old {
                place[*old] = new;
            }
        }
        let gone: Vec<FrameId> = (0..place.len()).filter(|old| place[*old] == usize::MAX).collect();
        for (number, old) in gone.iter().enumerate() {
            place[*old] = after.frames().len() + number;
        }
        Self { before, after, was, place, gone }
    }

    /// What is gone hangs on what became of the frame that held it, behind what is there.
    fn frames(&self) -> Vec<Twin> {
        let count = self.after.frames().len();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count + self.gone.len()];
        for (place, frame) in self.after.frames().iter().enumerate() {
            if let Some(parent) = frame.parent {
                children[parent].push(place);
            }
        }
        for old in &self.gone {
            if let Some(parent) = self.before.frames()[*old].parent {
                children[self.place[parent]].push(self.place[*old]);
            }
        }
        let mut frames: Vec<Twin> = Vec::with_capacity(children.len());
        let mut open = vec![(0, None)];
        while let Some((place, parent)) = open.pop() {
            let id = frames.len();
            let depth = parent.map_or(0, |parent: FrameId| frames[parent].depth + 1);
            frames.push(Twin { parent, depth, ..self.twin(place) });
            open.extend(children[place].iter().rev().map(|child| (*child, Some(id))));
        }
        frames
    }

    fn twin(&self, place: usize) -> Twin {
        let count = self.after.frames().len();
        let Some(new) = self.after.frames().get(place) else {
            let old = &self.before.frames()[self.gone[place - count]];
            return twin(format!("was {}", old.label), Side::Gone, Some(old), None);
        };
        match self.was[place].map(|old| &self.before.frames()[old]) {
            Some(old) => twin(new.label.clone(), Side::Both, Some(old), Some(new)),
            None => twin(new.label.clone(), Side::New, None, Some(new)),
        }
    }
}

fn twin(label: String, side: Side, old: Option<&Frame>, new: Option<&Frame>) -> Twin {
    let own = |frame: Option<&Frame>| frame.map_or(0.0, |frame| frame.own);
    let was = old.map(|old| old.label.clone()).filter(|was| side == Side::Both && *was != label);
    Twin { label, was, side, parent: None, depth: 0, own_before: own(old), own_after: own(new) }
}

/// The frame before of each frame after: nodes as they were compared, the others by their names.
fn counterparts(before: &Flame, after: &Flame, difference: &Difference) -> Vec<Option<FrameId>> {
    let nodes: BTreeMap<NodeId, NodeId> =
        difference.pairs.iter().filter_map(|pair| Some((pair.after?, pair.before?))).collect();
    let by_node: BTreeMap<NodeId, FrameId> =
        before.frames().iter().enumerate().filter_map(|(id, frame)| Some((frame.node?, id))).collect();
    let (old, new) = (outside(before), outside(after));
    let labels = |flame: &'_ Flame, ids: &[FrameId]| -> Vec<String> {
        ids.iter().map(|id| flame.frames()[*id].label.clone()).collect()
    };
    let became = counterparts_outside(&labels(before, &old), &labels(after, &new));
    let pairs = old.iter().zip(&became).filter_map(|(old, place)| Some((new[(*place)?], *old)));
    let was: BTreeMap<FrameId, FrameId> = pairs.collect();
    let of = |(id, frame): (FrameId, &Frame)| match frame.node {
        Some(node) => by_node.get(nodes.get(&node)?).copied(),
        None => was.get(&id).copied(),
    };
    after.frames().iter().enumerate().map(of).collect()
}

/// The frames that are no nodes.
fn outside(flame: &Flame) -> Vec<FrameId> {
    flame.frames().iter().enumerate().filter(|(_, frame)| frame.node.is_none()).map(|(id, _)| id).collect()
}
