//! The first port of an app, in all forms that definitions have had.

use alloc::borrow::ToOwned;
use alloc::string::String;

use serde_json::{Map, Value};

use super::labels::PORT;
use crate::app::App;

/// The places of the first service port, each with the key of the number. The order is zdd.py's; that
/// of `portDefinitions` was meant to be read there.
const PLACES: [(&[&str], &str); 4] = [
    (&["container", "docker", "portMappings"], "servicePort"),
    (&["container", "portMappings"], "servicePort"),
    (&["portDefinitions"], "port"),
    (&["ports"], ""),
];

/// The port that HAProxy listens on for an app: that of its label, or else its first service port.
pub fn entrance(app: &App) -> Option<u16> {
    let label = app.labels().get(PORT).and_then(|text| text.trim().parse().ok());
    label.or_else(|| service_port(app)).filter(|port| *port > 0)
}

/// The first service port of an app; none where Marathon chooses one.
pub fn service_port(app: &App) -> Option<u16> {
    let json = app.as_json();
    PLACES.iter().find_map(|(path, key)| {
        let first = first(json, path)?;
        let number = if key.is_empty() { first } else { first.get(key)? };
        u16::try_from(number.as_u64()?).ok().filter(|port| *port > 0)
    })
}

/// The port in the container of the first service port, where that is another one than on the host.
pub(super) fn container_port(app: &App) -> Option<u16> {
    let json = app.as_json();
    PLACES[..2].iter().find_map(|(path, _)| {
        let port = first(json, path)?.get("containerPort")?;
        u16::try_from(port.as_u64()?).ok().filter(|port| *port > 0)
    })
}

/// Puts another number in the place of the first service port. Where there is none, nothing happens:
/// Marathon chooses one then.
pub(super) fn set_service_port(json: &mut Map<String, Value>, port: u16) {
    for (path, key) in PLACES {
        let Some(first) = first_mut(json, path) else { continue };
        if key.is_empty() {
            *first = port.into();
            return;
        }
        if let Some(first) = first.as_object_mut() {
            first.insert(key.to_owned(), port.into());
            return;
        }
    }
}

fn first<'v>(json: &'v Map<String, Value>, path: &[&str]) -> Option<&'v Value> {
    let (head, rest) = path.split_first()?;
    let at = rest.iter().try_fold(json.get(*head)?, |at, key| at.get(key))?;
    at.as_array()?.first()
}

fn first_mut<'v>(json: &'v mut Map<String, Value>, path: &[&str]) -> Option<&'v mut Value> {
    let (head, rest) = path.split_first()?;
    let at = rest.iter().try_fold(json.get_mut(*head)?, |at, key| at.get_mut(key))?;
    at.as_array_mut()?.first_mut()
}
