//! Which options go together.

use std::path::{Path, PathBuf};

use super::error::FitError;
use crate::args::{Asked, CheckArgs, ClusterArgs, ModelName, PlanCommand};

/// What contradicts itself in the arguments of a check.
pub(crate) fn of_check(args: &CheckArgs) -> Result<(), FitError> {
    let has_marathon = !args.connect.marathon.is_empty();
    of_cluster(&args.cluster, args.files.iter(), has_marathon)?;
    let needs_it =
        [("--guarantee fits", args.guarantee == Asked::Fits), ("--marathon", has_marathon)];
    let alone = needs_it.into_iter().find(|(_, is_given)| *is_given && !args.cluster.is_given());
    alone.map_or(Ok(()), |(option, _)| Err(FitError::NoCluster(option)))
}

/// What contradicts itself in the arguments of a plan.
pub(crate) fn of_plan(args: &PlanCommand) -> Result<(), FitError> {
    let plan = &args.plan;
    let files = plan.file.iter().chain(&plan.from);
    of_cluster(&args.cluster, files, !args.connect.marathon.is_empty())?;
    match args.cluster.option() {
        Some(option) if plan.model == ModelName::SideBySide => Err(FitError::SideBySide(option)),
        _ => Ok(()),
    }
}

fn of_cluster<'a>(
    args: &ClusterArgs,
    files: impl Iterator<Item = &'a PathBuf>,
    has_marathon: bool,
) -> Result<(), FitError> {
    let Some(option) = args.option() else {
        return match args.mesos_role {
            Some(_) => Err(FitError::NoCluster("--mesos-role")),
            None => Ok(()),
        };
    };
    if args.agents.is_some() && args.mesos.is_some() {
        return Err(FitError::TwoClusters);
    }
    if args.mesos.is_some() && args.master().is_none() && !has_marathon {
        return Err(FitError::NoMaster);
    }
    let mut files = files.peekable();
    if files.peek().is_none() {
        let taken = args.master().filter(|text| !text.contains("://"));
        return Err(FitError::NoDefinition(option, taken.map(String::from)));
    }
    if args.is_stdin() && files.any(|file| file == Path::new("-")) {
        return Err(FitError::StdinTwice);
    }
    Ok(())
}
