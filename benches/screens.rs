//! The terminal UI on plans of three sizes: how long a frame, a search and a fold take.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use perf_look_analyzers::{Policy, Report, input};
use perf_look_tui::action::{Edit, Step};
use perf_look_tui::{Action, Depth, Glyphs, Model, Screen, State, Theme, draw, update};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const TERMINAL: (u16, u16) = (120, 40);

/// What such a plan can come from.
const QUERY: &str = "\
SELECT o.id, o.total, c.name
FROM orders o
JOIN customers c ON o.customer_id = c.id
WHERE o.status = 'open'";

fn report(nodes: usize) -> Report {
    let text = perf_look_benches::json(nodes);
    let mut subjects = input::read("plan", &text).map(|input| input.subjects).unwrap_or_default();
    for subject in &mut subjects {
        // So that clauses are looked for too.
        subject.query = Some(QUERY.to_owned());
    }
    Report::of(subjects, &Policy::default())
}

/// Somebody at a terminal.
struct Seat {
    model: Model,
    state: State,
    theme: Theme,
    buffer: Buffer,
}

impl Seat {
    fn at(report: Report) -> Self {
        let model = Model::new(report);
        let state = State::new(&model, TERMINAL);
        let theme = Theme::new(Depth::True, Glyphs::Unicode);
        Self { model, state, theme, buffer: Buffer::empty(Rect::new(0, 0, TERMINAL.0, TERMINAL.1)) }
    }

    fn act(&mut self, action: Action) {
        let _ = update(&mut self.state, &self.model, action);
    }

    fn draw(&mut self) {
        self.buffer.reset();
        draw(&self.state, &self.model, &self.theme, &mut self.buffer);
    }

    fn search(&mut self, words: &str) {
        self.act(Action::Search);
        for letter in words.chars() {
            self.act(Action::Edit(Edit::Type(letter)));
        }
        self.act(Action::Enter);
    }
}

fn seats(criterion: &mut Criterion) {
    for nodes in SIZES {
        let report = report(nodes);
        let mut group = criterion.benchmark_group("screen");
        group.sample_size(20).measurement_time(Duration::from_secs(3));
        group.bench_with_input(BenchmarkId::new("first frame", nodes), &report, |bencher, report| {
            bencher.iter_batched(
                || report.clone(),
                |report| Seat::at(black_box(report)).draw(),
                criterion::BatchSize::LargeInput,
            );
        });
        let mut seat = Seat::at(report);
        for screen in [Screen::Findings, Screen::Plan, Screen::Flame, Screen::Sql, Screen::Stats, Screen::Raw] {
            seat.act(Action::Show(screen));
            group.bench_function(BenchmarkId::new(format!("key and frame of {}", screen.name()), nodes), |bencher| {
                bencher.iter(|| {
                    seat.act(Action::Move(Step::Down));
                    seat.draw();
                });
            });
        }
        seat.act(Action::Show(Screen::Plan));
        group.bench_function(BenchmarkId::new("search", nodes), |bencher| {
            bencher.iter(|| seat.search("customers hash"));
        });
        group.bench_function(BenchmarkId::new("fold and unfold all", nodes), |bencher| {
            bencher.iter(|| {
                seat.act(Action::FoldAll);
                seat.act(Action::UnfoldAll);
            });
        });
        group.bench_function(BenchmarkId::new("sort", nodes), |bencher| bencher.iter(|| seat.act(Action::Sort)));
        group.finish();
    }
}

/// Criterion has no percentiles: frames of the plan one by one, with a step down before each.
#[expect(clippy::print_stdout, reason = "a figure for a person")]
fn percentiles(_: &mut Criterion) {
    const FRAMES: usize = 2_000;
    for nodes in SIZES {
        let mut seat = Seat::at(report(nodes));
        seat.act(Action::Show(Screen::Plan));
        let mut times: Vec<Duration> = Vec::with_capacity(FRAMES);
        for _ in 0..FRAMES {
            let start = Instant::now();
            seat.act(Action::Move(Step::PageDown));
            seat.draw();
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let mean = times.iter().sum::<Duration>() / u32::try_from(FRAMES).unwrap_or(1);
        println!(
            "page and frame, {nodes} nodes: mean {mean:.2?}, p95 {:.2?}, worst {:.2?}",
            times[FRAMES * 95 / 100],
            times[FRAMES - 1]
        );
    }
}

criterion_group!(benches, percentiles, seats);
criterion_main!(benches);
