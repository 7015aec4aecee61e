//! From a report to pictures and comparisons, at four sizes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use perf_look_analyzers::flame::{Coloring, Differential, Flame, Measure, Widths};
use perf_look_analyzers::{Comparison, Policy, Report, input};
use perf_look_render::{ComparisonFormat, Format, Style, flamegraph, render, render_comparison};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const STYLE: Style = Style { color: false, width: 100, unicode: true };

fn report(text: &str) -> Report {
    let subjects = input::read("plan", text).map(|input| input.subjects).unwrap_or_default();
    Report::of(subjects, &Policy::default())
}

/// Another plan of the same statement, with another join method everywhere.
fn changed(text: &str) -> String {
    text.replace("\"Node Type\": \"Hash Join\"", "\"Node Type\": \"Merge Join\"")
}

fn pictures(criterion: &mut Criterion) {
    for nodes in SIZES {
        let report = report(&perf_look_benches::json(nodes));
        let mut group = criterion.benchmark_group("picture");
        group.sample_size(if nodes > 10_000 { 10 } else { 20 }).measurement_time(Duration::from_secs(3));
        group.bench_with_input(BenchmarkId::new("svg", nodes), &report, |bencher, report| {
            bencher.iter(|| {
                let mut out = Vec::new();
                let flame = Flame::of(&report.subjects[0], Measure::Wall);
                flame.map(|flame| flamegraph::svg(black_box(report), 0, &flame, Coloring::Class, &mut out))
            });
        });
        group.bench_with_input(BenchmarkId::new("folded", nodes), &report, |bencher, report| {
            bencher.iter(|| {
                let mut out = Vec::new();
                Flame::of(black_box(&report.subjects[0]), Measure::Wall)
                    .map(|flame| flamegraph::folded(&flame, &mut out))
            });
        });
        group.bench_with_input(BenchmarkId::new("html", nodes), &report, |bencher, report| {
            bencher.iter(|| {
                let mut out = Vec::new();
                render(black_box(report), Format::Html, &STYLE, &mut out)
            });
        });
        group.finish();
    }
}

fn comparisons(criterion: &mut Criterion) {
    for nodes in SIZES {
        let text = perf_look_benches::json(nodes);
        let (before, after) = (report(&text), report(&changed(&text)));
        let comparison = Comparison::of(before.clone(), after.clone());
        let mut group = criterion.benchmark_group("comparison");
        group.sample_size(if nodes > 10_000 { 10 } else { 20 }).measurement_time(Duration::from_secs(3));
        group.bench_with_input(BenchmarkId::new("diff", nodes), &(before, after), |bencher, both| {
            bencher.iter_batched(
                || both.clone(),
                |(before, after)| {
                    let mut out = Vec::new();
                    let comparison = Comparison::of(before, after);
                    let written = render_comparison(&comparison, ComparisonFormat::Text, &STYLE, &mut out);
                    (comparison, written)
                },
                criterion::BatchSize::LargeInput,
            );
        });
        group.bench_with_input(BenchmarkId::new("differential svg", nodes), &comparison, |bencher, comparison| {
            bencher.iter(|| {
                let mut out = Vec::new();
                let differential = Differential::of(comparison, &comparison.differences[0], Measure::Wall);
                differential.map(|both| flamegraph::differential_svg("plan", &both, Widths::Larger, &mut out))
            });
        });
        group.finish();
    }
}

criterion_group!(benches, pictures, comparisons);
criterion_main!(benches);
