//! How the side that takes over grows.

use serde::{Deserialize, Serialize};

/// How the side that takes over grows, from its first instances to all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "an operator's choice")]
pub enum Growth {
    /// To all at once: both sides stand beside each other, whole.
    #[default]
    Once,
    /// By half of what there is, and one more: 1, 2, 3, 5, 8, 12. As soon as that would be as many as
    /// the other side has, to all at once.
    ByHalf,
    /// By so many each time. None counts as one.
    By(u32),
    /// As far as there is room; where there is none, the other side is stopped as far as the floor lets it.
    Waves {
        /// How many instances of both sides there may be at any time.
        most: u32,
    },
}

impl Growth {
    /// How many instances come next, at most `to`.
    ///
    /// `grown` is how many the growing side has, `other` how many the other one had before any of it was
    /// stopped for this step; for waves, how many it still has. `stays` is whether some of the other side
    /// are to stay: then there is no jump to the end. Only waves may stand still: where there is no room.
    ///
    /// Source: zdd.py's `scale_new_app_instances`; where that would stand still (from no instance, by
    /// half), one is added.
    pub fn next(self, grown: u32, other: u32, to: u32, stays: bool) -> u32 {
        let next = match self {
            Self::Once => to,
            Self::ByHalf => {
                // ⌊n + (n + 1) ÷ 2⌋
                let next = u64::from(grown) + u64::from(grown).div_ceil(2);
                let next = u32::try_from(next).unwrap_or(u32::MAX).max(1);
                if !stays && next >= other { to } else { next }
            }
            Self::By(step) => grown.saturating_add(step.max(1)),
            Self::Waves { most } => most.saturating_sub(other).max(grown),
        };
        next.min(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_half_until_it_is_as_many_as_the_other_side_has() {
        let mut sizes = alloc::vec![0];
        while let Some(last) = sizes.last().copied().filter(|last| *last < 30) {
            sizes.push(Growth::ByHalf.next(last, 31 - last, 30, false));
        }
        assert_eq!(sizes, [0, 1, 2, 3, 5, 8, 12, 18, 30]);
    }

    #[test]
    fn it_never_stands_still_and_never_goes_beyond() {
        for growth in [Growth::Once, Growth::ByHalf, Growth::By(0), Growth::By(3)] {
            for to in 1..40 {
                for grown in 0..to {
                    for stays in [false, true] {
                        let next = growth.next(grown, 41 - grown, to, stays);
                        assert!(next > grown && next <= to, "{growth:?} {grown} of {to}: {next}");
                    }
                }
            }
        }
        assert_eq!(Growth::ByHalf.next(u32::MAX - 1, 0, u32::MAX, true), u32::MAX);
    }

    #[test]
    fn waves_fill_the_room_that_there_is() {
        let waves = Growth::Waves { most: 5 };
        assert_eq!(waves.next(1, 3, 4, false), 2);
        assert_eq!(waves.next(1, 0, 4, false), 4);
        assert_eq!(waves.next(1, 9, 4, false), 1, "there is none");
    }
}
