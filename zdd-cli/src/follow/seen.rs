//! What is read from Marathon at one moment.

use zdd_core::ports::{AppStatus, Marathon, MarathonError, QueueItem, RunningDeployment};
use zdd_core::units::{AppId, DeploymentId, GroupId, Timestamp};

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One app.
    App(AppId),
    /// All apps of a group and of the groups in it.
    Group(GroupId),
}

/// What Marathon answered. The calls follow each other: it is about one moment, not of one.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// When the last answer came.
    pub(crate) at: Timestamp,
    /// The apps in scope that exist.
    pub(crate) apps: Vec<AppStatus>,
    /// All deployments that go on.
    pub(crate) deployments: Vec<RunningDeployment>,
    /// All that waits to be launched.
    pub(crate) queue: Vec<QueueItem>,
}

impl Scope {
    /// The smallest scope with all of `apps`; none where there are none.
    pub(crate) fn around(apps: &[AppId]) -> Option<Self> {
        let (first, others) = apps.split_first()?;
        if others.is_empty() {
            return Some(Self::App(first.clone()));
        }
        let mut group = first.group();
        while !others.iter().all(|app| app.is_in(&group)) {
            group = group.parent()?;
        }
        Some(Self::Group(group))
    }

    /// Whether it has `app` in it.
    pub(crate) fn has(&self, app: &AppId) -> bool {
        match self {
            Self::App(id) => id == app,
            Self::Group(group) => app.is_in(group),
        }
    }

    /// Reads it. An app or a group that does not exist is none, not an error.
    ///
    /// The deployments come first: one that ends in between is seen to go on and looked at again,
    /// where the other order would pair its end with tasks from before.
    pub(crate) async fn read(&self, marathon: &dyn Marathon) -> Result<Seen, MarathonError> {
        let deployments = marathon.deployments().await?;
        let apps = match self {
            Self::App(id) => marathon.app(id).await.map(|app| vec![app]),
            Self::Group(id) => marathon.apps_in(id).await,
        };
        let apps = match apps {
            Err(MarathonError::NotFound { .. }) => Vec::new(),
            apps => apps?,
        };
        let queue = marathon.queue().await?;
        Ok(Seen { at: now(), apps, deployments, queue })
    }
}

/// As it is written on a command line.
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::App(app) => app.fmt(f),
            Self::Group(group) => group.fmt(f),
        }
    }
}

impl Seen {
    /// A running deployment by its id.
    pub(crate) fn deployment(&self, id: &DeploymentId) -> Option<&RunningDeployment> {
        self.deployments.iter().find(|deployment| deployment.id == *id)
    }

    /// Deployments, but for one, that hold an app in `scope`.
    pub(crate) fn holders(&self, scope: &Scope, but: &DeploymentId) -> Vec<DeploymentId> {
        let holds = |deployment: &&RunningDeployment| {
            deployment.id != *but && deployment.affected_apps.iter().any(|app| scope.has(app))
        };
        self.deployments.iter().filter(holds).map(|deployment| deployment.id.clone()).collect()
    }
}

/// The time of this machine.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_the_smallest_group_around() {
        let around = |ids: &[&str]| {
            let ids: Vec<AppId> = ids.iter().map(|id| id.parse().unwrap()).collect();
            Scope::around(&ids).map(|scope| scope.to_string())
        };
        assert_eq!(around(&[]), None);
        assert_eq!(around(&["/shop/a"]).as_deref(), Some("/shop/a"));
        assert_eq!(around(&["/shop/a", "/shop/b/c"]).as_deref(), Some("/shop"));
        assert_eq!(around(&["/shop/a", "/c"]).as_deref(), Some("/"));
        assert!(Scope::Group(GroupId::root()).has(&"/a".parse().unwrap()));
    }
}
