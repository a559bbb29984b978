//! What is to be planned: which kind of deployment, of what.

use zdd_core::app::{App, Document};
use zdd_core::rollout::labels;
use zdd_core::units::InstanceCount;

use super::present::{Origin, Present};
use crate::amend;
use crate::args::{ModelName, PlanCommand, Strategy};
use crate::error::CliError;
use crate::input::{self, Source};
use crate::plan::subject::{One, one};
use crate::rollout::{CanaryError, Subject};

/// A rollout that is to be planned.
pub(crate) struct Asked {
    pub(crate) source: Source,
    pub(crate) kind: Kind,
    /// The definition that runs, where one was given.
    pub(crate) old: Option<(Source, Box<App>)>,
}

/// How.
pub(crate) enum Kind {
    /// Blue/green.
    Swap(Box<App>),
    /// Both stand beside each other first.
    Canary(Box<Subject>),
}

/// What `zdd plan` is asked for.
pub(crate) enum Either {
    Rollout(Asked),
    /// Marathon replaces instances by itself: from these definitions, the new one first.
    Upgrade(Vec<(Source, Document)>),
}

impl Either {
    pub(crate) fn of(args: &PlanCommand) -> Result<Self, CliError> {
        let Some(path) = &args.plan.file else { return Ok(Self::Upgrade(Vec::new())) };
        let is_yaml = |it: &std::ffi::OsStr| it == "yaml" || it == "yml";
        let is_blueprint = path.extension().is_some_and(is_yaml);
        let from: Vec<_> = args.plan.from.iter().cloned().collect();
        if args.first_share().is_some() || is_blueprint {
            if args.strategy.is_some() {
                return Err(CanaryError::NoStrategy.into());
            }
            refuse(args, true)?;
            if let Some(option) = args.steps.about_watching().filter(|_| !args.steps.is_kept()) {
                return Err(CanaryError::NothingKept(option).into());
            }
            let instances = args.plan.numbers.instances.map(InstanceCount::get);
            let subject = Subject::read(path, &args.amend, args.first_share(), instances)?;
            let old = old(input::documents(&from)?.into_iter().next())?;
            let (source, kind) = (Source::from(path.as_path()), Kind::Canary(Box::new(subject)));
            return Ok(Self::Rollout(Asked { source, kind, old }));
        }
        let documents = if args.amend.given().is_some() {
            let source = Source::from(path.as_path());
            let new = amend::document(&source, &args.amend)?;
            [(source, new)].into_iter().chain(input::documents(&from)?).collect()
        } else {
            let paths: Vec<_> = [path.clone()].into_iter().chain(from).collect();
            input::documents(&paths)?
        };
        let is_grouped = match documents.as_slice() {
            [(_, Document::App(app)), ..] => labels::group_of(app).is_some(),
            _ => false,
        };
        let is_rollout = match args.strategy {
            None => is_grouped,
            Some(strategy) => strategy == Strategy::BlueGreen,
        };
        if !is_rollout {
            return Ok(Self::Upgrade(documents));
        }
        refuse(args, false)?;
        let mut documents = documents.into_iter();
        let (source, document) = documents.next().ok_or(CliError::NothingGiven)?;
        let One::App(app) = one(document, &source)? else {
            return Err(CanaryError::NotOneApp(source).into());
        };
        let old = old(documents.next())?;
        Ok(Self::Rollout(Asked { source, kind: Kind::Swap(app), old }))
    }
}

fn old(document: Option<(Source, Document)>) -> Result<Option<(Source, Box<App>)>, CliError> {
    let Some((source, document)) = document else { return Ok(None) };
    match one(document, &source)? {
        One::App(app) => Ok(Some((source, app))),
        One::Group(_) => Err(CanaryError::NotOneApp(source).into()),
    }
}

impl Asked {
    /// What runs, without asking anybody.
    pub(crate) fn assumed(&self) -> Result<Present, CliError> {
        let group = labels::group_of(self.app()).unwrap_or_default();
        match (&self.old, &self.kind) {
            (Some((source, old)), _) => Present::of(old, group, Origin::File(source.clone())),
            (None, Kind::Canary(subject)) => {
                let old = subject.old.as_ref().map_or(&subject.new, |(_, old)| old);
                Present::of(old, group, Origin::Assumed)
            }
            (None, Kind::Swap(app)) => Present::of(app, group, Origin::Assumed),
        }
    }

    /// The definition of the new version.
    pub(crate) fn app(&self) -> &App {
        match &self.kind {
            Kind::Swap(app) => app,
            Kind::Canary(subject) => &subject.new,
        }
    }
}

fn refuse(args: &PlanCommand, is_canary: bool) -> Result<(), CliError> {
    let instances = args.plan.numbers.instances.filter(|_| !is_canary).map(|_| "--instances");
    match rolling(args).chain(instances).next() {
        Some(option) => Err(CanaryError::OnlyRolling(option).into()),
        None => Ok(()),
    }
}

/// The options that were given and only a rolling upgrade knows.
fn rolling(args: &PlanCommand) -> impl Iterator<Item = &'static str> {
    let numbers = args.plan.numbers;
    let given = [
        ("--min-health", numbers.min_health.is_some()),
        ("--max-over", numbers.max_over.is_some()),
        ("--marathon-version", numbers.marathon_version.is_some()),
        ("--model", args.plan.model == ModelName::SideBySide),
    ];
    given.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option)
}
