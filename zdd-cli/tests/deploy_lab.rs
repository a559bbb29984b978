//! `zdd deploy` against the embedded Marathon, with real processes.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;

use std::path::Path;
use std::time::{Duration, Instant};

use run::Zdd;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tokio::runtime::Runtime;
use zdd_marathon::local::{ImageMap, Lab};

/// A lab that ends with its value, and a folder to run `zdd` in.
struct Bench {
    lab: Option<Lab>,
    runtime: Runtime,
    zdd: Zdd,
}

impl Bench {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let images = ImageMap::with_simple_service(Path::new(cargo_bin!("zdd")));
        let lab = runtime.block_on(Lab::builder().images(images).start()).unwrap();
        let zdd = Zdd::at(lab.url().as_str());
        Self { lab: Some(lab), runtime, zdd }
    }

    /// Writes `shop.json` with this version of the service.
    fn shop(&self, version: &str) {
        self.zdd.file("shop.json", &shop(version));
    }

    fn standing(&self) -> Value {
        let told = self.zdd.run(&["status", "/shop", "-o", "json"]).exits(0);
        serde_json::from_str(&told.out).unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.shutdown());
        }
    }
}

fn shop(version: &str) -> Value {
    json!({
        "id": "/shop", "instances": 4, "cpus": 0.1, "mem": 32,
        "container": {
            "type": "DOCKER",
            "docker": {"image": format!("mhausenblas/simpleservice:{version}")},
        },
        "networks": [{"mode": "host"}],
        "portDefinitions": [{"port": 0}],
        "env": {"SIMPLE_SERVICE_VERSION": version, "HEALTH_MIN": "0", "HEALTH_MAX": "10"},
        "healthChecks": [{
            "protocol": "HTTP", "path": "/health", "portIndex": 0,
            "gracePeriodSeconds": 10, "intervalSeconds": 1, "timeoutSeconds": 1,
        }],
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.25},
    })
}

#[test]
fn an_upgrade_of_real_processes_is_carried_out_and_judged() {
    let bench = Bench::start();
    bench.shop("0.9");
    let told = bench.zdd.run(&["deploy", "shop.json"]).exits(0);
    told.says("a new app with 4 instances").says("4 of 4 instances serve");
    bench.shop("1.0");
    let told = bench.zdd.run(&["deploy", "shop.json", "--record", "log"]).exits(0);
    let told = told.says(r#"env.SIMPLE_SERVICE_VERSION: "0.9" -> "1.0""#);
    told.says("✔ bounds: held").says("done: 4 of 4 instances serve");
    bench.zdd.run(&["verify", "log"]).exits(0).says("✔ bounds: held");
    bench.zdd.run(&["deploy", "shop.json"]).exits(0).says("nothing differs");
}

#[test]
fn kill_9_in_the_middle_then_resume_ends_where_it_should() {
    let bench = Bench::start();
    bench.shop("0.9");
    bench.zdd.run(&["deploy", "shop.json"]).exits(0);
    bench.shop("1.0");
    let mut child = bench.zdd.spawn(&["deploy", "shop.json"]);
    let until = Instant::now() + Duration::from_secs(20);
    while bench.standing()["deployments"] == json!([]) {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bench.zdd.run(&["resume", "/shop"]).exits(0);
    let standing = bench.standing();
    assert_eq!(standing["settled"], true, "{standing:#}");
    assert_eq!(standing["deployments"], json!([]));
}

#[test]
fn an_abort_in_the_middle_ends_where_it_began() {
    let bench = Bench::start();
    bench.shop("0.9");
    bench.zdd.run(&["deploy", "shop.json"]).exits(0);
    // Never healthy, so that it stands still.
    let mut stuck = shop("1.0");
    stuck["healthChecks"][0]["path"] = "/nowhere".into();
    stuck["healthChecks"][0]["gracePeriodSeconds"] = 300.into();
    bench.zdd.file("shop.json", &stuck);
    let args = ["deploy", "shop.json", "--timeout", "2s", "--on-failure", "leave"];
    bench.zdd.run(&args).exits(14).says("goes on without zdd");
    bench.zdd.run(&["deploy", "shop.json", "--restart"]).exits(12).says("locked by deployment");
    bench.zdd.run(&["abort", "/shop"]).exits(0).says("taken back: 4 of 4 instances serve");
    assert_eq!(bench.standing()["settled"], true);
}

#[test]
fn an_image_without_a_command_is_refused_with_the_way_on() {
    let bench = Bench::start();
    let mut app = shop("1.0");
    app["container"]["docker"]["image"] = "nginx:1".into();
    bench.zdd.file("shop.json", &app);
    let told = bench.zdd.run(&["deploy", "shop.json"]).exits(7).says("nginx:1");
    assert_eq!(told.err.lines().filter(|it| it.starts_with("error:")).count(), 1, "{told:#?}");
}
