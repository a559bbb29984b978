//! Whether what is told to stop was drained.

use core::time::Duration;

use super::super::finding::Fault;
use super::super::report::{Rule, Why};
use super::super::wire::Act;
use super::look::{Member, going_on, takes_new};
use super::one::One;
use super::order::{first_to_go, given_up};
use crate::ports::Name;
use crate::rollout::{OnDrainTimeout, Side};
use crate::units::{TaskId, Timestamp};

impl One {
    pub(super) fn judge_drain(&mut self, at: Timestamp, action: &Act) {
        let Some(look) = &self.look else { return };
        let of_side = |side: Option<Side>| {
            let tasks = look.tasks.iter().filter(|(_, it)| Some(it.side) == side);
            tasks.map(|(id, _)| id.clone()).collect::<alloc::vec::Vec<_>>()
        };
        match action {
            Act::Kill { tasks, .. } => {
                let tasks = tasks.iter().filter(|id| look.tasks.contains_key(*id));
                self.stop(at, &tasks.cloned().collect::<alloc::vec::Vec<_>>());
            }
            Act::Delete { app, .. } => self.stop(at, &of_side(self.side(app))),
            Act::Scale { app, instances, .. } => {
                let side = self.side(app);
                let down = given_up(look, side, *instances);
                let first = first_to_go(look, side, down);
                let may_go = |it: &(&TaskId, &Member)| match &first {
                    Some(first) => first.contains(it.0),
                    None => Some(it.1.side) == side,
                };
                let drained = look.tasks.iter().filter(may_go);
                let drained = drained.filter(|(_, it)| look.is_drained(it)).count();
                if down > drained {
                    let [down, drained] =
                        [down, drained].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
                    let fault = Fault::ScaledUndrained { app: app.clone(), down, drained };
                    self.notes.add(at, None, fault);
                }
            }
            Act::Cut { servers } => self.cut(at, servers),
            Act::Create { .. } | Act::Set { .. } => {}
        }
    }

    fn stop(&mut self, at: Timestamp, tasks: &[TaskId]) {
        let Some(look) = &self.look else { return };
        if tasks.is_empty() {
            return;
        }
        if look.is_blind {
            self.blind.insert(Rule::Drain, Why::Unseen);
            self.notes.add(at, None, Fault::StoppedUnseen);
            return;
        }
        if !look.doubtful.is_empty() {
            self.blind.insert(Rule::Drain, Why::Unmatched);
        } else if self.hides_old_workers {
            self.blind.entry(Rule::Drain).or_insert(Why::OldWorkersUnseen);
        }
        let (mut cut, mut is_kept_by_policy) = (0_u64, true);
        for id in tasks {
            let Some(member) = look.tasks.get(id) else { continue };
            let may_cut = self.may_cut(self.drained_for(id, at));
            is_kept_by_policy &= may_cut;
            for (balancer, server) in look.servers(member) {
                let sessions = going_on(server);
                let (balancer, server_name) = (balancer.name.as_str().into(), server.name.clone());
                let fault = if takes_new(server) {
                    Fault::StoppedServing { balancer, server: server_name }
                } else if sessions > 0 && may_cut {
                    cut = cut.saturating_add(sessions);
                    continue;
                } else if sessions > 0 {
                    Fault::StoppedBusy { balancer, server: server_name, sessions }
                } else {
                    continue;
                };
                self.notes.add(at, Some(id.clone()), fault);
            }
        }
        if look.old_workers > 0 && !is_kept_by_policy {
            self.notes.add(at, None, Fault::StoppedWithOldWorkers { count: look.old_workers });
        }
        self.cut_sessions = self.cut_sessions.saturating_add(cut);
    }

    fn cut(&mut self, at: Timestamp, servers: &[Name]) {
        let Some(look) = &self.look else { return };
        let allowed = Duration::from_millis(self.begin.drain.timeout_ms);
        let mut cut = 0_u64;
        for (id, member) in &look.tasks {
            let ours = look.servers(member).filter(|(_, it)| servers.contains(&it.name));
            let sessions = ours.map(|(_, it)| going_on(it)).fold(0, u64::saturating_add);
            if sessions == 0 {
                continue;
            }
            let drained = self.drained_for(id, at);
            if self.may_cut(drained) {
                cut = cut.saturating_add(sessions);
            } else {
                let fault = Fault::CutTooEarly { sessions, drained, allowed };
                self.notes.add(at, Some(id.clone()), fault);
            }
        }
        self.cut_sessions = self.cut_sessions.saturating_add(cut);
    }

    /// How long a task has taken nothing new.
    fn drained_for(&self, id: &TaskId, at: Timestamp) -> Duration {
        self.out_since.get(id).map_or(Duration::ZERO, |since| at.since(*since))
    }

    /// Whether sessions may be cut that go on for so long after nothing new came.
    fn may_cut(&self, drained: Duration) -> bool {
        let drain = self.begin.drain;
        drain.on_timeout == OnDrainTimeout::Kill
            && drained >= Duration::from_millis(drain.timeout_ms)
    }
}
