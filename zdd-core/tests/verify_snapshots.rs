//! Recordings with snapshots: nothing has to be said beside them, and gaps are known for gaps.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod verify_script;

use std::collections::BTreeMap;

use proptest::prelude::*;
use verify_script::{STYLES, Script, Style, at, version};
use zdd_core::app::App;
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::{
    AppStatus, CurrentAction, CurrentStep, HealthResult, RunningDeployment, Task, TaskState,
};
use zdd_core::units::Timestamp;
use zdd_core::verify::recording::{Seen, SeenApp, event, snapshot};
use zdd_core::verify::{Kind, OldCount, Outcome, Replay, Replayed, Report, Trouble, Why};

const RESTART: &[(&str, &str)] = &[("RestartApplication", "/a")];

/// The tasks that are alive: the version of each, its state, and whether it is healthy.
type Alive = BTreeMap<u8, (u8, TaskState, Option<bool>)>;

fn app(of: u8, instances: u32) -> App {
    let version = version(of);
    App::parse(&format!(
        r#"{{"id":"/a","instances":{instances},"cmd":"serve --key s3cret","env":{{"KEY":"s3cret"}},"labels":{{"k":"s3cret"}},"healthChecks":[{{"protocol":"COMMAND","command":{{"value":"ask s3cret"}}}}],"upgradeStrategy":{{"minimumHealthCapacity":1,"maximumOverCapacity":0.5}},"version":"{version}"}}"#
    ))
    .unwrap()
}

fn status(of: u8, instances: u32, alive: &Alive) -> AppStatus {
    let mut status = AppStatus::new(app(of, instances));
    let tasks = alive.iter().map(|(&task, (of, state, healthy))| {
        let id = format!("a.instance-5ed13e{task:02x}-9149-11e6-aae4-3a4b79075094._app.1");
        let mut task = Task::new(id.parse().unwrap(), "/a".parse().unwrap(), state.clone());
        task.version = Some(version(*of).parse().unwrap());
        if let Some(alive) = *healthy {
            let mut result = HealthResult::default();
            result.alive = alive;
            task.health.push(result);
        }
        task
    });
    status.tasks = Some(tasks.collect());
    status
}

/// What is seen of `/a` by a recorder whose clock is right.
struct Look {
    status: Option<AppStatus>,
    previous: Option<App>,
    deployments: Vec<RunningDeployment>,
}

impl Look {
    fn at(status: AppStatus) -> Self {
        Self { status: Some(status), previous: None, deployments: Vec::new() }
    }

    fn deploying(mut self, id: &str, new: u8) -> Self {
        let mut deployment =
            RunningDeployment::new(id.parse().unwrap(), version(new).parse().unwrap());
        let action = CurrentAction {
            action: "RestartApplication".into(),
            app: "/a".parse().unwrap(),
            readiness: Vec::new(),
        };
        deployment.steps = vec![CurrentStep { actions: vec![action.clone()] }];
        deployment.current_actions = vec![action];
        self.deployments.push(deployment);
        self
    }

    fn line(&self, moment: Timestamp, after_gap: bool) -> String {
        let id = "/a".parse().unwrap();
        let seen =
            SeenApp { id: &id, status: self.status.as_ref(), previous: self.previous.as_ref() };
        snapshot(&Seen {
            at: moment,
            marathon: "1.11.0",
            after_gap,
            apps: &[seen],
            deployments: &self.deployments,
        })
    }
}

fn healthy(tasks: &[u8], of: u8) -> Alive {
    tasks.iter().map(|&task| (task, (of, TaskState::Running, Some(true)))).collect()
}

/// Lines and events in turn: what `zdd` records.
fn recorded(script: &Script) -> Vec<String> {
    let lines = script.text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| event(line).unwrap()).collect()
}

fn replay(lines: &[String]) -> Replayed {
    Replay::new().read(lines.join("\n").as_bytes())
}

fn only(replayed: &Replayed) -> &Report {
    assert_eq!((replayed.reports.len(), replayed.issues.count), (1, 0), "{replayed:?}");
    &replayed.reports[0]
}

fn holds(report: &Report) -> [Option<bool>; 3] {
    Guarantee::ALL.map(|guarantee| report.verdict.holds(guarantee))
}

/// A light script that says no definition.
fn quiet() -> Script {
    let mut script = Script::new(Style::Instances);
    script.says = false;
    script
}

#[test]
fn nothing_has_to_be_said_beside_snapshots() {
    // Only one of two old instances is stopped where anybody sees it.
    let mut s = quiet();
    s.begin("d", 2, RESTART).up("/a", 21, 2).down("/a", 11, 1).up("/a", 22, 2);
    s.end("deployment_success", "d");
    let events = recorded(&s);

    let before = Look::at(status(1, 2, &healthy(&[11, 12], 1))).line(at(0), false);
    let mut look = Look::at(status(2, 2, &healthy(&[11, 12], 1)));
    look.previous = Some(app(1, 2));
    let accepted = look.line(at(0), false);
    let mut lines = vec![before, events[0].clone(), accepted];
    lines.extend_from_slice(&events[1..]);

    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.old, report.old_from, report.new), (2, OldCount::Snapshot, 2));
    // The one that nobody saw go is still there.
    assert_eq!(holds(report), [Some(false); 3]);
    let codes: Vec<_> = report.verdict.findings.iter().map(|found| found.fault.code()).collect();
    assert_eq!(codes, ["old-left-over", "old-touched-too-early"]);
    assert_eq!(report.verdict.floor, Some(2));

    // Without the snapshots there is nothing to say.
    let bare = replay(&events);
    assert_eq!(bare.reports[0].verdict.guarantee(Guarantee::Bounds).why, Why::StrategyUnknown);
    assert_eq!(bare.reports[0].old, 1);
}

#[test]
fn a_deployment_that_ended_in_a_gap_is_judged_by_what_there_is() {
    for (left, completes) in [(&[21, 22][..], true), (&[21], false)] {
        let mut s = quiet();
        s.begin("d", 2, RESTART).up("/a", 21, 2);
        let mut lines = vec![Look::at(status(1, 2, &healthy(&[11, 12], 1))).line(at(0), false)];
        lines.extend(recorded(&s));
        lines.push(Look::at(status(2, 2, &healthy(left, 2))).line(at(60), true));
        let replayed = replay(&lines);
        let report = only(&replayed);
        assert_eq!((report.outcome, report.old), (Outcome::Unseen, 2));
        assert_eq!(report.ended(), at(60));
        assert_eq!(report.verdict.gaps, 1);
        let bounds = if completes { None } else { Some(false) };
        assert_eq!(holds(report), [Some(completes), bounds, bounds]);
        if completes {
            assert_eq!(report.verdict.guarantee(Guarantee::Bounds).why, Why::Gaps);
        }
    }
}

#[test]
fn a_deployment_that_began_in_a_gap_is_followed_from_there() {
    let mut alive = healthy(&[11, 12], 1);
    let mut lines = vec![Look::at(status(1, 2, &alive)).line(at(0), false)];
    alive.extend(healthy(&[21], 2));
    lines.push(Look::at(status(2, 2, &alive)).deploying("d", 2).line(at(5), true));
    let mut s = quiet();
    s.wait(10).down("/a", 11, 1).up("/a", 22, 2).down("/a", 12, 1).end("deployment_success", "d");
    lines.extend(recorded(&s));
    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.kind, report.outcome, report.old), (Kind::Restart, Outcome::Success, 2));
    assert_eq!(holds(report), [Some(true), None, Some(false)]);
}

#[test]
fn the_recorders_clock_does_not_matter() {
    let hour = 3600;
    let read = |skew: i64| {
        let mut s = quiet();
        s.begin("d", 2, RESTART).up("/a", 21, 2).down("/a", 11, 1);
        let mut lines = vec![Look::at(status(2, 2, &healthy(&[11, 12], 1))).line(at(skew), false)];
        lines.extend(recorded(&s));
        let before = s.text.len();
        let mut alive = healthy(&[12], 1);
        alive.extend(healthy(&[21, 22], 2));
        lines.push(Look::at(status(2, 2, &alive)).deploying("d", 2).line(at(skew + 7), true));
        s.wait(5).down("/a", 12, 1).end("deployment_success", "d");
        s.text.drain(..before);
        lines.extend(recorded(&s));
        replay(&lines)
    };
    let right = read(0);
    assert_eq!(holds(only(&right)), [Some(true), None, Some(false)]);
    for skew in [-hour, hour] {
        let skewed = read(skew);
        assert_eq!(holds(only(&skewed)), holds(only(&right)));
        assert_eq!(only(&skewed).verdict.findings, only(&right).verdict.findings);
        assert_eq!((only(&skewed).started(), only(&skewed).ended()), (at(0), only(&right).ended()));
    }
}

/// Events come while the state is read, and are written down after it. What they tell is about the
/// definition in it, though they are older than the moment that it was read at.
#[test]
fn what_is_seen_right_after_a_change_is_before_the_events_of_it() {
    let snapshot = |at: &str, version: &str, checks: &str, id: &str| {
        format!(
            r#"{{"eventType":"zdd_snapshot","schema":1,"timestamp":"2026-01-01T00:00:{at}Z","marathon":"1.9.136","afterGap":false,"apps":[{{"id":"/a","previous":null,"definition":{{"id":"/a","instances":1,"healthChecks":[{checks}],"readinessChecks":[],"upgradeStrategy":{{"minimumHealthCapacity":0.0,"maximumOverCapacity":1.0}},"version":"2026-01-01T00:00:{version}Z"}},"tasks":[]}}],"deployments":[{{"currentStep":{{"actions":[{{"action":"RestartApplication","app":"/a"}}]}},"plan":{{"id":"{id}","version":"2026-01-01T00:00:{version}Z","steps":[{{"actions":[{{"action":"RestartApplication","app":"/a"}}]}}]}}}}]}}"#
        )
    };
    let ended = |at: &str, name: &str, id: &str, version: &str| {
        format!(
            r#"{{"eventType":"{name}","timestamp":"2026-01-01T00:00:{at}Z","id":"{id}","plan":{{"id":"{id}","version":"2026-01-01T00:00:{version}Z","steps":[{{"actions":[{{"action":"RestartApplication","app":"/a"}}]}}]}}}}"#
        )
    };
    let lines = [
        snapshot("01.000", "00.000", r#"{"protocol":"TCP"}"#, "taken-back"),
        snapshot("05.000", "02.000", "", "back"),
        ended("02.000", "deployment_failed", "taken-back", "00.000"),
        ended("02.000", "deployment_info", "back", "02.000"),
        r#"{"eventType":"status_update_event","timestamp":"2026-01-01T00:00:03.000Z","taskId":"a.instance-5ed13e01-9149-11e6-aae4-3a4b79075094._app.1","taskStatus":"TASK_RUNNING","appId":"/a","version":"2026-01-01T00:00:02.000Z"}"#.into(),
        ended("04.000", "deployment_success", "back", "02.000"),
    ];
    let replayed = replay(&lines);
    let report = replayed.reports.iter().find(|report| &*report.deployment == "back").unwrap();
    assert_eq!(report.outcome, Outcome::Success);
    assert_eq!(report.verdict.holds(Guarantee::Completes), Some(true), "{report:#?}");
    assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true), "there is no gap: {report:#?}");
}

#[test]
fn old_instances_that_only_a_plan_spoke_of_end_in_a_gap() {
    let mut s = Script::new(Style::Tasks);
    s.begin("d", 2, RESTART).up("/a", 21, 2);
    let mut lines = recorded(&s);
    let before = lines.len();
    lines.push(Look::at(status(2, 2, &healthy(&[21, 22], 2))).deploying("d", 2).line(at(9), true));
    s.wait(9).end("deployment_success", "d");
    lines.extend_from_slice(&recorded(&s)[before..]);
    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.old, report.old_from), (2, OldCount::Plan));
    assert_eq!(holds(report), [Some(true), None, None]);
}

#[test]
fn who_is_not_listed_was_not_there() {
    // An instance of the old version shows itself only when it ends: it was started since.
    let mut s = quiet();
    s.begin("d", 2, RESTART).task("/a", 13, 1, "FAILED").replace("/a", 2);
    s.end("deployment_success", "d");
    let mut lines = vec![Look::at(status(2, 2, &healthy(&[11, 12], 1))).line(at(0), false)];
    lines.extend(recorded(&s));
    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.old, report.verdict.lowest_healthy.count), (2, 2));
    assert_eq!(holds(report), [Some(true), Some(true), Some(false)]);
}

#[test]
fn after_a_gap_without_tasks_there_may_be_others() {
    let mut unlisted = Look::at(status(2, 2, &Alive::new()));
    unlisted.status.as_mut().unwrap().tasks = None;
    let mut s = quiet();
    s.begin("d", 2, RESTART).replace("/a", 2).end("deployment_success", "d");
    let first = Look::at(status(1, 2, &healthy(&[11], 1))).line(at(0), false);
    let mut lines = vec![first, unlisted.line(at(0), true)];
    lines.extend(recorded(&s));
    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.old, report.old_from), (2, OldCount::Seen));
    assert_eq!(report.verdict.lowest_healthy.count, 2);
}

#[test]
fn an_app_may_come_and_go() {
    let none = Look { status: None, previous: None, deployments: Vec::new() };
    let mut s = Script::new(Style::Instances);
    s.instances = (0, 2);
    s.begin("d", 2, &[("StartApplication", "/a"), ("ScaleApplication", "/a")]);
    s.up("/a", 21, 2).up("/a", 22, 2).end("deployment_success", "d");
    let mut lines = vec![none.line(at(0), false)];
    lines.extend(recorded(&s));
    let replayed = replay(&lines);
    let report = only(&replayed);
    assert_eq!((report.old, report.old_from), (0, OldCount::Snapshot));
    assert_eq!(report.verdict.holds(Guarantee::Completes), Some(true));

    let mut s = quiet();
    s.wait(20).begin("e", 3, &[("StopApplication", "/a")]);
    lines.extend(recorded(&s));
    lines.push(none.line(at(30), true));
    let replayed = replay(&lines);
    let report = &replayed.reports[1];
    assert_eq!((report.kind, report.outcome, report.old), (Kind::Stop, Outcome::Unseen, 2));
    assert_eq!(report.verdict.holds(Guarantee::Completes), Some(true));
}

#[test]
fn snapshots_of_another_form_are_not_guessed_at() {
    let line = Look::at(status(1, 2, &healthy(&[11], 1))).line(at(0), false);
    for (change, to, trouble) in [
        ("\"schema\":1", "\"schema\":2", Trouble::UnknownEvent("zdd_snapshot of schema 2".into())),
        ("TASK_RUNNING", "TASK_DANCING", Trouble::UnknownEvent("TASK_DANCING".into())),
        ("\"schema\":1", "\"schema\":\"x\"", Trouble::NotAnEvent),
        ("\"apps\":[", "\"apps\":[1,", Trouble::NotAnEvent),
    ] {
        let changed = line.replace(change, to);
        assert_ne!(changed, line);
        let replayed = replay(&[changed]);
        assert_eq!(replayed.issues.listed[0].what, trouble);
    }
}

#[test]
fn a_snapshot_that_stops_in_the_middle_is_none() {
    let line = Look::at(status(1, 2, &healthy(&[11], 1))).deploying("d", 2).line(at(0), true);
    for end in 1..line.len() {
        let replayed = replay(&[line[..end].to_string()]);
        let trouble = &replayed.issues.listed[0].what;
        // A number that stops at its point is no JSON, whatever comes.
        let is_cut = matches!(trouble, Trouble::Truncated | Trouble::NotAnEvent);
        assert!(is_cut && replayed.reports.is_empty(), "{trouble}: {}", &line[..end]);
    }
    // Whole, it begins a deployment of which no end is seen.
    assert_eq!(only(&replay(&[line])).outcome, Outcome::Unfinished);
}

#[test]
fn no_secret_gets_into_a_recording() {
    let app = app(2, 2);
    let mut look = Look::at(status(2, 2, &healthy(&[11], 1)));
    look.previous = Some(app.clone());
    let definition = serde_json::to_string(&app).unwrap();
    assert!(definition.contains("s3cret"));
    let group = format!(r#"{{"id":"/","env":"s3cret","apps":[{definition}],"groups":[]}}"#);
    let plan = format!(
        r#""plan":{{"id":"d","original":{group},"target":{group},"steps":[{{"actions":[{{"action":"RestartApplication","app":"/a"}}]}}],"version":"v"}}"#
    );
    let head = r#""timestamp":"2020-01-01T00:00:00.000Z""#;
    let mut lines = vec![look.line(at(0), false)];
    for (name, fields) in [
        ("api_post_event", format!(r#""appDefinition":{definition}"#)),
        ("deployment_info", plan.clone()),
        ("deployment_success", format!(r#""id":"d",{plan}"#)),
        ("add_health_check_event", r#""appId":"/a","healthCheck":{"command":"s3cret"}"#.into()),
        ("failed_health_check_event", r#""appId":"/a","healthCheck":{"command":"s3cret"}"#.into()),
        ("an_event_of_tomorrow", format!(r#""definitions":[{definition}]"#)),
    ] {
        lines.push(event(&format!(r#"{{"eventType":"{name}",{head},{fields}}}"#)).unwrap());
    }
    for line in lines {
        assert!(!line.contains("s3cret"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn plain_fields_are_kept() {
    let line = r#"{"appId":"/a","eventType":"status_update_event","host":"h","ipAddresses":[{"ipAddress":"10.0.0.1","protocol":"IPv4"}],"message":"exit \"1\"","ports":[31000,31001],"ratio":0.5,"taskId":"a.1","taskStatus":"TASK_RUNNING","timestamp":"2020-01-01T00:00:00.000Z","nothing":null,"offset":-1,"yes":true}"#;
    let kept: serde_json::Value = serde_json::from_str(&event(line).unwrap()).unwrap();
    assert_eq!(kept, serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(event("{"), Err(Trouble::Truncated));
    assert_eq!(event("[]"), Err(Trouble::NotAnEvent));
}

#[test]
fn recorded_events_lead_to_the_same_reports() {
    for style in STYLES {
        let mut s = Script::new(style);
        s.up("/a", 11, 1).up("/a", 12, 1).begin("d", 2, RESTART).replace("/a", 2);
        s.step("deployment_step_success", "d", 2, &[RESTART], 0).end("deployment_success", "d");
        s.begin("e", 3, RESTART).up("/a", 31, 3).end("deployment_failed", "e");
        assert_eq!(replay(&recorded(&s)).reports, s.read().reports);
    }
}

/// What one instance goes through, in order.
#[derive(Clone, Copy, Debug)]
enum Turn {
    State(u8, u8, &'static str),
    Health(u8, u8, bool),
}

/// The turns of an upgrade of `n` instances, each instance in its order and they among each other in
/// any.
fn turns(n: u8, order: &[u8]) -> Vec<Turn> {
    let mut stories: Vec<Vec<Turn>> = Vec::new();
    for task in 1..=n {
        let (old, new) = (10 + task, 20 + task);
        stories.push(vec![Turn::State(old, 1, "KILLED"), Turn::State(old, 1, "KILLING")]);
        stories.push(vec![
            Turn::Health(new, 2, true),
            Turn::State(new, 2, "RUNNING"),
            Turn::State(new, 2, "STAGING"),
        ]);
    }
    let mut turns = Vec::new();
    let mut order = order.iter().cycle();
    while !stories.is_empty() {
        let place = usize::from(*order.next().unwrap()) % stories.len();
        turns.extend(stories[place].pop());
        if stories[place].is_empty() {
            stories.remove(place);
        }
    }
    turns
}

fn apply(turn: Turn, alive: &mut Alive) {
    match turn {
        Turn::State(task, _, "KILLED") => drop(alive.remove(&task)),
        Turn::State(task, of, state) => {
            let health = alive.get(&task).and_then(|(.., health)| *health);
            alive.insert(task, (of, TaskState::of(&format!("TASK_{state}")), health));
        }
        Turn::Health(task, _, healthy) => alive.get_mut(&task).unwrap().2 = Some(healthy),
    }
}

proptest! {
    /// A recording without some of its events, and with a snapshot in their place, is judged alike as
    /// far as it goes.
    #[test]
    fn a_gap_hides_and_does_not_invent(
        n in 1..6_u8,
        order in prop::collection::vec(any::<u8>(), 1..40),
        gap in (0..31_usize, 0..31_usize),
    ) {
        let turns = turns(n, &order);
        let (from, to) = (gap.0.min(gap.1).min(turns.len()), gap.0.max(gap.1).min(turns.len()));
        let old: Vec<u8> = (11..=10 + n).collect();
        let mut alive = healthy(&old, 1);
        let mut s = quiet();
        s.begin("d", 2, RESTART);
        let (mut whole, mut cut) = (Vec::new(), Vec::new());
        let first = Look::at(status(2, n.into(), &alive)).line(at(0), false);
        whole.push(first.clone());
        cut.push(first);
        for &turn in &turns {
            match turn {
                Turn::State(task, of, state) => s.task("/a", task, of, state),
                Turn::Health(task, of, alive) => s.health("/a", task, of, alive),
            };
        }
        s.end("deployment_success", "d");
        let events = recorded(&s);
        whole.extend_from_slice(&events);
        // The event of turn n has the place n + 1, behind the beginning.
        cut.extend_from_slice(&events[..=from]);
        turns[..to].iter().for_each(|&turn| apply(turn, &mut alive));
        let seen = at(i64::try_from(to).unwrap());
        cut.push(Look::at(status(2, n.into(), &alive)).deploying("d", 2).line(seen, true));
        cut.extend_from_slice(&events[to + 1..]);

        let (whole, cut) = (replay(&whole), replay(&cut));
        let (whole, cut) = (only(&whole), only(&cut));
        prop_assert_eq!((cut.old, cut.old_from, cut.new), (whole.old, whole.old_from, whole.new));
        prop_assert_eq!((cut.outcome, cut.facts), (whole.outcome, whole.facts));
        prop_assert_eq!((cut.verdict.gaps, whole.verdict.gaps), (1, 0));
        prop_assert_eq!(whole.verdict.holds(Guarantee::Completes), Some(true));
        prop_assert_eq!(cut.verdict.holds(Guarantee::Completes), Some(true));
        for guarantee in [Guarantee::Bounds, Guarantee::SideBySide] {
            // Kept is more than it can say; broken is only what is.
            prop_assert_ne!(cut.verdict.holds(guarantee), Some(true));
            if whole.verdict.holds(guarantee) == Some(true) {
                prop_assert_eq!(cut.verdict.holds(guarantee), None);
            }
        }
        let codes = |report: &Report| -> Vec<&'static str> {
            report.verdict.findings.iter().map(|found| found.fault.code()).collect()
        };
        let (seen, all) = (codes(cut), codes(whole));
        prop_assert!(seen.iter().all(|code| all.contains(code)), "{:?} of {:?}", seen, all);
        prop_assert!(cut.verdict.lowest_healthy.count >= whole.verdict.lowest_healthy.count);
        prop_assert!(cut.verdict.highest_running.count <= whole.verdict.highest_running.count);
        if from == to {
            // Nothing is missing.
            prop_assert_eq!(&cut.verdict.findings, &whole.verdict.findings);
            prop_assert_eq!(&cut.verdict.lowest_healthy.count, &whole.verdict.lowest_healthy.count);
            prop_assert_eq!(&cut.verdict.highest_running, &whole.verdict.highest_running);
        }
    }
}
