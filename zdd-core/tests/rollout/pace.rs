//! A swap takes as long as its tasks do, and hardly longer. Time is virtual.

use std::time::Duration;

use zdd_core::rollout::forecast::{Lasting, Limits, World, forecast};
use zdd_core::rollout::{Action, Growth, Outcome, Rollout, Target, Traffic};
use zdd_core::timeline::Assumptions;

use super::driven::drive;
use super::id;
use super::world::{NEW, OLD, World as Small, app};

const INSTANCES: u32 = 10;

/// How many of the new app there are, one stage after the other: no stage begins before the instances of
/// the last one are healthy and those that they replace have no sessions any more.
const STAGES: [u32; 5] = [1, 2, 3, 5, 10];

fn swap() -> Rollout {
    let target = Target { old: 0, new: INSTANCES, traffic: Traffic::ByInstances };
    Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(Traffic::ByInstances)
        .growing(Growth::ByHalf)
        .with_floor(INSTANCES)
        .with_definition(app(NEW, STAGES[0]))
}

/// What tasks take.
#[derive(Clone, Copy, Debug)]
struct Times {
    start: Duration,
    healthy: Duration,
    drain: Duration,
}

impl Times {
    /// What cannot take less, whoever looks how often.
    fn floor(self) -> Duration {
        (self.start + self.healthy + self.drain) * u32::try_from(STAGES.len()).unwrap()
    }

    /// As the loop carries it out.
    fn driven(self) -> Duration {
        let mut world = Small::new(INSTANCES, 2);
        (world.start_up, world.sessions) = (self.start + self.healthy, self.drain);
        let began = world.now;
        let (done, outcome, world) = drive(world, &mut swap());
        assert_eq!(outcome, Outcome::Reached);
        let grown = done.iter().filter_map(|(_, action, _)| match action {
            Action::Create(app) => Some(app.instances().get()),
            Action::Scale { instances, .. } => Some(instances.get()),
            _ => None,
        });
        assert_eq!(grown.collect::<Vec<_>>(), STAGES);
        world.now.since(began)
    }

    /// As it is forecast, with tasks that take a while to stop: nobody waits for that.
    fn forecast(self) -> Duration {
        let stop = Duration::from_millis(500);
        let life = Assumptions { start: self.start, healthy: self.healthy, stop };
        let lasting = Lasting { old: life, new: life, sessions: self.drain };
        let world = World::new(Some(id(OLD)), id(NEW), lasting);
        let mut world = world.with_running(&app(OLD, INSTANCES)).with_balancers(2);
        let told = forecast(&mut world, &mut swap(), Limits::default()).unwrap();
        assert!(told.is_reached());
        told.duration
    }
}

#[test]
fn a_swap_of_ten_takes_a_tenth_longer_than_its_tasks_at_most() {
    let secs = Duration::from_secs;
    let times = Times { start: secs(3), healthy: secs(5), drain: secs(10) };
    assert_eq!(times.floor(), secs(90));
    for took in [times.driven(), times.forecast()] {
        assert!(took >= times.floor(), "{took:?}: less than its tasks take");
        assert!(took * 10 <= times.floor() * 11, "{took:?} of {:?}", times.floor());
    }
}

/// How late a wait is seen to be over depends on when it ends between two looks. Whenever that is: not by
/// more than a twentieth; and each stage has four looks more, for settings and for those that are quiet.
/// Together that is a tenth at most for stages that are not over at once.
#[test]
fn whatever_tasks_take_nothing_is_waited_for_but_the_next_look() {
    let ms = Duration::from_millis;
    let mut worst: (f64, Option<Times>) = (0.0, None);
    for ready in (1_000..20_000).step_by(1_350) {
        for drain in (1_000..30_000).step_by(860) {
            let (start, healthy) = (ms(ready / 3), ms(ready - ready / 3));
            let times = Times { start, healthy, drain: ms(drain) };
            let (took, floor) = (times.forecast(), times.floor());
            let more = ms(500) * u32::try_from(STAGES.len()).unwrap();
            let is_slow = times.start + times.healthy + times.drain >= ms(4_000);
            assert!(!is_slow || took <= floor * 11 / 10, "{took:?} of {floor:?}: {times:?}");
            assert!(took >= floor && took <= floor * 21 / 20 + more, "{took:?}: {times:?}");
            let ratio = took.as_secs_f64() / floor.as_secs_f64();
            if ratio > worst.0 {
                worst = (ratio, Some(times));
            }
        }
    }
    println!("{:.3} times what the tasks take, at worst: {:?}", worst.0, worst.1);
}
