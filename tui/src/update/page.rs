//! From findings to the lists of a page, from one list to another, and to the code.

use perf_look_analyzers::Finding;
use perf_look_analyzers::finding::Of;

use crate::action::{Effect, Message, Screen};
use crate::model::Model;
use crate::page;
use crate::state::{Scroll, State};

/// To the node of the finding, or to the list of the page that has its place.
pub(super) fn enter_finding(state: &mut State, model: &Model, finding: &Finding) {
    super::select::node_of(state, model, finding);
    let Of::Page(_) = finding.location.of() else {
        super::show(state, model, Screen::Plan);
        return;
    };
    let found = model.page(state.subject).zip(finding.location.site()).and_then(|(page, site)| page::find(page, site));
    let Some((screen, list, row)) = found else {
        state.message = Some(Message::Note("no list of this page has the place of this finding".to_owned()));
        return;
    };
    state.tables.choose(screen, list);
    super::show(state, model, screen);
    if let Some(cursor) = state.tables.get(screen).and_then(|table| table.place(row)) {
        super::moves::to(state, model, cursor);
    }
}

/// The code of what is selected, for the screen Source.
pub(super) fn look_at_code(state: &mut State, model: &Model) {
    let site = page::selected_site(state, model);
    state.source.look_at(site, state.screen);
}

/// Another list of this screen of a page.
pub(super) fn turn(state: &mut State, model: &Model, steps: usize) {
    state.tables.turn(state.screen, steps);
    *state.scroll_mut(state.screen) = Scroll::default();
    state.detail = 0;
    super::follow(state, model);
    super::prompt::search_again(state, model);
}

/// The SQL of a plan, or the code that the selected row or finding of a page is about.
pub(super) fn open(state: &mut State, model: &Model) -> Vec<Effect> {
    if let Of::Plan(_) = state.subject {
        return vec![Effect::Open { subject: state.subject, line: super::line_of(state) }];
    }
    let Some(site) = page::selected_site(state, model) else {
        state.message = Some(Message::Note("there is no code to open here".to_owned()));
        return Vec::new();
    };
    vec![Effect::OpenCode(site)]
}
