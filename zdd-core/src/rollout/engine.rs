//! The engine.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use super::decide::unseen;
use super::decision::{Action, Decision, Next, Outcome};
use super::drain;
use super::growth::Growth;
use super::observation::Observation;
use super::pushed::Known;
use super::soak::{Soak, Watch};
use super::target::{OnDrainTimeout, Patience, Split, Target, Traffic};
use super::timer::Timer;
use super::view::{Member, Side, View};
use super::waiting::WaitingOn;
use crate::app::App;
use crate::ports::SetState;
use crate::units::{AppId, TaskId, Timestamp};

/// How soon to look, at the latest, whether something had its effect.
const SOON: Duration = Duration::from_millis(200);

/// A rollout on its way to a [`Target`].
///
/// All that counts is what is seen; what is kept here from one step to the next is only for how long
/// something was waited for, what was quiet at the last look, and which definitions were seen first. One
/// that was made anew with the same arguments leads to the same end; unless somebody pushed another
/// definition meanwhile, and it is not told which ones were [known](Rollout::knowing).
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    pub(super) old: Option<AppId>,
    pub(super) new: AppId,
    pub(super) definition: Option<Box<App>>,
    pub(super) target: Target,
    pub(super) hold: Traffic,
    pub(super) growth: Growth,
    pub(super) floor: u32,
    pub(super) is_way_back: bool,
    pub(super) patience: Patience,
    /// Since when what is waited for.
    pub(super) waiting: Option<(WaitingOn, Timestamp)>,
    pub(super) timer: Timer,
    /// Tasks at which nothing went on at the last look, with when that was.
    pub(super) quiet: BTreeMap<TaskId, Timestamp>,
    /// Tasks with a server in maintenance, with since when that is seen.
    pub(super) maint: BTreeMap<TaskId, Timestamp>,
    /// What is watched once the target is reached.
    pub(super) watch: Option<Watch>,
    /// When the definition of each app was changed last, as it was seen first.
    pub(super) known: Known,
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
            hold: hold.into(),
            growth: Growth::Once,
            floor: 0,
            is_way_back: false,
            patience: Patience::default(),
            waiting: None,
            timer: Timer::default(),
            quiet: BTreeMap::new(),
            maint: BTreeMap::new(),
            watch: None,
            known: Known::default(),
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
    pub fn holding(mut self, traffic: impl Into<Traffic>) -> Self {
        self.hold = traffic.into();
        self
    }

    /// How the side that takes over grows. Where not to all at once, each step ends only when as many of
    /// the other side are stopped: both together never are more than the side that takes over will be,
    /// and those that are about to stop.
    #[must_use]
    pub const fn growing(mut self, growth: Growth) -> Self {
        self.growth = growth;
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

    /// Once the target is reached, it is kept for a while and watched. `since` is when that began, if it
    /// did before a crash; what was counted then is forgotten.
    #[must_use]
    pub fn watched(mut self, soak: Soak, since: Option<Timestamp>) -> Self {
        self.watch = Some(Watch::new(soak, since));
        self
    }

    /// How patient it is.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Which definitions are known already: another one was pushed by somebody else.
    #[must_use]
    pub const fn knowing(mut self, known: Known) -> Self {
        self.known = known;
        self
    }

    /// Takes over what another one saw at its last look, at `at`: that nothing went on at a task.
    pub fn remember_quiet(&mut self, task: TaskId, at: Timestamp) {
        self.quiet.insert(task, at);
    }

    /// Whether nothing went on at a task at the last look.
    pub fn is_quiet(&self, task: &TaskId) -> bool {
        self.quiet.contains_key(task)
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
        if let Some(app) = self.pushed(&view) {
            return self.in_time(now, Verdict::Over(Outcome::Changed(app)));
        }
        // One more is how marathon-lb is told which app was scaled last: that goes and comes.
        let (ahead, most) = (self.ahead(), self.of(self.ahead()));
        self.timer.look(&view, |side| if side == ahead { most } else { u32::MAX });
        let unseen = unseen(seen);
        self.forget_what_is_in_use(&view, unseen.is_none());
        if unseen.is_none() {
            self.note_maintenance(now, &view);
        }
        let verdict = unseen.or_else(|| self.failure(now, seen, &view));
        let verdict = verdict.unwrap_or_else(|| self.decide(now, seen, &view));
        self.in_time(now, verdict)
    }

    /// Whether a limit is passed while the new version is watched.
    fn failure(&mut self, now: Timestamp, seen: &Observation, view: &View<'_>) -> Option<Verdict> {
        let need = self.target.new;
        let failure = self.watch.as_mut().and_then(|it| it.look(now, seen, view, need))?;
        Some(Verdict::Over(Outcome::Failed(failure)))
    }

    /// Two looks in a row have to find nothing going on: whatever comes between begins anew.
    fn forget_what_is_in_use(&mut self, view: &View<'_>, is_seen: bool) {
        let mut idle = BTreeSet::new();
        if !self.quiet.is_empty() && is_seen {
            let members = Side::BOTH.into_iter().flat_map(|side| &view.side(side).members);
            let is_idle = |it: &&Member<'_>| it.is_out() && it.is_quiet();
            idle.extend(members.filter(is_idle).map(|it| &it.task.id));
        }
        self.quiet.retain(|task, _| idle.contains(task));
    }

    fn note_maintenance(&mut self, now: Timestamp, view: &View<'_>) {
        let members = Side::BOTH.into_iter().flat_map(|side| &view.side(side).members);
        let is_in = |it: &&Member<'_>| it.servers.iter().any(|it| it.set == Some(SetState::Maint));
        let before = core::mem::take(&mut self.maint);
        let since = |id: &TaskId| before.get(id).map_or(now, |since| (*since).min(now));
        self.maint =
            members.filter(is_in).map(|it| (it.task.id.clone(), since(&it.task.id))).collect();
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
        self.timer.note(&waiting_on, now);
        // Those that are killed are so by the next step.
        let is_endless =
            drain::is_about(&waiting_on) && self.patience.on_drain_timeout != OnDrainTimeout::Stop;
        if !is_endless && self.timer.is_over(&waiting_on, now, self.patience) {
            return Decision {
                actions: Vec::new(),
                next: Next::Done(Outcome::TimedOut(waiting_on)),
            };
        }
        let pause = self.patience.pause(now.since(since));
        let pause = match waiting_on {
            _ if !actions.is_empty() => pause.min(SOON),
            WaitingOn::Pause { left, .. } => pause.min(left),
            _ => pause,
        };
        let deadline = now.saturating_add(pause);
        Decision { actions, next: Next::ObserveBy { deadline, waiting_on } }
    }
}
