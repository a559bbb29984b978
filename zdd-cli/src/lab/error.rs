//! What can go wrong in the lab.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use zdd_haproxy::bridge::BridgeError;
use zdd_marathon::local::{ImageMapError, StartError};

use crate::exit::ExitCode;

/// Why a verb of the lab has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LabError {
    #[error("no event loop could be made: {0}")]
    Runtime(io::Error),
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
    #[error("`{host}` is no address of this machine: {error}")]
    Host { host: String, error: io::Error },
    #[error("{address} can be reached from other machines")]
    NotLoopback { address: SocketAddr },
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("{option}: cannot listen on {address}: {error}")]
    Port { option: &'static str, address: SocketAddr, error: io::Error },
    #[error("no executable of HAProxy is found")]
    NoHaproxy,
    #[error("no folder can be made for the sockets of HAProxy: {0}")]
    Folder(io::Error),
    #[error("{}", with_causes(.0))]
    Bridge(#[from] BridgeError),
    #[error("--health-max {max} is less than --health-min {min}")]
    HealthTimes { min: u32, max: u32 },
    #[error("`{0}` is not of the form HOST:PORT")]
    NotAnAddress(String),
    #[error("this program cannot be found, to run it as the test service: {0}")]
    OwnProgram(io::Error),
    #[error("{}", with_causes(.0))]
    Start(#[source] StartError),
    #[error("{}", with_causes(.0))]
    Images(#[from] ImageMapError),
    #[error("no HTTP client could be made: {0}")]
    Client(String),
    #[error("crashed after {} ms, as asked for", after.as_millis())]
    Crashed { after: Duration },
}

impl LabError {
    /// The same, of a port that an option names.
    pub(super) fn of_port(option: &'static str, error: Self) -> Self {
        match error {
            Self::Listen { address, error } => Self::Port { option, address, error },
            other => other,
        }
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::HealthTimes { .. } => ExitCode::InvalidCombination,
            Self::Runtime(_)
            | Self::Signals(_)
            | Self::Host { .. }
            | Self::NotLoopback { .. }
            | Self::Listen { .. }
            | Self::Port { .. }
            | Self::NoHaproxy
            | Self::Folder(_)
            | Self::Bridge(_)
            | Self::NotAnAddress(_)
            | Self::OwnProgram(_)
            | Self::Start(_)
            | Self::Images(_)
            | Self::Client(_)
            | Self::Crashed { .. } => ExitCode::Usage,
        }
    }

    /// How to go on, where that can be said.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NotLoopback { .. } => Some(
                "use 127.0.0.1, or --allow-non-loopback if others shall be able to use it".into(),
            ),
            Self::Listen { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
                Some("choose another port; 0 is any free one".into())
            }
            Self::Port { option: "--lb-listen", .. } => {
                Some("name another port with --lb-listen; 0 is any free one".into())
            }
            Self::Port { option, .. } => Some(format!("name another port with {option}")),
            Self::NoHaproxy => Some(
                "install it, as with `apt-get install haproxy`, or say where it is with --haproxy"
                    .into(),
            ),
            Self::Bridge(error) => error.hint(),
            Self::NotAnAddress(_) => Some("write, for example, 127.0.0.1:8080".into()),
            Self::Start(error) => error.hint(),
            Self::Images(error) => error.hint(),
            Self::Runtime(_)
            | Self::Signals(_)
            | Self::OwnProgram(_)
            | Self::Client(_)
            | Self::Folder(_)
            | Self::Host { .. }
            | Self::Listen { .. }
            | Self::HealthTimes { .. }
            | Self::Crashed { .. } => None,
        }
    }
}

/// What an error says, and the causes that it does not repeat.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
