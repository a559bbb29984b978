//! The world behind the ports.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Map, Value};
use zdd_core::app::{App, Group};
use zdd_core::ports::{
    Accepted, AppStatus, Balancer, Clock, CurrentStep, EventStream, Force, Info, KillMode,
    LoadBalancer, Look, Marathon, MarathonError, Name, QueueItem, RunningDeployment, ServerChange,
    Task, TaskState,
};
use zdd_core::simulate::{ChangeError, Instance, MesosState, instance_of};
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

use super::world::World;

pub(crate) struct Ports(Mutex<World>);

impl Ports {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self(Mutex::new(World::new(now)))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the root group: all that Marathon is ever asked to change.
    fn change(
        &self,
        force: Force,
        change: impl FnOnce(&mut Group) -> Result<(), MarathonError>,
    ) -> Result<Accepted, MarathonError> {
        let mut world = self.world();
        let mut target = world.marathon.root().clone();
        change(&mut target)?;
        world.call(|marathon, now| marathon.change(now, target, force)).map_err(refusal)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.world().fmt(f)
    }
}

#[async_trait]
impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.world().now
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.world().pass(deadline);
    }
}

#[async_trait]
impl LoadBalancer for Ports {
    async fn look(&self, _: &Name) -> Vec<Balancer> {
        let mut look = Look::default();
        look.servers = self.world().servers();
        vec![Balancer { name: "haproxy".into(), seen: Ok(look) }]
    }

    async fn set(&self, backend: &Name, changes: &[ServerChange]) -> Vec<Balancer> {
        for change in changes {
            self.world().set(change);
        }
        self.look(backend).await
    }

    async fn cut(&self, backend: &Name, servers: &[Name]) -> Vec<Balancer> {
        for server in servers {
            self.world().cut(server);
        }
        self.look(backend).await
    }

    fn can_set(&self) -> bool {
        true
    }
}

/// A rollout reads apps, and creates, scales and deletes them; it stops tasks, and asks for nothing else.
#[async_trait]
impl Marathon for Ports {
    async fn app(&self, id: &AppId) -> Result<AppStatus, MarathonError> {
        let world = self.world();
        let marathon = &world.marathon;
        let app = marathon.app(id).ok_or_else(|| not_found(id))?;
        let holds = marathon.deployments().filter(|it| it.plan.affected().contains(id));
        let mut status = AppStatus::new(App::clone(app));
        status.deployments = holds.map(|it| it.id.clone()).collect();
        let tasks = marathon.instances(id).filter(|it| it.has_task());
        status.tasks = Some(tasks.map(task).collect());
        Ok(status)
    }

    async fn create_app(&self, app: &App, force: Force) -> Result<Accepted, MarathonError> {
        self.change(force, |root| {
            if root.app(app.id()).is_some() {
                return Err(MarathonError::Exists { message: app.id().to_string() });
            }
            let taken = root.insert_app(app.clone());
            taken.map(drop).map_err(|error| refused(&error))
        })
    }

    async fn scale_app(
        &self,
        id: &AppId,
        instances: InstanceCount,
        force: Force,
    ) -> Result<Accepted, MarathonError> {
        self.change(force, |root| {
            let app = root.app_mut(id).ok_or_else(|| not_found(id))?;
            *app = app.clone().with_instances(instances);
            Ok(())
        })
    }

    async fn delete_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError> {
        self.change(force, |root| root.remove_app(id).map(drop).ok_or_else(|| not_found(id)))
    }

    async fn kill(
        &self,
        tasks: &BTreeSet<TaskId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, MarathonError> {
        let instances = tasks.iter().map(instance_of).collect();
        let mut world = self.world();
        world.call(|marathon, now| marathon.kill(now, &instances, mode, force)).map_err(refusal)
    }

    async fn tasks(&self, id: &AppId) -> Result<Vec<Task>, MarathonError> {
        Ok(self.app(id).await?.tasks.unwrap_or_default())
    }

    async fn apps(&self) -> Result<Vec<AppStatus>, MarathonError> {
        not_here()
    }

    async fn apps_in(&self, _: &GroupId) -> Result<Vec<AppStatus>, MarathonError> {
        not_here()
    }

    async fn replace_app(&self, _: &App, _: Force) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn patch_app(
        &self,
        _: &AppId,
        _: &Map<String, Value>,
        _: Force,
    ) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn restart_app(&self, _: &AppId, _: Force) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn versions(&self, _: &AppId) -> Result<Vec<Timestamp>, MarathonError> {
        not_here()
    }

    async fn version(&self, _: &AppId, _: Timestamp) -> Result<App, MarathonError> {
        not_here()
    }

    async fn group(&self, _: &GroupId) -> Result<Group, MarathonError> {
        not_here()
    }

    async fn replace_group(&self, _: &Group, _: Force) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn preview_group(&self, _: &Group) -> Result<Vec<CurrentStep>, MarathonError> {
        not_here()
    }

    async fn delete_group(&self, _: &GroupId, _: Force) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn deployments(&self) -> Result<Vec<RunningDeployment>, MarathonError> {
        not_here()
    }

    async fn revert(&self, _: &DeploymentId) -> Result<Accepted, MarathonError> {
        not_here()
    }

    async fn cancel(&self, _: &DeploymentId) -> Result<(), MarathonError> {
        not_here()
    }

    async fn queue(&self) -> Result<Vec<QueueItem>, MarathonError> {
        not_here()
    }

    async fn reset_delay(&self, _: &AppId) -> Result<(), MarathonError> {
        not_here()
    }

    async fn info(&self) -> Result<Info, MarathonError> {
        not_here()
    }

    fn events(&self) -> Box<dyn EventStream> {
        unreachable!("a rollout goes by what it sees, not by events")
    }
}

fn task(instance: &Instance) -> Task {
    let state = match instance.state {
        _ if instance.killed_at.is_some() => TaskState::Killing,
        state => TaskState::of(state.unwrap_or(MesosState::Staging).word()),
    };
    let mut task = Task::new(instance.task.clone(), instance.app.clone(), state);
    task.version = Some(instance.version);
    task.host.clone_from(&instance.host);
    task.ports.clone_from(&instance.ports);
    task.started_at = instance.started_at;
    task.health = instance.health.iter().flatten().cloned().collect();
    task
}

fn refusal(error: ChangeError) -> MarathonError {
    match error {
        ChangeError::Locked { deployments } => MarathonError::Locked { deployments },
        other => refused(&other),
    }
}

fn refused(error: &impl ToString) -> MarathonError {
    MarathonError::Refused { message: error.to_string() }
}

fn not_found(app: &AppId) -> MarathonError {
    MarathonError::NotFound { message: app.to_string() }
}

fn not_here<T>() -> Result<T, MarathonError> {
    Err(refused(&"this Marathon knows what a rollout asks for, and no more"))
}
