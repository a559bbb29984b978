//! A definition in one spelling: Marathon 1.5's, with every default written out.
//!
//! Only for comparing two definitions. What is not understood is kept as it is, so that it can only
//! add a difference, never hide one.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use serde_json::{Map, Value, json};

use super::definition::{App, KillSelection};
use super::network::{self, Networking};

/// A definition whose effective values are asked for one by one: two definitions mostly differ early
/// in the list, if at all.
pub(super) struct Effective<'a> {
    app: &'a App,
    networking: OnceCell<Networking>,
}

/// A field and its effective value.
pub(super) type Field = (&'static str, fn(&Effective<'_>) -> Value);

/// The fields whose change makes Marathon replace all instances, in the order of its API.
///
/// Source: `AppDefinition.isUpgrade` in Marathon 1.11.
pub(super) const FIELDS: [Field; 32] = [
    ("cmd", |of| of.given("cmd")),
    ("args", |of| of.or("args", Value::Array(Vec::new()))),
    ("user", |of| of.given("user")),
    ("env", |of| of.or("env", json!({}))),
    ("cpus", |of| of.or("cpus", json!(1))),
    ("mem", |of| of.or("mem", json!(128))),
    ("disk", |of| of.or("disk", json!(0))),
    ("gpus", |of| of.or("gpus", json!(0))),
    ("executor", |of| of.or("executor", json!(""))),
    ("constraints", |of| constraints(of.app)),
    ("fetch", |of| fetch(of.given("fetch"), of.given("uris"))),
    ("portDefinitions", |of| of.networking().port_definitions.clone()),
    ("requirePorts", |of| of.or("requirePorts", json!(false))),
    ("backoffSeconds", |of| of.or("backoffSeconds", json!(1))),
    ("backoffFactor", |of| of.or("backoffFactor", json!(1.15))),
    ("maxLaunchDelaySeconds", |of| of.given("maxLaunchDelaySeconds")),
    ("container", |of| of.networking().container.clone()),
    ("healthChecks", |of| health_checks(of.given("healthChecks"))),
    ("check", |of| general_check(of.given("check"))),
    ("taskKillGracePeriodSeconds", |of| of.given("taskKillGracePeriodSeconds")),
    ("dependencies", |of| set(of.app.dependencies().iter().map(|id| id.as_str().into()))),
    ("upgradeStrategy", |of| strategy(of.app)),
    ("labels", |of| of.or("labels", json!({}))),
    ("acceptedResourceRoles", |of| set(elements(of.given("acceptedResourceRoles")))),
    ("networks", |of| of.networking().networks.clone()),
    ("readinessChecks", |of| readiness_checks(of.given("readinessChecks"))),
    ("secrets", |of| of.or("secrets", json!({}))),
    ("unreachableStrategy", |of| unreachable_strategy(of.given("unreachableStrategy"), of.app)),
    ("killSelection", |of| of.kill_selection()),
    ("tty", |of| of.given("tty")),
    ("role", |of| of.given("role")),
    ("resourceLimits", |of| of.given("resourceLimits")),
];

impl<'a> Effective<'a> {
    pub(super) fn of(app: &'a App) -> Self {
        Self { app, networking: OnceCell::new() }
    }

    fn given(&self, key: &str) -> Value {
        self.app.as_json().get(key).map_or(Value::Null, plain)
    }

    fn or(&self, key: &str, default: Value) -> Value {
        match self.given(key) {
            Value::Null => default,
            value => value,
        }
    }

    fn networking(&self) -> &Networking {
        self.networking.get_or_init(|| network::effective(self.app.as_json()))
    }

    fn kill_selection(&self) -> Value {
        Value::from(match self.app.kill_selection() {
            KillSelection::YoungestFirst => "YOUNGEST_FIRST",
            KillSelection::OldestFirst => "OLDEST_FIRST",
        })
    }
}

impl App {
    /// The definition as Marathon since 1.5 answers it: in the newer spelling, with every default
    /// written out. What means nothing and what Marathon does not know is left out, and so is what
    /// only Marathon sets (`version`, `versionInfo`).
    ///
    /// ```
    /// use zdd_core::app::App;
    ///
    /// let app = App::parse(r#"{"id": "a", "cmd": "a", "ports": [80], "colour": "red"}"#)?;
    /// let full = app.in_full();
    /// assert_eq!(full["portDefinitions"][0]["port"], 80);
    /// assert_eq!(full["networks"][0]["mode"], "host");
    /// assert_eq!((&full["mem"], full.get("colour")), (&128.into(), None));
    /// # Ok::<(), zdd_core::app::ParseError>(())
    /// ```
    pub fn in_full(&self) -> Map<String, Value> {
        let effective = Effective::of(self);
        let fields = FIELDS.iter().map(|(field, value)| (String::from(*field), value(&effective)));
        let mut full: Map<String, Value> = fields.filter(|(_, value)| !value.is_null()).collect();
        full.insert("id".into(), self.id().as_str().into());
        full.insert("instances".into(), self.instances().get().into());
        let executor_resources = effective.given("executorResources");
        if !executor_resources.is_null() {
            full.insert("executorResources".into(), executor_resources);
        }
        full
    }
}

/// `value` without the members that are null, and with whole numbers written as such.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(key, member)| (key.clone(), plain(member)))
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(plain).collect()),
        Value::Number(number) => whole(number.as_f64()).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    }
}

/// `4.0` is `4`. Numbers beyond the exact ones of a double stay as they are.
fn whole(number: Option<f64>) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = number.filter(|number| number.abs() < EXACT)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number is within the exact integers of a double"
    )]
    let whole = number as i64;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "the cast is exact, and so must the comparison be"
    )]
    let is_whole = whole as f64 == number;
    is_whole.then(|| whole.into())
}

/// Writes `default` where `object` has no `key`.
pub(super) fn default(object: &mut Map<String, Value>, key: &str, default: impl Into<Value>) {
    if !object.contains_key(key) {
        object.insert(key.into(), default.into());
    }
}

/// The elements of a list; none of anything else.
pub(super) fn elements(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        _ => Vec::new(),
    }
}

/// The objects of a list, each passed through `change`.
pub(super) fn each(value: Value, change: impl Fn(&mut Map<String, Value>)) -> Vec<Value> {
    let mut list = elements(value);
    for element in &mut list {
        if let Value::Object(object) = element {
            change(object);
        }
    }
    list
}

/// A list whose order and repetitions mean nothing to Marathon.
fn set(values: impl IntoIterator<Item = Value>) -> Value {
    let mut list: Vec<(String, Value)> =
        values.into_iter().map(|value| (alloc::format!("{value}"), value)).collect();
    list.sort_by(|(a, _), (b, _)| a.cmp(b));
    list.dedup_by(|(a, _), (b, _)| a == b);
    Value::Array(list.into_iter().map(|(_, value)| value).collect())
}

fn strategy(app: &App) -> Value {
    let strategy = app.upgrade_strategy();
    plain(&json!({
        "minimumHealthCapacity": strategy.minimum_health_capacity.get(),
        "maximumOverCapacity": strategy.maximum_over_capacity.get(),
    }))
}

fn constraints(app: &App) -> Value {
    set(app.constraints().iter().map(|constraint| {
        let mut parts = alloc::vec![
            Value::from(constraint.field.as_str()),
            constraint.operator.as_str().into(),
        ];
        parts.extend(constraint.value.as_deref().map(Value::from));
        Value::Array(parts)
    }))
}

/// `fetch`, or what the older `uris` says. Old versions of Marathon answer with both.
fn fetch(fetch: Value, uris: Value) -> Value {
    const ARCHIVES: [&str; 7] = [".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip"];
    let artifacts = each(fetch, |artifact| {
        if let Some(path) = artifact.remove("outputFile") {
            default(artifact, "destPath", path);
        }
        default(artifact, "extract", true);
        default(artifact, "executable", false);
        default(artifact, "cache", false);
    });
    if !artifacts.is_empty() {
        return Value::Array(artifacts);
    }
    let from_uri = |uri: Value| {
        let is_archive =
            uri.as_str().is_some_and(|uri| ARCHIVES.iter().any(|end| uri.ends_with(end)));
        json!({"uri": uri, "extract": is_archive, "executable": false, "cache": false})
    };
    Value::Array(elements(uris).into_iter().map(from_uri).collect())
}

fn health_checks(checks: Value) -> Value {
    set(each(checks, |check| {
        default(check, "protocol", "HTTP");
        let protocol = check.get("protocol").and_then(Value::as_str).unwrap_or("");
        let (is_http, is_command) = (protocol.contains("HTTP"), protocol == "COMMAND");
        if is_http {
            default(check, "path", "/");
        }
        if !is_command && !check.contains_key("port") {
            default(check, "portIndex", 0);
        }
        default(check, "gracePeriodSeconds", 300);
        default(check, "intervalSeconds", 60);
        default(check, "timeoutSeconds", 20);
        default(check, "maxConsecutiveFailures", 3);
        default(check, "delaySeconds", 15);
        forget(check, "ignoreHttp1xx", &json!(false));
        forget(check, "ipProtocol", &json!("IPv4"));
    }))
}

fn general_check(check: Value) -> Value {
    let mut list = each(Value::Array(alloc::vec![check]), |check| {
        default(check, "intervalSeconds", 60);
        default(check, "timeoutSeconds", 20);
        default(check, "delaySeconds", 15);
    });
    list.pop().unwrap_or(Value::Null)
}

fn readiness_checks(checks: Value) -> Value {
    Value::Array(each(checks, |check| {
        default(check, "name", "readinessCheck");
        default(check, "protocol", "HTTP");
        default(check, "path", "/");
        default(check, "portName", "http-api");
        default(check, "intervalSeconds", 30);
        default(check, "timeoutSeconds", 10);
        default(check, "httpStatusCodesForReady", json!([200]));
        default(check, "preserveLastResponse", false);
    }))
}

fn unreachable_strategy(given: Value, app: &App) -> Value {
    match given {
        Value::Null if app.is_resident() => json!("disabled"),
        Value::Null => json!({"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0}),
        Value::Object(mut object) => {
            default(&mut object, "inactiveAfterSeconds", 0);
            default(&mut object, "expungeAfterSeconds", 0);
            Value::Object(object)
        }
        other => other,
    }
}

/// Removes a member that says no more than its absence.
pub(super) fn forget(object: &mut Map<String, Value>, key: &str, meaning_nothing: &Value) {
    if object.get(key) == Some(meaning_nothing) {
        object.remove(key);
    }
}
