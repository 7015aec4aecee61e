//! What stands around the panes: the statement at the top, the screens, the hints at the bottom.

use perf_look_analyzers::Subject;
use perf_look_analyzers::flame::Measure;
use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::words::time;
use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::web::Page;
use ratatui::layout::Rect;

use super::{Areas, Room};
use crate::action::{Action, Context, Message, Screen};
use crate::canvas::{Canvas, Line, line_width, piece, safe_line};
use crate::keys::{self, Binding};
use crate::model::Model;
use crate::page;
use crate::review::Question;
use crate::server;
use crate::state::{Prompt, Purpose, State};
use crate::text;
use crate::theme::Role;

/// The statement, how long it took, and of what kind the server is.
pub(super) fn header(canvas: &mut Canvas<'_>, state: &State, model: &Model, areas: &Areas) {
    let Some(tabs) = areas.tabs else {
        short_header(canvas, state, model, areas);
        return;
    };
    let parts = parts(state, model, areas.header.width, canvas);
    canvas.line(areas.header, &parts);
    let line = tab_line(state, model, Tabs::Long);
    canvas.line(tabs, &line);
    let note = view_note(state, model);
    if line_width(&line) + line_width(&note) + 2 <= usize::from(tabs.width) {
        canvas.line_right(tabs, &note);
    }
}

/// All on one line.
fn short_header(canvas: &mut Canvas<'_>, state: &State, model: &Model, areas: &Areas) {
    /// For a name and a time.
    const STATEMENT: usize = 26;
    let all = tab_line(state, model, Tabs::Short);
    let has_room = line_width(&all) + STATEMENT <= usize::from(areas.header.width);
    let tabs = if areas.room > Room::Small && has_room { all } else { short_tab(state) };
    let wide = u16::try_from(line_width(&tabs) + 1).unwrap_or(u16::MAX).min(areas.header.width);
    let left = Rect { width: areas.header.width - wide, ..areas.header };
    canvas.line(left, &parts(state, model, left.width, canvas));
    canvas.line_right(areas.header, &tabs);
}

/// What is known of the statement, most important first; what has no room leaves whole.
fn parts(state: &State, model: &Model, width: u16, canvas: &Canvas<'_>) -> Line {
    if let Some(overview) = model.report().overview.as_deref().filter(|_| state.screen.is_of_server()) {
        return server_parts(overview, width, canvas);
    }
    let (name, parts) = match (model.subject(state.subject), model.page(state.subject)) {
        (Some(subject), _) => (&subject.name, plan_parts(subject, model.place(state.subject))),
        (None, Some(page)) => (&page.capture.name, page_parts(page, model.place(state.subject))),
        (None, None) => return vec![piece(Role::Strong, " perf-look")],
    };
    line_of(name, parts, width, canvas)
}

/// Of a name as much as there is room for, and the parts behind it.
fn line_of(name: &str, parts: Vec<(Role, String)>, width: u16, canvas: &Canvas<'_>) -> Line {
    let mut name = safe_line(name, canvas.glyphs()).into_owned();
    let first = text::width(&parts[0].1) + 3;
    let room = usize::from(width).saturating_sub(first).max(4);
    // Of a path the file is what tells.
    if text::width(&name) > room
        && let Some((_, file)) = name.rsplit_once('/').filter(|(_, file)| !file.is_empty())
    {
        name = file.to_owned();
    }
    let mut line = vec![piece(Role::Strong, format!(" {}", text::cut(&name, room, canvas.glyphs())))];
    for (role, text) in parts {
        if line_width(&line) + text::width(&text) + 2 > usize::from(width) {
            break;
        }
        line.push(piece(role, format!("  {text}")));
    }
    line
}

/// The server, what it counted, and who looks.
fn server_parts(overview: &Overview, width: u16, canvas: &Canvas<'_>) -> Line {
    let server = &overview.capture.server;
    let all = overview.statements().map(|statements| statements.all);
    let statements = all.map(|all| (Role::Text, format!("in {} statements", grouped(all.statements))));
    let counted = match all {
        Some(all) => (Role::Strong, time(all.total_ms)),
        None => (Role::Warn, "not counted".to_owned()),
    };
    let seen = (Role::Faint, format!("seen by {} at {} UTC", server.role, server.at));
    let version = (Role::Faint, format!("PostgreSQL {}", overview.capture.server_version));
    let mut parts = vec![counted];
    parts.extend(statements);
    parts.extend([version, seen]);
    line_of(&server.database, parts, width, canvas)
}

/// How long it took, of several statements which one it is, and the server.
fn plan_parts(subject: &Subject, (number, count): (usize, usize)) -> Vec<(Role, String)> {
    let time = match (subject.attribution.execution, subject.plan.is_analyzed()) {
        (Some(time), _) => time.to_string(),
        (None, true) => "not timed".to_owned(),
        (None, false) => "not run".to_owned(),
    };
    let mut parts = vec![(Role::Strong, time)];
    if count > 1 {
        parts.push((Role::Text, format!("({number}/{count})")));
    }
    if let Some(spread) = spread(&subject.runs_ms) {
        parts.push((Role::Faint, spread));
    }
    if let Some(version) = &subject.server_version {
        parts.push((Role::Faint, format!("PostgreSQL {version}")));
    }
    parts
}

/// Its selectors, or else how long it took to load; of several which one it is, and the browser.
fn page_parts(page: &Page, (number, count): (usize, usize)) -> Vec<(Role, String)> {
    let metric = |name: &str| page.metrics.get(name).map(|metric| metric.value.to_string());
    let selectors = metric("selectors").map(|count| format!("{count} selectors"));
    let load = metric("load").map(|load| format!("loaded in {load}"));
    let (width, height) = page.capture.settings.viewport;
    let browser = format!("{} {width}x{height}", page.capture.browser);
    let first = selectors.or_else(|| load.clone()).unwrap_or_else(|| browser.clone());
    let mut parts = vec![(Role::Strong, first.clone())];
    if count > 1 {
        parts.push((Role::Text, format!("({number}/{count})")));
    }
    parts.extend(load.filter(|load| *load != first).map(|load| (Role::Text, load)));
    parts.extend(Some(browser).filter(|browser| *browser != first).map(|browser| (Role::Faint, browser)));
    parts
}

/// `median of 5 runs, 4.10 ms to 6.20 ms`.
fn spread(runs: &[f64]) -> Option<String> {
    let least = runs.iter().copied().min_by(f64::total_cmp)?;
    let most = runs.iter().copied().max_by(f64::total_cmp)?;
    Some(format!("median of {} runs, {} to {}", runs.len(), Ms(least), Ms(most)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tabs {
    Long,
    Short,
}

fn tab_line(state: &State, model: &Model, tabs: Tabs) -> Line {
    let mut line = Line::new();
    for (place, screen) in state.screens().iter().copied().enumerate() {
        let count = model.report().findings.len();
        let name = match (screen, tabs) {
            (Screen::Findings, Tabs::Long) => format!("{} {} {count}", place + 1, screen.name()),
            (Screen::Findings, Tabs::Short) => format!("{}Find {count}", place + 1),
            (_, Tabs::Long) => format!("{} {}", place + 1, screen.name()),
            (_, Tabs::Short) => format!("{}{}", place + 1, screen.name()),
        };
        let is_here = screen == state.screen;
        let (open, close) = match (is_here, tabs) {
            (true, _) => ("[", "]"),
            (false, Tabs::Long) => (" ", " "),
            (false, Tabs::Short) => ("", ""),
        };
        let role = if is_here { Role::ActiveTab } else { Role::Tab };
        if place > 0 || tabs == Tabs::Long {
            line.push(piece(Role::Text, " "));
        }
        line.push(piece(role, format!("{open}{name}{close}")));
    }
    line
}

fn short_tab(state: &State) -> Line {
    let screens = state.screens();
    let place = screens.iter().position(|screen| *screen == state.screen).unwrap_or(0) + 1;
    vec![piece(Role::ActiveTab, format!("{place}/{} {}", screens.len(), state.screen.name()))]
}

/// What the screen shows things by.
fn view_note(state: &State, model: &Model) -> Line {
    let words = match state.screen {
        Screen::Flame if model.page(state.subject).is_some() => return Line::new(),
        Screen::Flame => format!("measure: {} (m)   colour: {} (c) ", state.measure.title(), state.flame.colour.name()),
        Screen::Plan if state.measure != Measure::Wall => {
            format!("measure: {} (m)   sort: {} (s) ", state.measure.title(), state.shape.sort.name())
        }
        Screen::Plan => format!("colour: {} (c)   sort: {} (s) ", state.colour.name(), state.shape.sort.name()),
        _ => return Line::new(),
    };
    vec![piece(Role::Faint, words)]
}

/// Rows of the bottom: one, or as many as all hints need.
pub(super) fn footer_height(state: &State, model: &Model, room: Room) -> u16 {
    if state.prompt.is_some() && state.message.is_some() {
        return 2;
    }
    if !state.hints.yes() || room <= Room::Small || state.prompt.is_some() {
        return 1;
    }
    let hints = hints(state, model);
    let lines = fill(&hints, usize::from(state.size.0));
    u16::try_from(lines.len()).unwrap_or(1).clamp(1, 4)
}

/// What is typed, or a word to the user, or the hints.
pub(super) fn footer(canvas: &mut Canvas<'_>, state: &State, model: &Model, areas: &Areas) {
    let first = Rect { height: areas.footer.height.min(1), ..areas.footer };
    if let Some(prompt) = &state.prompt {
        let last = Rect { y: areas.footer.bottom().saturating_sub(1), ..first };
        if let Some(message) = state.message.as_ref().filter(|_| areas.footer.height > 1) {
            message_line(canvas, message, first);
        }
        prompt_line(canvas, state, prompt, last);
        return;
    }
    if let Some(message) = &state.message {
        message_line(canvas, message, first);
        return;
    }
    let mut hints = hints(state, model);
    search_hint(state, &mut hints);
    if state.hints.yes() && areas.footer.height > 1 {
        for (row, line) in areas.footer.rows().zip(fill(&hints, usize::from(areas.footer.width))) {
            canvas.line(row, &line);
        }
        return;
    }
    canvas.line(first, &most_important(&hints, usize::from(areas.footer.width)));
}

fn message_line(canvas: &mut Canvas<'_>, message: &Message, area: Rect) {
    let (role, before) = match message {
        Message::Note(_) => (Role::Message, " "),
        Message::Failure(_) => (Role::Error, " failed: "),
    };
    canvas.line(area, &[piece(role, format!("{before}{message} "))]);
}

/// What is searched stands where one looks for what `n` does.
fn search_hint(state: &State, hints: &mut [Hint]) {
    if state.search.query.is_empty() {
        return;
    }
    for hint in hints.iter_mut().filter(|hint| hint.key == "n") {
        hint.words = format!("next of {} matching \"{}\"", state.search.matches.len(), state.search.query);
        hint.priority = 3;
    }
}

struct Hint {
    key: String,
    words: String,
    priority: u8,
}

/// What can be done here and now.
fn hints(state: &State, model: &Model) -> Vec<Hint> {
    let context = state.context();
    let can = |binding: &Binding| is_of_use(&binding.action, state, model);
    let here = keys::bindings().filter(|binding| binding.on.contains(&context) && can(binding));
    let hints = here.filter_map(|binding| {
        let (words, priority) = binding.hint?;
        Some(Hint { key: keys::printed(binding.keys.first()?), words: words.to_owned(), priority })
    });
    let mut hints: Vec<Hint> = hints.collect();
    hints.sort_by_key(|hint| hint.priority);
    hints
}

/// With one statement there is no next one, and without findings none to go to.
fn is_of_use(action: &Action, state: &State, model: &Model) -> bool {
    let has_findings = !state.listed.is_empty();
    match action {
        Action::Statement(_) => model.subjects().count() > 1,
        // What is of use in a review is so whatever the report is.
        _ if state.review.is_some() => true,
        Action::Match(_) if state.screen == Screen::Diff => !state.diff.rows.is_empty(),
        Action::Match(_) => has_findings || !state.search.query.is_empty(),
        Action::Baseline(_) => model.before().len() > 1 && state.context() == Context::On(Screen::Diff),
        Action::Changed => {
            state.diff.difference(model, state.subject).is_some()
                || state.diff.page_difference(model, state.subject).is_some()
        }
        Action::Enter if state.screen == Screen::Statements => server::selected_statement(state).is_some(),
        Action::Enter => has_findings || state.screen != Screen::Findings || state.context() == Context::Prompt,
        Action::Open => model.page(state.subject).is_none() || page::selected_site(state, model).is_some(),
        _ => true,
    }
}

impl Hint {
    fn width(&self) -> usize {
        text::width(&self.key) + text::width(&self.words) + 4
    }

    fn pieces(&self) -> [crate::canvas::Piece; 2] {
        [piece(Role::Key, format!(" {}", self.key)), piece(Role::Hint, format!(" {}  ", self.words))]
    }
}

/// Whole hints only, the most important ones that fit; `quit` stands at the end.
fn most_important(hints: &[Hint], width: usize) -> Line {
    let mut used = 0;
    let mut shown: Vec<&Hint> = Vec::new();
    for hint in hints {
        // Two spaces behind the last one may fall off.
        if used + hint.width() - 2 <= width {
            used += hint.width();
            shown.push(hint);
        }
    }
    shown.sort_by_key(|hint| u8::from(hint.words == "quit"));
    trimmed(shown.into_iter().flat_map(Hint::pieces).collect())
}

/// Without spaces at the end, which would be cut with a mark.
fn trimmed(mut line: Line) -> Line {
    if let Some(last) = line.last_mut() {
        last.text.truncate(last.text.trim_end().len());
    }
    line
}

/// All hints, on as many lines as they need.
fn fill(hints: &[Hint], width: usize) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    for hint in hints {
        let used = lines.last().map_or(0, |line| line_width(line));
        if used > 0 && used + hint.width() - 2 > width {
            lines.push(Line::new());
        }
        if let Some(line) = lines.last_mut() {
            line.extend(hint.pieces());
        }
    }
    lines.into_iter().map(trimmed).collect()
}

fn prompt_line(canvas: &mut Canvas<'_>, state: &State, prompt: &Prompt, area: Rect) {
    let label = match prompt.purpose {
        Purpose::Search => "search: ",
        Purpose::Filter => "keep: ",
        Purpose::Export(_) => "write to: ",
        Purpose::Replace(_) => "is there already, replace it? ",
        Purpose::Decide(Question::Reason) => "why is it right? ",
        Purpose::Decide(Question::Why) => "why for a while? ",
        Purpose::Decide(Question::Owner) => "who takes it on? ",
        Purpose::Decide(Question::Until) => "until when? ",
    };
    let matches = state.search.matches.len();
    let after = match prompt.purpose {
        Purpose::Search if state.help.is_none() && !prompt.input.value().is_empty() => {
            format!("  {}", if matches == 1 { "1 match".to_owned() } else { format!("{matches} matches") })
        }
        Purpose::Replace(_) => "  Enter replaces it, Esc keeps it".to_owned(),
        _ => "  Enter takes it, Esc forgets it".to_owned(),
    };
    let typed = prompt.input.value();
    // The end of a long line is what is typed at.
    let room = usize::from(area.width).saturating_sub(text::width(label) + 2);
    let mut before: String = typed.chars().take(prompt.input.cursor()).collect();
    while text::width(&before) > room.max(1) {
        before.remove(0);
    }
    let mut rest = typed.chars().skip(prompt.input.cursor());
    let under = rest.next().map_or(" ".to_owned(), String::from);
    let line = vec![
        piece(Role::Key, format!(" {label}")),
        piece(Role::Text, before),
        piece(Role::Cursor, under),
        piece(Role::Text, rest.collect::<String>()),
        piece(Role::Faint, after),
    ];
    canvas.line(area, &line);
}

/// After the first of two strokes: what the second can be.
pub(super) fn menu(canvas: &mut Canvas<'_>, state: &State, areas: &Areas) {
    let Some(stroke) = &state.stroke else { return };
    let choices = keys::after(state.context(), stroke);
    let lines: Vec<Line> = choices
        .iter()
        .map(|(key, help)| vec![piece(Role::Key, format!(" {} ", keys::printed(key))), piece(Role::Text, *help)])
        .collect();
    let wide = lines.iter().map(|line| line_width(line)).max().unwrap_or(0) + 3;
    let width = u16::try_from(wide).unwrap_or(u16::MAX).min(areas.footer.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(areas.footer.y);
    let area = Rect { x: 0, y: areas.footer.y - height, width, height };
    canvas.clear(area);
    let title = vec![piece(Role::Heading, format!("{} and then", keys::printed(stroke)))];
    let inner = canvas.boxed(area, Role::FocusedBorder, &title, &[]);
    canvas.lines(inner, &lines);
}
