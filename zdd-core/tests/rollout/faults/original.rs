//! zdd.py's loop over a pair, as it is known to be, faults included.

use std::collections::BTreeSet;
use std::time::Duration;

use zdd_core::ports::{Force, SetState};
use zdd_core::rollout::Action;
use zdd_core::units::{InstanceCount, TaskId};

use super::{NEW, OLD, World, id, instances};

const STEP_DELAY: Duration = Duration::from_secs(5);

/// One run of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Original {
    pub(super) old: &'static str,
    pub(super) new: &'static str,
    /// The label of the new app: how many are to serve.
    pub(super) target: u32,
    /// The same label of the old app, of an earlier deployment.
    pub(super) old_target: u32,
    /// The label of a hybrid; 0 where there is none.
    pub(super) beside: u32,
    pub(super) max_wait: Duration,
    /// Whether HAProxy checks servers: only then one is `UP`, and not `no check`.
    pub(super) is_checked: bool,
    /// Whether a reload left a process with connections.
    pub(super) has_old_workers: bool,
}

/// A row of the statistics.
#[derive(Clone, Debug)]
struct Row {
    task: TaskId,
    is_of_old: bool,
    status: Status,
    is_busy: bool,
}

/// What zdd.py makes of the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Up,
    Maint,
    Other,
}

impl Original {
    /// A whole deployment of so many, after one of as many.
    pub(super) const fn to(target: u32) -> Self {
        Self {
            old: OLD,
            new: NEW,
            target,
            old_target: target,
            beside: 0,
            max_wait: Duration::from_secs(300),
            is_checked: true,
            has_old_workers: false,
        }
    }

    fn rows(&self, world: &World) -> Vec<Row> {
        let balancers = world.balancers.iter();
        let servers = balancers.flat_map(|it| it.iter());
        let row = |(port, set): (&u16, &super::super::world::Set)| {
            let task = world.tasks.iter().find(|it| it.port == *port)?;
            let is_busy = set.busy_until.is_some_and(|until| until > world.now);
            Some(Row {
                task: task.id.clone(),
                is_of_old: task.app == id(self.old),
                status: match set.state {
                    SetState::Maint => Status::Maint,
                    SetState::Ready if self.is_checked && !world.down.contains(port) => Status::Up,
                    SetState::Ready | SetState::Drain => Status::Other,
                },
                is_busy,
            })
        };
        servers.filter_map(row).collect()
    }

    /// What may be stopped: what is drained once the balancers seem settled, or after a while whatever
    /// was out when rows were read last.
    fn kill_list(
        &self,
        world: &mut World,
        (new, old): (u32, u32),
        meanwhile: &mut impl FnMut(&mut World),
    ) -> BTreeSet<TaskId> {
        let begun = world.now;
        let mut rows = self.rows(world);
        let n_balancers = world.balancers.len();
        while world.now.since(begun) < self.max_wait {
            world.pass(STEP_DELAY);
            meanwhile(world);
            if self.has_old_workers {
                continue;
            }
            rows = self.rows(world);
            let up = rows.iter().filter(|it| it.status == Status::Up).count();
            let is_settled = rows.len() == n_balancers * (new + old) as usize
                && up / n_balancers >= self.target as usize;
            if is_settled && rows.iter().any(|it| it.is_out() && !it.is_busy) {
                return those(world, &rows, |it| it.is_out() && !it.is_busy);
            }
        }
        those(world, &rows, Row::is_out)
    }

    /// One round. Whether that was the last one.
    pub(super) fn round(&self, world: &mut World, meanwhile: &mut impl FnMut(&mut World)) -> bool {
        let (actions, is_last) = self.decide(world, meanwhile);
        for action in &actions {
            world.act(action);
        }
        is_last
    }

    /// What a round does in the end, and whether it is the last one.
    pub(super) fn decide(
        &self,
        world: &mut World,
        meanwhile: &mut impl FnMut(&mut World),
    ) -> (Vec<Action>, bool) {
        let (Some(new), Some(old)) = (instances(world, self.new), instances(world, self.old))
        else {
            return (Vec::new(), true);
        };
        let kills = self.kill_list(world, (new, old), meanwhile);
        let is_hybrid = self.beside > 0;
        let is_ready = if is_hybrid {
            new == self.beside && self.old_target.checked_sub(self.beside) == Some(old)
        } else {
            new == self.target && kills.len() == old as usize
        };
        let mut actions = Vec::new();
        if is_ready {
            if !is_hybrid {
                actions.push(Action::Delete { app: id(self.old), force: Force::No });
            }
            return (actions, true);
        }
        if !kills.is_empty() {
            actions.push(Action::Kill { app: id(self.old), tasks: kills });
        }
        if new < if is_hybrid { self.beside } else { self.target } {
            let instances = InstanceCount::saturating_from(self.next(new, old).into());
            actions.push(Action::Scale { app: id(self.new), instances, force: Force::No });
        }
        (actions, false)
    }

    /// One and a half times as many; none stays none.
    const fn next(&self, new: u32, old: u32) -> u32 {
        let next = new + new.div_ceil(2);
        let (limit, jumps) =
            if self.beside > 0 { (self.beside, false) } else { (self.target, next >= old) };
        if jumps || next > limit { limit } else { next }
    }
}

impl Row {
    fn is_out(&self) -> bool {
        self.status == Status::Maint
    }
}

/// The old app's tasks of which every balancer has such a row.
fn those(world: &World, rows: &[Row], is_it: impl Fn(&Row) -> bool) -> BTreeSet<TaskId> {
    let of_old: BTreeSet<_> = rows.iter().filter(|it| it.is_of_old).map(|it| &it.task).collect();
    let everywhere = |task: &&&TaskId| {
        let its = rows.iter().filter(|row| row.task == ***task && is_it(row));
        its.count() == world.balancers.len()
    };
    of_old.iter().filter(everywhere).map(|task| (*task).clone()).collect()
}
