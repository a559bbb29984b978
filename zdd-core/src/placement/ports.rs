//! Port numbers as Mesos writes them: in ranges.

use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;

use crate::app::excerpt;

/// Port numbers, as ranges that neither overlap nor touch, in ascending order.
///
/// Takes memory in proportion to the ranges, not to the ports in them.
///
/// ```
/// use zdd_core::placement::PortRanges;
///
/// let ports: PortRanges = "[31000-31999, 8080-8080, 32000-32000]".parse()?;
/// assert_eq!(ports.to_string(), "[8080-8080, 31000-32000]");
/// assert_eq!(ports.count(), 1002);
/// assert!(ports.contains(32000) && !ports.contains(32001));
/// # Ok::<(), zdd_core::placement::PortRangesError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PortRanges(Vec<(u16, u16)>);

/// Why a text, or a list of ranges, is none of ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortRangesError {
    /// It is not of the form `[31000-32000, 8080-8080]`.
    #[error("`{0}` is not of the form `[31000-32000, 8080-8080]`")]
    Form(alloc::string::String),
    /// A range has a bound that is no port.
    #[error("{begin}-{end} is no range of ports: they go from 0 to 65535")]
    Bounds {
        /// Where the range begins.
        begin: u64,
        /// Where it ends.
        end: u64,
    },
    /// A range ends before it begins.
    #[error("the range {begin}-{end} ends before it begins")]
    Backwards {
        /// Where the range begins.
        begin: u16,
        /// Where it ends.
        end: u16,
    },
    /// A port is in two ranges.
    #[error("port {0} is in two ranges")]
    Overlap(u16),
}

impl PortRanges {
    /// No port at all.
    pub const NONE: Self = Self(Vec::new());

    /// These ranges, in any order.
    ///
    /// # Errors
    ///
    /// When one of them is no range of ports, or two overlap.
    pub fn new(ranges: impl IntoIterator<Item = (u64, u64)>) -> Result<Self, PortRangesError> {
        let ranges = ranges.into_iter().map(|(begin, end)| range(begin, end));
        let mut ranges: Vec<(u16, u16)> = ranges.collect::<Result<_, _>>()?;
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if pair[1].0 <= pair[0].1 {
                return Err(PortRangesError::Overlap(pair[1].0));
            }
        }
        Ok(Self::joined(ranges))
    }

    /// How many ports.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|(first, last)| u32::from(last - first) + 1).sum()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `port` is one of them.
    pub fn contains(&self, port: u16) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= port);
        after > 0 && port <= self.0[after - 1].1
    }

    /// The ranges, in ascending order.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u16>> + '_ {
        self.0.iter().map(|(first, last)| *first..=*last)
    }

    /// The ports of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut all: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        Self::joined(all)
    }

    /// Those that are not of `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        let mut others = other.0.iter().peekable();
        for &(first, last) in &self.0 {
            // In more bits than ports have: past the last port there is one more number.
            let (mut from, last) = (u32::from(first), u32::from(last));
            while others.next_if(|(_, end)| u32::from(*end) < from).is_some() {}
            let mut cuts = others.clone();
            while let Some((begin, end)) = cuts.next_if(|(begin, _)| u32::from(*begin) <= last) {
                let begin = u32::from(*begin);
                if begin > from {
                    left.push((from, begin - 1));
                }
                from = u32::from(*end) + 1;
            }
            if from <= last {
                left.push((from, last));
            }
        }
        let port = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
        Self(left.into_iter().map(|(first, last)| (port(first), port(last))).collect())
    }

    /// A port that is in both, if there is one.
    pub fn shared_with(&self, other: &Self) -> Option<u16> {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek()) {
            if our.0.max(their.0) <= our.1.min(their.1) {
                return Some(our.0.max(their.0));
            }
            if our.1 < their.1 {
                ours.next()
            } else {
                theirs.next()
            };
        }
        None
    }

    /// The `n` lowest of them.
    #[must_use]
    pub fn lowest(&self, n: u32) -> Self {
        let mut left = n;
        let mut ranges = Vec::new();
        for &(first, last) in &self.0 {
            let size = u32::from(last - first) + 1;
            if left == 0 {
                break;
            }
            // Less than the size of a range, which ends at a port.
            let more = u16::try_from(left.min(size) - 1).unwrap_or(u16::MAX);
            ranges.push((first, first.saturating_add(more)));
            left -= left.min(size);
        }
        Self(ranges)
    }

    /// Sorted ranges, put together where they overlap or touch.
    fn joined(sorted: Vec<(u16, u16)>) -> Self {
        let mut joined: Vec<(u16, u16)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match joined.last_mut() {
                Some(before) if u32::from(first) <= u32::from(before.1) + 1 => {
                    before.1 = before.1.max(last);
                }
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }
}

fn range(begin: u64, end: u64) -> Result<(u16, u16), PortRangesError> {
    match (u16::try_from(begin), u16::try_from(end)) {
        (Ok(begin), Ok(end)) if begin <= end => Ok((begin, end)),
        (Ok(begin), Ok(end)) => Err(PortRangesError::Backwards { begin, end }),
        _ => Err(PortRangesError::Bounds { begin, end }),
    }
}

/// Each of them, however often it is named.
impl FromIterator<u16> for PortRanges {
    fn from_iter<I: IntoIterator<Item = u16>>(ports: I) -> Self {
        let mut ranges: Vec<_> = ports.into_iter().map(|port| (port, port)).collect();
        ranges.sort_unstable();
        Self::joined(ranges)
    }
}

impl From<RangeInclusive<u16>> for PortRanges {
    fn from(range: RangeInclusive<u16>) -> Self {
        if range.is_empty() { Self::NONE } else { Self([(*range.start(), *range.end())].into()) }
    }
}

/// Mesos' text: `[31000-32000, 8080-8080]`.
impl FromStr for PortRanges {
    type Err = PortRangesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || PortRangesError::Form(excerpt(text));
        let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.ok_or_else(form)?.trim();
        if inner.is_empty() {
            return Ok(Self::NONE);
        }
        let pairs = inner.split(',').map(|part| {
            let (begin, end) = part.split_once('-').ok_or_else(form)?;
            match (begin.trim().parse(), end.trim().parse()) {
                (Ok(begin), Ok(end)) => Ok((begin, end)),
                _ => Err(form()),
            }
        });
        Self::new(pairs.collect::<Result<Vec<_>, _>>()?)
    }
}

/// Mesos' text: `[8080-8080, 31000-32000]`.
impl fmt::Display for PortRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (n, (first, last)) in self.0.iter().enumerate() {
            write!(f, "{}{first}-{last}", if n == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn all(ports: &PortRanges) -> BTreeSet<u16> {
        ports.ranges().flatten().collect()
    }

    #[test]
    fn what_is_no_list_of_ranges_is_refused() {
        let long = alloc::format!("[{}]", "1".repeat(100));
        for (text, why) in [
            ("", "`` is not of the form `[31000-32000, 8080-8080]`"),
            ("1-2", "`1-2` is not of the form `[31000-32000, 8080-8080]`"),
            ("[1]", "`[1]` is not of the form `[31000-32000, 8080-8080]`"),
            ("[1-2,]", "`[1-2,]` is not of the form `[31000-32000, 8080-8080]`"),
            ("[-1-2]", "`[-1-2]` is not of the form `[31000-32000, 8080-8080]`"),
            ("[1-65536]", "1-65536 is no range of ports: they go from 0 to 65535"),
            ("[5-4]", "the range 5-4 ends before it begins"),
            ("[10-20, 1-10]", "port 10 is in two ranges"),
            ("[1-1, 1-1]", "port 1 is in two ranges"),
        ] {
            assert_eq!(text.parse::<PortRanges>().unwrap_err().to_string(), why);
        }
        assert!(long.parse::<PortRanges>().unwrap_err().to_string().len() < 120);
        assert_eq!("[]".parse(), Ok(PortRanges::NONE));
        assert_eq!(" [ 1 - 2 , 3-4 ] ".parse(), Ok(PortRanges::from(1..=4)));
        assert_eq!(PortRanges::from(0..=u16::MAX).count(), 65_536);
    }

    proptest! {
        /// Sets of numbers do the same.
        #[test]
        fn they_are_sets(
            ours in prop::collection::btree_set(prop_oneof![0_u16..40, 65_500_u16..], 0..40),
            theirs in prop::collection::btree_set(prop_oneof![0_u16..40, 65_500_u16..], 0..40),
            n in 0_u32..50,
        ) {
            let (a, b): (PortRanges, PortRanges) =
                (ours.iter().copied().collect(), theirs.iter().copied().collect());
            prop_assert_eq!(all(&a), ours.clone());
            prop_assert_eq!(a.count() as usize, ours.len());
            prop_assert_eq!(all(&a.plus(&b)), &ours | &theirs);
            prop_assert_eq!(all(&a.minus(&b)), &ours - &theirs);
            prop_assert_eq!(a.shared_with(&b), ours.intersection(&theirs).next().copied());
            let lowest: BTreeSet<u16> = ours.iter().copied().take(n as usize).collect();
            prop_assert_eq!(all(&a.lowest(n)), lowest);
            prop_assert_eq!(a.to_string().parse(), Ok(a.clone()));
            for port in (0..60).chain(65_490..=65_535) {
                prop_assert_eq!(a.contains(port), ours.contains(&port));
            }
            // The same ports are the same ranges, however they came about.
            prop_assert_eq!(a.minus(&b).plus(&a), a.clone());
        }

        #[test]
        fn no_text_panics(text in "[\\[\\], 0-9-]{0,30}|\\PC{0,20}") {
            if let Ok(ports) = text.parse::<PortRanges>() {
                prop_assert_eq!(ports.to_string().parse(), Ok(ports));
            }
        }
    }
}
