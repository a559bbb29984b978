//! The plan of a group.

use std::collections::BTreeSet;

use zdd_core::app::Group;
use zdd_core::capacity::Reading;
use zdd_core::group::{Forecast, plan};
use zdd_core::timeline::Assumptions;
use zdd_core::units::GroupId;

use crate::args::{ModelName, Numbers, PlanArgs};
use crate::error::CliError;
use crate::input::Source;

/// What Marathon does with a group.
#[derive(Debug)]
pub(crate) struct GroupPlan {
    pub(crate) group: GroupId,
    pub(crate) source: Source,
    pub(crate) forecast: Forecast,
    pub(crate) reading: Reading,
    pub(crate) is_reading_given: bool,
    /// Whether an older definition was given; else all apps are taken to change.
    pub(crate) is_from_given: bool,
}

impl GroupPlan {
    /// Without `old` every app is taken to be replaced, as for a single app.
    pub(crate) fn of(
        old: Option<&Group>,
        new: &Group,
        source: Source,
        args: &PlanArgs,
    ) -> Result<Self, CliError> {
        refuse_overrides(args)?;
        let restarts: BTreeSet<_> = match old {
            Some(_) => BTreeSet::new(),
            None => new.all_apps().map(|app| app.id().clone()).collect(),
        };
        let from = old.unwrap_or(new);
        let steps = plan(from, new, &restarts)?;
        let reading = args.numbers.reading();
        let forecast = Forecast::of(&steps, from, new, reading, |old, new| {
            args.times.or(Assumptions::between(old, new))
        });
        Ok(Self {
            group: new.id().clone(),
            source,
            forecast,
            reading,
            is_reading_given: args.numbers.marathon_version.is_some(),
            is_from_given: old.is_some(),
        })
    }
}

fn refuse_overrides(args: &PlanArgs) -> Result<(), CliError> {
    let Numbers { instances, min_health, max_over, marathon_version: _ } = args.numbers;
    let given = [
        ("--instances", instances.is_some()),
        ("--min-health", min_health.is_some()),
        ("--max-over", max_over.is_some()),
        ("--model side-by-side", args.model == ModelName::SideBySide),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((given, _)) => Err(CliError::NotForGroups { given }),
        None => Ok(()),
    }
}
