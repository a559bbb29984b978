//! The command line of zdd.py.

use serde_json::Value;

use crate::case::{Case, case, check, drop_label, none, same, usage};
use crate::there::There;

const PY: &[&str] = &["-j", "shop.json", "-m", "MARATHON", "-l", "http://127.0.0.1:1"];

/// zdd.py has no such flag.
const TAKE_OVER: &str =
    "`zdd resume shop --take-over` goes on in its place, `zdd abort shop --take-over`";

/// How a group is refused that is there.
const fn group(
    option: &'static [&'static str],
    there: There,
    says: &'static str,
    hint: &'static str,
) -> Case {
    case(PY, same, there, 2, says, hint).with(option)
}

const ARGUMENTS: &[Case] = &[
    usage(&["-j", "shop.json", "-m", "MARATHON"], 2, "required arguments were not provided"),
    usage(PY, 2, "cannot").with(&["-c", "-p"]),
    usage(PY, 2, "cannot").with(&["-r", "-c"]),
    usage(PY, 2, "'-1'").with(&["-i=-1"]),
    usage(PY, 2, "'-1'").with(&["-n=-1"]),
    usage(PY, 2, "'-1'").with(&["-w=-1"]),
];

const GROUPS: &[Case] = &[
    group(&["-f"], There::Twins, "shop has two apps", "--resume or --complete-cur"),
    case(PY, none, There::Nothing, 2, "/shop has 0 instances", "set instances to what")
        .with(&["-f"]),
    group(&["-f"], There::Suspended, "/shop-blue has 0 instances: it is", "scale it to what"),
    group(&["-fc"], There::Idle, "/shop-green has 0 instances: it is", "scale it to what"),
    group(&["-fr"], There::Idle, "/shop-green has 0 instances: it is", "scale it to what"),
    group(&["-fp"], There::Idle, "/shop-blue has 0 instances: it is", "scale it to what"),
    case(PY, same, There::Three, 3, "has 3 apps: /shop-1, /shop-2, /shop-3", "promote it, or")
        .with(&["-f"]),
    case(PY, same, There::One(10_080), 3, "shop has not two apps", "deploy first")
        .with(&["-f", "-c"]),
    case(
        PY,
        |app| drop_label(app, "HAPROXY_DEPLOYMENT_ALT_PORT"),
        There::Nothing,
        4,
        "the app has no label HAPROXY_DEPLOYMENT_ALT_PORT",
        "",
    )
    .with(&["-f"]),
    case(PY, nameless, There::Held, 4, "a label HAPROXY_DEPLOYMENT_GROUP without a name", "")
        .with(&["-f"]),
    case(PY, slash, There::Held, 4, "a label HAPROXY_DEPLOYMENT_GROUP without a name", "")
        .with(&["-f"]),
    case(PY, same, There::Held, 12, "shop is held by ann@build-7, process 1", TAKE_OVER)
        .with(&["-f"]),
];

fn nameless(app: &mut Value) {
    app["labels"]["HAPROXY_DEPLOYMENT_GROUP"] = "".into();
}

fn slash(app: &mut Value) {
    app["labels"]["HAPROXY_DEPLOYMENT_GROUP"] = "/".into();
}

#[test]
fn arguments_that_cannot_be_used() {
    check(ARGUMENTS);
}

#[test]
fn definitions_and_groups_that_cannot_be_used() {
    check(GROUPS);
}
