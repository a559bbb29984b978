//! Input that cannot be used: one clear line, the right status, and nothing is touched.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;

use fake::{Fake, Knobs};
use run::Zdd;
use serde_json::{Value, json};

/// What is there already.
#[derive(Clone, Copy, Debug)]
enum There {
    Nothing,
    /// An app of the group, with this service port.
    One(u16),
    /// An app of the group without instances.
    Suspended,
    /// Two of both colours without instances, of which the newer one is to have none in the end.
    Idle,
    /// Two of one colour.
    Twins,
    Three,
    /// A record that is none.
    BadRecord,
    /// A record of a zdd to come.
    NewerRecord,
    /// Somebody who works on it.
    Held,
    /// A first deployment that did not get to its end.
    First,
    /// One whose old app is gone, in this phase.
    Alone(&'static str),
    /// A canary that was made for five instances of both.
    Canary,
}

struct Case {
    args: &'static [&'static str],
    /// Changes the definition.
    change: fn(&mut Value),
    there: There,
    code: i32,
    says: &'static str,
    hint: &'static str,
}

const fn case(
    args: &'static [&'static str],
    change: fn(&mut Value),
    there: There,
    code: i32,
    says: &'static str,
    hint: &'static str,
) -> Case {
    Case { args, change, there, code, says, hint }
}

const fn same(_: &mut Value) {}

/// About arguments alone.
const fn usage(args: &'static [&'static str], code: i32, says: &'static str) -> Case {
    case(args, same, There::Nothing, code, says, "")
}

const LB: &str = "--haproxy=127.0.0.1:1";
const DEPLOY: &[&str] = &["deploy", "shop.json", LB];
const CANARY: &[&str] = &["canary", "start", "shop.json", "--weight", "20", LB];
const ABORT: &[&str] = &["abort", "shop", LB];
const ROLLBACK: &[&str] = &["canary", "rollback", "shop", LB];
const OLD: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-f"];

const PY_CUR: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-fc"];
const PY_PREV: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-fp"];
const PY_ON: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-fr"];

/// A canary with these options, which nothing would come of.
const fn idle(args: &'static [&'static str], says: &'static str) -> Case {
    case(args, same, There::One(10_080), 3, says, "as in --pause 10m")
}

const ARGUMENTS: &[Case] = &[
    // Limits of what is not watched.
    idle(
        &["canary", "start", "shop.json", LB, "--weight", "20", "--max-errors", "1"],
        "--max-errors is about what is watched while a share is kept, and none is kept",
    ),
    idle(
        &["canary", "start", "shop.json", LB, "--weight", "20", "--max-unhealthy", "30s"],
        "--max-unhealthy is about what is watched",
    ),
    idle(
        &["canary", "start", "shop.json", LB, "--steps", "20,50", "--min-requests", "5"],
        "--min-requests is about what is watched",
    ),
    idle(
        &["canary", "start", "shop.json", LB, "--weight", "20", "--on-failure", "rollback"],
        "--on-failure is about what is watched",
    ),
    idle(
        &["canary", "start", "shop.json", LB, "--weight", "20", "--check-hook", "./check"],
        "--check-hook is about what is watched",
    ),
    idle(
        &["plan", "shop.json", "--weight", "20", "--max-slowdown", "50"],
        "--max-slowdown is about what is watched",
    ),
    usage(&["deploy", "shop.json", LB, "--check-hook", "./check"], 2, "unexpected argument '--che"),
    usage(&["canary", "promote", LB, "--check-hook", "./check"], 2, "unexpected argument '--check"),
    usage(
        &["canary", "rollback", LB, "--check-hook", "./check"],
        2,
        "unexpected argument '--check",
    ),
    usage(
        &["abort", "shop", LB, "--check-hook", "./check"],
        2,
        "unexpected argument '--check-hook",
    ),
    usage(
        &["rollback", "shop", LB, "--check-hook", "./check"],
        2,
        "unexpected argument '--check-h",
    ),
    // Of rollouts, and not of rolling upgrades.
    usage(&["resume", "--file", "shop.json", "--metrics", "0"], 3, "--metrics belongs to blue/gre"),
    usage(&["abort", "/shop", "--notify", "http://127.0.0.1:1/"], 3, "--notify belongs to blue/gr"),
    case(
        &["resume", "shop", LB, "--metrics", "nowhere"],
        same,
        There::Held,
        2,
        "`nowhere` is no address for metrics",
        "127.0.0.1:9100",
    ),
    case(
        &["abort", "shop", LB, "--metrics", "nowhere"],
        same,
        There::Held,
        2,
        "`nowhere` is no address for metrics",
        "127.0.0.1:9100",
    ),
    case(
        &["abort", "shop", LB, "--notify", "nowhere"],
        same,
        There::Held,
        2,
        "the address for notices cannot be used",
        "https://hooks.example/zdd",
    ),
    // Of rolling upgrades, and not of blue/green.
    usage(&["deploy", "shop.json", LB, "--restart"], 3, "--restart belongs to rolling upgrades"),
    usage(&["deploy", "shop.json", LB, "--force"], 3, "--force belongs to rolling upgrades"),
    usage(&["deploy", "shop.json", LB, "--allow-broken"], 3, "--allow-broken belongs to rolling"),
    usage(&["deploy", "shop.json", LB, "--wait-lock", "1m"], 3, "--wait-lock belongs to rolling"),
    usage(
        &["deploy", "shop.json", LB, "--expect-version", "2026-01-02T03:04:05.678Z"],
        3,
        "--expect-version belongs to rolling upgrades",
    ),
    usage(
        &["deploy", "shop.json", LB, "--on-failure", "revert", "--timeout=5m"],
        3,
        "--on-failure belongs to",
    ),
    // Each other.
    usage(&["deploy", "shop.json", "--force", "--wait-lock", "1m"], 2, "cannot be used with"),
    usage(
        &["deploy", "shop.json", LB, "--haproxy-master=127.0.0.1:2,127.0.0.1:3"],
        3,
        "1 admin socket and 2 master sockets",
    ),
    // Numbers.
    usage(&["deploy", "shop.json", LB, "--initial-instances", "0"], 2, "invalid value '0'"),
    usage(&["deploy", "shop.json", LB, "--initial-instances=-1"], 2, "invalid value '-1'"),
    usage(&["deploy", "shop.json", LB, "--linear-increase", "0"], 2, "invalid value '0'"),
    usage(&["deploy", "shop.json", LB, "--linear-increase=-2"], 2, "invalid value '-2'"),
    usage(&["deploy", "shop.json", LB, "--drain-timeout=-5s"], 2, "invalid value '-5s'"),
    usage(&["deploy", "shop.json", LB, "--on-drain-timeout", "hope"], 2, "invalid value 'hope'"),
    usage(&["deploy", "shop.json", LB, "--strategy", "magic"], 2, "invalid value 'magic'"),
    usage(&["canary", "start", "shop.json", LB], 2, "no share given"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "-1"], 2, "invalid value '-1'"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "101"], 2, "invalid value '101'"),
    usage(&["canary", "start", "shop.json", LB, "--weight", "few"], 2, "invalid value 'few'"),
    usage(
        &["canary", "start", "shop.json", LB, "--weight", "5", "--instances", "0"],
        2,
        "invalid value '0'",
    ),
    usage(
        &["canary", "start", "shop.json", LB, "--weight", "5", "--instances=-3"],
        2,
        "invalid value '-3'",
    ),
    usage(&["canary", "start", "shop.json", LB, "--weight", "5", "--timeout", "0x"], 2, "'0x'"),
    // Balancers.
    usage(&["deploy", "shop.json"], 2, "no HAProxy given"),
    usage(&["canary", "promote", "shop"], 2, "no HAProxy given"),
    usage(&["deploy", "shop.json", "--haproxy", "nowhere:0"], 2, "nowhere:0"),
    usage(&["deploy", "shop.json", "-l", "no url"], 2, "the address of marathon-lb"),
    // Files.
    usage(&["canary", "start", "nowhere.json", "--weight", "5", LB], 2, "nowhere.json: no such"),
    // Hooks, before anything is begun.
    usage(&["deploy", "shop.json", LB, "--pre-kill-hook", "./typo"], 2, "./typo: no such file"),
    usage(&["deploy", "shop.json", LB, "--before-delete-hook", "."], 2, ".: no executable of"),
    usage(&["deploy", "shop.json", LB, "--after-promote-hook", "./shop.json"], 2, "not executable"),
    usage(
        &[
            "canary",
            "start",
            "shop.json",
            LB,
            "--weight",
            "5",
            "--pause",
            "10m",
            "--check-hook",
            "./typo",
        ],
        2,
        "--check-hook ./typo: no such file",
    ),
    usage(&["canary", "promote", LB, "--pre-kill-hook", "../"], 2, "../: it is no file"),
    // Nothing to go on with.
    usage(&["canary", "promote", LB], 3, "no canary goes on"),
    usage(&["canary", "rollback", "shop", LB], 3, "no canary of shop goes on"),
    usage(&["canary", "hold", "shop", LB], 3, "no canary of shop goes on"),
    // zdd.py's own.
    usage(&["-j", "shop.json", "-m", "MARATHON"], 2, "required arguments were not provided"),
    usage(
        &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-c", "-p"],
        2,
        "cannot",
    ),
    usage(
        &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-r", "-c"],
        2,
        "cannot",
    ),
    usage(&["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-i=-1"], 2, "'-1'"),
    usage(&["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-n=-1"], 2, "'-1'"),
    usage(&["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-w=-1"], 2, "'-1'"),
];

const DEFINITIONS: &[Case] = &[
    case(
        &["deploy", "shop.json", "--strategy", "blue-green", LB],
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_GROUP"),
        There::Nothing,
        4,
        "/shop has no label HAPROXY_DEPLOYMENT_GROUP",
        "HAPROXY_DEPLOYMENT_GROUP",
    ),
    case(
        CANARY,
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_GROUP"),
        There::Nothing,
        4,
        "/shop has no label HAPROXY_DEPLOYMENT_GROUP",
        "that makes them a pair",
    ),
    case(
        DEPLOY,
        |app| app["ports"] = json!([0]),
        There::Nothing,
        4,
        "/shop has no port for clients",
        "servicePort",
    ),
    case(
        DEPLOY,
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_ALT_PORT"),
        There::One(10_080),
        4,
        "/shop would have the service port 10080 of /shop-blue",
        "HAPROXY_DEPLOYMENT_ALT_PORT",
    ),
    case(
        DEPLOY,
        |app| app["labels"]["HAPROXY_DEPLOYMENT_ALT_PORT"] = "10080".into(),
        There::One(10_080),
        2,
        "HAPROXY_DEPLOYMENT_ALT_PORT is `10080`, not another port than 10080",
        "a service port that no app has",
    ),
    case(
        CANARY,
        |app| app["labels"]["HAPROXY_DEPLOYMENT_ALT_PORT"] = "soon".into(),
        There::One(10_080),
        2,
        "HAPROXY_DEPLOYMENT_ALT_PORT is `soon`",
        "a service port that no app has",
    ),
    case(DEPLOY, same, There::One(10_090), 2, "which runs, has 10090", "with the port that runs"),
    case(DEPLOY, same, There::Twins, 3, "has 2 apps: /shop-1, /shop-2", "promote it, or roll"),
    case(CANARY, same, There::Three, 3, "has 3 apps: /shop-1, /shop-2, /shop-3", "promote it, or"),
    case(OLD, same, There::Twins, 2, "shop has two apps", "--resume or --complete-cur"),
    case(OLD, none, There::Nothing, 2, "/shop has 0 instances", "set instances to what"),
    case(OLD, same, There::Suspended, 2, "/shop-blue has 0 instances: it is", "scale it to what"),
    case(PY_CUR, same, There::Idle, 2, "/shop-green has 0 instances: it is", "scale it to what"),
    case(PY_ON, same, There::Idle, 2, "/shop-green has 0 instances: it is", "scale it to what"),
    case(PY_PREV, same, There::Idle, 2, "/shop-blue has 0 instances: it is", "scale it to what"),
    case(OLD, same, There::Three, 3, "has 3 apps: /shop-1, /shop-2, /shop-3", "promote it, or"),
    case(
        &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1", "-f", "-c"],
        same,
        There::One(10_080),
        3,
        "shop has not two apps",
        "deploy first",
    ),
    case(
        OLD,
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_ALT_PORT"),
        There::Nothing,
        4,
        "the app has no label HAPROXY_DEPLOYMENT_ALT_PORT",
        "",
    ),
    case(DEPLOY, unchecked, There::Nothing, 4, "/shop has no health check", "--no-health-check-ok"),
    case(CANARY, unchecked, There::One(10_080), 4, "has no health check", "--no-health-check-ok"),
    case(DEPLOY, none, There::One(10_080), 2, "/shop has 0 instances", "set instances to what"),
    case(CANARY, none, There::One(10_080), 2, "/shop has 0 instances", "set instances to what"),
    case(DEPLOY, negative, There::One(10_080), 2, "/instances", ""),
    case(CANARY, negative, There::Nothing, 2, "/instances", ""),
    case(DEPLOY, |app| app["id"] = "${ID}".into(), There::Nothing, 2, "/id", ""),
    case(DEPLOY, same, There::BadRecord, 2, "/zdd-rollouts/shop/g1 is no record", "/zdd-rollouts"),
    case(CANARY, same, There::BadRecord, 2, "/zdd-rollouts/shop/g1 is no record", "/zdd-rollouts"),
    case(
        &["canary", "promote", "shop", LB],
        same,
        There::NewerRecord,
        2,
        "was written by a newer zdd (form 99",
        "/zdd-rollouts",
    ),
    case(DEPLOY, same, There::Held, 12, "shop is held by ann@build-7, process 1", "--take-over"),
    case(CANARY, same, There::Held, 12, "shop is held by ann@build-7, process 1", "--take-over"),
    case(OLD, same, There::Held, 12, "shop is held by ann@build-7, process 1", "--take-over"),
    case(
        &["canary", "rollback", "shop", LB],
        same,
        There::Held,
        12,
        "shop is held by ann@build-7, process 1",
        "--take-over",
    ),
    // The rest of what was begun is of the file that it was begun with. Where that is this one, the
    // balancer is asked, and is not there.
    case(DEPLOY, same, There::First, 5, "127.0.0.1:1", ""),
    case(
        DEPLOY,
        other,
        There::First,
        3,
        "on its way to another version, /shop-blue",
        "zdd abort shop",
    ),
    case(
        DEPLOY,
        more,
        There::First,
        3,
        "on its way to another version, /shop-blue",
        "zdd abort shop",
    ),
    case(DEPLOY, same, There::Alone("promote"), 5, "127.0.0.1:1", ""),
    case(
        DEPLOY,
        other,
        There::Alone("promote"),
        3,
        "another version, /shop-green",
        "zdd resume shop",
    ),
    case(
        DEPLOY,
        more,
        There::Alone("promote"),
        3,
        "another version, /shop-green",
        "zdd resume shop",
    ),
    case(ABORT, same, There::Alone("promote"), 3, "/shop-blue is gone", "zdd resume shop"),
    case(ROLLBACK, same, There::Alone("promote"), 3, "/shop-blue is gone", "zdd resume shop"),
    case(ABORT, same, There::Alone("rollback"), 3, "/shop-blue is gone", "zdd canary promote shop"),
    // Other steps are no other version, as long as there is room for them.
    case(CANARY, other, There::Canary, 3, "a canary of another version", "zdd canary promote shop"),
    case(
        &["canary", "start", "shop.json", "--steps", "20x2,50x3", LB],
        same,
        There::Canary,
        5,
        "127.0.0.1:1",
        "",
    ),
    case(
        &["canary", "start", "shop.json", "--steps", "20x2,50x4", LB],
        same,
        There::Canary,
        3,
        "shop was made for 3 new instances at most, and a step wants 4",
        "zdd canary promote shop",
    ),
];

fn drop_label(app: &mut Value, label: &str) {
    app["labels"].as_object_mut().unwrap().remove(label).unwrap();
}

fn unchecked(app: &mut Value) {
    app.as_object_mut().unwrap().remove("healthChecks").unwrap();
}

fn none(app: &mut Value) {
    app["instances"] = 0.into();
}

fn other(app: &mut Value) {
    app["cmd"] = "./other".into();
}

fn more(app: &mut Value) {
    app["instances"] = 3.into();
}

fn negative(app: &mut Value) {
    app["instances"] = (-2).into();
}

fn definition() -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": 2, "ports": [10_080],
        "healthChecks": [{"protocol": "HTTP", "path": "/"}],
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "10081",
        },
    })
}

fn app(id: &str, port: u16) -> Value {
    let mut app = definition();
    (app["id"], app["ports"]) = (id.into(), json!([port]));
    app["labels"]["HAPROXY_DEPLOYMENT_COLOUR"] = "blue".into();
    app
}

/// The app of a colour, without instances.
fn suspended(colour: &str, port: u16, since: &str) -> Value {
    let mut app = app(&format!("/shop-{colour}"), port);
    app["instances"] = 0.into();
    app["labels"]["HAPROXY_DEPLOYMENT_COLOUR"] = colour.into();
    app["labels"]["HAPROXY_DEPLOYMENT_STARTED_AT"] = since.into();
    app["labels"]["HAPROXY_DEPLOYMENT_TARGET_INSTANCES"] = "0".into();
    app
}

fn record(labels: &Value) -> Value {
    json!({"id": "/zdd-rollouts/shop/g1", "cmd": "exit 1", "instances": 0, "labels": labels})
}

/// The app that is made of the definition.
fn made(colour: &str, port: u16, instances: u32, [target, beside]: [u32; 2]) -> Value {
    let mut app = definition();
    (app["id"], app["ports"]) = (format!("/shop-{colour}").into(), json!([port]));
    app["instances"] = instances.into();
    for (name, value) in [
        ("HAPROXY_APP_ID", "/shop"),
        ("HAPROXY_0_PORT", "10080"),
        ("HAPROXY_DEPLOYMENT_COLOUR", colour),
        ("HAPROXY_DEPLOYMENT_STARTED_AT", "2026-01-02T03:04:05.678Z"),
        ("HAPROXY_DEPLOYMENT_TARGET_INSTANCES", &target.to_string()),
        ("HAPROXY_DEPLOYMENT_NEW_INSTANCES", &beside.to_string()),
    ] {
        app["labels"][name] = value.into();
    }
    app
}

/// A record that nobody holds.
fn left(rollout: &Value, made: &Value) -> Value {
    record(&json!({"ZDD_ROLLOUT": rollout.to_string(), "ZDD_DEFINITION": made.to_string()}))
}

impl There {
    fn apps(self) -> Vec<Value> {
        let held = json!({
            "schema": 1, "group": "shop", "backend": "shop_10080", "phase": "promote",
            "old": "/shop-blue", "new": "/shop-green", "before": 2, "canary": 1, "full": 2, "floor": 2,
            "traffic": "by-instances", "hold": "by-instances", "growth": "by-half",
            "since": "2026-01-02T03:04:05.678Z",
        });
        let holder = json!({"who": "ann@build-7, process 1", "since": "2026-01-02T03:04:05.678Z"});
        let with = |changes: Value| {
            let mut rollout = held.clone();
            rollout.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            rollout
        };
        match self {
            Self::Nothing => Vec::new(),
            Self::First => {
                let made = made("blue", 10_080, 2, [2, 0]);
                let first = json!({"old": null, "new": "/shop-blue", "before": 0, "canary": 2});
                vec![left(&with(first), &made), made]
            }
            Self::Alone(phase) => {
                let made = made("green", 10_081, 1, [2, 0]);
                vec![left(&with(json!({"phase": phase})), &made), made]
            }
            Self::Canary => {
                let made = made("green", 10_081, 1, [5, 1]);
                let split = json!({"split": {"old": 80, "new": 20}});
                let stands = json!({"phase": "canary", "traffic": split, "hold": split});
                vec![app("/shop-blue", 10_080), left(&with(stands), &made), made]
            }
            Self::One(port) => vec![app("/shop-blue", port)],
            Self::Suspended => vec![suspended("blue", 10_080, "2026-01-02T03:04:05.678Z")],
            Self::Idle => vec![
                suspended("blue", 10_080, "2026-01-02T03:04:05.678Z"),
                suspended("green", 10_081, "2026-01-02T03:05:05.678Z"),
            ],
            Self::Twins => vec![app("/shop-1", 10_080), app("/shop-2", 10_081)],
            Self::Three => ["/shop-1", "/shop-2", "/shop-3"].map(|id| app(id, 10_080)).into(),
            Self::BadRecord => vec![app("/shop-blue", 10_080), record(&json!({"A": "b"}))],
            Self::NewerRecord => {
                vec![record(&json!({"ZDD_ROLLOUT": "{\"schema\": 99, \"group\": \"shop\"}"}))]
            }
            Self::Held => vec![
                app("/shop-blue", 10_080),
                record(&json!({"ZDD_ROLLOUT": held.to_string(), "ZDD_HOLDER": holder.to_string()})),
            ],
        }
    }
}

/// What is wrong with how a case is refused.
fn wrong(fake: &Fake, zdd: &Zdd, case: &Case) -> Option<String> {
    let mut json = definition();
    (case.change)(&mut json);
    zdd.file("shop.json", &json);
    {
        let mut world = fake.world();
        world.apps.clear();
        case.there.apps().into_iter().for_each(|app| world.add(app));
    }
    let url = fake.url();
    let args: Vec<&str> =
        case.args.iter().map(|arg| if *arg == "MARATHON" { &*url } else { arg }).collect();
    let told = zdd.run(&args);
    let lines: Vec<&str> = told.err.lines().collect();
    let errors = lines.iter().filter(|line| line.starts_with("error: ")).count();
    // A long line goes on, indented; so does a list of clap's.
    let text = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_hinted = case.hint.is_empty() || {
        let hint = text.split_once("hint: ").map_or("", |(_, hint)| hint);
        hint.contains(case.hint)
    };
    let changes = fake.world().changes();
    let is_right = told.code == Some(case.code)
        && errors == 1
        && lines.first().is_some_and(|line| line.starts_with("error: "))
        && text.contains(case.says)
        && is_hinted
        && told.out.is_empty()
        && changes.is_empty();
    (!is_right).then(|| format!("{:?} {:?}: {told:#?} {changes:?}", case.args, case.there))
}

fn check(cases: &[Case]) {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    let wrong: Vec<String> = cases.iter().filter_map(|it| wrong(&fake, &zdd, it)).collect();
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn arguments_that_cannot_be_used() {
    check(ARGUMENTS);
}

#[test]
fn definitions_and_groups_that_cannot_be_used() {
    check(DEFINITIONS);
}
