//! Flame graphs as values: frames whose widths add up, for pictures, exports and screens alike.
//!
//! A frame's own width is what the report charges to its node; its total is its own and its children's, so no frame is
//! wider than the one that it stands on. Nothing here draws.

mod differential;
mod measure;
mod page;
mod plan;
mod tint;
mod words;

pub use differential::{Differential, Side, Twin, Widths};
pub use measure::{Measure, Unavailable};
pub use page::MAIN_THREAD;
pub use tint::{Coloring, Tint};
pub use words::{describe, numbers};

use crate::postgres::{NodeId, PlanNode};
use crate::report::Subject;
use crate::web::trace::Profile;

/// The frames of a subject by one measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Flame {
    /// What the widths are.
    pub measure: Measure,
    /// Pre-order, never empty: a frame stands before those that it holds.
    frames: Vec<Frame>,
    /// What a reader should know: nodes that never ran, numbers that do not add up.
    pub notes: Vec<String>,
}

/// The place of a frame in [`Flame::frames`].
pub type FrameId = usize;

/// A rectangle of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// `#5 Seq Scan orders o`; unique among its siblings. Not yet safe to show.
    pub label: String,
    /// The node that it shows; none for what is outside the tree.
    pub node: Option<NodeId>,
    /// What it does.
    pub class: Class,
    /// The frame that holds it.
    pub parent: Option<FrameId>,
    /// How many frames hold it.
    pub depth: u32,
    /// What is charged to itself, in the measure's unit; never negative.
    pub own: f64,
    /// With all that it holds.
    pub total: f64,
    /// What it says beside its numbers: `5 calls`.
    pub detail: Option<String>,
    /// The name and the file of the function of a page that it shows.
    code: Option<(String, String)>,
    /// One past the last frame that it holds.
    end: FrameId,
}

/// What a frame does, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Reads a table, an index, a function, a CTE.
    Scan,
    /// Joins.
    Join,
    /// Sorts, groups, hashes, keeps rows for later.
    SortAggregate,
    /// Gathers rows of parallel workers.
    Parallel,
    /// Writes or locks rows.
    Modify,
    /// Everything else that is a node.
    Other,
    /// Not a node: planning, compiling, triggers, start and stop, and what holds them.
    Outside,
    /// Code of a page.
    Script,
    /// Code of a page that comes from a package, where a source map says so.
    Library,
    /// What the browser does itself: parsing, style, layout, its own functions.
    Browser,
    /// Collecting garbage.
    Garbage,
    /// Nothing ran; not in flame graphs.
    Idle,
}

impl Class {
    /// What plans have, in the order of a legend.
    pub const ALL: [Self; 7] =
        [Self::Scan, Self::Join, Self::SortAggregate, Self::Parallel, Self::Modify, Self::Other, Self::Outside];

    /// What the flame graphs of pages have, in the order of a legend.
    pub const OF_PAGES: [Self; 4] = [Self::Script, Self::Library, Self::Browser, Self::Garbage];

    /// What a node does.
    pub fn of(node: &PlanNode) -> Self {
        plan::class(node)
    }

    /// The words of a legend.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Join => "join",
            Self::SortAggregate => "sort, aggregate",
            Self::Parallel => "parallel",
            Self::Modify => "modify",
            Self::Other => "other",
            Self::Outside => "outside the plan",
            Self::Script => "script",
            Self::Library => "library",
            Self::Browser => "browser",
            Self::Garbage => "garbage collector",
            Self::Idle => "idle",
        }
    }

    /// One letter, where there are no colours.
    pub fn letter(self) -> char {
        match self {
            Self::Scan => 'S',
            Self::Join => 'J',
            Self::SortAggregate => 'A',
            Self::Parallel => 'P',
            Self::Modify => 'M',
            Self::Other => '.',
            Self::Outside => 'o',
            Self::Script => 's',
            Self::Library => 'l',
            Self::Browser => 'b',
            Self::Garbage => 'g',
            Self::Idle => 'i',
        }
    }
}

impl Flame {
    /// The frames of a subject.
    pub fn of(subject: &Subject, measure: Measure) -> Result<Self, Unavailable> {
        plan::flame(subject, measure)
    }

    /// The frames of what was sampled, by wall-clock time without idling.
    pub fn of_profile(profile: &Profile) -> Self {
        page::flame(profile)
    }

    /// Pre-order: a frame stands before those that it holds.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The frame that holds all others.
    pub fn root(&self) -> &Frame {
        &self.frames[0]
    }

    /// The frames right inside one.
    pub fn children(&self, id: FrameId) -> impl Iterator<Item = FrameId> {
        let end = self.frames[id].end;
        let first = Some(id + 1).filter(|first| *first < end);
        std::iter::successors(first, move |at| Some(self.frames[*at].end).filter(|next| *next < end))
    }

    /// The frame of a node.
    pub fn frame_of(&self, node: NodeId) -> Option<FrameId> {
        self.frames.iter().position(|frame| frame.node == Some(node))
    }

    /// From the root to the frame, itself included.
    pub fn path(&self, id: FrameId) -> Vec<FrameId> {
        let mut path: Vec<FrameId> = std::iter::successors(Some(id), |at| self.frames[*at].parent).collect();
        path.reverse();
        path
    }

    /// The part of the whole that a width is, 0 to 1.
    pub fn share(&self, width: f64) -> f64 {
        let whole = self.root().total;
        if whole > 0.0 { width / whole } else { 0.0 }
    }
}

/// Puts frames together, top down.
struct Builder {
    frames: Vec<Frame>,
}

impl Builder {
    fn add(&mut self, parent: Option<FrameId>, mut frame: Frame) -> FrameId {
        frame.parent = parent;
        frame.depth = parent.map_or(0, |parent| self.frames[parent].depth + 1);
        self.frames.push(frame);
        self.frames.len() - 1
    }

    /// Adds what each frame holds to it.
    fn finish(mut self, measure: Measure, notes: Vec<String>) -> Flame {
        for id in (0..self.frames.len()).rev() {
            let frame = &mut self.frames[id];
            frame.total += frame.own;
            frame.end = frame.end.max(id + 1);
            let (total, end) = (frame.total, frame.end);
            if let Some(parent) = frame.parent {
                self.frames[parent].total += total;
                self.frames[parent].end = self.frames[parent].end.max(end);
            }
        }
        Flame { measure, frames: self.frames, notes }
    }
}

impl Frame {
    fn outside(label: impl Into<String>, own: f64) -> Self {
        Self {
            label: label.into(),
            node: None,
            class: Class::Outside,
            parent: None,
            depth: 0,
            own,
            total: 0.0,
            detail: None,
            code: None,
            end: 0,
        }
    }
}
