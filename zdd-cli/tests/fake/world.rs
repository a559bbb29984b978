//! What is so.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::broadcast;

/// What a test can turn.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// Deployments stand still after so many moves.
    pub stuck_after: Option<usize>,
    /// There is no event stream.
    pub no_events: bool,
    /// The answer to the next change gets lost after it was carried out.
    pub loses_answer: bool,
    /// The next change gets lost before it is carried out.
    pub loses_change: bool,
    /// Somebody changes the app right before this request, counted from 1.
    pub changed_before: Option<usize>,
    /// This request is not answered, before it is carried out.
    pub holds: Option<usize>,
    /// User and password that are asked for.
    pub password: Option<&'static str>,
    /// Its release.
    pub version: &'static str,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            stuck_after: None,
            no_events: false,
            loses_answer: false,
            loses_change: false,
            changed_before: None,
            holds: None,
            password: None,
            version: "1.8.222",
        }
    }
}

pub struct World {
    pub knobs: Knobs,
    pub apps: BTreeMap<String, App>,
    pub deployments: Vec<Deployment>,
    /// All requests so far, `GET /v2/apps//shop` and so on; the event stream is not among them.
    pub requests: Vec<String>,
    pub events: broadcast::Sender<(String, String)>,
    ms: i64,
    ids: usize,
}

#[derive(Clone, Debug)]
pub struct App {
    pub json: Value,
    pub version: String,
    pub config: String,
    pub tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub version: String,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: String,
    pub version: String,
    pub app: String,
    pub action: &'static str,
    /// The definition before; none for a new app.
    pub original: Option<Value>,
    pub moves: usize,
    pub is_begun: bool,
}

/// The definition that runs, with this variable.
pub fn shop(version: &str, instances: u32) -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": instances, "env": {"V": version},
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.25},
    })
}

impl World {
    pub fn new(knobs: Knobs) -> Self {
        let mut world = Self {
            knobs,
            apps: BTreeMap::new(),
            deployments: Vec::new(),
            requests: Vec::new(),
            events: broadcast::channel(10_000).0,
            ms: 1_700_000_000_000,
            ids: 0,
        };
        let version = world.now();
        let tasks = (0..4).map(|_| world.task(&version)).collect();
        let app = App { json: shop("1", 4), version: version.clone(), config: version, tasks };
        world.apps.insert("/shop".into(), app);
        world
    }

    /// The next moment.
    pub fn now(&mut self) -> String {
        self.ms += 7;
        let moment = jiff::Timestamp::from_millisecond(self.ms).unwrap();
        format!("{moment:.3}")
    }

    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn task(&mut self, version: &str) -> Task {
        let id = format!("shop.{}", self.id());
        Task { id, version: version.into() }
    }

    /// Changes the app as somebody else would, without a deployment.
    pub fn meddle(&mut self) {
        let version = self.now();
        let app = self.apps.get_mut("/shop").unwrap();
        (app.version, app.config) = (version.clone(), version);
    }

    /// The versions of all instances, in order.
    pub fn variables(&self) -> Vec<String> {
        let app = &self.apps["/shop"];
        let of = |task: &Task| if task.version < app.config { "old" } else { "new" };
        let mut all: Vec<_> = app.tasks.iter().map(|task| of(task).to_owned()).collect();
        all.sort();
        all
    }

    /// Requests that change something.
    pub fn changes(&self) -> Vec<String> {
        let all = self.requests.iter();
        all.filter(|it| !it.starts_with("GET")).cloned().collect()
    }

    pub fn emit(&mut self, name: &str, mut event: Value) {
        event["eventType"] = name.into();
        event["timestamp"] = self.now().into();
        let _ = self.events.send((name.into(), event.to_string()));
    }

    /// Puts a definition in place and begins to carry it out.
    pub fn deploy(&mut self, id: &str, json: Value, restart: bool) -> Value {
        let version = self.now();
        let before = self.apps.get(id).cloned();
        let plain = |json: &Value| {
            let mut json = json.clone();
            json.as_object_mut().unwrap().remove("instances");
            json
        };
        let is_upgrade =
            restart || before.as_ref().is_none_or(|app| plain(&app.json) != plain(&json));
        let is_same = before.as_ref().is_some_and(|app| app.json == json) && !restart;
        let action = match (&before, is_upgrade) {
            (Some(_), true) => "RestartApplication",
            _ => "ScaleApplication",
        };
        let config =
            if is_upgrade { version.clone() } else { before.as_ref().unwrap().config.clone() };
        let tasks = before.as_ref().map_or_else(Vec::new, |app| app.tasks.clone());
        let original = before.map(|app| app.json);
        self.apps.insert(id.into(), App { json, version: version.clone(), config, tasks });
        let deployment = Deployment {
            id: format!("deployment-{}", self.id()),
            version,
            app: id.into(),
            action,
            original,
            moves: 0,
            is_begun: false,
        };
        let answer = json!({"version": deployment.version, "deploymentId": deployment.id});
        if !is_same {
            self.deployments.push(deployment);
        }
        answer
    }

    /// Ends a deployment without its having reached its end.
    pub fn stop(&mut self, id: &str) -> Option<Deployment> {
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
    pub fn go_on(&mut self) {
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
            if !self.step(&deployment.app) {
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
            let task = self.task(&app.version);
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

fn plan(deployment: &Deployment) -> Value {
    let Deployment { id, version, app, action, .. } = deployment;
    let actions = json!([{"action": action, "app": app}]);
    json!({"id": id, "version": version, "steps": [{"actions": actions}]})
}
