//! Keeps the shares of a canary exact while instances come and go.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::drive::{Claim, refuse_held};
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Phase;

use super::around::look_around;
use super::carry::{Carried, Means, carry_out};
use super::claim::me;
use super::close::{leave, release};
use super::end::one;
use super::error::CanaryError;
use super::status;
use super::watchers::Watchers;
use crate::args::HoldArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) async fn run(
    args: &HoldArgs,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let found = one(marathon, args.group.as_ref()).await?;
    refuse_held(Some(&found), args.pace.drain.take_over, now())?;
    let group = found.record.group.clone();
    if found.record.phase != Phase::Canary {
        let is_forward = found.record.phase == Phase::Promote;
        return Err(CanaryError::OnItsWay { group, is_forward }.into());
    }
    look_around(&found.record, marathon, console).await?;
    let (record, definition) = (found.record.clone(), found.definition.clone());
    let mut claim =
        Claim::take(marathon, Some(&found), record, definition, me(now(), true)).await?;
    let means = Means { marathon, balancer, pace: &args.pace, watchers, hooks: None, check: None };
    let mut is_shown = false;
    loop {
        match carry_out(&mut claim, means, operator, console).await {
            Ok(Carried::Reached(seen)) => {
                if !is_shown {
                    status::say(&claim.record, &seen, console)?;
                    console.tell("held; Ctrl-C leaves it as it is")?;
                    is_shown = true;
                }
            }
            Ok(Carried::Interrupted) => break,
            // Promoted or rolled back by somebody: that is how it is meant to end.
            Err(CliError::Canary(CanaryError::Lost { .. })) => {
                console
                    .say(&format!("somebody else goes on with {group}; nothing more is held"))?;
                return Ok(ExitCode::Done);
            }
            // Instances may be gone for longer; what is left keeps its share.
            Err(CliError::Canary(CanaryError::TimedOut { waiting_on, .. })) => {
                console.tell(&format!("still waiting for {waiting_on}"))?;
            }
            Err(error) => {
                leave(claim, &error, console).await?;
                return Err(error);
            }
        }
        tokio::select! {
            () = operator.interrupted() => break,
            () = sleep(LOOK_EVERY) => {}
        }
    }
    if let Some(error) = release(claim, console).await? {
        return Err(error);
    }
    console.tell("left as it is; nobody holds the shares now")?;
    Ok(ExitCode::Done)
}
