//! From a trace's text, in the pieces that a browser hands over, to what it says of a page.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perf_look_analyzers::web::trace::Reader;

/// What `IO.read` is asked for.
const PIECE: usize = 1024 * 1024;

fn traces(criterion: &mut Criterion) {
    let text = perf_look_benches::trace::trace(50_000_000);
    let mut group = criterion.benchmark_group("trace");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut reader = Reader::new();
            text.as_bytes().chunks(PIECE).for_each(|piece| reader.feed(black_box(piece)));
            reader.finish()
        });
    });
    group.finish();
}

criterion_group!(benches, traces);
criterion_main!(benches);
