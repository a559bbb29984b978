//! Marathon's rules about health and readiness checks.

use std::time::Duration;

use serde_json::{Map, Value};
use zdd_core::app::{App, HealthCheck, HealthCheckProtocol};
use zdd_core::ports::InvalidDetail;

use super::invalid::detail;

/// Asks the rules of `app`, whose members in the newer spelling are `full`.
pub(super) fn problems_of(app: &App, full: &Map<String, Value>, problems: &mut Vec<InvalidDetail>) {
    let ports = ports(full);
    for (index, check) in app.health_checks().iter().enumerate() {
        let written = &app.as_json()["healthChecks"][index];
        for (key, error) in health(check, written, ports.len()) {
            problems.push(detail(format!("/healthChecks/{index}{key}"), error));
        }
    }
    let in_mesos = |check: &&HealthCheck| {
        check.protocol.runs_in_mesos() && check.protocol != HealthCheckProtocol::Command
    };
    if app.health_checks().iter().filter(in_mesos).count() > 1 {
        let error = "AppDefinition can contain at most one Mesos health check";
        problems.push(detail("/healthChecks", error));
    }
    for (key, error) in readiness(app, &ports) {
        problems.push(detail(format!("/readinessChecks/0{key}"), error));
    }
}

/// The ports that checks can name.
fn ports(full: &Map<String, Value>) -> Vec<&Value> {
    let mappings = full.get("container").and_then(|container| container.get("portMappings"));
    let list = mappings.or_else(|| full.get("portDefinitions")).and_then(Value::as_array);
    list.into_iter().flatten().collect()
}

fn health(check: &HealthCheck, written: &Value, n_ports: usize) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    let mut wrong = |key, error: &str| problems.push((key, error.to_owned()));
    if check.protocol == HealthCheckProtocol::Command {
        let command = written.get("command").and_then(|command| command.get("value"));
        if command.and_then(Value::as_str).is_none_or(str::is_empty) {
            wrong("/command", "a COMMAND check needs {\"value\": \"…\"}");
        }
    } else {
        match (check.port, check.port_index) {
            (Some(_), Some(_)) => {
                wrong("", "HealthCheck must specify either a port or a portIndex");
            }
            (Some(_), None) => {}
            (None, None) if n_ports == 1 => {}
            (None, None) => {
                wrong("/portIndex", "has to be given unless the app has exactly one port");
            }
            (None, Some(index)) if (index as usize) < n_ports => {}
            (None, Some(_)) => {
                wrong(
                    "/portIndex",
                    "Health check port indices must address an element of the ports array or container port mappings.",
                );
            }
        }
    }
    // Without it a check would be made without end.
    if check.interval.is_zero() {
        wrong("/intervalSeconds", "expected 1 or more");
    }
    if check.timeout.is_zero() {
        wrong("/timeoutSeconds", "expected 1 or more");
    }
    problems
}

fn readiness(app: &App, ports: &[&Value]) -> Vec<(&'static str, String)> {
    let Some(check) = app.readiness_check() else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    if ports.iter().all(|port| port["name"] != check.port_name.as_str()) {
        let error = format!("No port definition reference for portName {}", check.port_name);
        problems.push(("/portName", error));
    }
    if check.timeout.is_zero() {
        problems.push(("/timeoutSeconds", "expected 1 or more".into()));
    }
    if check.timeout >= check.interval || check.interval == Duration::ZERO {
        let error = format!(
            "Timeout ({} seconds) must be less than the interval ({} seconds)",
            check.timeout.as_secs(),
            check.interval.as_secs()
        );
        problems.push(("/timeoutSeconds", error));
    }
    problems
}
