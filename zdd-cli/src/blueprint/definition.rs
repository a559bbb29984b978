//! The definition that Marathon gets for a service of a blueprint.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_saphyr::Spanned;
use zdd_core::app::App;

use super::error::BlueprintError;
use super::quantity::{Port, Text};
use super::resolve::About;
use super::wire::{Scale, Service};

/// The app of a service: in the deployment group of its blueprint, behind the port of its gateway.
///
/// Blueprints have no health checks; what they say of a port is that something answers on it, so that
/// is what is checked.
pub(super) fn definition(
    about: &About<'_>,
    service: &Spanned<Service>,
) -> Result<App, BlueprintError> {
    let Service { breed, environment_variables, scale } = &service.value;
    let Some(Spanned { value: scale, .. }) = scale else {
        let what = format!("`{}` has no scale: cpu, memory, instances", breed.value.name.value);
        return Err(BlueprintError::at(service.referenced, what));
    };
    let env: BTreeMap<_, _> = breed.value.env.iter().chain(environment_variables).collect();
    let env: Map<_, _> =
        env.into_iter().map(|(name, Text(value))| (name.clone(), value.clone().into())).collect();
    let place = breed.value.deployable.referenced;
    let definition = json!({
        "id": format!("/{}/{}", about.blueprint.value, about.cluster),
        "instances": instances(scale),
        "cpus": scale.cpu.value.0,
        "mem": scale.memory.value.0,
        "container": {
            "type": "DOCKER",
            "docker": { "image": breed.value.deployable.value },
            "portMappings": ports(about, &breed.value.ports)?,
        },
        "networks": [{ "mode": "container/bridge" }],
        "env": env,
        "labels": labels(about, &breed.value.ports),
        "healthChecks": [{
            "protocol": "TCP", "portIndex": 0, "gracePeriodSeconds": 60,
            "intervalSeconds": 5, "timeoutSeconds": 5, "maxConsecutiveFailures": 3,
        }],
    });
    App::parse(&definition.to_string())
        .map_err(|error| BlueprintError::at(place, format!("as an app: {error}")))
}

/// One, unless it is said.
fn instances(scale: &Scale) -> u32 {
    scale.instances.as_ref().map_or(1, |instances| instances.value.0)
}

/// The port that the gateway leads to comes first, so that its labels are those of index 0.
fn ports(
    about: &About<'_>,
    ports: &BTreeMap<String, Spanned<Port>>,
) -> Result<Vec<Value>, BlueprintError> {
    let entrance = &about.entrance;
    if !ports.contains_key(entrance.target) {
        let what =
            format!("the gateway leads to a port `{}` that a service lacks", entrance.target);
        return Err(BlueprintError::at(entrance.place, what));
    }
    let (first, others): (Vec<_>, Vec<_>) =
        ports.iter().partition(|(name, _)| *name == entrance.target);
    Ok(first
        .into_iter()
        .chain(others)
        .map(|(name, port)| {
            let number = port.value.number;
            let mut mapping = json!({ "containerPort": number, "hostPort": 0, "name": name });
            if name == entrance.target {
                mapping["servicePort"] = entrance.port.into();
            }
            mapping
        })
        .collect())
}

fn labels(about: &About<'_>, ports: &BTreeMap<String, Spanned<Port>>) -> Value {
    let entrance = &about.entrance;
    let is_http = ports.get(entrance.target).is_none_or(|port| port.value.is_http);
    json!({
        "HAPROXY_GROUP": "external",
        "HAPROXY_DEPLOYMENT_GROUP": format!("{}-{}", about.blueprint.value, about.cluster),
        "HAPROXY_DEPLOYMENT_ALT_PORT": alternative(entrance.port).to_string(),
        "HAPROXY_0_PORT": entrance.port.to_string(),
        "HAPROXY_0_MODE": if is_http { "http" } else { "tcp" },
    })
}

/// The service port of the other colour. No client uses it: the load balancer knows both colours by
/// the port of the gateway.
const fn alternative(port: u16) -> u16 {
    if port == u16::MAX { port - 1 } else { port + 1 }
}
