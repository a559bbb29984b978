//! Blue and green by hand: one app takes the port of the other over, under load.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod up;

use std::net::TcpStream;

use load::Load;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use up::{Up, free_port, nothing_is_left, until};

/// The tutorial's definitions, with health checks that a test can wait for.
fn app(colour: &str, version: &str, labels: &Value) -> Value {
    json!({
        "id": format!("/zdd/{colour}"), "instances": 4, "cpus": 0.1, "mem": 32,
        "container": {"type": "DOCKER", "docker": {
            "image": "mhausenblas/simpleservice:0.4.0", "network": "HOST",
        }},
        "env": {"HEALTH_MIN": "5", "HEALTH_MAX": "25", "SIMPLE_SERVICE_VERSION": version},
        "healthChecks": [{
            "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60, "intervalSeconds": 1,
            "timeoutSeconds": 20, "maxConsecutiveFailures": 3, "ignoreHttp1xx": false,
        }],
        "labels": labels,
    })
}

/// Those that make an app visible from outside. The last is what the tutorial has in the place of a name.
fn outside(port: u16) -> Value {
    json!({
        "HAPROXY_GROUP": "external", "HAPROXY_0_PORT": port.to_string(),
        "HAPROXY_0_VHOST": "http://ec2-52-25-126-14.us-west-2.compute.amazonaws.com",
    })
}

#[test]
fn green_takes_over_from_blue_and_no_request_is_lost() {
    let mut lab = Up::lab(&["--group", "external"]);
    let port = free_port();
    let [blue, green] = ["blue", "green"].map(|colour| format!("zdd_{colour}_{port}"));
    let [of_blue, of_green] = ["/v2/apps/zdd/blue", "/v2/apps/zdd/green"];

    lab.deploy("POST", "/v2/apps", &app("blue", "0.9", &outside(port)));
    until("blue is served", || lab.n_up_only_in(&blue) == 4);
    lab.deploy("POST", "/v2/apps", &app("green", "1.0", &json!({})));
    let healthy = lab.call("GET", of_green, &Value::Null)["app"]["tasksHealthy"].clone();
    assert_eq!(healthy, 4);
    assert_eq!(lab.n_up_only_in(&blue), 4, "nobody outside sees green: {:?}", lab.servers());

    // Both want the port for a moment, and blue goes on to have it: its name comes first.
    let load = Load::start(port);
    lab.deploy("PUT", of_green, &json!({"labels": outside(port)}));
    let taken = format!("app `/zdd/green`: port {port} belongs to {blue}");
    until("it is said", || lab.complained().contains(&format!("load balancer: {taken}")));
    assert_eq!(lab.n_up_only_in(&blue), 4, "{:?}", lab.servers());
    assert_eq!(load.counted().of("1.0"), 0);

    // Labels are part of a definition, so blue is restarted. Its new instances take their time, and the
    // old ones are there until nobody asks them any more, however slow this machine is.
    let mut unseen = app("blue", "0.9", &json!({}));
    unseen["env"]["HEALTH_MIN"] = "15000".into();
    unseen["env"]["HEALTH_MAX"] = "15000".into();
    lab.call("PUT", of_blue, &unseen);
    until("green is served", || lab.n_up_only_in(&green) == 4);
    until("it is said", || lab.complained().contains(&format!("load balancer: no more: {taken}")));
    until("the worker before has no connections", || lab.pids().len() == 2);
    lab.deploy("PUT", &format!("{of_blue}?force=true"), &json!({"instances": 0}));
    let blue_left = lab.call("GET", &format!("{of_blue}/tasks"), &Value::Null);
    assert_eq!(blue_left["tasks"], json!([]));
    let before = load.counted();
    until("green answers", || load.counted().of("1.0") > before.of("1.0") + 50);
    let counted = load.finish();
    assert_eq!(counted.failures, [""; 0], "{counted:?}");
    assert!(counted.of("0.9") > 0, "{counted:?}");
    assert_eq!(lab.n_up_only_in(&green), 4, "{:?}", lab.servers());

    let complained = lab.complained();
    assert_eq!(complained.matches(&taken).count(), 2, "once each: {complained}");
    let no_host = "/zdd/blue`: the label HAPROXY_0_VHOST has \"http://";
    assert_eq!(complained.matches(no_host).count(), 2, "it comes and goes: {complained}");
    let (pids, folder) = (lab.pids(), lab.admin_socket().parent().unwrap().to_path_buf());
    lab.signal(Signal::SIGINT);
    assert_eq!(lab.ended().code(), Some(0));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "at once, not only in the end");
    nothing_is_left(&pids, &[port], &folder);
}
