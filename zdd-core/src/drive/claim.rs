//! Who works on a rollout: the record of it in Marathon is the lock.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::records::{Around, find, records};
use crate::app::App;
use crate::ports::{Force, Marathon, MarathonError};
use crate::rollout::StrangerError;
use crate::rollout::record::{Found, Holder, Record, RecordError, folder};
use crate::units::{AppId, Timestamp};

/// The hold on a rollout. Of several who take it at the same time one gets it, whatever their clocks say.
///
/// Each holder writes a new generation of the record, an app without instances that only one can create.
/// Whoever is about to change something asks first whether the claim [is theirs](Self::is_ours) still.
pub struct Claim<'m> {
    marathon: &'m dyn Marathon,
    /// What is to be done, as it was written last.
    pub record: Record,
    /// What the new app is created from.
    pub definition: Option<App>,
    holder: Holder,
    generation: u64,
}

/// Why a rollout is not held.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Somebody else works on it.
    #[error("{group} is held by {}", .holder.who)]
    Held {
        /// The deployment group.
        group: String,
        /// Who.
        holder: Holder,
        /// When that was seen.
        now: Timestamp,
    },
    /// Somebody else has taken it over.
    #[error("somebody else has taken {group} over")]
    Lost {
        /// The deployment group.
        group: String,
    },
    /// Between the look and the claim somebody was through with a rollout of the group.
    #[error("{group} is not as it was a moment ago: somebody else was faster")]
    Stale {
        /// The deployment group.
        group: String,
    },
    /// By now somebody else has what the new app would have.
    #[error(transparent)]
    Stranger(#[from] StrangerError),
    /// It went no further, and the claim could not be given back, either: others are kept out by one that
    /// nobody uses, until they take it over.
    #[error("{error}; {group} may still be held by {who}, which ends now")]
    Left {
        /// The deployment group.
        group: String,
        /// Who held it last.
        who: String,
        /// Why it went no further.
        error: Box<Self>,
    },
    /// A record cannot be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Marathon failed.
    #[error(transparent)]
    Marathon(#[from] MarathonError),
    /// Marathon refused something about one app.
    #[error("{app}: {error}")]
    App {
        /// Which.
        app: AppId,
        /// Why.
        error: Box<MarathonError>,
    },
}

impl ClaimError {
    fn of(app: &AppId, error: MarathonError) -> Self {
        Self::App { app: app.clone(), error: Box::new(error) }
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, holder, generation, .. } = self;
        let mut claim = f.debug_struct("Claim");
        claim.field("record", record).field("holder", holder).field("generation", generation);
        claim.finish_non_exhaustive()
    }
}

/// Refuses when somebody else works on it, and neither gives way nor is taken over.
///
/// # Errors
///
/// [`ClaimError::Held`], with who it is.
pub fn refuse_held(
    found: Option<&Found>,
    takes_over: bool,
    now: Timestamp,
) -> Result<(), ClaimError> {
    let Some(Found { record, holder: Some(holder), .. }) = found else { return Ok(()) };
    if holder.yields || takes_over {
        return Ok(());
    }
    let (group, holder) = (record.group.clone(), holder.clone());
    Err(ClaimError::Held { group, holder, now })
}

impl<'m> Claim<'m> {
    /// Takes hold of a rollout, as it shall be from now on. `found` is what was there: whoever else
    /// takes hold of it after that wins.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Lost`] when somebody else was quicker; else what Marathon fails with. What was created
    /// until then is given back: where that fails, too, [`ClaimError::Left`].
    pub async fn take(
        marathon: &'m dyn Marathon,
        found: Option<&Found>,
        record: Record,
        definition: Option<App>,
        holder: Holder,
    ) -> Result<Self, ClaimError> {
        let generation = found.map_or(Ok(1), Found::next_generation)?;
        // While it waits for somebody to say so, it gives way to whoever does.
        let holder = Holder { yields: holder.yields || record.awaits_approval(), ..holder };
        let claim = Self { marathon, record, definition, holder, generation };
        let app = claim.app(Some(&claim.holder))?;
        // It is looked after the claim, too; but what is not created does not stand above the record of
        // somebody else, not even for a moment.
        if let Some(found) = found
            && !claim.follows(found).await?
        {
            return Err(claim.lost());
        }
        let created = marathon.create_app(&app, Force::No).await;
        // Either somebody was quicker, or the record is ours and its answer was lost.
        if let Err(error) = created {
            match (claim.is_written(&app).await, error) {
                (Ok(true), _) => {}
                (Ok(false), MarathonError::Exists { .. }) => return Err(claim.lost()),
                (Ok(false), error) => return Err(ClaimError::of(app.id(), error)),
                // Whose it is cannot be seen: it may be somebody else's, and is not removed.
                (Err(error), _) => return Err(claim.left(error)),
            }
        }
        let Some(found) = found else { return Ok(claim) };
        // Whoever takes hold of a rollout removes what was before. Where it is not there any more, somebody
        // has been through with it since that look.
        let unfollowed = match claim.follows(found).await {
            Ok(true) => None,
            Ok(false) => Some(claim.lost()),
            Err(error) => Some(error),
        };
        if let Some(error) = unfollowed {
            // What was before is there as it was.
            let removed = claim.remove(app.id()).await;
            return Err(if removed.is_ok() { error } else { claim.left(error) });
        }
        match claim.remove_up_to(found.generation).await {
            Ok(()) => Ok(claim),
            // What was before may be gone already: ours is the only record then.
            Err(error) => Err(claim.give_back(error).await),
        }
    }

    /// Leaves the record to others, since `error` ends it all before anything was done.
    async fn give_back(self, error: ClaimError) -> ClaimError {
        let left = self.left(error.clone());
        match self.release().await {
            Ok(()) | Err(ClaimError::Lost { .. }) => error,
            Err(_) => left,
        }
    }

    /// The same where there is nothing to leave: the record goes.
    async fn give_up(self, error: ClaimError) -> ClaimError {
        let left = self.left(error.clone());
        match self.forget().await {
            Ok(()) | Err(ClaimError::Lost { .. }) => error,
            Err(_) => left,
        }
    }

    fn left(&self, error: ClaimError) -> ClaimError {
        let (group, who) = (self.record.group.clone(), self.holder.who.clone());
        ClaimError::Left { group, who, error: Box::new(error) }
    }

    /// Whether what was found is still there, as it was.
    async fn follows(&self, found: &Found) -> Result<bool, ClaimError> {
        let folder = folder(&self.record.group)?;
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
    /// When it is so, or when Marathon fails. [`ClaimError::Left`] where it could not be given up.
    pub async fn after_all(self, running: &[App]) -> Result<Self, ClaimError> {
        let now = match Around::look(self.marathon, &self.record.group).await {
            Ok(now) => now,
            // Of a rollout that went on before, this is the only record.
            Err(error) if self.generation > 1 => return Err(self.give_back(error.into()).await),
            Err(error) => return Err(self.give_up(error.into()).await),
        };
        let versions = |apps: &[App]| {
            let mut all: Vec<_> =
                apps.iter().map(|app| (app.id().clone(), app.version())).collect();
            all.sort();
            all
        };
        let group = self.record.group.clone();
        let made = self.definition.as_ref();
        let error = if versions(&now.running) == versions(running) {
            made.and_then(|made| now.admits(made).err()).map(ClaimError::from)
        } else {
            Some(ClaimError::Stale { group })
        };
        let Some(error) = error else { return Ok(self) };
        Err(self.give_up(error).await)
    }

    /// Whether nobody took it over.
    ///
    /// # Errors
    ///
    /// When Marathon fails.
    pub async fn is_ours(&self) -> Result<bool, ClaimError> {
        let found = find(self.marathon, &self.record.group).await?;
        // Once ours is gone, the next rollout of the group has the same number again.
        let is_ours = |found: Found| {
            found.generation == self.generation
                && found.holder.as_ref().is_some_and(|it| it.is_same(&self.holder))
        };
        Ok(found.is_some_and(is_ours))
    }

    /// Fails where it is not ours any more.
    async fn keep(&self) -> Result<(), ClaimError> {
        if self.is_ours().await? { Ok(()) } else { Err(self.lost()) }
    }

    /// The generation of the record, from 1.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Who we are, for people.
    pub fn who(&self) -> &str {
        &self.holder.who
    }

    /// Goes on with another record. While it waits for somebody to say so, it gives way to whoever does.
    ///
    /// # Errors
    ///
    /// When it is lost, or Marathon fails.
    pub async fn turn_to(&mut self, record: Record) -> Result<(), ClaimError> {
        self.holder.yields = record.awaits_approval();
        self.record = record;
        self.update().await
    }

    /// Writes what changed of the record, and stays.
    ///
    /// # Errors
    ///
    /// When it is lost, or Marathon fails.
    pub async fn update(&self) -> Result<(), ClaimError> {
        self.write(Some(&self.holder)).await
    }

    /// Leaves it to others, as it is.
    ///
    /// # Errors
    ///
    /// When it is lost, or Marathon fails: then it is held until somebody takes it over.
    pub async fn release(self) -> Result<(), ClaimError> {
        self.write(None).await
    }

    /// Removes the record: there is nothing to go on with.
    ///
    /// # Errors
    ///
    /// When it is lost, or Marathon fails.
    pub async fn forget(self) -> Result<(), ClaimError> {
        self.keep().await?;
        self.remove_up_to(self.generation).await
    }

    fn lost(&self) -> ClaimError {
        ClaimError::Lost { group: self.record.group.clone() }
    }

    fn app(&self, holder: Option<&Holder>) -> Result<App, ClaimError> {
        let app = self.record.app(self.generation, holder, self.definition.as_ref());
        Ok(app?)
    }

    async fn write(&self, holder: Option<&Holder>) -> Result<(), ClaimError> {
        self.keep().await?;
        let app = self.app(holder)?;
        // Putting it would create it again where somebody took it over and removed it.
        let mut fields = app.as_json().clone();
        fields.retain(|name, _| name == "labels");
        // To Marathon it is a deployment of the record alone, and it may still be at the last one: nobody
        // else's is overridden.
        match self.marathon.patch_app(app.id(), &fields, Force::Yes).await {
            Ok(_) => Ok(()),
            Err(MarathonError::NotFound { .. }) => Err(self.lost()),
            Err(error) => Err(ClaimError::of(app.id(), error)),
        }
    }

    /// Whether our own record is there.
    async fn is_written(&self, app: &App) -> Result<bool, ClaimError> {
        match self.marathon.app(app.id()).await {
            Ok(found) => Ok(found.app.labels() == app.labels()),
            Err(MarathonError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_up_to(&self, generation: u64) -> Result<(), ClaimError> {
        let folder = folder(&self.record.group)?;
        let apps = records(self.marathon, &folder).await?;
        let is_old = |app: &&App| Found::of(app).is_ok_and(|found| found.generation <= generation);
        for app in apps.iter().filter(is_old) {
            self.remove(app.id()).await?;
        }
        Ok(())
    }

    async fn remove(&self, id: &AppId) -> Result<(), ClaimError> {
        match self.marathon.delete_app(id, Force::Yes).await {
            Ok(_) | Err(MarathonError::NotFound { .. }) => Ok(()),
            Err(error) => Err(ClaimError::of(id, error)),
        }
    }
}
