use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::app::Group;
use crate::fit::{Effort, Rules, Running, Verdict, fit};
use crate::placement::{Agent, Amount, Demand, Grouping, Resources, Room};

fn tree(apps: &str) -> Group {
    Group::parse(&format!(r#"{{"id": "/", "apps": [{apps}]}}"#)).unwrap()
}

/// One agent with so many cpus, and all instances that `before` says on it.
fn site(cpus: u32, before: &Group) -> Site {
    let all = Resources {
        cpus: Amount::whole(cpus),
        mem: Amount::whole(99_999),
        n_ports: 99,
        ..Resources::default()
    };
    let room = Room::new([Agent::new("one".parse().unwrap(), "one", all)].into());
    let mut site = Site::empty(room, Rules::default());
    for app in before.all_apps() {
        let demand = Demand::of(app, Grouping::default()).unwrap();
        for n in 0..app.instances().get() {
            let (task, agent) =
                (format!("{}.{n}", app.id()).parse().unwrap(), "one".parse().unwrap());
            site.room.take(&task, &agent, &demand);
            site.running.push(Running {
                task,
                app: app.id().clone(),
                agent: Some(agent),
                version: None,
            });
        }
    }
    site
}

fn asked(cpus: u32, old: &Group, new: &Group) -> Question {
    let plan = crate::group::plan(old, new, &BTreeSet::new()).unwrap();
    let site = site(cpus, old);
    let question = Question::of_deployment(&site, &plan, old, new).unwrap();
    let names = |actions: &[Action]| actions.iter().map(|it| it.app().clone()).collect::<Vec<_>>();
    let planned: Vec<_> = plan.steps().iter().map(|step| names(step.actions())).collect();
    let steps = question.scene.steps.iter();
    let found: Vec<Vec<_>> =
        steps.map(|step| step.iter().map(|exchange| exchange.app.clone()).collect()).collect();
    assert_eq!(found, planned, "an exchange for each action");
    question
}

const BEFORE: &str = r#"{"id": "/gone", "cmd": "1", "instances": 2},
    {"id": "/db", "cmd": "1", "instances": 2, "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0}},
    {"id": "/more", "cmd": "1", "instances": 1}, {"id": "/less", "cmd": "1", "instances": 3},
    {"id": "/same", "cmd": "1"}"#;
const AFTER: &str = r#"{"id": "/new", "cmd": "1", "instances": 2, "dependencies": ["/less"]},
    {"id": "/db", "cmd": "2", "instances": 2, "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0}},
    {"id": "/more", "cmd": "1", "instances": 3}, {"id": "/less", "cmd": "1", "instances": 1},
    {"id": "/same", "cmd": "1"}"#;

#[test]
fn each_action_has_its_moves() {
    let question = asked(20, &tree(BEFORE), &tree(AFTER));
    let scene = &question.scene;
    let counts = |step, exchange| {
        let Exchange { old, present, moves, .. } = scene.exchange(step, exchange).unwrap();
        (old.len(), present.len(), moves.clone())
    };
    let stage =
        |new: u16, old: u16| Moves::Stages([Stage { new: new.into(), old: old.into() }].into());
    assert_eq!(scene.steps.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 3, 1]);
    assert_eq!(counts(0, 0), (2, 0, stage(0, 0)), "/gone stops");
    assert_eq!(counts(1, 0), (0, 0, Moves::Stages([].into())), "/new is made known");
    let (old, present, moves) = counts(2, 0);
    assert_eq!((old, present), (2, 0), "/db restarts");
    let Moves::Rolling { target, start } = moves else { panic!() };
    assert_eq!((target.get(), start.kill.get(), start.ceiling.get()), (2, 1, 2));
    assert_eq!(counts(2, 1), (3, 0, stage(0, 1)), "/less loses two");
    assert_eq!(counts(2, 2), (0, 1, stage(3, 0)), "/more gets two");
    assert_eq!(counts(3, 0), (0, 0, stage(2, 0)), "/new comes after it");
    assert!(matches!(question.way(2, 0), Some(Way::Upgrade(_))));
    assert_eq!(question.way(2, 1), Some(Way::Given));
}

#[test]
fn what_stops_makes_room_for_what_comes_later_and_not_before() {
    // Nine run, and one of /same; two stop, and later two give way to as many that come.
    let (before, after) = (tree(BEFORE), tree(AFTER));
    assert_eq!(fit(&asked(9, &before, &after).scene, Effort::default()).verdict, Verdict::Fits);
    // Where /gone stays, there is no room beside what runs.
    let stays = tree(&format!(r#"{AFTER}, {{"id": "/gone", "cmd": "1", "instances": 2}}"#));
    let found = fit(&asked(9, &before, &stays).scene, Effort::default());
    assert_eq!(found.verdict, Verdict::Stalls);
}

#[test]
fn an_app_waits_for_the_room_of_those_beside_it() {
    let old = tree(
        r#"{"id": "/a", "cmd": "1", "instances": 2}, {"id": "/b", "cmd": "1", "instances": 0}"#,
    );
    let new = tree(
        r#"{"id": "/a", "cmd": "1", "instances": 1}, {"id": "/b", "cmd": "1", "instances": 1}"#,
    );
    assert_eq!(fit(&asked(2, &old, &new).scene, Effort::default()).verdict, Verdict::Fits);
    // The one that needs room comes in a layer before the one that gives it.
    let ordered = tree(
        r#"{"id": "/a", "cmd": "1", "instances": 1, "dependencies": ["/b"]},
           {"id": "/b", "cmd": "1", "instances": 1}"#,
    );
    let before = tree(
        r#"{"id": "/a", "cmd": "1", "instances": 2, "dependencies": ["/b"]},
           {"id": "/b", "cmd": "1", "instances": 0}"#,
    );
    let stall = fit(&asked(2, &before, &ordered).scene, Effort::default());
    assert_eq!(stall.verdict, Verdict::Stalls);
    let stall = stall.stall.unwrap();
    assert_eq!((stall.step, stall.waiting), (0, 1));
    assert_eq!(stall.rejections.agents[0].1[0].to_string(), "0 of 1 cpus free");
}

#[test]
fn a_plan_of_other_trees_is_refused() {
    let (old, new) = (tree(BEFORE), tree(AFTER));
    let plan = crate::group::plan(&old, &new, &BTreeSet::new()).unwrap();
    let error = Question::of_deployment(&site(9, &old), &plan, &old, &old).unwrap_err();
    assert_eq!(error.to_string(), "app `/new` is in the plan, and has no definition");
}
