//! One look, put together anew: each task with its servers.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::super::matching::{Match, Places};
use super::super::wire::{App, Balancer, RELOADED, Seen, Server, State, Task};
use crate::ports::Name;
use crate::rollout::Side;
use crate::units::{TaskId, Timestamp};

/// The state of a task that runs.
const RUNNING: &str = "TASK_RUNNING";

/// What was seen, with what follows from it.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) seen: Seen,
    pub(super) tasks: BTreeMap<TaskId, Member>,
    /// Servers that could stand for several tasks: the balancer by its place, and the name.
    pub(super) doubtful: BTreeSet<(usize, Name)>,
    /// Servers that take requests and stand for no task.
    pub(super) strange: BTreeSet<(usize, Name)>,
    /// Whether a balancer was not seen, or none is there.
    pub(super) is_blind: bool,
    /// Processes that a reload replaced and that still have connections, at all balancers.
    pub(super) old_workers: u64,
    /// Whether a balancer was reloaded of which they are not seen.
    pub(super) hides_old_workers: bool,
}

/// A task with its servers.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) side: Side,
    pub(super) is_healthy: bool,
    pub(super) is_serving: bool,
    /// Requests come to it, and Marathon did not say yet whether it is healthy. Its answer is a little
    /// older than that of a balancer.
    pub(super) is_ahead: bool,
    /// When it began to run, if it runs and that is known.
    pub(super) runs_since: Option<Timestamp>,
    /// Each by the place of its balancer, and its own there.
    servers: Vec<(usize, usize)>,
}

impl Look {
    pub(super) fn of(seen: Seen) -> Self {
        let sides = [(Side::Old, &seen.old), (Side::New, &seen.new)];
        let all: Vec<(Side, &App, &Task)> = sides
            .into_iter()
            .filter_map(|(side, app)| Some((side, app.as_ref()?)))
            .flat_map(|(side, app)| app.tasks.iter().flatten().map(move |task| (side, app, task)))
            .collect();
        let places = Places::of(all.iter().map(|(_, app, task)| (*app, *task)));
        let mut of_task: Vec<Vec<(usize, usize)>> = all.iter().map(|_| Vec::new()).collect();
        let (mut doubtful, mut strange) = (BTreeSet::new(), BTreeSet::new());
        for (nth, balancer) in seen.balancers.iter().enumerate() {
            for (place, server) in balancer.servers.iter().enumerate() {
                match places.task_of(server) {
                    Match::One(task) => of_task[task].push((nth, place)),
                    Match::Several => drop(doubtful.insert((nth, server.name.clone()))),
                    Match::None if takes_new(server) => {
                        strange.insert((nth, server.name.clone()));
                    }
                    Match::None => {}
                }
            }
        }
        let is_blind =
            seen.balancers.is_empty() || seen.balancers.iter().any(|it| it.error.is_some());
        let mut tasks = BTreeMap::new();
        for ((side, app, task), servers) in all.iter().zip(of_task) {
            let is_healthy = is_healthy(app, task);
            let is_everywhere =
                (0..seen.balancers.len()).all(|nth| servers.iter().any(|(it, _)| *it == nth));
            let serve = servers.iter().all(|at| is_serving(server(&seen.balancers, *at)));
            let is_sent_to = is_everywhere && serve && !is_blind;
            let is_serving = is_healthy && is_sent_to;
            let is_open = task.state == RUNNING && task.healthy.is_none();
            let is_ahead = !is_healthy && is_sent_to && is_open;
            let runs_since = task.started_at.filter(|_| task.state == RUNNING);
            let side = *side;
            let member = Member { side, is_healthy, is_serving, is_ahead, runs_since, servers };
            tasks.insert(task.id.clone(), member);
        }
        let old_workers = seen.balancers.iter().filter_map(|it| it.old_workers);
        let old_workers = old_workers.fold(0, u64::saturating_add);
        let hides_old_workers = seen.balancers.iter().any(|it| {
            it.old_workers.is_none() && it.notices.iter().any(|notice| notice.code == RELOADED)
        });
        Self { seen, tasks, doubtful, strange, is_blind, old_workers, hides_old_workers }
    }

    /// The servers of a task, each with its balancer.
    pub(super) fn servers<'l>(
        &'l self,
        member: &'l Member,
    ) -> impl Iterator<Item = (&'l Balancer, &'l Server)> {
        member
            .servers
            .iter()
            .map(|at| (&self.seen.balancers[at.0], server(&self.seen.balancers, *at)))
    }

    pub(super) fn app(&self, side: Side) -> Option<&App> {
        match side {
            Side::Old => self.seen.old.as_ref(),
            Side::New => self.seen.new.as_ref(),
        }
    }

    /// Tasks that serve, without those that `is_out`.
    pub(super) fn serving_without(&self, is_out: impl Fn(&TaskId, &Member) -> bool) -> u32 {
        let serve = self.tasks.iter().filter(|(id, it)| it.is_serving && !is_out(id, it));
        u32::try_from(serve.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn serving(&self) -> u32 {
        self.serving_without(|_, _| false)
    }

    /// Whether a task takes nothing new at any balancer.
    pub(super) fn is_out(&self, member: &Member) -> bool {
        !self.servers(member).any(|(_, server)| takes_new(server))
    }

    /// Whether it is out, and nothing goes on there.
    pub(super) fn is_drained(&self, member: &Member) -> bool {
        self.is_out(member) && self.servers(member).all(|(_, server)| going_on(server) == 0)
    }
}

fn server(balancers: &[Balancer], (nth, place): (usize, usize)) -> &Server {
    &balancers[nth].servers[place]
}

/// It runs, and no check of it says otherwise; where there are checks, they have said so.
fn is_healthy(app: &App, task: &Task) -> bool {
    task.state == RUNNING && task.healthy.unwrap_or(!app.has_checks)
}

/// Requests come to it, in full.
pub(super) fn is_serving(server: &Server) -> bool {
    server.up && server.set == Some(State::Ready) && server.weight != Some(0)
}

/// Anybody new may come to it: also those that are bound to it by a cookie.
pub(super) fn takes_new(server: &Server) -> bool {
    match server.set {
        Some(State::Maint) => false,
        Some(State::Drain) => server.sticky,
        Some(State::Ready) | None => server.up && server.weight != Some(0),
    }
}

/// Sessions, and requests that wait.
pub(super) fn going_on(server: &Server) -> u64 {
    server.sessions.saturating_add(server.queue)
}
