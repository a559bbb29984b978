//! What is in Marathon already.

use serde_json::{Value, json};

/// What is there already.
#[derive(Clone, Copy, Debug)]
pub(crate) enum There {
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
/// What is to be deployed.
pub(crate) fn definition() -> Value {
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
    pub(crate) fn apps(self) -> Vec<Value> {
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
