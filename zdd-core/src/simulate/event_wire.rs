//! How events look on Marathon's stream.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::event::{Event, PlanOf, TaskUpdate, UnhealthyKill, What};

impl Event {
    /// The same with the root groups that a deployment leads from and to, as Marathon before 1.8 tells
    /// of plans unless it is asked for light ones. They are as long as the definitions of all apps.
    pub const fn heavy(&self) -> impl Serialize {
        Heavy(self)
    }

    fn write<S: Serializer>(&self, form: Form, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.what.fields(form);
        let fields = fields.as_object().into_iter().flatten();
        let mut map = serializer.serialize_map(Some(fields.clone().count() + 2))?;
        for (key, value) in fields {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("eventType", self.name())?;
        map.serialize_entry("timestamp", &self.at)?;
        map.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write(Form::Light, serializer)
    }
}

/// An event with all that is known of its plan.
struct Heavy<'e>(&'e Event);

impl Serialize for Heavy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(Form::Heavy, serializer)
    }
}

/// How much is told of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Light,
    Heavy,
}

impl What {
    /// What the event says besides its name and moment.
    fn fields(&self, form: Form) -> Value {
        match self {
            Self::StepBegins { plan, step }
            | Self::StepSucceeded { plan, step }
            | Self::StepFailed { plan, step } => {
                json!({ "plan": plan.json(form), "currentStep": plan.step(*step) })
            }
            Self::DeploymentSucceeded { plan } => json!({ "id": plan.id, "plan": plan.json(form) }),
            Self::DeploymentFailed { plan, reason } => {
                json!({ "id": plan.id, "plan": plan.json(form), "reason": reason })
            }
            Self::GroupChanged { group, version } => {
                json!({ "groupId": group, "version": version })
            }
            Self::GroupChangeFailed { group, version, reason } => {
                json!({ "groupId": group, "version": version, "reason": reason })
            }
            Self::ApiPost { client_ip, uri, app } => {
                json!({ "clientIp": client_ip, "uri": uri, "appDefinition": **app })
            }
            Self::Task(update) => update.fields(),
            Self::UnhealthyKill(kill) => kill.fields(),
            Self::AppTerminated { app } | Self::HealthCheckRemoved { app } => {
                json!({ "appId": app })
            }
            Self::StreamAttached { remote } | Self::StreamDetached { remote } => {
                json!({ "remoteAddress": remote })
            }
            Self::HealthCheckAdded { app, version, check } => {
                json!({ "appId": app, "version": version, "healthCheck": check })
            }
            // Marathon calls the instance's id a task's here.
            Self::HealthCheckFailed { app, instance, check } => {
                json!({ "appId": app, "taskId": instance, "healthCheck": check })
            }
            Self::InstanceChanged { instance, app, version, condition, agent, host } => json!({
                "instanceId": instance,
                "runSpecId": app,
                "runSpecVersion": version,
                "condition": condition,
                "agentId": agent,
                "host": host,
            }),
            Self::InstanceHealthChanged { instance, app, version, healthy } => json!({
                "instanceId": instance,
                "runSpecId": app,
                "runSpecVersion": version,
                "healthy": healthy,
            }),
            Self::UnknownInstanceTerminated { instance, app, condition } => {
                json!({ "instanceId": instance, "runSpecId": app, "condition": condition })
            }
            Self::HealthStatusChanged { instance, app, version, alive } => json!({
                "instanceId": instance,
                "appId": app,
                "version": version,
                "alive": alive,
            }),
        }
    }
}

impl PlanOf {
    fn json(&self, form: Form) -> Value {
        let mut plan =
            json!({ "id": self.id, "steps": self.plan.steps(), "version": self.version });
        if form == Form::Heavy {
            plan["original"] = json!(*self.original);
            plan["target"] = json!(*self.target);
        }
        plan
    }

    /// The step `index`, from 0; one without actions where there is none.
    fn step(&self, index: usize) -> Value {
        match self.plan.steps().get(index) {
            Some(step) => json!(step),
            None => json!({ "actions": [] }),
        }
    }
}

impl TaskUpdate {
    fn fields(&self) -> Value {
        let address = |ip: &IpAddr| json!({ "ipAddress": ip.to_string(), "protocol": if ip.is_ipv4() { "IPv4" } else { "IPv6" } });
        json!({
            "slaveId": self.agent,
            "taskId": self.task,
            "taskStatus": self.state,
            "message": self.message,
            "appId": self.app,
            "host": self.host,
            "ipAddresses": self.addresses.iter().map(address).collect::<Vec<_>>(),
            "ports": self.ports,
            "version": self.version,
        })
    }
}

impl UnhealthyKill {
    fn fields(&self) -> Value {
        json!({
            "appId": self.app,
            "taskId": self.task,
            "instanceId": self.instance,
            "version": self.version,
            "reason": self.reason,
            "host": self.host,
            "slaveId": self.agent,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::String;
    use alloc::sync::Arc;
    use alloc::vec;

    use super::*;
    use crate::app::{App, Group};
    use crate::scaling::Condition;
    use crate::simulate::MesosState;
    use crate::units::{AgentId, AppId, GroupId, InstanceId, Timestamp};

    fn app() -> AppId {
        "/shop".parse().unwrap()
    }

    fn at() -> Timestamp {
        "2016-10-13T13:31:39.067Z".parse().unwrap()
    }

    fn plan_of() -> PlanOf {
        let target =
            Group::parse(r#"{"id": "/", "apps": [{"id": "/shop", "cmd": "s", "instances": 2}]}"#);
        let (original, target) = (Group::parse(r#"{"id": "/"}"#).unwrap(), target.unwrap());
        let plan = crate::group::plan(&original, &target, &BTreeSet::new()).unwrap();
        PlanOf {
            id: "d1".parse().unwrap(),
            version: at(),
            plan: Arc::new(plan),
            original: Arc::new(original),
            target: Arc::new(target),
        }
    }

    fn wire(what: What) -> Value {
        serde_json::to_value(Event { at: at(), what }).unwrap()
    }

    /// One of each.
    fn events() -> Vec<What> {
        let (app, version, instance) = (app(), at(), "shop.instance-1".parse().unwrap());
        let instance: InstanceId = instance;
        let task = super::super::task_id(&instance, 1);
        let (agent, host): (AgentId, String) = ("a1".parse().unwrap(), "one".into());
        let check = json!({ "protocol": "HTTP" });
        let group = GroupId::root();
        let reason = String::from("no");
        let plan = plan_of();
        vec![
            What::StepBegins { plan: plan.clone(), step: 0 },
            What::StepSucceeded { plan: plan.clone(), step: 1 },
            What::StepFailed { plan: plan.clone(), step: 1 },
            What::DeploymentSucceeded { plan: plan.clone() },
            What::DeploymentFailed { plan, reason: reason.clone() },
            What::GroupChanged { group: group.clone(), version },
            What::GroupChangeFailed { group, version, reason: reason.clone() },
            What::ApiPost {
                client_ip: "127.0.0.1".into(),
                uri: "/v2/apps".into(),
                app: Arc::new(App::new(app.clone(), 2_u16.into())),
            },
            What::Task(TaskUpdate {
                task: task.clone(),
                app: app.clone(),
                version,
                state: MesosState::Running,
                message: String::new(),
                agent: agent.clone(),
                host: host.clone(),
                addresses: vec!["127.0.0.2".parse().unwrap()],
                ports: vec![31_000],
            }),
            What::InstanceChanged {
                instance: instance.clone(),
                app: app.clone(),
                version,
                condition: Condition::Running,
                agent: Some(agent.clone()),
                host: Some(host.clone()),
            },
            What::InstanceHealthChanged {
                instance: instance.clone(),
                app: app.clone(),
                version,
                healthy: None,
            },
            What::UnknownInstanceTerminated {
                instance: instance.clone(),
                app: app.clone(),
                condition: Condition::Killed,
            },
            What::HealthStatusChanged {
                instance: instance.clone(),
                app: app.clone(),
                version,
                alive: true,
            },
            What::HealthCheckAdded { app: app.clone(), version, check: check.clone() },
            What::HealthCheckRemoved { app: app.clone() },
            What::HealthCheckFailed { app: app.clone(), instance: instance.clone(), check },
            What::UnhealthyKill(UnhealthyKill {
                instance,
                task,
                app: app.clone(),
                version,
                reason,
                agent,
                host,
            }),
            What::AppTerminated { app },
            What::StreamAttached { remote: "127.0.0.1:4000".into() },
            What::StreamDetached { remote: "127.0.0.1:4000".into() },
        ]
    }

    #[test]
    fn a_step_is_told_with_its_light_plan() {
        let plan = json!({
            "id": "d1",
            "version": "2016-10-13T13:31:39.067Z",
            "steps": [
                { "actions": [{ "action": "StartApplication", "app": "/shop" }] },
                { "actions": [{ "action": "ScaleApplication", "app": "/shop" }] },
            ],
        });
        let begins = wire(What::StepBegins { plan: plan_of(), step: 1 });
        assert_eq!(
            begins,
            json!({
                "eventType": "deployment_info",
                "timestamp": "2016-10-13T13:31:39.067Z",
                "plan": plan,
                "currentStep": { "actions": [{ "action": "ScaleApplication", "app": "/shop" }] },
            })
        );
    }

    #[test]
    fn a_heavy_plan_has_both_root_groups() {
        let event = Event { at: at(), what: What::StepBegins { plan: plan_of(), step: 0 } };
        let (light, heavy) =
            (serde_json::to_value(&event).unwrap(), serde_json::to_value(event.heavy()));
        let mut heavy = heavy.unwrap();
        let plan = heavy["plan"].as_object_mut().unwrap();
        assert_eq!(plan.remove("original").unwrap()["apps"], json!([]));
        let target = plan.remove("target").unwrap();
        assert_eq!(target["apps"][0]["instances"], 2);
        assert_eq!(heavy, light);
    }

    #[test]
    fn a_task_is_told_in_mesos_words() {
        let update = events().into_iter().find(|what| what.name() == "status_update_event");
        assert_eq!(
            wire(update.unwrap()),
            json!({
                "eventType": "status_update_event",
                "timestamp": "2016-10-13T13:31:39.067Z",
                "slaveId": "a1",
                "taskId": "shop.instance-1._app.1",
                "taskStatus": "TASK_RUNNING",
                "message": "",
                "appId": "/shop",
                "host": "one",
                "ipAddresses": [{ "ipAddress": "127.0.0.2", "protocol": "IPv4" }],
                "ports": [31000],
                "version": "2016-10-13T13:31:39.067Z",
            })
        );
    }

    #[test]
    fn the_verifier_knows_every_event() {
        let mut names = BTreeSet::new();
        let mut log = String::new();
        for what in events() {
            assert!(names.insert(what.name()), "{} twice", what.name());
            log.push_str(&wire(what).to_string());
            log.push('\n');
        }
        assert_eq!(names.len(), 20);
        let mut n_read = 0;
        let mut reader = crate::verify::LogReader::new();
        reader.push(log.as_bytes(), &mut |_| n_read += 1);
        let issues = reader.finish(&mut |_| n_read += 1);
        assert_eq!((issues.listed, n_read), (vec![], 20));
    }
}
