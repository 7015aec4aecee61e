//! From the text of a stylesheet to all that is counted in it.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perf_look_analyzers::web::css::{self, Census, Index, Source};

/// 3.6 MB as a framework writes it: components in states and sizes, with a breakpoint now and then.
fn made_up() -> String {
    let mut text = String::from("@charset \"UTF-8\";\n:root { --gap: 1rem; --ink: #212529 }\n");
    for number in 0..12_500 {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            ".card-{number} > .card-body .title, .card-{number}:not(.is-flat):hover::before {{\n  \
             padding: calc(var(--gap) * {}) .75rem;\n  background-color: rgba(33, 37, 41, .{});\n}}\n\
             .btn-{number}[data-state='open'] {{\n  color: #0{}f;\n  transition: color .15s ease-in-out, \
             border-color .15s ease-in-out !important;\n}}\n",
            number % 7,
            number % 90 + 10,
            number % 9,
        );
        if number % 20 == 0 {
            let _ = writeln!(
                text,
                "@media (min-width: {number}px) {{\n  .col-{number} {{ flex: 0 0 auto; width: 50% }}\n}}"
            );
        }
    }
    text
}

fn stylesheets(criterion: &mut Criterion) {
    let text = made_up();
    let mut group = criterion.benchmark_group("css");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |bencher| bencher.iter(|| css::read(black_box(&text))));
    group.bench_function("census", |bencher| {
        bencher.iter(|| Census::of(black_box(&[Source { name: "app.css", text: &text, copies: 1 }])));
    });
    let sheet = css::read(&text);
    group.bench_function("index", |bencher| bencher.iter(|| Index::of(black_box(&sheet)).find(".btn-7").len()));
    group.finish();
}

criterion_group!(benches, stylesheets);
criterion_main!(benches);
