//! What is left to do, and when.

use alloc::collections::{BTreeSet, VecDeque};

use super::marathon::Marathon;
use crate::rolling::Change;
use crate::units::{AppId, DeploymentId, InstanceId, TaskId, Timestamp};

/// What is left to do now, and later.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    /// What happened to instances and was not told to the jobs yet.
    pub(super) notices: VecDeque<Notice>,
    /// Instances whose task ended although they are wanted.
    pub(super) again: VecDeque<(AppId, u64)>,
    /// Deployments whose step has ended, or which have not begun.
    pub(super) advance: VecDeque<DeploymentId>,
    /// Apps whose number of instances is to be looked at.
    pub(super) to_scale: BTreeSet<AppId>,
    /// Apps with waiting instances for which offers are to be looked at.
    pub(super) to_offer: BTreeSet<AppId>,
    pub(super) timers: BTreeSet<(Timestamp, Timer)>,
}

/// Something happened to an instance.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) app: AppId,
    pub(super) instance: InstanceId,
    pub(super) version: Timestamp,
    pub(super) change: Change,
}

/// Something to do at a moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Look at the number of instances of every app.
    ScaleCheck,
    /// The launch delay of an app is over.
    Offer(AppId),
    /// Make good what a scaling lost without an event.
    TopUp(AppId, DeploymentId),
    /// An instance is out of reach for so long that it is replaced.
    Inactive(TaskId),
    /// An instance is out of reach for so long that it is given up.
    Expunge(TaskId),
}

impl Marathon {
    /// Time has passed. Harmless when called too early or too often.
    pub fn tick(&mut self, now: Timestamp) {
        self.clock(now);
        self.backoff.expire(self.now);
        self.settle();
    }

    /// When [`tick`](Self::tick) will have something to do.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let timer = self.agenda.timers.first().map(|(at, _)| *at);
        timer.into_iter().chain(self.backoff.next_expiry()).min()
    }

    /// Takes the time from a caller. A clock that runs backwards stands still here.
    pub(super) fn clock(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    pub(super) fn at(&mut self, at: Timestamp, timer: Timer) {
        self.agenda.timers.insert((at, timer));
    }

    /// Does all that can be done now. What happens to instances is told to the jobs before anything
    /// else is decided about them: a deployment may no longer want what has just failed.
    pub(super) fn settle(&mut self) {
        loop {
            if let Some(notice) = self.agenda.notices.pop_front() {
                self.hear(&notice);
            } else if let Some((app, number)) = self.agenda.again.pop_front() {
                self.want_again(&app, number);
            } else if let Some(id) = self.agenda.advance.pop_front() {
                self.advance(&id);
            } else if let Some(timer) = self.due() {
                self.fire(timer);
            } else if let Some(app) = self.agenda.to_scale.pop_first() {
                self.scale(&app);
            } else if let Some(app) = self.next_offered() {
                self.offer(&app);
            } else {
                return;
            }
        }
    }

    fn due(&mut self) -> Option<Timer> {
        let is_due = self.agenda.timers.first().is_some_and(|(at, _)| *at <= self.now);
        if is_due { self.agenda.timers.pop_first().map(|(_, timer)| timer) } else { None }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::ScaleCheck => {
                let next = self.now.saturating_add(self.settings.scale_check_every);
                // A check without pause would never let anybody else act.
                if next > self.now {
                    self.at(next, Timer::ScaleCheck);
                }
                self.agenda.to_scale.extend(self.fleets.keys().cloned());
            }
            Timer::Offer(app) => drop(self.agenda.to_offer.insert(app)),
            Timer::TopUp(app, deployment) => self.top_up(&app, &deployment),
            Timer::Inactive(task) => self.becomes_inactive(&task),
            Timer::Expunge(task) => self.is_given_up(&task),
        }
    }
}
