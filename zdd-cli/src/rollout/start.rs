//! Starts a canary, or changes the share of one that stands.

use zdd_core::app::App;
use zdd_core::ports::{BalancerError, LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::rollout::{Extent, Growth, Release, Side, Split};
use zdd_core::weights::{self, Weights};

use super::carry::{Carried, Means, carry_out, now};
use super::claim::{Claim, find, me, refuse_held, running_of};
use super::error::{CanaryError, Share};
use super::status;
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
    let subject = Subject::read(&args.file, args.weight, args.instances)?;
    let means = Means { marathon, balancer, pace: &args.pace, watchers };
    let start = Start { args, subject, means };
    start.run(operator, console).await
}

struct Start<'a> {
    args: &'a StartArgs,
    subject: Subject,
    means: Means<'a>,
}

/// What is to be carried out.
struct Plan {
    record: Record,
    app: App,
}

impl Start<'_> {
    async fn run(
        &self,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let group = self.release(&self.subject.new, &[]).group_name()?;
        let found = find(self.means.marathon, group).await?;
        refuse_held(found.as_ref(), self.args.pace.take_over, now())?;
        let running = running_of(self.means.marathon, group).await?;
        if let Some(found) = found {
            let plan = self.go_on(&found, &running)?;
            return self.carry((Some(&found), &running), plan, operator, console).await;
        }
        // Where nothing runs, the file may say what is to be there first.
        if let (true, Some((version, old))) = (running.is_empty(), &self.subject.old) {
            console.tell(&format!("nothing of {group} runs: {version} is deployed first"))?;
            let plan = self.first(old, old.instances().get())?;
            let code = self.carry((None, &running), plan, operator, console).await?;
            if code != ExitCode::Done || self.args.dry_run {
                return Ok(code);
            }
            let running = running_of(self.means.marathon, group).await?;
            let plan = self.beside(&running)?;
            return self.carry((None, &running), plan, operator, console).await;
        }
        let plan = if running.is_empty() {
            self.first(&self.subject.new, self.subject.full)?
        } else {
            self.beside(&running)?
        };
        self.carry((None, &running), plan, operator, console).await
    }

    fn release<'r>(&self, definition: &'r App, group: &'r [App]) -> Release<'r> {
        let allow_no_health_check = self.args.no_health_check_ok;
        Release { definition, group, allow_no_health_check }
    }

    /// The first of its group: there is nothing to stand beside.
    fn first(&self, definition: &App, full: u32) -> Result<Plan, CliError> {
        let release = self.release(definition, &[]);
        let extent = Extent { instances: full, target: full, beside: 0 };
        let since = now();
        let app = release.app(extent, since)?;
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Promote,
            old: None,
            new: app.id().clone(),
            before: 0,
            canary: full,
            full,
            floor: 0,
            traffic: Split::NEW.into(),
            hold: Split::NEW.into(),
            growth: Growth::Once,
            since,
        };
        Ok(Plan { record, app })
    }

    /// A canary beside what runs.
    fn beside(&self, running: &[App]) -> Result<Plan, CliError> {
        let Subject { new, old: wanted, canary, full, split } = &self.subject;
        let release = self.release(new, running);
        let old = release.running()?;
        let before = match (wanted, old) {
            (Some((_, wanted)), _) => wanted.instances().get(),
            (None, Some(old)) => old.instances().get(),
            (None, None) => 0,
        };
        let floor = before.min(*full);
        self.reachable(*split, [before, *canary], floor)?;
        let since = now();
        let extent =
            Extent { instances: *canary, target: before.saturating_add(*canary), beside: *canary };
        let app = release.app(extent, since)?;
        let record = Record {
            schema: Record::SCHEMA,
            group: release.group_name()?.into(),
            backend: release.backend()?,
            phase: Phase::Canary,
            old: old.map(|app| app.id().clone()),
            new: app.id().clone(),
            before,
            canary: *canary,
            full: *full,
            floor,
            traffic: (*split).into(),
            hold: Split::OLD.into(),
            growth: Growth::Once,
            since,
        };
        Ok(Plan { record, app })
    }

    /// Another share for a canary that stands, or the rest of one that was interrupted.
    fn go_on(&self, found: &Found, running: &[App]) -> Result<Plan, CliError> {
        let Found { record, definition, .. } = found;
        let group = record.group.clone();
        if record.phase != Phase::Canary {
            let is_forward = record.phase == Phase::Promote;
            return Err(CanaryError::OnItsWay { group, is_forward }.into());
        }
        let old: Vec<App> =
            running.iter().filter(|app| Some(app.id()) == record.old.as_ref()).cloned().collect();
        let release = self.release(&self.subject.new, &old);
        let extent = Extent {
            instances: record.canary,
            target: record.before.saturating_add(record.canary),
            beside: record.canary,
        };
        let app = release.app(extent, record.since)?;
        if definition.as_ref().is_some_and(|it| *it != app) {
            return Err(CanaryError::Another { group, app: record.new.clone() }.into());
        }
        let canary = self.args.instances.unwrap_or(record.canary);
        self.reachable(self.subject.split, [record.before, canary], record.floor)?;
        let record = Record {
            canary,
            traffic: self.subject.split.into(),
            // What was reached is kept until the new share is.
            hold: record.hold,
            ..record.clone()
        };
        Ok(Plan { record, app })
    }

    /// Refuses a share that so many instances cannot have exactly, or with which too few would serve.
    fn reachable(&self, split: Split, [old, new]: [u32; 2], floor: u32) -> Result<(), CanaryError> {
        if split.old == 0 && new < floor {
            return Err(CanaryError::TooFew { side: Side::New, have: new, need: floor });
        }
        if split.new == 0 && old < floor {
            return Err(CanaryError::TooFew { side: Side::Old, have: old, need: floor });
        }
        let sides = [weights::Side::new(split.old, old), weights::Side::new(split.new, new)];
        let weights = Weights::of(&sides)?;
        match weights.unreachable() {
            Some(found) if !self.args.nearest => {
                let wanted = f64::from(split.new) / f64::from(split.old + split.new);
                Err(CanaryError::Unreachable { wanted, instances: [old, new], found })
            }
            _ => Ok(()),
        }
    }

    async fn carry(
        &self,
        (found, running): (Option<&Found>, &[App]),
        plan: Plan,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let Plan { record, app } = plan;
        self.seen(&record).await?;
        console.tell(&heading(&record))?;
        if self.args.dry_run {
            console.tell("nothing was done; leave --dry-run out to do it")?;
            return Ok(ExitCode::Done);
        }
        let is_first = record.old.is_none();
        let holder = me(now(), false);
        let mut claim = Claim::take(self.means.marathon, found, record, Some(app), holder).await?;
        if found.is_none() {
            claim = claim.after_all(running).await?;
        }
        match carry_out(&claim, self.means, operator, console).await {
            Ok(Carried::Reached(_)) if is_first => {
                let new = claim.record.new.clone();
                claim.forget().await?;
                console.say(&format!("{new} serves: it is the first of its group"))?;
                Ok(ExitCode::Done)
            }
            Ok(Carried::Reached(seen)) => {
                claim.record.hold = claim.record.traffic;
                claim.update().await?;
                let record = claim.record.clone();
                claim.release().await?;
                status::say(&record, &seen, console)?;
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

/// Leaves a rollout to others after an error, unless they have it already.
pub(super) async fn leave(claim: Claim<'_>, error: &CliError) -> Result<(), CliError> {
    if matches!(error, CliError::Canary(CanaryError::Lost { .. })) {
        return Ok(());
    }
    // The first error is the one that counts.
    let _ = claim.release().await;
    Ok(())
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
