//! The verb itself.

use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Phase;

use super::error::CanaryError;
use super::watchers::Watchers;
use super::{end, hold, start, status};
use crate::args::{CanaryArgs, CanaryVerb, EndArgs, HaproxyArgs};
use crate::connect::balancer;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::hooks::check;

pub(crate) async fn run(
    args: &CanaryArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    match &args.verb {
        CanaryVerb::Start(args) => {
            let balancer = needed(&args.balancer)?;
            let watchers = Watchers::open(&args.observe, args.dry_run, console)?;
            let answer = start::run(args, marathon, &*balancer, &watchers, operator, console).await;
            watchers.finish(answer, console).await
        }
        CanaryVerb::Approve(args) => {
            let balancer = needed(&args.balancer)?;
            end(args, None, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Promote(args) => {
            let balancer = needed(&args.balancer)?;
            end(args, Some(Phase::Promote), marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Rollback(args) => {
            let balancer = needed(&args.balancer)?;
            end(args, Some(Phase::Rollback), marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Hold(args) => {
            let balancer = needed(&args.balancer)?;
            let watchers = Watchers::open(&args.observe, false, console)?.of_repeated();
            let answer = hold::run(args, marathon, &*balancer, &watchers, operator, console).await;
            watchers.finish(answer, console).await
        }
        CanaryVerb::Status(args) => {
            let balancer = balancer(&args.balancer)?;
            status::run(args, marathon, balancer.as_deref(), console).await
        }
    }
}

async fn end(
    args: &EndArgs,
    phase: Option<Phase>,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    check(&args.hooks).map_err(CanaryError::from)?;
    let watchers = Watchers::open(&args.observe, false, console)?;
    let answer = end::run(args, phase, marathon, balancer, &watchers, operator, console).await;
    watchers.finish(answer, console).await
}

pub(super) fn needed(args: &HaproxyArgs) -> Result<Box<dyn LoadBalancer>, CanaryError> {
    balancer(args)?.ok_or(CanaryError::NoBalancer)
}
