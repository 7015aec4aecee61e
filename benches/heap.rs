//! A heap snapshot, from its pieces to what is counted, and what is asked of it then.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perf_look_analyzers::web::heap::{Heap, HeapError, HeapReader};

/// About twenty megabytes; Chromium sends pieces of a tenth of one.
const SELECTORS: u64 = 5_000;
const PIECE: usize = 100 * 1024;

fn read(snapshot: &[u8]) -> Result<Heap, HeapError> {
    let mut reader = HeapReader::new();
    snapshot.chunks(PIECE).try_for_each(|piece| reader.push(piece))?;
    reader.finish()
}

fn snapshots(criterion: &mut Criterion) {
    let mut snapshot = Vec::new();
    let written = perf_look_benches::heap_snapshot(SELECTORS, &mut snapshot);
    let (Ok(()), Ok(heap)) = (written, read(&snapshot)) else { return };
    let cache: Vec<_> = heap.selectors().into_iter().flat_map(|group| group.nodes).collect();
    let mut group = criterion.benchmark_group("heap");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(snapshot.len() as u64));
    group.bench_function("read", |bencher| bencher.iter(|| read(black_box(&snapshot))));
    group.bench_function("path", |bencher| {
        bencher.iter(|| {
            let mut reader = heap.paths(&cache[cache.len() - 1..]);
            snapshot.chunks(PIECE).try_for_each(|piece| reader.push(piece)).and_then(|()| reader.finish())
        });
    });
    group.bench_function("retained", |bencher| bencher.iter(|| heap.retained(black_box(&cache))));
    group.finish();
}

criterion_group!(benches, snapshots);
criterion_main!(benches);
