//! What a step decides: the rules, one after the other.

use alloc::vec;
use core::time::Duration;

use super::decision::{Action, Outcome};
use super::drain;
use super::engine::{Rollout, Verdict, is_over};
use super::growth::Growth;
use super::observation::Observation;
use super::settings;
use super::target::{Split, Target, Traffic};
use super::view::{Member, Side, SideView, View};
use super::waiting::WaitingOn;
use crate::app::KillSelection;
use crate::ports::Force;
use crate::units::{InstanceCount, Timestamp};

/// How long marathon-lb may take to see which app was scaled last.
const TURN_WITHIN: Duration = Duration::from_secs(30);

/// How many instances of each side there are to be for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stage {
    old: u32,
    new: u32,
}

impl Stage {
    const fn of(self, side: Side) -> u32 {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    const fn of_mut(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }
}

impl Rollout {
    pub(super) fn decide(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
    ) -> Verdict {
        if let Some(verdict) = unseen(seen) {
            return verdict;
        }
        if let Some(verdict) = self.missing(view) {
            return verdict;
        }
        let stage = self.stage(view);
        let unready = self.unready(view, stage);
        let traffic = if unready.is_some() { self.hold } else { self.target.traffic };
        let wanted = settings::wanted(view, traffic, |side| self.is_to_be_ready(side));
        let changes = settings::differing(view, &wanted);
        if !changes.is_empty() {
            let count = changes.len();
            return Verdict::Act(vec![Action::Set(wanted)], WaitingOn::Settings { count });
        }
        if let Some(verdict) = self.grow(view, stage) {
            return verdict;
        }
        if let Some(verdict) = self.turned_round(now, view) {
            return verdict;
        }
        if let Some(waiting_on) = unready {
            return Verdict::Wait(waiting_on);
        }
        self.hold = self.target.traffic;
        for side in Side::BOTH {
            if let Some(verdict) = self.shrink(now, seen, view, side, stage) {
                return verdict;
            }
        }
        match self.next_stage(view) {
            Some(action) => Verdict::Act(vec![action], WaitingOn::Effect),
            None => Verdict::Over(Outcome::Reached),
        }
    }

    /// The side that takes over.
    const fn ahead(&self) -> Side {
        if self.is_way_back { Side::Old } else { Side::New }
    }

    /// How many instances of each side there are to be before the side that takes over grows further.
    fn stage(&self, view: &View<'_>) -> Stage {
        let Target { old, new, .. } = self.target;
        let mut stage = Stage { old, new };
        if self.growth == Growth::Once {
            return stage;
        }
        let (ahead, behind) = (self.ahead(), self.ahead().other());
        let (to, least) = (self.of(ahead), self.of(behind));
        // One that is not there yet begins with what its definition says.
        let begins = self.definition.as_ref().map_or(1, |app| app.instances().get());
        let has = match view.side(ahead).app {
            Some(app) => app.app.instances().get(),
            None => begins,
        };
        let grown = has.clamp(1, to.max(1)).min(to);
        // Together they are as many as have to serve.
        let rest = self.capacity().saturating_sub(grown).max(least);
        *stage.of_mut(ahead) = grown;
        *stage.of_mut(behind) = rest.min(view.side(behind).instances()).max(least);
        stage
    }

    /// How many instances of both sides are to serve.
    fn capacity(&self) -> u32 {
        self.target.old.saturating_add(self.target.new)
    }

    /// Where marathon-lb takes out what is to take over: it takes the app that was scaled last for the new
    /// one. One instance more, and at once one less, makes it that: the one that is stopped is the one
    /// that has not begun.
    fn turned_round(&self, now: Timestamp, view: &View<'_>) -> Option<Verdict> {
        let side = view.side(self.ahead());
        let is_out = |it: &&Member<'_>| it.is_healthy && !it.servers.is_empty() && it.is_out();
        let count = side.members.iter().filter(is_out).count();
        let app = side.app.filter(|_| self.target.traffic == Traffic::Untouched && count > 0)?;
        let (id, has) = (app.app.id(), app.app.instances().get());
        let waiting_on = WaitingOn::WrongWay { app: id.clone(), count };
        let youngest = app.app.kill_selection() == KillSelection::YoungestFirst;
        let is_told = self.waiting.as_ref().is_some_and(|(it, since)| {
            it.is_same(&waiting_on) && (now <= *since || now.since(*since) < TURN_WITHIN)
        });
        if is_told || !youngest || !app.deployments.is_empty() {
            return Some(Verdict::Wait(waiting_on));
        }
        let scale = |instances: u32, force| Action::Scale {
            app: id.clone(),
            instances: InstanceCount::saturating_from(instances.into()),
            force,
        };
        let actions = vec![scale(has.saturating_add(1), Force::No), scale(has, Force::Yes)];
        Some(Verdict::Act(actions, waiting_on))
    }

    /// The next instances of the side that takes over.
    fn next_stage(&self, view: &View<'_>) -> Option<Action> {
        let (ahead, behind) = (self.ahead(), self.ahead().other());
        let (app, to) = (view.side(ahead).app?, self.of(ahead));
        let grown = app.app.instances().get();
        if grown >= to {
            return None;
        }
        let stays = self.of(behind) > 0;
        let next = self.growth.next(grown, view.side(behind).instances(), to, stays);
        let instances = InstanceCount::saturating_from(next.into());
        Some(Action::Scale { app: app.app.id().clone(), instances, force: Force::No })
    }

    fn shrink(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
        side: Side,
        stage: Stage,
    ) -> Option<Verdict> {
        // An app that is left without instances is what one goes back to: it stays until the other one
        // is whole.
        if stage.of(side) == 0 && side != self.ahead() && self.next_stage(view).is_some() {
            return None;
        }
        let shrinking = drain::Shrinking {
            side: view.side(side),
            view,
            seen,
            to: stage.of(side),
            floor: self.floor,
            is_taken_back: self.is_way_back && stage.of(side) == 0,
            is_ours: self.target.traffic != Traffic::Untouched,
        };
        let (waiting, patience) = (self.waiting.as_ref(), self.patience);
        let verdict = shrinking.step(now, &mut self.quiet, patience.on_drain_timeout, |w| {
            is_over(waiting, w, now, patience.drain)
        })?;
        match verdict {
            // marathon-lb takes the app that was scaled last for the new one: that must be so again at
            // once, and not only when the kill has been seen.
            Verdict::Act(mut actions, waiting_on)
                if matches!(actions.as_slice(), [Action::Kill { .. }]) =>
            {
                actions.extend(self.next_stage(view).filter(|_| side != self.ahead()));
                Some(Verdict::Act(actions, waiting_on))
            }
            other => Some(other),
        }
    }

    /// How many instances of a side there are to be.
    const fn of(&self, side: Side) -> u32 {
        match side {
            Side::Old => self.target.old,
            Side::New => self.target.new,
        }
    }

    const fn is_to_be_ready(&self, side: Side) -> bool {
        self.is_way_back && self.of(side) > 0
    }

    /// An app that has to be there and is not.
    fn missing(&self, view: &View<'_>) -> Option<Verdict> {
        let is_missing = |side| self.of(side) > 0 && view.side(side).app.is_none();
        if is_missing(Side::Old) {
            return Some(Verdict::Over(Outcome::Vanished(Side::Old)));
        }
        (is_missing(Side::New) && self.definition.is_none())
            .then_some(Verdict::Over(Outcome::Vanished(Side::New)))
    }

    /// Brings sides up to their number of instances.
    fn grow(&self, view: &View<'_>, stage: Stage) -> Option<Verdict> {
        for side in Side::BOTH {
            let (it, to) = (view.side(side), stage.of(side));
            let Some(app) = it.app else {
                if let (true, Side::New, Some(definition)) = (to > 0, side, &self.definition) {
                    let action = Action::Create(definition.clone());
                    return Some(Verdict::Act(vec![action], WaitingOn::Effect));
                }
                continue;
            };
            if it.instances() < to {
                let action = Action::Scale {
                    app: app.app.id().clone(),
                    instances: InstanceCount::saturating_from(to.into()),
                    force: Force::No,
                };
                return Some(match busy(it, to) {
                    Some(waiting_on) => Verdict::Wait(waiting_on),
                    None => Verdict::Act(vec![action], WaitingOn::Effect),
                });
            }
        }
        None
    }

    /// Why not all instances that are to serve can.
    fn unready(&self, view: &View<'_>, stage: Stage) -> Option<WaitingOn> {
        let of_side = |side: Side| {
            // While one side grows, the other one's instances count only together with it: the floor.
            let counts = self.growth == Growth::Once || side == self.ahead();
            counts.then(|| unready(view, side, stage.of(side))).flatten()
        };
        Side::BOTH.into_iter().find_map(of_side).or_else(|| self.below_floor(view))
    }

    /// Whether too few would serve if traffic were split as it is to be.
    fn below_floor(&self, view: &View<'_>) -> Option<WaitingOn> {
        let Traffic::Split(Split { old, new }) = self.target.traffic else { return None };
        let up = |share: u32, side| if share > 0 { view.side(side).up() } else { 0 };
        let have = up(old, Side::Old) + up(new, Side::New);
        (have < self.floor).then_some(WaitingOn::Floor { have, need: self.floor })
    }
}

/// What is not seen of the balancers, or what they refused.
fn unseen(seen: &Observation) -> Option<Verdict> {
    if let Some(error) = seen.refused.iter().find(|error| !error.may_pass()) {
        let (why, hint) = (alloc::string::ToString::to_string(error), error.hint());
        let hint = hint.map(Into::into);
        return Some(Verdict::Over(Outcome::Stuck { why, hint }));
    }
    if seen.balancers.is_empty() {
        return Some(Verdict::Wait(WaitingOn::NoBalancer));
    }
    let unseen = seen.balancers.iter().find_map(|it| it.seen.as_ref().err());
    unseen.or_else(|| seen.refused.first()).map(|error| {
        Verdict::Wait(WaitingOn::Balancer {
            balancer: error.balancer().into(),
            error: alloc::string::ToString::to_string(error),
            hint: error.hint().map(Into::into),
        })
    })
}

/// Marathon's work on an app, which no other change may touch meanwhile.
pub(super) fn busy(side: &SideView<'_>, need: u32) -> Option<WaitingOn> {
    let app = side.app.filter(|app| !app.deployments.is_empty())?;
    Some(WaitingOn::Deployment {
        app: app.app.id().clone(),
        deployments: app.deployments.clone(),
        have: app.running,
        need,
    })
}

/// Why not `need` instances of a side serve, or could.
fn unready(view: &View<'_>, side: Side, need: u32) -> Option<WaitingOn> {
    let it = view.side(side);
    if need == 0 {
        return None;
    }
    let Some(status) = it.app else { return Some(WaitingOn::Effect) };
    let app = || status.app.id().clone();
    let have = it.healthy();
    if have < need {
        let last_failure = status.last_task_failure.as_ref();
        let last_failure = last_failure.map(|it| it.message.clone()).filter(|it| !it.is_empty());
        return Some(WaitingOn::Health { app: app(), have, need, last_failure });
    }
    let have = it.up();
    if have >= need {
        return None;
    }
    if let Some(server) = view.doubtful.first() {
        let server = (*server).clone();
        return Some(WaitingOn::Doubtful { server, count: view.doubtful.len() });
    }
    let first = it.members.iter().find(|it| it.is_healthy && !it.is_up());
    let status = first
        .and_then(|it| it.servers.iter().find(|server| !server.is_up).map(|it| it.status.clone()));
    let task = first.map(|it| it.task.id.clone());
    Some(WaitingOn::Servers { app: app(), have, need, task, status })
}
