//! Which instances to kill so that the rest stays spread evenly.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::candidate::Candidate;
use crate::app::{Constraint, Operator};
use crate::units::InstanceId;

/// Chooses up to `n` of `candidates` to kill so that `GROUP_BY` constraints stay kept: one after the
/// other from the values with the most instances, as long as, for each such constraint, the most and
/// the fewest instances of a value then differ by one at most or by less than they did at the start.
/// All are chosen if `n` is not less than their number, and none if no constraint says `GROUP_BY`.
///
/// May choose fewer than `n`, as Marathon does; even where a value has two instances too many and
/// killing in twos would help. Between instances that are as good, the earlier candidate goes first.
///
/// Source: Marathon's `Constraints.selectInstancesToKill`, which leaves that last point open.
pub fn even_picks(
    constraints: &[Constraint],
    candidates: &[&Candidate],
    n: usize,
) -> Vec<InstanceId> {
    if n >= candidates.len() {
        return candidates.iter().map(|one| one.id.clone()).collect();
    }
    let group_by = constraints.iter().filter(|c| c.operator == Operator::GroupBy);
    let mut spreads: Vec<Spread> =
        group_by.map(|constraint| Spread::new(&constraint.field, candidates)).collect();
    if spreads.is_empty() {
        return Vec::new();
    }
    let mut classes = classes(&spreads, candidates.len());
    let mut picked = Vec::new();
    while picked.len() < n {
        let Some(class) = next_class(&spreads, &classes) else {
            break;
        };
        let Some(candidate) = classes[class].left.pop() else {
            break;
        };
        for (spread, value) in spreads.iter_mut().zip(&classes[class].values) {
            spread.take(*value);
        }
        picked.push(candidates[candidate].id.clone());
    }
    picked
}

/// Candidates that have the same value for each constraint: killing one is as good as another.
struct Class {
    /// Their value for each spread.
    values: Vec<usize>,
    /// Those that are not chosen yet, the one that is next at the end.
    left: Vec<usize>,
}

/// The classes, in the order of their first candidates.
fn classes(spreads: &[Spread], n_candidates: usize) -> Vec<Class> {
    let mut index = BTreeMap::new();
    let mut classes: Vec<Class> = Vec::new();
    // Backwards, so that the last of each list is its first candidate.
    for candidate in (0..n_candidates).rev() {
        let values: Vec<usize> = spreads.iter().map(|s| s.value_of[candidate]).collect();
        let class = *index.entry(values.clone()).or_insert(classes.len());
        if class == classes.len() {
            classes.push(Class { values, left: Vec::new() });
        }
        classes[class].left.push(candidate);
    }
    classes.sort_by_key(|class| class.left.last().copied());
    classes
}

/// The class to kill from: the first that all spreads can bear, looking at the fullest values of the
/// most uneven spread first.
fn next_class(spreads: &[Spread], classes: &[Class]) -> Option<usize> {
    let mut by_need: Vec<usize> = (0..spreads.len()).collect();
    by_need.sort_by_key(|spread| core::cmp::Reverse(spreads[*spread].difference()));
    let is_left = |class: &usize| !classes[*class].left.is_empty();
    let all = || (0..classes.len()).filter(is_left);
    let uneven = by_need.into_iter().filter(|s| spreads[*s].difference() > 0);
    let fullest = uneven
        .flat_map(|s| all().filter(move |class| spreads[s].is_fullest(classes[*class].values[s])));
    fullest.chain(all()).find(|class| {
        let mut each = spreads.iter().zip(&classes[*class].values);
        each.all(|(spread, value)| spread.can_bear_loss_of(*value))
    })
}

/// How many instances each value of one constraint's field has.
struct Spread {
    /// For each candidate the number of its value. Agents without the field share one.
    value_of: Vec<usize>,
    /// For each value how many instances are left.
    sizes: Vec<usize>,
    /// How many values have so many instances left.
    n_of_size: BTreeMap<usize, usize>,
    /// The difference between the most and the fewest before any was chosen.
    before: usize,
}

impl Spread {
    fn new(field: &str, candidates: &[&Candidate]) -> Self {
        let mut numbers = BTreeMap::new();
        let value_of: Vec<usize> = candidates
            .iter()
            .map(|candidate| {
                let next = numbers.len();
                *numbers.entry(candidate.placed_in(field)).or_insert(next)
            })
            .collect();
        let mut sizes = vec![0; numbers.len()];
        for value in &value_of {
            sizes[*value] += 1;
        }
        let mut n_of_size = BTreeMap::new();
        for size in &sizes {
            *n_of_size.entry(*size).or_insert(0) += 1;
        }
        let mut spread = Self { value_of, sizes, n_of_size, before: 0 };
        spread.before = spread.difference();
        spread
    }

    /// Takes one instance of `value`, which has one, away.
    fn take(&mut self, value: usize) {
        let size = self.sizes[value];
        self.sizes[value] = size - 1;
        if let Some(n @ 2..) = self.n_of_size.get_mut(&size) {
            *n -= 1;
        } else {
            self.n_of_size.remove(&size);
        }
        *self.n_of_size.entry(size - 1).or_insert(0) += 1;
    }

    fn most(&self) -> usize {
        self.n_of_size.last_key_value().map_or(0, |(size, _)| *size)
    }

    fn fewest(&self) -> usize {
        self.n_of_size.first_key_value().map_or(0, |(size, _)| *size)
    }

    fn difference(&self) -> usize {
        self.most() - self.fewest()
    }

    fn is_fullest(&self, value: usize) -> bool {
        self.sizes[value] == self.most()
    }

    /// Whether the spread is good enough, or better than at the start, without one of `value`.
    fn can_bear_loss_of(&self, value: usize) -> bool {
        let size = self.sizes[value];
        let is_alone = self.n_of_size.get(&size) == Some(&1);
        // The next smaller size is at least that of the value itself then.
        let most = if is_alone && size == self.most() {
            let below = self.n_of_size.range(..size).next_back();
            below.map_or(0, |(below, _)| *below).max(size - 1)
        } else {
            self.most()
        };
        let difference = most - self.fewest().min(size - 1);
        difference <= 1 || difference < self.before
    }
}
