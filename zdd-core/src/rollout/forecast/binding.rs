//! What a plan was made from, so that it is seen when that is not so any more.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::Digest;
use crate::app::App;
use crate::rollout::pushed::Known;
use crate::rollout::record::Record;
use crate::rollout::target::OnDrainTimeout;
use crate::units::{AppId, Timestamp};

/// All that a plan follows from: what is to be done, to what, and what was seen of it. Moments at which
/// something was planned or begun are no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Binding {
    /// What would be written to remember the rollout by; none for a rolling upgrade, which Marathon
    /// remembers.
    pub record: Option<Record>,
    /// How long sessions have to end, in milliseconds, and what becomes of those that do not; none for a
    /// rolling upgrade, which waits for no session.
    pub drain: Option<(u64, OnDrainTimeout)>,
    /// The app that would be created or put in the place of what runs.
    pub definition: Digest,
    /// What was seen.
    pub seen: Sight,
}

/// What was seen when something was planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "whoever looks fills all of it in")]
pub struct Sight {
    /// Whether it was seen at all, or read from files, or assumed.
    pub is_live: bool,
    /// The apps of the deployment group that run, or the one app.
    pub apps: Vec<Seen>,
    /// The generation of the rollout's record, where there is one.
    pub generation: Option<u64>,
}

/// An app, as far as a plan depends on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all that counts")]
pub struct Seen {
    /// Which.
    pub app: AppId,
    /// Its version, where Marathon has given it one.
    pub version: Option<Timestamp>,
    /// How many instances it should have.
    pub instances: u32,
}

/// Something in which the world, or what is asked for, is not as it was when it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What, such as `instances of /shop-blue`.
    pub what: String,
    /// As it was planned.
    pub planned: String,
    /// As it is.
    pub found: String,
}

impl Binding {
    /// A rollout, as `record` and `app` say it.
    pub fn of_rollout(
        record: &Record,
        app: &App,
        drain: (core::time::Duration, OnDrainTimeout),
        seen: Sight,
    ) -> Self {
        // Which definitions there are, `seen` says.
        let (since, known) = (Timestamp::EPOCH, Known::default());
        let record = Record { since, known, ..record.clone() };
        let ms = u64::try_from(drain.0.as_millis()).unwrap_or(u64::MAX);
        Self {
            record: Some(record),
            drain: Some((ms, drain.1)),
            definition: Digest::of_app(app),
            seen: seen.sorted(),
        }
    }

    /// Marathon's rolling upgrade to `app`.
    pub fn of_upgrade(app: &App, seen: Sight) -> Self {
        Self { record: None, drain: None, definition: Digest::of_app(app), seen: seen.sorted() }
    }

    /// A short name for it.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&serde_json::to_value(self).unwrap_or_default())
    }

    /// In what `found` differs from this, the plan: first what runs, then what is asked for.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut all = self.seen.differences(&found.seen);
        if self.definition != found.definition {
            all.push(difference("the definition", self.definition, found.definition));
        }
        all.extend(of_fields("", &self.record, &found.record));
        all.extend(of_fields("the drain timeout", &self.drain, &found.drain));
        all
    }
}

impl Sight {
    /// What was seen of apps that run.
    pub fn live<'a>(apps: impl IntoIterator<Item = &'a App>, generation: Option<u64>) -> Self {
        let seen = |app: &App| Seen {
            app: app.id().clone(),
            version: app.version(),
            instances: app.instances().get(),
        };
        Self { is_live: true, apps: apps.into_iter().map(seen).collect(), generation }
    }

    fn sorted(mut self) -> Self {
        self.apps.sort();
        self
    }

    fn differences(&self, found: &Self) -> Vec<Difference> {
        let mut all = Vec::new();
        let by_id = |sight: &Self| -> BTreeMap<AppId, Seen> {
            sight.apps.iter().map(|it| (it.app.clone(), it.clone())).collect()
        };
        let (planned, now) = (by_id(self), by_id(found));
        for (id, before) in &planned {
            let Some(it) = now.get(id) else {
                all.push(difference(id, "there", "gone"));
                continue;
            };
            if before.instances != it.instances {
                let what = format!("instances of {id}");
                all.push(difference(what, before.instances, it.instances));
            }
            if before.version != it.version {
                let text = |version: Option<Timestamp>| {
                    version.map_or_else(|| String::from("none"), |it| it.to_string())
                };
                let (before, now) = (text(before.version), text(it.version));
                all.push(difference(format!("version of {id}"), before, now));
            }
        }
        let added = now.keys().filter(|id| !planned.contains_key(*id));
        all.extend(added.map(|id| difference(id, "not there", "there")));
        if self.generation != found.generation {
            let text = |of: Option<u64>| of.map_or_else(|| String::from("none"), |n| n.to_string());
            let (before, now) = (text(self.generation), text(found.generation));
            all.push(difference("generation of the record", before, now));
        }
        all
    }
}

/// The fields in which two values of one form differ; where they have none, they differ as a whole.
fn of_fields(name: &str, planned: &impl Serialize, found: &impl Serialize) -> Vec<Difference> {
    let planned = serde_json::to_value(planned).unwrap_or_default();
    let found = serde_json::to_value(found).unwrap_or_default();
    let (Value::Object(before), Value::Object(now)) = (&planned, &found) else {
        let is_same = planned == found;
        let name = if name.is_empty() { "the way it is done" } else { name };
        return if is_same { Vec::new() } else { alloc::vec![difference(name, planned, found)] };
    };
    let differs = |(name, before): (&String, &Value)| {
        let now = now.get(name).unwrap_or(&Value::Null);
        (now != before).then(|| difference(format!("`{name}`"), before, now))
    };
    before.iter().filter_map(differs).collect()
}

fn difference(
    what: impl fmt::Display,
    planned: impl fmt::Display,
    found: impl fmt::Display,
) -> Difference {
    Difference { what: what.to_string(), planned: planned.to_string(), found: found.to_string() }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, planned, found } = self;
        write!(f, "{what}: {planned} in the plan, {found} now")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::record::Phase;
    use crate::rollout::{Growth, Traffic};
    use core::time::Duration;

    fn app(text: &str) -> App {
        App::parse(text).unwrap()
    }

    fn old(instances: u32, version: &str) -> App {
        app(&format!(r#"{{"id": "/blue", "instances": {instances}, "version": "{version}"}}"#))
    }

    fn record() -> Record {
        Record {
            phase: Phase::Promote,
            old: Some("/blue".parse().unwrap()),
            new: "/green".parse().unwrap(),
            traffic: Traffic::ByInstances,
            growth: Growth::ByHalf,
            ..crate::testing::record()
        }
    }

    fn binding(record: &Record, definition: &str, old: &App) -> Binding {
        let drain = (Duration::from_secs(300), OnDrainTimeout::Stop);
        Binding::of_rollout(record, &app(definition), drain, Sight::live([old], None))
    }

    const V1: &str = "2026-01-01T00:00:00.000Z";
    const V2: &str = "2026-01-02T00:00:00.000Z";
    const GREEN: &str = r#"{"id": "/green", "cmd": "a", "cpus": 1, "labels": {"X": "1"}}"#;

    #[test]
    fn moments_and_the_order_of_fields_are_no_part_of_it() {
        let planned = binding(&record(), GREEN, &old(3, V1));
        let later = Record { since: Timestamp::from_millis(9), ..record() };
        let other = r#"{"labels": {"HAPROXY_DEPLOYMENT_STARTED_AT": "2026", "X": "1"}, "cpus": 1,
                        "cmd": "a", "id": "/green"}"#;
        let found = binding(&later, other, &old(3, V1));
        assert_eq!(planned.digest(), found.digest());
        assert_eq!(planned.differences(&found), []);
        let json = serde_json::to_string(&planned).unwrap();
        assert_eq!(serde_json::from_str::<Binding>(&json).unwrap(), planned);
        assert_eq!(planned.digest().to_string().parse(), Ok(planned.digest()));
    }

    #[test]
    fn whatever_differs_is_named() {
        let planned = binding(&record(), GREEN, &old(3, V1));
        let texts = |found: &Binding| -> Vec<String> {
            assert_ne!(planned.digest(), found.digest());
            planned.differences(found).iter().map(ToString::to_string).collect()
        };
        let found = binding(&record(), GREEN, &old(4, V2));
        assert_eq!(
            texts(&found),
            [
                "instances of /blue: 3 in the plan, 4 now".to_string(),
                format!("version of /blue: {V1} in the plan, {V2} now"),
            ]
        );
        let found = binding(&record(), &GREEN.replace("\"a\"", "\"b\""), &old(3, V1));
        assert!(texts(&found)[0].starts_with("the definition: "));
        let found = binding(&Record { growth: Growth::By(2), ..record() }, GREEN, &old(3, V1));
        assert_eq!(texts(&found), [r#"`growth`: "by-half" in the plan, {"by":2} now"#]);
        let mut found = binding(&record(), GREEN, &old(3, V1));
        found.seen.generation = Some(2);
        assert_eq!(texts(&found), ["generation of the record: none in the plan, 2 now"]);
        let other = app(r#"{"id": "/red"}"#);
        let found = binding(&record(), GREEN, &other);
        assert_eq!(
            texts(&found),
            ["/blue: there in the plan, gone now", "/red: not there in the plan, there now"]
        );
        let mut found = binding(&record(), GREEN, &old(3, V1));
        found.drain = Some((1, OnDrainTimeout::Kill));
        assert_eq!(texts(&found).len(), 1);
        let found = Binding::of_upgrade(&app(GREEN), planned.seen.clone());
        assert!(texts(&found)[0].starts_with("the way it is done: "));
    }
}
