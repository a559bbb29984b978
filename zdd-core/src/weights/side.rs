//! The servers of one version.

use super::weight::Weight;

/// Servers that together are to get a share of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a share and who gets it")]
pub struct Side {
    /// What it is to get, compared with the other sides: 80 beside 20 is four times as much.
    pub share: u32,
    /// How many servers it has.
    pub servers: u32,
}

/// The weights of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideWeights {
    total: u64,
    servers: u32,
}

impl Side {
    /// So much for so many servers.
    pub const fn new(share: u32, servers: u32) -> Self {
        Self { share, servers }
    }

    /// The most that the weights of its servers can add up to.
    pub(super) fn most(self) -> u64 {
        u64::from(Weight::MAX.get()) * u64::from(self.servers)
    }
}

impl SideWeights {
    /// `total` on so many servers; it is at most 256 for each.
    pub(super) const fn new(total: u64, servers: u32) -> Self {
        Self { total, servers }
    }

    /// What the weights of its servers add up to.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The weight of each server. They differ by 1 at most, the heavier ones come first; some are 0
    /// where the total is smaller than the number of servers.
    pub fn servers(&self) -> impl ExactSizeIterator<Item = Weight> + use<> {
        let servers = u64::from(self.servers.max(1));
        let (each, heavier) = (self.total / servers, self.total % servers);
        (0..self.servers).map(move |n| {
            let weight = each + u64::from(u64::from(n) < heavier);
            Weight::try_from(weight).expect("a total is at most 256 for each server")
        })
    }

    /// How many of its servers get nothing.
    pub fn idle(&self) -> u32 {
        let idle = u64::from(self.servers).saturating_sub(self.total);
        u32::try_from(idle).unwrap_or(u32::MAX)
    }
}
