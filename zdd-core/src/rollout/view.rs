//! What was seen, put together: each task with its servers.

use alloc::vec::Vec;

use super::matching::{Finder, Place};
use super::observation::Observation;
use super::service_port::container_port;
use crate::ports::{AppStatus, Name, Server, Task, TaskState};

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
        let all = self.servers.iter().flat_map(|it| [it.sessions, it.queue]);
        all.fold(0, u64::saturating_add)
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

    /// Whether Marathon was told to stop some that still run. It does not say which.
    pub(super) fn is_stopping(&self) -> bool {
        count(&self.members, |_| true) > self.instances()
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
        let tasks: Vec<(Side, &AppStatus, &Task, Ports)> = listed
            .clone()
            .flat_map(|(side, app)| {
                let in_container = container_port(&app.app);
                let tasks = app.tasks.iter().flatten();
                tasks.map(move |task| (side, app, task, Ports::of(task, in_container)))
            })
            .collect();
        let places: Vec<Place<'_>> = tasks
            .iter()
            .map(|(_, _, task, ports)| Place {
                task: &task.id,
                host: task.host.as_deref(),
                addresses: &task.addresses,
                ports: ports.as_slice(),
            })
            .collect();
        let finder = Finder::new(&places);
        let looks: Vec<_> = seen.balancers.iter().filter_map(|it| it.seen.as_ref().ok()).collect();
        let mut pairs = Vec::with_capacity(looks.len());
        for look in &looks {
            let found = finder.find(&look.servers);
            view.doubtful.extend(found.doubtful.iter().map(|server| &server.name));
            pairs.push(found.pairs);
        }
        for (side, app) in listed {
            view.side_mut(side).app = Some(app);
        }
        for (n, (side, app, task, _)) in tasks.iter().enumerate() {
            let servers: Vec<_> = pairs.iter().filter_map(|pairs| pairs[n]).collect();
            let is_everywhere = !looks.is_empty() && servers.len() == looks.len();
            let is_healthy = is_healthy(app, task);
            let member = Member { task, is_healthy, servers, is_everywhere };
            view.side_mut(*side).members.push(member);
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
        self.old.serving().saturating_add(self.new.serving())
    }
}

/// Where a task may be found: its first port on the host, and the one in its container.
struct Ports([u16; 2], usize);

impl Ports {
    fn of(task: &Task, in_container: Option<u16>) -> Self {
        match (task.ports.first(), in_container) {
            (Some(on_host), Some(inside)) => Self([*on_host, inside], 2),
            (Some(port), None) => Self([*port, 0], 1),
            (None, Some(port)) => Self([port, 0], 1),
            (None, None) => Self([0, 0], 0),
        }
    }

    fn as_slice(&self) -> &[u16] {
        &self.0[..self.1]
    }
}

fn is_healthy(app: &AppStatus, task: &Task) -> bool {
    let passes = match task.is_healthy() {
        Some(passes) => passes,
        None => app.app.health_checks().is_empty(),
    };
    task.state == TaskState::Running && passes
}
