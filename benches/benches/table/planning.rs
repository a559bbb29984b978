//! What is worked out without looking at anything: checks, plans and groups.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Duration;

use serde::de::IgnoredAny;
use zdd_benches::floor::{self, Scratch};
use zdd_benches::groups;
use zdd_benches::table::{Limit, Table, Times, Work};
use zdd_benches::upgrades::{self, Case, SIZES};
use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::check::Check;
use zdd_core::group::{Forecast, plan};
use zdd_core::guarantee::Guarantee;
use zdd_core::timeline::{Assumptions, End, Step, Timeline};

pub(crate) fn checks(table: &mut Table) {
    let limit = Limit::Time(Duration::from_micros(1));
    let mut scratch: Scratch = [0; _];
    let mut floor = || floor::write_bytes(&mut scratch, size_of::<Check>());

    // Not satisfiable side by side, so that a fix is looked for, and not kept where it is.
    let upgrade = upgrades::upgrade(1_000, 0.5, 0.1);
    let check = Check::of(&upgrade);
    assert!(check.verdict(Guarantee::SideBySide).fix.is_some());
    table.compare(
        "check of numbers",
        Work::Once,
        limit,
        || Check::of(black_box(&upgrade)),
        &mut floor,
    );

    let app = upgrades::app();
    let check = Check::of_app(&app, Reading::Classic);
    assert!(check.verdict(Guarantee::Bounds).satisfiable.holds());
    let of_app = || Check::of_app(black_box(&app), Reading::Classic);
    table.compare("check of an app", Work::Once, limit, of_app, &mut floor);

    let read = || {
        App::parse(black_box(upgrades::DEFINITION)).map(|app| Check::of_app(&app, Reading::Classic))
    };
    let parse = || serde_json::from_str::<serde_json::Value>(black_box(upgrades::DEFINITION));
    table.compare("reading an app and checking it", Work::Once, Limit::None, read, parse);
}

/// The slowest plan of each size.
pub(crate) fn plans(table: &mut Table) {
    let mut scratch: Scratch = [0; _];
    for n in SIZES {
        let mut slowest: Option<(Case, Times)> = None;
        for case in upgrades::plans(n) {
            let plan = || Timeline::of(black_box(&case.upgrade), case.model, &case.times);
            let planned = plan();
            assert!(matches!(planned.end(), End::Complete { .. } | End::Stalled { .. }));
            let bytes = bytes(&planned);
            let times = table.measure(plan, || floor::write_bytes(&mut scratch, bytes));
            if slowest.as_ref().is_none_or(|(_, slow)| times.figure > slow.figure) {
                slowest = Some((case, times));
            }
        }
        let (case, times) = slowest.expect("there are cases of every size");
        let limit = Limit::Time(Duration::from_micros(10));
        table.add(&format!("slowest plan: {}", case.name), Work::Once, limit, times);
    }
}

/// What a timeline takes in memory.
fn bytes(plan: &Timeline) -> usize {
    let steps = plan.runs().iter().map(|run| size_of_val(run.steps.as_slice()));
    size_of::<Timeline>() + size_of_val(plan.runs()) + steps.sum::<usize>()
}

/// What somebody who looks at every step may want to know.
#[derive(Debug, Default, PartialEq, Eq)]
struct Walked {
    steps: u64,
    last_at: Duration,
    most_dying: u32,
    most_running: u64,
    lacking: u32,
}

pub(crate) fn steps(table: &mut Table) {
    let case = upgrades::million();
    let plan = Timeline::of(&case.upgrade, case.model, &case.times);
    let walk = || {
        black_box(&plan).steps().fold(Walked::default(), |walked, step| Walked {
            steps: walked.steps + 1,
            last_at: step.at,
            most_dying: walked.most_dying.max(step.state.old.dying),
            most_running: walked.most_running.max(step.state.running()),
            lacking: walked.lacking + u32::from(step.state.healthy() < 1_000_000),
        })
    };
    let End::Complete { at } = plan.end() else { panic!("it stalls: {:?}", plan.end()) };
    let steps = plan.step_count();
    let seen = Walked { steps, last_at: at, most_dying: 1, most_running: 1_000_001, lacking: 0 };
    assert_eq!(walk(), seen);
    assert!(plan.step_count() >= 3_000_000, "{} steps", plan.step_count());
    let bytes = usize::try_from(plan.step_count()).expect("millions") * size_of::<Step>();
    let mut scratch: Scratch = [0; _];
    let what = format!("1000000 instances, {} steps", plan.step_count());
    let mut write = || floor::write_bytes(&mut scratch, bytes);
    let limit = Limit::Time(Duration::from_millis(10));
    table.compare(&what, Work::Once, limit, walk, &mut write);

    let simulate = || {
        let plan = Timeline::of(black_box(&case.upgrade), case.model, &case.times);
        plan.steps().map(|step| step.state.running()).max()
    };
    assert_eq!(simulate(), Some(1_000_001));
    let limit = Limit::Time(Duration::from_millis(50));
    table.compare("the same, simulated anew", Work::Once, limit, simulate, write);
}

pub(crate) fn trees(table: &mut Table) {
    for apps in [1_000, 10_000, 100_000] {
        if table.is_quick() && apps > 10_000 {
            continue;
        }
        let (old, new) = (groups::group(apps, "v1"), groups::group(apps, "v2"));
        let restarts = BTreeSet::new();
        let steps = || plan(black_box(&old), black_box(&new), &restarts);
        let planned = steps().expect("the generator makes no cycles");
        assert_eq!(planned.affected().len(), apps);
        assert_eq!(planned.steps().iter().map(|step| step.actions().len()).sum::<usize>(), apps);

        let json = groups::tree(apps, "v2");
        let parse = || serde_json::from_str::<IgnoredAny>(black_box(&json));
        let limit =
            if apps == 10_000 { Limit::Time(Duration::from_millis(50)) } else { Limit::None };
        let edges = groups::edges(apps);
        let what = format!("plan of {apps} apps, {edges} dependencies");
        let times = table.compare(&what, Work::Once, limit, steps, parse);
        let parts = f64::from(u32::try_from(apps + edges).expect("less than a million"));
        if !table.is_quick() {
            table.note(format!("{what}: {:.0} ns for each of either", times.figure / parts * 1e9));
        }
        if apps == 10_000 {
            let all = || {
                let plan = steps().expect("as above");
                Forecast::of(&plan, &old, &new, Reading::Classic, Assumptions::between)
            };
            assert!(all().takes().is_some());
            table.compare("the same with the timeline of each", Work::Once, limit, all, parse);
        }
    }
}
