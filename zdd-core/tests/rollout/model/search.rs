//! Looks at all states.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use zdd_core::ports::SetState;

use super::play::{Play, Way};

/// How often what was reached.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) states: usize,
    pub(super) drains: usize,
    pub(super) promoted: usize,
    pub(super) taken_back: usize,
    pub(super) pushed: usize,
}

pub(super) fn search(play: Play, limit: usize) -> Reached {
    let mut known: BTreeSet<u64> = BTreeSet::new();
    let mut waiting = VecDeque::from([play.begin()]);
    let mut reached = Reached::default();
    while let Some(state) = waiting.pop_front() {
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
        if reached.states % 16 == 0 {
            state.ends(play);
        }
        let seen = state.observe();
        let events = state.events();
        if !state.is_over {
            waiting.extend(state.steps(play, &seen, true).into_iter().map(|it| it.0));
            // The same view again, after something has happened that it does not show.
            for event in events.iter().filter(|it| it.way == state.way) {
                waiting.extend(event.steps(play, &seen, false).into_iter().map(|it| it.0));
            }
        }
        waiting.extend(events);
    }
    reached
}
