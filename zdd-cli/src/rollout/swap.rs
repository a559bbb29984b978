//! Blue/green: the new version grows beside the old one, which goes as it grows.

use zdd_core::app::App;
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{Extent, Growth, Release, Traffic};

use super::carry::{Carried, Means, carry_out, now};
use super::claim::{Claim, find, me, refuse_held, running_of};
use super::error::CanaryError;
use super::start::leave;
use super::watchers::Watchers;
use crate::args::{PaceArgs, SwapArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::text::plural;

/// Puts `app` in the place of what runs of its deployment group.
pub(crate) async fn swap(
    app: &App,
    (args, pace, is_dry): (&SwapArgs, &PaceArgs, bool),
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let swap = Swap { app, args, means: Means { marathon, balancer, pace, watchers } };
    let group = swap.release(&[]).group_name()?;
    let found = find(marathon, group).await?;
    refuse_held(found.as_ref(), pace.take_over, now())?;
    let running = running_of(marathon, group).await?;
    if let (None, [one]) = (&found, running.as_slice())
        && swap.release(&[]).is_in_place(one)
    {
        console.say(&format!("{} is in place already", one.id()))?;
        return Ok(ExitCode::Done);
    }
    let (record, made) = match &found {
        Some(found) => swap.go_on(found, &running)?,
        None => swap.begin(&running)?,
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
    match carry_out(&claim, swap.means, operator, console).await {
        Ok(Carried::Reached(_)) => {
            let text = done(&claim.record);
            claim.forget().await?;
            console.say(&text)?;
            Ok(ExitCode::Done)
        }
        Ok(Carried::Interrupted) => {
            claim.release().await?;
            console.tell(
                "interrupted; everything stays as it is: the same command goes on from here, \
                 `zdd canary rollback` takes it back",
            )?;
            Ok(ExitCode::Left)
        }
        Err(error) => {
            leave(claim, &error).await?;
            Err(error)
        }
    }
}

struct Swap<'a> {
    app: &'a App,
    args: &'a SwapArgs,
    means: Means<'a>,
}

impl Swap<'_> {
    fn release<'r>(&'r self, group: &'r [App]) -> Release<'r> {
        let allow_no_health_check = self.args.no_health_check_ok;
        Release { definition: self.app, group, allow_no_health_check }
    }

    fn begin(&self, running: &[App]) -> Result<(Record, App), CliError> {
        let release = self.release(running);
        let old = release.running()?;
        let (full, since) = (self.app.instances().get(), now());
        let before = old.map_or(0, |app| app.instances().get());
        // The first of its group has nobody to take over from.
        let first = if old.is_some() { self.args.initial_instances.min(full) } else { full };
        let made = release.app(Extent { instances: first, target: full, beside: 0 }, since)?;
        let traffic =
            if self.means.balancer.can_set() { Traffic::ByInstances } else { Traffic::Untouched };
        let growth = match self.args.linear_increase {
            None => Growth::ByHalf,
            Some(step) => Growth::By(step),
        };
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Promote,
            old: old.map(|app| app.id().clone()),
            new: made.id().clone(),
            before,
            canary: first,
            full,
            floor: before.min(full),
            traffic,
            hold: traffic,
            growth,
            since,
        };
        Ok((record, made))
    }

    /// The rest of one that was interrupted, if it is of this definition.
    fn go_on(&self, found: &Found, running: &[App]) -> Result<(Record, App), CliError> {
        let record = &found.record;
        let group = record.group.clone();
        let of_instances = record.share().is_none();
        if record.phase != Phase::Promote || !of_instances {
            let is_forward = record.phase != Phase::Rollback;
            return Err(CanaryError::OnItsWay { group, is_forward }.into());
        }
        let old: Vec<App> =
            running.iter().filter(|app| Some(app.id()) == record.old.as_ref()).cloned().collect();
        let extent = Extent { instances: record.canary, target: record.full, beside: 0 };
        let made = self.release(&old).app(extent, record.since)?;
        // Once the old one is gone, the colour cannot be told from it.
        let made = if old.is_empty() { found.definition.clone().unwrap_or(made) } else { made };
        if found.definition.as_ref().is_some_and(|it| *it != made) {
            return Err(CanaryError::Another { group, app: record.new.clone() }.into());
        }
        Ok((record.clone(), made))
    }
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

fn done(record: &Record) -> String {
    let Record { new, full, .. } = record;
    let instances = plural(*full, "instance");
    match &record.old {
        None => format!("{new} serves with {instances}"),
        Some(old) => format!("{new} serves with {instances}; {old} is gone"),
    }
}
