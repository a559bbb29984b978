//! The small world behind the ports: what `Drive` does in it, action by action.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use zdd_core::app::{App, Group};
use zdd_core::drive::{Drive, Go, Witness};
use zdd_core::ports::{
    Accepted, AppStatus, Balancer, Clock, CurrentStep, EventStream, Force, Info, KillMode,
    LoadBalancer, Marathon, MarathonError, Name, QueueItem, RunningDeployment, ServerChange, Task,
};
use zdd_core::rollout::{Action, Decision, Observation, Outcome, Rollout};
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

use super::world::{NEW, OLD, World};

/// What was done, and when; how many instances served after all that was done at that moment.
pub(crate) type Done = Vec<(Duration, Action, usize)>;

/// Carries a rollout out in `world`.
pub(crate) fn drive(world: World, rollout: &mut Rollout) -> (Done, Outcome, World) {
    let began = world.now;
    let world = Ports(Mutex::new(world));
    let backend = Name::new("shop_10080").unwrap();
    let drive = Drive { marathon: &world, balancer: &world, backend: &backend, clock: &world };
    let mut witness = Log { world: &world, began, done: Vec::new() };
    let polled = {
        let mut running = pin!(sendable(drive.run(rollout, &mut witness)));
        running.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    let Poll::Ready(ended) = polled else { panic!("nothing in this world has to be waited for") };
    let done = witness.done;
    (done, ended.unwrap(), world.0.into_inner().unwrap())
}

/// With a witness that is, it can be carried out by a runtime of several threads.
fn sendable<T: Send>(it: T) -> T {
    it
}

struct Log<'w> {
    world: &'w Ports,
    began: Timestamp,
    done: Done,
}

impl Witness for Log<'_> {
    async fn decided(&mut self, _: Timestamp, _: &Observation, _: &Decision) -> Go {
        Go::On
    }

    async fn done(&mut self, now: Timestamp, action: &Action) {
        let serving = self.world.0.lock().unwrap().serving();
        self.done.push((now.since(self.began), action.clone(), serving));
    }
}

struct Ports(Mutex<World>);

impl Ports {
    fn act(&self, action: &Action) {
        self.0.lock().unwrap().act(action);
    }

    /// The app as it is listed, held by a deployment until all that was launched is healthy.
    fn status(&self, id: &AppId) -> Option<AppStatus> {
        let world = self.0.lock().unwrap();
        let seen = world.observe();
        let status = if id.as_str() == OLD { seen.old } else { seen.new };
        let mut status = status.filter(|it| it.app.id() == id)?;
        let tasks = world.tasks.iter().filter(|it| it.app == *id);
        if tasks.clone().any(|it| it.healthy_from > world.now) {
            status.deployments.push("d".parse().unwrap());
        }
        Some(status)
    }

    fn unlocked(&self, id: &AppId, force: Force) -> Result<(), MarathonError> {
        let is_held = self.status(id).is_some_and(|it| !it.deployments.is_empty());
        if is_held && force == Force::No {
            return Err(MarathonError::Locked { deployments: Vec::new() });
        }
        Ok(())
    }

    fn accepted(&self) -> Accepted {
        let version = self.0.lock().unwrap().now;
        Accepted { deployment: "d".parse().unwrap(), version }
    }
}

#[async_trait]
impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let mut world = self.0.lock().unwrap();
        // It looks at itself only when time passes: just before and just when an instance becomes
        // healthy, so that what follows from that follows at once.
        let mut stops: Vec<Timestamp> = world.tasks.iter().map(|it| it.healthy_from).collect();
        stops
            .extend(stops.clone().into_iter().map(|at| Timestamp::from_millis(at.as_millis() - 1)));
        stops.push(deadline);
        stops.retain(|at| *at > world.now && *at <= deadline);
        stops.sort_unstable();
        for at in stops {
            let time = at.since(world.now);
            world.pass(time);
        }
    }
}

#[async_trait]
impl LoadBalancer for Ports {
    async fn look(&self, _: &Name) -> Vec<Balancer> {
        self.0.lock().unwrap().observe().balancers
    }

    async fn set(&self, backend: &Name, changes: &[ServerChange]) -> Vec<Balancer> {
        self.act(&Action::Set(changes.to_vec()));
        self.look(backend).await
    }

    async fn cut(&self, backend: &Name, servers: &[Name]) -> Vec<Balancer> {
        self.act(&Action::Cut(servers.to_vec()));
        self.look(backend).await
    }

    fn can_set(&self) -> bool {
        true
    }
}

#[async_trait]
impl Marathon for Ports {
    async fn app(&self, id: &AppId) -> Result<AppStatus, MarathonError> {
        self.status(id).ok_or_else(|| MarathonError::NotFound { message: id.to_string() })
    }

    async fn create_app(&self, app: &App, _: Force) -> Result<Accepted, MarathonError> {
        self.act(&Action::Create(Box::new(app.clone())));
        Ok(self.accepted())
    }

    async fn scale_app(
        &self,
        id: &AppId,
        instances: InstanceCount,
        force: Force,
    ) -> Result<Accepted, MarathonError> {
        self.unlocked(id, force)?;
        self.act(&Action::Scale { app: id.clone(), instances, force });
        Ok(self.accepted())
    }

    async fn kill(
        &self,
        tasks: &BTreeSet<TaskId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, MarathonError> {
        assert_eq!(mode, KillMode::Scale);
        let app = tasks.first().map(|id| if id.as_str().contains("blue") { OLD } else { NEW });
        let Some(app) = app.map(|id| id.parse::<AppId>().unwrap()) else { return Ok(None) };
        self.unlocked(&app, force)?;
        self.act(&Action::Kill { app, tasks: tasks.clone() });
        Ok(Some(self.accepted()))
    }

    async fn delete_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError> {
        self.unlocked(id, force)?;
        self.act(&Action::Delete { app: id.clone(), force });
        Ok(self.accepted())
    }

    async fn apps(&self) -> Result<Vec<AppStatus>, MarathonError> {
        unreachable!("a rollout looks at its two apps only")
    }

    async fn apps_in(&self, _: &GroupId) -> Result<Vec<AppStatus>, MarathonError> {
        unreachable!()
    }

    async fn replace_app(&self, _: &App, _: Force) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn patch_app(
        &self,
        _: &AppId,
        _: &Map<String, Value>,
        _: Force,
    ) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn restart_app(&self, _: &AppId, _: Force) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn versions(&self, _: &AppId) -> Result<Vec<Timestamp>, MarathonError> {
        unreachable!()
    }

    async fn version(&self, _: &AppId, _: Timestamp) -> Result<App, MarathonError> {
        unreachable!()
    }

    async fn group(&self, _: &GroupId) -> Result<Group, MarathonError> {
        unreachable!()
    }

    async fn replace_group(&self, _: &Group, _: Force) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn preview_group(&self, _: &Group) -> Result<Vec<CurrentStep>, MarathonError> {
        unreachable!()
    }

    async fn delete_group(&self, _: &GroupId, _: Force) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn tasks(&self, _: &AppId) -> Result<Vec<Task>, MarathonError> {
        unreachable!("they are listed with their app")
    }

    async fn deployments(&self) -> Result<Vec<RunningDeployment>, MarathonError> {
        unreachable!()
    }

    async fn revert(&self, _: &DeploymentId) -> Result<Accepted, MarathonError> {
        unreachable!()
    }

    async fn cancel(&self, _: &DeploymentId) -> Result<(), MarathonError> {
        unreachable!()
    }

    async fn queue(&self) -> Result<Vec<QueueItem>, MarathonError> {
        unreachable!()
    }

    async fn reset_delay(&self, _: &AppId) -> Result<(), MarathonError> {
        unreachable!()
    }

    async fn info(&self) -> Result<Info, MarathonError> {
        unreachable!()
    }

    fn events(&self) -> Box<dyn EventStream> {
        unreachable!()
    }
}
