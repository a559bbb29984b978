//! The JSON of plans and definitions.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::Text;
use crate::capacity::UpgradeStrategy;
use crate::units::InstanceCount;
use crate::verify::event::{Action, Definition, Facts, Kind, Plan};

#[derive(Deserialize)]
pub(super) struct WirePlan<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) steps: Vec<WireStep<'a>>,
    #[serde(borrow)]
    original: Option<Apps<'a>>,
    #[serde(borrow)]
    target: Option<Apps<'a>>,
}

impl<'a> From<WirePlan<'a>> for Plan<'a> {
    fn from(wire: WirePlan<'a>) -> Self {
        let steps: Vec<Vec<Action<'a>>> = wire.steps.into_iter().map(|step| step.0).collect();
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

/// A step: an object with its `actions`, or, before 0.9, the bare list of them.
#[derive(Default)]
pub(super) struct WireStep<'a>(pub(super) Vec<Action<'a>>);

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

impl<'a> WireAction<'a> {
    /// The action, unless it concerns nothing.
    fn action(self) -> Option<Action<'a>> {
        let name = self.action.or(self.kind);
        let kind = match name.as_ref().map_or("", |name| &name.0) {
            "StartApplication" | "StartPod" => Kind::Start,
            "ScaleApplication" | "ScalePod" => Kind::Scale,
            "StopApplication" | "StopPod" => Kind::Stop,
            "RestartApplication" | "RestartPod" => Kind::Restart,
            _ => Kind::Other,
        };
        let app = self.app.or(self.pod)?.0;
        Some(Action { app, kind })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireStep<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Steps;
        impl<'de> Visitor<'de> for Steps {
            type Value = WireStep<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a step")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut step = WireStep::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match &*key.0 {
                        "actions" => step = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(step)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut actions = Vec::new();
                while let Some(wire) = seq.next_element::<WireAction<'de>>()? {
                    actions.extend(wire.action());
                }
                Ok(WireStep(actions))
            }
        }
        deserializer.deserialize_any(Steps)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireApp<'a> {
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
