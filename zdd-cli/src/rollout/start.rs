//! Starts a canary, or changes the share of one that stands.

use zdd_core::app::App;
use zdd_core::drive::{Around, Claim, refuse_held};
use zdd_core::ports::{BalancerError, LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Record};

use super::around::tell_of_others;
use super::carry::{Means, patience};
use super::claim::me;
use super::close::close;
use super::doing::Doing;
use super::error::{CanaryError, Share};
use super::prepared::{Canary, Prepared};
use super::subject::Subject;
use super::walk::{in_short, walk};
use super::watchers::Watchers;
use crate::args::StartArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::hooks::check;
use crate::input::Source;
use crate::plan::rollout::{Bound, Pace, Plan, Present, preview};
use crate::text::plural;

pub(super) async fn run(
    args: &StartArgs,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    check(&args.hooks, Some(&args.check)).map_err(CanaryError::from)?;
    let subject = Subject::read(&args.file, &args.amend, args.share(), args.instances)?;
    let (pace, hooks, check) = (&args.pace, Some(&args.hooks), Some(&args.check));
    let means = Means { marathon, balancer, pace, watchers, hooks, check };
    let source = Source::from(args.file.as_path());
    let bound = args.plan.as_deref().map(Bound::read).transpose()?;
    let start = Start { args, subject, means, source, bound };
    start.run(operator, console).await
}

struct Start<'a> {
    args: &'a StartArgs,
    subject: Subject,
    means: Means<'a>,
    source: Source,
    bound: Option<Bound>,
}

impl Start<'_> {
    async fn run(
        &self,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let canary = self.canary();
        let group = canary.group()?;
        let present = Present::look(self.means.marathon, group).await?;
        refuse_held(present.found.as_ref(), self.args.pace.drain.take_over, now())?;
        let next = canary.prepared(present.found.as_ref(), &present.running)?;
        present.admits(&next.prepared)?;
        tell_of_others(&next.prepared.record, &present.running, console)?;
        if next.before.is_some() {
            // What comes after that has to be possible, too, before anything is begun.
            let present = present.after(next.prepared.app.clone());
            present.admits(&canary.prepared(None, &present.running)?.prepared)?;
        }
        let n_balancers = self.seen(&next.prepared.record).await?;
        let present = Present { n_balancers, ..present };
        let (patience, is_dry) = (patience(&self.args.pace), self.args.dry_run);
        let (bound, watchers) = (self.bound.as_ref(), self.means.watchers);
        let doing = Doing { source: &self.source, is_dry, bound, watchers };
        doing.holds(&next.prepared, &present, patience)?;
        if let Some(version) = &next.before {
            console.tell(&format!("nothing of {group} runs: {version} is deployed first"))?;
        }
        console.tell(&heading(&next.prepared.record))?;
        if is_dry {
            let pace = Pace::of(patience);
            let plan = Plan::of_canary(&canary, &present, self.source.clone(), pace)?;
            return preview(&plan, console);
        }
        let Present { found, running, .. } = present;
        let code = self.carry((found.as_ref(), &running), next.prepared, operator, console).await?;
        if code != ExitCode::Done || next.before.is_none() {
            return Ok(code);
        }
        let around = Around::look(self.means.marathon, group).await?;
        let next = canary.prepared(None, &around.running)?;
        around.admits(&next.prepared.app)?;
        self.seen(&next.prepared.record).await?;
        console.tell(&heading(&next.prepared.record))?;
        self.carry((None, &around.running), next.prepared, operator, console).await
    }

    const fn canary(&self) -> Canary<'_> {
        let StartArgs { nearest, no_health_check_ok, instances, .. } = *self.args;
        let steps = &self.args.steps;
        Canary { subject: &self.subject, nearest, no_health_check_ok, instances, steps }
    }

    async fn carry(
        &self,
        (found, running): (Option<&Found>, &[App]),
        prepared: Prepared,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let Prepared { record, app } = prepared;
        let holder = me(now(), false);
        let mut claim = Claim::take(self.means.marathon, found, record, Some(app), holder).await?;
        if found.is_none() {
            claim = claim.after_all(running).await?;
        }
        let walked = walk(&mut claim, self.means, operator, console).await;
        close(claim, self.means, walked, operator, console).await
    }

    /// Looks at the balancers before anything is begun; how many there are.
    async fn seen(&self, record: &Record) -> Result<u32, CanaryError> {
        let balancers = self.means.balancer.look(&record.backend).await;
        if !self.means.balancer.can_set() {
            let balancer =
                balancers.first().map_or_else(|| "marathon-lb".into(), |it| it.name.clone());
            return Err(CanaryError::Balancer(BalancerError::ReadOnly { balancer }));
        }
        let count = u32::try_from(balancers.len()).unwrap_or(u32::MAX).max(1);
        for balancer in balancers {
            let look = balancer.seen.map_err(CanaryError::Balancer)?;
            if let Some(balance) = look.balance.filter(|it| it != "roundrobin") {
                return Err(CanaryError::Balance(balance));
            }
        }
        Ok(count)
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
            ) + &record.course.as_ref().map(|it| format!("; {}", in_short(it))).unwrap_or_default()
        }
    }
}
