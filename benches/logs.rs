//! From a server log in pieces to the statements that took most.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perf_look_analyzers::postgres::log::Miner;
use perf_look_benches::log::{Form, Plans, Request, write};

fn logs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("log");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    let kinds = [
        ("stderr, text", Form::Stderr, Plans::Text),
        ("stderr, json", Form::Stderr, Plans::Json),
        ("csvlog, text", Form::Csv, Plans::Text),
        ("jsonlog, text", Form::Json, Plans::Text),
    ];
    for (name, form, plans) in kinds {
        let mut log = Vec::new();
        let request = Request { bytes: 16 << 20, damaged: 0, plans, form };
        if write(&request, &mut log).is_err() {
            continue;
        }
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut miner = Miner::new(None);
                miner.begin_file("server.log");
                log.chunks(1 << 20).for_each(|piece| miner.feed(black_box(piece)));
                miner.end_file();
                miner.finish(20)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, logs);
criterion_main!(benches);
