//! The two fractions of an upgrade strategy, and the arithmetic that turns them into counts.
//!
//! This is the only file that computes in floating point. It repeats Marathon's operations in
//! Marathon's order on IEEE 754 doubles, so that the counts agree to the last bit: see
//! `DeploymentStrategy` in Marathon's `TaskReplaceActor`. Everything else works on the integers that
//! come out.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InstanceCount;

/// Why a number is not a capacity fraction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FractionError {
    /// The number is below zero.
    #[error("{0} is below 0")]
    BelowZero(f64),
    /// The number is above one.
    #[error("{0} is above 1")]
    AboveOne(f64),
    /// The value is NaN, infinite, or not a number at all.
    #[error("`{0}` is not a number between 0 and 1")]
    NotANumber(String),
}

fn checked(value: f64) -> Result<f64, FractionError> {
    if !value.is_finite() {
        Err(FractionError::NotANumber(value.to_string()))
    } else if value < 0.0 {
        Err(FractionError::BelowZero(value))
    } else if value > 1.0 {
        Err(FractionError::AboveOne(value))
    } else {
        // `-0.0` is in range; adding zero makes it the zero that everybody prints.
        Ok(value + 0.0)
    }
}

macro_rules! fraction {
    ($name:ident) => {
        impl Eq for $name {}

        #[expect(clippy::derive_ord_xor_partial_ord, reason = "never NaN, so the order is total")]
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl $name {
            /// The smallest fraction, `0.0`.
            pub const ZERO: Self = Self(0.0);
            /// The largest fraction, `1.0`. Also Marathon's default for ordinary apps.
            pub const ONE: Self = Self(1.0);

            /// The fraction as a plain double.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = FractionError;

            fn try_from(value: f64) -> Result<Self, Self::Error> {
                checked(value).map(Self)
            }
        }

        impl From<$name> for f64 {
            fn from(fraction: $name) -> Self {
                fraction.0
            }
        }

        impl FromStr for $name {
            type Err = FractionError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let value: f64 =
                    text.parse().map_err(|_| FractionError::NotANumber(text.to_string()))?;
                Self::try_from(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// Share of the instances that must stay healthy during an upgrade, a number in `0.0..=1.0`.
///
/// Source: Marathon `upgradeStrategy.minimumHealthCapacity`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct MinimumHealthCapacity(f64);
fraction!(MinimumHealthCapacity);

/// Share of the instances that may run on top of them during an upgrade, a number in `0.0..=1.0`.
///
/// Source: Marathon `upgradeStrategy.maximumOverCapacity`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct MaximumOverCapacity(f64);
fraction!(MaximumOverCapacity);

impl MinimumHealthCapacity {
    /// Fewest healthy instances that satisfy this share of `instances`: the product in doubles,
    /// rounded up.
    ///
    /// ```
    /// use zdd_core::units::{InstanceCount, MinimumHealthCapacity};
    ///
    /// let floor = |share: f64, n: u16| {
    ///     MinimumHealthCapacity::try_from(share).unwrap().floor_of(n.into()).get()
    /// };
    /// assert_eq!(floor(0.5, 3), 2);
    /// // In doubles 25 × 0.28 is a little more than 7, so Marathon keeps 8, and so do we.
    /// assert_eq!(floor(0.28, 25), 8);
    /// ```
    pub fn floor_of(self, instances: InstanceCount) -> InstanceCount {
        let product = f64::from(instances.get()) * self.0;
        let whole = truncated(product);
        let up = u64::from(f64_from(whole) < product);
        InstanceCount::saturating_from(whole + up)
    }
}

impl MaximumOverCapacity {
    /// Most instances that may run while this share may be added to `instances`: one is added to
    /// the share, the product is taken in doubles and truncated. Never below `instances`, at most
    /// [`InstanceCount::MAX`].
    ///
    /// ```
    /// use zdd_core::units::{InstanceCount, MaximumOverCapacity};
    ///
    /// let ceiling = |share: f64, n: u16| {
    ///     MaximumOverCapacity::try_from(share).unwrap().ceiling_of(n.into()).get()
    /// };
    /// assert_eq!(ceiling(0.25, 4), 5);
    /// // In doubles 100 × 1.15 is a little less than 115, so Marathon allows 114, and so do we.
    /// assert_eq!(ceiling(0.15, 100), 114);
    /// ```
    pub fn ceiling_of(self, instances: InstanceCount) -> InstanceCount {
        InstanceCount::saturating_from(truncated(f64::from(instances.get()) * (1.0 + self.0)))
    }
}

/// `value` without its fraction. `core` has no `trunc`; the cast does the same for `0.0..2^53`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= value <= 2^32")]
fn truncated(value: f64) -> u64 {
    value as u64
}

#[expect(clippy::cast_precision_loss, reason = "value <= 2^32 is exact in a double")]
fn f64_from(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_to_one_is_a_fraction() {
        assert_eq!(MinimumHealthCapacity::try_from(1.2), Err(FractionError::AboveOne(1.2)));
        assert_eq!(MaximumOverCapacity::try_from(-0.1), Err(FractionError::BelowZero(-0.1)));
        assert!(matches!(
            MaximumOverCapacity::try_from(f64::NAN),
            Err(FractionError::NotANumber(_))
        ));
        assert!(matches!(
            "inf".parse::<MinimumHealthCapacity>(),
            Err(FractionError::NotANumber(_))
        ));
        assert_eq!(MinimumHealthCapacity::try_from(-0.0).map(|f| f.to_string()), Ok("0".into()));
        assert_eq!("1.2".parse::<MaximumOverCapacity>().unwrap_err().to_string(), "1.2 is above 1");
    }

    #[test]
    fn the_largest_app_does_not_overflow() {
        assert_eq!(MaximumOverCapacity::ONE.ceiling_of(InstanceCount::MAX), InstanceCount::MAX);
        assert_eq!(MinimumHealthCapacity::ONE.floor_of(InstanceCount::MAX), InstanceCount::MAX);
    }
}
