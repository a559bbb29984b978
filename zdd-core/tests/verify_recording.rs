//! The recording of a real rolling upgrade on DC/OS 1.8, judged.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::Timestamp;
use zdd_core::verify::{
    Event, Facts, Fault, Kind, LogIssues, LogReader, OldCount, Outcome, Replay, Replayed, Spell,
    What,
};

const FIXTURE: &[u8] = include_bytes!("fixtures/base-min-over.events");

fn at(time: &str) -> Timestamp {
    format!("2016-10-13T{time}Z").parse().unwrap()
}

/// What is true of the recording, whether compact or as it was made.
fn is_as_recorded(replayed: &Replayed) {
    assert_eq!((replayed.reports.len(), replayed.issues.count, replayed.outside), (1, 0, 0));
    let report = &replayed.reports[0];
    assert_eq!((&*report.app, report.kind), ("/zdd/base-min-over", Kind::Restart));
    assert_eq!(&*report.deployment, "d36e08e3-a92c-4bbc-a32b-92649229acd1");
    assert_eq!(report.outcome, Outcome::Success);
    assert_eq!((report.old, report.old_from, report.new), (4, OldCount::Plan, 4));
    assert_eq!((report.started(), report.ended()), (at("13:31:39.067"), at("13:32:48.601")));
    assert_eq!(report.duration(), Duration::from_millis(69_534));

    let verdict = &report.verdict;
    assert_eq!(
        Guarantee::ALL.map(|guarantee| verdict.holds(guarantee)),
        [Some(true), Some(true), Some(false)]
    );
    assert_eq!((verdict.floor, verdict.ceiling), (Some(1), Some(5)));
    let lowest = &verdict.lowest_healthy;
    assert_eq!((lowest.count, lowest.spell_count), (1, 2));
    assert_eq!(
        lowest.spells,
        [
            Spell { from: at("13:31:39.092"), to: at("13:31:46.710") },
            Spell { from: at("13:31:46.719"), to: at("13:32:46.080") },
        ]
    );
    assert_eq!(lowest.total, Duration::from_millis(66_979));
    is_task(lowest.task.as_deref(), "c475b9c2");
    let highest = &verdict.highest_running;
    assert_eq!((highest.count, highest.at), (5, at("13:31:39.088")));
    is_task(highest.task.as_deref(), "5ed13e24");
    assert_eq!((verdict.failed, verdict.turned_unhealthy), (0, 0));
    // Fewer than four were healthy from the first kill to the last passed check.
    assert_eq!(verdict.below_instances, Some(Duration::from_millis(69_512)));
    assert_eq!(verdict.longest_silence, Duration::from_millis(39_141));
    // Marathon stopped three while nothing new was healthy. The fourth came after the first new
    // one, which is the floor.
    assert_eq!(verdict.findings.len(), 1);
    let early = &verdict.findings[0];
    assert_eq!(early.fault, Fault::OldTouchedTooEarly { carried: 0, floor: 1, times: 3 });
    assert_eq!(early.at, at("13:31:39.088"));
    is_task(early.task.as_deref(), "c475e0d3");
}

fn is_task(task: Option<&str>, uuid: &str) {
    assert!(task.is_some_and(|task| task.contains(uuid)), "{task:?} is not {uuid}");
}

#[test]
fn the_compact_recording() {
    is_as_recorded(&Replay::new().read(FIXTURE));
}

#[test]
fn the_recording_itself_where_it_is_at_hand() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/lab/event-bus-log-base-min-over.txt");
    if let Ok(recording) = std::fs::read(path) {
        is_as_recorded(&Replay::new().read(&recording));
    }
}

/// The events of a recording, as lines of JSON.
fn lines() -> Vec<String> {
    let text = std::str::from_utf8(FIXTURE).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(String::from).collect()
}

#[test]
fn lines_of_json_say_the_same() {
    is_as_recorded(&Replay::new().read(lines().join("\n").as_bytes()));
    let windows = String::from_utf8_lossy(FIXTURE).replace('\n', "\r\n");
    is_as_recorded(&Replay::new().read(format!("\u{feff}: hello\r\n{windows}").as_bytes()));
    let without_blank_lines: Vec<_> =
        lines().iter().map(|line| format!("data: {line}\n")).collect();
    is_as_recorded(&Replay::new().read(without_blank_lines.concat().as_bytes()));
    let twice = [FIXTURE, b"\n\n", FIXTURE].concat();
    is_as_recorded(&Replay::new().read(&twice));
}

/// The recording as a Marathon of today would send it: light plans, and instances.
fn light() -> Vec<serde_json::Value> {
    let event = |line: &String| {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(plan) = event.get_mut("plan").and_then(|plan| plan.as_object_mut()) {
            plan.remove("original");
            plan.remove("target");
        }
        event
    };
    lines().iter().map(event).collect()
}

fn text<'e>(events: impl IntoIterator<Item = &'e serde_json::Value>) -> String {
    events.into_iter().fold(String::new(), |mut text, event| {
        writeln!(text, "{event}").unwrap();
        text
    })
}

#[test]
fn plan_ofs_say_the_same_but_for_where_the_number_is_from() {
    let mut replayed = Replay::new().read(text(&light()).as_bytes());
    assert_eq!(replayed.reports[0].old_from, OldCount::Seen);
    replayed.reports[0].old_from = OldCount::Plan;
    is_as_recorded(&replayed);
}

#[test]
fn events_of_instances_say_the_same() {
    let mut events = light();
    for event in &mut events {
        let object = event.as_object_mut().unwrap();
        let (app, version) = (object.get("appId").cloned(), object.get("version").cloned());
        let Some(task) = object.remove("taskId") else {
            continue;
        };
        let task = task.as_str().unwrap().replace("over.", "over.instance-");
        object.insert("instanceId".into(), task.into());
        let condition = match object.get("taskStatus").and_then(|status| status.as_str()) {
            Some("TASK_STAGING") => "Provisioned",
            Some("TASK_RUNNING") => "Running",
            Some("TASK_KILLING") => "Killing",
            Some("TASK_KILLED") => "Killed",
            Some(other) => panic!("{other}"),
            None => {
                object.insert("eventType".into(), "instance_health_changed_event".into());
                object.insert("healthy".into(), true.into());
                object.insert("runSpecId".into(), app.unwrap());
                object.insert("runSpecVersion".into(), version.unwrap());
                object.remove("appId");
                continue;
            }
        };
        object.insert("eventType".into(), "instance_changed_event".into());
        object.insert("condition".into(), condition.into());
        object.insert("runSpecId".into(), app.unwrap());
        object.insert("runSpecVersion".into(), version.unwrap());
        object.remove("appId");
        object.remove("version");
    }
    // The goal of an old instance changes before it is killed, and its condition is repeated.
    let mut goal = events.iter().find(|event| event["condition"] == "Killing").unwrap().clone();
    goal["condition"] = "Running".into();
    let place = events.iter().position(|event| event["condition"] == "Killing").unwrap();
    events.insert(place, goal);
    let mut replayed = Replay::new().read(text(&events).as_bytes());
    replayed.reports[0].old_from = OldCount::Plan;
    is_as_recorded(&replayed);
}

#[test]
fn without_a_definition_only_the_end_is_judged() {
    let keep = |event: &serde_json::Value| event["eventType"] != "api_post_event";
    let events: Vec<_> = light().into_iter().filter(keep).collect();
    let replayed = Replay::new().read(text(&events).as_bytes());
    let verdict = &replayed.reports[0].verdict;
    assert_eq!(Guarantee::ALL.map(|guarantee| verdict.holds(guarantee)), [None; 3]);
    assert_eq!((verdict.lowest_healthy.count, verdict.highest_running.count), (1, 5));
    // The caller may know it.
    let facts: Facts = Replay::new().read(FIXTURE).reports[0].facts;
    let replay = Replay::new().with_definition("/zdd/base-min-over", facts);
    let mut replayed = replay.read(text(&events).as_bytes());
    replayed.reports[0].old_from = OldCount::Plan;
    is_as_recorded(&replayed);
}

#[test]
fn what_cannot_be_used_is_counted() {
    let mut log = FIXTURE.to_vec();
    log.extend_from_slice(b"\n\nGET /v2/events\n\xff\xfe\n{\"eventType\":\"x\",\"timestamp\":\"2016-10-13T13:31:39.067Z\"}\n");
    log.extend_from_slice(b"{\"eventType\":\"deployment_info\"}\ndata: {\"eventType\":\"deploy");
    let replayed = Replay::new().read(&log);
    let listed: Vec<_> = replayed
        .issues
        .listed
        .iter()
        .map(|issue| format!("{}: {}", issue.line, issue.what))
        .collect();
    let lines = std::str::from_utf8(FIXTURE).unwrap().lines().count() + 1;
    assert_eq!(
        listed,
        [
            format!("{}: not an event of Marathon's", lines + 2),
            format!("{}: not valid UTF-8", lines + 3),
            format!("{}: `x` is not known", lines + 4),
            format!("{}: an event without a valid timestamp", lines + 5),
            format!("{}: stops in the middle of an event", lines + 6),
        ]
    );
    assert_eq!(replayed.reports, Replay::new().read(FIXTURE).reports);
}

#[test]
fn a_line_too_long_is_passed_over() {
    let mut log = vec![b'{'; LogReader::MAX_LINE + 1];
    log.push(b'\n');
    log.extend_from_slice(FIXTURE);
    for size in [usize::MAX, 1 << 20] {
        let mut replay = Replay::new();
        let mut reader = LogReader::new();
        for piece in log.chunks(size) {
            reader.push(piece, &mut |event| replay.push(&event));
        }
        let issues = reader.finish(&mut |event| replay.push(&event));
        let mut replayed = replay.finish(issues);
        assert_eq!(replayed.issues.count, 1);
        replayed.issues = LogIssues::default();
        is_as_recorded(&replayed);
    }
}

fn events(pieces: &[&[u8]]) -> (Vec<String>, u64) {
    let mut events = Vec::new();
    let mut reader = LogReader::new();
    let mut sink = |event: Event<'_>| events.push(format!("{event:?}"));
    for piece in pieces {
        reader.push(piece, &mut sink);
    }
    let issues = reader.finish(&mut sink);
    (events, issues.count)
}

fn moment(event: &serde_json::Value) -> Timestamp {
    event["timestamp"].as_str().unwrap().parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pieces_of_any_size_give_the_same_events(
        cuts in proptest::collection::vec(0..FIXTURE.len(), 0..20),
        rest in 1_usize..200,
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for cut in cuts {
            pieces.push(&FIXTURE[from..cut]);
            from = cut;
        }
        pieces.extend(FIXTURE[from..].chunks(rest));
        prop_assert_eq!(events(&pieces), events(&[FIXTURE]));
    }

    #[test]
    fn repeats_and_disorder_change_nothing(
        repeats in proptest::collection::vec((0_usize..25, 0_usize..200), 0..40),
        swaps in proptest::collection::vec((0_usize..200, 0_usize..200), 0..60),
    ) {
        let original = light();
        let mut events: Vec<(usize, &serde_json::Value)> = original.iter().enumerate().collect();
        for (which, to) in repeats {
            let which = which % original.len();
            let to = to % (events.len() + 1);
            events.insert(to, (which, &original[which]));
        }
        for (one, other) in swaps {
            let (one, other) = (one % events.len(), other % events.len());
            events.swap(one, other);
        }
        // Nothing can tell which of two events of one moment was first but their order.
        for moment_of in original.iter().map(moment) {
            let places: Vec<usize> = (0..events.len()).filter(|place| moment(events[*place].1) == moment_of).collect();
            let mut of_moment: Vec<_> = places.iter().map(|place| events[*place]).collect();
            of_moment.sort_by_key(|(which, _)| *which);
            for (place, event) in places.into_iter().zip(of_moment) {
                events[place] = event;
            }
        }
        let shuffled = text(events.iter().map(|(_, event)| *event));
        let mut replayed = Replay::new().read(shuffled.as_bytes());
        prop_assert_eq!(replayed.reports.len(), 1);
        replayed.reports[0].old_from = OldCount::Plan;
        replayed.outside = 0;
        is_as_recorded(&replayed);
    }

    #[test]
    fn any_end_is_survived(end in 0..=FIXTURE.len()) {
        let replayed = Replay::new().read(&FIXTURE[..end]);
        let whole = Replay::new().read(FIXTURE);
        prop_assert!(replayed.reports.len() <= 1 && replayed.issues.count <= 1);
        if let Some(report) = replayed.reports.first() {
            let finished = report.outcome == Outcome::Success;
            prop_assert!(finished || report.outcome == Outcome::Unfinished);
            prop_assert_eq!(report.verdict.holds(Guarantee::Completes), Some(finished));
            if finished {
                prop_assert_eq!(&replayed.reports, &whole.reports);
            }
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        changes in proptest::collection::vec((0..FIXTURE.len(), any::<u8>()), 1..40),
        cut in 0..FIXTURE.len(),
    ) {
        let mut log = FIXTURE.to_vec();
        for (place, byte) in changes {
            log[place] = byte;
        }
        let (from, to) = log.split_at(cut);
        let whole = Replay::new().read(&[to, from].concat());
        prop_assert!(whole.reports.len() <= 40);
        let (read, bad) = events(&[&log]);
        prop_assert!(read.len() as u64 + bad > 0);
    }

    #[test]
    fn arbitrary_bytes_never_panic(log in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Replay::new().read(&log);
    }
}

#[test]
fn the_recording_has_events_of_every_kind_that_matters() {
    let mut kinds = [0; 5];
    let mut reader = LogReader::new();
    let mut sink = |event: Event<'_>| {
        kinds[match event.what {
            What::Stage(..) => 0,
            What::Health(..) => 1,
            What::Defined(_) | What::HealthCheckAdded { .. } => 2,
            What::Step { .. } => 3,
            What::Ended { .. } => 4,
            _ => return,
        }] += 1;
    };
    reader.push(FIXTURE, &mut sink);
    reader.finish(&mut sink);
    assert_eq!(kinds, [16, 4, 2, 2, 1]);
}

#[test]
fn the_states_lead_from_four_old_to_four_new_through_the_extremes() {
    assert!(Replay::new().read(FIXTURE).reports[0].states.is_empty());
    let replayed = Replay::new().with_states().read(FIXTURE);
    let report = &replayed.reports[0];
    let states: Vec<_> = report.states.iter().map(|(_, state)| *state).collect();
    let (first, last) = (states.first().unwrap(), states.last().unwrap());
    assert_eq!((first.old.healthy, first.new.alive()), (4, 0));
    assert_eq!((last.new.healthy, last.old.alive()), (4, 0));
    let lowest = states.iter().map(|state| state.healthy()).min();
    let highest = states.iter().map(|state| state.running()).max();
    assert_eq!(lowest, Some(report.verdict.lowest_healthy.count));
    assert_eq!(highest, Some(report.verdict.highest_running.count));
}
