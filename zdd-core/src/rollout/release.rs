//! From a definition to the app that stands beside the one that runs.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Map, Value};

use super::labels::{self, Colour};
use super::service_port::{alt_port, entrance, service_port, set_service_port};
use crate::app::App;
use crate::ports::{Name, NameError};
use crate::units::{AppId, GroupId, InstanceCount, PathError, Timestamp};

/// A definition that is to be rolled out beside what runs of its deployment group.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "what a release is made of")]
pub struct Release<'a> {
    /// As it is in the file.
    pub definition: &'a App,
    /// The apps of its deployment group.
    pub group: &'a [App],
    /// Whether an app without health checks is taken: nobody could say whether it serves.
    pub allow_no_health_check: bool,
}

/// How much of a release is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what the labels say")]
pub struct Extent {
    /// Its instances for the beginning.
    pub instances: u32,
    /// How many instances of old and new together are to serve.
    pub target: u32,
    /// How many of the new ones are to stay beside the old; 0 if none of the old stay.
    pub beside: u32,
}

/// Why a definition cannot be rolled out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// It has no deployment group.
    #[error("{0} has no label {GROUP}", GROUP = labels::GROUP)]
    NoGroup(AppId),
    /// It has no port that clients come in by.
    #[error("{0} has no port for clients: neither a service port nor a label {PORT}", PORT = labels::PORT)]
    NoPort(AppId),
    /// It has no second service port, and would have that of the app that runs.
    #[error("{app} would have the service port {port} of {running}, and has no other")]
    NoAltPort {
        /// The new one.
        app: AppId,
        /// The old one.
        running: AppId,
        /// The port of both.
        port: u16,
    },
    /// The label for the second service port holds none, or one that the definition has already.
    #[error("{app}: the label {ALT} is `{value}`, {}", NotAPort(*.same), ALT = labels::ALT_PORT)]
    AltPort {
        /// Whose.
        app: AppId,
        /// What it holds.
        value: String,
        /// The service port that it is; none where it is no port at all.
        same: Option<u16>,
    },
    /// Clients of the two come in by different ports.
    #[error("{app} has port {port} for clients, and {running}, which runs, has {other}")]
    OtherPort {
        /// The new one.
        app: AppId,
        /// Its port.
        port: u16,
        /// The old one.
        running: AppId,
        /// Its port.
        other: u16,
    },
    /// It would take over with nothing.
    #[error("{0} has 0 instances: there would be nothing to deploy")]
    NoInstances(AppId),
    /// Nothing says whether its instances serve.
    #[error("{0} has no health check: nothing would say whether it serves")]
    NoHealthCheck(AppId),
    /// The group has two apps already, or more, and no record says what they are to each other.
    #[error(
        "the deployment group {group} has {} apps: {}; no rollout of them is recorded",
        apps.len(),
        list(apps)
    )]
    Hybrid {
        /// The group.
        group: String,
        /// Which they are.
        apps: Vec<AppId>,
    },
    /// An id with a colour is too long.
    #[error("with a colour, {app} is no id: {error}")]
    Id {
        /// As it is in the file.
        app: AppId,
        /// What is wrong.
        error: PathError,
    },
    /// HAProxy can have no backend of this name.
    #[error("deployment group {group}: {error}")]
    Backend {
        /// The group.
        group: String,
        /// What is wrong.
        error: NameError,
    },
}

impl ReleaseError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoGroup(_) => {
                "old and new release carry the same HAPROXY_DEPLOYMENT_GROUP: that makes them a pair"
            }
            Self::NoPort(_) => "add a servicePort, or the label HAPROXY_0_PORT",
            Self::NoAltPort { .. } | Self::AltPort { .. } => {
                "set the label HAPROXY_DEPLOYMENT_ALT_PORT to a service port that no app has"
            }
            Self::OtherPort { .. } => {
                "deploy with the port that runs; a service moves to another port by itself, later"
            }
            Self::NoInstances(_) => "set instances to what is to run in the end",
            Self::NoHealthCheck(_) => {
                "add healthChecks, or go on blindly with --no-health-check-ok"
            }
            Self::Hybrid { .. } => {
                "remove all but the one that is to stay; or, if zdd.py began a rollout of two of them, \
                 remove the others, and promote it, or roll it back, with zdd.py's arguments and \
                 --complete-cur or --complete-prev"
            }
            Self::Id { .. } => return None,
            Self::Backend { .. } => "groups have letters, digits and the characters - _ . / only",
        })
    }
}

impl<'a> Release<'a> {
    /// The group, without its first slash.
    ///
    /// # Errors
    ///
    /// When the definition has none.
    pub fn group_name(&self) -> Result<&'a str, ReleaseError> {
        let none = || ReleaseError::NoGroup(self.definition.id().clone());
        labels::group_of(self.definition).filter(|it| !it.is_empty()).ok_or_else(none)
    }

    /// The app that runs, if one does.
    ///
    /// # Errors
    ///
    /// When the group has several.
    pub fn running(&self) -> Result<Option<&'a App>, ReleaseError> {
        match self.group {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => Err(ReleaseError::Hybrid {
                group: self.group_name()?.into(),
                apps: several.iter().map(|app| app.id().clone()).collect(),
            }),
        }
    }

    /// The backend that serves the group.
    ///
    /// # Errors
    ///
    /// When there is no port, or it is another than that of what runs.
    pub fn backend(&self) -> Result<Name, ReleaseError> {
        let group = self.group_name()?;
        let app = self.definition;
        let port = entrance(app).ok_or_else(|| ReleaseError::NoPort(app.id().clone()))?;
        if let Some(running) = self.running()?
            && let Some(other) = entrance(running)
            && other != port
        {
            let (app, running) = (app.id().clone(), running.id().clone());
            return Err(ReleaseError::OtherPort { app, port, running, other });
        }
        labels::backend(group, port)
            .map_err(|error| ReleaseError::Backend { group: group.into(), error })
    }

    /// The app for Marathon: the definition under an id with a colour, with the labels that say what it
    /// is. Everything else is as it was written.
    ///
    /// # Errors
    ///
    /// When the definition cannot be rolled out beside what runs.
    pub fn app(&self, extent: Extent, now: Timestamp) -> Result<App, ReleaseError> {
        let app = self.definition;
        self.backend()?;
        if app.instances() == InstanceCount::ZERO {
            return Err(ReleaseError::NoInstances(app.id().clone()));
        }
        if app.health_checks().is_empty() && !self.allow_no_health_check {
            return Err(ReleaseError::NoHealthCheck(app.id().clone()));
        }
        let running = self.running()?;
        let colour = Colour::for_id(app.id().as_str(), running);
        let entrance = entrance(app).ok_or_else(|| ReleaseError::NoPort(app.id().clone()))?;
        let mut json = app.as_json().clone();
        if let Some(port) = self.other_port(running)? {
            set_service_port(&mut json, port);
        }
        let id = AppId::resolve(&colour.of(app.id().as_str()), &GroupId::root())
            .map_err(|error| ReleaseError::Id { app: app.id().clone(), error })?;
        json.insert("id".into(), id.as_str().into());
        let added = [
            (labels::APP_ID, app.id().to_string()),
            (labels::PORT, entrance.to_string()),
            (labels::COLOUR, colour.as_str().into()),
            (labels::STARTED_AT, now.to_string()),
            (labels::TARGET, extent.target.to_string()),
            (labels::NEW, extent.beside.to_string()),
        ];
        add_labels(&mut json, added);
        let made = App::from_object(json, &GroupId::root());
        // Only texts that it had, and an id that was looked at, are in it.
        let made = made.unwrap_or_else(|_| app.clone().with_id(id));
        Ok(made.with_instances(InstanceCount::saturating_from(extent.instances.into())))
    }

    /// Whether what runs is just this definition: but for what a release adds to it, nothing differs.
    pub fn is_in_place(&self, running: &App) -> bool {
        let mut json = self.definition.as_json().clone();
        json.insert("id".into(), running.id().as_str().into());
        let added = [
            labels::APP_ID,
            labels::PORT,
            labels::COLOUR,
            labels::STARTED_AT,
            labels::TARGET,
            labels::NEW,
        ];
        let of_running = |name| running.labels().get(name).cloned().unwrap_or_default();
        if entrance(self.definition) != entrance(running) {
            return false;
        }
        add_labels(&mut json, added.map(|name| (name, of_running(name))));
        if let Some(port) = service_port(running) {
            set_service_port(&mut json, port);
        }
        App::from_object(json, &GroupId::root()).is_ok_and(|same| {
            same.instances() == running.instances() && !same.is_upgrade_of(running)
        })
    }

    /// The service port that the new app has to have so that it is not that of the old one.
    fn other_port(&self, running: Option<&App>) -> Result<Option<u16>, ReleaseError> {
        let app = self.definition;
        let alternative = alt_port(app)?;
        let Some(port) = service_port(app) else { return Ok(None) };
        match running {
            Some(running) if service_port(running) == Some(port) => match alternative {
                Some(other) => Ok(Some(other)),
                None => Err(ReleaseError::NoAltPort {
                    app: app.id().clone(),
                    running: running.id().clone(),
                    port,
                }),
            },
            _ => Ok(None),
        }
    }
}

fn add_labels<const N: usize>(json: &mut Map<String, Value>, added: [(&str, String); N]) {
    let labels = json.entry("labels").or_insert_with(|| Map::new().into());
    if let Some(labels) = labels.as_object_mut() {
        labels.extend(added.into_iter().map(|(name, value)| (name.into(), value.into())));
    }
}

/// What is wrong with a second service port.
struct NotAPort(Option<u16>);

impl fmt::Display for NotAPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(same) => write!(f, "not another port than {same}"),
            None => f.write_str("no port from 1 to 65535"),
        }
    }
}

fn list(apps: &[AppId]) -> String {
    apps.iter().map(AppId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EXTENT: Extent = Extent { instances: 1, target: 1, beside: 0 };

    fn app(id: &str, ports: &Value, labels: &Value) -> App {
        let mut all = json!({"HAPROXY_DEPLOYMENT_GROUP": "shop"});
        all.as_object_mut().unwrap().extend(labels.as_object().unwrap().clone());
        let checks = json!([{"protocol": "HTTP"}]);
        let app = json!({"id": id, "ports": ports, "labels": all, "healthChecks": checks});
        App::parse(&app.to_string()).unwrap()
    }

    fn made(definition: &App, group: &[App]) -> Result<App, ReleaseError> {
        let release = Release { definition, group, allow_no_health_check: false };
        release.app(EXTENT, Timestamp::EPOCH)
    }

    #[test]
    fn a_second_port_is_another_port() {
        for (value, ports, same) in [
            ("soon", json!([80]), None),
            ("", json!([80]), None),
            ("0", json!([80]), None),
            ("-81", json!([80]), None),
            ("65536", json!([80]), None),
            ("81.0", json!([80]), None),
            ("80", json!([80]), Some(80)),
            (" 80 ", json!([80]), Some(80)),
            ("9000", json!([80, 9000]), Some(9000)),
            // Also where the port for clients is said by a label alone.
            ("0", json!([0]), None),
        ] {
            let labels = json!({"HAPROXY_DEPLOYMENT_ALT_PORT": value, "HAPROXY_0_PORT": "80"});
            let definition = app("/shop", &ports, &labels);
            let (id, value) = (definition.id().clone(), String::from(value));
            let refused = ReleaseError::AltPort { app: id, value, same };
            let runs = app("/shop-blue", &json!([80]), &json!({}));
            assert_eq!(made(&definition, &[]).unwrap_err(), refused);
            assert_eq!(made(&definition, &[runs]).unwrap_err(), refused);
        }
        let labels = json!({"HAPROXY_DEPLOYMENT_ALT_PORT": " 81 "});
        let definition = app("/shop", &json!([80]), &labels);
        assert_eq!(service_port(&made(&definition, &[]).unwrap()), Some(80));
        let runs = app("/shop-blue", &json!([80]), &json!({}));
        assert_eq!(service_port(&made(&definition, &[runs]).unwrap()), Some(81));
    }

    #[test]
    fn a_release_never_has_the_id_of_what_runs() {
        let labels = json!({"HAPROXY_DEPLOYMENT_ALT_PORT": "81"});
        let definition = app("/shop", &json!([80]), &labels);
        for (runs, colour, id) in [
            ("/shop-blue", Some("blue"), "/shop-green"),
            ("/shop-green", Some("green"), "/shop-blue"),
            ("/shop", None, "/shop-blue"),
            // Not deployed by us: it only has the group.
            ("/shop-blue", None, "/shop-green"),
            ("/shop-blue", Some("green"), "/shop-green"),
            ("/shop-green", Some("blue"), "/shop-blue"),
        ] {
            let colour = colour.map_or(json!({}), |it| json!({"HAPROXY_DEPLOYMENT_COLOUR": it}));
            let made = made(&definition, &[app(runs, &json!([80]), &colour)]).unwrap();
            assert_eq!(made.id().as_str(), id, "{runs} {colour}");
            assert!(id.ends_with(&made.labels()[labels::COLOUR]), "{id}");
        }
    }
}
