//! Plans as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zdd_core::capacity::Reading;
use zdd_core::group::{ForecastAction, ForecastStep};
use zdd_core::guarantee::Guarantee;
use zdd_core::timeline::{Assumptions, Change, End, Extreme, Model, Run, Side, Step, Timeline};
use zdd_core::verify::{Judgement, Verdict, judge_plan};

use super::group::GroupPlan;
use super::rollout::{BindingReport, RolloutReport};
use super::subject::{Replacement, Scaling};
use crate::check::json::StrategyReport;
use crate::fit::FitReport;
use crate::schema::{GuaranteeName, ReadingName, SCHEMA, millis};

/// What `zdd plan -o json` prints: the plan of one replacement, of a change of the number of
/// instances, or of a group.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
pub(crate) enum PlanReport {
    /// An app's instances are replaced.
    Replacement(Box<ReplacementReport>),
    /// Only their number changes, or nothing.
    Scaling(Box<ScalingReport>),
    /// The apps of a group are deployed.
    Group(Box<GroupReport>),
    /// A version grows beside another one.
    Rollout(Box<RolloutReport>),
}

/// The plan of the replacement of one app's instances.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ReplacementReport {
    /// Version of this form.
    schema: u32,
    /// Id of the app; null where only numbers were given.
    app: Option<String>,
    /// The file that it is from; null where only numbers were given.
    file: Option<String>,
    /// The plan itself.
    #[serde(flatten)]
    timeline: TimelineReport,
    /// The times that were assumed.
    assumptions: AssumptionsReport,
    /// What it was made from, where it was made from what runs.
    #[serde(flatten)]
    bound: Option<BindingReport>,
    /// Whether it fits the cluster; only where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fits: Option<FitReport>,
}

/// What happens when.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct TimelineReport {
    /// Whose schedule it is.
    model: ModelReport,
    /// How Marathon counts: `classic` up to 1.9, `health-aware` since 1.10.
    #[schemars(with = "ReadingName")]
    reading: Reading,
    /// Old instances at the beginning.
    old: u32,
    /// Instances of the new definition.
    instances: u32,
    /// The strategy.
    #[serde(rename = "upgradeStrategy")]
    upgrade_strategy: StrategyReport,
    /// The counts that the strategy declares.
    bounds: BoundsReport,
    /// What happens, run-length encoded.
    runs: Vec<RunReport>,
    /// Fewest healthy instances.
    lowest_healthy: ExtremeReport,
    /// Most running instances.
    highest_running: ExtremeReport,
    /// How long it takes, or until nothing happens any more.
    duration_ms: u64,
    /// How it ends.
    end: EndReport,
    /// Which guarantees the plan keeps, as the verifier judges it.
    guarantees: Vec<JudgementReport>,
}

/// Whose schedule a plan is.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ModelReport {
    Marathon,
    SideBySide,
}

/// How a plan ends.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum EndReport {
    /// All new instances are healthy and no old one is left.
    Complete,
    /// Nothing more happens, and it is not done.
    Stalled,
}

/// Counts that a strategy declares.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct BoundsReport {
    /// Least healthy instances.
    floor: u32,
    /// Most running instances.
    ceiling: u32,
    /// Instances that may run on top.
    spare: u32,
}

/// The times that a plan assumes for each instance.
#[expect(clippy::struct_field_names, reason = "the unit belongs into the name of a JSON field")]
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct AssumptionsReport {
    /// From launch to running.
    start_ms: u64,
    /// From running to healthy.
    healthy_ms: u64,
    /// From being told to stop to being gone.
    stop_ms: u64,
}

/// Steps that happen one or more times in a row.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct RunReport {
    /// How often.
    times: u32,
    /// How long after one time the next one follows.
    every_ms: u64,
    /// Healthy instances that each time turns from old into new.
    exchanged: u32,
    /// The steps of the first time.
    steps: Vec<StepReport>,
}

/// One step.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct StepReport {
    /// When, counted from the start.
    at_ms: u64,
    /// What happens.
    #[serde(flatten)]
    change: ChangeReport,
    /// Old instances after it.
    old: SideReport,
    /// New instances after it.
    new: SideReport,
}

/// What happens in a step, and to how many instances.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
enum ChangeReport {
    /// Old instances are told to stop.
    Stop { count: u32 },
    /// Old instances are gone.
    Die { count: u32 },
    /// New instances are launched.
    Launch { count: u32 },
    /// New instances run, and their checks begin.
    Run { count: u32 },
    /// New instances are through their checks.
    BecomeHealthy { count: u32 },
    /// New instances get through their checks, one by one, and for each of the first `stopped` an
    /// old one is told to stop.
    Exchange { healthy: u32, stopped: u32 },
}

/// Instances of one version by stage.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct SideReport {
    /// Launched, not yet running.
    starting: u32,
    /// Running, not yet through the checks.
    running: u32,
    /// Through the checks.
    healthy: u32,
    /// Told to stop, not yet gone.
    dying: u32,
}

/// An extreme, and when it is first reached.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ExtremeReport {
    count: u64,
    at_ms: u64,
}

/// The judgement of one guarantee.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct JudgementReport {
    /// Its name.
    #[schemars(with = "GuaranteeName")]
    guarantee: Guarantee,
    /// Whether it holds; null where that cannot be said.
    holds: Option<bool>,
    /// The reason.
    why: String,
}

/// The plan of a change of the number of instances.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ScalingReport {
    /// Version of this form.
    schema: u32,
    /// Id of the app.
    app: String,
    /// The file that it is from.
    file: String,
    /// Instances before.
    from: u32,
    /// Instances after.
    to: u32,
    /// What it was made from, where it was made from what runs.
    #[serde(flatten)]
    bound: Option<BindingReport>,
    /// Whether it fits the cluster; only where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fits: Option<FitReport>,
}

/// The plan of a group.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct GroupReport {
    /// Version of this form.
    schema: u32,
    /// Id of the group.
    group: String,
    /// The file that it is from.
    file: String,
    /// How Marathon counts.
    #[schemars(with = "ReadingName")]
    reading: Reading,
    /// How long it takes; null if it never ends.
    duration_ms: Option<u64>,
    /// The steps, one after the other.
    steps: Vec<GroupStepReport>,
    /// Whether it fits the cluster; only where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fits: Option<FitReport>,
}

/// A step of the plan of a group.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct GroupStepReport {
    /// When it begins; null if a step before it never ends.
    at_ms: Option<u64>,
    /// How long it takes; null if it never ends.
    takes_ms: Option<u64>,
    /// The actions, which run at the same time.
    actions: Vec<GroupActionReport>,
}

/// An action of a step.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct GroupActionReport {
    /// Marathon's word for it, such as `RestartApplication`.
    action: String,
    /// Id of the app.
    app: String,
    /// Instances before.
    from: u32,
    /// Instances after.
    to: u32,
    /// How long it takes; null if it never ends.
    takes_ms: Option<u64>,
    /// The replacement, where it is one.
    replacement: Option<TimelineReport>,
}

impl ReplacementReport {
    pub(crate) fn of(replacement: &Replacement) -> Self {
        Self {
            schema: SCHEMA,
            app: replacement.app.as_ref().map(ToString::to_string),
            file: replacement.source.as_ref().map(ToString::to_string),
            timeline: TimelineReport::of(&replacement.timeline, &replacement.verdict),
            assumptions: replacement.assumptions.into(),
            bound: None,
            fits: None,
        }
    }

    /// The same with what it was made from.
    pub(crate) fn bound(self, bound: Option<BindingReport>) -> Self {
        Self { bound, ..self }
    }

    /// The same with whether it fits.
    pub(crate) fn fitting(self, fits: Option<FitReport>) -> Self {
        Self { fits, ..self }
    }
}

impl TimelineReport {
    fn of(timeline: &Timeline, verdict: &Verdict) -> Self {
        let (upgrade, bounds) = (timeline.upgrade(), timeline.bounds());
        let (end, at) = match timeline.end() {
            End::Complete { at } => (EndReport::Complete, at),
            End::Stalled { at } => (EndReport::Stalled, at),
        };
        Self {
            model: match timeline.model() {
                Model::Marathon => ModelReport::Marathon,
                Model::SideBySide => ModelReport::SideBySide,
            },
            reading: upgrade.reading,
            old: upgrade.old.get(),
            instances: upgrade.instances.get(),
            upgrade_strategy: upgrade.strategy.into(),
            bounds: BoundsReport {
                floor: bounds.floor.get(),
                ceiling: bounds.ceiling.get(),
                spare: bounds.spare().get(),
            },
            runs: timeline.runs().iter().map(RunReport::from).collect(),
            lowest_healthy: timeline.lowest_healthy().into(),
            highest_running: timeline.highest_running().into(),
            duration_ms: millis(at),
            end,
            guarantees: verdict.guarantees.iter().map(JudgementReport::from).collect(),
        }
    }
}

impl From<Assumptions> for AssumptionsReport {
    fn from(assumptions: Assumptions) -> Self {
        Self {
            start_ms: millis(assumptions.start),
            healthy_ms: millis(assumptions.healthy),
            stop_ms: millis(assumptions.stop),
        }
    }
}

impl From<&Run> for RunReport {
    fn from(run: &Run) -> Self {
        Self {
            times: run.times,
            every_ms: millis(run.every),
            exchanged: run.exchanged,
            steps: run.steps.iter().map(StepReport::from).collect(),
        }
    }
}

impl From<&Step> for StepReport {
    fn from(step: &Step) -> Self {
        Self {
            at_ms: millis(step.at),
            change: step.change.into(),
            old: step.state.old.into(),
            new: step.state.new.into(),
        }
    }
}

impl From<Change> for ChangeReport {
    fn from(change: Change) -> Self {
        match change {
            Change::Stop { count } => Self::Stop { count },
            Change::Die { count } => Self::Die { count },
            Change::Launch { count } => Self::Launch { count },
            Change::Run { count } => Self::Run { count },
            Change::BecomeHealthy { count } => Self::BecomeHealthy { count },
            Change::Exchange { healthy, stopped } => Self::Exchange { healthy, stopped },
        }
    }
}

impl From<Side> for SideReport {
    fn from(Side { starting, running, healthy, dying }: Side) -> Self {
        Self { starting, running, healthy, dying }
    }
}

impl From<Extreme> for ExtremeReport {
    fn from(extreme: Extreme) -> Self {
        Self { count: extreme.count, at_ms: millis(extreme.at) }
    }
}

impl From<&Judgement> for JudgementReport {
    fn from(judgement: &Judgement) -> Self {
        Self {
            guarantee: judgement.guarantee,
            holds: judgement.holds(),
            why: judgement.why.to_string(),
        }
    }
}

impl ScalingReport {
    pub(crate) fn of(scaling: &Scaling) -> Self {
        Self {
            schema: SCHEMA,
            app: scaling.app.to_string(),
            file: scaling.source.to_string(),
            from: scaling.from.get(),
            to: scaling.to.get(),
            bound: None,
            fits: None,
        }
    }

    /// The same with what it was made from.
    pub(crate) fn bound(self, bound: Option<BindingReport>) -> Self {
        Self { bound, ..self }
    }

    /// The same with whether it fits.
    pub(crate) fn fitting(self, fits: Option<FitReport>) -> Self {
        Self { fits, ..self }
    }
}

impl GroupReport {
    pub(crate) fn of(plan: &GroupPlan) -> Self {
        Self {
            schema: SCHEMA,
            group: plan.group.to_string(),
            file: plan.source.to_string(),
            reading: plan.reading,
            duration_ms: plan.forecast.takes().map(millis),
            steps: plan.forecast.steps.iter().map(GroupStepReport::from).collect(),
            fits: None,
        }
    }

    /// The same with whether it fits.
    pub(crate) fn fitting(self, fits: Option<FitReport>) -> Self {
        Self { fits, ..self }
    }
}

impl From<&ForecastStep> for GroupStepReport {
    fn from(step: &ForecastStep) -> Self {
        Self {
            at_ms: step.at.map(millis),
            takes_ms: step.takes.map(millis),
            actions: step.actions.iter().map(GroupActionReport::from).collect(),
        }
    }
}

impl From<&ForecastAction> for GroupActionReport {
    fn from(action: &ForecastAction) -> Self {
        let replacement = action.timeline.as_ref();
        Self {
            action: action.action.name().into(),
            app: action.action.app().to_string(),
            from: action.from.get(),
            to: action.to.get(),
            takes_ms: action.takes.map(millis),
            replacement: replacement.map(|it| TimelineReport::of(it, &judge_plan(it))),
        }
    }
}
