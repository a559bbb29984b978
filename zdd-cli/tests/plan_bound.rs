//! `--plan`: what is done is what was planned from what ran, or nothing is.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;
mod up;

use std::fs;
use std::process::{Command, Stdio};

use fake::{Fake, Knobs, shop};
use run::Zdd;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;
use up::{Up, free_port, until};

struct Stage {
    lab: Up,
    folder: TempDir,
    port: u16,
}

impl Stage {
    fn new() -> Self {
        Self { lab: Up::lab(&[]), folder: tempfile::tempdir().unwrap(), port: free_port() }
    }

    fn file(&self, version: &str) -> String {
        let json = json!({
            "id": "/shop", "instances": 2, "cpus": 0.01, "mem": 1,
            "container": {"type": "DOCKER", "docker": {"image": "mhausenblas/simpleservice:0.4.0"}},
            "env": {"SIMPLE_SERVICE_VERSION": version},
            "labels": {
                "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_0_PORT": self.port.to_string(),
                "HAPROXY_0_MODE": "http",
            },
            "healthChecks": [{
                "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60,
                "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
            }],
        });
        self.write(&format!("{version}.json"), &json.to_string())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().into()
    }

    /// Runs it to its end; answers with what it printed, and with what else it said.
    #[track_caller]
    fn zdd(&self, code: i32, args: &[&str]) -> (String, String) {
        let mut command = Command::new(cargo_bin!("zdd"));
        command.args(args).env_clear().env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        for name in ["ZDD_MARATHON", "ZDD_HAPROXY", "ZDD_HAPROXY_MASTER"] {
            command.env(name, self.lab.export(name));
        }
        let output = command.output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
        (out, err)
    }

    /// The plan of a file, from what runs.
    fn plan(&self, file: &str, more: &[&str]) -> Value {
        let url = self.lab.export("ZDD_MARATHON");
        let args = [&["plan", file, "-m", url, "-o", "json"], more].concat();
        serde_json::from_str(&self.zdd(0, &args).0).unwrap()
    }

    /// What runs, records and all.
    fn apps(&self) -> Vec<String> {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        let apps = answer["apps"].as_array().unwrap().iter();
        let mut apps: Vec<_> = apps
            .map(|app| format!("{} {} {}", app["id"], app["instances"], app["version"]))
            .collect();
        apps.sort();
        apps
    }
}

#[test]
fn a_plan_that_does_not_hold_any_more_is_refused_and_nothing_is_touched() {
    let stage = Stage::new();
    let (one, two, three) = (stage.file("1"), stage.file("2"), stage.file("3"));
    stage.zdd(0, &["deploy", &one]);
    let plan = stage.plan(&two, &[]);
    assert_eq!((&plan["known"], &plan["parts"][0]["reached"]), (&json!("live"), &json!(true)));
    let old = stage.write("old-plan.json", &plan.to_string());

    // What is shown before is the same, and so is its digest.
    let dry = stage.zdd(0, &["deploy", &two, "--dry-run", "-o", "json"]).0;
    let dry: Value = serde_json::from_str(dry.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&dry["digest"], &dry["parts"]), (&plan["digest"], &plan["parts"]));
    let canary = stage.plan(&two, &["--weight", "50"]);
    let args = ["canary", "start", &two, "--weight", "50", "--dry-run", "-o", "json"];
    let dry = stage.zdd(0, &args).0;
    assert!(dry.contains(canary["digest"].as_str().unwrap()), "{dry}");
    assert_ne!(canary["digest"], plan["digest"]);

    // Somebody scales what runs.
    let blue = "/v2/apps/shop-blue";
    stage.lab.call("PUT", blue, &json!({"instances": 3}));
    until("three are healthy", || {
        stage.lab.call("GET", blue, &Value::Null)["app"]["tasksHealthy"] == 3
    });
    let before = stage.apps();
    let refused = |said: &str, args: &[&str]| {
        let (_, err) = stage.zdd(13, args);
        assert!(err.contains(said), "{err}");
        assert_eq!(stage.apps(), before);
    };
    refused("instances of /shop-blue: 2 in the plan, 3 now", &["deploy", &two, "--plan", &old]);
    let args = ["canary", "start", &two, "--weight", "50", "--plan", &old];
    refused("instances of /shop-blue: 2 in the plan, 3 now", &args);

    // Something else is asked for.
    let plan = stage.plan(&two, &[]);
    let new = stage.write("plan.json", &plan.to_string());
    refused("the definition", &["deploy", &three, "--plan", &new]);
    let args = ["deploy", &two, "--plan", &new, "--linear-increase", "1"];
    refused("`growth`", &args);
    refused("the drain timeout", &["deploy", &two, "--plan", &new, "--drain-timeout", "1m"]);
    let (guess, _) = stage.zdd(0, &["plan", &two, "--from", &one, "-o", "json"]);
    let guess = stage.write("guess.json", &guess);
    refused("without a look at what runs", &["deploy", &two, "--plan", &guess]);
    let edited = plan.to_string().replace("\"full\":2", "\"full\":1");
    let edited = stage.write("edited.json", &edited);
    let (_, err) = stage.zdd(2, &["deploy", &two, "--plan", &edited]);
    assert!(err.contains("was changed since it was made"), "{err}");
    assert_eq!(stage.apps(), before);

    stage.zdd(0, &["deploy", &two, "--plan", &new]);
    let apps = stage.apps();
    assert!(apps.len() == 1 || apps.iter().any(|app| app.contains("shop-green\" 2")), "{apps:?}");
    assert!(!apps.iter().any(|app| app.contains("shop-blue")), "{apps:?}");
}

#[test]
fn a_plan_of_a_rolling_upgrade_is_bound_to_the_version_that_was_seen() {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    zdd.file("2.json", &shop("2", 4));
    zdd.file("3.json", &shop("3", 4));
    let told = zdd.run(&["deploy", "2.json", "--dry-run", "-o", "json"]).exits(0);
    let dry: Value = serde_json::from_str(told.out.lines().next().unwrap()).unwrap();
    let plan = zdd.file("plan.json", &dry);
    let plan = plan.to_str().unwrap();
    let url = fake.url();
    let told = zdd.run(&["plan", "2.json", "-m", &url, "-o", "json"]).exits(0);
    let planned: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(planned["digest"], dry["digest"]);
    zdd.run(&["deploy", "3.json", "--plan", plan]).exits(13).says("the definition");
    zdd.run(&["deploy", "2.json", "--plan", plan]).exits(0);
    zdd.run(&["deploy", "2.json", "--plan", plan, "--restart"]).exits(13).says("version of /shop");
}
