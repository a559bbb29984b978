//! Blue/green.

use zdd_core::app::App;
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{Extent, Growth, Known, Release, Traffic, Waves, labels};
use zdd_core::units::{AppId, InstanceCount};

use super::Prepared;
use crate::args::SwapArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::rollout::error::CanaryError;

/// A definition that is to take the place of what runs of its deployment group.
#[derive(Clone, Copy)]
pub(crate) struct Swap<'a> {
    pub(crate) app: &'a App,
    pub(crate) args: &'a SwapArgs,
    /// Whether balancers do what they are told, or take instances out by themselves.
    pub(crate) can_set: bool,
}

/// What comes of it.
pub(crate) enum Swapped {
    /// There is nothing to do.
    InPlace(AppId),
    Prepared(Box<Prepared>),
}

impl Swap<'_> {
    /// The deployment group.
    pub(crate) fn group(&self) -> Result<&str, CliError> {
        Ok(self.release(&[]).group_name()?)
    }

    /// What is to be done, from what is there of the group.
    pub(crate) fn prepared(
        &self,
        found: Option<&Found>,
        running: &[App],
    ) -> Result<Swapped, CliError> {
        if let (None, [one]) = (found, running)
            && self.release(&[]).is_in_place(one)
        {
            return Ok(Swapped::InPlace(one.id().clone()));
        }
        let prepared = match found {
            Some(found) => self.go_on(found, running)?,
            None => self.begin(running)?,
        };
        Ok(Swapped::Prepared(Box::new(prepared)))
    }

    fn release<'r>(&'r self, group: &'r [App]) -> Release<'r> {
        let allow_no_health_check = self.args.no_health_check_ok;
        Release { definition: self.app, group, allow_no_health_check }
    }

    /// What is to be done where nothing has begun, whether or not it is in place already.
    pub(crate) fn begin(&self, running: &[App]) -> Result<Prepared, CliError> {
        let release = self.release(running);
        let old = release.running()?;
        let (full, since) = (self.app.instances().get(), now());
        let before = old.map_or(0, |app| app.instances().get());
        // The first of its group has nobody to take over from.
        let waves = self.waves(before)?;
        let first = match (old, waves) {
            (None, _) => full,
            (Some(_), Some(waves)) => waves.first,
            (Some(_), None) => self.args.initial_instances.min(full),
        };
        let made = release.app(Extent { instances: first, target: full, beside: 0 }, since)?;
        let traffic = if self.can_set { Traffic::ByInstances } else { Traffic::Untouched };
        let growth = match (waves, self.args.linear_increase) {
            (Some(waves), _) => waves.growth(),
            (None, None) => Growth::ByHalf,
            (None, Some(step)) => Growth::By(step),
        };
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Promote,
            old: old.map(|app| app.id().clone()),
            new: made.id().clone(),
            before,
            canary: first,
            full,
            floor: waves.map_or(before.min(full), |waves| waves.floor),
            traffic,
            hold: traffic,
            growth,
            course: None,
            since,
            known: Known::of_old(old),
        };
        Ok(Prepared { record, app: made })
    }

    /// What the app's `upgradeStrategy` allows, where that is asked for.
    fn waves(&self, before: u32) -> Result<Option<Waves>, CanaryError> {
        if !self.args.waves {
            return Ok(None);
        }
        let (app, full) = (self.app, self.app.instances());
        let bounds = app.upgrade_strategy().bounds(full);
        match Waves::of(before, full.get(), bounds, !self.can_set) {
            Ok(waves) => Ok(Some(waves)),
            Err(room) => Err(CanaryError::NoRoom { room, app: app.id().clone() }),
        }
    }

    /// The rest of one that was interrupted, if it is of this definition.
    fn go_on(&self, found: &Found, running: &[App]) -> Result<Prepared, CliError> {
        let record = &found.record;
        let group = record.group.clone();
        let of_instances = record.share().is_none();
        if record.phase == Phase::Canary {
            return Err(CanaryError::HasCanary { group, app: record.new.clone() }.into());
        }
        if record.phase != Phase::Promote || !of_instances {
            let is_forward = record.phase != Phase::Rollback;
            return Err(CanaryError::OnItsWay { group, is_forward }.into());
        }
        let old: Vec<App> =
            running.iter().filter(|app| Some(app.id()) == record.old.as_ref()).cloned().collect();
        let is_old_gone = record.old.is_some() && old.is_empty();
        let extent = Extent { instances: record.canary, target: record.full, beside: 0 };
        let made = self.release(&old).app(extent, record.since)?;
        let (made, is_this) = match &found.definition {
            // Once the old one is gone, neither the colour nor the port can be told from it.
            Some(was) if is_old_gone => (was.clone(), self.is_made_into(was, record.full)),
            Some(was) => (was.clone(), *was == made),
            None => (made, true),
        };
        if !is_this || self.app.instances().get() != record.full || *made.id() != record.new {
            let app = record.new.clone();
            return Err(CanaryError::AnotherOnItsWay { group, app, is_old_gone }.into());
        }
        Ok(Prepared { record: record.clone(), app: made })
    }

    /// Whether an app was made from this definition, in whichever colour.
    fn is_made_into(&self, made: &App, full: u32) -> bool {
        let whole = made.clone().with_instances(InstanceCount::saturating_from(full.into()));
        made.labels().get(labels::APP_ID).is_some_and(|id| *id == self.app.id().to_string())
            && self.release(&[]).is_in_place(&whole)
    }
}
