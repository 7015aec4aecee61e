//! What is copied: word for word as Postgres said it.

use std::fmt::Write as _;

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::safe;

use crate::action::{Effect, Message, Screen, What};
use crate::model::Model;
use crate::page::selected_site;
use crate::server;
use crate::state::State;
use crate::view::words;

pub(super) fn copy(state: &mut State, model: &Model, what: What) -> Vec<Effect> {
    let Some(text) = text(state, model, what) else {
        state.message = Some(Message::Note(missing(what).to_owned()));
        return Vec::new();
    };
    if text.chars().any(|c| c != '\t' && safe::is_hostile(c)) {
        let words = "copied as it is: it holds control characters, look before you paste it into a terminal";
        state.message = Some(Message::Note(words.to_owned()));
    }
    vec![Effect::Copy { text, what }]
}

fn missing(what: What) -> &'static str {
    match what {
        What::Sql => "the SQL of this plan is not known",
        What::Advice => "there is no SQL to run in the advice on this node",
        What::Row | What::Node | What::Json | What::Place => "there is nothing to copy here",
    }
}

fn text(state: &State, model: &Model, what: What) -> Option<String> {
    if state.screen.is_of_server() {
        return text_of_server(state, model, what);
    }
    match model.page(state.subject) {
        Some(_) => text_of_page(state, model, what),
        None => text_of_plan(state, model, what),
    }
}

fn text_of_server(state: &State, model: &Model, what: What) -> Option<String> {
    if what != What::Row {
        return server::sql(state, model);
    }
    let table = state.tables.get(state.screen)?;
    let row = table.rows().get(state.scroll(state.screen).cursor)?;
    Some(table.listing(model, state.subject, state.screen)?.text(*row))
}

fn text_of_page(state: &State, model: &Model, what: What) -> Option<String> {
    let finding = model.finding(state.finding).filter(|_| state.screen == Screen::Findings);
    match (what, finding) {
        (What::Row, Some(finding)) => Some(finding.headline.clone()),
        (What::Row, None) if state.screen == Screen::Diff => {
            let row = state.diff.page_rows.get(state.scroll(Screen::Diff).cursor)?;
            Some(format!("{}  {}", row.numbers.join("  "), row.words))
        }
        (What::Row, None) if state.screen == Screen::Source => {
            Some(state.source.rows.get(state.scroll(Screen::Source).cursor)?.text.clone())
        }
        (What::Row, None) => {
            let table = state.tables.get(state.screen)?;
            let row = table.rows().get(state.scroll(state.screen).cursor)?;
            Some(table.listing(model, state.subject, state.screen)?.text(*row))
        }
        (What::Advice, _) => {
            let site = selected_site(state, model)?;
            let finding = finding.or_else(|| model.findings_at(state.subject, &site).next())?;
            let advice: Vec<&str> = finding.advice.iter().map(|advice| advice.text.as_str()).collect();
            (!advice.is_empty()).then(|| advice.join("\n"))
        }
        (What::Place, Some(finding)) => Some(finding.location.path().to_owned()),
        (What::Place, None) => Some(selected_site(state, model)?.to_string()),
        (What::Node | What::Sql | What::Json, _) => None,
    }
}

fn text_of_plan(state: &State, model: &Model, what: What) -> Option<String> {
    let subject = model.subject(state.subject)?;
    let node = model.node(state.subject, state.node);
    match what {
        What::Row if state.screen == Screen::Findings => Some(model.finding(state.finding)?.headline.clone()),
        What::Row if state.screen == Screen::Sql => {
            let row = state.statement.rows.get(state.scroll(Screen::Sql).cursor)?;
            Some(subject.query.as_deref()?.get(row.range.clone())?.to_owned())
        }
        What::Row if state.screen == Screen::Stats => {
            Some(state.groups.get(state.scroll(Screen::Stats).cursor)?.name.clone())
        }
        What::Row => node.map(PlanNode::label),
        What::Node => node.map(with_properties),
        What::Sql => subject.query.clone(),
        What::Advice => advice(state, model),
        What::Json => node.map(words::json),
        What::Place => {
            let line = super::line_of(state);
            Some(format!("{}:{line} #{}", subject.name, node?.id.number()))
        }
    }
}

fn with_properties(node: &PlanNode) -> String {
    let mut text = format!("#{} {}\n", node.id.number(), node.label());
    for property in &node.properties {
        let _ = writeln!(text, "  {}: {}", property.name, words::value(&property.value));
    }
    text
}

/// The SQL of the selected finding, or of those of the selected node.
fn advice(state: &State, model: &Model) -> Option<String> {
    let places = if state.screen == Screen::Findings {
        vec![state.finding]
    } else {
        model.findings_of(state.subject, state.node).to_vec()
    };
    let findings = places.iter().filter_map(|place| model.finding(*place));
    let sql: Vec<&str> =
        findings.flat_map(|finding| &finding.advice).filter_map(|advice| advice.sql.as_deref()).collect();
    (!sql.is_empty()).then(|| sql.join("\n"))
}
