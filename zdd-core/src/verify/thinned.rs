//! The states of a deployment, for a picture of it.

use alloc::vec::Vec;

use crate::timeline::State;
use crate::units::Timestamp;

/// More states than a picture has columns, so that none that matters to the eye is missing.
pub(super) const MOST: usize = 4096;

/// States over time, at most [`MOST`] of them: whenever there are more, every second one is dropped,
/// and from then on only every second new one is kept.
#[derive(Clone, Debug)]
pub(super) struct Thinned {
    kept: Vec<(Timestamp, State)>,
    /// The newest one, kept or not.
    last: (Timestamp, State),
    /// Of so many states one is kept.
    stride: u64,
    seen: u64,
}

impl Thinned {
    pub(super) fn new(at: Timestamp, state: State) -> Self {
        Self { kept: alloc::vec![(at, state)], last: (at, state), stride: 1, seen: 0 }
    }

    pub(super) fn push(&mut self, at: Timestamp, state: State) {
        self.last = (at, state);
        self.seen += 1;
        if self.seen % self.stride != 0 {
            return;
        }
        self.kept.push(self.last);
        if self.kept.len() == MOST {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// All of them and the last one, with `imagined` fewer healthy old instances.
    pub(super) fn without_old(mut self, imagined: u32) -> Vec<(Timestamp, State)> {
        if self.kept.last() != Some(&self.last) {
            self.kept.push(self.last);
        }
        for (_, state) in &mut self.kept {
            state.old.healthy = state.old.healthy.saturating_sub(imagined);
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(healthy: u32) -> State {
        let mut state = State::default();
        state.old.healthy = healthy;
        state
    }

    #[test]
    fn few_states_are_all_kept_and_many_are_thinned_out_evenly() {
        for count in [0, 1, 100, 4094, 4095, 100_000_u32] {
            let at = |n: u32| Timestamp::from_millis(n.into());
            let mut thinned = Thinned::new(at(0), state(10));
            (1..=count).for_each(|n| thinned.push(at(n), state(10 + n)));
            let kept = thinned.without_old(10);
            assert!(
                kept.len() <= MOST && (kept.len() > MOST / 2 - 2 || kept.len() as u32 == count + 1)
            );
            assert_eq!(kept.first(), Some(&(at(0), state(0))));
            assert_eq!(kept.last(), Some(&(at(count), state(count))));
            let gap = |pair: &[(Timestamp, State)]| pair[1].0.since(pair[0].0).as_millis();
            let widest = kept.windows(2).map(gap).max().unwrap_or(0);
            assert!(widest <= u128::from(count / 1000 + 1), "{count}: {widest}");
        }
    }
}
