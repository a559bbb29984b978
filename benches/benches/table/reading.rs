//! What is read: recordings, Marathon's events and its answers.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;

use zdd_benches::answers as wire;
use zdd_benches::floor::{self, Scratch};
use zdd_benches::recording::{self, APPS};
use zdd_benches::table::{Limit, Table, Work};
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::{Event, LogIssues, LogReader, Replay, Replayed, What};
use zdd_marathon::events::decode;
use zdd_marathon::sse::{Decoder, Item};

pub(crate) fn recordings(table: &mut Table) {
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

pub(crate) fn memory(table: &mut Table) {
    let longer = if table.is_quick() { 2 } else { 10 };
    let (short, long) = (peak(&[&FULL.to_string()]), peak(&[&(FULL * longer).to_string()]));
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

/// What `peak-memory` says to these arguments.
pub(crate) fn peak(arguments: &[&str]) -> u32 {
    let output = Command::new(env!("CARGO_BIN_EXE_peak-memory"))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo has built it");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse().expect("a number, unless it panicked")
}

/// The event stream, in pieces as a connection gives them.
pub(crate) fn stream(table: &mut Table) {
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
pub(crate) fn answers(table: &mut Table) {
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
