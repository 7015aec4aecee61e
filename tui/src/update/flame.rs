//! Moves and zoom in the flame.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::{Flame, FrameId};

use crate::action::{Message, Screen, Step};
use crate::model::Model;
use crate::state::State;

/// A frame deeper, higher, to the left or to the right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Deeper,
    Higher,
    Left,
    Right,
}

pub(super) fn step(state: &mut State, model: &Model, step: Step) {
    let (direction, times) = match step {
        Step::Down => (Direction::Deeper, 1),
        Step::Up => (Direction::Higher, 1),
        Step::HalfDown => (Direction::Deeper, 5),
        Step::HalfUp => (Direction::Higher, 5),
        Step::PageDown => (Direction::Deeper, 10),
        Step::PageUp => (Direction::Higher, 10),
        Step::First => (Direction::Higher, usize::MAX),
        Step::Last => (Direction::Deeper, usize::MAX),
    };
    for _ in 0..times {
        if !go(state, model, direction) {
            break;
        }
    }
}

/// Says whether there was a frame that way.
pub(super) fn go(state: &mut State, model: &Model, direction: Direction) -> bool {
    let Some(flame) = state.flame.drawable() else { return false };
    let Some(next) = neighbour(flame, state.flame.at, direction) else { return false };
    to(state, model, next);
    true
}

fn to(state: &mut State, model: &Model, frame: FrameId) {
    state.detail = 0;
    if let Some(node) = state.flame.go(frame) {
        super::select::node(state, model, state.subject, node);
    }
}

fn neighbour(flame: &Flame, at: FrameId, direction: Direction) -> Option<FrameId> {
    let frames = flame.frames();
    match direction {
        Direction::Higher => frames[at].parent,
        Direction::Deeper => {
            // The first of equals.
            let width = |id: &FrameId| frames[*id].total;
            let children: Vec<FrameId> = flame.children(at).collect();
            children.into_iter().rev().max_by(|left, right| width(left).total_cmp(&width(right)))
        }
        Direction::Left => flame.children(frames[at].parent?).take_while(|sibling| *sibling < at).last(),
        Direction::Right => flame.children(frames[at].parent?).find(|sibling| *sibling > at),
    }
}

pub(super) fn zoom_in(state: &mut State) {
    if state.flame.zoom == state.flame.at {
        let node = if matches!(state.subject, Of::Plan(_)) { ", 2 shows its node" } else { "" };
        let words = format!("this frame fills the width already; Esc zooms out{node}");
        state.message = Some(Message::Note(words));
    }
    state.flame.zoom = state.flame.at;
}

pub(super) fn zoom_out(state: &mut State) {
    let parent = state.flame.drawable().and_then(|flame| flame.frames()[state.flame.zoom].parent);
    state.flame.zoom = parent.unwrap_or(0);
}

pub(super) fn list_narrow(state: &mut State) {
    state.flame.narrow = state.flame.narrow.toggled();
    state.flame.top = crate::state::Shown::No;
    state.detail = 0;
}

pub(super) fn list_top(state: &mut State) {
    state.flame.top = state.flame.top.toggled();
    state.flame.narrow = crate::state::Shown::No;
    state.detail = 0;
}

/// The row of the cursor is the level of its frame.
pub(super) fn scroll(state: &mut State) {
    let Some(flame) = state.flame.drawable() else { return };
    let depth = |frame: FrameId| flame.frames()[frame].depth;
    let level = depth(state.flame.at).saturating_sub(depth(state.flame.zoom)) as usize;
    // What is too narrow to be drawn is below the last row that is.
    let last = state.flame.picture().map_or(0, |picture| picture.rows.len()).saturating_sub(1);
    state.scroll_mut(Screen::Flame).cursor = level.min(last);
}
