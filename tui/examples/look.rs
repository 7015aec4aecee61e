//! Opens plans and pages in the terminal UI: `cargo run -p perf-look-tui --example look -- FILE …`.
#![expect(clippy::print_stderr, reason = "an example for a terminal")]

use std::io;

use perf_look_analyzers::{Policy, Report, input};
use perf_look_tui::action::Message;
use perf_look_tui::run::{Look, Outcome, run};
use perf_look_tui::{Action, Depth, Effect, Glyphs, Model};

fn main() -> io::Result<()> {
    let (mut subjects, mut pages) = (Vec::new(), Vec::new());
    let mut rejects = Vec::new();
    for path in std::env::args().skip(1) {
        match input::read(&path, &std::fs::read_to_string(&path)?) {
            Ok(input) => {
                subjects.extend(input.subjects);
                pages.extend(input.pages);
                rejects.extend(input.rejects);
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    let mut report = Report::of_all(subjects, pages, &Policy::default());
    report.rejects = rejects;
    let variable = |name: &str| std::env::var(name).ok();
    let glyphs = match variable("GLYPHS").as_deref() {
        Some("ascii") => Glyphs::Ascii,
        Some("basic") => Glyphs::Basic,
        _ => Glyphs::detect(variable),
    };
    let is_plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let depth = if is_plain { Depth::None } else { Depth::detect(variable) };
    run(Model::new(report), Look { depth, glyphs }, |_, effect| perform(&effect)).map(drop)
}

/// What an example can do without the program around it: say what that would do.
fn perform(effect: &Effect) -> Outcome {
    Outcome::Then(Action::Said(Message::Note(format!("the program would do: {effect:?}"))))
}
