//! The JSON of Marathon's events, 1.3 to the last, with everything skipped that no verdict needs.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::event::{About, Action, Definition, Event, Facts, Kind, Plan, Progress, Stage, What};
use super::log::Trouble;
use super::moment::moment;
use crate::capacity::UpgradeStrategy;
use crate::units::InstanceCount;

/// Reads the event in `json`, which is at `line` of a recording.
pub(super) fn decode(json: &[u8], line: u64) -> Result<Event<'_>, Trouble> {
    // Checked once as a whole, which is faster than text by text.
    let json = core::str::from_utf8(json).map_err(|_| Trouble::NotUtf8)?;
    let wire: Wire<'_> = serde_json::from_str(json)
        .map_err(|error| if error.is_eof() { Trouble::Truncated } else { Trouble::NotAnEvent })?;
    let at = wire.timestamp.as_ref().and_then(|text| moment(&text.0)).ok_or(Trouble::NoTime)?;
    let what = wire.what()?;
    Ok(Event { at, line, what })
}

/// A text that borrows from its source unless it has escapes. Unlike `Cow` it does so inside
/// `Option`, too.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// All fields that any event of interest has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    app_id: Option<Text<'a>>,
    #[serde(borrow)]
    run_spec_id: Option<Text<'a>>,
    #[serde(borrow)]
    task_id: Option<Text<'a>>,
    #[serde(borrow)]
    instance_id: Option<Text<'a>>,
    #[serde(borrow)]
    task_status: Option<Text<'a>>,
    #[serde(borrow)]
    condition: Option<Text<'a>>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    run_spec_version: Option<Text<'a>>,
    alive: Option<bool>,
    healthy: Option<bool>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    plan: Option<WirePlan<'a>>,
    #[serde(borrow)]
    current_step: Option<WireStep<'a>>,
    #[serde(borrow)]
    app_definition: Option<WireApp<'a>>,
}

impl<'a> Wire<'a> {
    fn what(self) -> Result<What<'a>, Trouble> {
        let name = self.event_type.0.clone();
        Ok(match &*name {
            "status_update_event" => {
                let status = self.task_status.as_ref().ok_or(Trouble::NotAnEvent)?;
                let stage = Stage::of_task(&status.0).ok_or_else(|| unknown(&status.0))?;
                What::Stage(self.about()?, stage)
            }
            "instance_changed_event" => {
                let condition = self.condition.as_ref().ok_or(Trouble::NotAnEvent)?;
                let stage =
                    Stage::of_condition(&condition.0).ok_or_else(|| unknown(&condition.0))?;
                What::Stage(self.about()?, stage)
            }
            "unknown_instance_terminated_event" => What::Other,
            "health_status_changed_event" => {
                let alive = self.alive.ok_or(Trouble::NotAnEvent)?;
                What::Health(self.about()?, alive)
            }
            "instance_health_changed_event" => match self.healthy {
                Some(healthy) => What::Health(self.about()?, healthy),
                // Not known yet, or not any more.
                None => What::Other,
            },
            "api_post_event" => match self.app_definition {
                Some(app) => What::Defined(app.into()),
                None => What::Other,
            },
            "add_health_check_event" => {
                What::HealthCheckAdded { app: self.app_id.ok_or(Trouble::NotAnEvent)?.0 }
            }
            "deployment_info" => self.step(Progress::Begins)?,
            "deployment_step_success" => self.step(Progress::Succeeded)?,
            "deployment_step_failure" => self.step(Progress::Failed)?,
            "deployment_success" => self.ended(true)?,
            "deployment_failed" => self.ended(false)?,
            name if SILENT.contains(&name) => What::Other,
            name => return Err(unknown(name)),
        })
    }

    fn about(self) -> Result<About<'a>, Trouble> {
        let app = self.app_id.or(self.run_spec_id).ok_or(Trouble::NotAnEvent)?.0;
        let task = self.instance_id.or(self.task_id).ok_or(Trouble::NotAnEvent)?.0;
        let version = self.version.or(self.run_spec_version).map_or(Cow::Borrowed(""), |v| v.0);
        Ok(About { app, task, version })
    }

    fn step(self, progress: Progress) -> Result<What<'a>, Trouble> {
        let plan = self.plan.ok_or(Trouble::NotAnEvent)?.into();
        let current = self.current_step.map(|step| step.actions.0).unwrap_or_default();
        Ok(What::Step { plan, progress, current })
    }

    fn ended(self, success: bool) -> Result<What<'a>, Trouble> {
        let empty = self.plan.as_ref().is_some_and(|plan| plan.steps.is_empty());
        let of_plan = self.plan.map(|plan| plan.id);
        let id = self.id.or(of_plan).ok_or(Trouble::NotAnEvent)?.0;
        Ok(What::Ended { id, success, empty })
    }
}

/// Events that say nothing about the instances of an app.
const SILENT: &[&str] = &[
    "app_terminated_event",
    "event_stream_attached",
    "event_stream_detached",
    "failed_health_check_event",
    "framework_message_event",
    "group_change_failed",
    "group_change_success",
    "pod_created_event",
    "pod_deleted_event",
    "pod_updated_event",
    "remove_health_check_event",
    "scheduler_disconnected_event",
    "scheduler_registered_event",
    "scheduler_reregistered_event",
    "subscribe_event",
    "unhealthy_instance_kill_event",
    "unhealthy_task_kill_event",
    "unsubscribe_event",
];

fn unknown(name: &str) -> Trouble {
    Trouble::UnknownEvent(name.chars().take(60).collect::<String>().into())
}

#[derive(Deserialize)]
struct WirePlan<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    steps: Vec<WireStep<'a>>,
    #[serde(borrow)]
    original: Option<Apps<'a>>,
    #[serde(borrow)]
    target: Option<Apps<'a>>,
}

impl<'a> From<WirePlan<'a>> for Plan<'a> {
    fn from(wire: WirePlan<'a>) -> Self {
        let steps: Vec<Vec<Action<'a>>> =
            wire.steps.into_iter().map(|step| step.actions.0).collect();
        // The root groups hold every app of the cluster; a deployment is about a few.
        let mut ids: Vec<&str> = steps.iter().flatten().map(|action| &*action.app).collect();
        ids.sort_unstable();
        let affected = |apps: Option<Apps<'a>>| -> Vec<Definition<'a>> {
            let apps = apps.map(|apps| apps.0).unwrap_or_default();
            let apps = apps.into_iter().filter(|app| ids.binary_search(&&*app.id.0).is_ok());
            apps.map(Definition::from).collect()
        };
        let (original, target) = (affected(wire.original), affected(wire.target));
        let version = wire.version.map_or(Cow::Borrowed(""), |version| version.0);
        Self { id: wire.id.0, version, steps, original, target }
    }
}

#[derive(Deserialize)]
struct WireStep<'a> {
    #[serde(borrow, default)]
    actions: Actions<'a>,
}

#[derive(Default)]
struct Actions<'a>(Vec<Action<'a>>);

#[derive(Deserialize)]
struct WireAction<'a> {
    #[serde(borrow)]
    action: Option<Text<'a>>,
    // 1.3 wrote `type` in some places, and `action` in others.
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    app: Option<Text<'a>>,
    #[serde(borrow)]
    pod: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Actions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Vec::<WireAction<'a>>::deserialize(deserializer)?;
        let action = |wire: WireAction<'a>| {
            let name = wire.action.or(wire.kind);
            let kind = match name.as_ref().map_or("", |name| &name.0) {
                "StartApplication" | "StartPod" => Kind::Start,
                "ScaleApplication" | "ScalePod" => Kind::Scale,
                "StopApplication" | "StopPod" => Kind::Stop,
                "RestartApplication" | "RestartPod" => Kind::Restart,
                _ => Kind::Other,
            };
            let app = wire.app.or(wire.pod)?.0;
            Some(Action { app, kind })
        };
        Ok(Self(wire.into_iter().filter_map(action).collect()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireApp<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    instances: Option<InstanceCount>,
    upgrade_strategy: Option<UpgradeStrategy>,
    #[serde(default)]
    health_checks: Any,
    #[serde(default)]
    readiness_checks: Any,
    #[serde(borrow)]
    version: Option<Text<'a>>,
}

impl<'a> From<WireApp<'a>> for Definition<'a> {
    fn from(wire: WireApp<'a>) -> Self {
        Self {
            app: wire.id.0,
            version: wire.version.map_or(Cow::Borrowed(""), |version| version.0),
            facts: Facts {
                instances: wire.instances,
                strategy: wire.upgrade_strategy,
                has_health_checks: wire.health_checks.0,
                has_readiness_checks: wire.readiness_checks.0,
            },
        }
    }
}

/// Whether a list, if there is one, has elements.
#[derive(Default)]
struct Any(bool);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Any;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Any, E> {
                Ok(Any(false))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Any, A::Error> {
                let mut any = false;
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    any = true;
                }
                Ok(Any(any))
            }
        }
        deserializer.deserialize_any(Elements)
    }
}

/// The apps of a group and of the groups below it, without the groups.
#[derive(Default)]
struct Apps<'a>(Vec<WireApp<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Apps<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Group;
        impl<'de> Visitor<'de> for Group {
            type Value = Apps<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a group")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut apps = Vec::new();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key.0 {
                        "apps" => apps.extend(map.next_value::<Vec<WireApp<'de>>>()?),
                        "groups" => {
                            for below in map.next_value::<Vec<Apps<'de>>>()? {
                                apps.extend(below.0);
                            }
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Apps(apps))
            }
        }
        deserializer.deserialize_map(Group)
    }
}
