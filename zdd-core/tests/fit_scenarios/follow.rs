//! The orders that an answer shows, followed move by move.

use std::cmp::Reverse;

use zdd_core::fit::{Fit, Move, Stall, What};
use zdd_core::placement::Counting;
use zdd_core::ports::Rejected;
use zdd_core::units::AgentId;
use zdd_core::watch::{Moment, Reason, Watch};

use super::answers::{running, status};
use super::scenario::Scenario;
use super::world::{End, World};

/// What is said of a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) fit: &'a Fit,
}

impl Told<'_> {
    fn orders(&self) -> impl Iterator<Item = &[Move]> {
        let stall = self.fit.stall.as_ref().map(|stall| stall.moves.as_slice());
        stall.into_iter().chain(self.fit.finish.as_deref())
    }

    /// Whether the app can be deployed so that Marathon stops its instances in the orders that are
    /// shown. It stops the oldest first, but a constraint that spreads instances does not let them
    /// come in every order, and to one that looks at the oldest it makes a difference which that is.
    pub(crate) fn can_be_made(&self) -> bool {
        self.orders().all(|moves| {
            let olds = self.by_age(moves);
            let is_another = olds != self.scenario.olds;
            !(is_another && self.scenario.looks_at_oldest()) && self.scenario.make(&olds).is_some()
        })
    }

    /// Where the instances are, in the order in which they are stopped.
    fn by_age(&self, moves: &[Move]) -> Vec<AgentId> {
        let stopped = moves.iter().filter(|one| matches!(one.what, What::Stopped(_)));
        let mut olds: Vec<AgentId> = stopped.map(|one| one.agent.clone()).collect();
        let mut left = self.scenario.olds.clone();
        for agent in &olds {
            left.remove(left.iter().position(|one| one == agent).unwrap());
        }
        olds.extend(left);
        olds
    }

    /// The world after these moves.
    fn follow(&self, moves: &[Move]) -> World {
        let mut world = self.scenario.make(&self.by_age(moves)).unwrap();
        let olds = world.marathon.instances(self.scenario.id());
        let mut olds = olds.map(|one| one.task.clone()).collect::<Vec<_>>().into_iter();
        self.scenario.begin(&mut world);
        for Move { what, agent, .. } in moves {
            match what {
                What::Placed => {
                    assert!(world.offer_from(agent), "{agent} is not good enough: {self:#?}");
                    world.begin_all();
                }
                What::Stopped(_) => world.die(&olds.next().unwrap()),
            }
        }
        world
    }

    /// The order that is shown to get to the end does.
    pub(crate) fn finishes(&self) {
        let finish = self.fit.finish.as_ref().expect("small scenes are searched");
        let mut world = self.follow(finish);
        assert_eq!(world.end(), End::Finished, "{self:#?}");
        world.assert_upgraded(self.scenario.id());
    }

    /// The order that is shown to stand still does, and Marathon says why.
    pub(crate) fn stands_still(&self) {
        let stall = self.fit.stall.as_ref().expect("it does not always fit");
        let mut world = self.follow(&stall.moves);
        assert!(world.dying.is_empty(), "{:?} are still to stop: {self:#?}", world.dying);
        assert_eq!(world.end(), End::StandsStill, "{self:#?}");
        let id = self.scenario.id();
        let newest = world.marathon.app(id).unwrap().version();
        let (new, old): (Vec<_>, Vec<_>) = world
            .marathon
            .instances(id)
            .filter(|one| one.has_task())
            .partition(|one| Some(one.version) == newest);
        assert_eq!((new.len(), old.len()), (stall.placed as usize, stall.old as usize));
        says_why(&world, stall, self);
    }
}

/// Marathon's queue names the reasons that were predicted, and so does whoever looks at it.
fn says_why(world: &World, stall: &Stall, told: &Told<'_>) {
    let queue = world.marathon.queue(world.now());
    let summary = stall.rejections.summary();
    let mut declined: Vec<Rejected> =
        summary.iter().filter(|one| one.declined > 0).cloned().collect();
    declined.sort_by_key(|one| Reverse(one.declined));

    let app = world.marathon.app(told.scenario.id()).unwrap();
    let deployments: Vec<_> = world.marathon.deployments().map(running).collect();
    let app = status(&world.marathon, app);
    let moment = Moment { now: world.now(), app: &app, deployments: &deployments, queue: &queue };
    let view = Watch::new().look(&moment);
    let first = view.waiting.first().expect("it stands still for a reason");

    if stall.waiting == 0 {
        assert_eq!(queue, [], "{told:#?}");
        // Before 1.11, nothing that Marathon says of an app tells instances from before a plain
        // restart from those after it.
        let are_told_apart = told.scenario.new.is_some()
            || world.marathon.settings().counting == Counting::SameVersion;
        let is_expected = match first.reason {
            Reason::OldLeft { .. } => are_told_apart,
            Reason::Unknown => !are_told_apart,
            _ => false,
        };
        assert!(is_expected, "{view:#?}");
        return;
    }
    let [item] = &queue[..] else { panic!("{queue:#?}") };
    assert_eq!(item.count, stall.waiting, "{told:#?}");
    let reason = if declined.is_empty() {
        // No agent is active.
        assert_eq!(item.offers.rejected, []);
        Reason::NoOffers
    } else {
        assert_eq!(item.offers.rejected, summary, "{told:#?}");
        Reason::OffersDeclined { declined }
    };
    assert_eq!((&first.reason, first.count), (&reason, stall.waiting), "{told:#?}");
}
