//! What an action changes, and what the world is asked to do about it. Pure: no clock, no terminal, no files.

mod copy;
mod flame;
mod moves;
mod page;
mod prompt;
mod review;
mod select;
mod server;

use crossterm::event::KeyEvent;
use perf_look_analyzers::flame::Measure;

use crate::action::{Action, Effect, Message, Screen, Way};
use crate::keys::{self, Meaning};
use crate::model::Model;
use crate::rows::{Fold, Order, Rows};
use crate::state::{HelpState, Pane, Scroll, Sizes, State};
use crate::stats::{By, groups};
use crate::view;
use crate::widths::Widths;

pub(crate) use server::{explained, looked};

/// What a key does: it may be the first of two.
pub fn press(state: &mut State, model: &Model, event: KeyEvent) -> Vec<Effect> {
    let Some(key) = keys::spell(event) else { return Vec::new() };
    let before = state.stroke.take();
    match keys::meaning(state.context(), before.as_deref(), &key) {
        Meaning::Does(action) => update(state, model, action),
        Meaning::Begins(stroke) => {
            state.message = None;
            state.stroke = Some(stroke);
            Vec::new()
        }
        Meaning::Nothing => {
            let pressed = before.map_or_else(|| key.clone(), |before| format!("{before} {key}"));
            state.message =
                Some(Message::Note(format!("{} does nothing here; ? shows the keys", keys::printed(&pressed))));
            Vec::new()
        }
    }
}

/// The same place in another report: after a statement was run again.
pub(crate) fn moved(state: &State, model: &Model) -> State {
    let mut next = state.on(model);
    if model.node(state.subject, state.node).is_some() {
        select::node(&mut next, model, state.subject, state.node);
    }
    settle(&mut next, model);
    next
}

/// What an action changes.
pub fn update(state: &mut State, model: &Model, action: Action) -> Vec<Effect> {
    if !matches!(action, Action::Resize(..)) {
        state.message = None;
    }
    let effects = review::apply(state, model, &action).unwrap_or_else(|| apply(state, model, action));
    if state.review.is_some() {
        review::settle(state, model);
    } else {
        settle(state, model);
    }
    effects
}

/// The flat list: an action, and who sees to it.
fn apply(state: &mut State, model: &Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Mouse => return vec![Effect::Mouse],
        Action::Open => return page::open(state, model),
        Action::Rerun(runs) => return vec![Effect::Rerun { subject: state.subject, runs }],
        Action::Copy(what) => return copy::copy(state, model, what),
        Action::Enter if state.prompt.is_some() => return prompt::take(state, model),
        Action::Enter if server::leads_on(state) => return server::enter(state, model),
        Action::Look => return vec![Effect::Look],
        Action::Resize(columns, rows) => state.size = (columns, rows),
        Action::Said(message) => state.message = Some(message),
        Action::Help => state.help = if state.help.is_some() { None } else { Some(HelpState::default()) },
        Action::Show(screen) => show(state, model, screen),
        Action::Pane => pane(state),
        Action::Move(step) => moves::step(state, model, step),
        Action::Left => moves::left(state, model),
        Action::Right => moves::right(state, model),
        Action::Enter => enter(state, model),
        Action::Back => back(state, model),
        Action::Fold => fold(state, model),
        Action::FoldAll => fold_all(state, model),
        Action::UnfoldAll => unfold_all(state, model),
        Action::Search | Action::Filter | Action::Export(_) | Action::Replace(..) => {
            prompt::begin(state, model, action);
        }
        Action::Edit(edit) => prompt::edit(state, model, edit),
        Action::Match(way) => select::next_match(state, model, way),
        Action::Finding(way) => select::next_finding(state, model, way),
        Action::Hottest => {
            select::hottest(state, model);
            // The list of findings has no place to show it.
            if state.screen == Screen::Findings {
                show(state, model, Screen::Plan);
            }
        }
        Action::Statement(way) => select::next_statement(state, model, way),
        Action::History(way) => select::walk_history(state, model, way),
        Action::Sort => sort(state, model),
        Action::Reverse => reverse(state, model),
        Action::HideMore => hide(state, model, Hide::More),
        Action::HideFewer => hide(state, model, Hide::Fewer),
        Action::Colour => colour(state),
        Action::Sizes => state.sizes = next_sizes(state),
        Action::Wrap => state.wrap = state.wrap.toggled(),
        Action::Rules => state.rules = state.rules.toggled(),
        Action::Hints => state.hints = state.hints.toggled(),
        Action::Pin => pin(state, model),
        Action::Baseline(way) => baseline(state, model, way),
        Action::Measure => measure(state, model),
        Action::Invert => state.flame.inverted = state.flame.inverted.toggled(),
        Action::Narrow => flame::list_narrow(state),
        Action::Top => flame::list_top(state),
        Action::Whole => state.flame.zoom = 0,
        Action::Changed => state.diff.kept = state.diff.kept.next(),
        // Of reviews only.
        Action::Decide(_) | Action::Undo | Action::Write | Action::Discard | Action::Settled => {}
    }
    Vec::new()
}

/// What the screen shows is worked out of the statement, the node and the width: anew where one of these is another.
fn follow(state: &mut State, model: &Model) {
    let areas = view::areas(state, model);
    let is_new = match state.screen {
        Screen::Sql => {
            let columns = if state.wrap.yes() { view::sql::columns(&areas) } else { usize::MAX };
            state.statement.follow(model, state.subject, columns)
        }
        Screen::Diff => state.diff.follow(model, (state.pinned, state.subject)),
        Screen::Stats => follow_stats(state, model),
        Screen::Flame => {
            let width = usize::from(view::inside(&areas, areas.list).width);
            state.flame.follow(model, (state.subject, state.node), (state.measure, width));
            flame::scroll(state);
            false
        }
        Screen::Findings | Screen::Plan | Screen::Raw => false,
        Screen::Source => {
            let columns = usize::from(view::inside(&areas, areas.list).width).saturating_sub(view::source::BEFORE);
            let place = state.source.follow(model, state.subject, columns);
            if let Some(place) = place {
                *state.scroll_mut(Screen::Source) = Scroll { cursor: place, top: 0 };
            }
            place.is_some()
        }
        // Of a page and of a server.
        _ => state.tables.follow(model, (state.subject, state.screen), &state.shape.filter),
    };
    if is_new {
        select::line_of_node(state, model);
        select::pair_of_node(state, model);
        prompt::search_again(state, model);
    }
}

/// Says whether the sums are new.
fn follow_stats(state: &mut State, model: &Model) -> bool {
    let wanted = Some((state.subject, state.stats));
    let Some(subject) = model.subject(state.subject).filter(|_| state.groups_of != wanted) else { return false };
    state.groups = groups(subject, state.stats);
    state.groups_of = wanted;
    true
}

/// Whatever was done, the selection is on the screen afterwards.
fn settle(state: &mut State, model: &Model) {
    // A plan has no selectors, and a page no SQL.
    if !state.screens().contains(&state.screen) {
        show(state, model, Screen::Findings);
    }
    follow(state, model);
    // Lists of a server are made when they are looked at; until then they have no last row.
    let here = state.screen;
    for screen in Screen::ALL.into_iter().filter(|screen| !screen.is_of_server() || *screen == here) {
        let last = moves::len(state, screen).saturating_sub(1);
        let scroll = state.scroll_mut(screen);
        scroll.cursor = scroll.cursor.min(last);
    }
    if state.screen == Screen::Sql {
        state.statement.look_at(model, state.subject, state.scroll(Screen::Sql).cursor);
    }
    let areas = view::areas(state, model);
    let height = view::list_height(state, model, &areas);
    let length = moves::len(state, state.screen);
    let scroll = state.scroll_mut(state.screen);
    scroll.top = scroll.top_with_surroundings(height, length);
    state.detail = state.detail.min(view::detail_length(state, model, &areas).saturating_sub(1));
    if areas.detail.is_none() {
        state.pane = Pane::List;
    }
}

fn show(state: &mut State, model: &Model, screen: Screen) {
    state.help = None;
    if state.screen != screen {
        if screen == Screen::Source {
            page::look_at_code(state, model);
        }
        state.screen = screen;
        state.pane = Pane::List;
        state.detail = 0;
    }
    follow(state, model);
    select::line_of_node(state, model);
    select::pair_of_node(state, model);
    prompt::search_again(state, model);
}

fn pane(state: &mut State) {
    if state.pane == Pane::Detail {
        state.pane = Pane::List;
        return;
    }
    if state.sizes == Sizes::List {
        state.sizes = Sizes::Fitting;
    }
    state.pane = Pane::Detail;
}

fn enter(state: &mut State, model: &Model) {
    match (state.screen, state.pane) {
        (Screen::Findings, _) => {
            if let Some(finding) = model.finding(state.finding) {
                page::enter_finding(state, model, finding);
            }
        }
        (Screen::Stats, _) => {
            let group = state.groups.get(state.scroll(Screen::Stats).cursor);
            let slowest = group.zip(model.subject(state.subject)).and_then(|(group, subject)| group.slowest(subject));
            if let Some(node) = slowest {
                select::node(state, model, state.subject, node);
                show(state, model, Screen::Plan);
            }
        }
        (Screen::Sql, _) => show(state, model, Screen::Plan),
        (Screen::Flame, Pane::List) => flame::zoom_in(state),
        (Screen::Selectors | Screen::Css | Screen::Tasks, Pane::Detail) => show(state, model, Screen::Source),
        (_, Pane::List) => pane(state),
        (_, Pane::Detail) => {}
    }
}

/// One thing at a time, until the list of findings is left.
fn back(state: &mut State, model: &Model) {
    if state.prompt.is_some() {
        prompt::forget(state);
    } else if state.help.as_ref().is_some_and(|help| !help.query.is_empty()) {
        state.help = Some(HelpState::default());
    } else if state.help.is_some() {
        state.help = None;
    } else if !state.search.query.is_empty() {
        state.search = crate::state::Search::default();
    } else if !state.shape.filter.is_empty() || state.shape.least > 0.0 {
        state.shape.filter.clear();
        state.shape.least = 0.0;
        reshape(state, model);
    } else if state.screen == Screen::Flame && state.flame.zoom != 0 {
        flame::zoom_out(state);
    } else if state.pane == Pane::Detail {
        state.pane = Pane::List;
    } else if let Some(from) = state.source.from.filter(|_| state.screen == Screen::Source) {
        show(state, model, from);
    } else if let Some(above) = above(state, model) {
        show(state, model, above);
    } else {
        state.message = Some(Message::Note("this is the top; q quits".to_owned()));
    }
}

/// Where Esc leads from a screen of which nothing else is to be closed.
fn above(state: &State, model: &Model) -> Option<Screen> {
    let top = crate::state::top(model);
    let has_findings = model.report().findings.iter().any(|finding| finding.location.of() == state.subject);
    // Of a server's statement without findings the plan is what was shown.
    let is_below = state.screen.is_of_server() || state.screen == Screen::Findings || !has_findings;
    let above = if is_below && top != Screen::Findings || state.screen == top { top } else { Screen::Findings };
    (above != state.screen).then_some(above)
}

/// Makes rows and lists anew, and keeps the selection where it is or goes to what stands for it.
fn reshape(state: &mut State, model: &Model) {
    reshape_rows(state, model);
    select::list_findings(state, model);
    select::to_what_is_shown(state, model);
    state.follow_node();
}

fn reshape_rows(state: &mut State, model: &Model) {
    let subject = model.subject(state.subject);
    state.rows = subject.map(|subject| Rows::of(subject, &state.shape, &state.widths)).unwrap_or_default();
}

fn fold(state: &mut State, model: &Model) {
    if state.frame.is_some() {
        return;
    }
    let fold = if state.shape.is_folded(state.node) { Fold::Open } else { Fold::Folded };
    set_fold(state, model, fold);
}

fn set_fold(state: &mut State, model: &Model, fold: Fold) {
    let has_children = model.subject(state.subject).is_some_and(|subject| subject.plan.subtree(state.node).len() > 1);
    if !has_children {
        state.message = Some(Message::Note("there is nothing below this node".to_owned()));
        return;
    }
    state.shape.set_folded(state.node, fold);
    reshape(state, model);
}

fn fold_all(state: &mut State, model: &Model) {
    let Some(subject) = model.subject(state.subject) else { return };
    // Folding the root would leave one row, which says nothing.
    state.shape.folded = subject.plan.nodes().iter().map(|node| node.depth > 0).collect();
    reshape(state, model);
}

fn unfold_all(state: &mut State, model: &Model) {
    state.shape.folded.clear();
    reshape(state, model);
}

fn sort(state: &mut State, model: &Model) {
    match state.screen {
        Screen::Plan => state.shape.sort = state.shape.sort.next(),
        Screen::Stats => state.stats.column = state.stats.column.next(),
        screen => state.tables.sort(model, (state.subject, screen)),
    }
    reshape(state, model);
}

fn reverse(state: &mut State, model: &Model) {
    let order = match state.screen {
        Screen::Plan => &mut state.shape.order,
        Screen::Stats => &mut state.stats.order,
        screen => state.tables.order_mut(screen),
    };
    *order = if *order == Order::Usual { Order::Reversed } else { Order::Usual };
    if state.screen == Screen::Plan && state.shape.sort == crate::rows::Sort::Plan {
        state.message = Some(Message::Note("the tree has one order; s sorts by a column".to_owned()));
    }
    reshape(state, model);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hide {
    More,
    Fewer,
}

fn hide(state: &mut State, model: &Model, hide: Hide) {
    /// Parts of the whole.
    const STEPS: [f64; 5] = [0.0, 0.001, 0.01, 0.05, 0.1];
    let now = STEPS.iter().rposition(|step| *step <= state.shape.least).unwrap_or(0);
    let next = if hide == Hide::More { (now + 1).min(STEPS.len() - 1) } else { now.saturating_sub(1) };
    state.shape.least = STEPS[next];
    reshape(state, model);
    let percent = STEPS[next] * 100.0;
    let words = if next == 0 { "all nodes".to_owned() } else { format!("nodes from {percent}% of the whole") };
    state.message = Some(Message::Note(words));
}

fn next_sizes(state: &State) -> Sizes {
    match state.sizes {
        Sizes::Fitting => Sizes::Detail,
        Sizes::Detail => Sizes::List,
        Sizes::List => Sizes::Fitting,
    }
}

fn pin(state: &mut State, model: &Model) {
    let digit = Screen::all_of(state.subject).iter().position(|screen| *screen == Screen::Diff).map_or(0, |at| at + 1);
    let name = model.report().name(state.subject);
    state.pinned = Some(state.subject);
    state.message = Some(Message::Note(format!("{name} is the baseline now; {digit} compares others with it")));
}

/// Of a statement and a run that were chosen, the last one counts.
fn baseline(state: &mut State, model: &Model, way: Way) {
    state.pinned = None;
    state.message = Some(state.diff.choose(model, way));
}

fn colour(state: &mut State) {
    let colour = if state.screen == Screen::Flame { &mut state.flame.colour } else { &mut state.colour };
    *colour = colour.next();
    state.message = Some(Message::Note(format!("coloured by {}", colour.name())));
}

/// The next measure that the plan has; of those that it lacks the first says why.
fn measure(state: &mut State, model: &Model) {
    let Some(subject) = model.subject(state.subject) else { return };
    let at = Measure::ALL.iter().position(|known| *known == state.measure).unwrap_or(0);
    let others = (1..Measure::ALL.len()).map(|step| Measure::ALL[(at + step) % Measure::ALL.len()]);
    let mut lacks = None;
    for measure in others {
        match measure.check(&subject.plan) {
            Ok(()) => {
                state.measure = measure;
                break;
            }
            Err(unavailable) => lacks = lacks.or(Some(unavailable)),
        }
    }
    state.widths = Widths::of(subject, state.measure);
    reshape(state, model);
    let lacks = lacks.map_or(String::new(), |lacks| format!(" ({lacks})"));
    state.message = Some(Message::Note(format!("measured by {}{lacks}", state.measure.title())));
}

/// Other groups of the screen Stats.
fn regroup(state: &mut State, model: &Model, by: By) {
    state.stats.by = by;
    state.scroll_mut(Screen::Stats).cursor = 0;
    reshape(state, model);
}

/// The line of the SQL that the cursor is on, from 1.
fn line_of(state: &State) -> usize {
    let row = state.statement.rows.get(state.scroll(Screen::Sql).cursor);
    row.filter(|_| state.screen == Screen::Sql).map_or(1, |row| row.line)
}
