//! Host ports for tasks.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where ports for tasks are looked for. Below lie the service ports that Marathon hands out
/// (10000 to 20000), on which a load balancer on this machine listens.
const RANGE: RangeInclusive<u16> = 20_001..=65_535;

/// The ephemeral ports of a system that does not say which they are: those of IANA and, because they
/// begin lower, those of Linux.
const USUAL_EPHEMERAL: RangeInclusive<u16> = 32_768..=65_535;

/// Fewer ports than this are not worth staying outside the ephemeral ones.
const ENOUGH: usize = 1_000;

/// All ports that tasks of this process hold, whichever lab they belong to: two labs in one process
/// (tests, mostly) share the machine's ports.
static HELD: Mutex<BTreeSet<(IpAddr, u16)>> = Mutex::new(BTreeSet::new());

/// Hands out ports that nobody listens on.
///
/// They lie outside the range that the system gives to outgoing connections, or a task could find
/// that one of these has just taken its port. It goes round through all of them, so that a port is
/// not used again soon: whoever still talks to a stopped instance must not reach a new one.
///
/// Between the look and the moment at which the task listens, a stranger can take a port. The task
/// then fails to start, as it would on a cluster.
#[derive(Debug)]
pub(crate) struct Ports {
    candidates: Vec<u16>,
    next: Mutex<usize>,
}

/// Why a task did not get its ports.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PortError {
    /// The very port that it asked for is taken.
    #[error("port {port} of {address} is in use")]
    InUse {
        /// Which.
        port: u16,
        /// Where.
        address: IpAddr,
        /// What the system said, unless it is a task of this lab that holds it.
        #[source]
        source: Option<io::Error>,
    },
    /// All ports are taken.
    #[error("none of the {0} ports for tasks is free")]
    NoneFree(usize),
}

/// The ports of one task, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    address: IpAddr,
    ports: Vec<u16>,
}

impl Ports {
    /// Ports outside the ephemeral range, beginning somewhere that depends on `seed`: labs that run
    /// side by side should begin at different places.
    pub(crate) fn new(seed: u64) -> Self {
        Self::outside(&ephemeral(), seed)
    }

    fn outside(ephemeral: &RangeInclusive<u16>, seed: u64) -> Self {
        let mut candidates: Vec<u16> = RANGE.filter(|port| !ephemeral.contains(port)).collect();
        if candidates.len() < ENOUGH {
            candidates = RANGE.collect();
        }
        // A multiplier with well mixed high bits (Knuth's), so that neighbouring seeds lie far apart.
        let mixed = seed.wrapping_mul(6_364_136_223_846_793_005) >> 33;
        let start = usize::try_from(mixed).unwrap_or(0) % candidates.len();
        Self { candidates, next: Mutex::new(start) }
    }

    /// The ports for a task on the agent at `address`, in the order of `wanted`: that very port, or
    /// any free one.
    pub(crate) fn take(&self, address: IpAddr, wanted: &[Option<u16>]) -> Result<Lease, PortError> {
        // Grows port by port, so that a failure on the way gives back what it has.
        let mut lease = Lease { address, ports: Vec::with_capacity(wanted.len()) };
        for port in wanted {
            let port = match port {
                Some(port) => fixed(address, *port)?,
                None => self.free(address)?,
            };
            lease.ports.push(port);
        }
        Ok(lease)
    }

    fn free(&self, address: IpAddr) -> Result<u16, PortError> {
        let mut next = lock(&self.next);
        for _ in 0..self.candidates.len() {
            let port = self.candidates[*next];
            *next = (*next + 1) % self.candidates.len();
            // A task may listen on all addresses, so the port must be free on all agents.
            let is_held = lock(&HELD).iter().any(|(_, held)| *held == port);
            if !is_held
                && listens_nobody(address, port).is_ok()
                && listens_nobody(Ipv4Addr::UNSPECIFIED.into(), port).is_ok()
                && lock(&HELD).insert((address, port))
            {
                return Ok(port);
            }
        }
        Err(PortError::NoneFree(self.candidates.len()))
    }
}

impl Lease {
    /// The ports, in the order in which they were asked for.
    pub(crate) fn ports(&self) -> &[u16] {
        &self.ports
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = lock(&HELD);
        for port in &self.ports {
            held.remove(&(self.address, *port));
        }
    }
}

/// A fixed port has to be free only on its agent: another agent may use the same one.
fn fixed(address: IpAddr, port: u16) -> Result<u16, PortError> {
    let in_use = |source| PortError::InUse { port, address, source };
    listens_nobody(address, port).map_err(|source| in_use(Some(source)))?;
    if lock(&HELD).insert((address, port)) { Ok(port) } else { Err(in_use(None)) }
}

fn listens_nobody(address: IpAddr, port: u16) -> io::Result<()> {
    TcpListener::bind(SocketAddr::new(address, port)).map(drop)
}

/// The ports that the system gives to outgoing connections.
fn ephemeral() -> RangeInclusive<u16> {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|text| range(&text))
        .unwrap_or(USUAL_EPHEMERAL)
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.trim().split_once(char::is_whitespace)?;
    Some(first.parse().ok()?..=last.trim().parse().ok()?)
}

/// Nothing in this file can panic while it holds a lock, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn the_systems_range_is_read() {
        assert_eq!(range("32768\t60999\n"), Some(32_768..=60_999));
        assert_eq!(range("1024 65535"), Some(1_024..=65_535));
        for bad in ["", "1024", "a b", "1024 65536"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }

    #[test]
    fn candidates_lie_outside_the_ephemeral_range_if_enough_are_left() {
        let ports = Ports::outside(&(32_768..=60_999), 1);
        assert_eq!(ports.candidates.first(), Some(&20_001));
        assert_eq!(ports.candidates.last(), Some(&65_535));
        assert!(!ports.candidates.contains(&32_768) && !ports.candidates.contains(&60_999));
        let ports = Ports::outside(&(1_024..=65_535), 1);
        assert_eq!(ports.candidates.len(), RANGE.len());
    }

    #[test]
    fn no_port_is_handed_out_twice_nor_soon_again() {
        let ports = Ports::new(7);
        let first = ports.take(HERE, &[None; 8]).unwrap();
        let second = ports.take("127.0.0.1".parse().unwrap(), &[None; 8]).unwrap();
        let all: BTreeSet<_> = first.ports().iter().chain(second.ports()).copied().collect();
        assert_eq!(all.len(), 16);
        drop((first, second));
        let third = ports.take(HERE, &[None; 8]).unwrap();
        assert!(third.ports().iter().all(|port| !all.contains(port)));
    }

    #[test]
    fn a_port_that_a_stranger_listens_on_is_left_out() {
        let ports = Ports::outside(&USUAL_EPHEMERAL, 3);
        let next = |ports: &Ports| ports.candidates[*lock(&ports.next)];
        let stranger = loop {
            // Whoever runs at the same time may hold the candidate.
            match TcpListener::bind((Ipv4Addr::UNSPECIFIED, next(&ports))) {
                Ok(listener) => break listener,
                Err(_) => *lock(&ports.next) += 1,
            }
        };
        let taken = stranger.local_addr().unwrap().port();
        let lease = ports.take(HERE, &[None]).unwrap();
        assert_ne!(lease.ports(), [taken]);

        let error = ports.take(HERE, &[Some(taken)]).unwrap_err();
        assert_eq!(error.to_string(), format!("port {taken} of 127.0.0.1 is in use"));
    }

    #[test]
    fn a_fixed_port_is_held_on_one_agent_until_it_is_given_back() {
        let ports = Ports::new(11);
        let free = ports.take(HERE, &[None]).unwrap().ports()[0];
        let wanted = [Some(free), None];
        let lease = ports.take(HERE, &wanted).unwrap();
        assert_eq!(lease.ports()[0], free);
        assert!(matches!(
            ports.take(HERE, &[None, Some(free)]).unwrap_err(),
            PortError::InUse { source: None, .. }
        ));
        drop(lease);
        assert!(ports.take(HERE, &wanted).is_ok());
    }

    #[test]
    fn there_can_be_none_left() {
        let ports = Ports { candidates: vec![], next: Mutex::new(0) };
        let error = ports.take(HERE, &[None]).unwrap_err();
        assert_eq!(error.to_string(), "none of the 0 ports for tasks is free");
    }
}
