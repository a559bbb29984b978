//! Blue/green: the new version grows beside the old one, which goes as it grows.

use zdd_core::app::App;
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Record;

use super::carry::{Means, carry_out, now};
use super::claim::{Claim, find, me, refuse_held, running_of};
use super::close::close;
use super::error::CanaryError;
use super::prepared::{Prepared, Swap, Swapped};
use super::watchers::Watchers;
use crate::args::{HookArgs, PaceArgs, SwapArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::text::plural;

/// Puts `app` in the place of what runs of its deployment group.
pub(crate) async fn swap(
    app: &App,
    (args, pace, hooks, is_dry): (&SwapArgs, &PaceArgs, &HookArgs, bool),
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let means = Means { marathon, balancer, pace, watchers, hooks: Some(hooks) };
    let swap = Swap { app, args, can_set: balancer.can_set() };
    let group = swap.group()?;
    let found = find(marathon, group).await?;
    refuse_held(found.as_ref(), pace.take_over, now())?;
    let running = running_of(marathon, group).await?;
    let Prepared { record, app: made } = match swap.prepared(found.as_ref(), &running)? {
        Swapped::InPlace(app) => {
            console.say(&format!("{app} is in place already"))?;
            return Ok(ExitCode::Done);
        }
        Swapped::Prepared(prepared) => *prepared,
    };
    for balancer in balancer.look(&record.backend).await {
        balancer.seen.map_err(CanaryError::Balancer)?;
    }
    console.tell(&heading(&record))?;
    if is_dry {
        console.tell("nothing was done; leave --dry-run out to do it")?;
        return Ok(ExitCode::Done);
    }
    let holder = me(now(), false);
    let mut claim = Claim::take(marathon, found.as_ref(), record, Some(made), holder).await?;
    if found.is_none() {
        claim = claim.after_all(&running).await?;
    }
    let carried = carry_out(&claim, means, operator, console).await;
    close(claim, means, carried, operator, console).await
}

fn heading(record: &Record) -> String {
    let Record { group, backend, new, full, before, canary, .. } = record;
    let instances = plural(*full, "instance");
    match &record.old {
        None => format!("{group}: {new} with {instances} behind {backend}, the first of its group"),
        Some(old) => format!(
            "{group}: {new} takes over from {old} behind {backend}, from {canary} to {instances}; \
             {old} has {before}"
        ),
    }
}
