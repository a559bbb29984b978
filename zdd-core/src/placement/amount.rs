//! How much of a resource.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

/// An amount of cpus, of memory or disk in MiB: thousandths, never below zero.
///
/// Mesos calculates with three decimals so that sums of small amounts come out even.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

/// A number that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: a number that is not below 0")]
pub struct AmountError(String);

impl AmountError {
    /// That `value` is no amount.
    pub(super) fn of(value: &serde_json::Value) -> Self {
        Self(value.to_string().chars().take(40).collect())
    }
}

impl Amount {
    /// None.
    pub const ZERO: Self = Self(0);
    /// More than any agent has.
    const MAX: f64 = 1e12;

    /// So many whole ones.
    pub const fn whole(n: u32) -> Self {
        Self(n as u64 * 1000)
    }

    /// So many thousandths.
    pub const fn thousandths(n: u64) -> Self {
        Self(n)
    }

    /// The amount in thousandths.
    pub const fn as_thousandths(self) -> u64 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without `other`; nothing if that is more.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Rounds to the nearest thousandth, as Mesos does.
impl TryFrom<f64> for Amount {
    type Error = AmountError;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if !(0.0..=Self::MAX).contains(&value) {
            // Debug, which writes a huge number with an exponent.
            return Err(AmountError(format!("{value:?}")));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within 0 and a thousand times the greatest amount; adding a half rounds"
        )]
        let thousandths = (value * 1000.0 + 0.5) as u64;
        Ok(Self(thousandths))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || AmountError(text.chars().take(40).collect());
        let value: f64 = text.trim().parse().map_err(|_| refused())?;
        Self::try_from(value).map_err(|_| refused())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 100 == 0 => write!(f, "{whole}.{}", part / 100),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{:02}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_tenths_are_one() {
        let tenth = Amount::try_from(0.1).unwrap();
        let sum = (0..10).fold(Amount::ZERO, |sum, _| sum.plus(tenth));
        assert_eq!(sum, Amount::whole(1));
        assert_eq!(Amount::whole(1).minus(sum), Amount::ZERO);
        assert_eq!("0.0005".parse(), Ok(Amount::thousandths(1)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["", "-1", "NaN", "inf", "1e300", "one"] {
            let error = bad.parse::<Amount>().unwrap_err().to_string();
            assert_eq!(
                error,
                alloc::format!("`{bad}` is not an amount: a number that is not below 0")
            );
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(thousandths in 0_u64..1_000_000_000) {
            let amount = Amount::thousandths(thousandths);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }
}
