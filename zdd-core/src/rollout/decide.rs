//! What a step decides: the rules, one after the other.

use alloc::format;
use alloc::vec;
use core::time::Duration;

use super::decision::{Action, Outcome};
use super::engine::{Rollout, Verdict};
use super::growth::Growth;
use super::observation::Observation;
use super::settings;
use super::stage::Stage;
use super::target::{Split, Traffic};
use super::view::{Member, Side, SideView, View};
use super::waiting::WaitingOn;
use crate::ports::Force;
use crate::units::{InstanceCount, Timestamp};

/// How long a balancer may take from making a server to letting it serve.
const MOMENT: Duration = Duration::from_secs(1);

impl Rollout {
    pub(super) fn decide(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
    ) -> Verdict {
        if let Some(verdict) = self.missing(view) {
            return verdict;
        }
        let stage = self.stage(view);
        let unready = self.unready(view, stage);
        let traffic = if unready.is_some() { self.hold } else { self.target.traffic };
        let is_turned = self.wrong_way(view, stage).is_none();
        let is_to_be_ready = |side| self.is_to_be_ready(view, side, stage, is_turned);
        let brought_back = |member: &Member<'_>| self.is_brought_back(now, member);
        let wanted = settings::wanted(view, traffic, is_to_be_ready, brought_back);
        let count = settings::differing(&wanted);
        if count > 0 {
            let changes = settings::changes(&wanted);
            return Verdict::Act(vec![Action::Set(changes)], WaitingOn::Settings { count });
        }
        if let Some(verdict) = self.thinned(view) {
            return verdict;
        }
        if let Some(verdict) = self.given_back(view, stage) {
            return verdict;
        }
        if let Some(verdict) = self.grow(view, stage) {
            return verdict;
        }
        if let Some(verdict) = self.turned_round(now, view, stage) {
            return verdict;
        }
        // What is too many, and out already, makes room for what is told to serve again.
        if let Some(verdict) = self.surplus_out(now, seen, view, stage) {
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
        match self.next_stage(view, 0) {
            Some(action) => Verdict::Act(vec![action], WaitingOn::Effect),
            None => match self.unlaunched(view, stage) {
                Some(waiting_on) => Verdict::Wait(waiting_on),
                None => match self.end(view) {
                    Outcome::Reached => self.kept(now),
                    other => Verdict::Over(other),
                },
            },
        }
    }

    /// Everything is as it should be: it is over, or kept for a while.
    fn kept(&mut self, now: Timestamp) -> Verdict {
        let waiting_on = self.watch.as_mut().and_then(|watch| watch.wait(now));
        waiting_on.map_or(Verdict::Over(Outcome::Reached), Verdict::Wait)
    }

    /// What is more than the side that takes over is to have, and not even launched: until it is, nobody can
    /// take it back without stopping one that serves.
    fn unlaunched(&self, view: &View<'_>, stage: Stage) -> Option<WaitingOn> {
        let (side, to) = (view.side(self.ahead()), stage.of(self.ahead()));
        let is_launched = side.members.len() >= usize::try_from(side.instances()).unwrap_or(0);
        let is_more = self.keeps_all(self.ahead()) && side.instances() > to;
        if is_launched || !is_more { None } else { healthy_of(side, side.instances()) }
    }

    /// How it ends when there is nothing more to do.
    fn end(&self, view: &View<'_>) -> Outcome {
        let (have, need) = (view.side(self.ahead()).instances(), self.of(self.ahead()));
        if have >= need {
            return Outcome::Reached;
        }
        let why = format!("there is no room for more than {have} of {need} instances");
        let hint = "raise `maximumOverCapacity`, or lower `minimumHealthCapacity`, by one instance";
        Outcome::Stuck { why, hint: Some(hint.into()) }
    }

    /// Whether servers of a side that were told not to serve are to be told otherwise: on the way back, and
    /// where all of the new app is to serve. What of the old one is out on the way forward somebody else took
    /// out.
    fn is_to_be_ready(&self, view: &View<'_>, side: Side, stage: Stage, is_turned: bool) -> bool {
        let is_whole = view.side(side).instances() <= stage.of(side);
        let is_new = side == Side::New && is_whole && is_turned;
        self.of(side) > 0 && (self.is_way_back || is_new)
    }

    /// Whether a server is told to leave maintenance, if it is to serve: on the way back, and where sessions
    /// are bound to servers, since it is the rollout that takes them out so. But for a moment that is how a
    /// balancer adds a server, too: what it says then must not be undone.
    fn is_brought_back(&self, now: Timestamp, member: &Member<'_>) -> bool {
        let is_ours = self.is_way_back || member.servers.iter().any(|it| it.is_sticky);
        let since = self.maint.get(&member.task.id);
        is_ours && since.is_some_and(|since| now.since(*since) >= MOMENT)
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
        let have = up(old, Side::Old).saturating_add(up(new, Side::New));
        (have < self.floor).then_some(WaitingOn::Floor { have, need: self.floor })
    }
}

/// What is not seen of the balancers, or what they refused.
pub(super) fn unseen(seen: &Observation) -> Option<Verdict> {
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
        return healthy_of(it, need);
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

/// That so many of a side have to be healthy.
pub(super) fn healthy_of(side: &SideView<'_>, need: u32) -> Option<WaitingOn> {
    let status = side.app?;
    let last_failure = status.last_task_failure.as_ref();
    let last_failure = last_failure.map(|it| it.message.clone()).filter(|it| !it.is_empty());
    let (app, have) = (status.app.id().clone(), side.healthy());
    Some(WaitingOn::Health { app, have, need, last_failure })
}
