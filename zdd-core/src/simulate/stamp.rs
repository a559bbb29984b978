//! The versions that a change gives to apps.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::error::{ChangeError, detail};
use crate::app::{App, Group};
use crate::placement::Counting;
use crate::units::{AppId, GroupId, Timestamp};

/// `target` with the version of every app that differs from `current`.
///
/// A new app and a new configuration are versions in every respect; who only scales keeps the moment
/// of the last change of configuration; a restart counts as such a change since 1.11, and as a scaling
/// before. What does not change keeps its version, whatever `target` says about it.
///
/// Source: Marathon's `GroupVersioningUtil`.
pub(super) fn stamped(
    current: &Group,
    mut target: Group,
    restarts: &Restarts<'_>,
    version: Timestamp,
) -> Result<Group, ChangeError> {
    let old: BTreeMap<&AppId, &App> = current.all_apps().map(|app| (app.id(), app)).collect();
    let mut changed = Vec::new();
    for app in target.all_apps() {
        let stamp = Stamp::of(old.get(app.id()).copied(), app, restarts, version);
        if !stamp.is_on(app) {
            changed.push(stamp.put_on(app)?);
        }
    }
    for app in changed {
        let id = app.id().clone();
        if let Some(place) = target.app_mut(&id) {
            *place = app;
        }
    }
    Ok(target)
}

/// Apps that are restarted as they are.
pub(super) struct Restarts<'a> {
    pub(super) apps: &'a BTreeSet<AppId>,
    /// In the release, which decides what a restart is taken for.
    pub(super) counting: Counting,
}

struct Stamp {
    version: Timestamp,
    last_scaling_at: Timestamp,
    last_config_change_at: Timestamp,
}

impl Stamp {
    fn of(old: Option<&App>, new: &App, restarts: &Restarts<'_>, version: Timestamp) -> Self {
        let fresh = Self { version, last_scaling_at: version, last_config_change_at: version };
        let Some(old) = old else {
            return fresh;
        };
        let kept = Self::on(old).unwrap_or(Self { ..fresh });
        if new.is_upgrade_of(old) {
            fresh
        } else if new.instances() != old.instances() {
            Self { last_config_change_at: kept.last_config_change_at, ..fresh }
        } else if restarts.apps.contains(new.id()) {
            match restarts.counting {
                Counting::SameVersion => Self { last_scaling_at: kept.last_scaling_at, ..fresh },
                Counting::SinceChange | Counting::All => {
                    Self { last_config_change_at: kept.last_config_change_at, ..fresh }
                }
            }
        } else {
            kept
        }
    }

    /// The one that an app has.
    fn on(app: &App) -> Option<Self> {
        let (version, info) = (app.version()?, app.version_info()?);
        let (last_scaling_at, last_config_change_at) =
            (info.last_scaling_at, info.last_config_change_at);
        Some(Self { version, last_scaling_at, last_config_change_at })
    }

    fn is_on(&self, app: &App) -> bool {
        let all = |one: &Self| (one.version, one.last_scaling_at, one.last_config_change_at);
        Self::on(app).is_some_and(|other| all(&other) == all(self))
    }

    fn put_on(&self, app: &App) -> Result<App, ChangeError> {
        let mut definition = app.as_json().clone();
        definition.insert("version".into(), json!(self.version));
        let info = json!({
            "lastScalingAt": self.last_scaling_at,
            "lastConfigChangeAt": self.last_config_change_at,
        });
        definition.insert("versionInfo".into(), info);
        App::from_value(&Value::Object(definition), &GroupId::root()).map_err(|problems| {
            let details =
                problems.iter().map(|problem| detail(String::from(app.id().as_str()), problem));
            ChangeError::Invalid { details: details.collect() }
        })
    }
}
