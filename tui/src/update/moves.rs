//! Moves of the cursor, and of what is read.

use super::flame::Direction;
use crate::action::{Screen, Step, Way};
use crate::lists;
use crate::model::Model;
use crate::rows::{Fold, Row};
use crate::state::{Pane, State};
use crate::stats::By;
use crate::view;

/// How many rows the list of a screen has.
pub(super) fn len(state: &State, screen: Screen) -> usize {
    match screen {
        Screen::Findings => state.listed.len(),
        Screen::Plan | Screen::Raw => state.rows.len(),
        Screen::Sql => state.statement.rows.len(),
        Screen::Stats => state.groups.len(),
        Screen::Flame => state.flame.picture().map_or(0, |picture| picture.rows.len()),
        Screen::Diff => state.diff.rows.len(),
        Screen::Source => state.source.rows.len(),
        // Of a page and of a server.
        _ => state.tables.len(screen),
    }
}

pub(super) fn step(state: &mut State, model: &Model, step: Step) {
    let areas = view::areas(state, model);
    if state.help.is_some() {
        let (length, height) = view::help::extent(state, &areas);
        if let Some(help) = &mut state.help {
            help.top = moved(help.top, step, height, length.saturating_sub(height) + 1);
        }
        return;
    }
    if state.pane == Pane::Detail {
        let length = view::detail_length(state, model, &areas);
        let height = areas.detail.map_or(1, |detail| usize::from(detail.height).saturating_sub(2).max(1));
        state.detail = moved(state.detail, step, height, length.saturating_sub(height) + 1);
        return;
    }
    if state.screen == Screen::Flame {
        super::flame::step(state, model, step);
        return;
    }
    let height = view::list_height(state, model, &areas);
    let cursor = moved(state.scroll(state.screen).cursor, step, height, len(state, state.screen));
    to(state, model, cursor);
}

/// Puts the cursor of this screen's list onto a row, and the selection onto what is there.
pub(super) fn to(state: &mut State, model: &Model, cursor: usize) {
    state.scroll_mut(state.screen).cursor = cursor;
    state.detail = 0;
    match state.screen {
        Screen::Findings => {
            if let Some(place) = state.listed.get(cursor).copied() {
                super::select::finding(state, model, place);
            }
        }
        Screen::Plan | Screen::Raw => match state.rows.get(cursor) {
            Some(Row::Node(node)) => super::select::node(state, model, state.subject, node),
            Some(Row::Frame(frame)) => {
                state.frame = Some(frame);
                state.follow_node();
            }
            None => {}
        },
        Screen::Sql => super::select::slowest_of_row(state, model),
        Screen::Diff if model.page(state.subject).is_some() => super::select::finding_of_row(state, model),
        Screen::Diff => super::select::node_of_pair(state, model),
        Screen::Selectors | Screen::Css | Screen::Tasks | Screen::Metrics => {
            super::select::finding_of_row(state, model);
        }
        _ => {}
    }
}

/// A place among `length`, after a step on a page of `height`.
pub(super) fn moved(at: usize, step: Step, height: usize, length: usize) -> usize {
    let half = (height / 2).max(1);
    let page = height.saturating_sub(1).max(1);
    let to = match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => at + 1,
        Step::HalfUp => at.saturating_sub(half),
        Step::HalfDown => at + half,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => at + page,
        Step::First => 0,
        Step::Last => length,
    };
    to.min(length.saturating_sub(1))
}

pub(super) fn left(state: &mut State, model: &Model) {
    match state.screen {
        Screen::Plan | Screen::Raw => {
            let Some(node) = model.node(state.subject, state.node).filter(|_| state.frame.is_none()) else { return };
            let has_children = model.subject(state.subject).is_some_and(|s| s.plan.subtree(node.id).len() > 1);
            if has_children && !state.shape.is_folded(node.id) && state.shape.sort == crate::rows::Sort::Plan {
                super::set_fold(state, model, Fold::Folded);
            } else if let Some(parent) = node.parent {
                super::select::node(state, model, state.subject, parent);
            }
        }
        Screen::Stats => regroup(state, model, By::ALL.len() - 1),
        Screen::Flame => {
            super::flame::go(state, model, Direction::Left);
        }
        Screen::Sql => super::select::next_of_row(state, model, Way::Previous),
        screen => super::page::turn(state, model, lists::names(screen).len().saturating_sub(1)),
    }
}

pub(super) fn right(state: &mut State, model: &Model) {
    match state.screen {
        Screen::Plan | Screen::Raw => {
            let Some(subject) = model.subject(state.subject).filter(|_| state.frame.is_none()) else { return };
            if state.shape.is_folded(state.node) {
                super::set_fold(state, model, Fold::Open);
            } else if let Some(child) = subject.plan.children(state.node).next() {
                super::select::node(state, model, state.subject, child.id);
            }
        }
        Screen::Stats => regroup(state, model, 1),
        Screen::Flame => {
            super::flame::go(state, model, Direction::Right);
        }
        Screen::Sql => super::select::next_of_row(state, model, Way::Next),
        _ => super::page::turn(state, model, 1),
    }
}

fn regroup(state: &mut State, model: &Model, steps: usize) {
    let by = By::ALL[(state.stats.by as usize + steps) % By::ALL.len()];
    super::regroup(state, model, by);
}
