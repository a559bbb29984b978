//! What an order changes.

use std::collections::BTreeSet;

use zdd_core::app::{App, FieldChange, Group};
use zdd_core::capacity::{MarathonVersion, Reading};
use zdd_core::check::Check;
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::CurrentStep;
use zdd_core::units::AppId;
use zdd_core::verify::{Verdict, judge_plan};

use super::order::{Order, Present, Target};
use crate::args::{Carrying, ModelName, Numbers, PlanArgs, PlanOutput, Times};
use crate::error::CliError;
use crate::plan::group::GroupPlan;
use crate::plan::subject::{self, Replacement, Scaling};

/// What an order changes.
pub(super) enum Change {
    /// There is no such app yet.
    Create,
    /// Nothing that Marathon would deploy.
    Nothing,
    /// Its instances are replaced.
    Replace { fields: Vec<FieldChange>, plan: Box<Replacement> },
    /// Nothing differs, and its instances are replaced all the same.
    Restart { plan: Box<Replacement> },
    /// Only the number of instances changes, or it stays at none.
    Scale { fields: Vec<FieldChange>, plan: Scaling },
    /// Apps of a group change, each in these fields.
    Group { fields: Vec<(AppId, FieldChange)>, plan: GroupPlan },
}

impl Change {
    /// What `order` makes of what is there.
    pub(super) fn of(
        order: &Order,
        present: &Present,
        how: &Carrying,
        version: Option<MarathonVersion>,
    ) -> Result<Self, CliError> {
        let args = plan_args(version);
        match &order.target {
            Target::App(new) => Self::of_app(new, present.app(), order, how, &args),
            Target::Group(new) => {
                refuse_for_groups(how)?;
                let nothing = Group::new(new.id().clone());
                let old = present.group.as_ref().unwrap_or(&nothing);
                let source = order.source.clone();
                let plan = GroupPlan::of(Some(old), &all_unversioned(new), source, &args)?;
                let is_empty = plan.forecast.steps.is_empty();
                let fields = differences(old, new);
                Ok(if is_empty { Self::Nothing } else { Self::Group { fields, plan } })
            }
        }
    }

    fn of_app(
        new: &App,
        old: Option<&App>,
        order: &Order,
        how: &Carrying,
        args: &PlanArgs,
    ) -> Result<Self, CliError> {
        let Some(old) = old else { return Ok(Self::Create) };
        // A definition that was read from Marathon says of which version it was; that is no wish.
        let fields = new.differences_from(old);
        let source = order.source.clone();
        match subject::Subject::app(Some(&unversioned(old)), &unversioned(new), source, args)? {
            subject::Subject::Replacement(plan) => Ok(Self::Replace { fields, plan }),
            subject::Subject::Scaling(plan) if plan.from != plan.to && how.restart => {
                Err(CliError::ScaleAndRestart { app: plan.app })
            }
            subject::Subject::Scaling(plan) if plan.from != plan.to || plan.is_changed => {
                Ok(Self::Scale { fields, plan })
            }
            _ if how.restart && !new.instances().is_zero() => {
                match subject::Subject::app(None, new, order.source.clone(), args)? {
                    subject::Subject::Replacement(plan) => Ok(Self::Restart { plan }),
                    _ => Ok(Self::Nothing),
                }
            }
            _ => Ok(Self::Nothing),
        }
    }

    /// Where Marathon would go other ways with a group than the plan says: the first such step.
    pub(super) fn departure(&self, marathons: &[CurrentStep]) -> Option<String> {
        let Self::Group { plan, .. } = self else { return None };
        let ours = plan.forecast.steps.iter().map(|step| {
            let actions = step.actions.iter().map(|it| &it.action);
            actions.map(|it| format!("{} {}", it.name(), it.app())).collect::<BTreeSet<_>>()
        });
        let theirs = marathons.iter().map(|step| {
            let actions = step.actions.iter();
            actions.map(|it| format!("{} {}", it.action, it.app)).collect::<BTreeSet<_>>()
        });
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.collect(), theirs.collect());
        let steps = ours.len().max(theirs.len());
        let said = |steps: &[BTreeSet<String>], n: usize| match steps.get(n) {
            Some(actions) => actions.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            None => "nothing".into(),
        };
        let first = (0..steps).find(|n| ours.get(*n) != theirs.get(*n))?;
        Some(format!(
            "in step {} Marathon itself would do {} where the plan has {}",
            first + 1,
            said(&theirs, first),
            said(&ours, first)
        ))
    }

    /// What the plan says about `guarantee`, where it breaks it: of which app, why, and what helps.
    pub(super) fn broken(&self, guarantee: Guarantee, order: &Order) -> Option<CliError> {
        let error = |about: String, verdict: &Verdict, fix| {
            let judgement = verdict.guarantee(guarantee);
            (judgement.holds() == Some(false)).then(|| CliError::WouldBreak {
                about,
                guarantee,
                why: judgement.why.to_string(),
                fix,
            })
        };
        match self {
            Self::Create | Self::Nothing | Self::Scale { .. } => None,
            Self::Replace { plan, .. } | Self::Restart { plan } => {
                let reading = plan.timeline.upgrade().reading;
                let fix = order.apps().first().and_then(|app| fix(app, reading, guarantee));
                error(plan.name(), &plan.verdict, fix)
            }
            Self::Group { plan, .. } => {
                let actions = plan.forecast.steps.iter().flat_map(|step| &step.actions);
                actions.filter_map(|action| Some((action, action.timeline.as_ref()?))).find_map(
                    |(action, timeline)| {
                        let id = action.action.app();
                        let apps = order.apps();
                        let app = apps.iter().find(|app| app.id() == id)?;
                        let fix = fix(app, timeline.upgrade().reading, guarantee);
                        error(id.to_string(), &judge_plan(timeline), fix)
                    },
                )
            }
        }
    }
}

/// What differs in apps that stay.
fn differences(old: &Group, new: &Group) -> Vec<(AppId, FieldChange)> {
    let both = new.all_apps().filter_map(|app| Some((app, old.app(app.id())?)));
    both.flat_map(|(new, old)| {
        new.differences_from(old).into_iter().map(|change| (new.id().clone(), change))
    })
    .collect()
}

/// What to set so that the guarantee can be kept, or comes nearer to it.
fn fix(app: &App, reading: Reading, guarantee: Guarantee) -> Option<String> {
    let check = Check::of_app(app, reading);
    let verdict = check.verdict(guarantee);
    verdict.fix.map(|fix| fix.to_string()).or_else(|| {
        let nearest = verdict.nearest?;
        Some(format!(
            "minimumHealthCapacity {} and maximumOverCapacity {} come nearest",
            nearest.minimum_health_capacity, nearest.maximum_over_capacity
        ))
    })
}

/// The definition without what Marathon notes in it.
pub(crate) fn unversioned(app: &App) -> App {
    let mut json = app.as_json().clone();
    json.remove("version");
    json.remove("versionInfo");
    // Taking these two out of a definition that was read makes no other one unreadable.
    App::from_value(&json.into(), &app.id().group()).unwrap_or_else(|_| app.clone())
}

pub(crate) fn all_unversioned(group: &Group) -> Group {
    let mut stripped = group.clone();
    for app in group.all_apps() {
        if let Some(place) = stripped.app_mut(app.id()) {
            *place = unversioned(app);
        }
    }
    stripped
}

/// A plan of Marathon's, with what the definitions say.
fn plan_args(marathon_version: Option<MarathonVersion>) -> PlanArgs {
    PlanArgs {
        file: None,
        from: None,
        model: ModelName::Marathon,
        numbers: Numbers { marathon_version, ..Numbers::default() },
        times: Times::default(),
        all_steps: false,
        output: PlanOutput::Text,
    }
}

fn refuse_for_groups(how: &Carrying) -> Result<(), CliError> {
    let given = [("--restart", how.restart), ("--expect-version", how.expect_version.is_some())];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((given, _)) => Err(CliError::NotForGroups { given }),
        None => Ok(()),
    }
}
