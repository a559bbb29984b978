//! What Marathon has of rollouts: their records, and the apps that they are about.

use alloc::vec::Vec;

use super::claim::ClaimError;
use crate::app::App;
use crate::ports::{Marathon, MarathonError};
use crate::rollout::record::{Found, RecordError, folder, folder_of_all};
use crate::rollout::{StrangerError, labels, refuse_taken};
use crate::units::GroupId;

/// The newest record of a deployment group, if it has one.
///
/// # Errors
///
/// When Marathon fails, or a record of the group cannot be read.
pub async fn find(marathon: &dyn Marathon, group: &str) -> Result<Option<Found>, ClaimError> {
    let folder = folder(group)?;
    let apps = records(marathon, &folder).await?;
    Ok(Found::newest(&apps)?)
}

/// The newest record of every group.
///
/// # Errors
///
/// When Marathon fails, or a record cannot be read.
pub async fn find_all(marathon: &dyn Marathon) -> Result<Vec<Found>, ClaimError> {
    let (newest, unreadable) = read_all(marathon).await?;
    match unreadable.into_iter().next() {
        Some(error) => Err(error.into()),
        None => Ok(newest),
    }
}

/// The newest record of every group, and what is wrong with others.
///
/// # Errors
///
/// When Marathon fails.
pub async fn read_all(
    marathon: &dyn Marathon,
) -> Result<(Vec<Found>, Vec<RecordError>), ClaimError> {
    let (mut newest, mut unreadable): (Vec<Found>, _) = (Vec::new(), Vec::new());
    for app in records(marathon, &folder_of_all()).await? {
        let found = match Found::of(&app) {
            Ok(found) => found,
            Err(error) => {
                unreadable.push(error);
                continue;
            }
        };
        match newest.iter_mut().find(|it| it.record.group == found.record.group) {
            Some(it) if it.generation < found.generation => *it = found,
            Some(_) => {}
            None => newest.push(found),
        }
    }
    Ok((newest, unreadable))
}

/// The apps of a folder of records.
pub(super) async fn records(
    marathon: &dyn Marathon,
    folder: &GroupId,
) -> Result<Vec<App>, MarathonError> {
    match marathon.apps_in(folder).await {
        Ok(apps) => Ok(apps.into_iter().map(|it| it.app).collect()),
        Err(MarathonError::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// All apps, as a deployment group sees them.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "each app is one of the two")]
pub struct Around {
    /// Those of the group.
    pub running: Vec<App>,
    /// All others.
    pub strangers: Vec<App>,
}

impl Around {
    /// Looks at all of them.
    ///
    /// # Errors
    ///
    /// When Marathon fails.
    pub async fn look(marathon: &dyn Marathon, group: &str) -> Result<Self, MarathonError> {
        let apps = marathon.apps().await?.into_iter().map(|it| it.app);
        let (running, strangers) = apps.partition(|app| labels::group_of(app) == Some(group));
        Ok(Self { running, strangers })
    }

    /// Refuses an app that would take from others what is theirs.
    ///
    /// # Errors
    ///
    /// What it would take, and from whom.
    pub fn admits(&self, made: &App) -> Result<(), StrangerError> {
        refuse_taken(made, &self.running, &self.strangers)
    }
}

/// The apps of a deployment group that are there.
///
/// # Errors
///
/// When Marathon fails.
pub async fn running_of(marathon: &dyn Marathon, group: &str) -> Result<Vec<App>, MarathonError> {
    Ok(Around::look(marathon, group).await?.running)
}
