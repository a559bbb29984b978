//! Apps.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::capacity::{instance_counts, upgrade_strategies};
use crate::app::App;
use crate::capacity::UpgradeStrategy;
use crate::units::{AppId, GroupId, InstanceCount};

/// Any app id, at most three groups deep.
pub fn app_ids() -> impl Strategy<Value = AppId> + Clone {
    prop::collection::vec("[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", 1..=4).prop_map(|parts| {
        // A leading label that is no word of Marathon's API keeps every such text an id.
        let path = format!("/{}-0", parts.join("/"));
        AppId::resolve(&path, &GroupId::root()).expect("the parts are labels")
    })
}

/// Any app that Marathon would take: ordinary, resident (with persistent local volumes), with an
/// external volume, or single-instance; with and without each kind of check; with the strategy
/// declared or left to the default.
pub fn apps() -> impl Strategy<Value = App> + Clone {
    app_ids().prop_flat_map(apps_with_id)
}

/// The same as [`apps`], all with this id.
pub fn apps_with_id(id: AppId) -> impl Strategy<Value = App> + Clone {
    let strategy = prop::option::weighted(0.7, upgrade_strategies());
    (kinds(), instance_counts(), strategy, checks(), extras()).prop_map(
        move |(kind, instances, strategy, checks, extras)| {
            let mut json = extras;
            json.insert("id".into(), id.as_str().into());
            json.extend(checks);
            kind.write(&mut json, instances, strategy);
            App::from_value(&Value::Object(json), &GroupId::root())
                .expect("the members are those of a definition")
        },
    )
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Ordinary,
    Resident,
    External,
    SingleInstance,
}

fn kinds() -> impl Strategy<Value = Kind> + Clone {
    prop_oneof![
        5 => Just(Kind::Ordinary),
        1 => Just(Kind::Resident),
        1 => Just(Kind::External),
        1 => Just(Kind::SingleInstance),
    ]
}

impl Kind {
    /// Writes the members that the kind decides on, within Marathon's rules for it.
    fn write(
        self,
        json: &mut Map<String, Value>,
        instances: InstanceCount,
        strategy: Option<UpgradeStrategy>,
    ) {
        let minimum = |s: UpgradeStrategy| s.minimum_health_capacity.get();
        let both = |minimum: f64, maximum: f64| json!({"minimumHealthCapacity": minimum, "maximumOverCapacity": maximum});
        let volume = |volume: Value| json!({"type": "MESOS", "volumes": [volume]});
        let mut instances = instances;
        let declared = match self {
            Self::Ordinary => strategy.map(|s| both(minimum(s), s.maximum_over_capacity.get())),
            Self::Resident => {
                let local = json!({"containerPath": "data", "persistent": {"size": 64}});
                json.insert("container".into(), volume(local));
                strategy.map(|s| both(minimum(s), 0.0))
            }
            Self::External => {
                let external = json!({"name": "data", "provider": "dvdi"});
                let mounted = json!({"containerPath": "/data", "external": external});
                json.insert("container".into(), volume(mounted));
                strategy.map(|s| both(minimum(s), 0.0))
            }
            Self::SingleInstance => {
                let label = json!({"MARATHON_SINGLE_INSTANCE_APP": "true"});
                json.insert("labels".into(), label);
                instances = instances.min(InstanceCount::ONE);
                Some(both(0.0, 0.0))
            }
        };
        json.insert("instances".into(), instances.get().into());
        json.extend(declared.map(|declared| ("upgradeStrategy".into(), declared)));
    }
}

/// Health, readiness and general checks, each there or not.
fn checks() -> impl Strategy<Value = Vec<(String, Value)>> + Clone {
    let protocols = ["HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP"];
    let health = (prop::sample::select(protocols.to_vec()), 0..600_u32, 1..120_u32).prop_map(
        |(protocol, grace, interval)| {
            json!({
                "protocol": protocol,
                "gracePeriodSeconds": grace,
                "intervalSeconds": interval,
            })
        },
    );
    let readiness = (11..60_u32).prop_map(|interval| json!({"intervalSeconds": interval}));
    let general =
        prop::option::weighted(0.2, Just(json!({"exec": {"command": {"shell": "true"}}})));
    (prop::option::of(health), prop::option::weighted(0.3, readiness), general).prop_map(
        |(health, readiness, general)| {
            let health = health.map(|check| ("healthChecks".into(), json!([check])));
            let readiness = readiness.map(|check| ("readinessChecks".into(), json!([check])));
            let general = general.map(|check| ("check".into(), check));
            health.into_iter().chain(readiness).chain(general).collect()
        },
    )
}

/// Members that do not matter to capacity, known and unknown.
fn extras() -> impl Strategy<Value = Map<String, Value>> + Clone {
    (prop::option::of(0..300_u32), any::<bool>(), prop::option::of("[a-z]{0,8}")).prop_map(
        |(grace, oldest, unknown)| {
            let mut json = Map::new();
            json.insert("cmd".into(), "sleep 1000".into());
            json.extend(grace.map(|s| ("taskKillGracePeriodSeconds".into(), s.into())));
            if oldest {
                json.insert("killSelection".into(), "OLDEST_FIRST".into());
            }
            json.extend(unknown.map(|text| ("zddTestingUnknown".into(), text.into())));
            json
        },
    )
}
