//! Ways back beside marathon-lb, where the app that takes over gets one instance more for a while.

use std::time::Duration;

use serde_json::{Value, json};
use zdd_core::ports::Force;
use zdd_core::rollout::{Action, Decision, Next, Outcome, WaitingOn};
use zdd_core::units::InstanceCount;
use zdd_core::verify::rollout::{Fault, Holds, Report, Rule};

use super::super::world::{OLD, World};
use super::super::{id, taken_back};
use super::stage::{Stage, holds, honest, review, violated};

/// All is held, but for shares, which nobody set.
#[track_caller]
fn held(report: &Report) {
    let [capacity, order, drain, _, completeness] = holds(report);
    assert_eq!([capacity, order, drain, completeness], [Holds::Held; 4], "{:#?}", report.findings);
}

/// The judge's view of the same with something else in each line.
fn doctored(stage: &Stage, mut change: impl FnMut(&mut Value)) -> Report {
    let lines = stage.lines.iter().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        change(&mut line);
        line.to_string()
    });
    review(&lines.collect::<Vec<_>>().join("\n")).reports.remove(0)
}

#[test]
fn what_is_given_back_before_it_serves_is_not_missed() {
    let mut stage = Stage::new(World::begun());
    assert_eq!(stage.carry_out(taken_back(), 4, &[], &mut honest), Outcome::Reached);
    let scales = |to: u32| format!(r#"{{"do":"scale","app":"{OLD}","instances":{to},"force""#);
    for to in [5, 4] {
        assert!(stage.lines.iter().any(|it| it.contains(&scales(to))), "{:#?}", stage.lines);
    }
    held(&stage.report());
    // Where it is not sure that the youngest goes, one that serves may.
    let set = |place: &'static str, value: Value| {
        doctored(&stage, |line| {
            if let Some(it) = line.pointer_mut(place) {
                *it = value.clone();
            }
        })
    };
    for report in [
        set("/old/killSelection", json!("OLDEST_FIRST")),
        set("/old/killSelection", Value::Null),
        set("/old/tasks/4/startedAt", Value::Null),
        set("/old/tasks/4/state", json!("TASK_STAGING")),
        set("/old/instances", json!(6)),
    ] {
        assert_eq!(violated(&report), [(Rule::Order, "too-few-remain")], "{report:#?}");
        let Fault::TooFewRemain { remain, floor, .. } = report.findings[0].fault else { panic!() };
        assert_eq!((remain, floor), (3, 4));
    }
    // What was written before there was a word of it is read as it was then.
    let before = doctored(&stage, |line| {
        let Some(old) = line.get_mut("old").and_then(Value::as_object_mut) else { return };
        old.remove("killSelection");
        for task in old.get_mut("tasks").and_then(Value::as_array_mut).unwrap() {
            task.as_object_mut().unwrap().remove("startedAt");
        }
    });
    assert_eq!(violated(&before), [(Rule::Order, "too-few-remain")]);
    // As old as the others: it may be any of them.
    let mut since = Value::Null;
    let as_old = doctored(&stage, |line| {
        let Some(tasks) = line.pointer_mut("/old/tasks").and_then(Value::as_array_mut) else {
            return;
        };
        since = tasks[0]["startedAt"].clone();
        for task in tasks {
            task["startedAt"] = since.clone();
        }
    });
    assert!(since.is_string(), "{:#?}", stage.lines);
    let broken = [(Rule::Order, "too-few-remain"), (Rule::Drain, "scaled-undrained")];
    assert_eq!(violated(&as_old), broken);
}

/// An engine that gives an instance back whichever that is.
#[test]
fn what_serves_by_then_is_missed() {
    let mut is_done = false;
    let mut tamper = |world: &World, decision: &mut Decision| {
        let of_old = world.tasks.iter().filter(|it| it.app == id(OLD));
        if !is_done && of_old.filter(|it| it.healthy_from <= world.now).count() == 5 {
            is_done = true;
            let instances = InstanceCount::saturating_from(3);
            decision.actions = vec![Action::Scale { app: id(OLD), instances, force: Force::Yes }];
            let deadline = world.now.saturating_add(Duration::from_millis(200));
            decision.next = Next::ObserveBy { deadline, waiting_on: WaitingOn::Effect };
        } else if !is_done {
            let is_down = |it: &Action| match it {
                Action::Scale { app, instances, .. } => *app == id(OLD) && instances.get() < 5,
                _ => false,
            };
            decision.actions.retain(|it| !is_down(it));
        }
    };
    let mut stage = Stage::new(World::begun());
    stage.carry_out(taken_back(), 4, &[], &mut tamper);
    let broken = violated(&stage.report());
    assert!(broken.contains(&(Rule::Order, "too-few-remain")), "{broken:?}");
    assert!(broken.contains(&(Rule::Drain, "scaled-undrained")), "{broken:?}");
}
