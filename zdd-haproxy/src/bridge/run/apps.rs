//! The apps as they were read last.

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::ports::{AppStatus, Marathon, MarathonError};
use zdd_core::units::{AppId, GroupId, TaskId};

/// So many apps are read one by one; more of them take longer than all at once.
const ONE_BY_ONE: usize = 8;

/// The apps as they were read last, and which of them are not so any more.
#[derive(Debug, Default)]
pub(super) struct Apps {
    /// In Marathon's order.
    listed: Vec<AppStatus>,
    stale: BTreeSet<AppId>,
    is_all_stale: bool,
    /// What the health checks of a task said last. A Marathon with a new leader says nothing for a
    /// while.
    alive: BTreeMap<TaskId, Vec<zdd_core::ports::HealthResult>>,
}

impl Apps {
    /// In Marathon's order.
    pub(super) fn list(&self) -> &[AppStatus] {
        &self.listed
    }

    pub(super) fn is_stale(&self) -> bool {
        self.is_all_stale || !self.stale.is_empty()
    }

    pub(super) fn stale(&mut self, app: &AppId) {
        self.stale.insert(app.clone());
    }

    pub(super) fn all_stale(&mut self) {
        self.is_all_stale = true;
    }

    /// Reads what is stale.
    pub(super) async fn read(&mut self, marathon: &dyn Marathon) -> Result<(), MarathonError> {
        let is_known = |id: &AppId| self.listed.iter().any(|it| it.app.id() == id);
        // Where a new app belongs in the order, only the whole list says.
        let all =
            self.is_all_stale || self.stale.len() > ONE_BY_ONE || !self.stale.iter().all(is_known);
        if !all {
            self.is_all_stale = !self.read_stale(marathon).await?;
        }
        if all || self.is_all_stale {
            self.listed = marathon.apps_in(&GroupId::root()).await?;
            self.stale.clear();
            self.is_all_stale = false;
        }
        self.remember_health();
        Ok(())
    }

    /// Reads what is stale one by one. Whether all definitions are those that are known.
    ///
    /// Those of a group change together: half of such a change may leave a port that moves from one
    /// app to another without any.
    async fn read_stale(&mut self, marathon: &dyn Marathon) -> Result<bool, MarathonError> {
        while let Some(id) = self.stale.first().cloned() {
            let read = match marathon.app(&id).await {
                Ok(read) => read,
                Err(MarathonError::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(error),
            };
            let listed = self.listed.iter_mut().find(|it| *it.app.id() == id);
            let Some(listed) = listed.filter(|it| !read.app.is_upgrade_of(&it.app)) else {
                return Ok(false);
            };
            *listed = read;
            self.stale.remove(&id);
        }
        Ok(true)
    }

    fn remember_health(&mut self) {
        let mut alive = BTreeMap::new();
        for task in self.listed.iter_mut().filter_map(|it| it.tasks.as_mut()).flatten() {
            if task.health.is_empty()
                && let Some(last) = self.alive.remove(&task.id)
            {
                task.health = last;
            }
            if !task.health.is_empty() {
                alive.insert(task.id.clone(), task.health.clone());
            }
        }
        self.alive = alive;
    }
}
