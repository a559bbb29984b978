//! Tasks in JSON.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use zdd_core::placement::Agent;
use zdd_core::ports::HealthResult;
use zdd_core::simulate::{Instance, Marathon, MesosState};
use zdd_core::units::InstanceId;

use super::super::definition::service_ports;

/// A task. What it keeps on disk is not told: nothing is kept here.
pub(super) fn task(marathon: &Marathon, instance: &Instance) -> Value {
    let agent = instance.agent.as_ref();
    let agent = agent.and_then(|id| marathon.agents().iter().find(|agent| agent.id == *id));
    let mut task = Map::from_iter([
        ("id".into(), json!(instance.task)),
        ("appId".into(), json!(instance.app)),
        ("host".into(), json!(instance.host)),
        ("slaveId".into(), json!(instance.agent)),
        ("state".into(), json!(instance.state.unwrap_or(MesosState::Staging))),
        ("ports".into(), json!(instance.ports)),
        ("servicePorts".into(), json!(service_ports(instance.definition()))),
        ("ipAddresses".into(), agent.and_then(address).into_iter().collect()),
        ("stagedAt".into(), json!(instance.staged_at)),
        ("startedAt".into(), json!(instance.started_at)),
        ("version".into(), json!(instance.version)),
        ("healthCheckResults".into(), health(instance)),
        ("localVolumes".into(), json!([])),
        ("role".into(), role(instance)),
    ]);
    if let Some(region) = agent.and_then(|agent| agent.region.as_ref()) {
        task.insert("region".into(), json!(region));
    }
    if let Some(zone) = agent.and_then(|agent| agent.zone.as_ref()) {
        task.insert("zone".into(), json!(zone));
    }
    Value::Object(task)
}

fn role(instance: &Instance) -> Value {
    instance.definition().as_json().get("role").cloned().unwrap_or_else(|| json!("*"))
}

/// Tasks use the address of their agent.
fn address(agent: &Agent) -> Option<Value> {
    let ip: IpAddr = agent.ip.or_else(|| agent.hostname.parse().ok())?;
    let protocol = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
    Some(json!({ "ipAddress": ip, "protocol": protocol }))
}

fn health(instance: &Instance) -> Value {
    let results = instance.health.iter().flatten();
    results.map(|result| health_result(result, &instance.id)).collect()
}

fn health_result(result: &HealthResult, instance: &InstanceId) -> Value {
    json!({
        "alive": result.alive,
        "consecutiveFailures": result.consecutive_failures,
        "firstSuccess": result.first_success,
        "lastSuccess": result.last_success,
        "lastFailure": result.last_failure,
        "lastFailureCause": result.last_failure_cause,
        "instanceId": instance,
    })
}
