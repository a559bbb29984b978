//! From bytes to a cluster.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::amounts::{Stock, UNRESERVED, details, spread, stock, stocks};
use super::cluster::{Answer, Cluster, Framework, Kept, Node};
use super::error::{ClusterError, ClusterFault, MAX_BYTES, Misfit};
use super::raw::{self, Document, Full, Named, Scalar, Slave};
use super::task::Task;
use crate::app::typed;
use crate::placement::{Agent, Attribute, Held, Reserved};
use crate::units::{AgentId, IdError, TaskId};

pub(super) fn cluster(bytes: &[u8]) -> Result<Cluster, ClusterError> {
    if bytes.len() > MAX_BYTES {
        return Err(ClusterError::whole(ClusterFault::TooLong(bytes.len())));
    }
    // A list would be taken for the members of the document, one by one.
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).iter();
    if rest.find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(ClusterError::placed(ClusterFault::NotMaster.into(), ""));
    }
    let (document, text) = typed::<Document<'_>>(bytes)?;
    of_document(document).map_err(|misfit| ClusterError::placed(misfit, text))
}

fn of_document(document: Document<'_>) -> Result<Cluster, Misfit> {
    let slaves = document.slaves.ok_or(ClusterFault::NotMaster)?;
    let mut nodes = Vec::with_capacity(slaves.len());
    let mut first: BTreeMap<AgentId, usize> = BTreeMap::new();
    for (at, slave) in slaves.iter().enumerate() {
        let node = node(slave).map_err(|misfit| misfit.inside(at).inside("slaves"))?;
        let id = node.agent.id.clone();
        if let Some(first) = first.insert(id, at) {
            let first = format!("/slaves/{first}");
            let fault = ClusterFault::Twice { id: node.agent.id.to_string(), first };
            return Err(Misfit::from(fault).inside("id").inside(at).inside("slaves"));
        }
        nodes.push(node);
    }
    let lists_completed = document.completed_frameworks.is_some();
    let Some(listed) = document.frameworks else {
        return Ok(Cluster { answer: Answer::Slaves, nodes, frameworks: Vec::new(), tasks: None });
    };
    let is_state = lists_completed || listed.iter().any(|one| one.tasks.is_some());
    let (mut frameworks, mut tasks) = (Vec::with_capacity(listed.len()), Vec::new());
    for (at, framework) in listed.into_iter().enumerate() {
        let here = |misfit: Misfit| misfit.inside(at).inside("frameworks");
        frameworks.push(of_framework(framework, &mut tasks).map_err(here)?);
    }
    let answer = if is_state { Answer::State } else { Answer::StateSummary };
    Ok(Cluster { answer, nodes, frameworks, tasks: is_state.then_some(tasks) })
}

fn node(slave: &Slave<'_>) -> Result<Node, Misfit> {
    let agent = agent(slave)?;
    let kept = kept(slave)?;
    let (used, use_is_by_role) = used(slave, &agent)?;
    let offered = match (&slave.offered_resources_full, &slave.offered_resources) {
        (Some(list), _) => {
            details(list, UNRESERVED, Full::is_open).map_err(in_("offered_resources_full"))?
        }
        (None, Some(sum)) => spread(stock(sum).map_err(in_("offered_resources"))?, &agent),
        (None, None) => Held::default(),
    };
    Ok(Node { agent, used, use_is_by_role, offered, kept })
}

fn in_(step: &'static str) -> impl Fn(Misfit) -> Misfit {
    move |misfit| misfit.inside(step)
}

fn agent(slave: &Slave<'_>) -> Result<Agent, Misfit> {
    let id: AgentId = slave.id.parse().map_err(|error| no_id("id", error))?;
    let all = stock(&slave.resources).map_err(in_("resources"))?;
    let reserved = stocks(slave.reserved_resources.as_ref()).map_err(in_("reserved_resources"))?;
    let unreserved = match &slave.unreserved_resources {
        Some(unreserved) => stock(unreserved).map_err(in_("unreserved_resources"))?,
        None => without(all, &reserved),
    };
    // Nobody can tell whose a port is that is in two of them.
    let mut seen = unreserved.ports.clone();
    for (role, stock) in &reserved {
        if let Some(port) = seen.shared_with(&stock.ports) {
            let fault = Misfit::from(ClusterFault::PortOfTwoRoles(port)).inside("ports");
            return Err(fault.inside(role).inside("reserved_resources"));
        }
        seen = seen.plus(&stock.ports);
    }
    let mut agent = Agent::new(id, &*slave.hostname, unreserved.resources);
    agent.ports = Some(unreserved.ports);
    agent.is_active = slave.active.unwrap_or(true) && !slave.deactivated.unwrap_or(false);
    agent.reserved = reserved
        .into_iter()
        .map(|(role, stock)| {
            (role, Reserved { resources: stock.resources, ports: Some(stock.ports) })
        })
        .collect();
    let attributes = slave.attributes.iter().flatten();
    agent.attributes =
        attributes.map(|(name, value)| (name.0.to_string(), attribute(value))).collect();
    let domain = slave.domain.as_ref().and_then(|domain| domain.fault_domain.as_ref());
    let name = |named: Option<&Named<'_>>| named.map(|named| named.name.to_string());
    agent.region = name(domain.and_then(|domain| domain.region.as_ref()));
    agent.zone = name(domain.and_then(|domain| domain.zone.as_ref()));
    Ok(agent)
}

fn attribute(value: &Scalar<'_>) -> Attribute {
    match value {
        Scalar::Number(number) => Attribute::Number(*number),
        Scalar::Text(text) => Attribute::Text(text.to_string()),
    }
}

fn without(all: Stock, reserved: &BTreeMap<String, Stock>) -> Stock {
    let mut left = all;
    for stock in reserved.values() {
        left.resources = left.resources.minus(stock.resources);
        left.ports = left.ports.minus(&stock.ports);
    }
    left.resources.n_ports = left.ports.count();
    left
}

/// What is in use, and whether it is said of whose resources.
fn used(slave: &Slave<'_>, agent: &Agent) -> Result<(Held, bool), Misfit> {
    if let Some(list) = &slave.used_resources_full {
        let used = details(list, UNRESERVED, Full::is_open);
        return Ok((used.map_err(in_("used_resources_full"))?, true));
    }
    if let Some(unreserved) = &slave.unreserved_resources_allocated {
        let unreserved = stock(unreserved).map_err(in_("unreserved_resources_allocated"))?;
        let mut used = Held::new(unreserved.resources, unreserved.ports);
        let reserved = stocks(slave.reserved_resources_allocated.as_ref());
        for (role, stock) in reserved.map_err(in_("reserved_resources_allocated"))? {
            used.reserved.insert(role, stock.resources);
            used.ports = used.ports.plus(&stock.ports);
        }
        return Ok((used, true));
    }
    let sum = slave.used_resources.as_ref().map_or(Ok(Stock::default()), stock);
    Ok((spread(sum.map_err(in_("used_resources"))?, agent), false))
}

/// What is kept for single tasks, in the order of roles and tasks.
fn kept(slave: &Slave<'_>) -> Result<Vec<Kept>, Misfit> {
    let mut kept = Vec::new();
    for (role, list) in slave.reserved_resources_full.iter().flatten() {
        let tasks: BTreeSet<Option<TaskId>> =
            list.iter().filter(|full| !full.is_open()).map(Full::task).collect();
        for task in tasks {
            let is_of_task = |full: &Full<'_>| !full.is_open() && full.task() == task;
            let held = details(list, &role.0, is_of_task)
                .map_err(|misfit| misfit.inside(&role.0).inside("reserved_resources_full"))?;
            kept.push(Kept { task, held });
        }
    }
    Ok(kept)
}

fn of_framework(framework: raw::Framework<'_>, tasks: &mut Vec<Task>) -> Result<Framework, Misfit> {
    let text = |text: Option<raw::Text<'_>>| text.map(|text| text.0.into_owned());
    let id = text(framework.id).unwrap_or_default();
    let role = text(framework.role);
    for (at, task) in framework.tasks.into_iter().flatten().enumerate() {
        if Task::holds_in(&task.state) {
            let here = |misfit: Misfit| misfit.inside(at).inside("tasks");
            tasks.push(of_task(task, &id, role.as_deref()).map_err(here)?);
        }
    }
    Ok(Framework { id, name: text(framework.name).unwrap_or_default() })
}

fn of_task(task: raw::Task<'_>, framework: &str, role: Option<&str>) -> Result<Task, Misfit> {
    let stock = task.resources.as_ref().map_or(Ok(Stock::default()), stock);
    let stock = stock.map_err(in_("resources"))?;
    let text = |text: Option<raw::Text<'_>>| text.map(|text| text.0.into_owned());
    Ok(Task {
        id: task.id.parse().map_err(|error| no_id("id", error))?,
        name: text(task.name).unwrap_or_default(),
        framework: framework.to_string(),
        role: text(task.role).or_else(|| role.map(ToString::to_string)),
        agent: task.slave_id.parse().map_err(|error| no_id("slave_id", error))?,
        state: task.state.into_owned(),
        resources: stock.resources,
        ports: stock.ports,
    })
}

fn no_id(member: &'static str, error: IdError) -> Misfit {
    Misfit::from(error).inside(member)
}
