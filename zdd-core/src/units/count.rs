//! How many instances.

use alloc::string::ToString;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number of instances, `0..=2_147_483_647`.
///
/// The limit is Marathon's: it counts in signed 32-bit integers, and its arithmetic saturates there.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u32")]
pub struct InstanceCount(u32);

impl InstanceCount {
    /// No instance.
    pub const ZERO: Self = Self(0);
    /// One instance.
    pub const ONE: Self = Self(1);
    /// The most that Marathon can count.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// The count as a plain number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether this is no instance at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::MAX.0))
    }

    /// `self - other`, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The count nearest to `value`: clamped to the range. For results of arithmetic, not for input.
    #[must_use]
    pub fn saturating_from(value: u64) -> Self {
        Self(u32::try_from(value).unwrap_or(u32::MAX).min(Self::MAX.0))
    }
}

/// Why a number is not an [`InstanceCount`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceCountError {
    /// The number is larger than Marathon can count.
    #[error("{0} is above 2147483647, the most instances that Marathon can count")]
    TooLarge(u64),
    /// The number is below zero.
    #[error("{0} is below 0")]
    Negative(i64),
    /// The text is not a whole number.
    #[error("`{0}` is not a whole number of instances")]
    NotANumber(alloc::string::String),
}

impl TryFrom<u64> for InstanceCount {
    type Error = InstanceCountError;

    fn try_from(value: u64) -> Result<Self, Self::Error> {
        match u32::try_from(value) {
            Ok(count) if count <= Self::MAX.0 => Ok(Self(count)),
            _ => Err(InstanceCountError::TooLarge(value)),
        }
    }
}

impl TryFrom<i64> for InstanceCount {
    type Error = InstanceCountError;

    fn try_from(value: i64) -> Result<Self, Self::Error> {
        u64::try_from(value).map_err(|_| InstanceCountError::Negative(value))?.try_into()
    }
}

impl From<u16> for InstanceCount {
    fn from(value: u16) -> Self {
        Self(value.into())
    }
}

impl From<InstanceCount> for u32 {
    fn from(count: InstanceCount) -> Self {
        count.0
    }
}

impl FromStr for InstanceCount {
    type Err = InstanceCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(count) = text.parse::<u64>() {
            return count.try_into();
        }
        match text.parse::<i64>() {
            Ok(count) => count.try_into(),
            Err(_) => Err(InstanceCountError::NotANumber(text.to_string())),
        }
    }
}

impl fmt::Display for InstanceCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_marathons() {
        assert_eq!(InstanceCount::try_from(2_147_483_647_u64), Ok(InstanceCount::MAX));
        assert_eq!(
            InstanceCount::try_from(u64::from(u32::MAX)),
            Err(InstanceCountError::TooLarge(4_294_967_295))
        );
        assert_eq!("-3".parse::<InstanceCount>(), Err(InstanceCountError::Negative(-3)));
        assert_eq!(
            "four".parse::<InstanceCount>().unwrap_err().to_string(),
            "`four` is not a whole number of instances"
        );
    }
}
