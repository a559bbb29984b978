//! The verb itself.

use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Phase;

use super::error::CanaryError;
use super::{end, hold, start, status};
use crate::args::{CanaryArgs, CanaryVerb, HaproxyArgs};
use crate::connect::balancer;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};

pub(crate) async fn run(
    args: &CanaryArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    match &args.verb {
        CanaryVerb::Start(args) => {
            let balancer = needed(&args.balancer)?;
            start::run(args, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Promote(args) => {
            let balancer = needed(&args.balancer)?;
            end::run(args, Phase::Promote, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Rollback(args) => {
            let balancer = needed(&args.balancer)?;
            end::run(args, Phase::Rollback, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Hold(args) => {
            let balancer = needed(&args.balancer)?;
            hold::run(args, marathon, &*balancer, operator, console).await
        }
        CanaryVerb::Status(args) => {
            let balancer = balancer(&args.balancer)?;
            status::run(args, marathon, balancer.as_deref(), console).await
        }
    }
}

pub(super) fn needed(args: &HaproxyArgs) -> Result<Box<dyn LoadBalancer>, CanaryError> {
    balancer(args)?.ok_or(CanaryError::NoBalancer)
}
