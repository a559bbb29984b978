//! What cannot be rolled out at all.

use zdd_core::app::App;
use zdd_core::rollout::{Extent, Release};
use zdd_core::units::Timestamp;

use super::{Cause, Shown, cause};

pub(super) const CAUSES: &[Cause] = &[
    cause(
        "a definition that would take over with nothing",
        || release(NOTHING, &[], GROUP),
        "refused",
        &["/shop has 0 instances"],
        "set instances",
    ),
    cause(
        "an app without health checks",
        || release(r#""ports": [80]"#, &[], GROUP),
        "refused",
        &["/shop has no health check"],
        "--no-health-check-ok",
    ),
    cause(
        "no deployment group",
        || release(CHECKED, &[], ""),
        "refused",
        &["/shop has no label HAPROXY_DEPLOYMENT_GROUP"],
        "HAPROXY_DEPLOYMENT_GROUP",
    ),
    cause(
        "no second service port",
        || release(CHECKED, &[("blue", 80)], GROUP),
        "refused",
        &["the service port 80 of /shop-blue"],
        "HAPROXY_DEPLOYMENT_ALT_PORT",
    ),
    cause(
        "a second service port that is the first",
        || {
            release(
                CHECKED,
                &[("blue", 80)],
                r#""HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "80""#,
            )
        },
        "refused",
        &["HAPROXY_DEPLOYMENT_ALT_PORT is `80`"],
        "a service port that no app has",
    ),
    cause(
        "another service port than what runs",
        || release(CHECKED, &[("blue", 81)], GROUP),
        "refused",
        &["port 80", "81"],
        "with the port that runs",
    ),
    cause(
        "three apps in a group",
        || release(CHECKED, &[("blue", 80), ("green", 80), ("red", 80)], GROUP),
        "refused",
        &["has 3 apps: /shop-blue, /shop-green, /shop-red"],
        "promote it, or roll it back",
    ),
];

const GROUP: &str = r#""HAPROXY_DEPLOYMENT_GROUP": "shop""#;
const NOTHING: &str = r#""ports": [80], "healthChecks": []"#;
const CHECKED: &str = r#""ports": [80], "healthChecks": [{"protocol": "HTTP"}]"#;

fn release(fields: &str, running: &[(&str, u16)], labels: &str) -> Shown {
    let instances = if fields == NOTHING { 0 } else { 2 };
    let text =
        format!(r#"{{"id": "/shop", "instances": {instances}, {fields}, "labels": {{{labels}}}}}"#);
    let definition = App::parse(&text).unwrap();
    let group: Vec<App> = running
        .iter()
        .map(|(colour, port)| {
            let text = format!(
                r#"{{"id": "/shop-{colour}", "ports": [{port}],
                    "labels": {{"HAPROXY_DEPLOYMENT_GROUP": "shop"}}}}"#
            );
            App::parse(&text).unwrap()
        })
        .collect();
    let release = Release { definition: &definition, group: &group, allow_no_health_check: false };
    let extent = Extent { instances: 1, target: 2, beside: 0 };
    let error = release.app(extent, Timestamp::EPOCH).unwrap_err();
    Shown { code: "refused".into(), text: error.to_string(), hint: error.hint().map(Into::into) }
}
