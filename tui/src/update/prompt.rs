//! Lines that are typed: what is searched, what is kept, where a file is written.

use perf_look_analyzers::flame::Flame;
use tui_input::{Input, InputRequest};

use crate::action::{Action, Edit, Effect, Existing, Message, Screen};
use crate::diff::PageRow;
use crate::matching;
use crate::model::Model;
use crate::state::{Prompt, Purpose, Search, State};

pub(super) fn begin(state: &mut State, model: &Model, action: Action) {
    let (purpose, text) = match action {
        Action::Filter => (Purpose::Filter, state.shape.filter.clone()),
        Action::Export(format) => {
            let stem = model.report().name(state.subject);
            let measure = if format.is_flame() { format!(".{}", state.measure.name()) } else { String::new() };
            (Purpose::Export(format), format!("{}{measure}.{}", file_stem(stem), format.ending()))
        }
        Action::Replace(format, path) => (Purpose::Replace(format), path),
        _ => (Purpose::Search, String::new()),
    };
    state.prompt = Some(Prompt { purpose, input: Input::new(text) });
}

/// A name that any file system takes.
fn file_stem(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem: String = name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let stem = stem.trim_start_matches(['.', '-']);
    if stem.is_empty() { "plan".to_owned() } else { stem.to_owned() }
}

pub(super) fn edit(state: &mut State, model: &Model, edit: Edit) {
    let Some(prompt) = &mut state.prompt else { return };
    prompt.input.handle(match edit {
        Edit::Type(c) => InputRequest::InsertChar(c),
        Edit::Erase => InputRequest::DeletePrevChar,
        Edit::Delete => InputRequest::DeleteNextChar,
        Edit::EraseWord => InputRequest::DeletePrevWord,
        Edit::EraseAll => InputRequest::DeleteLine,
        Edit::Left => InputRequest::GoToPrevChar,
        Edit::Right => InputRequest::GoToNextChar,
        Edit::Start => InputRequest::GoToStart,
        Edit::End => InputRequest::GoToEnd,
    });
    if let Purpose::Replace(format) = prompt.purpose {
        // Another path: whether something is there is asked anew.
        prompt.purpose = Purpose::Export(format);
    }
    if prompt.purpose != Purpose::Search {
        return;
    }
    let query = prompt.input.value().to_owned();
    if let Some(help) = &mut state.help {
        help.query = query;
        help.top = 0;
    } else {
        // Counted while it is typed; the cursor moves when it is taken.
        state.search = Search { matches: matches(state, model, &query), query };
    }
}

pub(super) fn take(state: &mut State, model: &Model) -> Vec<Effect> {
    let Some(prompt) = state.prompt.take() else { return Vec::new() };
    let text = prompt.input.value().trim().to_owned();
    match prompt.purpose {
        Purpose::Search if state.help.is_some() => {}
        Purpose::Search => take_search(state, model, text),
        Purpose::Filter => {
            state.shape.filter = text;
            super::reshape(state, model);
            let is_plan = model.subject(state.subject).is_some();
            if is_plan && state.rows.nodes() == 0 && !state.shape.filter.is_empty() {
                let words = format!("no node matches \"{}\"; Esc takes the filter off", state.shape.filter);
                state.message = Some(Message::Note(words));
            }
        }
        Purpose::Export(format) | Purpose::Replace(format) if !text.is_empty() => {
            let existing = if prompt.purpose == Purpose::Replace(format) { Existing::Replace } else { Existing::Keep };
            let (subject, measure) = (state.subject, state.measure);
            return vec![Effect::Export { subject, format, measure, path: text, existing }];
        }
        Purpose::Export(_) | Purpose::Replace(_) => {
            state.message = Some(Message::Note("nothing was written: no path".to_owned()));
        }
        Purpose::Decide(question) => super::review::answer(state, model, question, text),
    }
    Vec::new()
}

fn take_search(state: &mut State, model: &Model, query: String) {
    let matches = matches(state, model, &query);
    if model.review().is_some() {
        state.search = Search { query, matches };
        super::review::take_search(state);
        return;
    }
    if matches.is_empty() && !query.is_empty() {
        state.message = Some(Message::Note(format!("nothing on this screen matches \"{query}\"")));
    }
    let here = super::select::current(state);
    let at = matches.partition_point(|item| *item < here);
    let at = if at == matches.len() { 0 } else { at };
    state.search = Search { query, matches };
    super::select::go_to_match(state, model, at);
}

pub(super) fn forget(state: &mut State) {
    if let Some(prompt) = state.prompt.take()
        && prompt.purpose == Purpose::Search
    {
        match &mut state.help {
            Some(help) => help.query.clear(),
            None => state.search = Search::default(),
        }
    }
}

/// On another screen or statement other things match.
pub(super) fn search_again(state: &mut State, model: &Model) {
    let query = std::mem::take(&mut state.search.query);
    state.search = Search { matches: matches(state, model, &query), query };
}

/// What of this screen has all words, by its index.
fn matches(state: &State, model: &Model, query: &str) -> Vec<usize> {
    let words = matching::words(query);
    if words.is_empty() {
        return Vec::new();
    }
    if let Some(review) = model.review() {
        return super::review::matches(review, &words);
    }
    if state.screen == Screen::Findings {
        let has = |place: &usize| model.finding(*place).is_some_and(|found| matching::finding(found, model, &words));
        return state.listed.iter().copied().filter(has).collect();
    }
    if state.screen.is_of_server() {
        return state.tables.matches(model, (state.subject, state.screen), &words);
    }
    if model.page(state.subject).is_some() {
        if state.screen == Screen::Diff {
            let rows = state.diff.page_rows.iter().enumerate();
            let text = |row: &PageRow| format!("{} {}", row.kind, row.words);
            return rows.filter(|(_, row)| matching::text(&text(row), &words)).map(|(place, _)| place).collect();
        }
        if state.screen == Screen::Flame {
            let frames = state.flame.drawable().map_or(&[][..], Flame::frames).iter().enumerate();
            return frames.filter(|(_, frame)| matching::text(&frame.label, &words)).map(|(id, _)| id).collect();
        }
        if state.screen == Screen::Source {
            let rows = state.source.rows.iter().enumerate();
            return rows.filter(|(_, row)| matching::text(&row.text, &words)).map(|(place, _)| place).collect();
        }
        return state.tables.matches(model, (state.subject, state.screen), &words);
    }
    let Some(subject) = model.subject(state.subject) else { return Vec::new() };
    let all = |texts: &mut dyn Iterator<Item = &str>| -> Vec<usize> {
        texts.enumerate().filter(|(_, text)| matching::text(text, &words)).map(|(place, _)| place).collect()
    };
    match state.screen {
        Screen::Plan | Screen::Raw | Screen::Flame => {
            let nodes = subject.plan.nodes().iter().filter(|node| matching::node(node, &words));
            nodes.map(|node| node.id.index()).collect()
        }
        Screen::Sql => {
            let query = subject.query.as_deref().unwrap_or("");
            all(&mut state.statement.rows.iter().map(|row| query.get(row.range.clone()).unwrap_or("")))
        }
        Screen::Stats => all(&mut state.groups.iter().map(|group| group.name.as_str())),
        Screen::Diff => match state.diff.difference(model, state.subject) {
            None => Vec::new(),
            Some((comparison, difference)) => {
                let labels = state.diff.rows.iter().map(|row| {
                    let (before, after) = comparison.labels(difference, &difference.pairs[*row]);
                    before.unwrap_or_default() + " " + &after.unwrap_or_default()
                });
                let labels: Vec<String> = labels.collect();
                all(&mut labels.iter().map(String::as_str))
            }
        },
        _ => Vec::new(),
    }
}
