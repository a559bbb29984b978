//! What runs tasks: the agents of a cluster, and what they have.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::IpAddr;

use super::amount::Amount;
use super::ports::PortRanges;
use crate::units::AgentId;

/// What an agent has, or a task needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "all resources that Marathon asks for")]
pub struct Resources {
    /// Cpus.
    pub cpus: Amount,
    /// Memory in MiB.
    pub mem: Amount,
    /// Disk in MiB.
    pub disk: Amount,
    /// GPUs.
    pub gpus: u32,
    /// Ports.
    pub n_ports: u32,
}

impl Resources {
    /// Nothing of anything.
    pub const NONE: Self =
        Self { cpus: Amount::ZERO, mem: Amount::ZERO, disk: Amount::ZERO, gpus: 0, n_ports: 0 };

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            cpus: self.cpus.plus(other.cpus),
            mem: self.mem.plus(other.mem),
            disk: self.disk.plus(other.disk),
            gpus: self.gpus.saturating_add(other.gpus),
            n_ports: self.n_ports.saturating_add(other.n_ports),
        }
    }

    /// How often `part` is in it; nothing is in it as often as can be counted.
    pub(crate) fn times(self, part: Self) -> u32 {
        let times = |all: u64, part: u64| all.checked_div(part).unwrap_or(u64::MAX);
        let least = [
            times(self.cpus.as_thousandths(), part.cpus.as_thousandths()),
            times(self.mem.as_thousandths(), part.mem.as_thousandths()),
            times(self.disk.as_thousandths(), part.disk.as_thousandths()),
            times(self.gpus.into(), part.gpus.into()),
            times(self.n_ports.into(), part.n_ports.into()),
        ];
        let least = least.into_iter().min().unwrap_or(u64::MAX);
        u32::try_from(least).unwrap_or(u32::MAX)
    }

    /// Into how many of `parts` it can reach: 2.5 is 3 of 1.
    pub(crate) fn covers(self, part: Self) -> u32 {
        let covers = |all: u64, part: u64| if part == 0 { 0 } else { all.div_ceil(part) };
        let most = [
            covers(self.cpus.as_thousandths(), part.cpus.as_thousandths()),
            covers(self.mem.as_thousandths(), part.mem.as_thousandths()),
            covers(self.disk.as_thousandths(), part.disk.as_thousandths()),
            covers(self.gpus.into(), part.gpus.into()),
            covers(self.n_ports.into(), part.n_ports.into()),
        ];
        u32::try_from(most.into_iter().max().unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// What is left without `other`, resource by resource; nothing where that is more.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            cpus: self.cpus.minus(other.cpus),
            mem: self.mem.minus(other.mem),
            disk: self.disk.minus(other.disk),
            gpus: self.gpus.saturating_sub(other.gpus),
            n_ports: self.n_ports.saturating_sub(other.n_ports),
        }
    }

    /// What both have at least, resource by resource.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self {
            cpus: self.cpus.min(other.cpus),
            mem: self.mem.min(other.mem),
            disk: self.disk.min(other.disk),
            gpus: self.gpus.min(other.gpus),
            n_ports: self.n_ports.min(other.n_ports),
        }
    }
}

/// What an agent has for one role only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "as of an agent: how much, and which ports")]
pub struct Reserved {
    /// All of it, in use or not.
    pub resources: Resources,
    /// Which ports; as in [`Agent::ports`].
    pub ports: Option<PortRanges>,
}

/// What is said of an agent under a name of one's own choice.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "Mesos' sets and ranges are compared as texts, too")]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
}

/// The text that constraints compare: of a number at most three decimals, a half rounded to the even
/// neighbour.
///
/// Source: Marathon's `Constraints.getValueString`.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => f.write_str(&three_decimals(*number)),
        }
    }
}

pub(super) fn three_decimals(number: f64) -> String {
    let text = format!("{number:.3}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    String::from(if text == "-0" { "0" } else { text })
}

/// A machine that runs tasks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Agent {
    /// Which.
    pub id: AgentId,
    /// What constraints call `hostname`, and tasks `HOST`.
    pub hostname: String,
    /// Its address, if it has one that differs from its name.
    pub ip: Option<IpAddr>,
    /// Whether Mesos offers what it has. An agent that is gone, or is being drained, is not active.
    pub is_active: bool,
    /// What constraints can ask for besides.
    pub attributes: BTreeMap<String, Attribute>,
    /// What constraints call `@region`.
    pub region: Option<String>,
    /// What constraints call `@zone`.
    pub zone: Option<String>,
    /// What it has that is reserved for nobody, in use or not.
    pub resources: Resources,
    /// Which ports are reserved for nobody; if it is not said, whichever: then only their number
    /// counts. The number counts in any case, so at most [`Resources::n_ports`] of them are given.
    pub ports: Option<PortRanges>,
    /// What it has for one role only, by role.
    pub reserved: BTreeMap<String, Reserved>,
}

impl Agent {
    /// Whether it has for each role what another agent has.
    pub(crate) fn has_what_has(&self, other: &Self) -> bool {
        (self.is_active, self.resources, &self.ports, &self.reserved)
            == (other.is_active, other.resources, &other.ports, &other.reserved)
    }

    /// An active agent without attributes, address and reservations, and with whichever ports.
    pub fn new(id: AgentId, hostname: impl Into<String>, resources: Resources) -> Self {
        Self {
            id,
            hostname: hostname.into(),
            ip: None,
            is_active: true,
            attributes: BTreeMap::new(),
            region: None,
            zone: None,
            resources,
            ports: None,
            reserved: BTreeMap::new(),
        }
    }

    /// The same agent with these ports, and no others.
    #[must_use]
    pub fn with_ports(mut self, ports: PortRanges) -> Self {
        self.resources.n_ports = ports.count();
        self.ports = Some(ports);
        self
    }

    /// All that it has, whoever it is reserved for, in use or not.
    pub fn total(&self) -> Resources {
        let reserved = self.reserved.values().map(|reserved| reserved.resources);
        reserved.fold(self.resources, Resources::plus)
    }

    /// What the agent says about a constraint's field, as the text that is compared; `None` if
    /// nothing. The names of the agent itself come before attributes of that name.
    pub fn value_of(&self, field: &str) -> Option<Cow<'_, str>> {
        match field {
            "hostname" | "@hostname" => Some(Cow::Borrowed(self.hostname.as_str())),
            "@region" => self.region.as_deref().map(Cow::Borrowed),
            "@zone" => self.zone.as_deref().map(Cow::Borrowed),
            name => self.attributes.get(name).map(|value| match value {
                Attribute::Text(text) => Cow::Borrowed(text.as_str()),
                Attribute::Number(number) => Cow::Owned(three_decimals(*number)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_compared_with_three_decimals() {
        for (number, text) in [
            (4.0, "4"),
            (100.0, "100"),
            (0.5, "0.5"),
            (0.0625, "0.062"),
            (0.1875, "0.188"),
            (-0.0001, "0"),
            (1e6, "1000000"),
        ] {
            assert_eq!(Attribute::Number(number).to_string(), text);
        }
    }

    #[test]
    fn an_agent_answers_for_its_own_names_first() {
        let id = "a1".parse().unwrap();
        let mut agent = Agent::new(id, "one.example", Resources::default());
        agent.attributes.insert("rack".into(), Attribute::Text("r1".into()));
        agent.attributes.insert("hostname".into(), Attribute::Text("other".into()));
        agent.zone = Some("z1".into());
        let value = |field| agent.value_of(field);
        assert_eq!(value("hostname").as_deref(), Some("one.example"));
        assert_eq!(value("@hostname").as_deref(), Some("one.example"));
        assert_eq!(value("@zone").as_deref(), Some("z1"));
        assert_eq!(value("rack").as_deref(), Some("r1"));
        assert_eq!((value("@region"), value("shelf")), (None, None));
    }
}
