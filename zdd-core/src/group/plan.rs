//! From two states of the apps to the steps between them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::action::{Action, DeploymentPlan, Step};
use super::cycle::Cycle;
use super::graph::DependencyGraph;
use super::resident::{Refusal, Refusals, refusals};
use super::tree::apps_of;
use crate::app::{App, Group};
use crate::units::AppId;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Apps of the target depend on each other in a circle.
    #[error("the dependencies go in a circle: {0}")]
    Cycle(#[from] Cycle),
    /// Apps with persistent local volumes change what Marathon does not let change.
    #[error("{0}")]
    Refused(Refusals),
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Cycle(_) => "take one of these dependencies out",
            Self::Refused(refusals) if refusals.iter().all(Refusal::is_about_strategy) => {
                "set maximumOverCapacity to 0"
            }
            Self::Refused(_) => "deploy the change under a new id, and move the data over",
        }
    }
}

/// The steps that Marathon takes from `original` to `target`: one that stops the apps that go, one
/// that makes known those that come, then one for each layer of dependencies of the target, lowest
/// first, that scales or restarts the apps that differ. Steps without actions are left out.
///
/// An app in `restarts` is replaced even if nothing in its definition changed. So is an app of which
/// both definitions state a `version` or `versionInfo`, and not the same. Who only changes the number
/// of instances scales, restart or not; so does whoever ends up with none.
///
/// Takes time in proportion to apps and dependencies, apart from looking ids up.
///
/// Source: Marathon's `DeploymentPlan.apply` and `appsGroupedByLongestPath`, which stops all apps
/// that go in one step, whatever depends on them.
///
/// # Errors
///
/// When the target's dependencies go in a circle, wherever in the tree that is; and when an app with
/// persistent local volumes changes in a way that Marathon refuses.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
/// use zdd_core::app::Group;
///
/// let old = Group::parse(r#"{"id": "/", "apps": [{"id": "/db", "cmd": "db", "instances": 1}]}"#)?;
/// let new = Group::parse(
///     r#"{"id": "/", "apps": [
///         {"id": "/web", "cmd": "web", "instances": 4, "dependencies": ["/db"]},
///         {"id": "/db", "cmd": "db", "instances": 2}]}"#,
/// )?;
/// let plan = zdd_core::group::plan(&old, &new, &BTreeSet::new())?;
/// let steps: Vec<Vec<String>> = plan
///     .steps()
///     .iter()
///     .map(|step| step.actions().iter().map(|a| format!("{} {}", a.name(), a.app())).collect())
///     .collect();
/// assert_eq!(steps, [["StartApplication /web"], ["ScaleApplication /db"], ["ScaleApplication /web"]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan(
    original: &Group,
    target: &Group,
    restarts: &BTreeSet<AppId>,
) -> Result<DeploymentPlan, PlanError> {
    let (old, new) = (apps_of(original), apps_of(target));
    let graph = DependencyGraph::from(target);
    let layers = graph.layers()?;
    refusals(&old, &new).map_err(PlanError::Refused)?;

    let mut changes: Changes<'_> = new
        .iter()
        .map(|(id, app)| (*id, Change::of(old.get(id).copied(), app, restarts)))
        .collect();
    let affected = affected(&old, &new, &changes);
    let steps = [stop(&old, &new), start(&old, &new)].into_iter();
    let steps = steps.chain(layers.iter().map(|layer| {
        let changes = layer.iter().map(|id| changes.get_mut(*id)?.action.take());
        changes.flatten().collect()
    }));
    Ok(DeploymentPlan::new(affected, steps.filter_map(Step::of).collect()))
}

type Apps<'a> = BTreeMap<&'a AppId, &'a App>;

fn stop(old: &Apps<'_>, new: &Apps<'_>) -> Vec<Action> {
    let gone = old.keys().filter(|id| !new.contains_key(*id));
    gone.map(|id| Action::StopApplication { app: (*id).clone() }).collect()
}

fn start(old: &Apps<'_>, new: &Apps<'_>) -> Vec<Action> {
    let added = new.keys().filter(|id| !old.contains_key(*id));
    added.map(|id| Action::StartApplication { app: (*id).clone() }).collect()
}

fn affected(old: &Apps<'_>, new: &Apps<'_>, changes: &Changes<'_>) -> BTreeSet<AppId> {
    let gone = old.keys().filter(|id| !new.contains_key(*id)).copied();
    let affected = changes.iter().filter(|(_, change)| change.is_affected);
    affected.map(|(id, _)| *id).chain(gone).cloned().collect()
}

/// What a deployment does to an app of the target.
struct Change {
    /// Other deployments of it have to wait.
    is_affected: bool,
    /// What it needs when its layer's turn comes.
    action: Option<Action>,
}

type Changes<'a> = BTreeMap<&'a AppId, Change>;

impl Change {
    fn of(old: Option<&App>, new: &App, restarts: &BTreeSet<AppId>) -> Self {
        let scale = || Action::ScaleApplication { app: new.id().clone(), to: new.instances() };
        let Some(old) = old else {
            return Self { is_affected: true, action: Some(scale()) };
        };
        // Comparing definitions is most of the work of a plan: once for each app.
        let is_upgrade = new.is_upgrade_of(old);
        let is_scaled = new.instances() != old.instances();
        let action = if !is_upgrade && !is_scaled && !is_restarted(old, new, restarts) {
            None
        } else if new.instances().is_zero() || (is_scaled && !is_upgrade) {
            Some(scale())
        } else {
            Some(Action::RestartApplication { app: new.id().clone() })
        };
        let is_affected = action.is_some() || has_other_executor_resources(old, new);
        Self { is_affected, action }
    }
}

/// Whether an app whose definition did not change is to be replaced all the same.
fn is_restarted(old: &App, new: &App, restarts: &BTreeSet<AppId>) -> bool {
    let both_differ = |is_different: Option<bool>| is_different == Some(true);
    restarts.contains(new.id())
        || both_differ(new.version().zip(old.version()).map(|(a, b)| a != b))
        || both_differ(new.version_info().zip(old.version_info()).map(|(a, b)| a != b))
}

/// Whether the one field differs that Marathon locks an app for and then does nothing about.
fn has_other_executor_resources(old: &App, new: &App) -> bool {
    let of = |app: &App| {
        let resources = app.as_json().get("executorResources").cloned();
        resources.filter(|resources| !resources.is_null())
    };
    of(old) != of(new)
}
