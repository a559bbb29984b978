//! Commands, of parts that cannot be taken for others.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use super::{Name, SetState};

/// What a success answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Success {
    /// Nothing but an empty line.
    Silent,
    /// One of these is in the answer.
    Says(&'static [&'static str]),
    /// A listing, which ends with an empty line.
    Listing,
}

/// One command. Only the constructors here make one, so that each is what it seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    line: String,
    pub(super) success: Success,
    /// Whether the other side waits for the end of all commands: the socket of a master does.
    pub(super) ends: bool,
}

/// A server that is made while HAProxy runs. It knows nothing of `default-server`: what is not here
/// has HAProxy's own default.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what can be said of a server")]
pub struct DynamicServer {
    /// Its address.
    pub addr: IpAddr,
    /// Its port.
    pub port: NonZeroU16,
    /// Its weight, 0 to 256.
    pub weight: u16,
    /// How it is checked, if it is.
    pub checks: Option<Checks>,
}

/// How a server is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what can be said of a check")]
pub struct Checks {
    /// Time between two checks.
    pub inter: Duration,
    /// Checks that have to pass until it is up.
    pub rise: u16,
    /// Checks that have to fail until it is down.
    pub fall: u16,
}

impl Command {
    fn new(line: impl Into<String>, success: Success) -> Self {
        Self { line: line.into(), success, ends: false }
    }

    /// `show info`.
    pub fn show_info() -> Self {
        Self::new("show info", Success::Listing)
    }

    /// `show stat`: all rows.
    pub fn show_stat() -> Self {
        Self::new("show stat", Success::Listing)
    }

    /// `show servers state`: all backends.
    pub fn show_servers_state() -> Self {
        Self::new("show servers state", Success::Listing)
    }

    /// `show sess`: all sessions.
    pub fn show_sess() -> Self {
        Self::new("show sess", Success::Listing)
    }

    /// `show proc`: the processes of a master.
    pub(super) fn show_proc() -> Self {
        Self { ends: true, ..Self::new("show proc", Success::Listing) }
    }

    /// `help`: the commands that this version has.
    pub(super) fn help() -> Self {
        Self::new("help", Success::Listing)
    }

    /// What `show info`, `show stat` and, where the version has it, `show servers state` answer in
    /// one connection, so that one and the same worker says it all.
    pub(super) fn glance(with_state: bool) -> Self {
        let state = if with_state { ";show servers state" } else { "" };
        Self::new(format!("show info;show stat{state}"), Success::Listing)
    }

    /// `set server … weight`: an absolute weight, 0 to 256.
    pub fn set_weight(backend: &Name, server: &Name, weight: u16) -> Self {
        Self::new(format!("set server {backend}/{server} weight {weight}"), Success::Silent)
    }

    /// `set server … state`.
    pub fn set_state(backend: &Name, server: &Name, state: SetState) -> Self {
        Self::new(format!("set server {backend}/{server} state {state}"), Success::Silent)
    }

    /// `set server … addr … port …`. HAProxy takes any number for a port and wraps it in silence;
    /// here it cannot be out of range.
    pub fn set_addr(backend: &Name, server: &Name, addr: IpAddr, port: NonZeroU16) -> Self {
        Self::new(
            format!("set server {backend}/{server} addr {addr} port {port}"),
            Success::Says(&["changed from", "no need to change"]),
        )
    }

    /// `enable health`.
    pub fn enable_health(backend: &Name, server: &Name) -> Self {
        Self::new(format!("enable health {backend}/{server}"), Success::Silent)
    }

    /// `add server`: in maintenance, and with its checks off.
    pub fn add_server(backend: &Name, server: &Name, made: &DynamicServer) -> Self {
        let address = match made.addr {
            IpAddr::V4(addr) => format!("{addr}:{}", made.port),
            IpAddr::V6(addr) => format!("[{addr}]:{}", made.port),
        };
        let mut line = format!("add server {backend}/{server} {address} weight {}", made.weight);
        if let Some(Checks { inter, rise, fall }) = made.checks {
            // Writing to a text does not fail. 0 would be refused.
            let inter = inter.as_millis().clamp(1, 1 << 31);
            let _ =
                write!(line, " check inter {inter}ms rise {} fall {}", rise.max(1), fall.max(1));
        }
        Self::new(line, Success::Says(&["New server registered."]))
    }

    /// `del server`: of a server in maintenance that nothing uses. Those of the configuration can be
    /// deleted as well, and come back with the next reload only.
    pub fn del_server(backend: &Name, server: &Name) -> Self {
        Self::new(format!("del server {backend}/{server}"), Success::Says(&["Server deleted."]))
    }

    /// `shutdown sessions server`: cuts all that goes on, and clients see it.
    pub fn shutdown_sessions(backend: &Name, server: &Name) -> Self {
        Self::new(format!("shutdown sessions server {backend}/{server}"), Success::Silent)
    }

    /// Several commands whose success is silent, as one. HAProxy carries out all of them, whatever
    /// becomes of the others.
    pub(super) fn joined<'c>(commands: impl Iterator<Item = &'c Self>) -> Self {
        let lines: Vec<&str> = commands.map(|command| command.line.as_str()).collect();
        debug_assert!(!lines.is_empty(), "something is asked");
        Self::new(lines.join(";"), Success::Silent)
    }
}

/// As it is sent, without its line end.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[test]
    fn commands_are_haproxys() {
        let (app, s1) = (name("app"), name("s1"));
        let port = NonZeroU16::new(8080).unwrap();
        for (command, line) in [
            (Command::set_weight(&app, &s1, 20), "set server app/s1 weight 20"),
            (Command::set_state(&app, &s1, SetState::Drain), "set server app/s1 state drain"),
            (
                Command::set_addr(&app, &s1, "::1".parse().unwrap(), port),
                "set server app/s1 addr ::1 port 8080",
            ),
            (Command::shutdown_sessions(&app, &s1), "shutdown sessions server app/s1"),
            (
                Command::add_server(
                    &app,
                    &s1,
                    &DynamicServer {
                        addr: "::1".parse().unwrap(),
                        port,
                        weight: 10,
                        checks: Some(Checks {
                            inter: Duration::from_millis(200),
                            rise: 2,
                            fall: 3,
                        }),
                    },
                ),
                "add server app/s1 [::1]:8080 weight 10 check inter 200ms rise 2 fall 3",
            ),
        ] {
            assert_eq!(command.to_string(), line);
        }
    }
}
