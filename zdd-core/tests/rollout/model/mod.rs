//! Every state that a rollout can get into, within limits: tasks start and die, sessions end when
//! they like, balancers lag and forget, views are old, the process crashes between any two things that it
//! does, somebody turns round at any moment, or pushes another definition of an app.
//!
//! CI looks at twenty thousand states of each world; `ZDD_STATES=600000 cargo test -p zdd-core --test rollout
//! model` looks at more than a million in all.

mod events;
mod play;
mod search;
mod state;

use zdd_core::rollout::{Growth, Split, Traffic};

use play::Play;
use search::{Reached, search};

/// How many states of each world are looked at.
#[expect(clippy::disallowed_methods, reason = "how long to search is asked of the environment")]
fn limit() -> usize {
    std::env::var("ZDD_STATES").map_or(20_000, |text| text.parse().unwrap())
}

#[test]
fn nothing_bad_can_happen_in_any_state() {
    let limit = limit();
    let split = Traffic::Split(Split { old: 4, new: 1 });
    let plays = [
        (2, 2, 1, Growth::Once, split),
        (2, 2, 2, Growth::Once, split),
        (2, 2, 2, Growth::ByHalf, Traffic::ByInstances),
        (3, 3, 1, Growth::ByHalf, Traffic::ByInstances),
        (4, 4, 1, Growth::By(2), Traffic::ByInstances),
        (4, 4, 2, Growth::ByHalf, Traffic::ByInstances),
        (3, 2, 2, Growth::Once, split),
        (3, 3, 1, Growth::Waves { most: 4 }, Traffic::ByInstances),
        (2, 2, 2, Growth::Waves { most: 3 }, Traffic::ByInstances),
    ];
    let mut all = Reached::default();
    for (old, new, balancers, growth, traffic) in plays {
        let play = Play { old, new, balancers, growth, traffic, troubles: 1, pushes: 0 };
        let reached = search(play, limit);
        println!("{old} + {new}, {balancers} balancers, {growth:?}: {reached:?}");
        all.states += reached.states;
        all.drains += reached.drains;
        all.promoted += reached.promoted;
        all.taken_back += reached.taken_back;
        all.crashed += reached.crashed;
    }
    assert!(all.drains > 0 && all.promoted > 0 && all.taken_back > 0, "{all:?}");
    assert!(all.crashed > 0, "{all:?}");
}

/// Marathon replaces all instances of an app for another definition, while the rollout is on its way.
#[test]
fn another_definition_pushed_in_the_middle_harms_nothing() {
    let limit = limit();
    let split = Traffic::Split(Split { old: 4, new: 1 });
    let plays = [
        (2, 2, 1, Growth::Once, split),
        (2, 2, 1, Growth::ByHalf, Traffic::ByInstances),
        (3, 2, 1, Growth::Waves { most: 4 }, Traffic::ByInstances),
    ];
    for (old, new, balancers, growth, traffic) in plays {
        let play = Play { old, new, balancers, growth, traffic, troubles: 0, pushes: 1 };
        let reached = search(play, limit);
        println!("{old} + {new}, {balancers} balancers, {growth:?}: {reached:?}");
        assert!(reached.drains > 0 && reached.pushed > 0, "{reached:?}");
        assert!(reached.promoted > 0 && reached.taken_back > 0, "{reached:?}");
    }
}
