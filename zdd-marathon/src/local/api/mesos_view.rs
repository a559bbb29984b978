//! Agents and tasks in the JSON of a Mesos master.

use serde_json::{Map, Value, json};
use zdd_core::placement::{Agent, Amount, Attribute, Held, PortRanges, Resources, Room};
use zdd_core::simulate::{Instance, Marathon, MesosState};

/// The ports of an agent that has so many of them and whichever: first those from where Mesos'
/// own begin.
const USUAL: u16 = 31_000;

/// An agent, with the sums of what is in use of it.
pub(super) fn agent(room: &Room, agent: &Agent) -> Value {
    let used = room.used_of(&agent.id).unwrap_or_default();
    let open = open_ports(agent, &used);
    let reserved = agent
        .reserved
        .iter()
        .map(|(role, part)| (role.clone(), sums(part.resources, &ports_of_role(agent, role))));
    let reserved_ports = agent
        .reserved
        .keys()
        .fold(PortRanges::NONE, |all, role| all.plus(&ports_of_role(agent, role)));
    let attributes = agent.attributes.iter().map(|(name, value)| {
        let value = match value {
            Attribute::Text(text) => json!(text),
            Attribute::Number(number) => json!(number),
        };
        (name.clone(), value)
    });
    let mut json = json!({
        "id": agent.id,
        "hostname": agent.hostname,
        "port": 5051,
        "active": agent.is_active,
        "attributes": attributes.collect::<Map<_, _>>(),
        "resources": sums(agent.total(), &open.plus(&reserved_ports)),
        "used_resources": sums(used.total(), &used.ports),
        "offered_resources": sums(Resources::NONE, &PortRanges::NONE),
        "reserved_resources": reserved.collect::<Map<_, _>>(),
        "unreserved_resources": sums(agent.resources, &open),
    });
    let named = |name: &Option<String>| name.as_ref().map(|name| json!({ "name": name }));
    let places = [("region", named(&agent.region)), ("zone", named(&agent.zone))];
    let places = places.into_iter().filter_map(|(key, place)| Some((key.to_owned(), place?)));
    let places: Map<_, _> = places.collect();
    if !places.is_empty() {
        json["domain"] = json!({ "fault_domain": places });
    }
    json
}

/// The same, and whose resources are in use.
pub(super) fn detailed_agent(room: &Room, of: &Agent) -> Value {
    let used = room.used_of(&of.id).unwrap_or_default();
    let mut json = agent(room, of);
    let reserved = of.reserved.iter().map(|(role, part)| {
        (role.clone(), details(role, part.resources, &ports_of_role(of, role)).into())
    });
    json["reserved_resources_full"] = Value::Object(reserved.collect());
    json["unreserved_resources_full"] = details("*", of.resources, &open_ports(of, &used)).into();
    let mut in_use = Vec::new();
    let mut ports = used.ports.clone();
    for (role, resources) in &used.reserved {
        let others = ports.minus(&ports_of_role(of, role));
        in_use.extend(details(role, *resources, &ports.minus(&others)));
        ports = others;
    }
    in_use.extend(details("*", used.unreserved, &ports));
    json["used_resources_full"] = in_use.into();
    json["offered_resources_full"] = json!([]);
    json
}

/// A task of an instance; none, if it has nothing of an agent.
pub(super) fn task(marathon: &Marathon, instance: &Instance, framework: &str) -> Option<Value> {
    let (agent, held) = marathon.room().held_by(&instance.task)?;
    let mut name: Vec<_> =
        instance.app.as_str().split('/').filter(|part| !part.is_empty()).collect();
    name.reverse();
    Some(json!({
        "id": instance.task,
        "name": name.join("."),
        "framework_id": framework,
        "executor_id": "",
        "slave_id": agent,
        "state": instance.state.unwrap_or(MesosState::Staging),
        "resources": sums(held.total(), &held.ports),
        "role": "*",
    }))
}

/// The ports that are reserved for nobody. Of an agent that has so many of them and whichever, those
/// that are in use and as many others as it has left: then their number is right, at least.
fn open_ports(agent: &Agent, used: &Held) -> PortRanges {
    if let Some(ports) = &agent.ports {
        return ports.clone();
    }
    let of_roles = agent.reserved.keys().map(|role| ports_of_role(agent, role));
    let in_use = of_roles.fold(used.ports.clone(), |left, of_role| left.minus(&of_role));
    let n_left = agent.resources.n_ports.saturating_sub(in_use.count());
    let usual = PortRanges::from(USUAL..=u16::MAX).minus(&in_use);
    let others = PortRanges::from(1..=USUAL - 1).minus(&in_use);
    let n_others = n_left.saturating_sub(usual.count());
    in_use.plus(&usual.lowest(n_left)).plus(&others.lowest(n_others))
}

fn ports_of_role(agent: &Agent, role: &str) -> PortRanges {
    agent.reserved.get(role).and_then(|part| part.ports.clone()).unwrap_or_default()
}

fn sums(resources: Resources, ports: &PortRanges) -> Value {
    let Resources { cpus, mem, disk, gpus, n_ports: _ } = resources;
    let mut json = json!({
        "cpus": number(cpus),
        "mem": number(mem),
        "disk": number(disk),
        "gpus": f64::from(gpus),
    });
    if !ports.is_empty() {
        json["ports"] = json!(ports.to_string());
    }
    json
}

fn details(role: &str, resources: Resources, ports: &PortRanges) -> Vec<Value> {
    let Resources { cpus, mem, disk, gpus, n_ports: _ } = resources;
    let scalars = [
        ("cpus", number(cpus)),
        ("mem", number(mem)),
        ("disk", number(disk)),
        ("gpus", f64::from(gpus)),
    ];
    let scalars = scalars.into_iter().filter(|(_, value)| *value > 0.0).map(|(name, value)| {
        json!({ "name": name, "type": "SCALAR", "role": role, "scalar": { "value": value } })
    });
    let ranges: Vec<Value> =
        ports.ranges().map(|range| json!({ "begin": range.start(), "end": range.end() })).collect();
    let ports = (!ranges.is_empty()).then(|| {
        json!({ "name": "ports", "type": "RANGES", "role": role, "ranges": { "range": ranges } })
    });
    scalars.chain(ports).collect()
}

#[expect(clippy::cast_precision_loss, reason = "thousandths of what a machine has")]
fn number(amount: Amount) -> f64 {
    amount.as_thousandths() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zdd_core::app::App;
    use zdd_core::mesos::Cluster;
    use zdd_core::placement::{Demand, Grouping, Reserved};
    use zdd_core::units::TaskId;

    use super::*;

    fn resources() -> impl Strategy<Value = Resources> {
        (0_u64..9_000, 0_u64..9_000_000, 0_u64..9_000_000, 0_u32..3, 0_u32..40).prop_map(
            |(cpus, mem, disk, gpus, n_ports)| Resources {
                cpus: Amount::thousandths(cpus),
                mem: Amount::thousandths(mem),
                disk: Amount::thousandths(disk),
                gpus,
                n_ports,
            },
        )
    }

    /// Agents with and without known ports and reservations.
    fn an_agent() -> impl Strategy<Value = Agent> {
        (resources(), resources(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(all, mut own, has_numbers, is_reserved, is_active)| {
                let mut agent = Agent::new("S0".parse().unwrap(), "one.example", all);
                if has_numbers && all.n_ports > 0 {
                    let last = 31_000 + u16::try_from(all.n_ports).unwrap() - 1;
                    agent = agent.with_ports(PortRanges::from(31_000..=last));
                } else if has_numbers {
                    agent.ports = Some(PortRanges::NONE);
                }
                if is_reserved {
                    let ports = PortRanges::from(80..=89).plus(&PortRanges::from(443..=443));
                    own.n_ports = ports.count();
                    let part = Reserved { resources: own, ports: Some(ports) };
                    agent.reserved.insert("public".into(), part);
                }
                agent.is_active = is_active;
                agent.zone = is_reserved.then(|| "z1".into());
                agent.attributes.insert("rack".into(), Attribute::Text("r1".into()));
                agent.attributes.insert("level".into(), Attribute::Number(0.125));
                agent
            },
        )
    }

    fn demand(fields: &str) -> Demand {
        let app = App::parse(&format!(r#"{{"id": "/a", "cmd": "a", {fields}}}"#)).unwrap();
        Demand::of(&app, Grouping::default()).unwrap()
    }

    const ROLES: [&str; 3] = [r#""*""#, r#""public""#, r#""*", "public""#];

    proptest! {
        /// Who reads it has the same room.
        #[test]
        fn what_is_free_is_read_as_it_is(
            one in an_agent(),
            tasks in prop::collection::vec((0_usize..3, 0_u32..2_000, 0_usize..2), 0..8),
        ) {
            let mut room = Room::new(vec![one.clone()]);
            let mut next = 31_000;
            for (n, (roles, cpus, n_ports)) in tasks.into_iter().enumerate() {
                let cpus = f64::from(cpus) / 1000.0;
                let ports = vec!["0"; n_ports].join(", ");
                let roles = ROLES[roles];
                let demand = demand(&format!(
                    r#""cpus": {cpus}, "ports": [{ports}], "acceptedResourceRoles": [{roles}]"#
                ));
                if room.place(&demand, &[]).is_err() {
                    continue;
                }
                let task: TaskId = format!("t{n}").parse().unwrap();
                room.take(&task, &one.id, &demand);
                // The numbers that Mesos would give, by role.
                let (_, held) = room.held_by(&task).unwrap();
                if held.unreserved.n_ports > 0 {
                    room.takes_ports(&task, &[next]);
                    next += 1;
                } else if held.total().n_ports > 0 {
                    let free = ports_of_role(&one, "public").minus(&room.used_of(&one.id).unwrap().ports);
                    let port = free.ranges().flatten().next().unwrap();
                    room.takes_ports(&task, &[port]);
                }
            }
            let served = json!({ "slaves": [detailed_agent(&room, &one)] }).to_string();
            let cluster = Cluster::read(served.as_bytes()).unwrap();
            let read = cluster.room();
            for roles in ROLES {
                let demand = demand(&format!(r#""acceptedResourceRoles": [{roles}]"#));
                prop_assert_eq!(
                    read.free_for(&one.id, &demand), room.free_for(&one.id, &demand), "{}", served
                );
            }
            let (read, there) = (read.agents()[0].clone(), &one);
            prop_assert_eq!((read.is_active, &read.zone), (there.is_active, &there.zone));
            prop_assert_eq!(&read.attributes, &there.attributes);
            prop_assert_eq!(read.total(), there.total());
            if there.ports.is_some() {
                prop_assert_eq!(read, one);
            }
        }
    }
}
