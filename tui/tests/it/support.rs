//! One place that knows how to open plans, press keys and read the screen.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use perf_look_analyzers::postgres::overview::capture::{Missing, Part};
use perf_look_analyzers::report::Level;
use perf_look_analyzers::rule::rules;
use perf_look_analyzers::{Policy, Report, input};
use perf_look_tui::{Depth, Effect, Glyphs, Model, State, Theme, draw, press};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// A report of plans and pages as text.
pub(crate) fn report(texts: &[(&str, &str)]) -> Report {
    let (mut subjects, mut pages, mut rejects, mut overview) = (Vec::new(), Vec::new(), Vec::new(), None);
    for (name, text) in texts {
        let input = input::read(name, text).unwrap();
        subjects.extend(input.subjects);
        pages.extend(input.pages);
        rejects.extend(input.rejects);
        overview = overview.or(input.overview);
    }
    // Rules of pages that come later would change what is shown here.
    let mut policy = Policy::default();
    for rule in rules().filter(|rule| rule.id.0.starts_with("web/") && rule.id.0 != "web/selector-instances-per-site") {
        policy.set_level(rule.id, Level::Off);
    }
    let report = Report::of_all(subjects, pages, &policy);
    Report { rejects, overview, ..report }
}

/// The report of a fixture: `plans/tpch-q17.json`.
pub(crate) fn fixture(path: &str) -> Model {
    let name = path.rsplit('/').next().unwrap();
    Model::new(report(&[(name, &perf_look_fixtures::named(&format!("postgres/{path}")))]))
}

/// A page with a bad factory of selectors.
pub(crate) fn page() -> Model {
    Model::new(report(&[("page", &perf_look_fixtures::named("web/captures/bad-selectors.json"))]))
}

/// A server with a small shop, of which no statement was explained.
pub(crate) fn server() -> Model {
    Model::new(report(&[("shop.json", &perf_look_fixtures::named("overview/shop.json"))]))
}

/// The same, with the plan of its third statement.
pub(crate) fn server_with_a_plan() -> Model {
    let text = |name: &str| perf_look_fixtures::named(name);
    let mut read =
        report(&[("shop.json", &text("overview/shop.json")), ("plan", &text("postgres/plans/tpch-q17.json"))]);
    let id = &read.overview.as_ref().unwrap().statements().unwrap().worst[2].id;
    read.subjects[0].name = format!("query {id}");
    Model::new(read)
}

/// A server whose statements are not counted.
pub(crate) fn not_counted() -> Model {
    let mut report = server().report().clone();
    let mut overview = report.overview.take().unwrap();
    overview.capture.statements = Part::Missing(Missing::NotLoaded);
    report.overview = Some(overview);
    Model::new(report)
}

/// Someone in front of a terminal.
pub(crate) struct Person {
    pub(crate) model: Model,
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
}

impl Person {
    pub(crate) fn new(model: Model, size: (u16, u16)) -> Self {
        let state = State::new(&model, size);
        Self { model, state, effects: Vec::new() }
    }

    /// Presses keys: `2 / h a s h enter`.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.effects.extend(press(&mut self.state, &self.model, event(key)));
        }
        self
    }

    /// What is on the screen.
    pub(crate) fn buffer(&self, theme: &Theme) -> Buffer {
        self.terminal(theme).backend().buffer().clone()
    }

    fn terminal(&self, theme: &Theme) -> Terminal<TestBackend> {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal
            .draw(|frame| {
                draw(&self.state, &self.model, theme, frame.buffer_mut());
            })
            .unwrap();
        terminal
    }

    /// The letters on the screen, a line a row.
    pub(crate) fn screen(&self, glyphs: Glyphs) -> String {
        let terminal = self.terminal(&Theme::new(Depth::None, glyphs));
        let text = terminal.backend().to_string();
        // Without the quotes of the backend, and the spaces at the end.
        let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
        let lines = lines.map(|line| self.without_counts_of_rules(line));
        lines.fold(String::new(), |screen, line| screen + line + "\n")
    }

    /// Rules of pages become more: how many there are is no matter of this crate.
    fn without_counts_of_rules<'a>(&self, line: &'a str) -> &'a str {
        let is_summary = !self.model.report().pages.is_empty() && line.contains("found something, ");
        if is_summary { "(what the rules did)" } else { line }
    }

    /// The rows of the screen that have the mark of the cursor.
    pub(crate) fn cursor_rows(&self) -> Vec<String> {
        let screen = self.screen(Glyphs::Unicode);
        let rows = screen.lines().map(|line| line.trim_start_matches('│'));
        rows.filter(|line| line.starts_with('>')).map(str::to_owned).collect()
    }
}

/// The key of that name, as the table spells it.
pub(crate) fn event(key: &str) -> KeyEvent {
    let code = match key {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "f1" => KeyCode::F(1),
        _ => {
            let (letter, modifiers) = match key.strip_prefix("ctrl-") {
                Some(letter) => (letter, KeyModifiers::CONTROL),
                None => (key, KeyModifiers::NONE),
            };
            return KeyEvent::new(KeyCode::Char(letter.chars().next().unwrap()), modifiers);
        }
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}
