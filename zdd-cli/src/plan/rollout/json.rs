//! Plans of rollouts as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zdd_core::rollout::Pause;
use zdd_core::rollout::forecast::{Binding, Forecast, Lasting, Row};
use zdd_core::rollout::record::Phase;

use super::forecast::{Part, Plan};
use super::present::Origin;
use super::text::unreached;
use crate::fit::FitReport;
use crate::plan::json::{AssumptionsReport, ExtremeReport, SideReport};
use crate::schema::{SCHEMA, millis};

/// The plan of a blue/green deployment or a canary.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct RolloutReport {
    /// Version of this form.
    schema: u32,
    /// How it is deployed.
    strategy: StrategyName,
    /// The file that it is from.
    file: String,
    /// The deployment group.
    group: String,
    /// The backend that serves both versions.
    backend: String,
    /// The app that runs; null where it is the first of its group.
    old: Option<String>,
    /// The app that is created.
    new: String,
    /// Where it is known from what runs.
    known: Known,
    /// How many balancers there are.
    balancers: u32,
    /// How many instances have to serve at any time.
    floor: u32,
    /// The times that were assumed.
    assumptions: LastingReport,
    /// What is done; for a canary its start, and its promotion later.
    parts: Vec<PartReport>,
    #[serde(flatten)]
    bound: BindingReport,
    /// Whether it fits the cluster; only where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fits: Option<FitReport>,
}

/// What a plan was made from, for `--plan`.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct BindingReport {
    /// The record that would be written, a checksum of the app, and what was seen of what runs.
    #[schemars(with = "serde_json::Map<String, Value>")]
    binding: Binding,
    /// A checksum of `binding`, 16 hexadecimal digits: for comparing, and no protection against malice.
    digest: String,
}

/// How a version takes over.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum StrategyName {
    BlueGreen,
    Canary,
}

/// Where it is known from what runs.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Known {
    /// Marathon said so.
    Live,
    /// From the definition that was given with `--from`.
    File,
    /// The same definition is taken to run, in another version.
    Assumed,
}

/// How long things are taken to last.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct LastingReport {
    /// Of old instances.
    old: AssumptionsReport,
    /// Of new instances.
    new: AssumptionsReport,
    /// How long sessions go on at instances that get nothing new.
    sessions_ms: u64,
}

/// What one command does.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct PartReport {
    /// `canary`, `promote` or `rollback`.
    phase: PhaseName,
    /// The moments at which something is done or happens.
    rows: Vec<RowReport>,
    /// Fewest instances that requests come to.
    lowest_serving: ExtremeReport,
    /// Most instances of both versions, in whatever stage.
    highest_total: ExtremeReport,
    /// How many instances are told to stop.
    stopped: Sides<u64>,
    /// When it is over.
    duration_ms: u64,
    /// When the last instance that was told to stop is gone, if that is later.
    at_rest_ms: u64,
    /// Whether everything is as it should be then.
    reached: bool,
    /// If not, why.
    why: Option<String>,
    /// How long everything is kept then, and watched; null where it is not.
    kept_ms: Option<u64>,
    /// Whether it is kept until somebody approves.
    awaits_approval: bool,
    /// Whether somebody has to begin it: `zdd canary promote`.
    is_later: bool,
}

/// Where a rollout goes.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
enum PhaseName {
    /// Both stand beside each other.
    Canary,
    /// The new one takes over.
    Promote,
    /// The old one takes over again.
    Rollback,
}

/// The same of both versions.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct Sides<T> {
    old: T,
    new: T,
}

/// One moment.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct RowReport {
    /// When, counted from the start.
    at_ms: u64,
    /// What happens by itself: `what` (`running`, `healthy`, `drained`, `gone`) to how many `instances` of
    /// which `side`.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    events: Vec<Value>,
    /// What is then done, in this order: `do` says what (`create`, `scale`, `weights`, `state`, `cut`, `stop`,
    /// `remove`), `side` to which version.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    deeds: Vec<Value>,
    /// What is waited for after it: a word for it, and a text.
    waiting: Option<WaitReport>,
    /// Instances that Marathon is to keep.
    wanted: Sides<u32>,
    /// Old instances by stage.
    old: SideReport,
    /// New instances by stage.
    new: SideReport,
    /// Instances that requests come to.
    serving: Sides<u32>,
    /// Instances of both versions, in whatever stage.
    total: u64,
    /// The part of the traffic that the new version gets, 0 to 1; null where nothing serves.
    share: Option<f64>,
}

/// What is waited for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct WaitReport {
    /// A word for tools.
    code: String,
    /// For people.
    text: String,
}

impl RolloutReport {
    pub(crate) fn of(plan: &Plan) -> Self {
        let record = &plan.record;
        let is_canary = record.phase == Phase::Canary || record.share().is_some();
        Self {
            schema: SCHEMA,
            strategy: if is_canary { StrategyName::Canary } else { StrategyName::BlueGreen },
            file: plan.source.to_string(),
            group: record.group.clone(),
            backend: record.backend.to_string(),
            old: record.old.as_ref().map(ToString::to_string),
            new: record.new.to_string(),
            known: match plan.origin {
                Origin::Live => Known::Live,
                Origin::File(_) => Known::File,
                Origin::Assumed => Known::Assumed,
            },
            balancers: plan.n_balancers,
            floor: record.floor,
            assumptions: plan.lasting.into(),
            parts: plan.parts.iter().map(PartReport::of).collect(),
            bound: BindingReport::of(&plan.binding),
            fits: None,
        }
    }

    /// The same with whether it fits.
    pub(crate) fn fitting(self, fits: Option<FitReport>) -> Self {
        Self { fits, ..self }
    }
}

impl BindingReport {
    pub(crate) fn of(binding: &Binding) -> Self {
        Self { binding: binding.clone(), digest: binding.digest().to_string() }
    }
}

impl PartReport {
    fn of(Part { record, forecast, pause, is_later }: &Part) -> Self {
        let Forecast { rows, lowest_serving, highest_total, stopped: [old, new], .. } = forecast;
        Self {
            phase: match record.phase {
                Phase::Canary => PhaseName::Canary,
                Phase::Promote => PhaseName::Promote,
                Phase::Rollback => PhaseName::Rollback,
            },
            rows: rows.iter().map(RowReport::of).collect(),
            lowest_serving: (*lowest_serving).into(),
            highest_total: (*highest_total).into(),
            stopped: Sides { old: *old, new: *new },
            duration_ms: millis(forecast.duration),
            at_rest_ms: millis(forecast.at_rest),
            reached: forecast.is_reached(),
            why: unreached(forecast),
            kept_ms: match pause {
                Some(Pause::For(time)) => Some(millis(*time)),
                _ => None,
            },
            awaits_approval: *pause == Some(Pause::Approval),
            is_later: *is_later,
        }
    }
}

impl RowReport {
    fn of(row: &Row) -> Self {
        let wait = |it: &zdd_core::rollout::forecast::Wait| WaitReport {
            code: it.code.into(),
            text: it.text.clone(),
        };
        Self {
            at_ms: millis(row.at),
            events: row.events.iter().map(value).collect(),
            deeds: row.deeds.iter().map(value).collect(),
            waiting: row.waiting_on.as_ref().map(wait),
            wanted: Sides { old: row.old, new: row.new },
            old: row.state.old.into(),
            new: row.state.new.into(),
            serving: Sides { old: row.serving.old, new: row.serving.new },
            total: row.total(),
            share: row.share,
        }
    }
}

impl From<Lasting> for LastingReport {
    fn from(Lasting { old, new, sessions }: Lasting) -> Self {
        Self { old: old.into(), new: new.into(), sessions_ms: millis(sessions) }
    }
}

/// Values of the core, which have no other form in JSON than this.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}
