//! The first port of an app, in all forms that definitions have had.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::labels::{ALT_PORT, PORT};
use super::release::ReleaseError;
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

/// A port that HAProxy may listen on for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening<'a> {
    pub(super) port: u16,
    /// Which balancers serve it, as labels name them; none where nothing is said.
    balancers: Option<&'a str>,
    /// The address that is listened on; none where it is any.
    address: Option<&'a str>,
}

impl Opening<'_> {
    /// Whether both are one and the same port of one balancer. Where it is not said which balancers serve
    /// one of them, they may be the same.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let names = |text: &'_ str, name: &str| text.split(',').any(|it| it.trim() == name);
        let balancers = self.balancers.zip(other.balancers);
        let is_same_balancer =
            balancers.is_none_or(|(one, two)| one.split(',').any(|it| names(two, it.trim())));
        let addresses = self.address.zip(other.address);
        let is_same_address = addresses.is_none_or(|(one, two)| one == two);
        self.port == other.port && is_same_balancer && is_same_address
    }
}

/// All service ports of an app, and those that its labels have instead. Those that Marathon chooses are
/// not among them before it has.
pub(super) fn openings(app: &App) -> Vec<Opening<'_>> {
    let labels = app.labels();
    let said = labels.iter().filter_map(|(name, value)| {
        let n = name.strip_prefix("HAPROXY_")?.strip_suffix("_PORT")?.parse().ok()?;
        Some((n, value.trim().parse().ok()?))
    });
    let of = |n: usize, number: u64| {
        let label = |name: &str| labels.get(&format!("HAPROXY_{n}_{name}")).map(String::as_str);
        let port = u16::try_from(number).ok().filter(|port| *port > 0)?;
        let balancers = label("GROUP").or_else(|| labels.get("HAPROXY_GROUP").map(String::as_str));
        Some(Opening { port, balancers, address: label("BIND_ADDR").filter(|it| *it != "*") })
    };
    numbers(app).chain(said).filter_map(|(n, number)| of(n, number)).collect()
}

/// What stands in the places of service ports: which of the app's ports it is, and the number.
fn numbers(app: &App) -> impl Iterator<Item = (usize, u64)> + '_ {
    PLACES.iter().flat_map(|(path, key)| {
        let all = list(app.as_json(), path).map_or(&[][..], Vec::as_slice);
        let number =
            move |one: &Value| if key.is_empty() { one.as_u64() } else { one.get(key)?.as_u64() };
        all.iter().enumerate().filter_map(move |(n, one)| Some((n, number(one)?)))
    })
}

/// The second service port that a definition names, if it names one.
///
/// # Errors
///
/// When what it names is no port, or a service port that it has already.
pub fn alt_port(definition: &App) -> Result<Option<u16>, ReleaseError> {
    let Some(value) = definition.labels().get(ALT_PORT) else { return Ok(None) };
    let wrong = |same| {
        let (app, value) = (definition.id().clone(), value.clone());
        ReleaseError::AltPort { app, value, same }
    };
    let other = said_alt_port(definition).ok_or_else(|| wrong(None))?;
    if numbers(definition).any(|(_, number)| number == u64::from(other)) {
        return Err(wrong(Some(other)));
    }
    Ok(Some(other))
}

/// The second service port that a label names; none where that is no port.
pub(super) fn said_alt_port(app: &App) -> Option<u16> {
    app.labels().get(ALT_PORT)?.trim().parse().ok().filter(|port| *port > 0)
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
    list(json, path)?.first()
}

fn list<'v>(json: &'v Map<String, Value>, path: &[&str]) -> Option<&'v Vec<Value>> {
    let (head, rest) = path.split_first()?;
    let at = rest.iter().try_fold(json.get(*head)?, |at, key| at.get(key))?;
    at.as_array()
}

fn first_mut<'v>(json: &'v mut Map<String, Value>, path: &[&str]) -> Option<&'v mut Value> {
    let (head, rest) = path.split_first()?;
    let at = rest.iter().try_fold(json.get_mut(*head)?, |at, key| at.get_mut(key))?;
    at.as_array_mut()?.first_mut()
}
