//! What an app with persistent local volumes may not change.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::app::{App, FieldChange, StrategyRefusal};
use crate::units::AppId;
use crate::upgrade::Kind;

/// A change to an app with persistent local volumes that Marathon refuses: its instances keep their
/// agent and what is reserved for them there, so that must stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The app that is created or changed.
    pub app: AppId,
    /// What is wrong with that.
    pub reason: RefusalReason,
}

/// What Marathon refuses about a change to an app with persistent local volumes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// Extra instances would need extra volumes.
    #[error("{0}")]
    Strategy(StrategyRefusal),
    /// The reservations do not fit what is wanted now. The text names the field.
    #[error("{0} may not change while the app has persistent local volumes")]
    Changed(&'static str),
}

impl Refusal {
    /// Whether another upgrade strategy would be accepted.
    pub fn is_about_strategy(&self) -> bool {
        matches!(self.reason, RefusalReason::Strategy(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "app `{}`: {}", self.app, self.reason)
    }
}

/// All such refusals of one plan, in the order of the apps' ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// The refusals, at least one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Refusal> {
        self.0.iter()
    }
}

/// The refusals, one after the other.
impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, refusal) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

/// Asks Marathon's rules on resident apps of every app that is created or changed.
///
/// Source: Marathon's `DeploymentPlan.deploymentPlanValidator`.
pub(super) fn refusals(
    old: &BTreeMap<&AppId, &App>,
    new: &BTreeMap<&AppId, &App>,
) -> Result<(), Refusals> {
    let refused: Vec<Refusal> = new
        .values()
        .flat_map(|app| {
            let reasons = match old.get(app.id()) {
                Some(old) => reasons_against_change(old, app),
                None => reasons_against(app),
            };
            reasons.into_iter().map(|reason| Refusal { app: app.id().clone(), reason })
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(Refusals(refused)) }
}

fn reasons_against(app: &App) -> Vec<RefusalReason> {
    if !app.is_resident() {
        return Vec::new();
    }
    let refusals = Kind::Resident.refusals(app.upgrade_strategy(), app.instances());
    refusals.map(RefusalReason::Strategy).collect()
}

fn reasons_against_change(old: &App, new: &App) -> Vec<RefusalReason> {
    if !old.is_resident() && !new.is_resident() {
        return Vec::new();
    }
    let changes = new.differences_from(old);
    if changes.is_empty() && new.instances() == old.instances() {
        return Vec::new();
    }
    let refused = changes.iter().filter_map(refused_field);
    let mut reasons = reasons_against(new);
    reasons.extend(refused.map(RefusalReason::Changed));
    reasons
}

/// The part of a changed field that has to stay; none if all of the change is allowed.
fn refused_field(change: &FieldChange) -> Option<&'static str> {
    let is_different = |part: fn(&Value) -> Value| part(&change.old) != part(&change.new);
    match change.field {
        "cpus" | "mem" | "disk" | "gpus" | "requirePorts" => Some(change.field),
        "portDefinitions" if is_different(|list| numbers(list, "port")) => Some("host ports"),
        "container" if is_different(|container| container["volumes"].clone()) => Some("volumes"),
        "container"
            if is_different(|container| numbers(&container["portMappings"], "hostPort")) =>
        {
            Some("host ports")
        }
        _ => None,
    }
}

/// The numbers called `name` in a list of ports.
fn numbers(list: &Value, name: &str) -> Value {
    let ports = list.as_array().into_iter().flatten();
    ports.map(|port| port[name].clone()).collect()
}
