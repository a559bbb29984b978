//! Blue/green: the new version grows beside the old one, which goes as it grows.

use zdd_core::app::App;
use zdd_core::drive::{Claim, refuse_held};
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::Record;

use super::around::tell_of_others;
use super::carry::{Means, patience};
use super::claim::me;
use super::close::close;
use super::doing::Doing;
use super::error::CanaryError;
use super::prepared::{Prepared, Swap, Swapped};
use super::walk::walk;
use crate::args::{HookArgs, PaceArgs, SwapArgs};
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::hooks::check;
use crate::plan::rollout::{Pace, Plan, Present, preview};
use crate::text::plural;

/// Puts `app` in the place of what runs of its deployment group.
pub(crate) async fn swap(
    app: &App,
    (args, pace, hooks): (&SwapArgs, &PaceArgs, &HookArgs),
    doing: Doing<'_>,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    check(hooks, None).map_err(CanaryError::from)?;
    let watchers = doing.watchers;
    let means = Means { marathon, balancer, pace, watchers, hooks: Some(hooks), check: None };
    let swap = Swap { app, args, can_set: balancer.can_set() };
    let group = swap.group()?;
    let present = Present::look(marathon, group).await?;
    refuse_held(present.found.as_ref(), pace.drain.take_over, now())?;
    let prepared = match swap.prepared(present.found.as_ref(), &present.running)? {
        Swapped::InPlace(app) => {
            console.say(&format!("{app} is in place already"))?;
            return Ok(ExitCode::Done);
        }
        Swapped::Prepared(prepared) => *prepared,
    };
    present.admits(&prepared)?;
    tell_of_others(&prepared.record, &present.running, console)?;
    let present = present.behind(Some(balancer), &prepared.record.backend).await?;
    let patience = patience(pace);
    doing.holds(&prepared, &present, patience)?;
    console.tell(&heading(&prepared.record))?;
    if let Some(warning) = thinner(&prepared.record) {
        console.tell(&warning)?;
    }
    if doing.is_dry {
        let source = doing.source.clone();
        let plan = Plan::of(&prepared, &present, source, Pace::of(patience))?;
        return preview(&plan, console);
    }
    let (Prepared { record, app: made }, Present { found, running, .. }) = (prepared, present);
    let holder = me(now(), false);
    let mut claim = Claim::take(marathon, found.as_ref(), record, Some(made), holder).await?;
    if found.is_none() {
        claim = claim.after_all(&running).await?;
    }
    let walked = walk(&mut claim, means, operator, console).await;
    close(claim, means, walked, operator, console).await
}

/// Where far fewer are to serve than do: the old ones go as soon as they are too many.
fn thinner(record: &Record) -> Option<String> {
    let Record { old: Some(old), full, before, .. } = record else { return None };
    (full < before).then(|| {
        format!(
            "warning: {old} has {before} instances and the file {full}: from the first new one on, old \
             ones are stopped until {full} are left in all; `\"instances\": {before}` keeps as many"
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use zdd_core::testing::record;

    #[test]
    fn fewer_than_run_are_warned_of() {
        let of = |before, full| thinner(&Record { before, full, ..record() });
        assert_eq!(of(3, 3), None);
        assert_eq!(of(3, 4), None);
        let text = "warning: /shop-blue has 10 instances and the file 2: from the first new one on, old \
                    ones are stopped until 2 are left in all; `\"instances\": 10` keeps as many";
        assert_eq!(of(10, 2).as_deref(), Some(text));
        assert_eq!(thinner(&Record { old: None, before: 9, full: 1, ..record() }), None);
    }
}
