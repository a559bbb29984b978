//! The steps of a deployment.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::units::{AppId, InstanceCount};

/// What a deployment does with one app in one step.
///
/// Written as on Marathon's wire, `{"action": "ScaleApplication", "app": "/shop"}`, where no count is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new action must break every executor")]
pub enum Action {
    /// Makes the app known, with no instance. Marathon keeps this step for compatibility.
    StartApplication {
        /// The app, as the target defines it.
        app: AppId,
    },
    /// Stops all instances of an app that is no longer wanted, whatever its upgrade strategy.
    StopApplication {
        /// The app, as the original defines it.
        app: AppId,
    },
    /// Stops or starts instances until there are `to`, whatever the upgrade strategy.
    ScaleApplication {
        /// The app, as the target defines it.
        app: AppId,
        /// Its number of instances in the target.
        to: InstanceCount,
    },
    /// Replaces all instances of earlier versions, within the upgrade strategy of the target.
    RestartApplication {
        /// The app, as the target defines it.
        app: AppId,
    },
}

impl Action {
    /// The app that the action is about.
    pub const fn app(&self) -> &AppId {
        match self {
            Self::StartApplication { app }
            | Self::StopApplication { app }
            | Self::ScaleApplication { app, .. }
            | Self::RestartApplication { app } => app,
        }
    }

    /// Marathon's word for the kind of action.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StartApplication { .. } => "StartApplication",
            Self::StopApplication { .. } => "StopApplication",
            Self::ScaleApplication { .. } => "ScaleApplication",
            Self::RestartApplication { .. } => "RestartApplication",
        }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Action", 2)?;
        object.serialize_field("action", self.name())?;
        object.serialize_field("app", self.app())?;
        object.end()
    }
}

/// Actions that run at the same time. The next step begins when all of them have succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    actions: Vec<Action>,
}

impl Step {
    /// A step of these actions, none if there are none.
    pub(super) fn of(actions: Vec<Action>) -> Option<Self> {
        (!actions.is_empty()).then_some(Self { actions })
    }

    /// The actions, at least one, in the order of their apps' ids; no app twice.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }
}

/// What Marathon does to get from one state of the apps to another.
///
/// Written as the part of `GET /v2/deployments` that the two states decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentPlan {
    #[serde(rename = "affectedApps")]
    affected: BTreeSet<AppId>,
    steps: Vec<Step>,
}

impl DeploymentPlan {
    pub(super) fn new(affected: BTreeSet<AppId>, steps: Vec<Step>) -> Self {
        Self { affected, steps }
    }

    /// The steps, one after the other.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The apps that are added, removed or changed. One of which only
    /// `executorResources` changed is among them, and in no step.
    pub const fn affected(&self) -> &BTreeSet<AppId> {
        &self.affected
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether Marathon refuses to run this plan beside `other` unless forced: whether some app is
    /// affected by both. That one app depends on another makes no conflict.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        !self.affected.is_disjoint(&other.affected)
    }
}
