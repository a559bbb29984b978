//! `zdd plan` of a rollout.

use std::io::Write;

use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::Patience;

use super::asked::{Asked, Kind};
use super::forecast::{Pace, Plan};
use super::json::RolloutReport;
use super::present::{Origin, Present};
use super::text;
use crate::args::{PlanCommand, PlanOutput};
use crate::chart::Chart;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::fit::{Answer, FitReport, Place};
use crate::plan::json::ScalingReport;
use crate::plan::subject::Scaling;
use crate::plan::verb::{exit_of, place};
use crate::rollout::{Canary, Swap, Swapped};
use crate::schema::write_json;
use crate::text::Page;

impl Asked {
    /// Shows it, from what is assumed.
    pub(crate) fn show(
        &self,
        args: &PlanCommand,
        place: Option<&Place>,
        page: Page,
        out: &mut (impl Write + ?Sized),
    ) -> Result<ExitCode, CliError> {
        let planned = self.plan(args, &self.assumed()?, can_set(args))?;
        planned.show(args, place, page, out)
    }

    /// Shows it, from what runs.
    pub(crate) async fn show_live(
        &self,
        args: &PlanCommand,
        marathon: &dyn Marathon,
        balancer: Option<&dyn LoadBalancer>,
        page: Page,
        out: &mut (impl Write + ?Sized),
    ) -> Result<ExitCode, CliError> {
        let can_set = balancer.map_or_else(|| can_set(args), LoadBalancer::can_set);
        let group = self.group(args, can_set)?;
        let present = Present::look(marathon, &group).await?;
        let planned = self.plan(args, &present, can_set)?;
        let Planned::Plan(plan) = &planned else {
            return planned.show(args, None, page, out);
        };
        let apps = present.running.iter().map(|app| app.id().clone());
        let apps = apps.chain([plan.record.new.clone()]).collect();
        let place = place(args, marathon, &apps).await?;
        // How many balancers there are only they say, and where they are asked for depends on the plan.
        let present = present.behind(balancer, &plan.record.backend).await?;
        self.plan(args, &present, can_set)?.show(args, place.as_ref(), page, out)
    }

    fn group(&self, args: &PlanCommand, can_set: bool) -> Result<String, CliError> {
        match &self.kind {
            Kind::Swap(app) => Ok(Swap { app, args: &args.swap, can_set }.group()?.into()),
            Kind::Canary(_) => Ok(self.canary(args)?.group()?.into()),
        }
    }

    fn canary<'a>(&'a self, args: &'a PlanCommand) -> Result<Canary<'a>, CliError> {
        let Kind::Canary(subject) = &self.kind else { return Err(CliError::NothingGiven) };
        Ok(Canary {
            subject,
            nearest: args.share.nearest,
            no_health_check_ok: args.swap.no_health_check_ok,
            instances: args.plan.numbers.instances.map(zdd_core::units::InstanceCount::get),
            steps: &args.steps,
        })
    }

    fn plan(
        &self,
        args: &PlanCommand,
        present: &Present,
        can_set: bool,
    ) -> Result<Planned, CliError> {
        let patience = Patience {
            drain: args.swap.drain.drain_timeout.time(),
            on_drain_timeout: args.swap.drain.on_drain_timeout.into(),
            ..Patience::default()
        };
        let pace = Pace { times: args.plan.times, sessions: args.session_time.time(), patience };
        let source = self.source.clone();
        let Kind::Swap(app) = &self.kind else {
            let plan = Plan::of_canary(&self.canary(args)?, present, source, pace)?;
            return Ok(Planned::Plan(Box::new(plan)));
        };
        let swap = Swap { app, args: &args.swap, can_set };
        if present.origin == Origin::Assumed {
            // Another version of it is what is assumed.
            let prepared = swap.begin(&present.running)?;
            let plan = Plan::of(&prepared, present, source, pace)?;
            return Ok(Planned::Plan(Box::new(plan)));
        }
        match swap.prepared(present.found.as_ref(), &present.running)? {
            Swapped::InPlace(app) => {
                let count = self.app().instances();
                let nothing = Scaling { app, source, from: count, to: count, is_changed: false };
                Ok(Planned::Nothing(nothing))
            }
            Swapped::Prepared(prepared) => {
                Ok(Planned::Plan(Box::new(Plan::of(&prepared, present, source, pace)?)))
            }
        }
    }
}

/// What comes of planning.
enum Planned {
    /// It is in place already.
    Nothing(Scaling),
    Plan(Box<Plan>),
}

impl Planned {
    fn show(
        &self,
        args: &PlanCommand,
        place: Option<&Place>,
        page: Page,
        out: &mut (impl Write + ?Sized),
    ) -> Result<ExitCode, CliError> {
        let answer = match (self, place) {
            (Self::Plan(plan), Some(place)) => Some(plan.fits(place)?),
            _ => None,
        };
        let answer = answer.as_ref();
        match (self, args.plan.output) {
            (Self::Nothing(nothing), PlanOutput::Text) => {
                writeln!(out, "{} is in place already", nothing.app)?;
            }
            (Self::Nothing(nothing), PlanOutput::Json) => {
                write_json(&ScalingReport::of(nothing), out)?;
            }
            (Self::Nothing(nothing), PlanOutput::Svg) => {
                let what = format!("what is in place already: {}", nothing.app);
                return Err(CliError::NoPicture { what });
            }
            (Self::Plan(plan), PlanOutput::Text) => {
                text::write(plan, answer, args.plan.all_steps, page, out)?;
            }
            (Self::Plan(plan), PlanOutput::Json) => {
                write_json(&RolloutReport::of(plan).fitting(answer.map(FitReport::of)), out)?;
            }
            (Self::Plan(plan), PlanOutput::Svg) => {
                let chart = Chart::of_rollout(plan).noting(answer.and_then(Answer::no_room));
                write!(out, "{}", chart.over(answer.map(Answer::chart).as_ref()))?;
            }
        }
        let is_done = matches!(self, Self::Nothing(_)) || self.is_reached();
        Ok(if is_done { exit_of(answer) } else { ExitCode::NotSatisfiable })
    }

    fn is_reached(&self) -> bool {
        matches!(self, Self::Plan(plan) if plan.is_reached())
    }
}

/// Whether balancers do what they are told, where nobody asks them.
fn can_set(args: &PlanCommand) -> bool {
    let balancer = &args.balancer;
    balancer.marathon_lb.as_ref().is_none_or(String::is_empty) || !balancer.haproxy.is_empty()
}
