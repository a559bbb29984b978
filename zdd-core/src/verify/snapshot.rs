//! What there was at one moment.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::event::{Action, Definition, Plan, Stage};
use super::part::Life;
use super::reorder::{owned_actions, owned_definition, owned_plan, text};

/// What there was at one moment, as whoever recorded read it from Marathon.
///
/// A recording begins with one, so that old instances and definitions are known that no event speaks
/// of, and has another one behind each gap. [`recording`](super::recording) describes its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the text says")]
pub struct Snapshot<'a> {
    /// Whether events are missing before it: what it does not have is over.
    pub after_gap: bool,
    /// The apps that the recording is about.
    pub apps: Vec<SnapshotApp<'a>>,
    /// Every deployment that went on.
    pub deployments: Vec<SnapshotDeployment<'a>>,
}

/// One app in a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the text says")]
pub struct SnapshotApp<'a> {
    /// Its id, with its leading slash.
    pub app: Cow<'a, str>,
    /// Its newest definition; none if there is no such app.
    pub definition: Option<Definition<'a>>,
    /// The one that it takes the place of.
    pub previous: Option<Definition<'a>>,
    /// Its tasks of every version; none where they were not asked for.
    pub tasks: Option<Vec<SnapshotTask<'a>>>,
}

/// One task in a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the text says")]
pub struct SnapshotTask<'a> {
    /// Its id, or that of its instance.
    pub id: Cow<'a, str>,
    /// Version of the definition that it was made from; may be empty.
    pub version: Cow<'a, str>,
    /// How far it is.
    pub stage: Stage,
    /// Whether its health checks pass; none as long as they said nothing.
    pub healthy: Option<bool>,
}

/// One deployment in a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the text says")]
pub struct SnapshotDeployment<'a> {
    /// Its plan, without definitions.
    pub plan: Plan<'a>,
    /// What it did at that moment; empty before its first step.
    pub current: Vec<Action<'a>>,
}

impl Snapshot<'_> {
    pub(super) fn owned(&self) -> Snapshot<'static> {
        let deployment = |deployment: &SnapshotDeployment<'_>| SnapshotDeployment {
            plan: owned_plan(&deployment.plan),
            current: owned_actions(&deployment.current),
        };
        Snapshot {
            after_gap: self.after_gap,
            apps: self.apps.iter().map(SnapshotApp::owned).collect(),
            deployments: self.deployments.iter().map(deployment).collect(),
        }
    }
}

impl SnapshotApp<'_> {
    fn owned(&self) -> SnapshotApp<'static> {
        let task = |task: &SnapshotTask<'_>| SnapshotTask {
            id: text(&task.id),
            version: text(&task.version),
            stage: task.stage,
            healthy: task.healthy,
        };
        SnapshotApp {
            app: text(&self.app),
            definition: self.definition.as_ref().map(owned_definition),
            previous: self.previous.as_ref().map(owned_definition),
            tasks: self.tasks.as_ref().map(|tasks| tasks.iter().map(task).collect()),
        }
    }

    /// The living tasks: id, version, and where each is in its life.
    pub(super) fn alive(&self) -> impl Iterator<Item = (&str, &str, Life)> {
        self.tasks.iter().flatten().filter_map(|task| {
            let life = match task.stage {
                Stage::Starting => Life::Starting,
                Stage::Running if self.is_healthy(task) => Life::Healthy,
                Stage::Running => Life::Running,
                Stage::Stopping => Life::Dying,
                Stage::Wanted | Stage::Killed | Stage::Ended => return None,
            };
            Some((&*task.id, &*task.version, life))
        })
    }

    /// Whether a running task is healthy: its checks say so, or its definition has none.
    fn is_healthy(&self, task: &SnapshotTask<'_>) -> bool {
        let previous = self.previous.as_ref().filter(|old| old.version == task.version);
        let made_from = previous.or(self.definition.as_ref());
        let has_checks = made_from.is_some_and(|definition| definition.facts.has_health_checks);
        task.healthy.unwrap_or(!has_checks)
    }
}
