//! Who is asked before something is done.

use std::collections::BTreeSet;

use async_trait::async_trait;
use zdd_core::ports::AppStatus;
use zdd_core::rollout::{Action, Observation};
use zdd_core::units::{AppId, TaskId};

use crate::error::CliError;

/// Whoever is asked before something is done.
#[async_trait(?Send)]
pub(super) trait Gate {
    /// Lets it be done, or says why not.
    async fn pass(
        &mut self,
        action: &Action,
        seen: &Observation,
        say: Say<'_>,
    ) -> Result<Pass, CliError>;
}

/// How something is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// At once.
    On,
    /// It took its time, so that what was seen is old: after another look, if it is still wanted then.
    AfterALook,
}

/// Where what is said meanwhile goes.
pub(super) type Say<'s> = &'s mut (dyn FnMut(&str) -> Result<(), CliError> + 's);

/// What whoever was asked has let through: what was seen a moment ago may be decided once more, and nobody
/// is asked twice for the same.
#[derive(Debug, Default)]
pub(super) struct LetThrough {
    /// Tasks that may be killed.
    tasks: BTreeSet<TaskId>,
    /// Apps that may be deleted.
    apps: BTreeSet<AppId>,
}

impl LetThrough {
    pub(super) fn tasks(&mut self, tasks: impl IntoIterator<Item = TaskId>) {
        self.tasks.extend(tasks);
    }

    pub(super) fn app(&mut self, app: &AppId) {
        self.apps.insert(app.clone());
    }

    /// Those of which nobody has been asked yet.
    pub(super) fn others(&self, tasks: impl IntoIterator<Item = TaskId>) -> Vec<TaskId> {
        tasks.into_iter().filter(|task| !self.tasks.contains(task)).collect()
    }

    pub(super) fn has(&self, app: &AppId) -> bool {
        self.apps.contains(app)
    }
}

/// What runs of an app, which goes when it is deleted.
pub(super) fn tasks_of(seen: &Observation, app: &AppId) -> Vec<TaskId> {
    let sides = [&seen.old, &seen.new].into_iter().flatten();
    let side = sides.into_iter().find(|side: &&AppStatus| side.app.id() == app);
    let tasks = side.into_iter().flat_map(|it| it.tasks.iter().flatten());
    tasks.map(|task| task.id.clone()).collect()
}
