//! What is wrong with an app, which the others do not suffer from.

use zdd_core::units::AppId;

/// What is wrong with one app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("app `{app}`: {reason}")]
#[expect(clippy::exhaustive_structs, reason = "who and why")]
pub struct Problem {
    /// Which app.
    pub app: AppId,
    /// What.
    pub reason: Reason,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A label has a value that cannot be used. The service of its port is left out.
    #[error("the label {label} is {value:?}, not {wanted}")]
    Label {
        /// Its name.
        label: String,
        /// Its value, shortened.
        value: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// A virtual host that is no name of a host. The app is served on its port, and not under it.
    #[error("the label {label} has {value:?}, which is not the name of a host")]
    Host {
        /// The label.
        label: String,
        /// What stands in the place of a name, shortened.
        value: String,
    },
    /// A label that the bridge does not know, and goes on without.
    #[error("the label {label} has no effect here")]
    UnknownLabel {
        /// Its name.
        label: String,
    },
    /// A path only selects among the apps behind the port of virtual hosts.
    #[error("the label {label} has no effect without a virtual host")]
    PathWithoutHost {
        /// Its name.
        label: String,
    },
    /// The new app of a pair says how many were there before, and not how many there shall be. None
    /// of its old tasks is drained.
    #[error("it has HAPROXY_DEPLOYMENT_NEW_INSTANCES and no HAPROXY_DEPLOYMENT_TARGET_INSTANCES")]
    MissingTarget,
    /// Another service listens on the port.
    #[error("port {port} belongs to {service}")]
    PortTaken {
        /// The port.
        port: u16,
        /// The service that has it.
        service: String,
    },
    /// The port cannot be bound on this machine.
    #[error("port {port} cannot be bound: {cause}")]
    PortUnusable {
        /// The port.
        port: u16,
        /// What the operating system says.
        cause: String,
    },
    /// A port of the app is no port that can be listened on.
    #[error("it has no service port that can be listened on at position {index}")]
    NoPort {
        /// The position among its ports, from 0.
        index: usize,
    },
    /// The address of the machine of a task is not known.
    #[error("the host {host:?} of its tasks has no address")]
    UnknownHost {
        /// Marathon's name of it, shortened.
        host: String,
    },
    /// What its health check asks for would break the configuration. Its servers are checked by
    /// connecting only.
    #[error("the path of its health check, {path:?}, cannot be asked for")]
    CheckPath {
        /// The path, shortened.
        path: String,
    },
}

impl Reason {
    /// What can be done about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::PortTaken { .. } | Self::PortUnusable { .. } => {
                Some("give the app another port with the label HAPROXY_0_PORT")
            }
            Self::MissingTarget => Some("set both labels, or none"),
            Self::PathWithoutHost { .. } => Some("set HAPROXY_0_VHOST too"),
            Self::Host { .. } => Some("write the name alone, as in shop.example"),
            Self::NoPort { .. } => Some("give it a port between 1 and 65535"),
            Self::Label { .. }
            | Self::UnknownLabel { .. }
            | Self::UnknownHost { .. }
            | Self::CheckPath { .. } => None,
        }
    }
}

/// The beginning of what may be long.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
