//! A Marathon that has what the test says.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::{self, error::RecvError};
use zdd_core::app::{App, Group};
use zdd_core::ports::{
    Accepted, AppStatus, CurrentStep, Event, EventStream, Feed, Force, Happening, Info, KillMode,
    Marathon, MarathonError, QueueItem, RunningDeployment, Task, TaskState,
};
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

/// A Marathon that has what the test says.
pub(crate) struct Fake {
    apps: Mutex<Vec<AppStatus>>,
    feeds: broadcast::Sender<Feed>,
    /// Whether it takes requests and never answers.
    hangs: AtomicBool,
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        let feeds = broadcast::channel(1000).0;
        Arc::new(Self { apps: Mutex::default(), feeds, hangs: AtomicBool::new(false) })
    }

    /// Sets the tasks of an app, by the ports that they have, and says so.
    pub(crate) fn set(&self, id: &str, service_port: u16, tasks: &[u16]) {
        self.set_all(&[(id, service_port, tasks)]);
    }

    /// Sets several at once, as a group is changed. What is said is about the first only: so much may
    /// be known of it when the others are not heard of yet.
    pub(crate) fn set_all(&self, wanted: &[(&str, u16, &[u16])]) {
        let mut apps = self.apps.lock().unwrap();
        let said: Vec<Happening> =
            wanted.iter().map(|(id, port, tasks)| set(&mut apps, id, *port, tasks)).collect();
        drop(apps);
        self.tell(said[0].clone());
    }

    /// Takes requests from now on, and never answers.
    pub(crate) fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    /// Takes an app away, and says so.
    pub(crate) fn remove(&self, id: &str) {
        self.apps.lock().unwrap().retain(|it| it.app.id().as_str() != id);
        self.tell(Happening::Changed(id.parse().unwrap()));
    }

    fn tell(&self, happening: Happening) {
        let event = Event { name: "an_event".into(), at: None, happening, json: "{}".into() };
        let _ = self.feeds.send(Feed::Event(event));
    }
}

fn set(apps: &mut Vec<AppStatus>, id: &str, service_port: u16, tasks: &[u16]) -> Happening {
    let json = json!({"id": id, "instances": tasks.len(), "ports": [service_port],
            "labels": {"HAPROXY_0_MODE": "http"}});
    let app = App::from_value(&json, &GroupId::root()).unwrap();
    let task = |port: &u16| {
        let id: TaskId = format!("t.{port}").parse().unwrap();
        let mut task = Task::new(id, app.id().clone(), TaskState::Running);
        task.host = Some("127.0.0.1".into());
        task.ports = vec![*port];
        task
    };
    let tasks = tasks.iter().map(task).collect();
    let mut status = AppStatus::new(app);
    status.tasks = Some(tasks);
    let id = status.app.id().clone();
    let known = apps.iter().position(|it| *it.app.id() == id);
    if let Some(at) = known {
        apps[at] = status;
        Happening::Health { app: id, healthy: true }
    } else {
        apps.push(status);
        Happening::Changed(id)
    }
}

struct Stream(broadcast::Receiver<Feed>, bool);

#[async_trait]
impl EventStream for Stream {
    async fn next(&mut self) -> Option<Feed> {
        if !std::mem::replace(&mut self.1, true) {
            return Some(Feed::Connected);
        }
        match self.0.recv().await {
            Ok(feed) => Some(feed),
            // As a connection does that is made anew.
            Err(RecvError::Lagged(_)) => Some(Feed::Connected),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

type Answer<T> = Result<T, MarathonError>;

#[async_trait]
impl Marathon for Fake {
    async fn app(&self, id: &AppId) -> Answer<AppStatus> {
        let apps = self.apps.lock().unwrap();
        let found = apps.iter().find(|it| it.app.id() == id).cloned();
        found.ok_or(MarathonError::NotFound { message: String::new() })
    }
    async fn apps_in(&self, _: &GroupId) -> Answer<Vec<AppStatus>> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Ok(self.apps.lock().unwrap().clone())
    }
    fn events(&self) -> Box<dyn EventStream> {
        Box::new(Stream(self.feeds.subscribe(), false))
    }
    async fn apps(&self) -> Answer<Vec<AppStatus>> {
        unreachable!("a bridge needs the tasks")
    }
    async fn create_app(&self, _: &App, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn replace_app(&self, _: &App, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn patch_app(&self, _: &AppId, _: &Map<String, Value>, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn scale_app(&self, _: &AppId, _: InstanceCount, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn restart_app(&self, _: &AppId, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn delete_app(&self, _: &AppId, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn versions(&self, _: &AppId) -> Answer<Vec<Timestamp>> {
        unreachable!("a bridge needs no versions")
    }
    async fn version(&self, _: &AppId, _: Timestamp) -> Answer<App> {
        unreachable!("a bridge needs no versions")
    }
    async fn group(&self, _: &GroupId) -> Answer<Group> {
        unreachable!("a bridge needs no groups")
    }
    async fn replace_group(&self, _: &Group, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn preview_group(&self, _: &Group) -> Answer<Vec<CurrentStep>> {
        unreachable!("a bridge changes nothing")
    }
    async fn delete_group(&self, _: &GroupId, _: Force) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn tasks(&self, _: &AppId) -> Answer<Vec<Task>> {
        unreachable!("a bridge reads whole apps")
    }
    async fn kill(&self, _: &BTreeSet<TaskId>, _: KillMode, _: Force) -> Answer<Option<Accepted>> {
        unreachable!("a bridge changes nothing")
    }
    async fn deployments(&self) -> Answer<Vec<RunningDeployment>> {
        unreachable!("a bridge needs no deployments")
    }
    async fn revert(&self, _: &DeploymentId) -> Answer<Accepted> {
        unreachable!("a bridge changes nothing")
    }
    async fn cancel(&self, _: &DeploymentId) -> Answer<()> {
        unreachable!("a bridge changes nothing")
    }
    async fn queue(&self) -> Answer<Vec<QueueItem>> {
        unreachable!("a bridge needs no queue")
    }
    async fn reset_delay(&self, _: &AppId) -> Answer<()> {
        unreachable!("a bridge changes nothing")
    }
    async fn info(&self) -> Answer<Info> {
        unreachable!("a bridge needs no info")
    }
}
