//! What is so.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::faults::{Events, Trouble};

/// What a test can turn.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    /// Deployments stand still after so many moves.
    pub(crate) stuck_after: Option<usize>,
    /// There is no event stream.
    pub(crate) no_events: bool,
    /// What gets lost on the way.
    pub(crate) loses: Option<Loses>,
    /// Somebody changes the app right before this request, counted from 1.
    pub(crate) changed_before: Option<usize>,
    /// This request is never answered.
    pub(crate) holds: Option<Hold>,
    /// What happens to some of the requests.
    pub(crate) trouble: Option<Trouble>,
    /// How the event stream is.
    pub(crate) stream: Events,
    /// Every change is refused as invalid.
    pub(crate) refuses: bool,
    /// User and password that are asked for.
    pub(crate) password: Option<&'static str>,
    /// Its release.
    pub(crate) version: &'static str,
}

/// A request that is never answered, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nor carried out.
    Before(usize),
    /// It is carried out.
    After(usize),
}

/// What gets lost on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loses {
    /// The first change, before it is carried out.
    Change,
    /// The answer to this change, counted from 1, after it was carried out.
    Answer(usize),
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            stuck_after: None,
            no_events: false,
            loses: None,
            changed_before: None,
            holds: None,
            trouble: None,
            stream: Events::Fine,
            refuses: false,
            password: None,
            version: "1.8.222",
        }
    }
}

pub(crate) struct World {
    pub(crate) knobs: Knobs,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) deployments: Vec<Deployment>,
    /// All requests so far, `GET /v2/apps//shop` and so on; the event stream is not among them.
    pub(crate) requests: Vec<String>,
    /// The request that is held.
    pub(crate) held: Option<Hold>,
    /// The changes among them that were carried out.
    pub(crate) carried_out: Vec<String>,
    pub(crate) events: broadcast::Sender<(String, String)>,
    /// How many requests came that the trouble is about.
    troubled: usize,
    ms: i64,
    ids: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) json: Value,
    pub(crate) version: String,
    pub(crate) config: String,
    pub(crate) tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) version: String,
    /// The variable of its definition.
    pub(crate) variable: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) moves: usize,
    pub(crate) is_begun: bool,
}

/// What a deployment does to one app.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) app: String,
    pub(crate) action: &'static str,
    /// The definition before; none for a new app.
    pub(crate) original: Option<Value>,
}

/// The definition that runs, with this variable.
pub(crate) fn shop(version: &str, instances: u32) -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": instances, "env": {"V": version},
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.25},
    })
}

/// A definition that is deployed blue/green.
pub(crate) fn of_a_group() -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": 2, "ports": [10_080],
        "healthChecks": [{"protocol": "HTTP", "path": "/"}],
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "10081",
        },
    })
}

impl World {
    pub(crate) fn new(knobs: Knobs) -> Self {
        let mut world = Self {
            knobs,
            apps: BTreeMap::new(),
            deployments: Vec::new(),
            requests: Vec::new(),
            held: None,
            carried_out: Vec::new(),
            troubled: 0,
            events: broadcast::channel(10_000).0,
            ms: 0,
            ids: 0,
        };
        let version = world.now();
        let json = shop("1", 4);
        let tasks = (0..4).map(|_| world.task(&version, &json)).collect();
        let app = App { json, version: version.clone(), config: version, tasks };
        world.apps.insert("/shop".into(), app);
        world
    }

    /// The next moment.
    pub(crate) fn now(&mut self) -> String {
        self.ms = jiff::Timestamp::now().as_millisecond().max(self.ms + 1);
        let moment = jiff::Timestamp::from_millisecond(self.ms).unwrap();
        format!("{moment:.3}")
    }

    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn task(&mut self, version: &str, app: &Value) -> Task {
        let id = format!("shop.{}", self.id());
        let variable = app["env"]["V"].as_str().unwrap().into();
        Task { id, version: version.into(), variable }
    }

    /// Changes the app as somebody else would, without a deployment.
    pub(crate) fn meddle(&mut self) {
        let version = self.now();
        let app = self.apps.get_mut("/shop").unwrap();
        (app.version, app.config) = (version.clone(), version);
    }

    /// An app that is there, and of which nothing runs.
    pub(crate) fn add(&mut self, json: Value) {
        let (id, version) = (json["id"].as_str().unwrap().to_owned(), self.now());
        let app = App { json, version: version.clone(), config: version, tasks: Vec::new() };
        self.apps.insert(id, app);
    }

    /// What the instances of the app were made from, in order.
    pub(crate) fn variables(&self) -> Vec<String> {
        let tasks = self.apps["/shop"].tasks.iter();
        let mut all: Vec<_> = tasks.map(|task| task.variable.clone()).collect();
        all.sort();
        all
    }

    /// What happens to the next request.
    pub(super) fn trouble(&mut self, method: &Method) -> Option<Trouble> {
        let trouble = self.knobs.trouble?;
        if !trouble.is_about(method, !self.carried_out.is_empty()) {
            return None;
        }
        self.troubled += 1;
        let n = self.troubled.checked_sub(trouble.from)?;
        (n < trouble.times).then_some(trouble)
    }

    /// Requests that change something.
    pub(crate) fn changes(&self) -> Vec<String> {
        let all = self.requests.iter();
        all.filter(|it| !it.starts_with("GET")).cloned().collect()
    }

    pub(crate) fn emit(&mut self, name: &str, mut event: Value) {
        event["eventType"] = name.into();
        event["timestamp"] = self.now().into();
        let _ = self.events.send((name.into(), event.to_string()));
    }

    /// What a definition would change.
    pub(crate) fn change(&self, id: &str, json: &Value, restart: bool) -> Option<Part> {
        let plain = |json: &Value| {
            let mut json = json.clone();
            json.as_object_mut().unwrap().remove("instances");
            json
        };
        let original = self.apps.get(id).map(|app| app.json.clone());
        let action = match &original {
            None => "ScaleApplication",
            Some(app) if restart || plain(app) != plain(json) => "RestartApplication",
            Some(app) if app != json => "ScaleApplication",
            Some(_) => return None,
        };
        Some(Part { app: id.into(), action, original })
    }

    /// Puts a definition in place and begins to carry it out.
    pub(crate) fn deploy(&mut self, id: &str, json: Value, restart: bool) -> Value {
        self.deploy_all(vec![(id.into(), json)], restart)
    }

    /// The same with several, in one deployment.
    pub(crate) fn deploy_all(&mut self, apps: Vec<(String, Value)>, restart: bool) -> Value {
        let version = self.now();
        let mut parts = Vec::new();
        for (id, json) in apps {
            let Some(part) = self.change(&id, &json, restart) else { continue };
            let before = self.apps.get(&id);
            let config = match before {
                Some(app) if part.action == "ScaleApplication" => app.config.clone(),
                _ => version.clone(),
            };
            let tasks = before.map_or_else(Vec::new, |app| app.tasks.clone());
            self.apps.insert(id, App { json, version: version.clone(), config, tasks });
            parts.push(part);
        }
        let id = format!("deployment-{}", self.id());
        let answer = json!({"version": version, "deploymentId": id});
        if !parts.is_empty() {
            self.deployments.push(Deployment { id, version, parts, moves: 0, is_begun: false });
        }
        answer
    }

    /// Ends a deployment without its having reached its end.
    pub(crate) fn stop(&mut self, id: &str) -> Option<Deployment> {
        let at = self.deployments.iter().position(|it| it.id == id)?;
        let gone = self.deployments.remove(at);
        let plan = plan(&gone);
        self.emit(
            "deployment_failed",
            json!({"id": gone.id, "plan": plan, "reason": "The upgrade has been cancelled"}),
        );
        Some(gone)
    }

    /// One move of each deployment.
    pub(crate) fn go_on(&mut self) {
        for id in self.deployments.iter().map(|it| it.id.clone()).collect::<Vec<_>>() {
            let at = self.deployments.iter().position(|it| it.id == id).unwrap();
            let mut deployment = self.deployments[at].clone();
            if !deployment.is_begun {
                deployment.is_begun = true;
                self.deployments[at] = deployment.clone();
                let plan = plan(&deployment);
                let step = plan["steps"][0].clone();
                self.emit("deployment_info", json!({"plan": plan, "currentStep": step}));
                continue;
            }
            if self.knobs.stuck_after.is_some_and(|most| deployment.moves >= most) {
                continue;
            }
            self.deployments[at].moves += 1;
            let apps = deployment.parts.iter().map(|part| &part.app);
            if apps.filter(|app| self.step(app)).count() == 0 {
                self.deployments.remove(at);
                let plan = plan(&deployment);
                let step = plan["steps"][0].clone();
                self.emit("deployment_step_success", json!({"plan": plan, "currentStep": step}));
                self.emit("deployment_success", json!({"id": deployment.id, "plan": plan}));
            }
        }
    }

    /// Whether there was something to do.
    fn step(&mut self, id: &str) -> bool {
        let app = self.apps[id].clone();
        let wanted = usize::try_from(app.json["instances"].as_u64().unwrap_or(1)).unwrap();
        let old = app.tasks.iter().position(|task| task.version < app.config);
        let new = app.tasks.iter().filter(|task| task.version >= app.config).count();
        let tasks = app.tasks.len();
        if new < wanted && (old.is_none() || tasks <= wanted) {
            let task = self.task(&app.version, &app.json);
            self.told(id, &task, "TASK_STAGING");
            self.told(id, &task, "TASK_RUNNING");
            self.apps.get_mut(id).unwrap().tasks.push(task);
            true
        } else if let Some(at) = old.or((tasks > wanted).then_some(0)) {
            let gone = self.apps.get_mut(id).unwrap().tasks.remove(at);
            self.told(id, &gone, "TASK_KILLING");
            self.told(id, &gone, "TASK_KILLED");
            true
        } else {
            false
        }
    }

    fn told(&mut self, app: &str, task: &Task, status: &str) {
        self.emit(
            "status_update_event",
            json!({
                "slaveId": "agent-0", "taskId": task.id, "taskStatus": status, "message": "",
                "appId": app, "host": "127.0.0.1", "ipAddresses": [], "ports": [31000],
                "version": task.version,
            }),
        );
    }
}

impl Deployment {
    pub(crate) fn holds(&self, app: &str) -> bool {
        self.parts.iter().any(|part| part.app == app)
    }

    pub(crate) fn actions(&self) -> Value {
        self.parts.iter().map(|part| json!({"action": part.action, "app": part.app})).collect()
    }
}

fn plan(deployment: &Deployment) -> Value {
    let Deployment { id, version, .. } = deployment;
    json!({"id": id, "version": version, "steps": [{"actions": deployment.actions()}]})
}
