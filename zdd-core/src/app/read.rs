//! Reads the typed view of an app.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use super::checks::{HealthCheck, ReadinessCheck};
use super::constraint::Constraint;
use super::cursor::Cursor;
use super::definition::{KillSelection, VersionInfo};
use super::problem::{Fault, Problems};
use crate::capacity::UpgradeStrategy;
use crate::units::{
    AppId, GroupId, InstanceCount, MaximumOverCapacity, MinimumHealthCapacity, PathId, Timestamp,
};

/// What matters to a rollout.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about a definition, not states of a machine"
)]
pub(super) struct Typed {
    pub(super) id: AppId,
    pub(super) instances: InstanceCount,
    pub(super) strategy: Option<UpgradeStrategy>,
    pub(super) has_partial_strategy: bool,
    pub(super) is_resident: bool,
    pub(super) external_volume: Option<VolumeProvider>,
    pub(super) is_unreachable_enabled: bool,
    pub(super) health_checks: Vec<HealthCheck>,
    pub(super) readiness_check: Option<ReadinessCheck>,
    pub(super) has_general_check: bool,
    pub(super) constraints: Vec<Constraint>,
    pub(super) dependencies: Vec<PathId>,
    pub(super) kill_selection: KillSelection,
    pub(super) kill_grace: Option<Duration>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) version: Option<Timestamp>,
    pub(super) version_info: Option<VersionInfo>,
}

/// Who provides an app's external volumes. One of `dvdi` outweighs the others: Marathon has a rule
/// for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum VolumeProvider {
    Other,
    Dvdi,
}

/// Marathon's default for apps with volumes that cannot be shared.
pub(super) fn volume_strategy() -> UpgradeStrategy {
    UpgradeStrategy {
        minimum_health_capacity: MinimumHealthCapacity::try_from(0.5)
            .expect("0.5 is between 0 and 1"),
        maximum_over_capacity: MaximumOverCapacity::ZERO,
    }
}

impl Typed {
    pub(super) fn new(id: AppId, instances: InstanceCount) -> Self {
        Self {
            id,
            instances,
            strategy: None,
            has_partial_strategy: false,
            is_resident: false,
            external_volume: None,
            is_unreachable_enabled: false,
            health_checks: Vec::new(),
            readiness_check: None,
            has_general_check: false,
            constraints: Vec::new(),
            dependencies: Vec::new(),
            kill_selection: KillSelection::default(),
            kill_grace: None,
            labels: BTreeMap::new(),
            version: None,
            version_info: None,
        }
    }

    /// Reads as much as is right, and writes down what is not.
    pub(super) fn read(at: &Cursor<'_>, base: &GroupId, problems: &mut Problems) -> Option<Self> {
        at.object(problems)?;
        if at.field("apps").or_else(|| at.field("groups")).is_some() {
            at.fault(Fault::GroupNotApp, problems);
            return None;
        }
        let id = read_id(at, base, problems);
        let instances = at.field("instances").map_or(Some(InstanceCount::ONE), |f| {
            f.whole(problems).map(|n| InstanceCount::saturating_from(n.into()))
        });
        // Read the rest also of an app without an id, for the sake of its other problems.
        let mut typed =
            Self::new(id.clone().unwrap_or_else(placeholder), instances.unwrap_or_default());
        typed.read_strategy(at, problems);
        typed.read_volumes(at, problems);
        typed.read_checks(at, problems);
        typed.read_placement(at, base, problems);
        typed.read_versions(at, problems);
        check_types(at, problems);
        (id.is_some() && instances.is_some()).then_some(typed)
    }

    fn read_strategy(&mut self, at: &Cursor<'_>, problems: &mut Problems) {
        let Some(strategy) = at.field("upgradeStrategy") else {
            return;
        };
        if strategy.object(problems).is_none() {
            return;
        }
        let minimum = strategy.field("minimumHealthCapacity");
        let maximum = strategy.field("maximumOverCapacity");
        self.has_partial_strategy = minimum.is_none() || maximum.is_none();
        let minimum = minimum.map_or(Some(MinimumHealthCapacity::ONE), |f| fraction(&f, problems));
        let maximum = maximum.map_or(Some(MaximumOverCapacity::ONE), |f| fraction(&f, problems));
        if let (Some(minimum_health_capacity), Some(maximum_over_capacity)) = (minimum, maximum) {
            self.strategy =
                Some(UpgradeStrategy { minimum_health_capacity, maximum_over_capacity });
        }
    }

    fn read_volumes(&mut self, at: &Cursor<'_>, problems: &mut Problems) {
        let Some(container) = at.field("container") else {
            return;
        };
        if container.object(problems).is_none() {
            return;
        }
        if let Some(docker) = container.field("docker") {
            docker.object(problems);
        }
        let Some(volumes) = container.field("volumes") else {
            return;
        };
        for volume in volumes.elements(problems) {
            if volume.object(problems).is_none() {
                continue;
            }
            if let Some(persistent) = volume.field("persistent") {
                self.is_resident |= persistent.object(problems).is_some();
            }
            if let Some(external) = volume.field("external")
                && external.object(problems).is_some()
            {
                let provider = match external.field("provider") {
                    None => VolumeProvider::Dvdi,
                    Some(field) if field.text(problems) == Some("dvdi") => VolumeProvider::Dvdi,
                    Some(_) => VolumeProvider::Other,
                };
                self.external_volume = self.external_volume.max(Some(provider));
            }
        }
    }

    fn read_checks(&mut self, at: &Cursor<'_>, problems: &mut Problems) {
        if let Some(checks) = at.field("healthChecks") {
            for check in checks.elements(problems) {
                self.health_checks.extend(HealthCheck::read(&check, problems));
            }
        }
        if let Some(checks) = at.field("readinessChecks") {
            let elements = checks.elements(problems);
            if elements.len() > 1 {
                checks.fault(Fault::Constraint("an app may have one readiness check"), problems);
            }
            for check in elements {
                self.readiness_check = ReadinessCheck::read(&check, problems);
            }
        }
        if let Some(check) = at.field("check") {
            self.has_general_check = check.object(problems).is_some();
        }
    }

    fn read_placement(&mut self, at: &Cursor<'_>, base: &GroupId, problems: &mut Problems) {
        if let Some(constraints) = at.field("constraints") {
            for constraint in constraints.elements(problems) {
                self.constraints.extend(Constraint::read(&constraint, problems));
            }
        }
        if let Some(dependencies) = at.field("dependencies") {
            self.dependencies = read_dependencies(&dependencies, base, problems);
        }
        if let Some(labels) = at.field("labels") {
            for (key, value) in labels.members(problems) {
                if let Some(text) = value.text(problems) {
                    self.labels.insert(key.into(), text.into());
                }
            }
        }
        if let Some(selection) = at.field("killSelection") {
            self.kill_selection = match selection.text(problems) {
                None | Some("YOUNGEST_FIRST") => KillSelection::YoungestFirst,
                Some("OLDEST_FIRST") => KillSelection::OldestFirst,
                Some(other) => {
                    let fault = Fault::word(other, "YOUNGEST_FIRST and OLDEST_FIRST");
                    selection.fault(fault, problems);
                    KillSelection::YoungestFirst
                }
            };
        }
        if let Some(grace) = at.field("taskKillGracePeriodSeconds") {
            let seconds = grace.whole(problems);
            self.kill_grace = seconds.map(|seconds| Duration::from_secs(seconds.into()));
        }
        if let Some(strategy) = at.field("unreachableStrategy") {
            match strategy.value {
                Value::Object(_) => self.is_unreachable_enabled = true,
                Value::String(word) if word == "disabled" => {}
                _ => strategy.wrong("an object or \"disabled\"", problems),
            }
        }
    }

    fn read_versions(&mut self, at: &Cursor<'_>, problems: &mut Problems) {
        self.version = at.field("version").and_then(|f| moment(&f, problems));
        let Some(info) = at.field("versionInfo") else {
            return;
        };
        if info.object(problems).is_none() {
            return;
        }
        let mut read = |key| info.field(key).and_then(|f| moment(&f, problems));
        let (scaling, change) = (read("lastScalingAt"), read("lastConfigChangeAt"));
        if let (Some(last_scaling_at), Some(last_config_change_at)) = (scaling, change) {
            self.version_info = Some(VersionInfo { last_scaling_at, last_config_change_at });
        }
    }
}

/// The dependencies that are written at `at`.
pub(super) fn read_dependencies(
    at: &Cursor<'_>,
    base: &GroupId,
    problems: &mut Problems,
) -> Vec<PathId> {
    let mut dependencies = Vec::new();
    for dependency in at.elements(problems) {
        if let Some(text) = dependency.text(problems) {
            let resolved = PathId::resolve(text, base);
            dependencies.extend(dependency.or_fault(resolved, problems));
        }
    }
    dependencies
}

fn read_id(at: &Cursor<'_>, base: &GroupId, problems: &mut Problems) -> Option<AppId> {
    let Some(field) = at.field("id") else {
        at.fault(Fault::Missing("id"), problems);
        return None;
    };
    let resolved = AppId::resolve(field.text(problems)?, base);
    field.or_fault(resolved, problems)
}

/// Stands for the id of an app that has none while its other members are looked at; such an app is
/// never returned.
fn placeholder() -> AppId {
    AppId::resolve("/x", &GroupId::root()).expect("`/x` is an id")
}

fn fraction<F: TryFrom<f64>>(at: &Cursor<'_>, problems: &mut Problems) -> Option<F> {
    let number = at.number(problems)?;
    let fraction = F::try_from(number).ok();
    if fraction.is_none() {
        let limit = if number < 0.0 { "below 0" } else { "above 1" };
        at.fault(Fault::out_of_range(at.value, limit), problems);
    }
    fraction
}

fn moment(at: &Cursor<'_>, problems: &mut Problems) -> Option<Timestamp> {
    let parsed = at.text(problems)?.parse::<Timestamp>();
    at.or_fault(parsed, problems)
}

/// Checks the types of the members that are kept but not understood.
fn check_types(at: &Cursor<'_>, problems: &mut Problems) {
    for key in ["cmd", "user", "executor", "role"] {
        if let Some(field) = at.field(key) {
            field.text(problems);
        }
    }
    for key in
        ["cpus", "mem", "disk", "gpus", "backoffSeconds", "backoffFactor", "maxLaunchDelaySeconds"]
    {
        if let Some(field) = at.field(key)
            && field.number(problems).is_some_and(|number| number < 0.0)
        {
            field.fault(Fault::out_of_range(field.value, "below 0"), problems);
        }
    }
    for key in ["args", "uris", "acceptedResourceRoles"] {
        if let Some(field) = at.field(key) {
            for element in field.elements(problems) {
                element.text(problems);
            }
        }
    }
    for key in ["fetch", "networks", "portDefinitions"] {
        if let Some(field) = at.field(key) {
            for element in field.elements(problems) {
                element.object(problems);
            }
        }
    }
    for key in ["env", "secrets", "ipAddress", "residency"] {
        if let Some(field) = at.field(key) {
            field.object(problems);
        }
    }
    if let Some(ports) = at.field("ports") {
        for port in ports.elements(problems) {
            port.whole_in(0..=65_535, "below 0", "above 65535", problems);
        }
    }
    for key in ["requirePorts", "tty"] {
        if let Some(field) = at.field(key) {
            field.boolean(problems);
        }
    }
}
