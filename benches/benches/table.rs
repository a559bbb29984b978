//! Every figure that is promised, beside its limit and its floor. See `zdd_benches`.
#![expect(clippy::print_stdout, reason = "the table is what the program is for")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::de::IgnoredAny;
use zdd_benches::bridge::Bridged;
use zdd_benches::floor::{self, Scratch};
use zdd_benches::following;
use zdd_benches::lab::{self, Rolling};
use zdd_benches::recording::{self, APPS};
use zdd_benches::rollout;
use zdd_benches::statistics;
use zdd_benches::table::{Limit, Table, Times, Work};
use zdd_benches::upgrades::{self, Case, SIZES};
use zdd_benches::{answers as wire, groups};
use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::check::Check;
use zdd_core::group::{Forecast, plan};
use zdd_core::guarantee::Guarantee;
use zdd_core::mesos::Cluster;
use zdd_core::rollout::Action;
use zdd_core::timeline::{Assumptions, End, Step, Timeline};
use zdd_core::units::Timestamp;
use zdd_core::verify::{Event, LogIssues, LogReader, Replay, Replayed, What};
use zdd_core::weights::{Side, SideWeights, Weight, Weights};
use zdd_haproxy::stats::{Limits, Reader};
use zdd_marathon::events::decode;
use zdd_marathon::sse::{Decoder, Item};

/// One part of the table, and the word that chooses it: `cargo bench --bench table -- verify`.
type Part = (&'static str, fn(&mut Table));

const PARTS: [Part; 16] = [
    ("check", checks),
    ("timeline", plans),
    ("steps", steps),
    ("verify", recordings),
    ("memory", memory),
    ("group", trees),
    ("events", stream),
    ("apps", answers),
    ("agents", cluster),
    ("weights", weights),
    ("rollout", rollouts),
    ("statistics", balancers),
    ("bridge", bridges),
    ("lab", upgrade),
    ("following", watching),
    ("process", starting),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--test");
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let mut table = if is_quick { Table::quick() } else { Table::new() };
    for (name, measure) in PARTS {
        if wanted.is_none_or(|wanted| name.contains(wanted.as_str())) {
            measure(&mut table);
        }
    }
    println!("\n{table}");
}

fn checks(table: &mut Table) {
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
fn plans(table: &mut Table) {
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

fn steps(table: &mut Table) {
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

fn recordings(table: &mut Table) {
    let rounds = 20;
    let events = recording::events(rounds);
    let mut text = String::new();
    recording::write(&events, &mut text);
    let text = text.as_bytes();
    let work = Work::Events(u32::try_from(events.len()).expect("thousands"));
    let reports = usize::try_from(rounds).expect("some") * APPS;

    let replay = || replay(black_box(&events));
    let replayed = replay();
    assert_eq!((replayed.reports.len(), replayed.issues.count), (reports, 0));
    assert!(
        replayed.reports.iter().all(|report| report.verdict.holds(Guarantee::Bounds) == Some(true))
    );
    let bytes = events.iter().map(texts).sum();
    let mut scratch: Scratch = [0; _];
    let write = || floor::write_bytes(&mut scratch, bytes);
    table.compare("verify, from memory", work, Limit::Millions(3.0), replay, write);

    let verify = || Replay::new().read(black_box(text));
    assert_eq!(verify(), replayed);
    let payloads = floor::payloads(text);
    assert_eq!(payloads.len(), events.len());
    let typed = || floor::parse_typed(black_box(&payloads));
    table.compare("verify, from text; floor: typed", work, Limit::Ratio(2.0), verify, typed);
    let untyped = || floor::parse_untyped(black_box(&payloads));
    table.compare("verify, from text; floor: Value", work, Limit::None, verify, untyped);
    let read = || {
        let mut count = 0_usize;
        let mut reader = LogReader::new();
        let mut sink = |event: Event<'_>| {
            black_box(event);
            count += 1;
        };
        reader.push(black_box(text), &mut sink);
        (reader.finish(&mut sink), count)
    };
    table.compare("reading events, from text; floor: typed", work, Limit::None, read, typed);
}

/// Bytes of the texts that an event about an instance has.
fn texts(event: &Event<'_>) -> usize {
    match &event.what {
        What::Stage(about, _) | What::Health(about, _) => {
            about.app.len() + about.task.len() + about.version.len()
        }
        _ => 0,
    }
}

fn replay(events: &[Event<'static>]) -> Replayed {
    let mut replay = Replay::new();
    for event in events {
        replay.push(event);
    }
    replay.finish(LogIssues::default())
}

/// After so many rounds everything bounded is full: the verifier remembers a thousand deployments and
/// a thousand dead instances of each app, and its tables have grown for the last time.
const FULL: u32 = 700;

fn memory(table: &mut Table) {
    let longer = if table.is_quick() { 2 } else { 10 };
    let (short, long) = (peak(FULL), peak(FULL * longer));
    table.note(format!(
        "verify holds at most {short} bytes for a recording of {FULL} rounds, and {long} bytes for one \
         {longer} times as long, with as many live tasks: {:.3} times as much",
        f64::from(long) / f64::from(short),
    ));
    assert!(
        long < short + short / 20,
        "the memory grows with the recording: {short} to {long} bytes"
    );
}

fn peak(rounds: u32) -> u32 {
    let output = Command::new(env!("CARGO_BIN_EXE_peak-memory"))
        .arg(rounds.to_string())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo has built it");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse().expect("a number, unless it panicked")
}

fn trees(table: &mut Table) {
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

/// The event stream, in pieces as a connection gives them.
fn stream(table: &mut Table) {
    const PIECE: usize = 16 << 10;
    let events = recording::events(if table.is_quick() { 1 } else { 20 });
    let mut text = String::new();
    recording::write(&events, &mut text);
    let payloads = floor::payloads(text.as_bytes());
    assert_eq!(payloads.len(), events.len());
    let bytes = Work::Bytes(u32::try_from(text.len()).expect("some megabytes"));

    let messages = |each: &mut dyn FnMut(Item<'_>)| {
        let mut decoder = Decoder::new();
        for mut piece in black_box(text.as_bytes()).chunks(PIECE) {
            while let Some(item) = decoder.next(&mut piece) {
                each(item);
            }
        }
    };
    let read = || {
        let mut known = 0;
        messages(&mut |item| {
            let Item::Message(message) = item else { panic!("no event is large") };
            let event = decode(&message).expect("a generated event");
            known += usize::from(event.happening.app().is_some());
            black_box(event);
        });
        known
    };
    let about_apps = |event: &&Event<'_>| {
        matches!(event.what, What::Stage(..) | What::Health(..) | What::Defined(_))
    };
    assert_eq!(read(), events.iter().filter(about_apps).count());
    let typed = || floor::parse_typed(black_box(&payloads));
    let times = table.measure(read, typed);
    let what = "events of a stream, from bytes";
    table.add(what, bytes, Limit::Megabytes(200.0), times);
    table.add(&format!("{what}; floor: typed"), bytes, Limit::Ratio(2.0), times);

    let split = || {
        let mut length = 0;
        messages(&mut |item| {
            let Item::Message(message) = item else { panic!("no event is large") };
            length += message.data.len();
        });
        length
    };
    assert_eq!(split(), payloads.iter().map(|payload| payload.len()).sum::<usize>());
    table.compare("the same, messages alone", bytes, Limit::None, split, typed);
}

/// The answer that lists all apps of a cluster.
fn answers(table: &mut Table) {
    let apps = 10_000;
    let answer = wire::apps(apps);
    let listed = || zdd_marathon::apps_of_answer(black_box(answer.as_bytes()));
    let all = listed().expect("the generator writes apps");
    assert_eq!(all.len(), apps);
    assert!(all.iter().all(|app| {
        app.tasks.as_ref().is_some_and(|tasks| tasks.len() == wire::TASKS)
            && app.healthy == 2
            && app.app.health_checks().len() == 1
    }));
    drop(all);
    let parse = || serde_json::from_str::<serde_json::Value>(black_box(&answer));
    let limit = Limit::Beyond(Duration::from_millis(150));
    table.compare("10000 apps listed and modelled", Work::Once, limit, listed, parse);
}

/// The agents of a cluster, as the master of its Mesos says.
fn cluster(table: &mut Table) {
    let agents = 5_000;
    let answer = zdd_benches::agents::slaves(agents);
    let read = || Cluster::read(black_box(answer.as_bytes()));
    let all = read().expect("the generator writes agents");
    assert_eq!(all.nodes.len(), agents);
    assert!(all.nodes.iter().all(|node| {
        node.use_is_by_role && node.used.ports.count() == 10 && node.agent.reserved.len() == 1
    }));
    drop(all);
    let parse = || serde_json::from_slice::<serde_json::Value>(black_box(answer.as_bytes()));
    table.compare("5000 agents of a Mesos read", Work::Once, Limit::Ratio(2.0), read, parse);
}

/// The weights for a share of the traffic.
fn weights(table: &mut Table) {
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
fn rollouts(table: &mut Table) {
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

/// The statistics of a large HAProxy.
fn balancers(table: &mut Table) {
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
fn bridges(table: &mut Table) {
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

/// What the embedded Marathon adds to what its tasks take.
fn upgrade(table: &mut Table) {
    let mut rolling = Rolling::start();
    let what = format!("rolling upgrade of {} instances on the lab", lab::INSTANCES);
    let limit = Limit::Beyond(Duration::from_millis(50));
    table.compare(&what, Work::Once, limit, || rolling.upgrade(), lab::processes);
}

/// What somebody at a terminal sees of a deployment, and what that costs.
fn watching(table: &mut Table) {
    let zdd = built(table.is_quick());
    let (instances, time) = if table.is_quick() { (2, 1) } else { (20, 20) };
    let mut delays = following::delays(&zdd, instances);
    delays.sort();
    let (median, longest) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    table.note(format!(
        "from Marathon's event to the terminal, for {instances} instances: {:.1} ms in the middle, \
         {:.1} ms at most (limit 100 ms)",
        median.as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
    ));
    let idle = following::idle(&zdd, Duration::from_secs(time));
    table.note(format!(
        "watching a deployment that stands still for {time} s: {:.2} % of a core (limit 1 %), at most \
         {:.1} MiB (limit 30 MiB)",
        idle.cpu * 100.0,
        idle.peak_mib(),
    ));
}

fn starting(table: &mut Table) {
    let zdd = built(table.is_quick());
    let check = || {
        let mut command = Command::new(&zdd);
        command.args(["check", "--instances", "4", "--min-health", "0.5", "--max-over", "0.1"]);
        command.output().expect("cargo has built it")
    };
    let answer = check();
    assert!(answer.status.success(), "{answer:?}");
    assert!(
        String::from_utf8_lossy(&answer.stdout).contains("set maximumOverCapacity to 0.5"),
        "{answer:?}"
    );
    let nothing = || Command::new("true").output();
    let limit = Limit::Time(Duration::from_millis(10));
    table.compare("zdd check, as a process", Work::Once, limit, check, nothing);
}

/// Builds the command, and says where it is. In a quick pass that is a build without optimisation,
/// which the tests need anyway.
fn built(is_quick: bool) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "zdd-cli", "--message-format", "json"]);
    if !is_quick {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo runs this very bench");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let executables = messages.filter_map(|message: Result<serde_json::Value, _>| {
        message.ok()?.get("executable")?.as_str().map(String::from)
    });
    executables.last().expect("zdd-cli has one executable")
}
