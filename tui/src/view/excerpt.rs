//! The few lines below a list where there is no room for a pane of details.

use perf_look_analyzers::quantity::grouped;

use super::prose::Prose;
use super::{node, tree, words};
use crate::action::Screen;
use crate::canvas::{piece, plain};
use crate::measure;
use crate::model::Model;
use crate::state::State;
use crate::text::{millis, percent};
use crate::theme::{Glyphs, Role};

/// The most telling first: there is room for about three.
pub(super) fn lines(state: &State, model: &Model, glyphs: Glyphs) -> Prose {
    let mut prose = Prose::default();
    let findings = match state.screen {
        Screen::Findings => vec![state.finding],
        _ => model.findings_of(state.subject, state.node).to_vec(),
    };
    if state.screen != Screen::Findings {
        if state.frame.is_some() {
            return node::detail(state, model, glyphs);
        }
        let Some(subject) = model.subject(state.subject) else { return prose };
        let node = subject.plan.node(state.node);
        let own = match subject.attribution.time(node.id) {
            Some(time) => format!("{} ms itself", millis(time.own.0)),
            None => format!("cost {}", grouped(subject.attribution.node(node.id).own_cost)),
        };
        let share = percent(measure::own_share(subject, node.id));
        prose.line(plain(format!("{}: {own}, {share}", tree::words(node))));
    }
    for finding in findings.iter().filter_map(|place| model.finding(*place)) {
        prose.line(vec![piece(words::severity(finding.severity).0, finding.headline.clone())]);
        for advice in &finding.advice {
            let sql = advice.sql.as_ref().map(|sql| (Role::Code, sql.replace('\n', " ")));
            let (role, text) = sql.unwrap_or((Role::Text, advice.text.clone()));
            prose.line(vec![piece(role, text)]);
        }
    }
    prose
}
