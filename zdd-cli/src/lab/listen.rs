//! Where servers of the lab listen.

use std::env;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use tokio::net::TcpListener;

use super::error::LabError;

/// The address that `host` names. A name that has several stands for a loopback one, if it has one.
///
/// # Errors
///
/// When it names none.
pub(super) fn address_of(host: &str) -> Result<IpAddr, LabError> {
    if let Ok(ip) = host.parse() {
        return Ok(ip);
    }
    let failed = |error| LabError::Host { host: host.into(), error };
    let found: Vec<IpAddr> =
        (host, 0).to_socket_addrs().map_err(failed)?.map(|address| address.ip()).collect();
    let loopback = found.iter().find(|ip| ip.is_loopback());
    let nothing = || failed(io::Error::from(io::ErrorKind::NotFound));
    loopback.or(found.first()).copied().ok_or_else(nothing)
}

/// The address that `HOST:PORT` names.
///
/// # Errors
///
/// When it is of another form, or the host names no address.
pub(super) fn parse(text: &str) -> Result<SocketAddr, LabError> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let refused = || LabError::NotAnAddress(text.into());
    let (host, port) = text.rsplit_once(':').ok_or_else(refused)?;
    let port = port.parse().map_err(|_| refused())?;
    Ok(SocketAddr::new(address_of(host)?, port))
}

/// The address that a task of a lab is meant to listen on: what Mesos tells a task about itself,
/// unless that is no loopback address of this machine. `HOST` is often something else in a shell.
pub(super) fn address_of_task() -> IpAddr {
    let said = ["LIBPROCESS_IP", "HOST"].into_iter().filter_map(|name| env::var(name).ok());
    let mut addresses = said.filter_map(|host| address_of(&host).ok());
    addresses.find(IpAddr::is_loopback).unwrap_or(Ipv4Addr::LOCALHOST.into())
}

/// Whether others may be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only this machine.
    Loopback,
    /// Whoever can reach the address.
    Any,
}

/// Refuses addresses beyond `reach`.
///
/// # Errors
///
/// When others can reach the address, and may not.
pub(super) fn check(address: SocketAddr, reach: Reach) -> Result<(), LabError> {
    match reach {
        Reach::Loopback if !address.ip().is_loopback() => Err(LabError::NotLoopback { address }),
        Reach::Loopback | Reach::Any => Ok(()),
    }
}

/// Listens, and says where: port 0 is any free one.
///
/// # Errors
///
/// When the address cannot be had.
pub(super) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), LabError> {
    let failed = |error| LabError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
