//! Two apps beside each other: weights, decisions, and the HAProxy in front of them.

use std::hint::black_box;
use std::time::Duration;

use zdd_benches::bridge::Bridged;
use zdd_benches::floor::{self, Scratch};
use zdd_benches::rollout;
use zdd_benches::statistics;
use zdd_benches::table::{Limit, Table, Times, Work};
use zdd_core::rollout::Action;
use zdd_core::units::Timestamp;
use zdd_core::weights::{Side, SideWeights, Weight, Weights};
use zdd_haproxy::stats::{Limits, Reader};

/// The weights for a share of the traffic.
pub(crate) fn weights(table: &mut Table) {
    let sides = [Side::new(333, 7), Side::new(667, 993)];
    let solve = || {
        let weights = Weights::of(black_box(&sides)).expect("something is wanted");
        let sum: u64 = weights
            .sides()
            .iter()
            .flat_map(SideWeights::servers)
            .map(|it| u64::from(it.get()))
            .sum();
        (sum, weights.is_exact())
    };
    let (sum, is_exact) = solve();
    assert!(is_exact && sum >= 1_000, "{sum}");
    let mut scratch: Scratch = [0; _];
    let write = || floor::write_bytes(&mut scratch, 1_000 * size_of::<Weight>());
    let limit = Limit::Time(Duration::from_millis(1));
    table.compare("weights of 1000 servers", Work::Once, limit, solve, write);
}

/// One decision about a large deployment.
pub(crate) fn rollouts(table: &mut Table) {
    let seen = rollout::observation(5_000);
    let engine = rollout::engine(5_000);
    let decide = || {
        let mut engine = engine.clone();
        engine.step(Timestamp::EPOCH, black_box(&seen))
    };
    let decision = decide();
    assert!(
        matches!(decision.actions.as_slice(), [Action::Set(changes)] if changes.len() == 10_000)
    );
    let limit = Limit::Time(Duration::from_millis(5));
    let copy = || black_box(&seen).clone();
    table.compare("decision about 10000 instances", Work::Once, limit, decide, copy);

    let instances = if table.is_quick() { 100 } else { 10_000 };
    let all = || rollout::to_the_end(black_box(instances));
    let told = all();
    assert!(told.is_reached() && told.stopped == [instances.into(), 0]);
    assert!(told.lowest_serving.count >= instances.into());
    let moments = told.rows.len();
    let copies = || (0..moments).for_each(|_| drop(black_box(&seen).clone()));
    let what = format!("forecast of {instances} instances by half, {moments} moments");
    let limit = Limit::Time(Duration::from_secs(2));
    table.compare(&what, Work::Once, limit, all, copies);
}

/// A blue/green swap, beside what its tasks take.
pub(crate) fn swaps(table: &mut Table) {
    let limit = Limit::Ratio(1.1);
    let [start, healthy, drain] = [3, 5, 10].map(Duration::from_secs);
    let times = rollout::swap(start, healthy, drain);
    let n = rollout::SWAPPED;
    let what = format!("swap of {n} that start in 3 s, get healthy in 5 s, drain in 10 s");
    table.add(&what, Work::Once, limit, times);
    let slowest = rollout::slowest_swap();
    table.add("the slowest swap with stages of 4 s or more", Work::Once, limit, slowest);
}

/// The statistics of a large HAProxy.
pub(crate) fn balancers(table: &mut Table) {
    let servers = 10_000;
    let text = statistics::statistics(servers);
    let parse = || {
        let mut rows = Reader::new(black_box(text.as_bytes()), Limits::default())?;
        let (mut count, mut served) = (0, 0);
        while let Some(row) = rows.next_row()? {
            count += 1;
            served += row.stot.unwrap_or_default();
            black_box(row);
        }
        Ok::<_, zdd_haproxy::stats::StatsError>((count, served))
    };
    let (count, served) = parse().expect("the generator writes statistics");
    assert!(count == servers && served > 0, "{count} rows");
    let cells = || statistics::cells(black_box(text.as_bytes()));
    let times = table.measure(parse, cells);
    let what = "statistics of 10000 servers";
    table.add(what, Work::Once, Limit::Time(Duration::from_millis(20)), times);
    table.add(&format!("{what}; floor: csv"), Work::Once, Limit::Ratio(3.0), times);
}

/// A task that changes, until HAProxy sends requests to it. Not the best of several: 99 of 100 are
/// not slower.
pub(crate) fn bridges(table: &mut Table) {
    let (apps, changes) = if table.is_quick() { ([1, 20], 5_u32) } else { ([1, 500], 200) };
    for apps in apps {
        let mut bridged = Bridged::start(apps);
        let p99 = |mut delays: Vec<Duration>| {
            delays.sort();
            delays[(delays.len() * 99).div_ceil(100) - 1].as_secs_f64()
        };
        let delays = bridged.delays(changes);
        let mean = delays.iter().sum::<Duration>().as_secs_f64() / f64::from(changes);
        let figure = p99(delays);
        let floor = p99(bridged.told_directly(changes));
        bridged.end();
        let s = if apps == 1 { "" } else { "s" };
        let what = format!("a changed task of {apps} app{s}, in HAProxy");
        let limit = Limit::Time(Duration::from_millis(200));
        table.add(&what, Work::Once, limit, Times { figure, floor });
        if !table.is_quick() {
            table.note(format!("{what}: {:.1} ms on average", mean * 1e3));
        }
    }
}
