//! What is to run, and what runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zdd_core::app::{App, Group};
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::units::{AppId, DeploymentId, Timestamp};

use crate::amend;
use crate::args::AmendArgs;
use crate::error::{CliError, FileFault};
use crate::follow::{Scope, Seen};
use crate::input::Source;
use crate::plan::subject::{One, one};

/// What is to run.
pub(super) struct Order {
    pub(super) target: Target,
    pub(super) source: Source,
}

/// What a file defines.
pub(super) enum Target {
    App(Box<App>),
    Group(Group),
}

/// What runs, as far as it matters to an order.
pub(super) struct Present {
    /// The group as it is defined now, where the order is one.
    pub(super) group: Option<Group>,
    pub(super) seen: Seen,
}

/// The versions that apps have. A change by anybody makes another version.
pub(super) type Versions = BTreeMap<AppId, Option<Timestamp>>;

impl Order {
    /// What `file` says, with what the command line adds.
    pub(super) fn read(file: &Path, amend: &AmendArgs) -> Result<Self, CliError> {
        let source = Source::from(file);
        let document = amend::document(&source, amend)?;
        if document.apps().next().is_none() {
            return Err(CliError::Files(vec![source.error(FileFault::NoApp)]));
        }
        let target = match one(document, &source)? {
            One::App(app) => Target::App(app),
            One::Group(group) => Target::Group(group),
        };
        Ok(Self { target, source })
    }

    pub(super) fn scope(&self) -> Scope {
        match &self.target {
            Target::App(app) => Scope::App(app.id().clone()),
            Target::Group(group) => Scope::Group(group.id().clone()),
        }
    }

    /// The definitions in it.
    pub(super) fn apps(&self) -> Vec<&App> {
        match &self.target {
            Target::App(app) => vec![app],
            Target::Group(group) => group.all_apps().collect(),
        }
    }

    /// The apps that it is about: those in it, and those that it removes.
    pub(super) fn concerned(&self, present: &Present) -> BTreeSet<AppId> {
        let there = present.seen.apps.iter().map(|status| &status.app);
        self.apps().into_iter().chain(there).map(|app| app.id().clone()).collect()
    }

    /// Reads what runs.
    pub(super) async fn present(&self, marathon: &dyn Marathon) -> Result<Present, CliError> {
        let seen = self.scope().read(marathon).await.map_err(CliError::of_reading)?;
        let group = match &self.target {
            Target::App(_) => None,
            Target::Group(group) => match marathon.group(group.id()).await {
                Ok(group) => Some(group),
                Err(MarathonError::NotFound { .. }) => None,
                Err(error) => return Err(CliError::of_reading(error)),
            },
        };
        Ok(Present { group, seen })
    }
}

impl Present {
    /// The app as it is defined now, where the order is one.
    pub(super) fn app(&self) -> Option<&App> {
        self.seen.apps.first().map(|status| &status.app)
    }

    pub(super) fn versions(&self) -> Versions {
        let of = |app: &App| (app.id().clone(), app.version());
        // Of a group the definitions and the apps come by different calls, and a plan is made of the
        // former.
        if let Some(group) = &self.group {
            return group.all_apps().map(of).collect();
        }
        self.seen.apps.iter().map(|status| of(&status.app)).collect()
    }

    /// The deployments that hold an app of the order.
    pub(super) fn holders(&self, order: &Order) -> Vec<DeploymentId> {
        let scope = order.scope();
        let running = self.seen.deployments.iter();
        running
            .filter(|deployment| deployment.affected_apps.iter().any(|app| scope.has(app)))
            .map(|deployment| deployment.id.clone())
            .collect()
    }
}

/// An app that no longer has the version that was seen.
pub(super) fn stale(seen: &Versions, now: &Versions) -> Option<CliError> {
    let apps = seen.keys().chain(now.keys());
    apps.map(|app| (app, seen.get(app).copied().flatten(), now.get(app).copied().flatten()))
        .find(|(app, expected, found)| {
            expected != found || seen.contains_key(*app) != now.contains_key(*app)
        })
        .map(|(app, expected, found)| CliError::Stale { app: app.clone(), expected, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_other_version_is_stale() {
        let versions = |list: &[(&str, i64)]| -> Versions {
            let pairs = list.iter();
            pairs.map(|(id, at)| (id.parse().unwrap(), Some(Timestamp::from_millis(*at)))).collect()
        };
        let seen = versions(&[("/a", 1), ("/b", 2)]);
        assert!(stale(&seen, &seen.clone()).is_none());
        for now in [versions(&[("/a", 1), ("/b", 3)]), versions(&[("/a", 1)])] {
            let text = stale(&seen, &now).unwrap().to_string();
            assert!(text.starts_with("/b is of version "), "{text}");
        }
        let text = stale(&versions(&[]), &versions(&[("/a", 1)])).unwrap().to_string();
        assert!(text.ends_with("and no longer none (no such app)"), "{text}");
    }
}
