//! The weight of one server.

use core::fmt;

/// The weight of a server: 0 to 256. With 0 it gets no requests but for those of clients that stick to
/// it.
///
/// Source: HAProxy's `weight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u16);

/// A number that is no weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a weight from 0 to 256")]
pub struct WeightError(pub u64);

impl Weight {
    /// The lightest.
    pub const MIN: Self = Self(0);
    /// The heaviest.
    pub const MAX: Self = Self(256);

    /// The number itself.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u64> for Weight {
    type Error = WeightError;

    fn try_from(number: u64) -> Result<Self, WeightError> {
        match u16::try_from(number) {
            Ok(weight) if weight <= Self::MAX.0 => Ok(Self(weight)),
            _ => Err(WeightError(number)),
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
