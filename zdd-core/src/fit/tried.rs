//! Some orders, where there are too many to look at all.

use alloc::vec::Vec;

use super::scene::Scene;
use super::search::n_moves;
use super::verdict::{Basis, Fit, Move, Stall, Verdict};
use super::walk::walk;
use super::world::{Choice, Standing, World};

/// So many times an agent or an old instance is looked at in one order at most.
const MOST_LOOKS: usize = 4_000_000;

/// Which of the choices is taken.
#[derive(Clone, Copy, Debug)]
enum Pick {
    /// Old instances go first, the oldest before the others; new ones come to the agent that is used
    /// least.
    Marathon,
    /// The last of all.
    Last,
    /// Old instances go where that makes least room, new ones come to the first agent.
    LeastRoom,
    /// Old instances go where that makes most room, new ones come to the last agent.
    MostRoom,
}

/// What some orders come to.
pub(super) fn tried(scene: &Scene) -> Fit {
    let mut found = Found::default();
    for end in walk(scene) {
        found.add(end.map(|()| Vec::new()));
    }
    let is_small = looks(scene) <= MOST_LOOKS;
    for pick in [Pick::Marathon, Pick::Last, Pick::LeastRoom, Pick::MostRoom] {
        if is_small && !found.is_both() {
            found.add(go(scene, pick));
        }
    }
    found.told()
}

/// One order to its end, as Marathon would choose it; none if it takes too long, or stands still.
pub(super) fn one_order(scene: &Scene) -> Option<Vec<Move>> {
    (looks(scene) <= MOST_LOOKS).then(|| go(scene, Pick::Marathon).ok()).flatten()
}

fn looks(scene: &Scene) -> usize {
    let n_olds: usize = scene.steps.iter().flatten().map(|exchange| exchange.old.len()).sum();
    n_moves(scene).saturating_mul(n_olds + scene.room.agents().len())
}

#[derive(Default)]
struct Found {
    orders: usize,
    stalled: usize,
    stall: Option<Stall>,
    finish: Option<Vec<Move>>,
}

impl Found {
    fn add(&mut self, end: Result<Vec<Move>, Stall>) {
        self.orders += 1;
        match end {
            // One that is told is worth more than one of which only the end is known.
            Ok(moves) if self.finish.as_ref().is_none_or(Vec::is_empty) => {
                self.finish = Some(moves);
            }
            Ok(_) => {}
            Err(stall) => {
                self.stalled += 1;
                if self.stall.as_ref().is_none_or(|known| known.moves.is_empty()) {
                    self.stall = Some(stall);
                }
            }
        }
    }

    fn is_both(&self) -> bool {
        0 < self.stalled && self.stalled < self.orders
    }

    fn told(self) -> Fit {
        Fit {
            verdict: Verdict::MayStall,
            basis: Basis::Tried { orders: self.orders, stalled: self.stalled },
            stall: self.stall,
            finish: self.finish.filter(|moves| !moves.is_empty()),
        }
    }
}

fn go(scene: &Scene, pick: Pick) -> Result<Vec<Move>, Stall> {
    let mut world = World::new(scene);
    let mut path = Vec::new();
    loop {
        let choice = match world.standing() {
            Standing::Ended => return Ok(world.told(&path)),
            Standing::Still(exchange) => return Err(world.stall(exchange, &path)),
            Standing::GoesOn(choices) => pick.of(&choices, &mut world),
        };
        path.push((world.step(), choice));
        world.apply(choice);
    }
}

impl Pick {
    fn of(self, choices: &[Choice], world: &mut World<'_>) -> Choice {
        let (first, last) = (choices[0], choices[choices.len() - 1]);
        let stops = || choices.iter().copied().filter(|one| matches!(one, Choice::Stop { .. }));
        match self {
            Self::Last => last,
            Self::Marathon => stops().next().or_else(|| world.least_used(choices)).unwrap_or(first),
            Self::LeastRoom => stops().min_by_key(|stop| world.gain(*stop)).unwrap_or(first),
            Self::MostRoom => stops().max_by_key(|stop| world.gain(*stop)).unwrap_or(last),
        }
    }
}
