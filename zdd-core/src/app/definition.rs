//! One app.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::checks::{HealthCheck, ReadinessCheck};
use super::constraint::Constraint;
use super::cursor::Cursor;
use super::problem::{ParseError, Problem, Problems};
use super::read::{self, Typed, VolumeProvider};
use super::text;
use crate::capacity::UpgradeStrategy;
use crate::units::{AppId, GroupId, InstanceCount, PathId, Timestamp};

/// Which instances Marathon stops first when it scales an app down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Marathon's own list, which no longer grows")]
pub enum KillSelection {
    /// Those that started last.
    #[default]
    YoungestFirst,
    /// Those that started first.
    OldestFirst,
}

/// When Marathon last changed an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionInfo {
    /// The last change of the number of instances.
    pub last_scaling_at: Timestamp,
    /// The last change of anything else.
    pub last_config_change_at: Timestamp,
}

/// The definition of an app: the whole JSON object, and a typed view of it.
///
/// The object is kept as it was written, with one change: the ids in it (`id`, `dependencies`) are
/// made absolute, as Marathon does, so that an app means the same wherever it is put.
///
/// Equality is that of the JSON: `4` and `4.0` instances differ. See
/// [`differences_from`](Self::differences_from) for what matters to Marathon.
///
/// [`Debug`](fmt::Debug) shows which app it is and what its definition says something about, and nothing of
/// what it says: `env`, labels and commands may hold secrets, and errors, actions and observations are
/// printed with the apps in them.
#[derive(Clone, PartialEq)]
pub struct App {
    typed: Typed,
    json: Map<String, Value>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&str> = self.json.keys().map(String::as_str).collect();
        f.debug_struct("App")
            .field("id", &self.typed.id.as_str())
            .field("instances", &self.instances().get())
            .field("fields", &fields)
            .finish_non_exhaustive()
    }
}

impl App {
    /// The app that `text` defines: an object, or one inside `{"app": …}` as Marathon answers.
    /// A relative id is taken from the root.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or not an app; with all the problems.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let value = text::parse(text)?;
        let mut problems = Problems::default();
        let top = Cursor::top(&value);
        let at = top.field("app").filter(|_| top.field("id").is_none());
        Self::read(at.as_ref().unwrap_or(&top), &GroupId::root(), &mut problems)
            .filter(|_| problems.is_empty())
            .ok_or_else(|| ParseError::placed(problems, text::without_mark(text)))
    }

    /// An app of which nothing but these two is known.
    pub fn new(id: AppId, instances: InstanceCount) -> Self {
        let mut json = Map::new();
        json.insert("id".into(), id.as_str().into());
        json.insert("instances".into(), instances.get().into());
        Self { typed: Typed::new(id, instances), json }
    }

    /// The app that `value` defines, whose relative ids are taken from `base`.
    ///
    /// # Errors
    ///
    /// When the value is not an app; with all the problems, which have no place.
    pub fn from_value(value: &Value, base: &GroupId) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        Self::read(&Cursor::top(value), base, &mut problems)
            .filter(|_| problems.is_empty())
            .ok_or_else(|| problems.into_vec())
    }

    /// The app that `json` defines, whose relative ids are taken from `base`. Unlike
    /// [`from_value`](Self::from_value) it copies nothing, which counts for ten thousand apps.
    ///
    /// # Errors
    ///
    /// When the object is not an app; with all the problems, which have no place.
    pub fn from_object(json: Map<String, Value>, base: &GroupId) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let value = Value::Object(json);
        let typed = Typed::read(&Cursor::top(&value), base, &mut problems);
        match (typed, value) {
            (Some(typed), Value::Object(json)) if problems.is_empty() => {
                Ok(Self::with_absolute_ids(typed, json))
            }
            _ => Err(problems.into_vec()),
        }
    }

    /// The same with another number of instances.
    #[must_use]
    pub fn with_instances(mut self, instances: InstanceCount) -> Self {
        self.typed.instances = instances;
        self.json.insert("instances".into(), instances.get().into());
        self
    }

    /// The same with another strategy, both numbers of it declared.
    #[must_use]
    pub fn with_upgrade_strategy(mut self, strategy: UpgradeStrategy) -> Self {
        self.typed.strategy = Some(strategy);
        self.typed.has_partial_strategy = false;
        let number = |fraction: f64| json!(fraction);
        let object = json!({
            "minimumHealthCapacity": number(strategy.minimum_health_capacity.get()),
            "maximumOverCapacity": number(strategy.maximum_over_capacity.get()),
        });
        self.json.insert("upgradeStrategy".into(), object);
        self
    }

    /// The same under another id. The dependencies stay.
    #[must_use]
    pub fn with_id(mut self, id: AppId) -> Self {
        self.json.insert("id".into(), id.as_str().into());
        self.typed.id = id;
        self
    }

    /// The same with other dependencies.
    #[must_use]
    pub fn with_dependencies(mut self, dependencies: Vec<PathId>) -> Self {
        let texts = dependencies.iter().map(PathId::as_str).map(Value::from);
        self.json.insert("dependencies".into(), Value::Array(texts.collect()));
        self.typed.dependencies = dependencies;
        self
    }

    /// The absolute id.
    pub fn id(&self) -> &AppId {
        &self.typed.id
    }

    /// How many instances should run; 1 unless given.
    pub fn instances(&self) -> InstanceCount {
        self.typed.instances
    }

    /// The strategy, if one is written down. A number that is missing from it is 1, as in Marathon
    /// 1.3; see [`has_partial_upgrade_strategy`](Self::has_partial_upgrade_strategy).
    pub fn declared_upgrade_strategy(&self) -> Option<UpgradeStrategy> {
        self.typed.strategy
    }

    /// Whether the strategy lacks one of its two numbers. Marathon refuses that since 1.5; before,
    /// the missing number was 1.
    pub fn has_partial_upgrade_strategy(&self) -> bool {
        self.typed.has_partial_strategy
    }

    /// The strategy that Marathon goes by: the declared one, or its default, which is 0.5 and 0 for
    /// apps with persistent or external volumes, and 1 and 1 for all others.
    pub fn upgrade_strategy(&self) -> UpgradeStrategy {
        match self.typed.strategy {
            Some(declared) => declared,
            None if self.is_resident() || self.has_external_volume() => read::volume_strategy(),
            None => UpgradeStrategy::default(),
        }
    }

    /// Whether the app has a persistent local volume: its instances are bound to their agents, and
    /// Marathon never starts an extra one.
    pub fn is_resident(&self) -> bool {
        self.typed.is_resident
    }

    /// Whether the app has an external volume.
    pub fn has_external_volume(&self) -> bool {
        self.typed.external_volume.is_some()
    }

    /// Whether an external volume is DVDI's, which only one agent can attach.
    pub fn has_single_attach_volume(&self) -> bool {
        self.typed.external_volume == Some(VolumeProvider::Dvdi)
    }

    /// Whether the app carries the label `MARATHON_SINGLE_INSTANCE_APP` with the value `true`.
    pub fn is_single_instance(&self) -> bool {
        let label = self.typed.labels.get("MARATHON_SINGLE_INSTANCE_APP");
        label.is_some_and(|value| value == "true")
    }

    /// The health checks, in the order in which they are written.
    pub fn health_checks(&self) -> &[HealthCheck] {
        &self.typed.health_checks
    }

    /// The readiness check. Marathon allows one.
    pub fn readiness_check(&self) -> Option<&ReadinessCheck> {
        self.typed.readiness_check.as_ref()
    }

    /// Whether the app has a Mesos general check (`check`), whose result is only shown.
    pub fn has_general_check(&self) -> bool {
        self.typed.has_general_check
    }

    /// The placement constraints, in the order in which they are written.
    pub fn constraints(&self) -> &[Constraint] {
        &self.typed.constraints
    }

    /// The apps and groups that must be deployed before this one. Relative ids are resolved against
    /// the group that the app is written in (Marathon 1.5; before, those of an app outside a group
    /// were resolved against the app itself).
    pub fn dependencies(&self) -> &[PathId] {
        &self.typed.dependencies
    }

    /// Which instances Marathon stops first when it scales down.
    pub fn kill_selection(&self) -> KillSelection {
        self.typed.kill_selection
    }

    /// How long an instance may take to stop before it is killed; none is Mesos' own default.
    pub fn kill_grace(&self) -> Option<Duration> {
        self.typed.kill_grace
    }

    /// The labels.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.typed.labels
    }

    /// The version that Marathon gave to the definition.
    pub fn version(&self) -> Option<Timestamp> {
        self.typed.version
    }

    /// When Marathon last scaled the app, and when it last changed it otherwise.
    pub fn version_info(&self) -> Option<VersionInfo> {
        self.typed.version_info
    }

    /// The whole definition, ids made absolute.
    pub fn as_json(&self) -> &Map<String, Value> {
        &self.json
    }

    pub(super) fn typed(&self) -> &Typed {
        &self.typed
    }

    pub(super) fn read(at: &Cursor<'_>, base: &GroupId, problems: &mut Problems) -> Option<Self> {
        let typed = Typed::read(at, base, problems)?;
        Some(Self::with_absolute_ids(typed, at.value.as_object()?.clone()))
    }

    fn with_absolute_ids(typed: Typed, mut json: Map<String, Value>) -> Self {
        json.insert("id".into(), typed.id.as_str().into());
        if let Some(Value::Array(written)) = json.get_mut("dependencies") {
            for (text, id) in written.iter_mut().zip(&typed.dependencies) {
                *text = id.as_str().into();
            }
        }
        Self { typed, json }
    }
}

/// Writes the whole definition.
impl Serialize for App {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Reads a definition whose relative ids are taken from the root.
impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value, &GroupId::root()).map_err(|problems| {
            let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(texts.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn debug_says_what_is_defined_and_not_how() {
        let text = r#"{"id": "/shop", "instances": 3, "cmd": "run --token s3cret",
            "env": {"PASSWORD": "s3cret"}, "labels": {"HAPROXY_0_AUTH": "ann:s3cret"},
            "healthChecks": [{"protocol": "COMMAND", "command": {"value": "curl s3cret"}}]}"#;
        let shown = format!("{:?}", App::parse(text).expect("it is an app"));
        assert!(!shown.contains("s3cret"), "{shown}");
        for words in ["\"/shop\"", "instances: 3", "\"env\"", "\"labels\"", "\"cmd\""] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
}
