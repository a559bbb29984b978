//! The answers as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::check::{Fix, Suggestion, Verdict, Warning};
use zdd_core::guarantee::Guarantee;

use super::subject::Subject;
use crate::fit::FitReport;
use crate::schema::{GuaranteeName, ReadingName, SCHEMA};

/// What `zdd check -o json` prints for one app; several files or apps make an array of these.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckReport {
    /// Version of this form; it grows when a reader would have to change.
    schema: u32,
    /// Id of the app; null where only numbers were given.
    app: Option<String>,
    /// The file that it is from; null where only numbers were given.
    file: Option<String>,
    /// Instances of the app.
    instances: u32,
    /// The strategy that was checked, with Marathon's defaults filled in.
    #[serde(rename = "upgradeStrategy")]
    upgrade_strategy: StrategyReport,
    /// Least healthy instances.
    floor: u32,
    /// Most running instances.
    ceiling: u32,
    /// Instances that may run on top.
    spare: u32,
    /// Old instances that Marathon stops at once.
    initial_kills: u32,
    /// How Marathon counts: `classic` up to 1.9, `health-aware` since 1.10.
    #[schemars(with = "ReadingName")]
    reading: Reading,
    /// The three guarantees, the weakest first.
    guarantees: Vec<GuaranteeReport>,
    /// What may surprise.
    warnings: Vec<WarningReport>,
    /// The strategy for `--keep` and `--spare`; null where they were not given.
    suggestion: Option<SuggestionReport>,
    /// Whether it fits the cluster; only where one was given. Apps of one group have one answer, which
    /// is about the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fits: Option<FitReport>,
}

/// The answer about one guarantee.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct GuaranteeReport {
    /// Its name.
    #[schemars(with = "GuaranteeName")]
    guarantee: Guarantee,
    /// Whether some schedule within the two numbers keeps it.
    satisfiable: bool,
    /// Whether Marathon's own rolling upgrade keeps it when nothing fails.
    kept_by_marathon: bool,
    /// The reasons, as a sentence.
    why: String,
    /// The smallest change with which it would be satisfiable; null where it is, or none helps.
    fix: Option<FixReport>,
    /// The strategy with which Marathon comes nearest to keeping it; null where it keeps it or cannot.
    nearest: Option<StrategyReport>,
}

/// An upgrade strategy.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct StrategyReport {
    /// Share that must stay healthy.
    #[schemars(range(min = 0, max = 1))]
    minimum_health_capacity: f64,
    /// Share that may be added.
    #[schemars(range(min = 0, max = 1))]
    maximum_over_capacity: f64,
}

/// The fields to set.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FixReport {
    /// The new value, where it changes.
    #[schemars(range(min = 0, max = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minimum_health_capacity: Option<f64>,
    /// The new value, where it changes.
    #[schemars(range(min = 0, max = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum_over_capacity: Option<f64>,
}

/// Something that may surprise.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct WarningReport {
    /// A name that never changes.
    code: String,
    /// One sentence.
    text: String,
}

/// A strategy that keeps a wish.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
// serde cannot deny unknown fields beside a flattened one.
struct SuggestionReport {
    /// The fractions to write into the definition.
    #[serde(flatten)]
    strategy: StrategyReport,
    /// The floor that they give.
    floor: u32,
    /// The ceiling that they give.
    ceiling: u32,
}

impl CheckReport {
    pub(super) fn of(subject: &Subject) -> Self {
        let Subject { app, source, check, suggestion, fits, .. } = subject;
        let bounds = check.bounds();
        Self {
            schema: SCHEMA,
            app: app.as_ref().map(ToString::to_string),
            file: source.as_ref().map(ToString::to_string),
            instances: bounds.instances.get(),
            upgrade_strategy: check.upgrade().strategy.into(),
            floor: bounds.floor.get(),
            ceiling: bounds.ceiling.get(),
            spare: bounds.spare().get(),
            initial_kills: check.initial_kills().get(),
            reading: check.upgrade().reading,
            guarantees: check.verdicts().iter().map(GuaranteeReport::from).collect(),
            warnings: check.warnings().iter().map(WarningReport::from).collect(),
            suggestion: suggestion.map(SuggestionReport::from),
            fits: fits.as_deref().map(FitReport::of),
        }
    }
}

impl From<&Verdict> for GuaranteeReport {
    fn from(verdict: &Verdict) -> Self {
        Self {
            guarantee: verdict.guarantee,
            satisfiable: verdict.satisfiable.holds(),
            kept_by_marathon: verdict.kept_by_marathon.holds(),
            why: verdict.to_string(),
            fix: verdict.fix.map(FixReport::from),
            nearest: verdict.nearest.map(StrategyReport::from),
        }
    }
}

impl From<UpgradeStrategy> for StrategyReport {
    fn from(strategy: UpgradeStrategy) -> Self {
        Self {
            minimum_health_capacity: strategy.minimum_health_capacity.get(),
            maximum_over_capacity: strategy.maximum_over_capacity.get(),
        }
    }
}

impl From<Fix> for FixReport {
    fn from(fix: Fix) -> Self {
        Self {
            minimum_health_capacity: fix.minimum_health_capacity.map(f64::from),
            maximum_over_capacity: fix.maximum_over_capacity.map(f64::from),
        }
    }
}

impl From<&Warning> for WarningReport {
    fn from(warning: &Warning) -> Self {
        Self { code: warning.code().into(), text: warning.to_string() }
    }
}

impl From<Suggestion> for SuggestionReport {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            strategy: suggestion.strategy.into(),
            floor: suggestion.bounds.floor.get(),
            ceiling: suggestion.bounds.ceiling.get(),
        }
    }
}
