//! From the statements of a server to their plans, and what becomes of the screen when one was explained.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::postgres::stored::Kind;

use crate::action::{Effect, Message, Screen};
use crate::model::{Explained, Model};
use crate::server;
use crate::state::{Pane, Scroll, State};

/// Whether Enter leads from here to a plan.
pub(super) fn leads_on(state: &State) -> bool {
    state.help.is_none() && server::selected_statement(state).is_some()
}

/// Shows the plan of the selected statement, or asks for it.
pub(super) fn enter(state: &mut State, model: &Model) -> Vec<Effect> {
    let Some((place, row)) =
        server::selected_statement(state).and_then(|place| Some((place, server::statement(model, place)?)))
    else {
        return Vec::new();
    };
    if let Explained::Plan(subject) = model.explained(&row.id) {
        show(state, model, subject);
        return Vec::new();
    }
    if Kind::of(&row.query) == Kind::Utility {
        state.message = Some(Message::Note("EXPLAIN takes no statement of this kind: it has no plan".to_owned()));
        return Vec::new();
    }
    vec![Effect::Explain(place)]
}

/// The findings of a plan, or the plan where there are none.
fn show(state: &mut State, model: &Model, subject: Of) {
    let place = server::selected_statement(state);
    // What was kept of the statements would hide findings.
    state.shape.filter.clear();
    state.tables.follow(model, (state.subject, Screen::Statements), "");
    let row = place.zip(state.tables.get(Screen::Statements)).and_then(|(place, table)| table.place(place));
    if let Some(cursor) = row {
        // Where Esc leads back to.
        *state.scroll_mut(Screen::Statements) = Scroll { cursor, top: 0 };
    }
    super::select::list_findings(state, model);
    let worst = model.report().findings.iter().position(|finding| finding.location.of() == subject);
    match worst {
        Some(worst) => super::select::finding(state, model, worst),
        None => super::select::node(state, model, subject, NodeId(0)),
    }
    let screen = if worst.is_some() { Screen::Findings } else { Screen::Plan };
    super::show(state, model, screen);
}

/// The screen after a statement was explained: on its plan, unless the user has gone elsewhere meanwhile.
pub(crate) fn explained(state: &State, model: &Model, subject: Of) -> State {
    let mut next = looked(state, model);
    if state.screen.is_of_server() {
        show(&mut next, model, subject);
        super::settle(&mut next, model);
    }
    next
}

/// The same screen of another report on the same server.
pub(crate) fn looked(state: &State, model: &Model) -> State {
    let mut next = super::moved(state, model);
    if state.screen.is_of_server() {
        next.pane = if state.pane == Pane::Detail { Pane::Detail } else { Pane::List };
        next.shape.filter.clone_from(&state.shape.filter);
        super::settle(&mut next, model);
    }
    next
}
