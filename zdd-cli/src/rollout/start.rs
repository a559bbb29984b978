//! Starts a canary, or changes the share of one that stands.

use zdd_core::app::App;
use zdd_core::ports::{BalancerError, LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Record};

use super::carry::{Means, carry_out, now};
use super::claim::{Claim, find, me, refuse_held, running_of};
use super::close::close;
use super::error::{CanaryError, Share};
use super::prepared::{Canary, Prepared};
use super::subject::Subject;
use super::watchers::Watchers;
use crate::args::StartArgs;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::text::plural;

pub(super) async fn run(
    args: &StartArgs,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let subject = Subject::read(&args.file, &args.amend, args.weight, args.instances)?;
    let means = Means { marathon, balancer, pace: &args.pace, watchers, hooks: Some(&args.hooks) };
    let start = Start { args, subject, means };
    start.run(operator, console).await
}

struct Start<'a> {
    args: &'a StartArgs,
    subject: Subject,
    means: Means<'a>,
}

impl Start<'_> {
    async fn run(
        &self,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let canary = self.canary();
        let group = canary.group()?;
        let found = find(self.means.marathon, group).await?;
        refuse_held(found.as_ref(), self.args.pace.take_over, now())?;
        let running = running_of(self.means.marathon, group).await?;
        let next = canary.prepared(found.as_ref(), &running)?;
        let Some(version) = next.before else {
            return self.carry((found.as_ref(), &running), next.prepared, operator, console).await;
        };
        console.tell(&format!("nothing of {group} runs: {version} is deployed first"))?;
        let code = self.carry((None, &running), next.prepared, operator, console).await?;
        if code != ExitCode::Done || self.args.dry_run {
            return Ok(code);
        }
        let running = running_of(self.means.marathon, group).await?;
        let next = canary.prepared(None, &running)?;
        self.carry((None, &running), next.prepared, operator, console).await
    }

    const fn canary(&self) -> Canary<'_> {
        let StartArgs { nearest, no_health_check_ok, instances, .. } = *self.args;
        Canary { subject: &self.subject, nearest, no_health_check_ok, instances }
    }

    async fn carry(
        &self,
        (found, running): (Option<&Found>, &[App]),
        prepared: Prepared,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let Prepared { record, app } = prepared;
        self.seen(&record).await?;
        console.tell(&heading(&record))?;
        if self.args.dry_run {
            console.tell("nothing was done; leave --dry-run out to do it")?;
            return Ok(ExitCode::Done);
        }
        let holder = me(now(), false);
        let mut claim = Claim::take(self.means.marathon, found, record, Some(app), holder).await?;
        if found.is_none() {
            claim = claim.after_all(running).await?;
        }
        let carried = carry_out(&claim, self.means, operator, console).await;
        close(claim, self.means, carried, operator, console).await
    }

    /// Looks at the balancers before anything is begun.
    async fn seen(&self, record: &Record) -> Result<(), CanaryError> {
        let balancers = self.means.balancer.look(&record.backend).await;
        if !self.means.balancer.can_set() {
            let balancer =
                balancers.first().map_or_else(|| "marathon-lb".into(), |it| it.name.clone());
            return Err(CanaryError::Balancer(BalancerError::ReadOnly { balancer }));
        }
        for balancer in balancers {
            let look = balancer.seen.map_err(CanaryError::Balancer)?;
            if let Some(balance) = look.balance.filter(|it| it != "roundrobin") {
                return Err(CanaryError::Balance(balance));
            }
        }
        Ok(())
    }
}

fn heading(record: &Record) -> String {
    let Record { group, backend, new, before, canary, full, .. } = record;
    match &record.old {
        None => format!("{group}: {new} with {} behind {backend}", plural(*full, "instance")),
        Some(old) => {
            let share = record.share().unwrap_or_default();
            format!(
                "{group}: {old} with {} and {new} with {} behind {backend}, {} to {}",
                plural(*before, "instance"),
                plural(*canary, "instance"),
                Share(1.0 - share),
                Share(share),
            )
        }
    }
}
