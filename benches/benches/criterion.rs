//! The regression view: what the table measures, with criterion's statistics. See `zdd_benches`.

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use zdd_benches::{floor, groups, recording, upgrades};
use zdd_core::capacity::Reading;
use zdd_core::check::Check;
use zdd_core::group::plan;
use zdd_core::timeline::Timeline;
use zdd_core::verify::{LogIssues, Replay};
use zdd_marathon::events::decode;
use zdd_marathon::sse::{Decoder, Item};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    checks(&mut criterion);
    timelines(&mut criterion);
    recordings(&mut criterion);
    trees(&mut criterion);
    stream(&mut criterion);
    criterion.final_summary();
}

fn checks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    let upgrade = upgrades::upgrade(1_000, 0.5, 0.1);
    group.bench_function("numbers", |bench| bench.iter(|| Check::of(black_box(&upgrade))));
    let app = upgrades::app();
    group.bench_function("app", |bench| {
        bench.iter(|| Check::of_app(black_box(&app), Reading::Classic));
    });
}

fn timelines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("timeline");
    for n in upgrades::SIZES {
        let case = upgrades::busiest(n);
        group.bench_with_input(BenchmarkId::new("plan", n), &case, |bench, case| {
            bench.iter(|| Timeline::of(black_box(&case.upgrade), case.model, &case.times));
        });
    }
    let case = upgrades::million();
    let timeline = Timeline::of(&case.upgrade, case.model, &case.times);
    assert_eq!(timeline.step_count(), 4_000_000);
    group.sample_size(20);
    group.throughput(Throughput::Elements(timeline.step_count()));
    group.bench_function("every step of a million", |bench| {
        bench.iter(|| {
            let running = black_box(&timeline).steps().map(|step| step.state.running());
            running.fold(0, u64::max)
        });
    });
}

fn recordings(criterion: &mut Criterion) {
    let rounds = 20;
    let events = recording::events(rounds);
    let mut text = String::new();
    recording::write(&events, &mut text);
    let payloads = floor::payloads(text.as_bytes());
    assert_eq!(payloads.len(), events.len());

    let mut group = criterion.benchmark_group("verify");
    group.sample_size(20);
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("memory", |bench| {
        bench.iter(|| {
            let mut replay = Replay::new();
            for event in black_box(&events) {
                replay.push(event);
            }
            replay.finish(LogIssues::default())
        });
    });
    group.bench_function("text", |bench| {
        bench.iter(|| Replay::new().read(black_box(text.as_bytes())));
    });
    group.bench_function("floor: serde_json, typed", |bench| {
        bench.iter(|| floor::parse_typed(black_box(&payloads)));
    });
    group.bench_function("floor: serde_json, Value", |bench| {
        bench.iter(|| floor::parse_untyped(black_box(&payloads)));
    });
}

fn trees(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("group");
    group.sample_size(10);
    for apps in [1_000, 10_000] {
        let (old, new) = (groups::group(apps, "v1"), groups::group(apps, "v2"));
        let restarts = BTreeSet::new();
        let planned = plan(&old, &new, &restarts).expect("the generator makes no cycles");
        assert_eq!(planned.affected().len(), apps);
        group.throughput(Throughput::Elements((apps + groups::edges(apps)) as u64));
        group.bench_function(BenchmarkId::new("plan", apps), |bench| {
            bench.iter(|| plan(black_box(&old), black_box(&new), &restarts));
        });
    }
}

fn stream(criterion: &mut Criterion) {
    let events = recording::events(20);
    let mut text = String::new();
    recording::write(&events, &mut text);
    let mut group = criterion.benchmark_group("events");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("from bytes", |bench| {
        bench.iter(|| {
            let (mut decoder, mut count) = (Decoder::new(), 0);
            for mut piece in black_box(text.as_bytes()).chunks(16 << 10) {
                while let Some(Item::Message(message)) = decoder.next(&mut piece) {
                    black_box(decode(&message).expect("a generated event"));
                    count += 1;
                }
            }
            assert_eq!(count, events.len());
        });
    });
}
