//! `kill -9` of `zdd deploy` at each of its requests, before the embedded Marathon sees it and after
//! it has answered: `zdd resume` ends in the same state, and nothing is done twice.

mod fake;
mod proxy;
mod run;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;

use proxy::{Proxy, Stop};
use run::Zdd;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zdd_marathon::local::Lab;

/// A lab that ends with its value.
struct Bench {
    lab: Option<Lab>,
    runtime: Runtime,
    address: SocketAddr,
}

impl Bench {
    #[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let lab = runtime.block_on(Lab::builder().start()).unwrap();
        let url = lab.url().as_str().trim_end_matches('/').to_owned();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Self { lab: Some(lab), runtime, address }
    }

    fn zdd(&self) -> Zdd {
        Zdd::at(&format!("http://{}", self.address))
    }

    /// What Marathon answers.
    #[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
    fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        self.runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let text = client.get(url).send().await.unwrap().text().await.unwrap();
            serde_json::from_str(&text).unwrap()
        })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.shutdown());
        }
    }
}

fn app(id: &str, version: &str) -> Value {
    json!({
        "id": id, "cmd": "exec sleep 1000", "instances": 2, "cpus": 0.01, "mem": 1,
        "env": {"V": version},
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.5},
    })
}

/// What is left of an app, without what differs from app to app: definition, instances by the
/// definition that they are of, deployments, and how many definitions there ever were.
fn state(bench: &Bench, id: &str) -> Value {
    let mut app = bench.get(&format!("/v2/apps{id}"))["app"].take();
    let config = app["versionInfo"]["lastConfigChangeAt"].clone();
    let tasks = app["tasks"].as_array().cloned().unwrap_or_default();
    let tasks = tasks.iter().map(|task| json!([task["version"] == config, task["state"]]));
    let tasks: Vec<_> = tasks.collect();
    let versions = bench.get(&format!("/v2/apps{id}/versions"))["versions"].take();
    let fields = ["cmd", "instances", "env", "upgradeStrategy", "tasksRunning", "deployments"];
    let fields: Vec<_> = fields.iter().map(|field| app[*field].take()).collect();
    json!({"fields": fields, "tasks": tasks, "versions": versions.as_array().map(Vec::len)})
}

/// Kills the deployment of `id` at `stop` and resumes it. Answers the request that it was killed at,
/// if it came so far.
#[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
fn killed_and_resumed(bench: &Bench, id: &str, stop: Stop, expected: &Value) -> Option<String> {
    let zdd = bench.zdd();
    zdd.file("app.json", &app(id, "1"));
    zdd.run(&["deploy", "app.json"]).exits(0);
    zdd.file("app.json", &app(id, "2"));

    let proxy = Proxy::start(bench.runtime.handle(), bench.address, stop);
    let mut child = zdd.spawn(&["deploy", "app.json", "-m", &proxy.url()]);
    let is_stopped = proxy.stopped_before(|| child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    let code = child.wait().unwrap().code();
    let log = proxy.log();
    drop(proxy);
    let (Stop::Before(n) | Stop::After(n) | Stop::Gone(n)) = stop;
    if is_stopped {
        assert_eq!(code, None, "{stop:?}: killed, not ended: {log:?}");
    } else {
        assert_eq!(code, Some(0), "{stop:?}: {log:?}");
    }

    let is_change = |what: &str| !what.starts_with("GET");
    let sent = log.iter().filter(|it| it.is_handed_on && is_change(&it.what)).count();
    assert!(sent <= 1, "{stop:?}: {log:?}");
    // The id alone is enough once Marathon knows of the change; the file always is.
    let told = zdd.run(&["resume", "--file", "app.json"]).exits(0);
    if sent == 1 {
        zdd.run(&["resume", id]).exits(0).says("2 of 2 instances serve");
    }
    assert_eq!(state(bench, id), *expected, "{stop:?}: {log:?}\n{told:#?}");
    is_stopped.then(|| log[n - 1].what.replace(id, "/ID"))
}

/// All requests that a deployment was killed at, one after the other, until one ends uncut.
#[expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
fn all(bench: &Bench, name: &str, stop: fn(usize) -> Stop) -> Vec<String> {
    let id = format!("/{name}");
    let zdd = bench.zdd();
    for version in ["1", "2"] {
        zdd.file("app.json", &app(&id, version));
        zdd.run(&["deploy", "app.json"]).exits(0);
    }
    let expected = state(bench, &id);
    assert_eq!(expected["tasks"], json!([[true, "TASK_RUNNING"], [true, "TASK_RUNNING"]]));
    assert_eq!(expected["versions"], 2);
    assert_eq!(expected["fields"].as_array().unwrap().last(), Some(&json!([])));
    let mut killed_at = Vec::new();
    loop {
        let n = killed_at.len() + 1;
        let id = format!("/{name}-{n}");
        match killed_and_resumed(bench, &id, stop(n), &expected) {
            Some(what) => killed_at.push(what),
            None => return killed_at,
        }
    }
}

#[test]
fn kill_9_at_each_request_then_resume_ends_in_the_same_state() {
    let bench = Bench::start();
    let (before, after) = thread::scope(|scope| {
        let before = scope.spawn(|| all(&bench, "before", Stop::Before));
        let after = scope.spawn(|| all(&bench, "after", Stop::After));
        (before.join().unwrap(), after.join().unwrap())
    });
    let kinds: BTreeSet<_> = ["GET /v2/info", "GET /v2/deployments", "GET /v2/apps/ID"]
        .into_iter()
        .chain(["GET /v2/queue", "GET /v2/events", "PUT /v2/apps/ID"])
        .collect();
    for killed_at in [before, after] {
        let seen: BTreeSet<_> = killed_at.iter().map(String::as_str).collect();
        assert_eq!(seen, kinds, "{killed_at:?}");
        let changes = killed_at.iter().filter(|what| what.starts_with("PUT")).count();
        assert_eq!(changes, 1, "there is one change, and it was killed at: {killed_at:?}");
        let last = killed_at.iter().rposition(|what| what.starts_with("PUT")).unwrap();
        assert!(killed_at.len() > last + 3, "also while it follows: {killed_at:?}");
    }
}
