//! What was seen, put together: each task with its servers.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::matching::{Place, matching};
use super::observation::Observation;
use super::service_port::container_port;
use crate::ports::{AppStatus, Name, Server, Task, TaskState};
use crate::units::TaskId;

/// One of the two apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum Side {
    /// The one that ran before.
    Old,
    /// The one that is rolled out.
    New,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Old, Self::New];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

impl core::fmt::Display for Side {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Old => "old",
            Self::New => "new",
        })
    }
}

/// A task with the servers that stand for it.
#[derive(Clone, Debug)]
pub(super) struct Member<'o> {
    pub(super) task: &'o Task,
    /// Whether it runs and its health checks pass, if there are some.
    pub(super) is_healthy: bool,
    /// One for each balancer that has one for it.
    pub(super) servers: Vec<&'o Server>,
    /// Whether every balancer has one.
    pub(super) is_everywhere: bool,
}

/// An app, with its tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct SideView<'o> {
    pub(super) app: Option<&'o AppStatus>,
    pub(super) members: Vec<Member<'o>>,
}

/// Both, and what belongs to neither.
#[derive(Clone, Debug, Default)]
pub(super) struct View<'o> {
    old: SideView<'o>,
    new: SideView<'o>,
    /// Servers of which it cannot be told which task they stand for.
    pub(super) doubtful: Vec<&'o Name>,
}

impl Member<'_> {
    /// Whether requests come to it at every balancer.
    pub(super) fn is_serving(&self) -> bool {
        self.is_healthy && self.is_everywhere && self.servers.iter().all(|it| it.is_serving())
    }

    /// Whether every balancer holds it for able to serve, whatever it was set to.
    pub(super) fn is_up(&self) -> bool {
        self.is_healthy && self.is_everywhere && self.servers.iter().all(|it| it.is_up)
    }

    /// Whether every balancer that knows it was told to send nothing new there.
    pub(super) fn is_out(&self) -> bool {
        self.servers.iter().all(|it| it.is_out())
    }

    /// Whether it is out, and nothing goes on at it now.
    pub(super) fn is_quiet(&self) -> bool {
        self.servers.iter().all(|it| it.is_quiet())
    }

    pub(super) fn sessions(&self) -> u64 {
        self.servers.iter().map(|it| it.sessions + it.queue).sum()
    }

    /// The name of its server. All balancers call it the same.
    pub(super) fn server(&self) -> Option<&Name> {
        self.servers.first().map(|it| &it.name)
    }
}

impl SideView<'_> {
    /// How many instances the app should have; none where it is not there.
    pub(super) fn instances(&self) -> u32 {
        self.app.map_or(0, |app| app.app.instances().get())
    }

    /// How many there are, those that stop among them, or are to be.
    pub(super) fn occupied(&self) -> u32 {
        self.instances().max(count(&self.members, |_| true))
    }

    pub(super) fn healthy(&self) -> u32 {
        count(&self.members, |it| it.is_healthy)
    }

    pub(super) fn up(&self) -> u32 {
        count(&self.members, Member::is_up)
    }

    pub(super) fn serving(&self) -> u32 {
        count(&self.members, Member::is_serving)
    }
}

fn count<'m, 'o: 'm>(members: &[Member<'o>], is_it: impl Fn(&Member<'o>) -> bool) -> u32 {
    u32::try_from(members.iter().filter(|it| is_it(it)).count()).unwrap_or(u32::MAX)
}

impl<'o> View<'o> {
    pub(super) fn of(seen: &'o Observation) -> Self {
        let mut view = Self::default();
        let sides = [(Side::Old, seen.old.as_ref()), (Side::New, seen.new.as_ref())];
        let listed = sides.into_iter().filter_map(|(side, app)| Some((side, app?)));
        let tasks: Vec<(Side, &AppStatus, &Task)> = listed
            .clone()
            .flat_map(|(side, app)| app.tasks.iter().flatten().map(move |task| (side, app, task)))
            .collect();
        let ports: Vec<Vec<u16>> = tasks.iter().map(|(_, app, task)| ports(app, task)).collect();
        let places: Vec<Place<'_>> = tasks
            .iter()
            .zip(&ports)
            .map(|((_, _, task), ports)| Place {
                task: &task.id,
                host: task.host.as_deref(),
                addresses: &task.addresses,
                ports,
            })
            .collect();
        let mut servers: BTreeMap<&TaskId, Vec<&'o Server>> = BTreeMap::new();
        let looks: Vec<_> = seen.balancers.iter().filter_map(|it| it.seen.as_ref().ok()).collect();
        let by_id: BTreeMap<&TaskId, &'o Task> =
            tasks.iter().map(|(_, _, task)| (&task.id, *task)).collect();
        for look in &looks {
            let named: BTreeMap<&Name, &'o Server> =
                look.servers.iter().map(|server| (&server.name, server)).collect();
            let matched = matching(&places, &look.servers);
            for (task, server) in matched.pairs {
                if let (Some(task), Some(server)) = (by_id.get(task), named.get(&server.name)) {
                    servers.entry(&task.id).or_default().push(server);
                }
            }
            let doubtful = matched.doubtful.iter().filter_map(|it| named.get(&it.name));
            view.doubtful.extend(doubtful.map(|server| &server.name));
        }
        for (side, app) in listed {
            view.side_mut(side).app = Some(app);
        }
        for (side, app, task) in tasks {
            let servers = servers.remove(&task.id).unwrap_or_default();
            let is_everywhere = !looks.is_empty() && servers.len() == looks.len();
            let is_healthy = is_healthy(app, task);
            let member = Member { task, is_healthy, servers, is_everywhere };
            view.side_mut(side).members.push(member);
        }
        view
    }

    pub(super) const fn side(&self, side: Side) -> &SideView<'o> {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    const fn side_mut(&mut self, side: Side) -> &mut SideView<'o> {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }

    /// How many instances requests come to.
    pub(super) fn serving(&self) -> u32 {
        self.old.serving() + self.new.serving()
    }
}

/// Where a task may be found: its first port on the host, and the one in its container.
fn ports(app: &AppStatus, task: &Task) -> Vec<u16> {
    task.ports.first().copied().into_iter().chain(container_port(&app.app)).collect()
}

fn is_healthy(app: &AppStatus, task: &Task) -> bool {
    let passes = match task.is_healthy() {
        Some(passes) => passes,
        None => app.app.health_checks().is_empty(),
    };
    task.state == TaskState::Running && passes
}
