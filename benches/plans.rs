//! From a plan's text to findings and the report, at four sizes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use perf_look_analyzers::postgres::{Attribution, parse};
use perf_look_analyzers::{Policy, Report, Subject, input};
use perf_look_render::{Format, Style, render};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];

fn report(text: &str) -> Report {
    let subjects = input::read("plan", text).map(|input| input.subjects).unwrap_or_default();
    Report::of(subjects, &Policy::default())
}

fn plans(criterion: &mut Criterion) {
    for (format, make) in [("json", perf_look_benches::json as fn(usize) -> String), ("text", perf_look_benches::text)]
    {
        for nodes in SIZES {
            let text = make(nodes);
            let mut group = criterion.benchmark_group(format);
            group.sample_size(if nodes > 10_000 { 10 } else { 30 }).measurement_time(Duration::from_secs(3));
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_with_input(BenchmarkId::new("parse", nodes), &text, |bencher, text| {
                bencher.iter(|| parse::parse(black_box(text)));
            });
            group.bench_with_input(BenchmarkId::new("to findings", nodes), &text, |bencher, text| {
                bencher.iter(|| report(black_box(text)));
            });
            group.finish();
        }
    }
}

fn stages(criterion: &mut Criterion) {
    for nodes in SIZES {
        let text = perf_look_benches::json(nodes);
        let Some(plan) = parse::parse(&text).ok().and_then(|parsed| parsed.plans.into_iter().next()) else {
            continue;
        };
        let mut group = criterion.benchmark_group("stage");
        group.sample_size(if nodes > 10_000 { 10 } else { 30 }).measurement_time(Duration::from_secs(3));
        group.bench_with_input(BenchmarkId::new("attribute", nodes), &plan, |bencher, plan| {
            bencher.iter(|| Attribution::of(black_box(plan)));
        });
        let subject = Subject::new("plan", plan);
        group.bench_with_input(BenchmarkId::new("rules", nodes), &subject, |bencher, subject| {
            bencher.iter_batched(
                || vec![subject.clone()],
                |subjects| Report::of(subjects, &Policy::default()),
                criterion::BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}

fn reports(criterion: &mut Criterion) {
    let style = Style { color: false, width: 80, unicode: true };
    for (name, format) in [("json", Format::Json), ("text", Format::Text), ("html", Format::Html)] {
        // A page of 100,000 nodes has 200 MB: no browser is asked to open that.
        let sizes = SIZES.into_iter().filter(|nodes| format != Format::Html || *nodes <= 10_000);
        for nodes in sizes {
            let report = report(&perf_look_benches::json(nodes));
            let mut out = Vec::new();
            let written = render(&report, format, &style, &mut out).map_or(0, |()| out.len());
            let mut group = criterion.benchmark_group("report");
            group.sample_size(if nodes > 10_000 { 10 } else { 30 }).measurement_time(Duration::from_secs(3));
            group.throughput(Throughput::Bytes(written as u64));
            group.bench_with_input(BenchmarkId::new(name, nodes), &report, |bencher, report| {
                bencher.iter(|| {
                    out.clear();
                    render(black_box(report), format, &style, &mut out)
                });
            });
            group.finish();
        }
    }
}

criterion_group!(benches, plans, stages, reports);
criterion_main!(benches);
