//! Marathon's rules about one app.
//!
//! Those about its strategy are the core's and are asked of the whole root group by the model.

use serde_json::Value;
use zdd_core::app::App;
use zdd_core::ports::InvalidDetail;

use super::invalid::detail;
use super::{rules_checks, rules_ports};

/// What is wrong with an app, each problem with its place.
pub(super) fn problems_of(app: &App) -> Vec<InvalidDetail> {
    let mut problems = Vec::new();
    command(app, &mut problems);
    numbers(app, &mut problems);
    environment(app, &mut problems);
    strategies(app, &mut problems);
    let full = app.in_full();
    rules_ports::problems_of(app, &full, &mut problems);
    rules_checks::problems_of(app, &full, &mut problems);
    problems
}

/// Whether a member is there and says something.
pub(super) fn says(app: &App, key: &str) -> bool {
    app.as_json().get(key).is_some_and(|value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        _ => true,
    })
}

fn command(app: &App, problems: &mut Vec<InvalidDetail>) {
    let image = app.as_json().get("container").and_then(|container| {
        let of = |kind: &str| container.get(kind)?.get("image").filter(|image| !image.is_null());
        of("docker").or_else(|| of("appc"))
    });
    let is_right = match (says(app, "cmd"), says(app, "args")) {
        (true, true) => false,
        (false, false) => image.is_some(),
        _ => true,
    };
    if !is_right {
        let error =
            "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
        problems.push(detail("/", error));
    }
}

/// The least that Marathon's API takes of a number.
const LEAST: [(&str, f64, &str); 8] = [
    ("cpus", 0.001, "0.001"),
    ("mem", 0.0, "0"),
    ("disk", 0.0, "0"),
    ("gpus", 0.0, "0"),
    ("backoffSeconds", 0.0, "0"),
    ("backoffFactor", 1.0, "1"),
    ("maxLaunchDelaySeconds", 0.0, "0"),
    ("taskKillGracePeriodSeconds", 0.0, "0"),
];

fn numbers(app: &App, problems: &mut Vec<InvalidDetail>) {
    for (key, least, text) in LEAST {
        let number = app.as_json().get(key).and_then(Value::as_f64);
        if let Some(number) = number.filter(|number| *number < least) {
            let error = format!("got {number}, expected {text} or more");
            problems.push(detail(format!("/{key}"), error));
        }
    }
}

fn environment(app: &App, problems: &mut Vec<InvalidDetail>) {
    let variables = app.as_json().get("env").and_then(Value::as_object);
    for (key, value) in variables.into_iter().flatten() {
        let error = match value {
            _ if key.is_empty() || key.contains(['=', '\0']) => {
                "a variable needs a name, without `=`"
            }
            Value::String(text) if text.contains('\0') => "a value may not contain a zero byte",
            Value::String(_) => continue,
            Value::Object(object) if object.contains_key("secret") => {
                "there is no secret store here; give the value itself"
            }
            _ => "error.expected.jsstring",
        };
        problems.push(detail(format!("/env/{key}"), error));
    }
}

fn strategies(app: &App, problems: &mut Vec<InvalidDetail>) {
    if app.has_partial_upgrade_strategy() {
        let strategy = &app.as_json()["upgradeStrategy"];
        let missing = |key: &&str| strategy.get(*key).is_none_or(Value::is_null);
        for key in
            ["minimumHealthCapacity", "maximumOverCapacity"].iter().filter(|key| missing(key))
        {
            let error = "is missing; since Marathon 1.5 both numbers have to be given";
            problems.push(detail(format!("/upgradeStrategy/{key}"), error));
        }
    }
    let unreachable = app.as_json().get("unreachableStrategy");
    let seconds = |key: &str| unreachable.and_then(|it| it.get(key)?.as_f64()).unwrap_or(0.0);
    if seconds("inactiveAfterSeconds") > seconds("expungeAfterSeconds") {
        let error = "inactiveAfterSeconds must be less than or equal to expungeAfterSeconds";
        problems.push(detail("/unreachableStrategy", error));
    }
}
