//! The port to Marathon.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{
    Accepted, AppStatus, CurrentStep, EventStream, Info, MarathonError, QueueItem,
    RunningDeployment, Task,
};
use crate::app::{App, Group};
use crate::units::{AppId, DeploymentId, GroupId, InstanceCount, TaskId, Timestamp};

/// Whether a change may cancel the deployments that hold the apps it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Force {
    /// Refuse with [`MarathonError::Locked`].
    #[default]
    No,
    /// Cancel them first. Their instances stay as they are.
    Yes,
}

/// What becomes of the places of killed tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "Marathon has no other")]
pub enum KillMode {
    /// They are started again.
    Restart,
    /// The app shrinks by as many: a deployment.
    Scale,
    /// They are started again, without what they kept on disk.
    Wipe,
}

/// A Marathon.
///
/// Every call is either answered or fails with a typed error; none waits without end. A call that
/// changes something is sent at most once unless doing it twice is harmless: when its answer is
/// lost, the error says so ([`Unreachable::MayHaveHappened`](super::Unreachable)), and whoever
/// called has to look.
#[async_trait]
pub trait Marathon: Send + Sync {
    /// One app with its tasks, last failure and deployments.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`] where there is none, and what every call can fail with.
    async fn app(&self, id: &AppId) -> Result<AppStatus, MarathonError>;

    /// All apps, with counts and without tasks.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    async fn apps(&self) -> Result<Vec<AppStatus>, MarathonError>;

    /// All apps of a group and of the groups in it, with their tasks.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`] where there is none, and what every call can fail with.
    async fn apps_in(&self, id: &GroupId) -> Result<Vec<AppStatus>, MarathonError>;

    /// Creates an app.
    ///
    /// # Errors
    ///
    /// [`MarathonError::Exists`], and what every change can fail with.
    async fn create_app(&self, app: &App, force: Force) -> Result<Accepted, MarathonError>;

    /// Puts `app` in the place of the app with its id: what `app` does not say takes Marathon's
    /// defaults. Creates it where there is none.
    ///
    /// # Errors
    ///
    /// What every change can fail with.
    async fn replace_app(&self, app: &App, force: Force) -> Result<Accepted, MarathonError>;

    /// Changes some top-level fields of an app and leaves the others.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every change can fail with.
    async fn patch_app(
        &self,
        id: &AppId,
        fields: &Map<String, Value>,
        force: Force,
    ) -> Result<Accepted, MarathonError>;

    /// Sets the number of instances.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every change can fail with.
    async fn scale_app(
        &self,
        id: &AppId,
        instances: InstanceCount,
        force: Force,
    ) -> Result<Accepted, MarathonError>;

    /// Replaces all instances of an app by those of the same definition.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every change can fail with.
    async fn restart_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError>;

    /// Removes an app and stops its instances.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every change can fail with.
    async fn delete_app(&self, id: &AppId, force: Force) -> Result<Accepted, MarathonError>;

    /// The versions of an app that Marathon remembers, the newest first.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every call can fail with.
    async fn versions(&self, id: &AppId) -> Result<Vec<Timestamp>, MarathonError>;

    /// An app as it was in one of its versions.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every call can fail with.
    async fn version(&self, id: &AppId, version: Timestamp) -> Result<App, MarathonError>;

    /// A group with everything in it.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every call can fail with.
    async fn group(&self, id: &GroupId) -> Result<Group, MarathonError>;

    /// Puts `group` in the place of the group with its id. Creates it where there is none.
    ///
    /// # Errors
    ///
    /// What every change can fail with.
    async fn replace_group(&self, group: &Group, force: Force) -> Result<Accepted, MarathonError>;

    /// The steps that [`replace_group`](Self::replace_group) would take. Nothing changes.
    ///
    /// # Errors
    ///
    /// What every change can fail with.
    async fn preview_group(&self, group: &Group) -> Result<Vec<CurrentStep>, MarathonError>;

    /// Removes a group and everything in it.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every change can fail with.
    async fn delete_group(&self, id: &GroupId, force: Force) -> Result<Accepted, MarathonError>;

    /// The tasks of an app.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`], and what every call can fail with.
    async fn tasks(&self, id: &AppId) -> Result<Vec<Task>, MarathonError>;

    /// Kills tasks. Answers with the deployment when the mode is [`KillMode::Scale`]. Tasks that are
    /// gone already are passed over.
    ///
    /// # Errors
    ///
    /// What every change can fail with.
    async fn kill(
        &self,
        tasks: &BTreeSet<TaskId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, MarathonError>;

    /// The deployments that go on.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    async fn deployments(&self) -> Result<Vec<RunningDeployment>, MarathonError>;

    /// Takes a deployment back: another deployment that leads to where it came from.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`] when it has ended, and what every change can fail with.
    async fn revert(&self, id: &DeploymentId) -> Result<Accepted, MarathonError>;

    /// Stops a deployment where it is. Instances of both versions may stay.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`] when it has ended, and what every change can fail with.
    async fn cancel(&self, id: &DeploymentId) -> Result<(), MarathonError>;

    /// What waits to be launched, and why.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    async fn queue(&self) -> Result<Vec<QueueItem>, MarathonError>;

    /// Ends the launch delay that an app earned by failing.
    ///
    /// # Errors
    ///
    /// [`MarathonError::NotFound`] when nothing of it waits, and what every call can fail with.
    async fn reset_delay(&self, id: &AppId) -> Result<(), MarathonError>;

    /// What Marathon says about itself.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    async fn info(&self) -> Result<Info, MarathonError>;

    /// Follows the event stream from now on. The stream connects again by itself; see [`Feed`](super::Feed).
    fn events(&self) -> Box<dyn EventStream>;
}
