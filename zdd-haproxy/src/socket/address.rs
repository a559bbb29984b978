//! Where an admin socket is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of an admin socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "HAProxy has no other that a client can reach")]
pub enum Address {
    /// A unix socket. Its mode is its only protection.
    Unix(PathBuf),
    /// `host:port`. Nothing protects it: whoever can connect can command.
    Tcp(String),
}

/// A path with a slash in it is a unix socket, `host:port` is TCP; `unix@`, `tcp@`, `ipv4@` and
/// `ipv6@` say it as in HAProxy's configuration.
impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |why| AddressError { text: text.to_owned(), why };
        let (is_unix, rest) = match text.split_once('@') {
            Some(("unix", path)) => (true, path),
            Some(("tcp" | "tcp4" | "tcp6" | "ipv4" | "ipv6", host)) => (false, host),
            _ => (text.contains('/'), text),
        };
        if rest.is_empty() {
            return Err(wrong("it is empty"));
        }
        if is_unix {
            return Ok(Self::Unix(PathBuf::from(rest)));
        }
        let (host, port) = rest
            .rsplit_once(':')
            .ok_or_else(|| wrong("it is neither a path with a slash nor a host with a port"))?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong("it has no host"));
        }
        if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
            return Err(wrong("an IPv6 address stands in brackets"));
        }
        match port.parse::<u16>() {
            Ok(1..) => Ok(Self::Tcp(rest.to_owned())),
            _ => Err(wrong("its port is not a number from 1 to 65535")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(host) => f.write_str(host),
        }
    }
}

/// Why a text is no address of an admin socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no admin socket: {why}")]
#[non_exhaustive]
pub struct AddressError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl AddressError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        Some("write /path/of/socket, ./socket, host:port or [::1]:port".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, address) in [
            ("/run/haproxy.sock", Address::Unix("/run/haproxy.sock".into())),
            ("./s:1", Address::Unix("./s:1".into())),
            ("unix@s", Address::Unix("s".into())),
            ("localhost:9999", Address::Tcp("localhost:9999".into())),
            ("ipv4@127.0.0.1:9999", Address::Tcp("127.0.0.1:9999".into())),
            ("tcp@[::1]:9999", Address::Tcp("[::1]:9999".into())),
        ] {
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
        for wrong in ["", "unix@", "haproxy", ":9999", "host:", "host:0", "host:65536", "::1:99"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
