//! What is to become of an app.

use alloc::string::String;
use core::fmt;

use super::look::Moment;
use super::seat::{Condition, Seat};
use crate::capacity::Bounds;
use crate::ports::RunningDeployment;
use crate::units::{AppId, DeploymentId, InstanceCount, Timestamp};

/// Marathon's word for the replacement of the instances of an app.
const RESTART: &str = "RestartApplication";

/// What is to become of an app.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Intent {
    /// The app.
    pub app: AppId,
    /// The version of its newest definition.
    pub version: Option<Timestamp>,
    /// How many instances there are to be.
    pub wanted: InstanceCount,
    /// The deployment that holds it.
    pub deployment: Option<DeploymentId>,
    /// The step that the deployment is at, from 1; 0 before the first.
    pub step: u32,
    /// Of so many.
    pub steps: u32,
    /// What it does with the app in this step, in Marathon's word; none where it is the turn of
    /// other apps.
    pub action: Option<String>,
    /// The bounds that Marathon replaces instances within; none unless it does.
    pub bounds: Option<Bounds>,
    /// What comes next.
    pub next: Option<Next>,
}

/// What comes next for an app whose deployment goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// As soon as a new instance serves, an old one is told to stop.
    StopOld {
        /// How many old ones are left.
        left: u32,
    },
    /// As soon as an old instance is gone, a new one is launched.
    LaunchNew {
        /// How many are yet to be launched.
        left: u32,
    },
    /// A later step.
    Step {
        /// Which, from 1.
        step: u32,
        /// What it does with the app, in Marathon's word.
        action: String,
    },
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StopOld { left } => {
                write!(f, "an old one is stopped when a new one serves, {left} to go")
            }
            Self::LaunchNew { left } => {
                write!(f, "a new one is launched when an old one is gone, {left} to go")
            }
            Self::Step { step, action } => write!(f, "step {step}, {action}"),
        }
    }
}

impl Intent {
    pub(super) fn of(moment: &Moment<'_>, seats: &[Seat]) -> Self {
        let app = &moment.app.app;
        let mut intent = Self {
            app: app.id().clone(),
            version: app.version(),
            wanted: app.instances(),
            deployment: None,
            step: 0,
            steps: 0,
            action: None,
            bounds: None,
            next: None,
        };
        let held = moment.deployments.iter().find(|one| one.affected_apps.contains(app.id()));
        // Where the list of deployments says nothing of it, the app may: it was read later.
        let Some(deployment) = held else {
            intent.deployment = moment.app.deployments.first().cloned();
            return intent;
        };
        let action = action_now(deployment, app.id());
        if action == Some(RESTART) {
            intent.bounds = Some(app.upgrade_strategy().bounds(app.instances()));
            intent.next = within(seats, app.instances());
        }
        intent.next = intent.next.or_else(|| later(deployment, app.id()));
        intent.deployment = Some(deployment.id.clone());
        (intent.step, intent.steps) = (deployment.current_step, deployment.total_steps);
        intent.action = action.map(String::from);
        intent
    }

    /// Whether a deployment holds the app.
    pub const fn is_deployed(&self) -> bool {
        self.deployment.is_some()
    }
}

fn action_now<'d>(deployment: &'d RunningDeployment, app: &AppId) -> Option<&'d str> {
    let mut actions = deployment.current_actions.iter();
    actions.find(|action| action.app == *app).map(|action| action.action.as_str())
}

/// What Marathon does next while it replaces instances: it launches for each old one that is gone,
/// and stops an old one for each new one that serves.
fn within(seats: &[Seat], wanted: InstanceCount) -> Option<Next> {
    let there = |seat: &&Seat| !matches!(seat.condition, Condition::Ended(_));
    let count = |seats: usize| u32::try_from(seats).unwrap_or(u32::MAX);
    let new = count(seats.iter().filter(there).filter(|seat| seat.is_new()).count());
    let is_kept = |seat: &&Seat| !seat.is_new() && seat.condition != Condition::Stopping;
    let old = count(seats.iter().filter(there).filter(is_kept).count());
    match wanted.get().saturating_sub(new) {
        0 if old == 0 => None,
        0 => Some(Next::StopOld { left: old }),
        left => Some(Next::LaunchNew { left }),
    }
}

fn later(deployment: &RunningDeployment, app: &AppId) -> Option<Next> {
    let steps = (1..).zip(&deployment.steps).filter(|(step, _)| *step > deployment.current_step);
    let mut actions =
        steps.flat_map(|(step, of)| of.actions.iter().map(move |action| (step, action)));
    let (step, action) = actions.find(|(_, action)| action.app == *app)?;
    Some(Next::Step { step, action: action.action.clone() })
}
