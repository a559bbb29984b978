//! Who works on a rollout: the record of it in Marathon is the lock.

use zdd_core::app::App;
use zdd_core::ports::{Force, Marathon, MarathonError};
use zdd_core::rollout::record::{Found, Holder, Record, RecordError, folder, folder_of_all};
use zdd_core::units::{AppId, GroupId, Timestamp};

use super::around::Around;
use super::error::CanaryError;
use crate::error::CliError;

/// The hold on a rollout.
pub(super) struct Claim<'m> {
    marathon: &'m dyn Marathon,
    pub(super) record: Record,
    pub(super) definition: Option<App>,
    holder: Holder,
    pub(super) generation: u64,
}

/// The record of a group, if it has one.
pub(crate) async fn find(marathon: &dyn Marathon, group: &str) -> Result<Option<Found>, CliError> {
    let folder = folder(group).map_err(CanaryError::from)?;
    let apps = records(marathon, &folder).await?;
    Ok(Found::newest(&apps).map_err(CanaryError::from)?)
}

/// The newest record of every group.
pub(super) async fn find_all(marathon: &dyn Marathon) -> Result<Vec<Found>, CliError> {
    let (newest, unreadable) = read_all(marathon).await?;
    match unreadable.into_iter().next() {
        Some(error) => Err(error.into()),
        None => Ok(newest),
    }
}

/// The newest record of every group, and what is wrong with others.
pub(super) async fn read_all(
    marathon: &dyn Marathon,
) -> Result<(Vec<Found>, Vec<RecordError>), CliError> {
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

async fn records(marathon: &dyn Marathon, folder: &GroupId) -> Result<Vec<App>, CliError> {
    match marathon.apps_in(folder).await {
        Ok(apps) => Ok(apps.into_iter().map(|it| it.app).collect()),
        Err(MarathonError::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Refuses when somebody else works on it.
pub(super) fn refuse_held(
    found: Option<&Found>,
    takes_over: bool,
    now: Timestamp,
) -> Result<(), CanaryError> {
    let Some(Found { record, holder: Some(holder), .. }) = found else { return Ok(()) };
    if holder.yields || takes_over {
        return Ok(());
    }
    let (group, holder) = (record.group.clone(), holder.clone());
    Err(CanaryError::Held { group, holder, now })
}

impl<'m> Claim<'m> {
    /// Takes hold of a rollout, as it shall be from now on. `found` is what was there: whoever else
    /// takes hold of it after that wins.
    pub(super) async fn take(
        marathon: &'m dyn Marathon,
        found: Option<&Found>,
        record: Record,
        definition: Option<App>,
        holder: Holder,
    ) -> Result<Self, CliError> {
        let generation = found.map_or(Ok(1), Found::next_generation).map_err(CanaryError::from)?;
        // While it waits for somebody to say so, it gives way to whoever does.
        let holder = Holder { yields: holder.yields || record.awaits_approval(), ..holder };
        let claim = Self { marathon, record, definition, holder, generation };
        let app = claim.app(Some(&claim.holder))?;
        // It is looked after the claim, too; but what is not created does not stand above the record of
        // somebody else, not even for a moment.
        if let Some(found) = found
            && !claim.follows(found).await?
        {
            return Err(claim.lost().into());
        }
        let created = marathon.create_app(&app, Force::No).await;
        // Either somebody was quicker, or the record is ours and its answer was lost.
        if let Err(error) = created
            && !claim.is_written(&app).await?
        {
            return Err(match error {
                MarathonError::Exists { .. } => claim.lost().into(),
                error => CliError::of_app(app.id(), error),
            });
        }
        if let Some(found) = found {
            // Whoever takes hold of a rollout removes what was before. Where it is not there any more,
            // somebody has been through with it since that look.
            if !claim.follows(found).await? {
                claim.remove(app.id()).await?;
                return Err(claim.lost().into());
            }
            claim.remove_up_to(found.generation).await?;
        }
        Ok(claim)
    }

    /// Whether what was found is still there, as it was.
    async fn follows(&self, found: &Found) -> Result<bool, CliError> {
        let folder = folder(&self.record.group).map_err(CanaryError::from)?;
        let apps = records(self.marathon, &folder).await?;
        let mut there = apps.iter().filter_map(|app| Found::of(app).ok());
        Ok(there.any(|it| it.generation == found.generation && it.record == found.record))
    }

    /// Gives the claim up if the group is not as it was when it was decided what to do: somebody may have
    /// been through with it between that look and the claim. Or if somebody else has by now what the new
    /// app would have.
    ///
    /// # Errors
    ///
    /// When it is so.
    pub(super) async fn after_all(self, running: &[App]) -> Result<Self, CliError> {
        let now = Around::look(self.marathon, &self.record.group).await?;
        let versions = |apps: &[App]| {
            let mut all: Vec<_> =
                apps.iter().map(|app| (app.id().clone(), app.version())).collect();
            all.sort();
            all
        };
        let group = self.record.group.clone();
        let made = self.definition.as_ref();
        let error = if versions(&now.running) == versions(running) {
            made.and_then(|made| now.admits(made).err()).map(CanaryError::from)
        } else {
            Some(CanaryError::Stale { group })
        };
        let Some(error) = error else { return Ok(self) };
        self.forget().await?;
        Err(error.into())
    }

    /// Whether nobody took it over.
    pub(super) async fn is_ours(&self) -> Result<bool, CliError> {
        let found = find(self.marathon, &self.record.group).await?;
        // Once ours is gone, the next rollout of the group has the same number again.
        let is_ours = |found: Found| {
            found.generation == self.generation
                && found.holder.as_ref().is_some_and(|it| it.is_same(&self.holder))
        };
        Ok(found.is_some_and(is_ours))
    }

    /// Fails where it is not ours any more.
    async fn keep(&self) -> Result<(), CliError> {
        if self.is_ours().await? { Ok(()) } else { Err(self.lost().into()) }
    }

    /// Who we are, for people.
    pub(super) fn who(&self) -> &str {
        &self.holder.who
    }

    /// Goes on with another record. While it waits for somebody to say so, it gives way to whoever does.
    pub(super) async fn turn_to(&mut self, record: Record) -> Result<(), CliError> {
        self.holder.yields = record.awaits_approval();
        self.record = record;
        self.update().await
    }

    /// Writes what changed of the record, and stays.
    pub(super) async fn update(&self) -> Result<(), CliError> {
        self.write(Some(&self.holder)).await
    }

    /// Leaves it to others, as it is.
    pub(super) async fn release(self) -> Result<(), CliError> {
        self.write(None).await
    }

    /// Removes the record: there is nothing to go on with.
    pub(super) async fn forget(self) -> Result<(), CliError> {
        self.keep().await?;
        self.remove_up_to(self.generation).await
    }

    fn lost(&self) -> CanaryError {
        CanaryError::Lost { group: self.record.group.clone() }
    }

    fn app(&self, holder: Option<&Holder>) -> Result<App, CliError> {
        let app = self.record.app(self.generation, holder, self.definition.as_ref());
        Ok(app.map_err(CanaryError::from)?)
    }

    async fn write(&self, holder: Option<&Holder>) -> Result<(), CliError> {
        self.keep().await?;
        let app = self.app(holder)?;
        // Putting it would create it again where somebody took it over and removed it.
        let mut fields = app.as_json().clone();
        fields.retain(|name, _| name == "labels");
        // To Marathon it is a deployment of the record alone, and it may still be at the last one: nobody
        // else's is overridden.
        match self.marathon.patch_app(app.id(), &fields, Force::Yes).await {
            Ok(_) => Ok(()),
            Err(MarathonError::NotFound { .. }) => Err(self.lost().into()),
            Err(error) => Err(CliError::of_app(app.id(), error)),
        }
    }

    /// Whether our own record is there.
    async fn is_written(&self, app: &App) -> Result<bool, CliError> {
        match self.marathon.app(app.id()).await {
            Ok(found) => Ok(found.app.labels() == app.labels()),
            Err(MarathonError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_up_to(&self, generation: u64) -> Result<(), CliError> {
        let folder = folder(&self.record.group).map_err(CanaryError::from)?;
        let apps = records(self.marathon, &folder).await?;
        let is_old = |app: &&App| Found::of(app).is_ok_and(|found| found.generation <= generation);
        for app in apps.iter().filter(is_old) {
            self.remove(app.id()).await?;
        }
        Ok(())
    }

    async fn remove(&self, id: &AppId) -> Result<(), CliError> {
        match self.marathon.delete_app(id, Force::Yes).await {
            Ok(_) | Err(MarathonError::NotFound { .. }) => Ok(()),
            Err(error) => Err(CliError::of_app(id, error)),
        }
    }
}

/// Who we are, for others to read.
pub(super) fn me(now: Timestamp, yields: bool) -> Holder {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let user = user.ok().filter(|user| !user.is_empty());
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let place = match (user, host) {
        (Some(user), Some(host)) => format!("{user}@{host}, "),
        (Some(one), None) | (None, Some(one)) => format!("{one}, "),
        (None, None) => String::new(),
    };
    Holder { who: format!("{place}process {}", std::process::id()), since: now, yields }
}

#[cfg(test)]
pub(super) mod tests;
