//! Looks at all states.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use zdd_core::ports::SetState;
use zdd_core::rollout::Outcome;

use super::play::{Play, Way};
use super::state::State;

/// How often what was reached.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) states: usize,
    pub(super) drains: usize,
    pub(super) promoted: usize,
    pub(super) taken_back: usize,
    pub(super) pushed: usize,
    /// Right after a crash, with something left to do.
    pub(super) crashed: usize,
}

pub(super) fn search(play: Play, limit: usize) -> Reached {
    let mut known: BTreeSet<u64> = BTreeSet::new();
    let mut waiting = VecDeque::from([(play.begin(), false)]);
    let mut reached = Reached::default();
    while let Some((state, is_after_crash)) = waiting.pop_front() {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        if !known.insert(hasher.finish()) {
            continue;
        }
        reached.states += 1;
        if reached.states >= limit {
            break;
        }
        reached.drains += usize::from(
            state.balancers.iter().flatten().any(|(_, it)| it.state == SetState::Drain),
        );
        reached.promoted += usize::from(state.is_over && state.way == Way::Forward);
        reached.taken_back += usize::from(state.is_over && state.way == Way::Back);
        reached.pushed += usize::from(!state.outdated.is_empty());
        reached.crashed += usize::from(is_after_crash && !state.is_over);
        if reached.states % 16 == 0 {
            state.ends(play);
        }
        let seen = state.observe();
        let events = state.events();
        if !state.is_over {
            waiting.extend(crashes_and_step(state.steps(play, &seen, true)));
            // The same view again, after something has happened that it does not show.
            for event in events.iter().filter(|it| it.way == state.way) {
                waiting.extend(crashes_and_step(event.steps(play, &seen, false)));
            }
        }
        waiting.extend(events.into_iter().map(|it| (it, false)));
    }
    reached
}

/// What may come of a step, and whether it crashed there: only the last one is the whole step.
fn crashes_and_step(
    mut after: Vec<(State, Option<Outcome>)>,
) -> impl Iterator<Item = (State, bool)> {
    let whole = after.pop().map(|it| (it.0, false));
    after.into_iter().map(|it| (it.0, true)).chain(whole)
}
