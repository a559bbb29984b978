//! What a task has of its agent.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::agents::Resources;
use super::ports::PortRanges;

/// What a task has of its agent, or whatever else is in use there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// Of what is reserved for nobody.
    pub unreserved: Resources,
    /// Of what is reserved for a role, by role.
    pub reserved: BTreeMap<String, Resources>,
    /// Those of its ports of which the numbers are known. How many it has is said above.
    pub ports: PortRanges,
}

impl Held {
    /// What is reserved for nobody, and with these ports.
    pub fn new(unreserved: Resources, ports: PortRanges) -> Self {
        Self { unreserved, reserved: BTreeMap::new(), ports }
    }

    /// All of it, whoever it is reserved for.
    pub fn total(&self) -> Resources {
        self.reserved.values().copied().fold(self.unreserved, Resources::plus)
    }
}
