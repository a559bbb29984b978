//! The rolling engine, fed with what happened in a real deployment, asks for what Marathon did.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use zdd_core::capacity::Reading;
use zdd_core::rolling::{Action, Change, Definition, Event, Instance, Replacement, Version};
use zdd_core::scaling::{Checks, Condition, Goal};
use zdd_core::units::{InstanceId, Timestamp};
use zdd_core::verify::{LogReader, Stage, What};

const APP: &str = "/zdd/base-min-over";

/// What the recording says about one task of the app, in order.
struct Moment {
    at: Timestamp,
    task: InstanceId,
    version: String,
    what: Seen,
}

enum Seen {
    Stage(Stage),
    Health(bool),
}

/// The definition of the app as the deployment had it, the version it brought, and all moments.
fn read(recording: &[u8]) -> (Definition, String, Vec<Moment>) {
    let mut definition = None;
    let mut moments = Vec::new();
    let mut reader = LogReader::new();
    let mut see = |event: zdd_core::verify::Event<'_>| match event.what {
        What::Step { plan, .. } if definition.is_none() => {
            let target = plan.target.iter().find(|target| target.app == APP).unwrap();
            let found = Definition {
                instances: target.facts.instances.unwrap(),
                strategy: target.facts.strategy.unwrap(),
                resident: false,
                checks: Checks {
                    health: target.facts.has_health_checks,
                    readiness: target.facts.has_readiness_checks,
                },
                reading: Reading::Classic,
            };
            definition = Some((found, plan.version.to_string()));
        }
        What::Stage(about, _) | What::Health(about, _) if about.app != APP => {}
        What::Stage(about, stage) => moments.push(Moment {
            at: event.at,
            task: about.task.parse().unwrap(),
            version: about.version.to_string(),
            what: Seen::Stage(stage),
        }),
        What::Health(about, alive) => moments.push(Moment {
            at: event.at,
            task: about.task.parse().unwrap(),
            version: about.version.to_string(),
            what: Seen::Health(alive),
        }),
        _ => {}
    };
    reader.push(recording, &mut see);
    reader.finish(&mut see);
    let (definition, version) = definition.unwrap();
    (definition, version, moments)
}

/// What the engine has asked for and the recording has not shown yet.
#[derive(Default)]
struct Asked {
    kills: VecDeque<InstanceId>,
    launches: u32,
    killed: Vec<InstanceId>,
    launched: u32,
}

impl Asked {
    fn take(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Kill { id, .. } => self.kills.push_back(id),
                Action::Launch { count } => self.launches += count,
                _ => {}
            }
        }
    }
}

fn asks_for_what_marathon_did(recording: &[u8]) {
    let (definition, new_version, moments) = read(recording);
    assert_eq!(definition.instances.get(), 4);
    let is_new = |moment: &Moment| moment.version == new_version;

    // The order of Marathon's tracker is known only from the order in which it stopped them.
    let mut seen = BTreeSet::new();
    let old: Vec<Instance> = moments
        .iter()
        .filter(|moment| !is_new(moment) && seen.insert(moment.task.clone()))
        .map(|moment| Instance::running(moment.task.clone(), Version::Old))
        .collect();
    assert_eq!(old.len(), 4);

    let mut asked = Asked::default();
    let (mut engine, actions) = Replacement::start(&definition, &old);
    asked.take(actions);
    let mut finished_at = None;
    for moment in &moments {
        let id = moment.task.clone();
        let version = if is_new(moment) { Version::New } else { Version::Old };
        let change = match (&moment.what, version) {
            (Seen::Health(alive), _) => Change::Health(*alive),
            (Seen::Stage(Stage::Starting), Version::New) => {
                assert!(asked.launches > 0, "{}: launched {id} unasked", moment.at);
                asked.launches -= 1;
                asked.launched += 1;
                continue;
            }
            (Seen::Stage(Stage::Stopping), Version::Old) => {
                assert_eq!(asked.kills.pop_front().as_ref(), Some(&id), "{}", moment.at);
                asked.killed.push(id);
                continue;
            }
            (Seen::Stage(Stage::Running), Version::New) => {
                Change::Instance { condition: Condition::Running, goal: Goal::Running }
            }
            (Seen::Stage(Stage::Killed), Version::Old) => {
                let goal = Goal::Decommissioned;
                Change::Instance { condition: Condition::Killed, goal }
            }
            (Seen::Stage(stage), _) => panic!("{}: {id} {stage:?}", moment.at),
        };
        assert_eq!(finished_at, None, "it was finished before {}", moment.at);
        asked.take(engine.on(&Event { id, version, change }));
        if engine.is_finished() {
            finished_at = Some(moment.at);
        }
    }
    assert_eq!((asked.kills.len(), asked.launches), (0, 0), "asked for and never done");
    assert_eq!(asked.killed, old.iter().map(|i| i.id.clone()).collect::<Vec<_>>());
    assert_eq!(asked.launched, 4);
    // One millisecond later Marathon said that the step was done.
    assert_eq!(finished_at.unwrap().to_string(), "2016-10-13T13:32:48.600Z");
}

#[test]
fn of_the_compact_recording() {
    asks_for_what_marathon_did(include_bytes!("fixtures/base-min-over.events"));
}

#[test]
fn of_the_recording_as_it_was_made_where_it_is_at_hand() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/lab/event-bus-log-base-min-over.txt");
    if let Ok(recording) = std::fs::read(path) {
        asks_for_what_marathon_did(&recording);
    }
}
