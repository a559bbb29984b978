//! Reads labels. Every value that gets into a configuration passes here.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use super::problem::{Reason, shortened};
use super::service::{Balance, Mode};

/// What the labels of one port say.
#[derive(Clone, Debug, Default)]
pub(super) struct PortLabels {
    pub(super) port: Option<NonZeroU16>,
    /// Whether virtual hosts are asked for, usable or not.
    pub(super) wants_hosts: bool,
    pub(super) hosts: Vec<String>,
    /// Those of the virtual hosts that are left out, as marathon-lb serves an app all the same whose
    /// virtual host nobody can ask for.
    pub(super) bad_hosts: Vec<Reason>,
    pub(super) path: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) balance: Option<Balance>,
    pub(super) is_sticky: bool,
    /// `None` where it is not said.
    pub(super) is_enabled: Option<bool>,
    pub(super) group: Option<String>,
}

pub(super) const GROUP: &str = "HAPROXY_GROUP";
pub(super) const DEPLOYMENT_GROUP: &str = "HAPROXY_DEPLOYMENT_GROUP";
pub(super) const STARTED_AT: &str = "HAPROXY_DEPLOYMENT_STARTED_AT";
pub(super) const TARGET: &str = "HAPROXY_DEPLOYMENT_TARGET_INSTANCES";
pub(super) const NEW: &str = "HAPROXY_DEPLOYMENT_NEW_INSTANCES";

/// Those of whole apps that mean something, here or to whoever deploys.
const OF_APPS: [&str; 8] = [
    GROUP,
    DEPLOYMENT_GROUP,
    STARTED_AT,
    TARGET,
    NEW,
    "HAPROXY_DEPLOYMENT_ALT_PORT",
    "HAPROXY_DEPLOYMENT_COLOUR",
    "HAPROXY_APP_ID",
];
const OF_PORTS: [&str; 8] =
    ["PORT", "VHOST", "PATH", "MODE", "BALANCE", "STICKY", "ENABLED", "GROUP"];

impl PortLabels {
    /// What the labels say of the port at this position.
    pub(super) fn read(labels: &BTreeMap<String, String>, index: usize) -> Result<Self, Reason> {
        let label = |word: &str| {
            let name = format!("HAPROXY_{index}_{word}");
            labels.get(&name).map(|value| (name, value.as_str()))
        };
        let mut read = Self::default();
        if let Some((name, value)) = label("PORT") {
            let port = value.trim().parse().ok();
            read.port = Some(port.ok_or_else(|| wrong(name, value, "a port from 1 to 65535"))?);
        }
        if let Some((name, value)) = label("VHOST") {
            read.wants_hosts = true;
            let hosts = value.split(',').map(|host| host.trim().to_ascii_lowercase());
            let (good, bad): (_, Vec<_>) = hosts.partition(|host| is_host(host));
            read.hosts = good;
            let reason =
                |host: String| Reason::Host { label: name.clone(), value: shortened(&host) };
            read.bad_hosts = bad.into_iter().map(reason).collect();
        }
        if let Some((name, value)) = label("PATH") {
            if !is_path(value) {
                return Err(wrong(name, value, "a path"));
            }
            if !read.wants_hosts {
                return Err(Reason::PathWithoutHost { label: name });
            }
            read.path = Some(value.into());
        }
        if let Some((name, value)) = label("MODE") {
            read.mode = Some(match value {
                "tcp" => Mode::Tcp,
                "http" => Mode::Http,
                _ => return Err(wrong(name, value, "tcp or http")),
            });
        }
        if let Some((name, value)) = label("BALANCE") {
            let known = Balance::of(value);
            let words = "roundrobin, leastconn, random, source or first";
            read.balance = Some(known.ok_or_else(|| wrong(name, value, words))?);
        }
        read.is_sticky = label("STICKY").is_some_and(|(_, value)| is_true(value));
        read.is_enabled = label("ENABLED").map(|(_, value)| is_true(value));
        read.group = label("GROUP").map(|(_, value)| value.into());
        Ok(read)
    }
}

/// The labels for marathon-lb that mean nothing here.
pub(super) fn unknown(labels: &BTreeMap<String, String>) -> impl Iterator<Item = Reason> {
    let is_known = |name: &str| {
        let of_port = name.strip_prefix("HAPROXY_").and_then(|rest| rest.split_once('_'));
        OF_APPS.contains(&name)
            || of_port.is_some_and(|(index, word)| {
                index.parse::<u16>().is_ok() && OF_PORTS.contains(&word)
            })
    };
    labels
        .keys()
        .filter(move |name| name.starts_with("HAPROXY_") && !is_known(name))
        .map(|name| Reason::UnknownLabel { label: shortened(name) })
}

pub(super) fn wrong(label: String, value: &str, wanted: &'static str) -> Reason {
    Reason::Label { label, value: shortened(value), wanted }
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "t" | "yes" | "y")
}

/// A host name in a rule. The wildcards and regular expressions of which some think are no names.
fn is_host(host: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=253).contains(&host.len()) && host.chars().all(is_fit)
}

/// A path in a rule or a check: what a URL may have there, less what HAProxy's configuration gives a
/// meaning to (blanks, quotes, backslashes, `#`, `$`, `%[`).
pub(super) fn is_path(path: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "/-_.~%!*,:;=@?&+".contains(c);
    path.starts_with('/') && path.len() <= 1024 && path.chars().all(is_fit)
}
