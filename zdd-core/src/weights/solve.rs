//! The weights of all sides.

use alloc::vec::Vec;

use super::side::{Side, SideWeights};

/// Weights whose shares come as near to the wanted ones as they can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    wanted: Vec<Side>,
    sides: Vec<SideWeights>,
}

/// Why there are no weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// No side is to get anything.
    #[error("no side is to get a share of the traffic")]
    NothingWanted,
    /// A side without servers is to get something.
    #[error("side {side} is to get a share of the traffic, and has no server")]
    NoServer {
        /// Which, from 1.
        side: usize,
    },
}

/// Shares that cannot be reached exactly.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unreachable {
    /// The nearest that can be, each as a part of 1.
    pub nearest: Vec<f64>,
    /// The fewest servers of each side with which the wanted ones would be exact.
    pub servers: Vec<u32>,
}

impl Weights {
    /// Says what can be reached instead where these weights are not exact.
    pub fn unreachable(&self) -> Option<Unreachable> {
        (!self.is_exact()).then(|| Unreachable {
            nearest: (0..self.sides.len()).filter_map(|side| self.share(side)).collect(),
            servers: self.servers_to_be_exact(),
        })
    }

    /// The weights for these sides.
    ///
    /// With shares in lowest terms, a side's weights have to add up to some multiple of its share, the
    /// same multiple for all sides. Preferred are multiples with which all servers of a side have the
    /// same weight, then those with which each has some. Of these it is the largest with which all
    /// weights add up to 1024 at most, or else the smallest: HAProxy keeps shares exact over as many
    /// requests as weights add up to, so a change takes as many to have its effect; and a server that
    /// somebody adds with a weight of 1 should get next to nothing. Where not even the multiple of 1 fits, because a share is finer than
    /// 256 for each server, the result is the nearest: exactly so for two sides, and for more up to
    /// rounding. A side that is to get anything gets at least 1.
    ///
    /// # Errors
    ///
    /// When nothing is wanted, or wanted of a side without servers.
    pub fn of(wanted: &[Side]) -> Result<Self, WeightsError> {
        if wanted.iter().all(|side| side.share == 0) {
            return Err(WeightsError::NothingWanted);
        }
        let is_empty = |side: &Side| side.share > 0 && side.servers == 0;
        if let Some(side) = wanted.iter().position(is_empty) {
            return Err(WeightsError::NoServer { side: side + 1 });
        }
        let divisor = wanted.iter().fold(0, |divisor, side| gcd(divisor, side.share));
        let parts: Vec<u64> = wanted.iter().map(|side| u64::from(side.share / divisor)).collect();
        let both = || wanted.iter().zip(&parts).filter(|(_, part)| **part > 0);
        let most = both().map(|(side, part)| side.most() / part).min().unwrap_or(0);
        let totals: Vec<u64> = if most > 0 {
            let factor = factor(wanted, &parts, most);
            parts.iter().map(|part| part * factor).collect()
        } else {
            nearest(wanted, &parts)
        };
        let sides = wanted.iter().zip(totals);
        let sides = sides.map(|(side, total)| SideWeights::new(total, side.servers)).collect();
        Ok(Self { wanted: wanted.to_vec(), sides })
    }

    /// The weights of each side, in the order in which the sides were given.
    pub fn sides(&self) -> &[SideWeights] {
        &self.sides
    }

    /// Whether each side gets exactly its share.
    pub fn is_exact(&self) -> bool {
        let (all, wanted) = (self.all(), self.all_wanted());
        let mut both = self.sides.iter().zip(&self.wanted);
        both.all(|(side, of)| u128::from(side.total()) * wanted == u128::from(of.share) * all)
    }

    /// The share that a side gets, as a part of 1; none where there is no such side.
    pub fn share(&self, side: usize) -> Option<f64> {
        Some(part(self.sides.get(side)?.total().into(), self.all()))
    }

    /// How far the share of any side is from the wanted one, at most, as a part of 1: 0.01 is one
    /// percentage point.
    pub fn largest_error(&self) -> f64 {
        let (all, wanted) = (self.all(), self.all_wanted());
        let both = self.sides.iter().zip(&self.wanted);
        let error = |(side, of): (&SideWeights, &Side)| {
            (part(side.total().into(), all) - part(of.share.into(), wanted)).abs()
        };
        both.map(error).fold(0.0, f64::max)
    }

    /// The fewest servers with which each side would get exactly its share, all else being equal.
    pub fn servers_to_be_exact(&self) -> Vec<u32> {
        let divisor = self.wanted.iter().fold(0, |divisor, side| gcd(divisor, side.share));
        let needed = |side: &Side| (side.share / divisor).div_ceil(256).max(side.servers);
        self.wanted.iter().map(needed).collect()
    }

    fn all(&self) -> u128 {
        self.sides.iter().map(|side| u128::from(side.total())).sum()
    }

    fn all_wanted(&self) -> u128 {
        self.wanted.iter().map(|side| u128::from(side.share)).sum()
    }
}

/// What all weights should add up to, at most.
const ROUND: u64 = 1024;

/// The factor of all parts, `most` at most.
fn factor(wanted: &[Side], parts: &[u64], most: u64) -> u64 {
    let within = (ROUND / parts.iter().sum::<u64>().max(1)).clamp(1, most);
    if let Some(even) = even(wanted, parts, most) {
        return (within / even * even).max(even);
    }
    let served = wanted.iter().zip(parts).filter(|(_, part)| **part > 0);
    let all_served = served.map(|(side, part)| u64::from(side.servers).div_ceil(*part)).max();
    within.max(all_served.unwrap_or(1)).min(most)
}

/// The smallest factor with which the servers of each side all get the same.
fn even(wanted: &[Side], parts: &[u64], most: u64) -> Option<u64> {
    // The total of a side is `part × factor`: its servers share it evenly if the factor is a multiple
    // of what they do not have in common with the part.
    let mut multiple: u64 = 1;
    for (side, part) in wanted.iter().zip(parts).filter(|(_, part)| **part > 0) {
        let servers = u64::from(side.servers);
        let of = servers / gcd_of(servers, *part);
        multiple = multiple / gcd_of(multiple, of) * of;
        if multiple > most {
            return None;
        }
    }
    Some(multiple)
}

/// Where the shares are finer than weights are.
fn nearest(wanted: &[Side], parts: &[u64]) -> Vec<u64> {
    let sides: Vec<usize> = (0..parts.len()).filter(|side| parts[*side] > 0).collect();
    if let [one, other] = sides.as_slice() {
        return nearest_of_two(wanted, parts, (*one, *other));
    }
    // As large as the side that fits worst allows.
    let tight = sides.iter().copied().min_by(|one, other| {
        let room = |side: usize| u128::from(wanted[side].most());
        let scaled = |side: usize, by: usize| room(side) * u128::from(parts[by]);
        scaled(*one, *other).cmp(&scaled(*other, *one))
    });
    let Some(tight) = tight else { return parts.to_vec() };
    let (most, of) = (u128::from(wanted[tight].most()), u128::from(parts[tight]));
    let total = |(side, part): (&Side, &u64)| match part {
        0 => 0,
        part => {
            let rounded = (u128::from(*part) * most + of / 2) / of;
            u64::try_from(rounded).unwrap_or(u64::MAX).clamp(1, side.most())
        }
    };
    wanted.iter().zip(parts).map(total).collect()
}

/// Tries every total of the side with the smaller share: the other one follows from it.
fn nearest_of_two(wanted: &[Side], parts: &[u64], (one, other): (usize, usize)) -> Vec<u64> {
    let (small, large) = if parts[one] <= parts[other] { (one, other) } else { (other, one) };
    let (part, rest) = (u128::from(parts[small]), u128::from(parts[large]));
    let (most_small, most_large) = (wanted[small].most(), wanted[large].most());
    let mut best = (1, most_large);
    for total in 1..=most_small {
        let exact = u128::from(total) * rest / part;
        let below = u64::try_from(exact).unwrap_or(u64::MAX).clamp(1, most_large);
        for candidate in [below, (below + 1).min(most_large)] {
            if is_nearer((total, candidate), best, (part, rest)) {
                best = (total, candidate);
            }
        }
        // From here on the larger side is full, and the smaller one only gets more than its share.
        if exact >= u128::from(most_large) {
            break;
        }
    }
    let mut totals = alloc::vec![0; parts.len()];
    (totals[small], totals[large]) = best;
    totals
}

/// Whether `new` is nearer to the wanted shares than `old`, or as near and larger.
fn is_nearer(new: (u64, u64), old: (u64, u64), (part, rest): (u128, u128)) -> bool {
    // |a ÷ (a + b) − p ÷ (p + r)| has the numerator |a × r − b × p|.
    let error = |(a, b): (u64, u64)| (u128::from(a) * rest).abs_diff(u128::from(b) * part);
    let all = |(a, b): (u64, u64)| u128::from(a) + u128::from(b);
    error(new) * all(old) < error(old) * all(new)
}

fn gcd(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { gcd(other, one % other) }
}

fn gcd_of(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd_of(other, one % other) }
}

/// Exact up to 2⁵³, far above all totals.
#[expect(clippy::cast_precision_loss, reason = "totals are far below 2^53")]
fn part(of: u128, all: u128) -> f64 {
    if all == 0 { 0.0 } else { of as f64 / all as f64 }
}
