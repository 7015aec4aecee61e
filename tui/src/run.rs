//! A loop on a real terminal: keys in, frames out, effects handed to whoever can do them.

use std::io;
use std::time::Duration;

use crossterm::event::{self, Event};
use ratatui::DefaultTerminal;

use crate::action::{Action, Effect};
use crate::model::Model;
use crate::state::State;
use crate::theme::Theme;
use crate::{draw, press, update};

/// What became of an effect.
#[derive(Debug)]
pub enum Outcome {
    /// Tell the state, and go on.
    Then(Action),
    /// Draw everything again, and go on: something else was on the terminal.
    Redraw,
    /// Another report, from a new run.
    Replaced(Box<Model>),
    /// Leave.
    Left,
}

/// Runs until the user leaves. `perform` does the effects.
pub fn run(
    terminal: &mut DefaultTerminal,
    mut model: Model,
    theme: &Theme,
    mut perform: impl FnMut(&Model, Effect) -> Outcome,
) -> io::Result<()> {
    let size = terminal.size()?;
    let mut state = State::new(&model, (size.width, size.height));
    loop {
        terminal.draw(|frame| {
            let area = frame.area();
            // The terminal may have changed its size since it told us.
            state.size = (area.width, area.height);
            draw(&state, &model, theme, frame.buffer_mut());
        })?;
        let mut effects = take(&mut state, &model, &event::read()?);
        // A burst (a window that is dragged, a key that is held) is one frame.
        while event::poll(Duration::ZERO)? {
            effects.extend(take(&mut state, &model, &event::read()?));
        }
        for effect in effects {
            match perform(&model, effect) {
                Outcome::Left => return Ok(()),
                Outcome::Redraw => terminal.clear()?,
                Outcome::Then(action) => drop(update(&mut state, &model, action)),
                Outcome::Replaced(next) => {
                    state = state.on(&next);
                    model = *next;
                }
            }
        }
    }
}

fn take(state: &mut State, model: &Model, event: &Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => press(state, model, *key),
        Event::Resize(columns, rows) => update(state, model, Action::Resize(*columns, *rows)),
        _ => Vec::new(),
    }
}
