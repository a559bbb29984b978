//! Wrong planners, planted: each has to be caught as what is wrong with it, and the right one not.
//!
//! They are the real engine, started or driven wrongly. Everything that trusts the verifier or the
//! grid rests on these.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use std::collections::BTreeSet;

use zdd_core::capacity::{Start, UpgradeStrategy};
use zdd_core::guarantee::Guarantee;
use zdd_core::rolling::{Numbers, Orders};
use zdd_core::timeline::State;
use zdd_core::units::{InstanceCount, Timestamp};
use zdd_core::upgrade::Upgrade;
use zdd_core::verify::{Change, Expectation, Judge, Observed, Outcome, Verdict, Version};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planted {
    Nothing,
    FloorRoundedDown,
    CeilingOffByOne,
    KillTooEarly,
    ForgottenOldInstance,
    ForgottenNewInstance,
}

/// A planner that may be wrong, and the judge that watches it.
struct Planner {
    planted: Planted,
    numbers: Numbers,
    state: State,
    judge: Judge,
    now: i64,
    forgotten: bool,
}

impl Planner {
    fn run(upgrade: &Upgrade, planted: Planted) -> Verdict {
        let n = upgrade.instances;
        let mut start = upgrade.start();
        let mut old = upgrade.old.get();
        match planted {
            Planted::FloorRoundedDown => {
                let min = upgrade.strategy.minimum_health_capacity.get();
                let product = f64::from(n.get()) * min;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "small"
                )]
                let floor = InstanceCount::try_from(product as u64).unwrap();
                start.kill = upgrade.old.saturating_sub(floor);
            }
            Planted::CeilingOffByOne => {
                start =
                    Start { ceiling: start.ceiling.saturating_add(InstanceCount::ONE), ..start };
            }
            Planted::ForgottenOldInstance => old -= 1,
            _ => {}
        }
        let (numbers, orders) = Numbers::start(n, start, old, 0);
        let mut state = State::default();
        state.old.healthy = upgrade.old.get();
        let expected = Expectation::replacement(n, upgrade.strategy);
        let judge = Judge::new(expected, Timestamp::EPOCH, state);
        let mut planner = Self { planted, numbers, state, judge, now: 0, forgotten: false };
        planner.carry_out(orders);
        while planner.step() {}
        planner.judge.finish(Timestamp::from_millis(planner.now), Outcome::Success)
    }

    fn carry_out(&mut self, orders: Orders) {
        for _ in 0..orders.kill {
            self.state.old.healthy -= 1;
            self.state.old.dying += 1;
            self.see(Version::Old, Change::ToldToStop);
        }
        for _ in 0..orders.launch {
            if self.planted == Planted::ForgottenNewInstance && !self.forgotten {
                self.forgotten = true;
                continue;
            }
            self.state.new.starting += 1;
            self.see(Version::New, Change::Launched);
            if self.planted == Planted::KillTooEarly {
                let orders = self.numbers.new_ready(1);
                self.carry_out(orders);
            }
        }
    }

    fn step(&mut self) -> bool {
        self.now += 1000;
        if self.state.old.dying > 0 {
            self.state.old.dying -= 1;
            self.see(Version::Old, Change::Stopped);
            let orders = self.numbers.old_gone(1);
            self.carry_out(orders);
        } else if self.state.new.starting > 0 {
            self.state.new.starting -= 1;
            self.state.new.healthy += 1;
            self.see(Version::New, Change::Healthy);
            if self.planted != Planted::KillTooEarly {
                let orders = self.numbers.new_ready(1);
                self.carry_out(orders);
            }
        } else {
            return false;
        }
        true
    }

    fn see(&mut self, version: Version, change: Change) {
        let step = Observed { version, change, count: 1, task: None };
        self.judge.observe(Timestamp::from_millis(self.now), self.state, step);
    }
}

/// The codes of what was found, over a grid of strategies that can be kept.
fn found(planted: Planted) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    let mut runs = 0;
    for n in 2..=12_u16 {
        for (min, over) in (0..=20_u16).flat_map(|min| (0..=20_u16).map(move |over| (min, over))) {
            let strategy = UpgradeStrategy {
                minimum_health_capacity: (f64::from(min) / 20.0).try_into().unwrap(),
                maximum_over_capacity: (f64::from(over) / 20.0).try_into().unwrap(),
            };
            let upgrade = Upgrade::new(n.into(), strategy);
            let bounds = upgrade.bounds();
            if bounds.floor >= bounds.ceiling {
                continue;
            }
            runs += 1;
            let verdict = Planner::run(&upgrade, planted);
            if planted == Planted::Nothing {
                assert_eq!(verdict.holds(Guarantee::Bounds), Some(true), "{upgrade:?}");
            }
            names.extend(verdict.findings.iter().map(|finding| finding.fault.code()));
        }
    }
    assert!(runs > 1000);
    // Marathon touches old instances early by design: that tells nothing about the planner.
    names.remove("old-touched-too-early");
    names
}

#[test]
fn each_planted_fault_is_caught_as_what_it_is() {
    let caught = |planted| found(planted).into_iter().collect::<Vec<_>>();
    assert_eq!(caught(Planted::Nothing), [""; 0]);
    assert_eq!(caught(Planted::FloorRoundedDown), ["below-floor"]);
    assert_eq!(caught(Planted::CeilingOffByOne), ["above-ceiling"]);
    assert_eq!(caught(Planted::KillTooEarly), ["below-floor"]);
    // One that nobody counts runs on top of the others, and is there at the end.
    assert_eq!(caught(Planted::ForgottenOldInstance), ["above-ceiling", "old-left-over"]);
    // Without it a kill is missing, too.
    assert_eq!(caught(Planted::ForgottenNewInstance), ["old-left-over", "wrong-count"]);
}
