//! What runs, as far as a plan depends on it.

use zdd_core::app::App;
use zdd_core::drive::{Around, find};
use zdd_core::ports::{LoadBalancer, Marathon, Name};
use zdd_core::rollout::forecast::Sight;
use zdd_core::rollout::record::Found;
use zdd_core::rollout::{Extent, Release, StrangerError, labels, refuse_foreign, refuse_taken};
use zdd_core::units::Timestamp;

use crate::error::CliError;
use crate::input::Source;
use crate::rollout::{CanaryError, Prepared};

/// What is there of a deployment group.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    pub(crate) found: Option<Found>,
    pub(crate) running: Vec<App>,
    /// All apps that are not of the group.
    pub(crate) strangers: Vec<App>,
    pub(crate) origin: Origin,
    pub(crate) n_balancers: u32,
}

/// Where that is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Marathon said so.
    Live,
    /// It was read.
    File(Source),
    /// The same definition is taken to run, in another version.
    Assumed,
}

impl Present {
    /// What Marathon says of a deployment group.
    pub(crate) async fn look(marathon: &dyn Marathon, group: &str) -> Result<Self, CliError> {
        let found = find(marathon, group).await?;
        let Around { running, strangers } = Around::look(marathon, group).await?;
        Ok(Self { found, running, strangers, origin: Origin::Live, n_balancers: 1 })
    }

    /// One app that runs, or is taken to: as it would be had it been deployed here.
    pub(crate) fn of(definition: &App, group: &str, origin: Origin) -> Result<Self, CliError> {
        let found = labels::group_of(definition).unwrap_or_default();
        if found != group {
            let (app, found) = (definition.id().clone(), found.into());
            return Err(CanaryError::OtherGroup { app, group: group.into(), found }.into());
        }
        let running = if definition.labels().contains_key(labels::COLOUR) {
            definition.clone()
        } else {
            let instances = definition.instances().get();
            let extent = Extent { instances, target: instances, beside: 0 };
            // That it runs is what is assumed; whether it is checked is not what is planned.
            let release = Release { definition, group: &[], allow_no_health_check: true };
            release.app(extent, Timestamp::EPOCH).map_err(CanaryError::from)?
        };
        let (running, strangers) = (vec![running], Vec::new());
        Ok(Self { found: None, running, strangers, origin, n_balancers: 1 })
    }

    /// The same once `app` has been deployed, as the first of its group.
    pub(crate) fn after(&self, app: App) -> Self {
        Self { found: None, running: vec![app], ..self.clone() }
    }

    /// Refuses what would take from others what is theirs.
    pub(crate) fn admits(&self, prepared: &Prepared) -> Result<(), StrangerError> {
        let Prepared { record, app } = prepared;
        if self.found.is_some() {
            self.strangers.iter().try_for_each(|it| refuse_foreign(record, it))?;
        }
        refuse_taken(app, &self.running, &self.strangers)
    }

    /// Looks at the balancers, too.
    pub(crate) async fn behind(
        mut self,
        balancer: Option<&dyn LoadBalancer>,
        backend: &Name,
    ) -> Result<Self, CliError> {
        let Some(balancer) = balancer else { return Ok(self) };
        let balancers = balancer.look(backend).await;
        self.n_balancers = u32::try_from(balancers.len()).unwrap_or(u32::MAX).max(1);
        for balancer in balancers {
            balancer.seen.map_err(CanaryError::Balancer)?;
        }
        Ok(self)
    }

    /// What a plan is bound to.
    pub(crate) fn sight(&self) -> Sight {
        let generation = self.found.as_ref().map(|found| found.generation);
        let sight = Sight::live(&self.running, generation);
        Sight { is_live: self.origin == Origin::Live, ..sight }
    }
}
