//! Takes instances out: nothing new comes, what goes on ends, they are stopped.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use super::decide::{busy, healthy_of};
use super::decision::Action;
use super::engine::Verdict;
use super::observation::Observation;
use super::target::OnDrainTimeout;
use super::view::{Member, SideView, View};
use super::waiting::WaitingOn;
use crate::ports::{Force, ServerChange, SetState, Setting};
use crate::units::{InstanceCount, TaskId, Timestamp};

/// How long a balancer may take to have a server for what got healthy.
const ADDED_WITHIN: Duration = Duration::from_secs(5);

/// What is left of a side in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// Instances.
    Instances,
    /// The app without instances: it is what one goes back to.
    App,
    Nothing,
}

/// A side that may have too many instances.
pub(super) struct Shrinking<'s, 'o> {
    pub(super) side: &'s SideView<'o>,
    pub(super) view: &'s View<'o>,
    pub(super) seen: &'s Observation,
    /// How many there are to be.
    pub(super) to: u32,
    pub(super) rest: Rest,
    /// How many of both sides have to serve.
    pub(super) floor: u32,
    /// Whether it goes altogether because it is taken back. What Marathon still wants to do with it may
    /// be just what cannot be done.
    pub(super) is_taken_back: bool,
    /// Whether it is us who tell balancers. Otherwise they take instances out by themselves.
    pub(super) is_ours: bool,
}

/// Whether it is the end of sessions that is waited for.
pub(super) const fn is_about(waiting_on: &WaitingOn) -> bool {
    matches!(waiting_on, WaitingOn::Sessions { .. } | WaitingOn::OldWorkers { .. })
}

impl Shrinking<'_, '_> {
    /// The next thing to do or to wait for; nothing when there are not too many.
    pub(super) fn step(
        &self,
        now: Timestamp,
        quiet: &mut BTreeMap<TaskId, Timestamp>,
        policy: OnDrainTimeout,
        is_over: impl Fn(&WaitingOn) -> bool,
    ) -> Option<Verdict> {
        let app = self.side.app?;
        let instances = self.side.instances();
        if instances <= self.to && !self.goes() {
            return self.stopping(instances);
        }
        let busy = busy(self.side, self.to);
        let force = if busy.is_some() && self.is_taken_back { Force::Yes } else { Force::No };
        if let (Some(waiting_on), Force::No) = (busy, force) {
            return Some(Verdict::Wait(waiting_on));
        }
        if let Some(server) = self.view.doubtful.first() {
            let (server, count) = ((*server).clone(), self.view.doubtful.len());
            return Some(Verdict::Wait(WaitingOn::Doubtful { server, count }));
        }
        let id = app.app.id().clone();
        let listed = self.side.members.len();
        let mut surplus = listed.saturating_sub(self.to.try_into().unwrap_or(usize::MAX));
        if surplus == 0 && !self.goes() {
            if listed == 0 {
                let instances = InstanceCount::saturating_from(self.to.into());
                let action = Action::Scale { app: id, instances, force: Force::No };
                return Some(Verdict::Act(vec![action], WaitingOn::Effect));
            }
            // What is too many is not even launched. Told of the number alone, Marathon would stop others that
            // run: it gives up last what it has not launched. Of a side that goes, others go instead.
            if self.rest == Rest::Instances {
                return healthy_of(self.side, instances).map(Verdict::Wait);
            }
            surplus = listed.min((instances - self.to).try_into().unwrap_or(usize::MAX));
        }
        let mut victims = self.victims(surplus);
        if let Some(verdict) = self.take_out(&victims) {
            // marathon-lb takes out no more than could take over from them: those go first.
            let is_part = !self.is_ours && victims.iter().any(|it| it.is_out());
            if !is_part {
                return Some(verdict);
            }
            victims.retain(|it| it.is_out());
        }
        let are_all = victims.len() == surplus;
        let (still, mut ended): (Vec<&Member<'_>>, Vec<&Member<'_>>) =
            victims.iter().partition(|it| !self.is_drained(it, now, quiet));
        if !still.is_empty() {
            let verdict = self.not_ended(&still, policy, &is_over);
            // Where sessions cannot be cut at the balancer, they are cut with the task.
            let is_cut = match &verdict {
                Verdict::Wait(waiting_on) if is_about(waiting_on) => {
                    let is_old = matches!(waiting_on, WaitingOn::OldWorkers { .. });
                    policy == OnDrainTimeout::Kill
                        && (is_old || !self.is_ours)
                        && is_over(waiting_on)
                }
                _ => false,
            };
            if !is_cut {
                return Some(verdict);
            }
            ended.extend(still);
        }
        // While too few serve, the balancer may bring back what it has taken out: that stays.
        let have = self.view.serving();
        if !self.is_ours && have < self.floor && ended.iter().any(|it| it.is_healthy) {
            return Some(Verdict::Wait(WaitingOn::Floor { have, need: self.floor }));
        }
        let action = if self.goes() && are_all {
            Action::Delete { app: id, force }
        } else {
            let tasks: BTreeSet<TaskId> = ended.iter().map(|it| it.task.id.clone()).collect();
            Action::Kill { app: id, tasks }
        };
        Some(Verdict::Act(vec![action], WaitingOn::Effect))
    }

    /// Whether the app itself goes.
    const fn goes(&self) -> bool {
        self.to == 0 && matches!(self.rest, Rest::Nothing)
    }

    /// Tasks of which Marathon has said that they are to stop, and that still run.
    fn stopping(&self, need: u32) -> Option<Verdict> {
        let app = self.side.app?.app.id().clone();
        let have = u32::try_from(self.side.members.len()).unwrap_or(u32::MAX);
        (have > need).then_some(Verdict::Wait(WaitingOn::Stopping { app, have, need }))
    }

    /// Which ones go: those that are out already, then those that do not serve everywhere, then sick
    /// ones, then the youngest.
    fn victims(&self, count: usize) -> Vec<&Member<'_>> {
        let mut members: Vec<&Member<'_>> = self.side.members.iter().collect();
        members.sort_by_key(|it| {
            // One that a balancer forgot to take out serves nowhere fully: nothing is lost with it.
            let use_of_it = (!it.is_out(), it.is_serving());
            (use_of_it, it.is_healthy, Reverse(it.task.started_at), &it.task.id)
        });
        members.truncate(count);
        members
    }

    /// Tells balancers to send nothing new, to as many as can be spared.
    fn take_out(&self, victims: &[&Member<'_>]) -> Option<Verdict> {
        let inside: Vec<_> = victims.iter().filter(|it| !it.is_out()).collect();
        if inside.is_empty() {
            return None;
        }
        if !self.is_ours {
            let app = self.side.app?.app.id().clone();
            let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
            let (have, need) = (count(victims.len() - inside.len()), count(victims.len()));
            return Some(Verdict::Wait(WaitingOn::TakenOut { app, have, need }));
        }
        let have = self.view.serving();
        let mut spare = have.saturating_sub(self.floor);
        let mut changes = Vec::new();
        for member in &inside {
            if member.is_serving() {
                if spare == 0 {
                    continue;
                }
                spare -= 1;
            }
            changes.extend(member.server().map(|server| {
                let is_sticky = member.servers.iter().any(|it| it.is_sticky);
                let state = if is_sticky { SetState::Maint } else { SetState::Drain };
                ServerChange { server: server.clone(), setting: Setting::State(state) }
            }));
        }
        if changes.is_empty() {
            return Some(Verdict::Wait(WaitingOn::Floor { have, need: self.floor }));
        }
        let count = changes.len();
        Some(Verdict::Act(vec![Action::Set(changes)], WaitingOn::Settings { count }))
    }

    /// Whether nothing went on at it at two looks in a row.
    fn is_drained(
        &self,
        member: &Member<'_>,
        now: Timestamp,
        quiet: &mut BTreeMap<TaskId, Timestamp>,
    ) -> bool {
        let id = &member.task.id;
        let has_old_workers = self.old_workers().is_some();
        if !member.is_quiet() || has_old_workers {
            quiet.remove(id);
            return false;
        }
        let before = quiet.get(id).copied().filter(|before| *before <= now);
        quiet.entry(id.clone()).and_modify(|at| *at = (*at).min(now)).or_insert(now);
        // A balancer that has no server for it yet may add one at any moment, and send requests there.
        let is_unknown = member.is_healthy && !member.is_everywhere;
        let least = if is_unknown { ADDED_WITHIN } else { Duration::ZERO };
        before.is_some_and(|before| before < now && now.since(before) >= least)
    }

    /// A balancer with processes that a reload replaced: what goes on in them is not seen.
    fn old_workers(&self) -> Option<WaitingOn> {
        self.seen.balancers.iter().find_map(|it| {
            let count = it.seen.as_ref().ok()?.old_workers.filter(|count| *count > 0)?;
            Some(WaitingOn::OldWorkers { balancer: it.name.clone(), count })
        })
    }

    fn not_ended(
        &self,
        still: &[&Member<'_>],
        policy: OnDrainTimeout,
        is_over: impl Fn(&WaitingOn) -> bool,
    ) -> Verdict {
        let with_sessions: Vec<_> = still.iter().filter(|it| !it.is_quiet()).collect();
        let sessions = with_sessions.iter().map(|it| it.sessions()).fold(0, u64::saturating_add);
        let tasks = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let waiting_on = if !with_sessions.is_empty() {
            WaitingOn::Sessions { sessions, tasks: tasks(with_sessions.len()) }
        } else if let Some(old) = self.old_workers() {
            return Verdict::Wait(old);
        } else {
            return Verdict::Wait(WaitingOn::SecondLook { tasks: tasks(still.len()) });
        };
        if policy == OnDrainTimeout::Kill && self.is_ours && is_over(&waiting_on) {
            let servers = with_sessions.iter().filter_map(|it| it.server().cloned()).collect();
            return Verdict::Act(vec![Action::Cut(servers)], waiting_on);
        }
        Verdict::Wait(waiting_on)
    }
}
