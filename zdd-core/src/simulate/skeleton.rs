//! What the model does; still without the doing.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::error::ChangeError;
use super::marathon::Marathon;
use super::order::ReadinessAnswer;
use super::state::MesosState;
use crate::app::{App, Group};
use crate::group::DeploymentPlan;
use crate::ports::{Accepted, Force, KillMode, QueueItem};
use crate::units::{AppId, DeploymentId, InstanceId, TaskId, Timestamp};

#[expect(
    clippy::missing_errors_doc,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    unused_variables,
    missing_docs,
    reason = "signatures"
)]
impl Marathon {
    pub fn change(
        &mut self,
        now: Timestamp,
        target: Group,
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        Err(ChangeError::TooManyDeployments { max: 0 })
    }
    pub fn preview(&self, target: &Group) -> Result<DeploymentPlan, ChangeError> {
        Err(ChangeError::TooManyDeployments { max: 0 })
    }
    pub fn restart(
        &mut self,
        now: Timestamp,
        apps: &BTreeSet<AppId>,
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        Err(ChangeError::TooManyDeployments { max: 0 })
    }
    pub fn kill(
        &mut self,
        now: Timestamp,
        instances: &BTreeSet<InstanceId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, ChangeError> {
        Err(ChangeError::TooManyDeployments { max: 0 })
    }
    pub fn revert(&mut self, now: Timestamp, id: &DeploymentId) -> Result<Accepted, ChangeError> {
        Err(ChangeError::NoSuchDeployment(id.clone()))
    }
    pub fn cancel(&mut self, now: Timestamp, id: &DeploymentId) -> Result<(), ChangeError> {
        Err(ChangeError::NoSuchDeployment(id.clone()))
    }
    pub fn reset_delay(&mut self, now: Timestamp, app: &AppId) -> bool {
        false
    }
    pub fn restore(&mut self, now: Timestamp, root: Group, history: BTreeMap<AppId, Vec<App>>) {}
    pub fn launched(&mut self, now: Timestamp, task: &TaskId, ports: Vec<u16>) {}
    pub fn task_changed(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        state: MesosState,
        message: &str,
    ) {
    }
    pub fn checked(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        check: usize,
        result: Result<(), String>,
    ) {
    }
    pub fn ready(&mut self, now: Timestamp, task: &TaskId, answer: ReadinessAnswer) {}
    pub fn tick(&mut self, now: Timestamp) {}
    pub fn next_tick(&self) -> Option<Timestamp> {
        None
    }
    pub fn queue(&self, now: Timestamp) -> Vec<QueueItem> {
        Vec::new()
    }
    /// Tells listeners that someone changed an app over the API.
    pub fn note_api_post(&mut self, now: Timestamp, client_ip: String, uri: String, app: &AppId) {}
}
