//! zdd.py's own command line, unchanged, on a lab with a real HAProxy, under load.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod stage;
mod up;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use load::Load;
use serde_json::{Value, json};
use stage::{Mode, Stage, bare};
use up::child::interrupt;
use up::until;

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn file(stage: &Stage, version: &str) -> String {
    stage.file_with(version, |json| {
        *json = json!({
            "id": "nginx", "instances": 4, "cpus": 0.01, "mem": 1, "cmd": null,
            "container": {"type": "DOCKER", "docker": {
                "image": "mhausenblas/simpleservice:0.4.0", "network": "BRIDGE",
                "portMappings": [{"containerPort": 0, "hostPort": 0, "servicePort": stage.port}],
            }},
            "env": {"SIMPLE_SERVICE_VERSION": version},
            "labels": {
                "HAPROXY_GROUP": "external", "HAPROXY_DEPLOYMENT_GROUP": "nginx",
                "HAPROXY_DEPLOYMENT_ALT_PORT": "19999", "HAPROXY_0_MODE": "http",
            },
            "healthChecks": [{
                "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60,
                "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
            }],
        });
    })
}

/// As in the README of marathon-lb.
fn zdd(stage: &Stage, version: &str, more: &[&str], input: &str) -> Said {
    let mut child = started(stage, version, more);
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ended(child)
}

fn started(stage: &Stage, version: &str, more: &[&str]) -> Child {
    bare(&["-j", &file(stage, version), "-m", stage.lab.export("ZDD_MARATHON")])
        .args(["-l", stage.lab.export("ZDD_MARATHON_LB"), "--syslog-socket", "/dev/null"])
        .args(more)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
fn forced(stage: &Stage, version: &str, more: &[&str]) -> Said {
    let said = zdd(stage, version, &[&["-f", "-s", "1"], more].concat(), "");
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    said
}

/// All apps: zdd.py keeps nothing in others.
fn apps(stage: &Stage) -> Vec<String> {
    let tell = |app: &Value| format!("{} {}", app["id"].as_str().unwrap(), app["instances"]);
    let mut apps: Vec<_> = stage.all_apps().iter().map(tell).collect();
    apps.sort();
    apps
}

#[test]
fn the_whole_life_of_a_pair() {
    let stage = Stage::new(Mode::MarathonLb, 4);
    // A dry run prints what would be posted, and posts nothing.
    let said = forced(&stage, "v1", &["-d"]);
    let printed: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(printed["id"], "/nginx-blue");
    assert_eq!(printed["labels"]["HAPROXY_APP_ID"], "nginx");
    assert!(printed.get("cmd").is_none());
    assert_eq!(apps(&stage), [""; 0]);

    forced(&stage, "v1", &[]);
    assert_eq!(apps(&stage), ["/nginx-blue 4"]);
    let load = Load::start(stage.port);
    // A hybrid, which only --complete-* and --resume go on with.
    forced(&stage, "v2", &["-n", "1"]);
    assert_eq!(apps(&stage), ["/nginx-blue 3", "/nginx-green 1"]);
    assert_eq!(zdd(&stage, "v2", &["-f"], "").code, Some(2));
    forced(&stage, "v2", &["--complete-prev"]);
    assert_eq!(apps(&stage), ["/nginx-blue 4"]);
    assert_eq!(zdd(&stage, "v2", &["-f", "--complete-cur"], "").code, Some(3));
    forced(&stage, "v2", &["-n", "2", "-i", "2"]);
    assert_eq!(apps(&stage), ["/nginx-blue 2", "/nginx-green 2"]);
    forced(&stage, "v2", &["--complete-cur"]);
    assert_eq!(apps(&stage), ["/nginx-green 4"]);
    // A whole deployment by fixed steps, and one all at once; nobody waits for sessions.
    forced(&stage, "v3", &["--linear-increase", "2"]);
    assert_eq!(apps(&stage), ["/nginx-blue 4"]);
    forced(&stage, "v4", &["-i", "4"]);
    assert_eq!(apps(&stage), ["/nginx-green 4"]);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("v4") > 0, "{counted:?}");
}

#[test]
fn questions_and_hooks_have_the_last_word() {
    let stage = Stage::new(Mode::MarathonLb, 4);
    forced(&stage, "v1", &[]);
    let said = zdd(&stage, "v2", &["-s", "1"], "what\nn\n");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.out.matches("Continue with deployment? [Y/n]").count(), 2, "{}", said.out);
    assert_eq!(apps(&stage), ["/nginx-blue 4"]);
    // Nobody who could answer is no yes.
    assert_eq!(zdd(&stage, "v2", &["-s", "1"], "").code, Some(2));
    assert_eq!(apps(&stage), ["/nginx-blue 4"]);

    // A hook that says no to the first kill: everything stays, and is gone on with.
    let told = stage.path("told");
    let tell = format!("printf '%s\\n' \"$ZDD_EVENT $2\" >> {told}");
    let hook = stage.hook("hook", &format!("{tell}\nexit 3"));
    let hooked = ["-f", "-s", "1", "--pre-kill-hook", &hook];
    let said = zdd(&stage, "v2", &hooked, "");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("the hook says no"), "{}", said.err);
    assert_eq!(apps(&stage), ["/nginx-blue 4", "/nginx-green 1"]);
    stage.hook("hook", &format!("{tell}\nexit 0"));
    let said = zdd(&stage, "v2", &[&hooked[..], &["--resume"]].concat(), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(apps(&stage), ["/nginx-green 4"]);
    // It was asked before each kill, and before the last ones go with their app.
    let told = fs::read_to_string(&told).unwrap();
    let events: Vec<_> = told.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(events.iter().filter(|it| **it == "before-delete").count(), 1, "{told}");
    assert!(events.iter().filter(|it| **it == "before-kill").count() >= 3, "{told}");

    // A hook that says no on the way back: what is said then goes back, too.
    forced(&stage, "v3", &["-n", "1"]);
    let refused = stage.hook("refused", "exit 3");
    let said =
        zdd(&stage, "v3", &["-f", "-s", "1", "--complete-prev", "--pre-kill-hook", &refused], "");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("--complete-prev goes on from here"), "{}", said.err);
    forced(&stage, "v3", &["--complete-prev"]);
    assert_eq!(apps(&stage), ["/nginx-green 4"]);
}

#[test]
fn what_was_let_through_is_looked_at_again() {
    let stage = Stage::new(Mode::MarathonLb, 4);
    forced(&stage, "v1", &[]);
    // While the hook thinks it over, somebody takes the rollout away: nothing is killed any more.
    let (asked, go) = (stage.path("asked"), stage.path("go"));
    let wait = format!("touch {asked}; until [ -e {go} ]; do sleep 0.05; done");
    let hook = stage.hook("hook", &wait);
    let child = started(&stage, "v2", &["-f", "-s", "1", "--pre-kill-hook", &hook]);
    until("the hook is asked", || fs::exists(&asked).unwrap());
    let records = stage.all_apps();
    let mut ids = records.iter().map(|app| app["id"].as_str().unwrap());
    let record = ids.find(|id| id.starts_with("/zdd-rollouts/")).unwrap();
    stage.lab.deploy("DELETE", &format!("/v2/apps{record}?force=true"), &Value::Null);
    fs::write(&go, "").unwrap();
    let said = ended(child);
    assert_eq!(said.code, Some(12), "{}{}", said.out, said.err);
    assert_eq!(apps(&stage), ["/nginx-blue 4", "/nginx-green 1"]);

    // Ctrl-C at the question before a kill, of which the answer is never said.
    let mut child = started(&stage, "v2", &["-s", "1", "--resume"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"yes\n").unwrap();
    let mut out = String::new();
    while !out.ends_with("Continue? [Y/n] ") {
        let mut byte = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
        out.push(byte[0].into());
    }
    interrupt(&child);
    let said = ended(child);
    drop(input);
    assert_eq!(said.code, Some(130), "{out}{}{}", said.out, said.err);
    assert_eq!(apps(&stage), ["/nginx-blue 4", "/nginx-green 1"]);
}
