//! What a new definition changes.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::definition::App;
use super::effective::{Effective, FIELDS, Field};
use super::network::keep_ports;
use super::problem::{OneLine, excerpt};

/// A field of an app that Marathon sees changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field, in the spelling of Marathon 1.5.
    pub field: &'static str,
    /// The effective value before; null for none.
    pub old: Value,
    /// The effective value now; null for none.
    pub new: Value,
}

/// `cpus: 0.1 -> 0.2`, long values cut.
impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = |value: &Value| excerpt(&alloc::format!("{value}"));
        let Self { field, old, new } = self;
        write!(OneLine(f), "{field}: {} -> {}", cut(old), cut(new))
    }
}

impl App {
    /// The fields in which this definition differs from `old`, so that Marathon replaces all
    /// instances. Instances, versions and `executorResources` are not among them.
    ///
    /// Effective values are compared: the older spelling of the same thing, or a default that is
    /// written out, is no difference. Nor is what Marathon fills in by itself: a service port of 0
    /// keeps the old number, an absent `role` the old role, and an absent `maxLaunchDelaySeconds`
    /// is either of its defaults, 300 or (in older versions) 3600.
    ///
    /// Source: `AppDefinition.isUpgrade` in Marathon 1.11.
    ///
    /// ```
    /// use zdd_core::app::App;
    ///
    /// let old = App::parse(r#"{"id": "/a", "uris": ["http://host/a.tgz"], "cpus": 0.1}"#)?;
    /// let new = App::parse(
    ///     r#"{"id": "/a", "fetch": [{"uri": "http://host/a.tgz"}], "cpus": 0.2}"#,
    /// )?;
    /// let changes = new.differences_from(&old);
    /// assert_eq!(changes.len(), 1);
    /// assert_eq!(changes[0].to_string(), "cpus: 0.1 -> 0.2");
    /// # Ok::<(), zdd_core::app::ParseError>(())
    /// ```
    pub fn differences_from(&self, old: &Self) -> Vec<FieldChange> {
        self.changes_from(old).collect()
    }

    /// Whether Marathon replaces all instances when this definition takes the place of `old`. Looks
    /// no further than the first difference.
    pub fn is_upgrade_of(&self, old: &Self) -> bool {
        self.changes_from(old).next().is_some()
    }

    fn changes_from(&self, old: &Self) -> impl Iterator<Item = FieldChange> {
        let (from, to) = (Effective::of(old), Effective::of(self));
        let fields: &[Field] = if self.is_written_as(old) { &[] } else { &FIELDS };
        fields.iter().filter_map(move |(field, value)| {
            FieldChange { field, old: value(&from), new: value(&to) }.seen_by_marathon()
        })
    }

    /// Whether nothing but the number of instances differs from `old`.
    pub fn is_only_scaled_from(&self, old: &Self) -> bool {
        self.instances() != old.instances() && !self.is_upgrade_of(old)
    }

    /// Whether all that could make a difference is the same text. Most apps of a group do not
    /// change, and this is much cheaper than the effective values.
    fn is_written_as(&self, old: &Self) -> bool {
        let relevant =
            |key: &&String| !matches!(key.as_str(), "id" | "instances" | "version" | "versionInfo");
        let (new, old) = (self.as_json(), old.as_json());
        let of = |json: &Map<String, Value>| json.keys().filter(relevant).count();
        of(new) == of(old)
            && new
                .iter()
                .filter(|(key, _)| relevant(key))
                .all(|(key, value)| old.get(key) == Some(value))
    }
}

impl FieldChange {
    /// The change that is left after what Marathon fills in by itself; none if nothing is.
    fn seen_by_marathon(mut self) -> Option<Self> {
        match self.field {
            "portDefinitions" => keep_ports(&mut self.new, &self.old, "port"),
            "container" => {
                if let (Some(new), Some(old)) =
                    (self.new.get_mut("portMappings"), self.old.get("portMappings"))
                {
                    keep_ports(new, old, "servicePort");
                }
            }
            "role" if self.new.is_null() || self.old.is_null() => return None,
            "maxLaunchDelaySeconds" => {
                let is_default = |v: &Value| v.is_null() || *v == json!(300) || *v == json!(3600);
                let one_is_absent = self.new.is_null() || self.old.is_null();
                if one_is_absent && is_default(&self.new) && is_default(&self.old) {
                    return None;
                }
            }
            _ => {}
        }
        (self.old != self.new).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    fn app(members: &str) -> App {
        App::parse(&format!("{{\"id\": \"/shop/a\", {members}}}")).unwrap()
    }

    fn changed(old: &str, new: &str) -> Vec<&'static str> {
        let changes = app(new).differences_from(&app(old));
        changes.into_iter().map(|change| change.field).collect()
    }

    #[test]
    fn another_spelling_is_no_difference() {
        for (one, other) in [
            (r#""cmd": "x""#, r#""cmd": "x", "args": null, "env": {}, "cpus": 1.0, "mem": 128"#),
            (
                r#""ports": [8080, 0]"#,
                r#""portDefinitions": [{"port": 8080}, {"port": 0, "protocol": "tcp"}]"#,
            ),
            (r#""cmd": "x""#, r#""cmd": "x", "portDefinitions": [{"port": 0, "name": "default"}]"#),
            (
                r#""uris": ["u.zip", "v"]"#,
                r#""fetch": [{"uri": "u.zip"}, {"uri": "v", "extract": false, "cache": false}]"#,
            ),
            (
                r#""container": {"docker": {"image": "i", "network": "BRIDGE", "portMappings": [{"containerPort": 80}]}}"#,
                r#""networks": [{"mode": "container/bridge"}], "container": {"type": "DOCKER", "volumes": [],
                   "docker": {"image": "i", "privileged": false}, "portMappings": [{"containerPort": 80, "hostPort": 0}]}"#,
            ),
            (
                r#""container": {"docker": {"image": "i", "network": "USER"}}, "ipAddress": {"networkName": "n"}"#,
                r#""networks": [{"name": "n"}], "container": {"docker": {"image": "i"}}"#,
            ),
            (
                r#""container": {"type": "DOCKER", "docker": {"image": "i", "network": "HOST"}}"#,
                r#""networks": [{"mode": "host"}], "container": {"type": "DOCKER", "docker": {"image": "i"}}"#,
            ),
            (
                r#""healthChecks": [{}]"#,
                r#""healthChecks": [{"protocol": "HTTP", "path": "/", "portIndex": 0, "gracePeriodSeconds": 300.0}]"#,
            ),
            (
                r#""readinessChecks": [{}]"#,
                r#""readinessChecks": [{"name": "readinessCheck", "httpStatusCodesForReady": [200]}]"#,
            ),
            (
                r#""constraints": [["hostname", "unique"], ["a", "IS", "1"]]"#,
                r#""constraints": [["a", "IS", "1"], ["hostname", "UNIQUE"]]"#,
            ),
            (r#""dependencies": ["/shop/b", "/c"]"#, r#""dependencies": ["/c", "shop/b"]"#),
            (
                r#""cmd": "x""#,
                r#""cmd": "x", "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 1.0}"#,
            ),
            (
                r#""upgradeStrategy": {"minimumHealthCapacity": 0.5}"#,
                r#""upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 1}"#,
            ),
            (
                r#""cmd": "x", "instances": 1"#,
                r#""cmd": "x", "instances": 7, "version": "2016-10-13T13:31:39.067Z""#,
            ),
            (
                r#""cmd": "x""#,
                r#""cmd": "x", "executorResources": {"cpus": 1}, "killSelection": "YOUNGEST_FIRST""#,
            ),
            (r#""cmd": "x""#, r#""cmd": "x", "maxLaunchDelaySeconds": 3600, "role": "web""#),
        ] {
            assert_eq!(changed(one, other), [""; 0], "{one} -> {other}");
            assert_eq!(changed(other, one), [""; 0], "{other} -> {one}");
        }
    }

    #[test]
    fn each_field_of_an_upgrade_is_named() {
        for (new, field) in [
            (r#""cmd": "y""#, "cmd"),
            (r#""args": ["y"]"#, "args"),
            (r#""user": "u""#, "user"),
            (r#""env": {"A": "1"}"#, "env"),
            (r#""cpus": 2"#, "cpus"),
            (r#""mem": 64"#, "mem"),
            (r#""disk": 1"#, "disk"),
            (r#""gpus": 1"#, "gpus"),
            (r#""executor": "e""#, "executor"),
            (r#""constraints": [["hostname", "UNIQUE"]]"#, "constraints"),
            (r#""uris": ["u"]"#, "fetch"),
            (r#""ports": [1, 2]"#, "portDefinitions"),
            (r#""requirePorts": true"#, "requirePorts"),
            (r#""backoffSeconds": 2"#, "backoffSeconds"),
            (r#""backoffFactor": 2"#, "backoffFactor"),
            (r#""maxLaunchDelaySeconds": 60"#, "maxLaunchDelaySeconds"),
            (r#""container": {"docker": {"image": "i"}}"#, "container"),
            (r#""healthChecks": [{}]"#, "healthChecks"),
            (r#""check": {"exec": {}}"#, "check"),
            (r#""taskKillGracePeriodSeconds": 5"#, "taskKillGracePeriodSeconds"),
            (r#""dependencies": ["/b"]"#, "dependencies"),
            (r#""upgradeStrategy": {"maximumOverCapacity": 0.5}"#, "upgradeStrategy"),
            (r#""labels": {"a": "b"}"#, "labels"),
            (r#""acceptedResourceRoles": ["*"]"#, "acceptedResourceRoles"),
            (r#""readinessChecks": [{}]"#, "readinessChecks"),
            (r#""secrets": {"a": {"source": "/b"}}"#, "secrets"),
            (r#""unreachableStrategy": "disabled""#, "unreachableStrategy"),
            (r#""killSelection": "OLDEST_FIRST""#, "killSelection"),
            (r#""tty": true"#, "tty"),
            (r#""resourceLimits": {"cpus": 2}"#, "resourceLimits"),
        ] {
            assert_eq!(changed(r#""instances": 2"#, new), [field], "{new}");
        }
        assert_eq!(
            changed(r#""cpus": 1"#, r#""networks": [{"mode": "container", "name": "n"}]"#),
            ["portDefinitions", "networks"]
        );
        assert_eq!(changed(r#""role": "a""#, r#""role": "b""#), ["role"]);
    }

    #[test]
    fn a_zero_port_keeps_the_number_that_marathon_gave() {
        let none = [""; 0];
        assert_eq!(changed(r#""ports": [10001, 10002]"#, r#""ports": [0, 0]"#), none);
        assert_eq!(changed(r#""ports": [10001, 10002]"#, r#""ports": [10001, 0]"#), none);
        let moved = changed(r#""ports": [10001, 10002]"#, r#""ports": [10002, 0]"#);
        assert_eq!(moved, ["portDefinitions"]);
        let given = changed(r#""ports": [0]"#, r#""ports": [10001]"#);
        assert_eq!(given, ["portDefinitions"]);
        let mapped = |port: u16| {
            format!(
                r#""networks": [{{"mode": "container/bridge"}}],
                "container": {{"portMappings": [{{"containerPort": 80, "servicePort": {port}}}]}}"#
            )
        };
        assert_eq!(changed(&mapped(10_000), &mapped(0)), none);
        assert_eq!(changed(&mapped(10_000), &mapped(10_001)), ["container"]);
    }

    #[test]
    fn scaling_is_not_an_upgrade() {
        let (two, four) =
            (app(r#""cmd": "x", "instances": 2"#), app(r#""cmd": "x", "instances": 4"#));
        assert!(four.is_only_scaled_from(&two) && !four.is_upgrade_of(&two));
        assert!(!two.is_only_scaled_from(&two) && !two.is_upgrade_of(&two));
        let other = app(r#""cmd": "y", "instances": 4"#);
        assert!(other.is_upgrade_of(&two) && !other.is_only_scaled_from(&two));
        let long = format!(r#""cmd": "{}""#, "z".repeat(1000));
        let text = app(&long).differences_from(&two)[0].to_string();
        assert!(text.starts_with(r#"cmd: "x" -> "zzz"#) && text.chars().count() < 150, "{text}");
    }
}
