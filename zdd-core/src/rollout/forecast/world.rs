//! A Marathon with two apps, and balancers that follow it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::deed::Event;
use super::instance::Instance;
use super::merge::merge;
use super::pool::Pool;
use super::tally::Tally;
use crate::app::App;
use crate::ports::{Balancer, Force, Look, Name, ServerChange, Setting};
use crate::rollout::{Action, Observation, Side};
use crate::timeline::Assumptions;
use crate::units::{AppId, Timestamp};

/// How long things are taken to last, each at most a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all that is assumed")]
pub struct Lasting {
    /// The parts of the life of an old instance.
    pub old: Assumptions,
    /// The parts of the life of a new instance.
    pub new: Assumptions,
    /// How long sessions go on at a server that gets nothing new.
    pub sessions: Duration,
}

/// Two apps and what runs of them, behind balancers that follow at once.
///
/// Nothing happens in it but what was done, and what follows from it in time. Instances that are launched
/// at the same time do the same at the same time.
#[derive(Clone, Debug)]
pub struct World {
    now: Timestamp,
    pools: [Pool; 2],
    sessions: Duration,
    n_balancers: u32,
    merges: bool,
    /// Instances launched so far.
    serial: u64,
    /// When something was scaled last.
    scaled: Timestamp,
    /// Goes up with everything that can be seen.
    version: u64,
}

impl World {
    /// One in which nothing runs yet, with one balancer that does what it is told.
    ///
    /// Only these two apps can be in it; what is done to others is passed over.
    pub fn new(old: Option<AppId>, new: AppId, lasting: Lasting) -> Self {
        Self {
            now: Timestamp::EPOCH,
            pools: [Pool::new(old, lasting.old), Pool::new(Some(new), lasting.new)],
            sessions: lasting.sessions,
            n_balancers: 1,
            merges: false,
            serial: 0,
            scaled: Timestamp::EPOCH,
            version: 0,
        }
    }

    /// With so many balancers. Without any a rollout waits for one.
    #[must_use]
    pub const fn with_balancers(mut self, n_balancers: u32) -> Self {
        self.n_balancers = n_balancers;
        self
    }

    /// Balancers take instances out by themselves, as marathon-lb does with the two apps of a deployment
    /// group, and nothing can be set.
    #[must_use]
    pub const fn merging(mut self) -> Self {
        self.merges = true;
        self
    }

    /// With an app all of whose instances run, are healthy and serve.
    #[must_use]
    pub fn with_running(mut self, app: &App) -> Self {
        let now = self.now;
        if let Some(pool) = self.pools.iter_mut().find(|pool| pool.is(app.id())) {
            let lasting = core::mem::replace(&mut pool.lasting, NO_TIME);
            pool.app = Some(app.clone());
            self.scaled = after(self.scaled, now);
            pool.scaled = self.scaled;
            pool.fill(&mut self.serial, now);
            pool.pass(now);
            pool.lasting = lasting;
        }
        self.settle();
        self
    }

    /// The time in it.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Everything that can be seen of it.
    pub fn observe(&self) -> Observation {
        let [old, new] = &self.pools;
        let look = || {
            let servers = old.servers().chain(new.servers()).collect();
            Look { servers, ..Look::default() }
        };
        let balancer = |n| Balancer { name: format!("balancer {n}"), seen: Ok(look()) };
        Observation {
            old: old.status(),
            new: new.status(),
            balancers: (1..=self.n_balancers).map(balancer).collect(),
            refused: Vec::new(),
        }
    }

    /// Does something. What Marathon would refuse, because a deployment holds the app, has no effect.
    pub fn act(&mut self, action: &Action) {
        match action {
            Action::Create(app) => {
                if let Some(pool) = self.pools.iter_mut().find(|pool| pool.is(app.id()))
                    && pool.app.is_none()
                {
                    pool.app = Some((**app).clone());
                    self.scale(app.id(), app.instances().get());
                }
            }
            Action::Scale { app, instances, force } => {
                if self.pool(app).is_some_and(|pool| pool.takes(*force)) {
                    self.scale(app, instances.get());
                }
            }
            Action::Set(changes) => self.set(changes),
            Action::Cut(servers) => {
                let servers: BTreeSet<&Name> = servers.iter().collect();
                let all = self.pools.iter_mut().flat_map(|pool| &mut pool.instances);
                all.filter(|it| servers.contains(&it.server.name)).for_each(Instance::cut);
            }
            Action::Kill { app, tasks } => {
                let now = self.now;
                if let Some(pool) = self.pools.iter_mut().find(|pool| pool.is(app))
                    && pool.takes(Force::No)
                {
                    let gone = pool.stop(tasks, now);
                    let left = pool.wanted().saturating_sub(gone);
                    self.scale(app, left);
                }
            }
            Action::Delete { app, force } => {
                let now = self.now;
                let pool = self.pools.iter_mut().find(|pool| pool.is(app));
                if let Some(pool) = pool.filter(|pool| pool.takes(*force)) {
                    pool.remove(now);
                }
            }
        }
        self.settle();
    }

    /// When something happens next by itself.
    pub fn next_event(&self) -> Option<Timestamp> {
        self.instances().filter_map(|it| it.next_at(self.now)).min()
    }

    /// Lets time pass until `to`, or until the next thing happens, whichever is sooner; what happened. It
    /// has to be called until it is `to`.
    pub(super) fn pass(&mut self, to: Timestamp) -> Vec<Event> {
        let at = self.next_event().filter(|at| *at < to).unwrap_or(to);
        self.now = self.now.max(at);
        let before = self.tally();
        let now = self.now;
        let are_changed = self.pools.each_mut().map(|pool| pool.pass(now));
        if are_changed == [false, false] {
            return Vec::new();
        }
        self.settle();
        Event::between(&before, &self.tally())
    }

    /// How everything stands, in numbers.
    pub(super) fn tally(&self) -> Tally {
        Tally::of(&self.pools)
    }

    /// Goes up with every change that can be seen.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// How many instances each side was told to stop so far.
    pub(super) fn stopped(&self) -> [u64; 2] {
        let [old, new] = &self.pools;
        [old.stopped, new.stopped]
    }

    pub(super) fn side_of(&self, app: &AppId) -> Side {
        if self.pools[0].is(app) { Side::Old } else { Side::New }
    }

    pub(super) fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.pools.iter().flat_map(|pool| &pool.instances)
    }

    pub(super) const fn pools(&self) -> &[Pool; 2] {
        &self.pools
    }

    fn pool(&self, app: &AppId) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.is(app))
    }

    fn scale(&mut self, app: &AppId, instances: u32) {
        self.scaled = after(self.scaled, self.now);
        if let Some(pool) = self.pools.iter_mut().find(|pool| pool.is(app)) {
            pool.resize(instances);
            pool.scaled = self.scaled;
            pool.fill(&mut self.serial, self.now);
        }
    }

    fn set(&mut self, changes: &[ServerChange]) {
        if self.merges {
            return;
        }
        let mut named: BTreeMap<&Name, Vec<Setting>> = BTreeMap::new();
        for change in changes {
            named.entry(&change.server).or_default().push(change.setting);
        }
        for instance in self.pools.iter_mut().flat_map(|pool| &mut pool.instances) {
            for setting in named.get(&instance.server.name).into_iter().flatten() {
                match setting {
                    Setting::Weight(weight) => instance.weight(*weight),
                    Setting::State(state) => instance.set(*state),
                }
            }
        }
    }

    /// Lets balancers follow.
    fn settle(&mut self) {
        self.version += 1;
        let (now, sessions) = (self.now, self.sessions);
        let [old, new] = &mut self.pools;
        for pool in [&mut *old, &mut *new] {
            pool.pass(now);
        }
        if self.merges {
            merge(old, new);
        }
        for instance in old.instances.iter_mut().chain(&mut new.instances) {
            instance.follow(sessions, now);
        }
    }
}

/// A moment after the last one, in the resolution of Marathon's clock.
fn after(last: Timestamp, now: Timestamp) -> Timestamp {
    now.max(last.saturating_add(Duration::from_millis(1)))
}

const NO_TIME: Assumptions =
    Assumptions { start: Duration::ZERO, healthy: Duration::ZERO, stop: Duration::ZERO };
