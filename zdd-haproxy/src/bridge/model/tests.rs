use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use zdd_core::app::App;
use zdd_core::ports::{AppStatus, HealthResult, Task, TaskState};
use zdd_core::units::GroupId;

use super::*;

/// What marathon-lb made of pairs of apps: both of a group as they are listed, and the servers with
/// their port and whether they are disabled.
const PAIRS: &str = include_str!("pairs.json");

fn status(json: &Value) -> AppStatus {
    let mut json = json.clone();
    let tasks = json["tasks"].take();
    if let Some(info) = json.get_mut("versionInfo") {
        info["lastConfigChangeAt"] = info["lastScalingAt"].clone();
    }
    let app = App::from_value(&json, &GroupId::root()).unwrap();
    let tasks = tasks.as_array().into_iter().flatten().map(|task| {
        let id = task["id"].as_str().unwrap().parse().unwrap();
        let state = TaskState::of(task["state"].as_str().unwrap_or("TASK_RUNNING"));
        let mut read = Task::new(id, app.id().clone(), state);
        read.host = task["host"].as_str().map(Into::into);
        let ports = task["ports"].as_array().into_iter().flatten();
        read.ports = ports.map(|port| u16::try_from(port.as_u64().unwrap()).unwrap()).collect();
        let addresses = task["ipAddresses"].as_array().into_iter().flatten();
        read.addresses = addresses.map(|it| it.as_str().unwrap().parse().unwrap()).collect();
        let results = task["healthCheckResults"].as_array().into_iter().flatten();
        let result = |it: &Value| {
            let mut result = HealthResult::default();
            result.alive = it["alive"].as_bool().unwrap();
            result
        };
        read.health = results.map(result).collect();
        read
    });
    let tasks = tasks.collect();
    let mut status = AppStatus::new(app);
    status.tasks = Some(tasks);
    status
}

fn of(apps: &[Value], settings: &Settings) -> Services {
    after(&[], apps, settings)
}

/// While these tasks are draining already.
fn after(draining: &[&str], apps: &[Value], settings: &Settings) -> Services {
    let apps: Vec<AppStatus> = apps.iter().map(status).collect();
    let draining = draining.iter().map(|id| id.parse().unwrap()).collect();
    services(&apps, &BTreeMap::new(), &draining, settings)
}

fn mended() -> Settings {
    Settings { merge: Merge::Mended, ..Settings::default() }
}

#[test]
fn pairs_are_merged_as_by_marathon_lb() {
    let pairs: Vec<Value> = serde_json::from_str(PAIRS).unwrap();
    assert_eq!(pairs.len(), 36);
    let mut n_errors = 0;
    for pair in &pairs {
        let settings = Settings {
            groups: Groups::Some(BTreeSet::from(["external".into()])),
            ..Settings::default()
        };
        let made = of(pair["apps"].as_array().unwrap(), &settings);
        let id = &pair["id"];
        if pair["error"] == "KeyError" {
            n_errors += 1;
            let reasons: Vec<_> = made.problems.iter().map(|it| &it.reason).collect();
            assert_eq!(reasons, [&Reason::MissingTarget], "{id}");
            let servers = made.services.iter().flat_map(|it| &it.servers);
            assert!(servers.clone().count() > 0, "{id}: others go on");
            assert!(servers.clone().all(|server| !server.is_draining), "{id}");
            continue;
        }
        assert_eq!(made.problems, [], "{id}");
        let servers = |service: &Service| {
            let mut servers: Vec<Value> = service
                .servers
                .iter()
                .map(|server| json!({"port": server.port.get(), "disabled": server.is_draining}))
                .collect();
            servers.sort_by_key(|it| it["port"].as_u64());
            json!({"appId": service.id, "servicePort": service.port.get(), "servers": servers})
        };
        let made: Vec<Value> = made.services.iter().map(servers).collect();
        assert_eq!(&Value::Array(made), &pair["services"], "{id}");
    }
    assert!(n_errors > 0, "some of them are refused");
}

/// A side of a pair: `instances (alive) / target @ order of scaling`.
struct Side {
    instances: u64,
    alive: u64,
    target: u64,
    scaled: u64,
    new: &'static str,
    has_checks: bool,
}

fn side(instances: u64, alive: u64, target: u64, scaled: u64) -> Side {
    Side { instances, alive, target, scaled, new: "0", has_checks: true }
}

fn app(colour: &str, day: u64, first_port: u64, side: &Side) -> Value {
    let n_tasks = if side.has_checks { side.instances } else { side.alive };
    let tasks: Vec<Value> = (0..n_tasks).map(|i| json!({
        "id": format!("{colour}.{i:03}"), "host": "127.0.0.1", "ports": [first_port + i],
        "healthCheckResults": if side.has_checks { json!([{"alive": i < side.alive}]) } else { json!([]) },
    })).collect();
    let check = json!([{"protocol": "HTTP", "path": "/", "portIndex": 0}]);
    json!({
        "id": format!("/demo-{colour}"), "instances": side.instances, "ports": [10000 + day],
        "healthChecks": if side.has_checks { check } else { json!([]) },
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "demo", "HAPROXY_0_PORT": "10000",
            "HAPROXY_DEPLOYMENT_STARTED_AT": format!("2020-01-0{day}T00:00:00.000001"),
            "HAPROXY_DEPLOYMENT_TARGET_INSTANCES": side.target.to_string(),
            "HAPROXY_DEPLOYMENT_NEW_INSTANCES": side.new,
        },
        "versionInfo": {"lastScalingAt": format!("2020-01-03T00:00:0{}.000Z", side.scaled)},
        "tasks": tasks,
    })
}

fn marks(blue: &Side, green: &Side, settings: &Settings) -> (String, String) {
    let made = of(&[app("blue", 1, 31000, blue), app("green", 2, 32000, green)], settings);
    assert_eq!(made.problems, []);
    let of_side = |from: u16| {
        let servers = made.services.iter().flat_map(|service| &service.servers);
        let servers = servers.filter(|it| (from..from + 1000).contains(&it.port.get()));
        servers.map(|it| if it.is_draining { 'D' } else { 'u' }).collect()
    };
    (of_side(31000), of_side(32000))
}

#[test]
fn worked_examples_hold() {
    let unchecked = (
        Side { has_checks: false, ..side(4, 4, 4, 1) },
        Side { has_checks: false, ..side(1, 0, 4, 2) },
    );
    let hybrid = (side(3, 3, 4, 3), Side { new: "1", ..side(1, 1, 4, 2) });
    for ((blue, green), blue_marks, green_marks) in [
        ((side(4, 4, 4, 1), side(1, 1, 4, 2)), "Duuu", "u"),
        ((side(3, 3, 4, 3), side(2, 2, 4, 4)), "Duu", "uu"),
        ((side(3, 3, 4, 3), side(1, 1, 4, 2)), "uuu", "u"),
        ((side(2, 2, 4, 3), side(4, 4, 4, 4)), "DD", "uuuu"),
        ((side(4, 4, 4, 1), side(4, 4, 4, 2)), "DDDD", "uuuu"),
        ((side(4, 4, 4, 1), side(4, 2, 4, 2)), "DDuu", "uu"),
        ((side(6, 6, 6, 1), side(2, 2, 6, 2)), "DDuuuu", "uu"),
        ((side(1, 1, 4, 5), side(4, 4, 4, 4)), "u", "Duuu"),
        ((side(2, 2, 4, 5), side(4, 3, 4, 4)), "uu", "DDu"),
        ((side(9, 9, 4, 3), side(1, 1, 10, 2)), "uuuuuuuuu", "D"),
        ((side(4, 4, 4, 5), side(2, 2, 6, 2)), "uuuu", "DD"),
        (unchecked, "Duuu", ""),
        (hybrid, "uuu", "u"),
    ] {
        let made = marks(&blue, &green, &Settings::default());
        assert_eq!(made, (blue_marks.into(), green_marks.into()));
    }
}

#[test]
fn the_mended_form_never_drains_the_new_side() {
    for (blue, green) in [
        (side(1, 1, 4, 5), side(4, 4, 4, 4)),
        (side(2, 2, 4, 5), side(4, 3, 4, 4)),
        (side(9, 9, 4, 3), side(1, 1, 10, 2)),
        (side(4, 4, 4, 5), side(2, 2, 6, 2)),
    ] {
        let (_, green_marks) = marks(&blue, &green, &mended());
        assert!(!green_marks.is_empty() && !green_marks.contains('D'), "{green_marks}");
    }
    // Nor does it drain anything for tasks that do not run yet.
    let (blue, green) = (
        Side { has_checks: false, ..side(4, 4, 4, 1) },
        Side { has_checks: false, ..side(1, 0, 4, 2) },
    );
    assert_eq!(marks(&blue, &green, &mended()).0, "uuuu");
}

#[test]
fn what_was_told_to_stop_is_not_brought_back() {
    // One of four was drained and stopped: Marathon wants three, and lists four as long as it ends.
    let stopped = |state, scaled| {
        let mut blue = app("blue", 1, 31000, &side(4, 4, 4, scaled));
        blue["instances"] = json!(3);
        blue["tasks"][0]["state"] = json!(state);
        blue
    };
    let green = |scaled| app("green", 2, 32000, &side(1, 1, 4, scaled));
    for (settings, blue_scaled, green_scaled) in [
        (Settings::default(), 1, 2),
        // Also before the new app is scaled, when marathon-lb takes the old one for the new one.
        (Settings::default(), 3, 2),
        (mended(), 3, 2),
    ] {
        let (blue, green) = (|state| stopped(state, blue_scaled), green(green_scaled));
        let drained = |before: &[&str], state| {
            let made = after(before, &[blue(state), green.clone()], &settings);
            let servers = made.services.iter().flat_map(|service| &service.servers);
            servers.filter(|it| it.is_draining).map(|it| it.port.get()).collect::<Vec<_>>()
        };
        assert_eq!(drained(&["blue.000"], "TASK_RUNNING"), [31000], "{blue_scaled} {green_scaled}");
        // What is being killed serves no more; nor does it take another one's place.
        assert!(drained(&["blue.000"], "TASK_KILLING").is_empty(), "{blue_scaled} {green_scaled}");
    }
    // Somebody else has drained and stopped the others: the one that is left serves.
    let mut blue = app("blue", 1, 31000, &side(4, 4, 4, 3));
    blue["instances"] = json!(1);
    let green = app("green", 2, 32000, &side(1, 1, 2, 2));
    for before in [&["blue.000"][..], &["blue.002"]] {
        let made = after(before, &[blue.clone(), green.clone()], &Settings::default());
        let servers = made.services.iter().flat_map(|service| &service.servers);
        let out: Vec<_> = servers.filter(|it| it.is_draining).map(|it| it.task.as_str()).collect();
        assert_eq!(out, before);
    }
}

fn one(more: &Value) -> Value {
    let mut app = json!({"id": "/team/app", "instances": 1, "ports": [10000], "labels": {},
        "tasks": [{"id": "t.1", "host": "127.0.0.1", "ports": [31000]}]});
    for (key, value) in more.as_object().unwrap() {
        app[key] = value.clone();
    }
    app
}

fn service(more: &Value) -> Service {
    let made = of(&[one(more)], &Settings::default());
    assert_eq!(made.problems, []);
    made.services.into_iter().next().expect("there is a service")
}

#[test]
fn names_are_marathon_lbs() {
    let made = service(&json!({}));
    assert_eq!((made.name.as_str(), &*made.id), ("team_app_10000", "/team/app"));
    assert_eq!(made.servers[0].name.as_str(), "127_0_0_1_31000");
    let labels = json!({"HAPROXY_DEPLOYMENT_GROUP": "nginx", "HAPROXY_0_PORT": "10080"});
    assert_eq!(service(&json!({"labels": labels})).name.as_str(), "nginx_10080");
    let own = service(&json!({
        "networks": [{"mode": "container"}],
        "container": {"portMappings": [{"containerPort": 8080, "servicePort": 10001}]},
        "tasks": [{"id": "t.1", "host": "agent1.example", "ports": [31000], "ipAddresses": ["9.0.0.7"]}],
    }));
    assert_eq!(own.name.as_str(), "team_app_10001");
    assert_eq!(own.servers[0].name.as_str(), "agent1_example_9_0_0_7_8080");
    assert_eq!(
        (own.servers[0].addr.to_string(), own.servers[0].port.get()),
        ("9.0.0.7".into(), 8080)
    );
}

#[test]
fn labels_of_ports_take_effect() {
    let made = service(&json!({"labels": {
        "HAPROXY_0_VHOST": "Shop.example, www.shop.example", "HAPROXY_0_PATH": "/cart",
        "HAPROXY_0_BALANCE": "leastconn", "HAPROXY_0_STICKY": "true",
    }}));
    assert_eq!(made.hosts, ["shop.example", "www.shop.example"]);
    assert_eq!((made.path.as_deref(), made.mode), (Some("/cart"), Mode::Http));
    assert_eq!((made.balance, made.is_sticky), (Balance::LeastConn, true));
    let check = json!([{"protocol": "HTTP", "path": "/health", "portIndex": 0,
        "intervalSeconds": 5, "maxConsecutiveFailures": 3}]);
    let tasks = json!([{"id": "t.1", "host": "127.0.0.1", "ports": [31000],
        "healthCheckResults": [{"alive": true}]}]);
    let made = service(&json!({"healthChecks": check, "tasks": tasks}));
    assert_eq!(
        (made.mode, made.check.path.as_deref(), made.check.fall),
        (Mode::Http, Some("/health"), 4)
    );
    let labels = json!({"HAPROXY_0_MODE": "tcp"});
    let made = service(&json!({"healthChecks": check, "tasks": tasks, "labels": labels}));
    assert_eq!((made.mode, made.check.path), (Mode::Tcp, None));
    let off = one(&json!({"labels": {"HAPROXY_0_ENABLED": "false"}}));
    assert_eq!(of(&[off], &Settings::default()), Services::default());
}

#[test]
fn an_app_is_served_on_its_port_whatever_its_virtual_hosts_are() {
    let labels = json!({
        "HAPROXY_0_PORT": "10080", "HAPROXY_0_PATH": "/a",
        "HAPROXY_0_VHOST": "http://shop.example,www.shop.example",
    });
    let made = of(&[one(&json!({"labels": labels}))], &Settings::default());
    let service = &made.services[0];
    assert_eq!((service.port.get(), service.mode), (10080, Mode::Http));
    assert_eq!(service.hosts, ["www.shop.example"]);
    let said: Vec<_> = made.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "app `/team/app`: the label HAPROXY_0_VHOST has \"http://shop.example\", which is not the \
          name of a host"
        ]
    );
    let labels = json!({"HAPROXY_0_PATH": "/a", "HAPROXY_0_VHOST": "http://shop.example"});
    let made = of(&[one(&json!({"labels": labels}))], &Settings::default());
    assert_eq!((made.services[0].mode, made.services[0].hosts.len()), (Mode::Http, 0));
}

#[test]
fn groups_choose_the_apps() {
    let settings = Settings {
        groups: Groups::Some(BTreeSet::from(["external".into()])),
        ..Settings::default()
    };
    for (labels, is_served) in [
        (json!({}), false),
        (json!({"HAPROXY_GROUP": "internal, external"}), true),
        (json!({"HAPROXY_GROUP": "external", "HAPROXY_0_GROUP": "internal"}), false),
        (json!({"HAPROXY_GROUP": "internal", "HAPROXY_0_GROUP": "external"}), true),
    ] {
        let made = of(&[one(&json!({"labels": labels}))], &settings);
        assert_eq!(made.services.len(), usize::from(is_served), "{labels}");
    }
}

#[test]
fn tasks_serve_while_they_run_and_are_healthy() {
    for (task, is_served) in [
        (json!({"state": "TASK_RUNNING", "healthCheckResults": [{"alive": true}]}), true),
        (json!({"state": "TASK_RUNNING", "healthCheckResults": [{"alive": false}]}), false),
        (json!({"state": "TASK_RUNNING"}), false),
        (json!({"state": "TASK_UNREACHABLE", "healthCheckResults": [{"alive": true}]}), true),
        (json!({"state": "TASK_LOST", "healthCheckResults": [{"alive": true}]}), true),
        (json!({"state": "TASK_KILLING", "healthCheckResults": [{"alive": true}]}), false),
        (json!({"state": "TASK_FAILED", "healthCheckResults": [{"alive": true}]}), false),
    ] {
        let mut task = task;
        task["id"] = "t.1".into();
        task["host"] = "127.0.0.1".into();
        task["ports"] = json!([31000]);
        let check = json!([{"protocol": "HTTP", "portIndex": 0}]);
        let app = one(&json!({"healthChecks": check, "tasks": [task]}));
        let made = of(&[app], &Settings::default());
        assert_eq!(made.services.len(), usize::from(is_served), "{task}");
    }
}

#[test]
fn a_bad_app_is_named_and_the_others_are_served() {
    let good = json!({"id": "/zz", "instances": 1, "ports": [10001], "labels": {},
        "tasks": [{"id": "z.1", "host": "127.0.0.1", "ports": [31001]}]});
    for (more, said) in [
        (json!({"labels": {"HAPROXY_0_PORT": "70000"}}), "HAPROXY_0_PORT is \"70000\", not a port"),
        (
            json!({"labels": {"HAPROXY_0_BALANCE": "static-rr\n  stats admin if TRUE"}}),
            "HAPROXY_0_BALANCE",
        ),
        (json!({"labels": {"HAPROXY_0_VHOST": "a } || { src"}}), "is not the name of a host"),
        (json!({"labels": {"HAPROXY_0_VHOST": "a", "HAPROXY_0_PATH": "/a b"}}), "not a path"),
        (json!({"labels": {"HAPROXY_0_PATH": "/a"}}), "without a virtual host"),
        (json!({"labels": {"HAPROXY_0_MODE": "udp"}}), "not tcp or http"),
        (json!({"labels": {"HAPROXY_DEPLOYMENT_GROUP": "x y"}}), "HAPROXY_DEPLOYMENT_GROUP"),
        (
            json!({"labels": {"HAPROXY_0_BACKEND_HEAD": "x"}}),
            "HAPROXY_0_BACKEND_HEAD has no effect",
        ),
        (json!({"ports": [0]}), "no service port"),
        (json!({"tasks": [{"id": "t.1", "host": "no.such", "ports": [31000]}]}), "has no address"),
    ] {
        let made = of(&[one(&more), good.clone()], &Settings::default());
        assert!(made.services.iter().any(|it| it.name.as_str() == "zz_10001"), "{more}");
        assert_eq!(made.problems.len(), 1, "{more}: {:?}", made.problems);
        let text = made.problems[0].to_string();
        assert!(text.starts_with("app `/team/app`: ") && text.contains(said), "{text}");
    }
}

#[test]
fn one_port_has_one_service() {
    let mut other = one(&json!({}));
    other["id"] = "/zz".into();
    let made = of(&[one(&json!({})), other], &Settings::default());
    assert_eq!(made.services.len(), 1);
    assert_eq!(made.problems[0].to_string(), "app `/zz`: port 10000 belongs to team_app_10000");
    assert!(made.problems[0].reason.hint().is_some());
}

/// A pair, the old one draining.
pub(crate) fn one_of() -> Vec<Service> {
    let check = json!([{"protocol": "HTTP", "path": "/health", "portIndex": 0,
        "intervalSeconds": 1, "timeoutSeconds": 2, "maxConsecutiveFailures": 3}]);
    let mut pair =
        [app("blue", 1, 31000, &side(1, 1, 1, 1)), app("green", 2, 32000, &side(1, 1, 1, 2))];
    for app in &mut pair {
        app["healthChecks"] = check.clone();
    }
    of(&pair, &Settings::default()).services
}

/// A service of every kind.
pub(crate) fn many() -> Vec<Service> {
    let labels = [
        json!({}),
        json!({"HAPROXY_0_MODE": "http"}),
        json!({"HAPROXY_0_MODE": "http", "HAPROXY_0_STICKY": "yes"}),
        json!({"HAPROXY_0_MODE": "http", "HAPROXY_0_BALANCE": "leastconn"}),
        json!({"HAPROXY_0_BALANCE": "source"}),
        json!({"HAPROXY_0_BALANCE": "random"}),
        json!({"HAPROXY_0_BALANCE": "first"}),
        json!({"HAPROXY_0_VHOST": "a.example,b.example"}),
        json!({"HAPROXY_0_VHOST": "a.example", "HAPROXY_0_PATH": "/~x!*,:;=@?&+%20/a.b"}),
    ];
    let apps: Vec<Value> = labels
        .into_iter()
        .enumerate()
        .map(|(i, labels)| {
            let mut app = one(&json!({"labels": labels, "ports": [10000 + i]}));
            app["id"] = format!("/a{i}").into();
            if i % 2 == 1 {
                app["healthChecks"] =
                    json!([{"protocol": "HTTP", "path": "/h?a=1&b='", "port": 9000}]);
                app["healthChecks"][0]["path"] = "/h?a=1&b=%27".into();
                app["tasks"][0]["healthCheckResults"] = json!([{"alive": true}]);
            }
            app
        })
        .collect();
    let made = of(&apps, &Settings::default());
    assert_eq!(made.problems, []);
    made.services
}
