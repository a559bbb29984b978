//! The state of a Marathon, and how to look at it.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::agenda::{Agenda, Timer};
use super::backoff::Backoff;
use super::deployment::Deployment;
use super::event::Event;
use super::fleet::Fleet;
use super::ids::{self, Ids};
use super::instance::Instance;
use super::order::{Order, Readiness};
use super::settings::Settings;
use crate::app::{App, Group};
use crate::placement::{Agent, Room};
use crate::ports::TaskFailure;
use crate::units::{AppId, InstanceId, TaskId, Timestamp};

/// A Marathon without processes: a pure state machine.
///
/// It decides what Marathon would: what is launched where, killed, checked and told. Whoever drives
/// it has processes, sockets and a clock, and does as follows:
///
/// 1. Call it with what somebody wants ([`change`](Self::change) and the like), with what happened to
///    a task ([`launched`](Self::launched), [`task_changed`](Self::task_changed),
///    [`checked`](Self::checked), [`ready`](Self::ready)), and at [`next_tick`](Self::next_tick) with
///    nothing but the time ([`tick`](Self::tick)). Agents make their offers by themselves, unless the
///    [settings](Settings::offering) say that they wait for [`offer_from`](Self::offer_from).
/// 2. After each call carry out what [`take_orders`](Self::take_orders) gives, and pass on what
///    [`take_events`](Self::take_events) gives. Orders are never repeated.
/// 3. Look at it as often as you like: what it shows is always of one moment.
///
/// Health checks are whoever drives it to make, for as long as a task runs; whether a result counts
/// and what follows from it is decided here. Readiness checks are ordered.
///
/// Time is an argument. One that is earlier than an argument before counts as that one. Calls that
/// come late do late what was due; calls that come early or twice change nothing. The same calls give
/// the same orders, events and ids.
///
/// Rules are those of [`rolling`](crate::rolling), [`scaling`](crate::scaling) and
/// [`group`](crate::group), which plans are made of. Nothing is checked twice: what they leave in
/// peace for ever, such as a step that no event can end, stands still here as it does in Marathon.
///
/// ```
/// use zdd_core::app::Group;
/// use zdd_core::ports::Force;
/// use zdd_core::scaling::Condition;
/// use zdd_core::placement::{Agent, Amount, Resources};
/// use zdd_core::simulate::{Marathon, MesosState, Order, Settings};
/// use zdd_core::units::Timestamp;
///
/// let resources = Resources {
///     cpus: Amount::whole(4),
///     mem: Amount::whole(1024),
///     n_ports: 100,
///     ..Resources::default()
/// };
/// let agents = vec![Agent::new("a1".parse()?, "one.example", resources)];
/// let now = Timestamp::EPOCH;
/// let mut marathon = Marathon::new(Settings::default(), agents, 1, now);
///
/// let target = Group::parse(r#"{"id": "/", "apps": [{"id": "/shop", "cmd": "./shop", "instances": 2}]}"#)?;
/// let accepted = marathon.change(now, target, Force::No)?;
/// assert_eq!(marathon.deployments().next().unwrap().id, accepted.deployment);
///
/// // A world in which everything starts at once.
/// for order in marathon.take_orders() {
///     if let Order::Launch(launch) = order {
///         marathon.launched(now, &launch.task, vec![31_000]);
///         marathon.task_changed(now, &launch.task, MesosState::Running, "");
///     }
/// }
/// assert_eq!(marathon.deployments().len(), 0);
/// assert!(marathon.all_instances().all(|instance| instance.condition == Condition::Running));
/// assert_eq!(marathon.take_events().last().unwrap().name(), "deployment_success");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Marathon {
    pub(super) settings: Settings,
    pub(super) now: Timestamp,
    pub(super) ids: Ids,
    pub(super) room: Room,
    pub(super) backoff: Backoff,
    pub(super) root: Arc<Group>,
    /// The newest first, the present one included.
    pub(super) root_versions: VecDeque<(Timestamp, Arc<Group>)>,
    /// The newest version that anything has.
    pub(super) last_version: Timestamp,
    pub(super) fleets: BTreeMap<AppId, Fleet>,
    /// Where every instance is.
    pub(super) places: BTreeMap<InstanceId, (AppId, u64)>,
    pub(super) next_number: u64,
    /// The oldest first.
    pub(super) deployments: Vec<Deployment>,
    pub(super) orders: Vec<Order>,
    pub(super) events: Vec<Event>,
    /// Apps of which instances wait to be launched.
    pub(super) waiting: BTreeSet<AppId>,
    pub(super) agenda: Agenda,
}

impl Marathon {
    /// A Marathon without apps.
    pub fn new(settings: Settings, agents: Vec<Agent>, seed: u64, now: Timestamp) -> Self {
        let root = Arc::new(Group::empty_root());
        let mut marathon = Self {
            settings,
            now,
            ids: Ids::new(seed),
            room: Room::new(agents),
            backoff: Backoff::default(),
            root_versions: [(now, Arc::clone(&root))].into(),
            root,
            last_version: now,
            fleets: BTreeMap::new(),
            places: BTreeMap::new(),
            next_number: 0,
            deployments: Vec::new(),
            orders: Vec::new(),
            events: Vec::new(),
            waiting: BTreeSet::new(),
            agenda: Agenda::default(),
        };
        marathon.begin_scale_checks();
        marathon
    }

    pub(super) fn begin_scale_checks(&mut self) {
        let first = self.now.saturating_add(self.settings.scale_check_every);
        self.at(first, Timer::ScaleCheck);
    }

    /// What is to be done now, in this order. Given out once.
    pub fn take_orders(&mut self) -> Vec<Order> {
        core::mem::take(&mut self.orders)
    }

    /// What happened since the last time, in this order. Given out once.
    pub fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// The settings that it was started with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The root group: what is wanted, even while a deployment is still on its way there.
    pub fn root(&self) -> &Group {
        &self.root
    }

    /// The version of the root group.
    pub fn root_version(&self) -> Timestamp {
        self.root_versions.front().map_or(self.now, |(version, _)| *version)
    }

    /// The versions of the root group that are kept, the newest first.
    pub fn root_versions(&self) -> impl ExactSizeIterator<Item = (Timestamp, &Arc<Group>)> {
        self.root_versions.iter().map(|(version, root)| (*version, root))
    }

    /// The definition of an app, as it is wanted now.
    pub fn app(&self, id: &AppId) -> Option<&Arc<App>> {
        self.fleets.get(id)?.newest.as_ref().map(|made| &made.app)
    }

    /// The definitions of an app that are kept, the newest first.
    pub fn history<'m>(&'m self, app: &AppId) -> impl Iterator<Item = &'m Arc<App>> + use<'m> {
        self.fleets.get(app).into_iter().flat_map(|fleet| &fleet.history)
    }

    /// The instances of an app, the oldest first, those on their way out among them.
    pub fn instances<'m>(&'m self, app: &AppId) -> impl Iterator<Item = &'m Instance> + use<'m> {
        self.fleets.get(app).into_iter().flat_map(|fleet| fleet.instances.values())
    }

    /// All instances, by app. Some may be of apps that are no longer in the root group.
    pub fn all_instances(&self) -> impl Iterator<Item = &Instance> {
        self.fleets.values().flat_map(|fleet| fleet.instances.values())
    }

    /// An instance.
    pub fn instance(&self, id: &InstanceId) -> Option<&Instance> {
        let (app, number) = self.places.get(id)?;
        self.fleets.get(app)?.instances.get(number)
    }

    /// The instance whose task this is now.
    pub fn instance_of(&self, task: &TaskId) -> Option<&Instance> {
        self.instance(&ids::instance_of(task)).filter(|instance| instance.task == *task)
    }

    /// The definition that an instance is made from.
    pub fn definition_of<'a>(&self, instance: &'a Instance) -> &'a Arc<App> {
        instance.definition()
    }

    /// The deployments that go on, the oldest first.
    pub fn deployments(&self) -> impl ExactSizeIterator<Item = &Deployment> {
        self.deployments.iter()
    }

    /// How a task of an app failed last.
    pub fn last_failure(&self, app: &AppId) -> Option<&TaskFailure> {
        self.fleets.get(app)?.last_failure.as_ref()
    }

    /// What the readiness checks of an app's instances said last; only while a deployment is at it.
    pub fn readiness(&self, app: &AppId) -> Vec<&Readiness> {
        let fleet = self.fleets.get(app).into_iter();
        fleet.flat_map(|fleet| fleet.readiness.values()).map(|asking| &asking.readiness).collect()
    }

    /// The agents, in the order in which they were given.
    pub fn agents(&self) -> &[Agent] {
        self.room.agents()
    }

    /// What is in use on the agents.
    pub fn room(&self) -> &Room {
        &self.room
    }
}
