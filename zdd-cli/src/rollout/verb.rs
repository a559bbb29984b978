//! The verb itself.

use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Phase;

use super::end::Turn;
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
            if let Some(option) = args.idle() {
                return Err(CanaryError::NothingKept(option).into());
            }
            let balancer = needed(&args.balancer)?;
            let watchers = Watchers::open(&args.observe, args.dry_run, console)?;
            let answer = start::run(args, marathon, &*balancer, &watchers, operator, console).await;
            watchers.finish(answer, console).await
        }
        CanaryVerb::Approve(args) => {
            let balancer = needed(&args.end.balancer)?;
            let to = Turn::Approve(&args.check);
            end(&args.end, to, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Promote(args) => {
            let balancer = needed(&args.balancer)?;
            end(args, Turn::To(Phase::Promote), marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Rollback(args) => {
            let balancer = needed(&args.balancer)?;
            end(args, Turn::To(Phase::Rollback), marathon, &*balancer, operator, console).await
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
    to: Turn<'_>,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let watching = match to {
        Turn::Approve(check) => Some(check),
        Turn::To(_) => None,
    };
    if let (Turn::To(Phase::Rollback), Some(option)) = (to, args.hooks.only_forward()) {
        return Err(CanaryError::NothingPromoted(option).into());
    }
    check(&args.hooks, watching).map_err(CanaryError::from)?;
    let watchers = Watchers::open(&args.observe, false, console)?;
    let answer = end::run(args, to, marathon, balancer, &watchers, operator, console).await;
    watchers.finish(answer, console).await
}

pub(super) fn needed(args: &HaproxyArgs) -> Result<Box<dyn LoadBalancer>, CanaryError> {
    balancer(args)?.ok_or(CanaryError::NoBalancer)
}
