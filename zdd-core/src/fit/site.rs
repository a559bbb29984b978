//! What is there before a plan: the cluster, what runs on it, and the rules that Marathon goes by.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::scene::Old;
use crate::app::App;
use crate::capacity::{MarathonVersion, Reading};
use crate::placement::{Counting, Demand, DemandError, GpuScheduling, Grouping, Room};
use crate::units::{AgentId, AppId, TaskId, Timestamp};

/// A cluster before a plan.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a plan starts from")]
pub struct Site {
    /// The agents with all that runs on them.
    pub room: Room,
    /// The instances of the apps that the plan is about, of each app the oldest first; others may be
    /// among them. What they hold is in the room under their tasks.
    pub running: Vec<Running>,
    /// How Marathon goes about it.
    pub rules: Rules,
    /// The role that Marathon has with Mesos, if it has one: then it may take what is reserved for it.
    pub role: Option<String>,
}

/// An instance that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that matters of it for its place")]
pub struct Running {
    /// Its task.
    pub task: TaskId,
    /// Whose it is.
    pub app: AppId,
    /// Where it runs, as far as that is known.
    pub agent: Option<AgentId>,
    /// The version of the app that it was made with, as far as that is known.
    pub version: Option<Timestamp>,
}

/// What differs from Marathon to Marathon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "rules that are independent of each other")]
pub struct Rules {
    /// How many instances it takes for healthy when an upgrade starts.
    pub reading: Reading,
    /// How `GROUP_BY` spreads instances.
    pub grouping: Grouping,
    /// Which instances constraints look at.
    pub counting: Counting,
    /// Who may use agents with GPUs. No release says it: it is how Marathon was started.
    pub gpus: GpuScheduling,
}

/// Why it cannot be said what a plan has to find room for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SceneError {
    /// It is not known where an instance runs.
    #[error("app `{app}`: nobody says on which agent task `{task}` runs")]
    NoPlace {
        /// The app.
        app: AppId,
        /// The instance's task.
        task: TaskId,
    },
    /// An instance runs on an agent that is not among those of the cluster.
    #[error("app `{app}`: task `{task}` runs on agent `{agent}`, which the cluster does not have")]
    NoAgent {
        /// The app.
        app: AppId,
        /// The instance's task.
        task: TaskId,
        /// Its agent.
        agent: AgentId,
    },
    /// It is not known what an instance holds of its agent, and so not what is free without it.
    #[error("app `{app}`: nobody says what task `{task}` has of agent `{agent}`")]
    NothingHeld {
        /// The app.
        app: AppId,
        /// The instance's task.
        task: TaskId,
        /// Its agent.
        agent: AgentId,
    },
    /// The app cannot be placed anywhere.
    #[error("app `{app}`: {cause}")]
    Demand {
        /// The app.
        app: AppId,
        /// Why.
        cause: DemandError,
    },
    /// The plan names an app that has no definition.
    #[error("app `{0}` is in the plan, and has no definition")]
    NoDefinition(AppId),
    /// A rollout lets both of its apps grow.
    #[error("app `{0}`: instances of it come, and of the app that it stands beside")]
    BothGrow(AppId),
}

impl SceneError {
    /// How to go on.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoPlace { .. } | Self::NoAgent { .. } | Self::NothingHeld { .. } => {
                Some("read agents and tasks of the same cluster, at the same time")
            }
            Self::BothGrow(_) => Some("scale the app that runs first"),
            Self::Demand { .. } | Self::NoDefinition(_) => None,
        }
    }
}

impl Rules {
    /// The rules of a release, which was started with nothing said about GPUs.
    pub fn of(version: MarathonVersion) -> Self {
        Self {
            reading: version.reading(),
            grouping: Grouping::of(version),
            counting: Counting::of(version),
            gpus: GpuScheduling::default(),
        }
    }
}

impl Site {
    /// A cluster on which nothing runs of the apps that the plan is about.
    pub fn empty(room: Room, rules: Rules) -> Self {
        Self { room, running: Vec::new(), rules, role: None }
    }

    /// What an instance of `app` needs.
    pub(super) fn demand(&self, app: &App) -> Result<Demand, SceneError> {
        let demand = Demand::of(app, self.rules.grouping)
            .map_err(|cause| SceneError::Demand { app: app.id().clone(), cause })?
            .with_gpus(self.rules.gpus);
        Ok(match &self.role {
            Some(role) => demand.with_role(role),
            None => demand,
        })
    }

    /// What runs, by app.
    pub(super) fn by_app(&self) -> ByApp<'_> {
        let mut apps: BTreeMap<&AppId, Vec<&Running>> = BTreeMap::new();
        for running in &self.running {
            apps.entry(&running.app).or_default().push(running);
        }
        ByApp { site: self, apps }
    }
}

/// What runs of each app.
#[derive(Debug)]
pub(super) struct ByApp<'a> {
    pub(super) site: &'a Site,
    apps: BTreeMap<&'a AppId, Vec<&'a Running>>,
}

/// An instance of which all is known that a scene needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) running: &'a Running,
    pub(super) agent: &'a AgentId,
}

impl<'a> ByApp<'a> {
    /// The instances of `app`, the oldest first.
    pub(super) fn of(&self, app: &AppId) -> Result<Vec<Placed<'a>>, SceneError> {
        let running = self.apps.get(app).map_or(&[][..], Vec::as_slice);
        running.iter().map(|running| self.placed(running)).collect()
    }

    fn placed(&self, running: &'a Running) -> Result<Placed<'a>, SceneError> {
        let Running { task, app, agent, .. } = running;
        let (task, app) = (|| task.clone(), || app.clone());
        let Some(agent) = agent else {
            return Err(SceneError::NoPlace { app: app(), task: task() });
        };
        let room = &self.site.room;
        if room.agent(agent).is_none() {
            return Err(SceneError::NoAgent { app: app(), task: task(), agent: agent.clone() });
        }
        if !room.holds(&running.task) {
            return Err(SceneError::NothingHeld { app: app(), task: task(), agent: agent.clone() });
        }
        Ok(Placed { running, agent })
    }
}

impl Placed<'_> {
    /// As one that goes.
    pub(super) fn goes(self, counts: bool, keeps_place: bool) -> Old {
        Old { task: self.running.task.clone(), agent: self.agent.clone(), counts, keeps_place }
    }
}
