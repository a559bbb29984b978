//! The cluster that something has to fit, and what runs there.

use std::collections::BTreeSet;

use zdd_core::fit::{Rules, Running, Site};
use zdd_core::mesos::{Cluster, Note};
use zdd_core::ports::{Info, TaskState};
use zdd_core::units::{AgentId, AppId};

use crate::text::plural;

/// A cluster, how far it is known what runs there, and how Marathon goes about it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(super) site: Site,
    /// Whether it is known where instances run.
    pub(super) knows_tasks: bool,
    /// What is not known and was assumed.
    pub(super) assumed: Vec<String>,
}

/// What a Marathon says of the apps that are looked at.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) info: Info,
    pub(super) tasks: Vec<zdd_core::ports::Task>,
}

impl Place {
    pub(super) fn new(cluster: &Cluster, told: Option<&Told>, rules: Rules) -> Self {
        let room = cluster.room();
        let notes = cluster.notes();
        let mut assumed: Vec<String> = notes.iter().filter_map(assumption).collect();
        let framework = told.and_then(|told| told.info.framework_id.as_deref());
        let running = match told {
            Some(told) => of_marathon(&told.tasks),
            None => of_cluster(cluster, framework),
        };
        let knows_tasks = cluster.tasks.is_some();
        let n_all = running.len();
        let running: Vec<Running> =
            running.into_iter().filter(|it| knows_tasks && room.holds(&it.task)).collect();
        let n_lost = (n_all - running.len()) as u64;
        if knows_tasks && n_lost > 0 {
            let instances = plural(n_lost, "instance");
            assumed.push(format!("{instances} of which the agents know nothing: no room is made"));
        }
        Self { site: Site { room, running, rules, role: None }, knows_tasks, assumed }
    }

    /// The same with a role that Marathon has.
    pub(super) fn with_role(mut self, role: Option<&str>) -> Self {
        self.site.role = role.map(String::from);
        self
    }

    /// Whether something of an app runs on the agents.
    pub(super) fn runs(&self, app: &AppId) -> bool {
        self.site.running.iter().any(|running| running.app == *app)
    }
}

/// Whether a task in this state holds something of its agent.
pub(super) const fn runs(state: &TaskState) -> bool {
    matches!(
        state,
        TaskState::Staging | TaskState::Starting | TaskState::Running | TaskState::Killing
    )
}

/// What Marathon says, the oldest first.
fn of_marathon(tasks: &[zdd_core::ports::Task]) -> Vec<Running> {
    let mut tasks: Vec<_> = tasks.iter().filter(|task| runs(&task.state)).collect();
    tasks.sort_by_key(|task| task.staged_at);
    let running = tasks.into_iter().map(|task| Running {
        task: task.id.clone(),
        app: task.app.clone(),
        agent: task.agent_id.as_ref().and_then(|id| id.parse::<AgentId>().ok()),
        version: task.version,
    });
    running.collect()
}

/// What the master says, of one framework or of all.
fn of_cluster(cluster: &Cluster, framework: Option<&str>) -> Vec<Running> {
    let mut seen = BTreeSet::new();
    let tasks = cluster.tasks.iter().flatten();
    let ours = tasks.filter(|task| framework.is_none_or(|id| task.framework == id));
    let running = ours.filter_map(|task| {
        let app = task.app()?;
        // Two frameworks may use the same id; a room knows the first.
        seen.insert(&task.id).then(|| Running {
            task: task.id.clone(),
            app,
            agent: Some(task.agent.clone()),
            version: None,
        })
    });
    running.collect()
}

/// What of a note is an assumption about what is free. That tasks are not known is said where it
/// matters.
fn assumption(note: &Note) -> Option<String> {
    match note {
        Note::NoTasks(_) => None,
        other => Some(other.to_string()),
    }
}
