//! What an exit status answers for.

use std::fmt;
use std::str::FromStr;

use zdd_core::guarantee::Guarantee;

/// A guarantee of the strategy, or that it fits the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Strategy(Guarantee),
    Fits,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "fits" {
            return Ok(Self::Fits);
        }
        text.parse().map(Self::Strategy).map_err(|error| format!("{error}, fits"))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strategy(guarantee) => guarantee.fmt(f),
            Self::Fits => f.pad("fits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let all = Guarantee::ALL.into_iter().map(Asked::Strategy).chain([Asked::Fits]);
        for asked in all {
            assert_eq!(asked.to_string().parse(), Ok(asked));
        }
        let error = "fit".parse::<Asked>().unwrap_err();
        assert_eq!(error, "`fit` is none of completes, bounds, side-by-side, fits");
    }
}
