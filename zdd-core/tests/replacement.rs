//! Marathon's recorded replacement scenarios, and properties of the engine.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use serde_json::Value;
use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::rolling::{Action, Change, Definition, Event, Instance, Replacement, Version};
use zdd_core::scaling::{Checks, Condition, Goal};
use zdd_core::timeline::{Assumptions, End, Model, Timeline};
use zdd_core::units::{InstanceCount, InstanceId};
use zdd_core::upgrade::{Health, Kind, Upgrade};

fn definition(app: &Value) -> Definition {
    Definition {
        instances: app["instances"].as_u64().unwrap().try_into().unwrap(),
        strategy: UpgradeStrategy {
            minimum_health_capacity: app["minimumHealthCapacity"]
                .as_f64()
                .unwrap()
                .try_into()
                .unwrap(),
            maximum_over_capacity: app["maximumOverCapacity"].as_f64().unwrap().try_into().unwrap(),
        },
        resident: app["resident"].as_bool().unwrap(),
        checks: Checks {
            health: app["health_checks"].as_bool().unwrap(),
            readiness: app["readiness_checks"].as_bool().unwrap(),
        },
        reading: Reading::HealthAware,
    }
}

fn instance(value: &Value) -> Instance {
    let considered_healthy = value["considered_healthy"].as_bool().unwrap();
    Instance {
        id: id(&value["id"]),
        version: if value["version"] == "new" { Version::New } else { Version::Old },
        goal: match value["goal"].as_str().unwrap() {
            "running" => Goal::Running,
            "stopped" => Goal::Stopped,
            "decommissioned" => Goal::Decommissioned,
            other => panic!("goal {other}"),
        },
        considered_healthy,
        recorded_healthy: value["reported_healthy"].as_bool().unwrap_or(considered_healthy),
    }
}

fn id(value: &Value) -> InstanceId {
    value.as_str().unwrap().parse().unwrap()
}

fn change(name: &str) -> Change {
    let running = Change::Instance { condition: Condition::Running, goal: Goal::Running };
    match name {
        "new_running" => running,
        "new_healthy" => Change::Health(true),
        "new_unhealthy" => Change::Health(false),
        "new_ready" => Change::Ready(true),
        "new_not_ready" => Change::Ready(false),
        other => panic!("event {other}"),
    }
}

/// What an engine was seen to do.
#[derive(Default)]
struct Seen {
    killed: BTreeSet<InstanceId>,
    launch_batches: Vec<u64>,
    backoff_reset: bool,
}

impl Seen {
    /// Carries out what the engine asks for, every kill confirmed at once.
    fn confirm(&mut self, engine: &mut Replacement, actions: Vec<Action>) {
        let mut open = VecDeque::from(actions);
        while let Some(action) = open.pop_front() {
            match action {
                Action::Kill { id, goal } => {
                    let change = Change::Instance { condition: Condition::Killed, goal };
                    let dead = Event { id: id.clone(), version: Version::Old, change };
                    assert!(self.killed.insert(id), "killed twice");
                    open.extend(engine.on(&dead));
                }
                Action::Launch { count } => self.launch_batches.push(count.into()),
                Action::ResetBackoff => self.backoff_reset = true,
                Action::Forget { .. } | Action::CheckReadiness { .. } => {}
            }
        }
    }

    fn agrees(&self, engine: &Replacement, expect: &Value, place: &str) {
        if let Some(total) = expect["kills_total"].as_u64() {
            assert_eq!(self.killed.len() as u64, total, "{place}");
        }
        if let Some(batches) = expect["launch_batches"].as_array() {
            // An empty launch is no order here.
            let batches: Vec<u64> =
                batches.iter().map(|b| b.as_u64().unwrap()).filter(|b| *b > 0).collect();
            assert_eq!(self.launch_batches, batches, "{place}");
        }
        if let Some(finished) = expect["finished"].as_bool() {
            assert_eq!(engine.is_finished(), finished, "{place}");
        }
        for killed in expect["killed"].as_array().into_iter().flatten() {
            assert!(self.killed.contains(&id(killed)), "{place}: {killed}");
        }
        for spared in expect["not_killed"].as_array().into_iter().flatten() {
            assert!(!self.killed.contains(&id(spared)), "{place}: {spared}");
        }
        if let Some(reset) = expect["backoff_reset"].as_bool() {
            assert_eq!(self.backoff_reset, reset, "{place}");
        }
    }
}

#[test]
fn every_recorded_replacement_runs_as_in_marathon() {
    let file: Value = serde_json::from_str(include_str!("vectors/replace_scenarios.json")).unwrap();
    let scenarios = file["scenarios"].as_array().unwrap().iter();
    let mut run = 0;
    for scenario in scenarios.filter(|scenario| scenario["kind"] == "replace") {
        let given = &scenario["given"];
        assert_eq!(given["kill_confirmation"], "immediate");
        let definition = definition(&given["app"]);
        let tracked: Vec<_> = given["instances"].as_array().unwrap().iter().map(instance).collect();
        let (mut engine, actions) = Replacement::start(&definition, &tracked);
        let mut seen = Seen::default();
        seen.confirm(&mut engine, actions);
        let expected = scenario["expect"].as_array().unwrap();
        let at = |moment: Value| expected.iter().filter(move |e| e["after"] == moment);
        for expect in at("start".into()) {
            seen.agrees(&engine, expect, &format!("{} start", scenario["id"]));
        }
        for (index, event) in scenario["events"].as_array().unwrap().iter().enumerate() {
            let change = change(event["event"].as_str().unwrap());
            let event = Event { id: id(&event["id"]), version: Version::New, change };
            let actions = engine.on(&event);
            seen.confirm(&mut engine, actions);
            for expect in at(index.into()) {
                seen.agrees(&engine, expect, &format!("{} event {index}", scenario["id"]));
            }
        }
        for expect in at("end".into()) {
            seen.agrees(&engine, expect, &format!("{} end", scenario["id"]));
        }
        run += 1;
    }
    assert_eq!(run, 9);
}

/// The world around an engine: it launches and stops what it is told to, at a time of its choosing.
struct World {
    engine: Replacement,
    old: BTreeMap<InstanceId, Goal>,
    starting: VecDeque<InstanceId>,
    healthy: u32,
    launched: u32,
    dying: VecDeque<InstanceId>,
    lowest: u32,
    highest: u32,
}

impl World {
    fn new(definition: &Definition, old: u16) -> Self {
        let tracked: Vec<_> = (0..old)
            .map(|i| Instance::running(format!("old-{i:05}").parse().unwrap(), Version::Old))
            .collect();
        let (engine, actions) = Replacement::start(definition, &tracked);
        let mut world = Self {
            engine,
            old: tracked.into_iter().map(|i| (i.id, Goal::Running)).collect(),
            starting: VecDeque::new(),
            healthy: 0,
            launched: 0,
            dying: VecDeque::new(),
            lowest: old.into(),
            highest: old.into(),
        };
        world.carry_out(actions);
        world
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Kill { id, goal } => {
                    assert_eq!(
                        self.old.insert(id.clone(), goal),
                        Some(Goal::Running),
                        "killed twice"
                    );
                    self.dying.push_back(id);
                }
                Action::Launch { count } => {
                    for _ in 0..count {
                        self.launched += 1;
                        self.starting
                            .push_back(format!("new-{:05}", self.launched).parse().unwrap());
                    }
                }
                Action::Forget { .. } | Action::CheckReadiness { .. } | Action::ResetBackoff => {}
            }
            let serving = self.old.values().filter(|goal| **goal == Goal::Running).count();
            let serving = u32::try_from(serving).unwrap() + self.healthy;
            self.lowest = self.lowest.min(serving);
            let running =
                u32::try_from(self.old.len() + self.starting.len()).unwrap() + self.healthy;
            self.highest = self.highest.max(running);
        }
    }

    /// Lets one thing happen: something dies if `die`, otherwise something becomes healthy.
    fn step(&mut self, die: bool) -> bool {
        let event = if (die || self.starting.is_empty()) && !self.dying.is_empty() {
            let id = self.dying.pop_front().unwrap();
            let goal = self.old.remove(&id).unwrap();
            let change = Change::Instance { condition: Condition::Killed, goal };
            Event { id, version: Version::Old, change }
        } else if let Some(id) = self.starting.pop_front() {
            self.healthy += 1;
            Event { id, version: Version::New, change: Change::Health(true) }
        } else {
            return false;
        };
        // Events of a stream may come twice.
        let actions = self.engine.on(&event);
        self.carry_out(actions);
        if event.version == Version::New {
            assert_eq!(self.engine.on(&event), [], "a repeated event is no reason for anything");
        }
        true
    }
}

proptest! {
    /// Whatever the order of events, the engine ends where the nominal run ends and stays between
    /// the bounds that the start allows.
    #[test]
    fn any_order_of_events_ends_within_the_bounds(
        n in 1_u16..24, min in 0_u16..=100, over in 0_u16..=100,
        order in proptest::collection::vec(any::<bool>(), 200),
    ) {
        let strategy = UpgradeStrategy {
            minimum_health_capacity: (f64::from(min) / 100.0).try_into().unwrap(),
            maximum_over_capacity: (f64::from(over) / 100.0).try_into().unwrap(),
        };
        let upgrade = Upgrade::new(n.into(), strategy);
        let definition = Definition {
            instances: n.into(),
            strategy,
            resident: false,
            checks: Checks { health: true, readiness: false },
            reading: Reading::Classic,
        };
        let mut world = World::new(&definition, n);
        let mut coin = order.into_iter();
        while world.step(coin.next().unwrap_or(true)) {
            let numbers = world.engine.numbers();
            prop_assert_eq!(numbers.old() as usize, world.old.len());
            prop_assert_eq!(numbers.started(), world.launched);
            let untouched = world.old.values().filter(|goal| **goal == Goal::Running).count();
            prop_assert_eq!(numbers.queued() as usize, untouched);
        }
        prop_assert!(world.engine.is_finished());
        prop_assert_eq!((world.healthy, world.launched), (u32::from(n), u32::from(n)));
        let start = upgrade.start();
        prop_assert!(world.highest <= start.ceiling.get());
        prop_assert!(world.lowest >= upgrade.bounds().floor.get());

        // The nominal run is one of these orders, told in counts.
        let run = Timeline::of(&upgrade, Model::Marathon, &Assumptions::default());
        prop_assert!(matches!(run.end(), End::Complete { .. }), "the nominal run stalls");
        prop_assert_eq!(run.highest_running().count, u64::from(world.highest.max(n.into())));
    }

    /// No event, in whatever order and however absurd, makes it panic or kill twice.
    #[test]
    fn absurd_events_do_no_harm(
        events in proptest::collection::vec((0_u8..6, any::<bool>(), 0_u8..7, 0_u8..3), 0..60),
    ) {
        let definition = Definition {
            instances: InstanceCount::from(3),
            strategy: UpgradeStrategy::default(),
            resident: false,
            checks: Checks { health: true, readiness: true },
            reading: Reading::HealthAware,
        };
        let tracked: Vec<_> = (0..3)
            .map(|i| Instance::running(format!("i{i}").parse().unwrap(), Version::Old))
            .collect();
        let (mut engine, _) = Replacement::start(&definition, &tracked);
        let mut killed = BTreeSet::new();
        for (id, new, what, goal) in events {
            let goal = [Goal::Running, Goal::Stopped, Goal::Decommissioned][usize::from(goal)];
            let change = match what {
                0 => Change::Health(true),
                1 => Change::Health(false),
                2 => Change::Ready(true),
                3 => Change::Instance { condition: Condition::Running, goal },
                4 => Change::Instance { condition: Condition::Failed, goal },
                5 => Change::Instance { condition: Condition::Scheduled, goal },
                _ => Change::Instance { condition: Condition::Unreachable, goal },
            };
            let version = if new { Version::New } else { Version::Old };
            for action in engine.on(&Event { id: format!("i{id}").parse().unwrap(), version, change }) {
                if let Action::Kill { id, .. } = action {
                    prop_assert!(killed.insert(id), "killed twice");
                }
            }
        }
    }
}

#[test]
fn an_old_instance_that_died_by_itself_uses_up_a_kill() {
    let definition = Definition {
        instances: InstanceCount::from(2),
        strategy: UpgradeStrategy::default(),
        resident: true,
        checks: Checks { health: true, readiness: false },
        reading: Reading::Classic,
    };
    let tracked = ["a", "b"].map(|id| Instance::running(id.parse().unwrap(), Version::Old));
    let (mut engine, _) = Replacement::start(&definition, &tracked);
    let old = |id: &str, condition, goal| Event {
        id: id.parse().unwrap(),
        version: Version::Old,
        change: Change::Instance { condition, goal },
    };
    let forget = Action::Forget { id: "a".parse().unwrap(), goal: Goal::Stopped };
    assert_eq!(engine.on(&old("a", Condition::Failed, Goal::Running)), [forget]);
    assert_eq!(engine.on(&old("a", Condition::Failed, Goal::Stopped)), []);
    let healthy = |id: &str| Event {
        id: id.parse().unwrap(),
        version: Version::New,
        change: Change::Health(true),
    };
    assert_eq!(engine.on(&healthy("n1")), [], "the first kill goes to the dead one");
    let kill = Action::Kill { id: "b".parse().unwrap(), goal: Goal::Stopped };
    assert_eq!(engine.on(&healthy("n2")), [kill]);
}

fn two(min: f64, over: f64) -> (Replacement, Vec<Action>) {
    let definition = Definition {
        instances: InstanceCount::from(2),
        strategy: UpgradeStrategy {
            minimum_health_capacity: min.try_into().unwrap(),
            maximum_over_capacity: over.try_into().unwrap(),
        },
        resident: false,
        checks: Checks { health: true, readiness: false },
        reading: Reading::Classic,
    };
    let old = ["a", "b"].map(|id| Instance::running(id.parse().unwrap(), Version::Old));
    Replacement::start(&definition, &old)
}

fn gone(id: &str, version: Version, goal: Goal) -> Event {
    let change = Change::Instance { condition: Condition::Failed, goal };
    Event { id: id.parse().unwrap(), version, change }
}

#[test]
fn an_old_instance_that_died_by_itself_makes_room_once_its_goal_is_set() {
    let (mut engine, actions) = two(0.5, 0.0);
    let kill = |id: &str| Action::Kill { id: id.parse().unwrap(), goal: Goal::Decommissioned };
    assert_eq!(actions, [kill("a"), Action::ResetBackoff], "no room before the first is dead");
    let forget = Action::Forget { id: "b".parse().unwrap(), goal: Goal::Decommissioned };
    assert_eq!(engine.on(&gone("b", Version::Old, Goal::Running)), [forget]);
    let told = engine.on(&gone("b", Version::Old, Goal::Decommissioned));
    assert_eq!(told, [Action::Launch { count: 1 }]);
    let told = engine.on(&gone("a", Version::Old, Goal::Decommissioned));
    assert_eq!(told, [Action::Launch { count: 1 }]);
    // Twice dead makes no more room.
    assert_eq!(engine.on(&gone("a", Version::Old, Goal::Decommissioned)), []);
}

#[test]
fn a_new_instance_that_somebody_stops_is_replaced_when_the_next_old_one_dies() {
    let (mut engine, actions) = two(1.0, 1.0);
    assert_eq!(actions, [Action::Launch { count: 2 }, Action::ResetBackoff]);
    assert_eq!(engine.on(&gone("n1", Version::New, Goal::Decommissioned)), []);
    let healthy =
        Event { id: "n2".parse().unwrap(), version: Version::New, change: Change::Health(true) };
    let kill = Action::Kill { id: "a".parse().unwrap(), goal: Goal::Decommissioned };
    assert_eq!(engine.on(&healthy), [kill]);
    let told = engine.on(&gone("a", Version::Old, Goal::Decommissioned));
    assert_eq!(told, [Action::Launch { count: 1 }]);
}

#[test]
fn the_kinds_of_an_upgrade_meet_the_definition_of_an_engine() {
    // A definition and an upgrade of the same app start alike.
    let strategy = UpgradeStrategy {
        minimum_health_capacity: 1.0.try_into().unwrap(),
        maximum_over_capacity: 0.0.try_into().unwrap(),
    };
    for (kind, resident) in [(Kind::Ordinary, false), (Kind::Resident, true)] {
        let n = InstanceCount::from(5);
        let health = Health::ByMesos;
        let upgrade = Upgrade { kind, health, ..Upgrade::new(n, strategy) };
        let checks = Checks { health: true, readiness: false };
        let definition =
            Definition { instances: n, strategy, resident, checks, reading: Reading::Classic };
        let tracked: Vec<_> = (0..5)
            .map(|i| Instance::running(format!("i{i}").parse().unwrap(), Version::Old))
            .collect();
        let (_, actions) = Replacement::start(&definition, &tracked);
        let kills = actions.iter().filter(|a| matches!(a, Action::Kill { .. })).count();
        assert_eq!(kills, usize::try_from(upgrade.start().kill.get()).unwrap());
    }
}
