//! Recordings that begin, end and look like anything.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod verify_script;

use verify_script::{STYLES, Script, Style, version};
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::{
    Facts, LogIssue, LogIssues, LogReader, OldCount, Outcome, Replay, Replayed, Trouble, Why,
};

const RESTART: &[(&str, &str)] = &[("RestartApplication", "/a")];

/// A replacement from beginning to end, between some other lines.
fn replacement(style: Style) -> Script {
    let mut script = Script::new(style);
    script.begin("d", 2, RESTART).replace("/a", 2).end("deployment_success", "d");
    script
}

fn issues(replayed: &Replayed) -> Vec<(u64, Trouble)> {
    replayed.issues.listed.iter().map(|LogIssue { line, what }| (*line, what.clone())).collect()
}

#[test]
fn a_light_plan_is_judged_by_what_is_known() {
    let mut s = Script::new(Style::Instances);
    s.says = false;
    s.begin("d", 2, RESTART).replace("/a", 2).end("deployment_success", "d");
    let unknown = s.read();
    let verdict = &unknown.reports[0].verdict;
    assert_eq!(unknown.reports[0].old_from, OldCount::Seen);
    assert_eq!(verdict.guarantee(Guarantee::Completes).why, Why::InstancesUnknown);
    assert_eq!(verdict.guarantee(Guarantee::Bounds).why, Why::StrategyUnknown);
    assert_eq!((verdict.floor, verdict.below_instances), (None, None));

    let facts = Facts {
        instances: Some(2_u16.into()),
        strategy: replacement(Style::Tasks).read().reports[0].facts.strategy,
        has_health_checks: true,
        has_readiness_checks: false,
    };
    assert!(facts.strategy.is_some());
    let known = Replay::new().with_definition("/a", facts).read(s.text.as_bytes());
    let told = replacement(Style::Instances).read();
    assert_eq!(known.reports[0].facts, facts);
    assert_eq!(known.reports[0].verdict.guarantees, told.reports[0].verdict.guarantees);
    assert_eq!(known.reports[0].verdict.holds(Guarantee::Bounds), Some(true));
}

#[test]
fn a_beginning_that_is_missing_is_said_to_be() {
    for style in STYLES {
        let s = replacement(style);
        let middle = s.text.find("5ed13e16").unwrap();
        let replayed = Replay::new().read(&s.text.as_bytes()[middle..]);
        assert!(replayed.reports.is_empty());
        let found = issues(&replayed);
        // What is left of the first line, and the end.
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], (1, Trouble::NotAnEvent));
        assert_eq!(found[1].1, Trouble::EndWithoutBeginning("d".into()));
        assert!(replayed.outside > 0);
    }
}

#[test]
fn an_end_that_is_missing_leaves_it_unfinished() {
    for style in STYLES {
        let s = replacement(style);
        let end = s.text.rfind("\"timestamp\"").unwrap();
        let replayed = Replay::new().read(&s.text.as_bytes()[..end]);
        assert_eq!(replayed.reports[0].outcome, Outcome::Unfinished);
        assert_eq!(replayed.reports[0].verdict.holds(Guarantee::Completes), Some(false));
        let lines = u64::try_from(s.text[..end].lines().count()).unwrap();
        assert_eq!(issues(&replayed), [(lines, Trouble::Truncated)]);
    }
}

#[test]
fn steps_may_be_bare_lists_of_actions() {
    let s = replacement(Style::Tasks);
    let old = s.text.replace(
        r#""steps":[{"actions":[{"action":"RestartApplication","app":"/a"}]}]"#,
        r#""steps":[[{"type":"RestartApplication","app":"/a"}]]"#,
    );
    assert_ne!(old, s.text);
    assert_eq!(Replay::new().read(old.as_bytes()), s.read());
    let bare = old.replace(
        r#""currentStep":{"actions":[{"action":"RestartApplication","app":"/a"}]}"#,
        r#""currentStep":[{"action":"RestartApplication","app":"/a"}]"#,
    );
    assert_ne!(bare, old);
    assert_eq!(Replay::new().read(bare.as_bytes()), s.read());
}

#[test]
fn other_apps_change_nothing() {
    for style in STYLES {
        let plain = replacement(style).read();
        let mut s = Script::new(style);
        s.begin("d", 2, RESTART);
        // In the same seconds, so that the moments of the deployment stay.
        for n in [1, 2] {
            s.up("/b", 20 + n, 2).wait(-3).up("/a", 20 + n, 2);
            s.down("/a/b", 10 + n, 1).wait(-2).down("/a", 10 + n, 1);
        }
        s.end("deployment_success", "d");
        let replayed = s.read();
        assert_eq!(replayed.reports, plain.reports);
        assert_eq!((plain.outside, replayed.outside), (0, 10));
    }
}

#[test]
fn a_heartbeat_is_no_deployment() {
    for beat in ["\r\n", "\n", ":\n\n", ": still here\r\n\r\n", "event:\n\n", "data:\n\n"] {
        let replayed = Replay::new().read(beat.repeat(50).as_bytes());
        assert_eq!((replayed.reports.len(), replayed.issues.count, replayed.outside), (0, 0, 0));
    }
}

#[test]
fn garbage_is_counted_and_passed_over() {
    for style in STYLES {
        let s = replacement(style);
        let mut log = Vec::new();
        let mut expected = Vec::new();
        let garbage: [(&[u8], Trouble); 5] = [
            (b"curl: (18) transfer closed\n", Trouble::NotAnEvent),
            (b"\xff\xfe\n", Trouble::NotUtf8),
            (b"{\"eventType\":\n", Trouble::Truncated),
            (b"data: [1]\n\n", Trouble::NotAnEvent),
            (
                b"{\"eventType\":\"made_up\",\"timestamp\":\"2020-01-01T00:00:00Z\"}\n",
                Trouble::UnknownEvent("made_up".into()),
            ),
        ];
        let mut line = 1;
        for (event, (bytes, trouble)) in
            s.text.split_inclusive("\r\n\r\n").zip(garbage.iter().cycle())
        {
            log.extend_from_slice(bytes);
            log.extend_from_slice(event.as_bytes());
            expected.push((line, trouble.clone()));
            line += u64::try_from(bytes.split(|byte| *byte == b'\n').count()).unwrap() + 2;
        }
        let replayed = Replay::new().read(&log);
        assert_eq!(issues(&replayed), expected);
        assert_eq!(replayed.reports, s.read().reports);
    }
}

#[test]
fn a_line_without_end_is_not_kept() {
    let s = replacement(Style::Tasks);
    let piece = [b'x'; 1 << 14];
    let mut replay = Replay::new();
    let mut reader = LogReader::new();
    let (before, after) = s.text.split_at(s.text.find("\r\n\r\n").unwrap() + 4);
    reader.push(before.as_bytes(), &mut |event| replay.push(&event));
    reader.push(b"data: {\"a\":\"", &mut |event| replay.push(&event));
    for _ in 0..=LogReader::MAX_LINE / piece.len() {
        reader.push(&piece, &mut |event| replay.push(&event));
    }
    reader.push(b"\"}\r\n\r\n", &mut |event| replay.push(&event));
    reader.push(after.as_bytes(), &mut |event| replay.push(&event));
    let issues_of = reader.finish(&mut |event| replay.push(&event));
    let replayed = replay.finish(issues_of);
    let line = u64::try_from(before.lines().count()).unwrap() + 1;
    assert_eq!(issues(&replayed), [(line, Trouble::TooLong)]);
    assert_eq!(replayed.reports, s.read().reports);
}

/// More events than the window has, about an app that nobody judges.
fn crowd(s: &mut Script) {
    for _ in 0..600 {
        s.health("/crowd", 1, 1, true).health("/crowd", 1, 1, false);
    }
}

#[test]
fn what_comes_too_late_is_counted_and_harmless() {
    for style in STYLES {
        let mut s = Script::new(style);
        s.up("/a", 11, 1).up("/a", 12, 1).begin("d", 2, RESTART).replace("/a", 2);
        crowd(&mut s);
        // Echoes of long ago: of a task that runs, and of one that is gone.
        s.wait(-1210).task("/a", 22, 2, "RUNNING").task("/a", 11, 1, "RUNNING").wait(1208);
        crowd(&mut s);
        s.end("deployment_success", "d");
        let replayed = s.read();
        assert_eq!(replayed.issues.count, 2);
        assert!(issues(&replayed).iter().all(|(_, what)| *what == Trouble::OutOfOrder));
        let report = &replayed.reports[0];
        assert_eq!((report.old, report.verdict.highest_running.count), (2, 3));
        assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
    }
}

#[test]
fn escapes_say_the_same() {
    for style in STYLES {
        let s = replacement(style);
        let escaped = s
            .text
            .replace(r#""/a""#, r#""\/\u0061""#)
            .replace(&version(2), &version(2).replace('-', "\\u002d"));
        assert_ne!(escaped, s.text);
        assert_eq!(Replay::new().read(escaped.as_bytes()), s.read());
    }
}

#[test]
fn issues_are_listed_up_to_a_number() {
    let replayed = Replay::new().read("what\n".repeat(1000).as_bytes());
    assert_eq!((replayed.issues.count, replayed.issues.listed.len()), (1000, LogIssues::MAX));
}
