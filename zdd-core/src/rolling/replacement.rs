//! The replacement of an app's instances, event by event.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Action, Change, Event, Instance, Numbers, Orders, Version};
use crate::capacity::{Reading, Start, Tracked, UpgradeStrategy};
use crate::scaling::{Checks, Condition, Goal, Progress, Reached};
use crate::units::{InstanceCount, InstanceId};

/// What the new definition says about its replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Instances of the new definition.
    pub instances: InstanceCount,
    /// Its bounds.
    pub strategy: UpgradeStrategy,
    /// Whether it has persistent local volumes: instances are then stopped and not decommissioned,
    /// so that their reservations stay, and there is never an extra one.
    pub resident: bool,
    /// Which checks a new instance has to pass.
    pub checks: Checks,
    /// How Marathon counts what runs at the start.
    pub reading: Reading,
}

/// Marathon's `RestartApplication`: replaces all instances of an app by those of a new version.
///
/// Feed it what happens to the instances; it answers what to do. It keeps no time and waits for
/// nothing by itself. The same events in the same order give the same actions.
///
/// Departures of reality from the plan are Marathon's, kept on purpose: a new instance that turns
/// unhealthy stays counted, one that dies and comes back costs another old one, and a step with more
/// new instances than wanted never finishes.
///
/// Source: `TaskReplaceActor` of Marathon 1.11; up to 1.9 for [`Reading::Classic`], which differs in
/// the start only.
///
/// ```
/// use zdd_core::capacity::{Reading, UpgradeStrategy};
/// use zdd_core::rolling::{Action, Change, Definition, Event, Instance, Replacement, Version};
/// use zdd_core::scaling::{Checks, Condition, Goal};
/// use zdd_core::units::InstanceCount;
///
/// let definition = Definition {
///     instances: InstanceCount::ONE,
///     strategy: UpgradeStrategy::default(),
///     resident: false,
///     checks: Checks { health: true, readiness: false },
///     reading: Reading::Classic,
/// };
/// let blue = Instance::running("shop.blue".parse()?, Version::Old);
/// let (mut replacement, actions) = Replacement::start(&definition, &[blue.clone()]);
/// assert_eq!(actions, [Action::Launch { count: 1 }, Action::ResetBackoff]);
///
/// let green = Event { id: "shop.green".parse()?, version: Version::New, change: Change::Health(true) };
/// let kill = Action::Kill { id: blue.id.clone(), goal: Goal::Decommissioned };
/// assert_eq!(replacement.on(&green), [kill]);
///
/// let dead = Change::Instance { condition: Condition::Killed, goal: Goal::Decommissioned };
/// replacement.on(&Event { id: blue.id, version: Version::Old, change: dead });
/// assert!(replacement.is_finished());
/// # Ok::<(), zdd_core::units::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    numbers: Numbers,
    progress: Progress,
    /// Old instances not yet seen dead.
    old: BTreeSet<InstanceId>,
    /// Old instances not yet told to stop, the next one first. Those that died by themselves stay
    /// in it and use up a kill when they are drawn.
    queue: VecDeque<InstanceId>,
    terminal: Goal,
}

impl Replacement {
    /// Starts replacing `instances`, in the order in which Marathon's tracker lists them: all that
    /// are tracked, of every version and goal.
    pub fn start(definition: &Definition, instances: &[Instance]) -> (Self, Vec<Action>) {
        let start = decide(definition, instances);
        let queue = kill_order(definition.reading, instances);
        let new = || instances.iter().filter(|instance| instance.version == Version::New);
        let n_old = u32::try_from(queue.len()).unwrap_or(u32::MAX);
        let n_new = u32::try_from(new().count()).unwrap_or(u32::MAX);
        let (numbers, orders) = Numbers::start(definition.instances, start, n_old, n_new);
        let mut replacement = Self {
            numbers,
            progress: Progress::new(definition.checks),
            old: queue.iter().cloned().collect(),
            queue,
            terminal: if definition.resident { Goal::Stopped } else { Goal::Decommissioned },
        };
        let mut actions = Vec::new();
        for instance in new() {
            replacement.progress.reconcile(&instance.id, instance.recorded_healthy);
            if definition.checks.readiness {
                actions.push(Action::CheckReadiness { id: instance.id.clone() });
            }
        }
        replacement.carry_out(orders, &mut actions);
        actions.push(Action::ResetBackoff);
        (replacement, actions)
    }

    /// Takes in what happened to an instance, and says what to do about it.
    pub fn on(&mut self, event: &Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event.version {
            Version::New => self.on_new(event, &mut actions),
            Version::Old => self.on_old(event, &mut actions),
        }
        actions
    }

    fn on_new(&mut self, Event { id, change, .. }: &Event, actions: &mut Vec<Action>) {
        let reached = match change {
            Change::Instance { condition, goal } if condition.is_gone() => {
                if *goal == Goal::Running {
                    self.progress.gone(id);
                } else {
                    self.numbers.new_stopped();
                }
                Reached::Nothing
            }
            Change::Instance { condition, .. } if *condition == Condition::Running => {
                if self.progress.checks().readiness {
                    actions.push(Action::CheckReadiness { id: id.clone() });
                }
                self.progress.running(id)
            }
            Change::Instance { .. } => Reached::Nothing,
            Change::Health(healthy) => self.progress.health(id, *healthy),
            Change::Ready(ready) => self.progress.ready(id, *ready),
        };
        if reached.is_both() {
            let orders = self.numbers.new_ready(1);
            self.carry_out(orders, actions);
        }
    }

    fn on_old(&mut self, Event { id, change, .. }: &Event, actions: &mut Vec<Action>) {
        let Change::Instance { condition, goal } = change else { return };
        let scheduled = *condition == Condition::Scheduled;
        if *goal == Goal::Running && condition.is_gone() {
            // Its change of goal comes back as the event that makes room.
            if self.old.remove(id) {
                self.numbers.old_lost();
            }
            actions.push(Action::Forget { id: id.clone(), goal: self.terminal });
        } else if *goal != Goal::Running && (condition.is_gone() || scheduled) {
            let orders = self.numbers.old_gone(u32::from(self.old.remove(id)));
            self.carry_out(orders, actions);
        }
    }

    fn carry_out(&mut self, Orders { kill, launch }: Orders, actions: &mut Vec<Action>) {
        for _ in 0..kill {
            let Some(id) = self.queue.pop_front() else { break };
            if self.old.contains(&id) {
                actions.push(Action::Kill { id, goal: self.terminal });
            }
        }
        if launch > 0 {
            actions.push(Action::Launch { count: launch });
        }
    }

    /// Whether the step is done: exactly as many new instances as wanted are healthy, as many are
    /// ready, and every old one is confirmed dead.
    pub fn is_finished(&self) -> bool {
        self.numbers.target() == 0
            || (self.numbers.old() == 0 && self.progress.both(self.numbers.target()))
    }

    /// The counts behind the decisions.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Which new instances are healthy and ready.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Old instances not yet seen dead.
    pub fn old(&self) -> impl Iterator<Item = &InstanceId> {
        self.old.iter()
    }
}

fn decide(definition: &Definition, instances: &[Instance]) -> Start {
    if definition.instances.is_zero() {
        // The action is done at once: a change to no instances is a scale.
        let nothing = InstanceCount::ZERO;
        return Start { kill: nothing, ceiling: nothing, bend: None };
    }
    let counts = |instance: &&Instance| {
        let seen = match definition.reading {
            Reading::Classic => true,
            Reading::HealthAware => instance.considered_healthy,
        };
        instance.goal == Goal::Running && seen
    };
    let count = |len: usize| InstanceCount::saturating_from(len as u64);
    let tracked = Tracked {
        healthy: count(instances.iter().filter(counts).count()),
        total: count(instances.len()),
    };
    let bounds = definition.strategy.bounds(definition.instances);
    Start::decide(bounds, definition.resident, tracked, definition.reading)
}

/// Old instances whose goal is to run: since 1.10 those not considered healthy first, otherwise as
/// the tracker lists them. Marathon promises no more than that.
fn kill_order(reading: Reading, instances: &[Instance]) -> VecDeque<InstanceId> {
    let old =
        |instance: &&Instance| instance.version == Version::Old && instance.goal == Goal::Running;
    let mut queue: Vec<&Instance> = instances.iter().filter(old).collect();
    if reading == Reading::HealthAware {
        queue.sort_by_key(|instance| instance.considered_healthy);
    }
    queue.into_iter().map(|instance| instance.id.clone()).collect()
}
