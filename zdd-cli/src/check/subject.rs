//! What is checked.

use std::rc::Rc;

use zdd_core::app::App;
use zdd_core::capacity::UpgradeStrategy;
use zdd_core::check::{Check, Suggestion, suggest};
use zdd_core::units::{AppId, InstanceCount};
use zdd_core::upgrade::Upgrade;

use crate::args::{Asked, CheckArgs, Numbers};
use crate::error::CliError;
use crate::fit::Answer;
use crate::input::Source;

/// One app, or three numbers, and what there is to say about it.
#[derive(Debug)]
pub(super) struct Subject {
    /// None where only numbers were given.
    pub(super) app: Option<AppId>,
    pub(super) source: Option<Source>,
    pub(super) check: Check,
    pub(super) suggestion: Option<Suggestion>,
    /// Whether the reading was said, or is only assumed.
    pub(super) is_reading_given: bool,
    /// Whether it fits the cluster, where one is given. The apps of a group share one answer.
    pub(super) fits: Option<Rc<Answer>>,
}

impl Subject {
    pub(super) fn of_app(app: &App, source: Source, args: &CheckArgs) -> Result<Self, CliError> {
        let app = args.numbers.override_in(app.clone());
        let check = Check::of_app(&app, args.numbers.reading());
        Self::new(Some(app.id().clone()), Some(source), &check, args)
    }

    pub(super) fn of_numbers(instances: InstanceCount, args: &CheckArgs) -> Result<Self, CliError> {
        Self::new(None, None, &Check::of(&args.numbers.upgrade(instances)), args)
    }

    fn new(
        app: Option<AppId>,
        source: Option<Source>,
        check: &Check,
        args: &CheckArgs,
    ) -> Result<Self, CliError> {
        let name = || app.as_ref().map_or_else(|| "the three numbers".into(), AppId::to_string);
        let suggestion = match args.keep.zip(args.spare) {
            Some((keep, spare)) => Some(
                suggest(check.bounds().instances, keep, spare)
                    .map_err(|suggest| CliError::Suggest { app: name(), suggest })?,
            ),
            None => None,
        };
        let is_reading_given = args.numbers.marathon_version.is_some();
        Ok(Self { app, source, check: *check, suggestion, is_reading_given, fits: None })
    }
}

impl Subject {
    /// Whether it can be kept, and fits where that is asked.
    pub(super) fn holds(&self, asked: Asked) -> bool {
        let fits = self.fits.as_ref().is_none_or(|answer| answer.fits());
        match asked {
            Asked::Strategy(guarantee) => fits && self.check.verdict(guarantee).satisfiable.holds(),
            Asked::Fits => fits,
        }
    }

    /// The answer that is about this app alone.
    pub(super) fn own_answer(&self) -> Option<&Answer> {
        let about = self.app.as_ref()?.as_str();
        self.fits.as_deref().filter(|answer| answer.about == about)
    }
}

impl Numbers {
    /// `strategy` with what was given in its place.
    fn strategy(self, strategy: UpgradeStrategy) -> UpgradeStrategy {
        UpgradeStrategy {
            minimum_health_capacity: self.min_health.unwrap_or(strategy.minimum_health_capacity),
            maximum_over_capacity: self.max_over.unwrap_or(strategy.maximum_over_capacity),
        }
    }

    /// `app` with what was given in its place.
    pub(crate) fn override_in(self, app: App) -> App {
        let app = match self.instances {
            Some(instances) => app.with_instances(instances),
            None => app,
        };
        if self.min_health.is_none() && self.max_over.is_none() {
            return app;
        }
        let strategy = self.strategy(app.upgrade_strategy());
        app.with_upgrade_strategy(strategy)
    }

    /// The upgrade of `instances` of an app of which only the numbers are known.
    pub(crate) fn upgrade(self, instances: InstanceCount) -> Upgrade {
        let strategy = self.strategy(UpgradeStrategy::default());
        Upgrade { reading: self.reading(), ..Upgrade::new(instances, strategy) }
    }
}
