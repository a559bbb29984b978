//! What Marathon says about itself.

use alloc::string::String;

use crate::capacity::MarathonVersion;

/// What Marathon says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Its release as it writes it; empty where it does not say.
    pub version_text: String,
    /// Its release, where it is a number.
    pub version: Option<MarathonVersion>,
    /// Its name, `marathon` unless it was given another.
    pub name: Option<String>,
    /// The framework id that Mesos gave it.
    pub framework_id: Option<String>,
    /// The address of the leader, `host:port`.
    pub leader: Option<String>,
    /// Where people look at the Mesos behind it; a path alone where both are behind the same proxy.
    pub mesos_url: Option<String>,
    /// How it finds the master of Mesos: `zk://m1:2181/mesos`, mostly. Without user and password.
    pub mesos_master: Option<String>,
}
