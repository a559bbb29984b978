//! Health and readiness checks.

use alloc::string::String;
use core::time::Duration;

use super::cursor::Cursor;
use super::problem::{Fault, Problems};

/// Who asks a health check's question, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Marathon's own list, which no longer grows")]
pub enum HealthCheckProtocol {
    /// Marathon sends an HTTP request.
    #[default]
    Http,
    /// Marathon sends an HTTPS request.
    Https,
    /// Marathon opens a connection.
    Tcp,
    /// The Mesos executor runs a command.
    Command,
    /// The Mesos executor sends an HTTP request.
    MesosHttp,
    /// The Mesos executor sends an HTTPS request.
    MesosHttps,
    /// The Mesos executor opens a connection.
    MesosTcp,
}

impl HealthCheckProtocol {
    const WORDS: &str = "HTTP, HTTPS, TCP, COMMAND, MESOS_HTTP, MESOS_HTTPS and MESOS_TCP";

    /// Whether the check runs beside the task, in the Mesos executor, instead of in Marathon. Since
    /// 1.10 Marathon's upgrades start from the health that these checks record, and from no other.
    pub const fn runs_in_mesos(self) -> bool {
        match self {
            Self::Http | Self::Https | Self::Tcp => false,
            Self::Command | Self::MesosHttp | Self::MesosHttps | Self::MesosTcp => true,
        }
    }

    /// Whether the check asks for a path.
    pub const fn is_http(self) -> bool {
        match self {
            Self::Http | Self::Https | Self::MesosHttp | Self::MesosHttps => true,
            Self::Tcp | Self::Command | Self::MesosTcp => false,
        }
    }

    /// Marathon's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Command => "COMMAND",
            Self::MesosHttp => "MESOS_HTTP",
            Self::MesosHttps => "MESOS_HTTPS",
            Self::MesosTcp => "MESOS_TCP",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Http,
            Self::Https,
            Self::Tcp,
            Self::Command,
            Self::MesosHttp,
            Self::MesosHttps,
            Self::MesosTcp,
        ]
        .into_iter()
        .find(|protocol| protocol.as_str() == word)
    }
}

/// How Marathon or Mesos finds out whether an instance is healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthCheck {
    /// Who asks, and how.
    pub protocol: HealthCheckProtocol,
    /// What an HTTP check asks for; none for the other kinds.
    pub path: Option<String>,
    /// The port, if it is given as a number.
    pub port: Option<u16>,
    /// The position of the port among the app's, if it is given so.
    pub port_index: Option<u32>,
    /// For so long after the start, failures do not count. 300 s unless given.
    pub grace_period: Duration,
    /// From one check to the next. 60 s unless given.
    pub interval: Duration,
    /// A check that takes longer has failed. 20 s unless given.
    pub timeout: Duration,
    /// So many failures in a row and the instance is killed; 0 is never (for checks in the
    /// executor: at the first). 3 unless given.
    pub max_consecutive_failures: u32,
    /// For so long after the start, a check in the executor is not made. 15 s unless given.
    pub delay: Duration,
}

impl HealthCheck {
    pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Self> {
        at.object(problems)?;
        let protocol = match at.field("protocol") {
            None => HealthCheckProtocol::default(),
            Some(field) => {
                let word = field.text(problems)?;
                let known = HealthCheckProtocol::from_word(word);
                let unknown = || Fault::word(word, HealthCheckProtocol::WORDS);
                field.or_fault(known.ok_or_else(unknown), problems)?
            }
        };
        let path = text(at, "path", problems);
        Some(Self {
            protocol,
            path: protocol.is_http().then(|| path.unwrap_or_else(|| "/".into())),
            port: at.field("port").and_then(|field| port(&field, problems)),
            port_index: at.field("portIndex").and_then(|field| field.whole(problems)),
            grace_period: seconds(at, "gracePeriodSeconds", 300, problems),
            interval: seconds(at, "intervalSeconds", 60, problems),
            timeout: seconds(at, "timeoutSeconds", 20, problems),
            max_consecutive_failures: at
                .field("maxConsecutiveFailures")
                .map_or(Some(3), |field| field.whole(problems))?,
            delay: seconds(at, "delaySeconds", 15, problems),
        })
    }
}

/// How Marathon finds out, during a deployment, whether a new instance may take the place of an old
/// one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadinessCheck {
    /// `readinessCheck` unless given.
    pub name: String,
    /// Whether it asks over HTTPS. HTTP unless given.
    pub is_https: bool,
    /// What it asks for. `/` unless given.
    pub path: String,
    /// The name of the port. `http-api` unless given.
    pub port_name: String,
    /// From an answer to the next question. 30 s unless given.
    pub interval: Duration,
    /// An answer that takes longer is none. 10 s unless given.
    pub timeout: Duration,
}

impl ReadinessCheck {
    pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Self> {
        at.object(problems)?;
        let is_https = match at.field("protocol") {
            None => false,
            Some(field) => match field.text(problems)? {
                "HTTP" => false,
                "HTTPS" => true,
                other => {
                    field.fault(Fault::word(other, "HTTP and HTTPS"), problems);
                    return None;
                }
            },
        };
        if let Some(codes) = at.field("httpStatusCodesForReady") {
            for code in codes.elements(problems) {
                code.whole_in(100..=599, "below 100", "above 599", problems);
            }
        }
        let mut or = |key, default: &str| text(at, key, problems).unwrap_or_else(|| default.into());
        Some(Self {
            name: or("name", "readinessCheck"),
            is_https,
            path: or("path", "/"),
            port_name: or("portName", "http-api"),
            interval: seconds(at, "intervalSeconds", 30, problems),
            timeout: seconds(at, "timeoutSeconds", 10, problems),
        })
    }
}

fn text(at: &Cursor<'_>, key: &str, problems: &mut Problems) -> Option<String> {
    at.field(key).and_then(|field| field.text(problems).map(String::from))
}

fn port(at: &Cursor<'_>, problems: &mut Problems) -> Option<u16> {
    at.whole_in(0..=65_535, "below 0", "above 65535", problems)
        .and_then(|port| u16::try_from(port).ok())
}

fn seconds(at: &Cursor<'_>, key: &str, default: u32, problems: &mut Problems) -> Duration {
    let given = at.field(key).and_then(|field| field.whole(problems));
    Duration::from_secs(given.unwrap_or(default).into())
}
