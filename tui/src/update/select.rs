//! What is selected: a statement and a node, shared by all screens, and the finding that goes with them.

use perf_look_analyzers::Finding;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::Measure;
use perf_look_analyzers::postgres::NodeId;

use crate::action::{Message, Screen, Way};
use crate::matching;
use crate::model::Model;
use crate::page::selected_site;
use crate::rows::{Fold, Row};
use crate::state::State;
use crate::text;
use crate::widths::Widths;

/// Selects a node, and shows it whatever is folded or filtered.
pub(super) fn node(state: &mut State, model: &Model, subject: Of, node: NodeId) {
    remember(state, subject, node);
    go(state, model, subject, node);
}

fn go(state: &mut State, model: &Model, subject: Of, node: NodeId) {
    if subject != state.subject {
        change_statement(state, model, subject);
        super::reshape(state, model);
        super::follow(state, model);
    }
    if (state.subject, state.node, state.frame) != (subject, node, None) {
        state.detail = 0;
    }
    state.node = node;
    state.frame = None;
    reveal(state, model);
    state.follow_node();
    line_of_node(state, model);
    if let Some(place) = model.findings_of(subject, node).first() {
        let is_on_node = model.finding(state.finding).is_some_and(|finding| is_at(finding, subject, node));
        if !is_on_node {
            point_at(state, *place);
        }
    }
}

/// Puts the cursor of the SQL onto the row that the node comes from.
pub(super) fn line_of_node(state: &mut State, model: &Model) {
    if state.screen != Screen::Sql {
        return;
    }
    let start = model.clauses(state.subject).and_then(|clauses| clauses.of_node(state.node));
    let row = start.and_then(|link| state.statement.row_at(link.primary().range.start));
    if let Some(row) = row {
        state.scroll_mut(Screen::Sql).cursor = row;
    }
}

/// The node that took most of those that are charged to the row of the cursor.
pub(super) fn slowest_of_row(state: &mut State, model: &Model) {
    let row = state.statement.rows.get(state.scroll(Screen::Sql).cursor);
    let own = |id: &NodeId| state.widths.own(*id);
    let slowest =
        row.and_then(|row| row.nodes.iter().copied().rev().max_by(|left, right| own(left).total_cmp(&own(right))));
    if let Some(id) = slowest {
        node(state, model, state.subject, id);
    }
}

/// The node after, of the pair of the cursor.
pub(super) fn node_of_pair(state: &mut State, model: &Model) {
    let pair = state.diff.rows.get(state.scroll(Screen::Diff).cursor).copied();
    let difference = state.diff.difference(model, state.subject);
    let after = pair.zip(difference).and_then(|(pair, (_, difference))| difference.pairs.get(pair)?.after);
    if let Some(id) = after {
        node(state, model, state.subject, id);
    }
}

/// Puts the cursor of Diff onto the pair of the selected node.
pub(super) fn pair_of_node(state: &mut State, model: &Model) {
    if state.screen != Screen::Diff {
        return;
    }
    let Some((_, difference)) = state.diff.difference(model, state.subject) else { return };
    let is_there = |row: &usize| difference.pairs[*row].after == Some(state.node);
    if let Some(cursor) = state.diff.rows.iter().position(is_there) {
        state.scroll_mut(Screen::Diff).cursor = cursor;
    }
}

/// The next node of the row of the cursor.
pub(super) fn next_of_row(state: &mut State, model: &Model, way: Way) {
    let Some(row) = state.statement.rows.get(state.scroll(Screen::Sql).cursor) else { return };
    if row.nodes.is_empty() {
        state.message = Some(Message::Note("no node is charged to this line".to_owned()));
        return;
    }
    let next = match row.nodes.iter().position(|id| *id == state.node) {
        Some(here) => stepped(here, row.nodes.len(), way),
        None => 0,
    };
    let id = row.nodes[next];
    node(state, model, state.subject, id);
}

fn is_at(finding: &Finding, subject: Of, node: NodeId) -> bool {
    finding.location.of() == subject && finding.location.node() == Some(node)
}

/// Folds belong to a statement; search and filter do not.
fn change_statement(state: &mut State, model: &Model, subject: Of) {
    let folded = state.folds.remove(&subject).unwrap_or_default();
    let folded = std::mem::replace(&mut state.shape.folded, folded);
    state.folds.insert(state.subject, folded);
    state.subject = subject;
    if let Some(judged) = model.subject(subject) {
        if state.measure.check(&judged.plan).is_err() || state.measure == Measure::Cost {
            state.measure = Measure::of_choice(&judged.plan);
        }
        state.widths = Widths::of(judged, state.measure);
    }
    state.node = NodeId(0);
    state.frame = None;
    state.detail = 0;
    let stays =
        |screen: Screen| screen.is_of_server() || matches!(screen, Screen::Findings | Screen::Plan | Screen::Raw);
    for screen in Screen::ALL.into_iter().filter(|screen| !stays(*screen)) {
        *state.scroll_mut(screen) = crate::state::Scroll::default();
    }
}

/// Opens what is folded above the node, and drops a filter that hides it.
fn reveal(state: &mut State, model: &Model) {
    if state.rows.place(state.node).is_some() {
        return;
    }
    let Some(subject) = model.subject(state.subject) else { return };
    for above in subject.plan.ancestors(state.node) {
        state.shape.set_folded(above.id, Fold::Open);
    }
    super::reshape_rows(state, model);
    if state.rows.place(state.node).is_none() {
        state.shape.filter.clear();
        state.shape.least = 0.0;
        super::reshape_rows(state, model);
        list_findings(state, model);
        state.message = Some(Message::Note("the filter hid this node and was taken off".to_owned()));
    }
}

/// After rows were hidden: the nearest node above that is shown, else the first row.
pub(super) fn to_what_is_shown(state: &mut State, model: &Model) {
    if state.frame.is_some() || state.rows.place(state.node).is_some() {
        return;
    }
    let Some(subject) = model.subject(state.subject) else { return };
    let above = subject.plan.ancestors(state.node).map(|above| above.id).find(|id| state.rows.place(*id).is_some());
    let first = || {
        (0..state.rows.len()).find_map(|place| match state.rows.get(place) {
            Some(Row::Node(id)) => Some(id),
            _ => None,
        })
    };
    if let Some(id) = above.or_else(first) {
        state.node = id;
        state.detail = 0;
    }
}

/// Selects a finding and its node.
pub(super) fn finding(state: &mut State, model: &Model, place: usize) {
    point_at(state, place);
    if let Some(finding) = model.finding(place) {
        node_of(state, model, finding);
    }
}

/// The finding at the place of the row of the cursor, if there is one.
pub(super) fn finding_of_row(state: &mut State, model: &Model) {
    let Some(site) = selected_site(state, model) else { return };
    let is_here = |finding: &Finding| finding.location.of() == state.subject && finding.location.site() == Some(&site);
    if let Some(place) = model.report().findings.iter().position(is_here) {
        point_at(state, place);
    }
}

/// Puts the cursor of a page's list onto the place of the finding; where that is not on this screen, the finding is
/// shown.
fn row_of_finding(state: &mut State, model: &Model) {
    let site = model.finding(state.finding).and_then(|finding| finding.location.site());
    if let Some(site) = site.filter(|_| state.screen == Screen::Source) {
        state.source.site = Some(site.clone());
        return;
    }
    let table = state.tables.get(state.screen);
    let list = table.and_then(|table| table.listing(model, state.subject, state.screen));
    let is_there = |row: &usize| site.is_some() && list.as_ref().and_then(|list| list.site(*row)).as_ref() == site;
    match table.and_then(|table| table.rows().iter().position(is_there)) {
        Some(cursor) => state.scroll_mut(state.screen).cursor = cursor,
        None => super::show(state, model, Screen::Findings),
    }
}

pub(super) fn node_of(state: &mut State, model: &Model, finding: &Finding) {
    node(state, model, finding.location.of(), finding.location.node().unwrap_or(NodeId(0)));
}

fn point_at(state: &mut State, place: usize) {
    state.finding = place;
    if let Ok(cursor) = state.listed.binary_search(&place) {
        state.scroll_mut(Screen::Findings).cursor = cursor;
    }
}

/// The findings that pass the filter.
pub(super) fn list_findings(state: &mut State, model: &Model) {
    let words = matching::words(&state.shape.filter);
    let findings = model.report().findings.iter().enumerate();
    let passes = |finding: &Finding| words.is_empty() || matching::finding(finding, model, &words);
    state.listed = findings.filter(|(_, finding)| passes(finding)).map(|(place, _)| place).collect();
    let cursor = state.listed.partition_point(|place| *place < state.finding).min(state.listed.len().saturating_sub(1));
    state.scroll_mut(Screen::Findings).cursor = cursor;
    if let Some(place) = state.listed.get(cursor) {
        state.finding = *place;
    }
}

pub(super) fn next_finding(state: &mut State, model: &Model, way: Way) {
    let count = state.listed.len();
    if count == 0 {
        state.message = Some(Message::Note("there are no findings".to_owned()));
        return;
    }
    let here = state.listed.binary_search(&state.finding).unwrap_or(0);
    // From elsewhere in the plan, the finding that was looked at last comes first.
    let is_there = model.finding(state.finding).is_some_and(|finding| is_selected(state, finding));
    let next = if is_there { stepped(here, count, way) } else { here };
    finding(state, model, state.listed[next]);
    if matches!(state.subject, Of::Page(_)) && state.screen != Screen::Findings {
        row_of_finding(state, model);
    }
    state.message = Some(Message::Note(format!("finding {} of {count}", next + 1)));
}

fn is_selected(state: &State, finding: &Finding) -> bool {
    is_at(finding, state.subject, state.node) && state.frame.is_none()
        || finding.location.node().is_none() && finding.location.of() == state.subject
}

/// The place after or before, round the ends.
fn stepped(at: usize, count: usize, way: Way) -> usize {
    match way {
        Way::Next => (at + 1) % count,
        Way::Previous => (at + count - 1) % count,
    }
}

/// Without a search, the next finding; of a difference the next change.
pub(super) fn next_match(state: &mut State, model: &Model, way: Way) {
    if state.search.query.is_empty() && state.screen.is_of_server() {
        state.message = Some(Message::Note("nothing is searched; / searches".to_owned()));
        return;
    }
    if state.search.query.is_empty() && state.screen == Screen::Diff {
        next_change(state, model, way);
        return;
    }
    if state.search.query.is_empty() {
        next_finding(state, model, way);
        return;
    }
    let matches = &state.search.matches;
    if matches.is_empty() {
        state.message = Some(Message::Note(format!("nothing on this screen matches \"{}\"", state.search.query)));
        return;
    }
    let at = after(matches, current(state), way);
    go_to_match(state, model, at);
}

fn next_change(state: &mut State, model: &Model, way: Way) {
    let changes = state.diff.changes(model, state.subject);
    if changes.is_empty() {
        state.message = Some(Message::Note("there are no changes".to_owned()));
        return;
    }
    let here = state.scroll(Screen::Diff).cursor;
    let at = after(&changes, here, way);
    super::moves::to(state, model, changes[at]);
    state.message = Some(Message::Note(format!("change {} of {}", at + 1, changes.len())));
}

/// The place of the item after or before, round the ends.
fn after(items: &[usize], here: usize, way: Way) -> usize {
    match way {
        Way::Next => items.partition_point(|item| *item <= here) % items.len(),
        Way::Previous => (items.partition_point(|item| *item < here) + items.len() - 1) % items.len(),
    }
}

/// The item of this screen that is selected, as search counts them.
pub(super) fn current(state: &State) -> usize {
    match state.screen {
        Screen::Findings => state.finding,
        Screen::Flame if matches!(state.subject, Of::Page(_)) => state.flame.at,
        Screen::Plan | Screen::Raw | Screen::Flame => state.node.index(),
        _ => state.scroll(state.screen).cursor,
    }
}

pub(super) fn go_to_match(state: &mut State, model: &Model, at: usize) {
    let Some(item) = state.search.matches.get(at).copied() else { return };
    match state.screen {
        Screen::Findings => finding(state, model, item),
        Screen::Flame if matches!(state.subject, Of::Page(_)) => {
            // A frame of a page has no node.
            state.flame.go(item);
        }
        Screen::Plan | Screen::Raw | Screen::Flame => {
            if let Ok(id) = u32::try_from(item) {
                node(state, model, state.subject, NodeId(id));
            }
        }
        _ => super::moves::to(state, model, item),
    }
}

/// The node that took most; from there, the next one.
pub(super) fn hottest(state: &mut State, model: &Model) {
    let hottest = &state.widths.hottest;
    if hottest.is_empty() {
        return;
    }
    let here = hottest.iter().position(|id| *id == state.node && state.frame.is_none());
    let continues = state.hot.filter(|at| here == Some(*at));
    let next = continues.map_or(0, |at| (at + 1) % hottest.len());
    let (id, count) = (hottest[next], hottest.len());
    node(state, model, state.subject, id);
    state.hot = Some(next);
    let share = text::percent(state.widths.share(id));
    let measure = state.measure.title();
    let words = format!("#{} is number {} of {count} by its own part of {measure}: {share}", id.number(), next + 1);
    state.message = Some(Message::Note(words));
}

pub(super) fn next_statement(state: &mut State, model: &Model, way: Way) {
    let (here, count) = model.place(state.subject);
    let Some(subject) = model.subjects().nth(stepped(here - 1, count.max(1), way)).filter(|_| count > 1) else {
        let kind = of_kind(state.subject);
        state.message = Some(Message::Note(format!("only one {kind} is loaded")));
        return;
    };
    let worst = model.report().findings.iter().position(|finding| finding.location.of() == subject);
    match worst.filter(|place| state.listed.binary_search(place).is_ok()) {
        Some(place) => finding(state, model, place),
        None => node(state, model, subject, NodeId(0)),
    }
    super::prompt::search_again(state, model);
    let (kind, number, name) = (of_kind(subject), model.place(subject).0, model.report().name(subject));
    state.message = Some(Message::Note(format!("{kind} {number} of {count}: {name}")));
}

fn of_kind(of: Of) -> &'static str {
    match of {
        Of::Plan(_) => "statement",
        Of::Page(_) => "page",
    }
}

fn remember(state: &mut State, subject: Of, node: NodeId) {
    /// As far back as somebody remembers.
    const KEPT: usize = 100;
    let history = &mut state.history;
    if history.places.get(history.at) == Some(&(subject, node)) {
        return;
    }
    history.places.truncate(history.at + 1);
    history.places.push((subject, node));
    if history.places.len() > KEPT {
        history.places.remove(0);
    }
    history.at = history.places.len() - 1;
}

pub(super) fn walk_history(state: &mut State, model: &Model, way: Way) {
    let at = match way {
        Way::Next => state.history.at + 1,
        Way::Previous => state.history.at.wrapping_sub(1),
    };
    let Some((subject, node)) = state.history.places.get(at).copied() else {
        state.message = Some(Message::Note("there is no selection further that way".to_owned()));
        return;
    };
    state.history.at = at;
    go(state, model, subject, node);
}
