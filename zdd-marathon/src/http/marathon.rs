//! The port, carried out over HTTP.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::{Map, Value, json};
use zdd_core::app::{App, Group};
use zdd_core::ports::{
    Accepted, AppStatus, CurrentStep, EventStream, Force, Info, KillMode, Marathon, MarathonError,
    QueueItem, RunningDeployment, Task,
};
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

use super::answers::{self, accepted, json as read};
use super::builder::Builder;
use super::call::{Call, Repeat, segment};
use super::refusal::UNKNOWN_METHOD;
use super::transport::Transport;
use crate::events::{Pace, follow};
use crate::wire::{self, body_of_app, body_of_group};

/// A Marathon over its REST API.
///
/// Clones share what is known about the addresses and the connections to them. `Debug` shows
/// addresses only.
#[derive(Clone)]
pub struct HttpMarathon {
    transport: Arc<Transport>,
}

impl HttpMarathon {
    /// Sets up a connection to the Marathon at `urls`: one or several addresses of the same cluster,
    /// each with the path that the API is below, if any (`https://dcos.example.com/service/marathon`).
    /// User and password in an address are taken out of it at once.
    pub fn builder(urls: impl IntoIterator<Item = Url>) -> Builder {
        Builder::new(urls)
    }

    /// For how long nothing has been heard of Marathon while an answer is awaited, over all tries and all
    /// addresses; `None` while no call is on its way.
    ///
    /// For whoever wants to say meanwhile that it takes long. The event stream is no part of it.
    pub fn silence(&self) -> Option<Duration> {
        self.transport.silence.lasts()
    }

    /// The addresses, for messages: without anything that is secret.
    pub fn addresses(&self) -> String {
        self.transport.urls()
    }

    pub(super) fn over(transport: Arc<Transport>) -> Self {
        Self { transport }
    }

    /// The address that answered last, or is asked first.
    pub(crate) fn address(&self) -> Option<Url> {
        self.transport.in_turn().next().map(|(_, host)| host.address.url())
    }

    async fn change(&self, call: Call) -> Result<Accepted, MarathonError> {
        self.transport.call(&call, accepted).await
    }

    /// `fields`, and those of the app that a partial update would reset although it does not name
    /// them: an app with resource limits would lose them, and be restarted, by being scaled.
    ///
    /// Source: Marathon's `AppUpdate`, which merges all members but these two.
    async fn with_forgotten(
        &self,
        id: &AppId,
        fields: &Map<String, Value>,
    ) -> Result<Map<String, Value>, MarathonError> {
        let app = self.app(id).await?.app;
        let mut all = fields.clone();
        for key in ["resourceLimits", "executorResources"] {
            let kept = app.as_json().get(key).filter(|value| !value.is_null());
            if let Some(kept) = kept.filter(|_| !fields.contains_key(key)) {
                all.insert(key.into(), kept.clone());
            }
        }
        Ok(all)
    }
}

impl fmt::Debug for HttpMarathon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpMarathon").field(&self.transport.urls()).finish()
    }
}

#[async_trait]
impl Marathon for HttpMarathon {
    async fn app(&self, id: &AppId) -> Result<AppStatus, MarathonError> {
        // Counts, tasks, deployments and the last failure come anyway.
        let call = Call::get(path_of_app(id)).query("embed", "app.readiness");
        self.transport.call(&call, |answer| read::<wire::OneApp>(answer).map(|it| it.app.0)).await
    }

    async fn apps(&self) -> Result<Vec<AppStatus>, MarathonError> {
        let call = embedding(Call::get("/v2/apps"));
        self.transport
            .call(&call, |answer| read::<wire::AppList>(answer).map(wire::AppList::apps))
            .await
    }

    async fn apps_in(&self, id: &GroupId) -> Result<Vec<AppStatus>, MarathonError> {
        let call = embedding(Call::get(format!("/v2/apps{}/*", below_root(id))));
        self.transport
            .call(&call, |answer| read::<wire::StarList>(answer).map(wire::StarList::apps))
            .await
    }

    async fn create_app(&self, app: &App, force: Force) -> Result<Accepted, MarathonError> {
        let call = Call::change(Method::POST, "/v2/apps").force(force);
        self.change(with_body(call, &body_of_app(app))?).await
    }

    async fn replace_app(&self, app: &App, force: Force) -> Result<Accepted, MarathonError> {
        let call = Call::change(Method::PUT, path_of_app(app.id()));
        let call = call.force(force).query("partialUpdate", "false");
        self.change(with_body(call, &body_of_app(app))?).await
    }

    async fn patch_app(
        &self,
        id: &AppId,
        fields: &Map<String, Value>,
        force: Force,
    ) -> Result<Accepted, MarathonError> {
        let fields = self.with_forgotten(id, fields).await?;
        let patch = Call::change(Method::PATCH, path_of_app(id)).force(force);
        match self.change(with_body(patch, &fields)?).await {
            // Old releases do not know PATCH. Their PUT would create an app that is missing, but it
            // was there a moment ago.
            Err(MarathonError::Refused { message }) if message == UNKNOWN_METHOD => {
                let put = Call::change(Method::PUT, path_of_app(id)).force(force);
                self.change(with_body(put.query("partialUpdate", "true"), &fields)?).await
            }
            other => other,
        }
    }

    async fn scale_app(
        &self,
        id: &AppId,
        instances: InstanceCount,
        force: Force,
    ) -> Result<Accepted, MarathonError> {
        let fields = Map::from_iter([("instances".to_owned(), instances.get().into())]);
        self.patch_app(id, &fields, force).await
    }

    async fn restart_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError> {
        let path = format!("{}/restart", path_of_app(id));
        self.change(Call::change(Method::POST, path).force(force)).await
    }

    async fn delete_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError> {
        self.change(Call::change(Method::DELETE, path_of_app(id)).force(force)).await
    }

    async fn versions(&self, id: &AppId) -> Result<Vec<Timestamp>, MarathonError> {
        let call = Call::get(format!("{}/versions", path_of_app(id)));
        let newest_first =
            |answer: &_| read::<wire::Versions>(answer).map(wire::Versions::newest_first);
        self.transport.call(&call, newest_first).await
    }

    async fn version(&self, id: &AppId, version: Timestamp) -> Result<App, MarathonError> {
        let version = segment(&version.to_string());
        let call = Call::get(format!("{}/versions/{version}", path_of_app(id)));
        self.transport.call(&call, |answer| read::<wire::AppInfo>(answer).map(|it| it.0.app)).await
    }

    async fn group(&self, id: &GroupId) -> Result<Group, MarathonError> {
        self.transport.call(&Call::get(path_of_group(id)), read::<Group>).await
    }

    async fn replace_group(&self, group: &Group, force: Force) -> Result<Accepted, MarathonError> {
        let call = Call::change(Method::PUT, path_of_group(group.id())).force(force);
        self.change(with_group(call, group)?).await
    }

    async fn preview_group(&self, group: &Group) -> Result<Vec<CurrentStep>, MarathonError> {
        let call = Call::change(Method::PUT, path_of_group(group.id())).query("dryRun", "true");
        let call = with_group(call.repeated(Repeat::Reads), group)?;
        self.transport.call(&call, |answer| read::<wire::WireSteps>(answer).map(Into::into)).await
    }

    async fn delete_group(&self, id: &GroupId, force: Force) -> Result<Accepted, MarathonError> {
        self.change(Call::change(Method::DELETE, path_of_group(id)).force(force)).await
    }

    async fn tasks(&self, id: &AppId) -> Result<Vec<Task>, MarathonError> {
        let call = Call::get(format!("{}/tasks", path_of_app(id)));
        let tasks = self.transport.call(&call, read::<wire::TaskList>).await?;
        Ok(tasks.of_app(id))
    }

    async fn kill(
        &self,
        tasks: &BTreeSet<TaskId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, MarathonError> {
        if tasks.is_empty() {
            return Ok(None);
        }
        let call = Call::change(Method::POST, "/v2/tasks/delete").force(force);
        let call = with_body(call, &json!({ "ids": tasks }))?;
        match mode {
            KillMode::Restart => {
                self.transport.call(&call, answers::any).await?;
                Ok(None)
            }
            KillMode::Wipe => {
                self.transport.call(&call.query("wipe", "true"), answers::any).await?;
                Ok(None)
            }
            KillMode::Scale => {
                self.transport.call(&call.query("scale", "true"), answers::accepted_if_any).await
            }
        }
    }

    async fn deployments(&self) -> Result<Vec<RunningDeployment>, MarathonError> {
        let call = Call::get("/v2/deployments");
        let decode = |answer: &_| {
            let wire: Vec<wire::WireDeployment> = read(answer)?;
            Ok(wire.into_iter().map(RunningDeployment::from).collect())
        };
        self.transport.call(&call, decode).await
    }

    async fn revert(&self, id: &DeploymentId) -> Result<Accepted, MarathonError> {
        let call = Call::change(Method::DELETE, path_of_deployment(id)).force(Force::No);
        self.change(call).await
    }

    async fn cancel(&self, id: &DeploymentId) -> Result<(), MarathonError> {
        let call = Call::change(Method::DELETE, path_of_deployment(id)).force(Force::Yes);
        // The id is never used again: what is cancelled stays so.
        self.transport.call_harmless(&call.repeated(Repeat::Harmless)).await
    }

    async fn queue(&self) -> Result<Vec<QueueItem>, MarathonError> {
        let call = Call::get("/v2/queue");
        self.transport.call(&call, |answer| read::<wire::WireQueue>(answer).map(Into::into)).await
    }

    async fn reset_delay(&self, id: &AppId) -> Result<(), MarathonError> {
        let call = Call::change(Method::DELETE, format!("/v2/queue{id}/delay"));
        self.transport.call_harmless(&call.repeated(Repeat::Harmless)).await
    }

    async fn info(&self) -> Result<Info, MarathonError> {
        self.transport.call(&Call::get("/v2/info"), answers::info).await
    }

    fn events(&self) -> Box<dyn EventStream> {
        let pace = Pace { silence: self.transport.settings.event_timeout, ..Pace::default() };
        Box::new(follow(self.transport.clone(), pace))
    }
}

/// Asks for all that an [`AppStatus`] has.
fn embedding(call: Call) -> Call {
    let parts =
        ["apps.tasks", "apps.counts", "apps.deployments", "apps.lastTaskFailure", "apps.readiness"];
    parts.into_iter().fold(call, |call, part| call.query("embed", part))
}

/// Ids hold nothing that has to be encoded.
fn path_of_app(id: &AppId) -> String {
    format!("/v2/apps{}", id.as_str())
}

fn path_of_group(id: &GroupId) -> String {
    format!("/v2/groups{}", below_root(id))
}

/// The id with its leading slash; nothing for the root.
fn below_root(id: &GroupId) -> &str {
    if id.is_root() { "" } else { id.as_str() }
}

fn path_of_deployment(id: &DeploymentId) -> String {
    format!("/v2/deployments/{}", segment(id.as_str()))
}

/// Fails only for what cannot be written as JSON at all, which no definition is.
fn with_body(call: Call, body: &impl Serialize) -> Result<Call, MarathonError> {
    call.body(body).map_err(|error| unwritten(&error))
}

fn with_group(call: Call, group: &Group) -> Result<Call, MarathonError> {
    let body = body_of_group(group).map_err(|error| unwritten(&error))?;
    with_body(call, &body)
}

fn unwritten(error: &serde_json::Error) -> MarathonError {
    MarathonError::Invalid { message: format!("not JSON: {error}"), details: Vec::new() }
}
