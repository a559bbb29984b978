//! What is counted, and what is expected.

use std::collections::BTreeMap;
use std::str::FromStr;

/// More versions than these are no versions: a clock or a number of requests, perhaps.
const MAX_VERSIONS: usize = 100;
/// So many kinds of failures are told apart.
const MAX_FAILURES: usize = 20;

/// An expected share: `1.0=20`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) version: String,
    /// How it compares with the others.
    pub(crate) weight: u32,
}

/// Why a text is no expected share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form VERSION=SHARE, such as 1.0=20, with a whole number up to 1000000")]
pub(crate) struct WantedError;

/// The highest weight: with it, sums and products of weights and counts stay exact.
const MAX_WEIGHT: u32 = 1_000_000;

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, WantedError> {
        let (version, weight) = text.rsplit_once('=').ok_or(WantedError)?;
        let weight = weight.strip_suffix('%').unwrap_or(weight);
        let weight = weight.parse().ok().filter(|weight| *weight <= MAX_WEIGHT);
        match (version.is_empty(), weight) {
            (false, Some(weight)) => Ok(Self { version: version.into(), weight }),
            _ => Err(WantedError),
        }
    }
}

/// What became of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Answers by version.
    pub(crate) answers: BTreeMap<String, u64>,
    /// Requests without one, by the reason.
    pub(crate) failures: BTreeMap<String, u64>,
    /// How many had a version that is not told apart any more.
    pub(crate) others: u64,
}

impl Counted {
    pub(super) fn answered(&mut self, version: String, count: u64) {
        match room(&mut self.answers, version, MAX_VERSIONS) {
            Some(sum) => *sum += count,
            None => self.others += count,
        }
    }

    pub(super) fn failed(&mut self, why: String, count: u64) {
        let sum = match room(&mut self.failures, why, MAX_FAILURES) {
            Some(sum) => sum,
            None => self.failures.entry("others".into()).or_default(),
        };
        *sum += count;
    }

    pub(super) fn add(&mut self, other: Self) {
        other.answers.into_iter().for_each(|(version, count)| self.answered(version, count));
        other.failures.into_iter().for_each(|(why, count)| self.failed(why, count));
        self.others += other.others;
    }

    /// All requests.
    pub(crate) fn requests(&self) -> u64 {
        self.answers.values().sum::<u64>() + self.failed_count() + self.others
    }

    /// Those that were not answered, or by an error.
    pub(crate) fn failed_count(&self) -> u64 {
        self.failures.values().sum()
    }
}

/// The place of a name in a map that grows to a limit only.
fn room(map: &mut BTreeMap<String, u64>, name: String, limit: usize) -> Option<&mut u64> {
    if map.len() >= limit && !map.contains_key(&name) {
        return None;
    }
    Some(map.entry(name).or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_a_version_and_a_weight() {
        let wanted = |version: &str, weight| Ok(Wanted { version: version.into(), weight });
        assert_eq!("1.0=20".parse(), wanted("1.0", 20));
        assert_eq!("a=b=7%".parse(), wanted("a=b", 7));
        for text in ["", "1.0", "=5", "1.0=", "1.0=-1", "1.0=0.5", "1.0=1000001"] {
            assert_eq!(text.parse::<Wanted>(), Err(WantedError), "{text}");
        }
    }

    #[test]
    fn nothing_is_lost_when_there_is_too_much_to_tell_apart() {
        let mut counted = Counted::default();
        for n in 0..MAX_VERSIONS + 5 {
            counted.answered(format!("v{n}"), 2);
            counted.failed(format!("f{n}"), 1);
        }
        counted.answered("v0".into(), 1);
        let n = u64::try_from(MAX_VERSIONS + 5).unwrap();
        assert_eq!((counted.answers.len(), counted.others), (MAX_VERSIONS, 10));
        assert_eq!((counted.failed_count(), counted.requests()), (n, 3 * n + 1));
        let mut twice = counted.clone();
        twice.add(counted.clone());
        assert_eq!(twice.requests(), 2 * counted.requests());
    }
}
