//! Planted faults: each is found, and nothing else is.

use std::time::Duration;

use serde_json::{Value, json};
use zdd_core::ports::{Force, ServerChange, SetState, Setting};
use zdd_core::rollout::{Action, Decision, Next, OnDrainTimeout, Outcome, Patience, Split, Target};
use zdd_core::units::{InstanceCount, TaskId};
use zdd_core::verify::rollout::{Fault, Rule, Why};

use super::super::world::{OLD, World, server_name};
use super::super::{CANARY, id, run, to};
use super::stage::{Fate, Stage, all_held, honest, promotion, review, violated, with_canary};

/// Does something once, when `is_time`.
fn once(
    mut is_time: impl FnMut(&World, &Decision) -> bool,
    mut what: impl FnMut(&World) -> Action,
) -> impl FnMut(&World, &mut Decision) {
    let mut is_done = false;
    move |world, decision| {
        if !is_done && is_time(world, decision) {
            is_done = true;
            decision.actions = vec![what(world)];
            let deadline = world.now.saturating_add(Duration::from_millis(200));
            let waiting_on = zdd_core::rollout::WaitingOn::Effect;
            decision.next = Next::ObserveBy { deadline, waiting_on };
        }
    }
}

fn tasks_of(world: &World, of: &str) -> Vec<TaskId> {
    world.tasks.iter().filter(|it| it.app == id(of)).map(|it| it.id.clone()).collect()
}

fn kill(world: &World, of: &str, count: usize) -> Action {
    let tasks = tasks_of(world, of).into_iter().take(count).collect();
    Action::Kill { app: id(of), tasks }
}

#[test]
fn to_kill_a_serving_task_is_found() {
    let mut stage = with_canary(2);
    let mut tamper = once(|_, _| true, |world| kill(world, OLD, 1));
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let report = stage.report();
    let broken = violated(&report);
    assert!(broken.contains(&(Rule::Drain, "stopped-serving")), "{broken:?}");
    let finding = report.findings.iter().find(|it| it.fault.code() == "stopped-serving").unwrap();
    assert!(finding.task.as_ref().unwrap().as_str().starts_with("shop-blue."), "{finding:?}");
    assert!(report.is_violated());
}

#[test]
fn to_kill_with_sessions_is_found() {
    let mut stage = with_canary(1);
    stage.world.sessions = Duration::from_secs(60);
    // As soon as the old ones drain, with their sessions.
    let is_out = |world: &World, _: &Decision| {
        world.balancers[0].values().filter(|set| set.state == SetState::Drain).count() == 3
    };
    let mut tamper = once(is_out, |_| Action::Delete { app: id(OLD), force: Force::No });
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Drain, "stopped-busy")], "{:#?}", report.findings);
    assert_eq!(report.finding_count, 3);
}

#[test]
fn a_floor_that_is_undercut_is_found() {
    let mut stage = with_canary(1);
    let mut tamper = once(
        |_, _| true,
        |world| {
            let server = server_name(world.tasks[0].port);
            Action::Set(vec![ServerChange { server, setting: Setting::State(SetState::Drain) }])
        },
    );
    stage.carry_out(promotion(), 4, &[], &mut tamper);
    let report = stage.report();
    let broken = violated(&report);
    assert!(broken.contains(&(Rule::Capacity, "below-floor")), "{broken:?}");
    let below = report.findings.iter().find(|it| it.fault.code() == "below-floor").unwrap();
    let Fault::BelowFloor { serving, floor, taken, failed } = below.fault else { panic!() };
    assert_eq!((serving, floor, taken, failed), (3, 4, 1, 0));
}

#[test]
fn instances_that_fail_are_named_so() {
    let mut stage = with_canary(1);
    let fates = [Fate::Nothing, Fate::Dies(0), Fate::Dies(0)];
    assert_eq!(stage.carry_out(promotion(), 3, &fates, &mut honest), Outcome::Reached);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Capacity, "below-floor")]);
    let Fault::BelowFloor { taken, failed, .. } = report.findings[0].fault else { panic!() };
    assert_eq!((taken, failed), (0, 1), "{:#?}", report.findings);
}

#[test]
fn what_marathon_says_a_look_later_is_no_failure() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    all_held(&stage.report());
    // Requests came to two of four, and what Marathon said of them was this, at so many looks.
    let broken = |said: Value, looks: usize| {
        let lines = stage.lines.iter().map(|line| serde_json::from_str(line).unwrap());
        let mut doctored: Vec<Value> = lines.collect();
        let seen = doctored.iter_mut().filter(|line| line["rollout"] == "seen").skip(1);
        for line in seen.take(looks) {
            for nth in 0..2 {
                line["old"]["tasks"][nth]["healthy"] = said.clone();
            }
        }
        let text: Vec<String> = doctored.iter().map(Value::to_string).collect();
        violated(&review(&text.join("\n")).reports.remove(0))
    };
    let below = [(Rule::Capacity, "below-floor")];
    assert_eq!(broken(Value::Null, 1), []);
    assert_eq!(broken(Value::Null, 2), below, "the next look does not say so either");
    assert_eq!(broken(json!(false), 1), below);
}

#[test]
fn a_drain_is_not_proven_where_a_reload_hides_what_went_on() {
    let mut stage = with_canary(1);
    assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
    let judged = |old_workers: Value| {
        let mut looks = 0;
        let doctored = stage.lines.iter().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if let Some(balancer) = line.pointer_mut("/balancers/0") {
                looks += 1;
                balancer["oldWorkers"] = old_workers.clone();
                if looks == 2 {
                    balancer["notices"] = json!([{ "code": "reloaded", "text": "" }]);
                }
            }
            line.to_string()
        });
        let text: Vec<String> = doctored.collect();
        review(&text.join("\n")).reports.remove(0).rule(Rule::Drain).why.clone()
    };
    assert_eq!(judged(Value::Null), Why::OldWorkersUnseen);
    assert_eq!(judged(json!(0)), Why::Kept);
}

#[test]
fn weights_that_are_not_set_are_found() {
    // Everything that is to be set is lost, and it is over all the same.
    let mut stage = Stage::new(World::new(3, 2));
    let mut tamper = |world: &World, decision: &mut Decision| {
        let is_there = world.serving() == 4;
        for action in &mut decision.actions {
            if let Action::Set(changes) = action
                && is_there
            {
                changes.clear();
                decision.next = Next::Done(Outcome::Reached);
            }
        }
    };
    stage.carry_out(to(CANARY), 3, &[], &mut tamper);
    let report = stage.report();
    assert_eq!(violated(&report), [(Rule::Weights, "shares-off")], "{:#?}", report.findings);
    let Fault::SharesOff { found, wanted, nearest, .. } = &report.findings[0].fault else {
        panic!("{report:#?}")
    };
    assert!((wanted - 0.2).abs() < 1e-9 && (nearest - 0.2).abs() < 1e-9);
    assert!((found.unwrap() - 0.2).abs() > 0.1);
}

#[test]
fn a_setting_that_is_never_in_force_is_found() {
    let mut stage = Stage::new(World::new(3, 2));
    assert_eq!(stage.carry_out(to(CANARY), 3, &[], &mut honest), Outcome::Reached);
    // In the recording a balancer took the drain of a server that it never shows.
    let mut doctored = Vec::new();
    let mut is_done = false;
    for line in &stage.lines {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(changes) = value.pointer_mut("/actions/0/changes").filter(|_| !is_done) {
            let changes = changes.as_array_mut().unwrap();
            let server = changes[0]["server"].clone();
            changes.push(json!({ "server": server, "state": "maint" }));
            is_done = true;
        }
        doctored.push(value.to_string());
    }
    let report = review(&doctored.join("\n")).reports.remove(0);
    assert_eq!(violated(&report), [(Rule::Weights, "never-in-force")], "{:#?}", report.findings);
    assert_eq!(report.finding_count, 2);
}

#[test]
fn what_somebody_else_changes_is_a_warning() {
    let mut stage = with_canary(1);
    stage.world.sessions = Duration::from_secs(30);
    let mut fates = vec![Fate::Nothing; 40];
    fates.push(Fate::Forgets(0));
    assert_eq!(stage.carry_out(promotion(), 3, &fates, &mut honest), Outcome::Reached);
    let report = stage.report();
    assert_eq!(violated(&report), []);
    let found = report.findings.iter().any(|it| it.fault.code() == "changed");
    assert!(found, "{:#?}", report.findings);
}

#[test]
fn to_remove_the_only_side_is_found() {
    let mut stage = with_canary(1);
    let mut tamper = once(|_, _| true, |_| Action::Delete { app: id(OLD), force: Force::No });
    // It vanishes for the engine, too, unless it is to go anyway.
    let target = Target { old: 0, new: 3, traffic: Split::NEW.into() };
    stage.world.die(3);
    let rollout = to(target).holding(CANARY.traffic);
    stage.carry_out(rollout, 3, &[], &mut tamper);
    let report = stage.report();
    let order: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.fault.rule() == Rule::Order)
        .map(|it| it.fault.code())
        .collect();
    assert_eq!(order, ["too-few-remain", "only-side-removed"], "{:#?}", report.findings);
    // With a floor of nothing it is no better.
    let mut stage = with_canary(1);
    stage.world.die(3);
    let mut tamper = once(|_, _| true, |_| Action::Delete { app: id(OLD), force: Force::No });
    stage.carry_out(to(target).holding(CANARY.traffic), 0, &[], &mut tamper);
    assert!(violated(&stage.report()).contains(&(Rule::Order, "only-side-removed")));
}

#[test]
fn to_scale_down_what_serves_is_found() {
    let mut stage = with_canary(1);
    let instances = InstanceCount::saturating_from(1);
    let action = Action::Scale { app: id(OLD), instances, force: Force::No };
    let mut tamper = once(|_, _| true, move |_| action.clone());
    stage.carry_out(promotion(), 3, &[], &mut tamper);
    let broken = violated(&stage.report());
    assert!(broken.contains(&(Rule::Order, "too-few-remain")), "{broken:?}");
    assert!(broken.contains(&(Rule::Drain, "scaled-undrained")), "{broken:?}");
}

#[test]
fn sessions_are_cut_by_the_policy_and_counted_or_too_early_and_found() {
    let cut = |policy, drain: u64, recorded: u64| {
        let mut world = World::new(1, 1);
        let canary = Target { old: 1, new: 1, traffic: Split { old: 1, new: 1 }.into() };
        assert_eq!(run(&mut world, to(canary).with_floor(1)), Outcome::Reached);
        world.sessions = Duration::from_secs(100_000);
        world.pass(Duration::from_secs(1));
        let mut stage = Stage::new(world);
        stage.patience = Patience {
            drain: Duration::from_secs(drain),
            on_drain_timeout: policy,
            ..Patience::default()
        };
        let promoted = Target { old: 0, new: 1, traffic: Split::NEW.into() };
        let rollout = to(promoted).holding(canary.traffic);
        assert_eq!(stage.carry_out(rollout, 1, &[], &mut honest), Outcome::Reached);
        let text = stage.lines.join("\n");
        let said = format!("\"timeoutMs\":{}", recorded * 1000);
        let text = text.replace(&format!("\"timeoutMs\":{}", drain * 1000), &said);
        review(&text).reports.remove(0)
    };
    let report = cut(OnDrainTimeout::Kill, 20, 20);
    all_held(&report);
    assert_eq!((report.cut_sessions, report.actions.cut), (1, 1));
    // The same, where they had more time.
    let report = cut(OnDrainTimeout::Kill, 20, 60);
    assert_eq!(violated(&report), [(Rule::Drain, "cut-too-early")], "{:#?}", report.findings);
    assert_eq!(report.cut_sessions, 0);
}
