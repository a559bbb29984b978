//! Whether it fits a cluster that somebody has to be asked about: a Marathon with real processes, and the
//! agents that it serves as a master of Mesos would.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod up;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use up::{Up, request};

fn shop(command: &str) -> Value {
    json!({
        "id": "/shop", "cmd": command, "instances": 2, "cpus": 0.6, "mem": 32,
        "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 1},
    })
}

/// Status, and what is said.
fn zdd(args: &[&str]) -> (i32, String) {
    let mut command = Command::new(cargo_bin!("zdd"));
    let told = command.args(args).env_remove("ZDD_MARATHON").env("NO_PROXY", "127.0.0.1");
    let told = told.output().unwrap();
    let text = [told.stdout, told.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (told.status.code().unwrap(), text)
}

/// The object about the fit.
fn fits(args: &[&str]) -> (i32, Value) {
    let (code, text) = zdd(&[args, &["-o", "json"]].concat());
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (code, json["fits"].clone())
}

#[test]
fn what_runs_is_asked_for_in_every_way() {
    let agents = ["--agent", "127.0.0.1=cpus:1,mem:512", "--agent", "127.0.0.2=cpus:1,mem:512"];
    let lab = Up::lab(&[&["--no-haproxy"], &agents[..]].concat());
    lab.deploy("POST", "/v2/apps", &shop("exec sleep 1000"));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = path("shop.json");
    fs::write(&file, shop("exec sleep 2000").to_string()).unwrap();
    for route in ["slaves", "state", "state-summary"] {
        let (status, body) = request(lab.marathon(), "GET", &format!("/{route}"), "").unwrap();
        assert_eq!(status, 200, "{body}");
        fs::write(path(route), body).unwrap();
    }
    let url = lab.export("ZDD_MARATHON");
    let (slaves, state, summary) = (path("slaves"), path("state"), path("state-summary"));

    // One at each agent, and 0.4 free: what is known of old instances decides.
    let knowing: [&[&str]; 6] = [
        &["-m", url, "--mesos"],
        &["-m", url, "--mesos", url],
        &["--mesos", url],
        &["-m", url, "--agents", &slaves],
        &["-m", url, "--agents", &summary],
        &["--agents", &state],
    ];
    for how in knowing {
        let (code, said) = fits(&[&["check", &file], how].concat());
        assert_eq!((code, &said["verdict"]), (10, &json!("stalls")), "{how:?}: {said}");
        assert_eq!(said["stall"]["old"], 2, "{how:?}: {said}");
        let reason = &said["stall"]["turned_down"][0];
        assert_eq!((&reason["agents"], &reason["nearest"]["free"]), (&json!(2), &json!(0.4)));
        assert_eq!(said["assumed"], json!([]), "{how:?}");

        let halved = ["check", &file, "--min-health", "0.5"];
        let (code, said) = fits(&[&halved, how].concat());
        assert_eq!((code, &said["verdict"]), (0, &json!("fits")), "{how:?}: {said}");

        let (code, said) = fits(&[&["plan", &file], how].concat());
        assert_eq!((code, &said["verdict"]), (10, &json!("stalls")), "{how:?}: {said}");
    }
    for unknowing in [&slaves, &summary] {
        let (code, said) = fits(&["check", &file, "--min-health", "0.5", "--agents", unknowing]);
        assert_eq!(
            (code, &said["verdict"], &said["proven"]),
            (10, &json!("may-stall"), &json!(false))
        );
        let assumed = said["assumed"][0].as_str().unwrap();
        assert!(assumed.contains("where old instances run is not known"), "{assumed}");
    }

    // What does not run yet is deployed for the first time, beside what does.
    fs::write(&file, shop("exec sleep 1000").to_string().replace("/shop", "/cart")).unwrap();
    let (code, text) = zdd(&["check", &file, "-m", url, "--mesos", "--guarantee", "fits"]);
    assert_eq!(code, 10, "{text}");
    assert!(text.contains("deployed for the first time"), "{text}");
    assert!(text.contains("0 of 2 placed, 2 wait"), "{text}");

    // And it says so when nobody answers, or somebody else.
    let (code, text) = zdd(&["check", &file, "--mesos", "http://127.0.0.1:1"]);
    assert_eq!(code, 6, "{text}");
    assert!(text.contains("no master of Mesos reachable"), "{text}");
    let wrong = format!("{url}/v2/apps");
    let (code, text) = zdd(&["check", &file, "--mesos", &wrong]);
    assert_eq!(code, 2, "{text}");
}
