//! The engine.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::decision::{Action, Decision, Next, Outcome};
use super::observation::Observation;
use super::target::{OnDrainTimeout, Patience, Split, Target};
use super::view::{Side, SideView, View};
use super::waiting::WaitingOn;
use super::{drain, settings};
use crate::app::App;
use crate::units::{AppId, InstanceCount, TaskId, Timestamp};

/// How soon to look whether something had its effect.
const SOON: Duration = Duration::from_millis(200);

/// A rollout on its way to a [`Target`].
///
/// All that counts is what is seen; what is kept here from one step to the next is only for how long
/// something was waited for, and what was quiet at the last look. One that was made anew with the same
/// arguments leads to the same end.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    old: Option<AppId>,
    new: AppId,
    definition: Option<Box<App>>,
    target: Target,
    hold: Split,
    floor: u32,
    is_way_back: bool,
    patience: Patience,
    /// Since when what is waited for.
    waiting: Option<(WaitingOn, Timestamp)>,
    /// Tasks at which nothing went on at the last look, with when that was.
    pub(super) quiet: BTreeMap<TaskId, Timestamp>,
}

/// What one part of a step says.
pub(super) enum Verdict {
    /// To do something, and wait for its effect.
    Act(Vec<Action>, WaitingOn),
    /// To wait.
    Wait(WaitingOn),
    /// That it is over.
    Over(Outcome),
}

impl Rollout {
    /// From `old`, if there is one, to `target`.
    pub fn new(old: Option<AppId>, new: AppId, target: Target) -> Self {
        let hold = if old.is_some() { Split::OLD } else { Split::NEW };
        Self {
            old,
            new,
            definition: None,
            target,
            hold,
            floor: 0,
            is_way_back: false,
            patience: Patience::default(),
            waiting: None,
            quiet: BTreeMap::new(),
        }
    }

    /// What the new app is created from where it is not there.
    #[must_use]
    pub fn with_definition(mut self, app: App) -> Self {
        self.definition = Some(Box::new(app));
        self
    }

    /// How the traffic is split until the target is reached. Unless it is said, all of it stays where it
    /// is: with the old app, or with the new one if there is no old one.
    #[must_use]
    pub const fn holding(mut self, split: Split) -> Self {
        self.hold = split;
        self
    }

    /// How many instances have to serve, at any time.
    #[must_use]
    pub const fn with_floor(mut self, floor: u32) -> Self {
        self.floor = floor;
        self
    }

    /// Servers that are to serve, and were told not to, are told to serve again. For the way back, on
    /// which the rollout itself may have told them.
    #[must_use]
    pub const fn on_the_way_back(mut self) -> Self {
        self.is_way_back = true;
        self
    }

    /// How patient it is.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The old app.
    pub const fn old(&self) -> Option<&AppId> {
        self.old.as_ref()
    }

    /// The new app.
    pub const fn new_app(&self) -> &AppId {
        &self.new
    }

    /// What it leads to.
    pub const fn target(&self) -> Target {
        self.target
    }

    /// Decides what to do at `now`, from the newest view of the world.
    ///
    /// Doing it again with the same arguments is harmless; a lost or repeated observation costs time
    /// at most. A clock that runs backwards makes it wait longer, never less.
    pub fn step(&mut self, now: Timestamp, seen: &Observation) -> Decision {
        let view = View::of(seen);
        let verdict = self.decide(now, seen, &view);
        self.in_time(now, verdict)
    }

    fn decide(&mut self, now: Timestamp, seen: &Observation, view: &View<'_>) -> Verdict {
        if let Some(verdict) = unseen(seen) {
            return verdict;
        }
        if let Some(verdict) = self.missing(view) {
            return verdict;
        }
        let unready = self.unready(view);
        let split = if unready.is_some() { self.hold } else { self.target.split };
        let wanted = settings::wanted(view, split, |side| self.is_to_be_ready(side));
        let changes = settings::differing(view, &wanted);
        if !changes.is_empty() {
            let count = changes.len();
            return Verdict::Act(vec![Action::Set(wanted)], WaitingOn::Settings { count });
        }
        if let Some(verdict) = self.grow(view) {
            return verdict;
        }
        if let Some(waiting_on) = unready {
            return Verdict::Wait(waiting_on);
        }
        self.hold = self.target.split;
        for side in Side::BOTH {
            let shrunk = drain::Shrinking {
                side: view.side(side),
                view,
                seen,
                to: self.of(side),
                floor: self.floor,
                is_taken_back: self.is_way_back && self.of(side) == 0,
            };
            let verdict = shrunk.step(now, &mut self.quiet, self.patience.on_drain_timeout, |w| {
                is_over(self.waiting.as_ref(), w, now, self.patience.drain)
            });
            if let Some(verdict) = verdict {
                return verdict;
            }
        }
        Verdict::Over(Outcome::Reached)
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
    fn grow(&self, view: &View<'_>) -> Option<Verdict> {
        for side in Side::BOTH {
            let (it, to) = (view.side(side), self.of(side));
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
    fn unready(&self, view: &View<'_>) -> Option<WaitingOn> {
        let of_sides = Side::BOTH.into_iter().find_map(|side| unready(view, side, self.of(side)));
        of_sides.or_else(|| self.below_floor(view))
    }

    /// Whether too few would serve if traffic were split as it is to be.
    fn below_floor(&self, view: &View<'_>) -> Option<WaitingOn> {
        let Split { old, new } = self.target.split;
        let up = |share: u32, side| if share > 0 { view.side(side).up() } else { 0 };
        let have = up(old, Side::Old) + up(new, Side::New);
        (have < self.floor).then_some(WaitingOn::Floor { have, need: self.floor })
    }

    /// Adds until when to wait, or ends when that has passed.
    fn in_time(&mut self, now: Timestamp, verdict: Verdict) -> Decision {
        let (actions, waiting_on) = match verdict {
            Verdict::Over(outcome) => {
                return Decision { actions: Vec::new(), next: Next::Done(outcome) };
            }
            Verdict::Act(actions, waiting_on) => (actions, waiting_on),
            Verdict::Wait(waiting_on) => (Vec::new(), waiting_on),
        };
        let since = match &self.waiting {
            Some((before, since)) if before.is_same(&waiting_on) => (*since).min(now),
            _ => now,
        };
        self.waiting = Some((waiting_on.clone(), since));
        let is_drain = drain::is_about(&waiting_on);
        let endless = is_drain && self.patience.on_drain_timeout == OnDrainTimeout::Wait;
        let patience = if is_drain { self.patience.drain } else { self.patience.wait };
        if !endless && now.since(since) >= patience && now > since && actions.is_empty() {
            return Decision { actions, next: Next::Done(Outcome::TimedOut(waiting_on)) };
        }
        let soon = if actions.is_empty() { self.patience.observe } else { SOON };
        let deadline = now.saturating_add(soon.min(self.patience.observe));
        Decision { actions, next: Next::ObserveBy { deadline, waiting_on } }
    }
}

/// Whether something has been waited for for too long.
fn is_over(
    waiting: Option<&(WaitingOn, Timestamp)>,
    waiting_on: &WaitingOn,
    now: Timestamp,
    patience: Duration,
) -> bool {
    waiting.is_some_and(|(before, since)| {
        before.is_same(waiting_on) && now > *since && now.since(*since) >= patience
    })
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
