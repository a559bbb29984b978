//! Definitions that cannot be deployed, or not beside what runs.

use serde_json::{Value, json};

use crate::case::{CANARY, Case, DEPLOY, LB, case, check, drop_label, none, same};
use crate::there::There;

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
    case(DEPLOY, unchecked, There::Nothing, 4, "/shop has no health check", "--no-health-check-ok"),
    case(CANARY, unchecked, There::One(10_080), 4, "has no health check", "--no-health-check-ok"),
    case(DEPLOY, none, There::One(10_080), 2, "/shop has 0 instances", "set instances to what"),
    case(CANARY, none, There::One(10_080), 2, "/shop has 0 instances", "set instances to what"),
    case(DEPLOY, negative, There::One(10_080), 2, "/instances", ""),
    case(CANARY, negative, There::Nothing, 2, "/instances", ""),
    case(DEPLOY, |app| app["id"] = "${ID}".into(), There::Nothing, 2, "/id", ""),
];

fn unchecked(app: &mut Value) {
    app.as_object_mut().unwrap().remove("healthChecks").unwrap();
}

fn negative(app: &mut Value) {
    app["instances"] = (-2).into();
}

#[test]
fn definitions_that_cannot_be_used() {
    check(DEFINITIONS);
}
