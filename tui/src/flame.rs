//! Where the user stands in the flame, and which frames are drawn where: worked out when something changed, not each
//! time that it is drawn.

use std::collections::BTreeMap;

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::{Flame, FrameId, Measure};
use perf_look_analyzers::postgres::{NodeId, Plan};
use perf_look_analyzers::web::Page;

use crate::model::Model;
use crate::state::{Colour, Shown};

/// The screen Flame as the user left it.
#[derive(Debug, Clone)]
pub struct FlameState {
    /// The frame that fills the width.
    pub zoom: FrameId,
    /// The frame of the cursor.
    pub at: FrameId,
    /// Whether the root is at the bottom.
    pub inverted: Shown,
    /// Whether frames that are too narrow are listed.
    pub narrow: Shown,
    /// Whether sums by label are listed.
    pub top: Shown,
    /// What frames are coloured by.
    pub colour: Colour,
    /// The node that was selected when the cursor was put onto its frame.
    node: Option<NodeId>,
    made: Option<Made>,
}

#[derive(Debug, Clone)]
struct Made {
    subject: Of,
    measure: Measure,
    /// Or why there is none.
    flame: Result<Flame, String>,
    together: Together,
    picture: Option<(FrameId, usize, Picture)>,
}

/// Nodes that do the same or read the same, wherever they hang: how many, and what they have of the measure.
#[derive(Debug, Clone, Default)]
pub struct Together {
    types: BTreeMap<String, (usize, f64)>,
    relations: BTreeMap<String, (usize, f64)>,
}

impl Together {
    fn of(flame: &Flame, plan: &Plan) -> Self {
        let mut together = Self::default();
        for frame in flame.frames() {
            let Some(node) = frame.node.map(|id| plan.node(id)) else { continue };
            add(&mut together.types, &node.type_name, frame.own);
            if let Some(relation) = &node.relation {
                add(&mut together.relations, relation, frame.own);
            }
        }
        together
    }

    /// All nodes of a type.
    pub fn of_type(&self, name: &str) -> (usize, f64) {
        self.types.get(name).copied().unwrap_or_default()
    }

    /// All nodes that read or write a table.
    pub fn of_relation(&self, name: &str) -> (usize, f64) {
        self.relations.get(name).copied().unwrap_or_default()
    }
}

fn add(sums: &mut BTreeMap<String, (usize, f64)>, name: &str, own: f64) {
    if let Some(sum) = sums.get_mut(name) {
        *sum = (sum.0 + 1, sum.1 + own);
    } else {
        sums.insert(name.to_owned(), (1, own));
    }
}

/// Which frames are drawn where.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// From the zoomed frame on, a row a level, from left to right.
    pub rows: Vec<Vec<Rectangle>>,
    /// Frames narrower than a cell; what they hold is not named.
    pub narrow: Vec<FrameId>,
}

/// A frame as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rectangle {
    /// The frame.
    pub frame: FrameId,
    /// Its first column.
    pub x: usize,
    /// Its columns, one or more.
    pub width: usize,
}

impl Default for FlameState {
    fn default() -> Self {
        Self {
            zoom: 0,
            at: 0,
            inverted: Shown::No,
            narrow: Shown::No,
            top: Shown::No,
            colour: Colour::Class,
            node: None,
            made: None,
        }
    }
}

impl FlameState {
    /// The flame, or why there is none; nothing before it was asked for.
    pub fn flame(&self) -> Option<&Result<Flame, String>> {
        self.made.as_ref().map(|made| &made.flame)
    }

    pub(crate) fn drawable(&self) -> Option<&Flame> {
        self.flame().and_then(|flame| flame.as_ref().ok())
    }

    /// Nodes that do the same or read the same.
    pub fn together(&self) -> Option<&Together> {
        self.made.as_ref().map(|made| &made.together)
    }

    /// Which frames are drawn where.
    pub fn picture(&self) -> Option<&Picture> {
        self.made.as_ref().and_then(|made| made.picture.as_ref()).map(|(.., picture)| picture)
    }

    /// Brings everything up to date: the flame of the statement, the cursor on the selected node, the picture.
    pub(crate) fn follow(&mut self, model: &Model, (subject, node): (Of, NodeId), (measure, width): (Measure, usize)) {
        if self.made.as_ref().is_none_or(|made| (made.subject, made.measure) != (subject, measure)) {
            let judged = model.subject(subject);
            let flame = match (judged, model.page(subject)) {
                (Some(judged), _) => {
                    Flame::of(judged, measure).map_err(|unavailable| format!("{unavailable} (m: another measure)"))
                }
                (None, Some(page)) => of_page(page),
                (None, None) => return,
            };
            let together = judged.zip(flame.as_ref().ok()).map(|(judged, flame)| Together::of(flame, &judged.plan));
            let together = together.unwrap_or_default();
            self.made = Some(Made { subject, measure, flame, together, picture: None });
            (self.zoom, self.at, self.node) = (0, 0, None);
        }
        let Some(made) = &mut self.made else { return };
        let Ok(flame) = &made.flame else { return };
        if self.node != Some(node) {
            self.at = flame.frame_of(node).unwrap_or(0);
            self.node = Some(node);
        }
        if !flame.path(self.at).contains(&self.zoom) {
            self.zoom = 0;
        }
        if made.picture.as_ref().is_none_or(|(zoom, wide, _)| (*zoom, *wide) != (self.zoom, width)) {
            made.picture = Some((self.zoom, width, Picture::of(flame, self.zoom, width)));
        }
    }

    /// Puts the cursor onto a frame; says which node that is.
    pub(crate) fn go(&mut self, at: FrameId) -> Option<NodeId> {
        let node = self.drawable()?.frames().get(at)?.node;
        self.at = at;
        self.node = node.or(self.node);
        node
    }
}

/// The main thread of a page, sampled; or why it was not.
fn of_page(page: &Page) -> Result<Flame, String> {
    let profile = page.trace().and_then(|trace| trace.profile.as_ref()).filter(|profile| !profile.nodes.is_empty());
    let why_not = || page.capture.timing.why_not().unwrap_or_else(|| "the main thread was not sampled".to_owned());
    profile.map(Flame::of_profile).ok_or_else(why_not)
}

impl Picture {
    /// Divides a width among a frame and what it holds.
    fn of(flame: &Flame, zoom: FrameId, width: usize) -> Self {
        let frames = flame.frames();
        let base = &frames[zoom];
        let scale = if base.total > 0.0 { width as f64 / base.total } else { 0.0 };
        let mut picture = Self::default();
        // Where the next frame of each level starts.
        let mut starts: Vec<f64> = vec![0.0];
        let mut hidden_below = None;
        for (id, frame) in frames.iter().enumerate().skip(zoom) {
            if id != zoom && frame.depth <= base.depth {
                break;
            }
            if hidden_below.is_some_and(|depth| frame.depth > depth) {
                continue;
            }
            hidden_below = None;
            let level = (frame.depth - base.depth) as usize;
            let start = starts.get(level).copied().unwrap_or(0.0);
            starts.truncate(level);
            starts.extend([start + frame.total, start]);
            let (x, end) = (column(start * scale, width), column((start + frame.total) * scale, width));
            if end > x {
                if picture.rows.len() <= level {
                    picture.rows.push(Vec::new());
                }
                picture.rows[level].push(Rectangle { frame: id, x, width: end - x });
            } else {
                picture.narrow.push(id);
                hidden_below = Some(frame.depth);
            }
        }
        picture
    }
}

/// The column nearest to a place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place is not negative, and at most the width"
)]
fn column(place: f64, width: usize) -> usize {
    (place.round() as usize).min(width)
}
