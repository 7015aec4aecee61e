//! The loop on a real terminal: keys, signals and threads in, frames out, effects to whoever can do them.
//!
//! One thread waits for everything at once and is woken by nothing else: where nothing happens, nothing is drawn.

mod guard;
mod jobs;
mod wait;

use std::io::{self, Write};

use perf_look_analyzers::Report;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEventKind};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{clipboard::CopyToClipboard, execute, queue, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use crate::action::{Action, Edit, Effect, Message, Step};
use crate::model::Model;
use crate::state::State;
use crate::theme::{Depth, Theme};
use crate::update::{explained, looked, moved};
use crate::{draw, press, update};

use guard::{Guard, Mouse};
pub use guard::{is_ours, is_taken, restore};
use jobs::Running;
pub use jobs::{Job, Made};
use wait::{Heard, Wait};

/// What became of an effect that needs files or a server.
pub enum Outcome {
    /// Tell the state, and go on.
    Then(Action),
    /// Something else gets the terminal, and says how that went.
    Lend(Box<dyn FnOnce() -> Message>),
    /// Something takes long: it runs beside, and its report takes the place of this one.
    Begin(Job),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The user left.
    Left,
    /// A signal, by its number.
    Signal(u8),
}

/// How it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How many colours.
    pub depth: Depth,
    /// What is drawn with.
    pub glyphs: crate::theme::Glyphs,
}

/// Runs until the user leaves. `perform` does the effects that need more than a terminal.
pub fn run(model: Model, look: Look, perform: impl FnMut(&Model, Effect) -> Outcome) -> io::Result<End> {
    // Whether there are colours is decided by whoever calls, not by the environment once more.
    style::force_color_output(look.depth != Depth::None);
    let wait = Wait::new()?;
    let guard = Guard::take()?;
    let terminal = Terminal::new(CrosstermBackend::new(guard::device()?))?;
    let size = terminal.size()?;
    let state = State::new(&model, (size.width, size.height));
    let theme = Theme::new(look.depth, look.glyphs);
    Shell { wait, terminal, guard, theme, model, state, running: None, perform }.run()
}

/// 64 KiB as base64: terminals drop what is longer.
const CLIPBOARD: usize = 48 * 1024;

struct Shell<P> {
    wait: Wait,
    // Dropped before the guard: it shows the cursor.
    terminal: Terminal<CrosstermBackend<Box<dyn Write>>>,
    guard: Guard,
    theme: Theme,
    model: Model,
    state: State,
    running: Option<Running>,
    perform: P,
}

impl<P: FnMut(&Model, Effect) -> Outcome> Shell<P> {
    fn run(&mut self) -> io::Result<End> {
        loop {
            self.say_what_runs();
            self.draw()?;
            let at_most = self.running.as_ref().map(Running::until_next_words);
            for heard in self.wait.next(at_most)? {
                if let Some(end) = self.hear(heard)? {
                    return Ok(end);
                }
            }
            self.take_outcome()?;
        }
    }

    /// Nothing that was said to the user is covered by it.
    fn say_what_runs(&mut self) {
        let Some(running) = &self.running else { return };
        let words = running.words();
        let is_ours = |said: &Message| said.to_string().ends_with(jobs::STOPS);
        if self.state.message.as_ref().is_none_or(is_ours) {
            self.state.message = Some(Message::Note(words));
        }
    }

    fn take_outcome(&mut self) -> io::Result<()> {
        let Some(outcome) = self.running.as_ref().and_then(Running::outcome) else { return Ok(()) };
        self.running = None;
        let message = match outcome {
            Ok(made) => self.take_made(made),
            Err(why) => Message::Failure(why),
        };
        self.say(message).map(drop)
    }

    /// Shows what a job made, and says what it is.
    fn take_made(&mut self, made: Made) -> Message {
        let shown = std::mem::replace(&mut self.model, Model::new(Report::default()));
        let words = match made {
            Made::Run(report) => {
                self.model = shown.followed_by(report);
                self.state = moved(&self.state, &self.model);
                "this is the new run; 5 compares it with the one before, { with earlier ones".to_owned()
            }
            Made::Explained(report, subject) => {
                self.model = shown.grown(report);
                self.state = explained(&self.state, &self.model, subject);
                let note = self.model.subject(subject).and_then(|subject| subject.notes.first());
                let name = || format!("this is the plan of {}", self.model.report().name(subject));
                format!("Esc leads back; {}", note.cloned().unwrap_or_else(name))
            }
            Made::Unexplained { id, why } => {
                self.model = shown.unexplained(id, why.clone());
                self.state = looked(&self.state, &self.model);
                return Message::Failure(why);
            }
            Made::Looked(report) => {
                self.model = shown.grown(report);
                self.state = looked(&self.state, &self.model);
                "this is what the server counts now".to_owned()
            }
        };
        Message::Note(words)
    }

    fn draw(&mut self) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let Self { terminal, state, model, theme, .. } = self;
        terminal.draw(|frame| {
            let area = frame.area();
            // The terminal may have changed its size since it told us.
            state.size = (area.width, area.height);
            draw(state, model, theme, frame.buffer_mut());
        })?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    fn hear(&mut self, heard: Heard) -> io::Result<Option<End>> {
        match heard {
            Heard::Input(event) => self.input(event),
            Heard::Resized => {
                // Of the same size after a storm too: what the terminal made of its cells meanwhile is not known.
                self.forget()?;
                let size = self.terminal.size()?;
                self.act(Action::Resize(size.width, size.height))
            }
            Heard::Suspend => self.perform(Effect::Suspend),
            Heard::Resumed => {
                self.guard.lend(|| ())?;
                self.perform(Effect::Redraw)
            }
            Heard::End(signal) => Ok(Some(End::Signal(signal))),
        }
    }

    fn input(&mut self, event: Event) -> io::Result<Option<End>> {
        let effects = match event {
            Event::Key(key) if self.stops(key) => Vec::new(),
            // Whatever else has the keys: a line that is typed, too.
            Event::Key(key) if is_ctrl(key, 'z') => vec![Effect::Suspend],
            Event::Key(key) => press(&mut self.state, &self.model, key),
            Event::Paste(text) => return self.paste(&text),
            Event::Mouse(mouse) => match mouse.kind {
                MouseEventKind::ScrollDown => return self.act(Action::Move(Step::Down)),
                MouseEventKind::ScrollUp => return self.act(Action::Move(Step::Up)),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        self.perform_all(effects)
    }

    /// Ctrl-c stops what runs before it leaves.
    fn stops(&self, key: KeyEvent) -> bool {
        let Some(running) = self.running.as_ref().filter(|_| is_ctrl(key, 'c')) else { return false };
        running.cancel();
        true
    }

    /// What is pasted is typed where a line is typed, and never taken for keys.
    fn paste(&mut self, text: &str) -> io::Result<Option<End>> {
        if self.state.prompt.is_some() {
            for c in text.chars().filter(|c| !c.is_control()) {
                self.act(Action::Edit(Edit::Type(c)))?;
            }
        }
        Ok(None)
    }

    fn act(&mut self, action: Action) -> io::Result<Option<End>> {
        let effects = update(&mut self.state, &self.model, action);
        self.perform_all(effects)
    }

    fn say(&mut self, message: Message) -> io::Result<Option<End>> {
        self.act(Action::Said(message))
    }

    fn perform_all(&mut self, effects: Vec<Effect>) -> io::Result<Option<End>> {
        for effect in effects {
            if let Some(end) = self.perform(effect)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn perform(&mut self, effect: Effect) -> io::Result<Option<End>> {
        match effect {
            Effect::Quit => return Ok(Some(End::Left)),
            Effect::Redraw => self.forget()?,
            Effect::Suspend => {
                let Self { guard, wait, .. } = self;
                guard.lend(|| wait.stop())??;
                self.forget()?;
            }
            Effect::Mouse => {
                let words = match self.guard.toggle_mouse()? {
                    Mouse::Ours => "the wheel scrolls; % gives the mouse back, to select text",
                    Mouse::Theirs => "the mouse is the terminal's again",
                };
                return self.say(Message::Note(words.to_owned()));
            }
            Effect::Copy { text, what: _ } => return self.copy(&text),
            effect => return self.ask(effect),
        }
        Ok(None)
    }

    /// What is on the terminal is not known: all of it is drawn next.
    fn forget(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        // Not `clear`, which asks the terminal where the cursor is and waits for an answer.
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Through the terminal, which may be far away; that it arrived is never told.
    fn copy(&mut self, text: &str) -> io::Result<Option<End>> {
        if text.len() > CLIPBOARD {
            let words = format!("too long to copy through a terminal: {} bytes of at most {CLIPBOARD}", text.len());
            return self.say(Message::Failure(words));
        }
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))?;
        if self.state.message.is_some() {
            // What is to be known of this text is said already.
            return Ok(None);
        }
        self.say(Message::Note(format!("copied: {}", text.lines().next().unwrap_or_default())))
    }

    /// What needs files or a server.
    fn ask(&mut self, effect: Effect) -> io::Result<Option<End>> {
        match (self.perform)(&self.model, effect) {
            Outcome::Then(action) => self.act(action),
            Outcome::Lend(borrower) => {
                let Self { guard, wait, .. } = self;
                let message = guard.lend(|| wait.lend(borrower))?;
                self.forget()?;
                self.say(message)
            }
            Outcome::Begin(_) if self.running.is_some() => {
                self.say(Message::Failure("something runs already; Ctrl-c stops it".to_owned()))
            }
            Outcome::Begin(job) => {
                self.running = Some(Running::begin(job, self.wait.bell()?)?);
                Ok(None)
            }
        }
    }
}

impl<P> Drop for Shell<P> {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            // Nobody waits for a server before a terminal that cannot be used.
            restore();
            running.abandon();
        }
    }
}

fn is_ctrl(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers == KeyModifiers::CONTROL && key.kind == KeyEventKind::Press
}
