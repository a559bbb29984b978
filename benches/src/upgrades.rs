//! Upgrades to check and to plan: the ordinary ones, and those whose timelines are the longest.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::capacity::UpgradeStrategy;
use zdd_core::timeline::{Assumptions, Model};
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::Upgrade;

/// Numbers of instances, up to the largest that Marathon reads.
pub const SIZES: [u32; 4] = [4, 1_000, 1_000_000, i32::MAX.unsigned_abs()];

/// One upgrade, whose schedule it follows, and how long everything takes.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is.
    pub name: String,
    /// What is replaced.
    pub upgrade: Upgrade,
    /// Whose schedule.
    pub model: Model,
    /// The times of one instance.
    pub times: Assumptions,
}

/// An upgrade of `n` instances with the two fractions.
pub fn upgrade(n: u32, minimum: f64, over: f64) -> Upgrade {
    let instances =
        InstanceCount::try_from(u64::from(n)).expect("the benches only ask for valid counts");
    let strategy = UpgradeStrategy {
        minimum_health_capacity: minimum.try_into().expect("a fraction of the benches"),
        maximum_over_capacity: over.try_into().expect("a fraction of the benches"),
    };
    Upgrade::new(instances, strategy)
}

/// The smallest over-capacity that gives `n` instances one to spare, and not less than that.
pub fn one_spare(n: u32) -> f64 {
    1.0 / f64::from(n) + f64::EPSILON
}

/// Start, healthy and stop times in milliseconds.
fn times([start, healthy, stop]: [u64; 3]) -> Assumptions {
    let [start, healthy, stop] = [start, healthy, stop].map(Duration::from_millis);
    Assumptions { start, healthy, stop }
}

/// Every strategy, schedule and set of times that is planned, for one size. Among them are those that
/// keep the plan busiest: one instance at a time, and two kinds of waves that do not divide each
/// other, with start times that are no multiple of stop times.
pub fn plans(n: u32) -> Vec<Case> {
    let strategies = [
        ("0.25/0.25", 0.25, 0.25),
        ("1/1", 1.0, 1.0),
        ("0/0", 0.0, 0.0),
        ("1/one", 1.0, one_spare(n)),
        ("0.5/one", 0.5, one_spare(n)),
        ("0.37/0.21", 0.37, 0.21),
        ("0.99/0.01", 0.99, 0.01),
        ("0.63/0.07", 0.63, 0.07),
    ];
    let lives = [[5_000, 0, 3_000], [5_000, 10_000, 3_000], [4_999, 1, 7_001], [0, 0, 1]];
    let models = [("marathon", Model::Marathon), ("side-by-side", Model::SideBySide)];
    let mut cases = Vec::new();
    for (strategy, minimum, over) in strategies {
        for life in lives {
            for (whose, model) in models {
                let upgrade = upgrade(n, minimum, over);
                let name = format!("{n} × {strategy}, {whose}, {life:?} ms");
                cases.push(Case { name, upgrade, model, times: times(life) });
            }
        }
    }
    cases
}

/// One with many different waves, of which few are alike.
pub fn busiest(n: u32) -> Case {
    let times = times([5_000, 10_000, 3_000]);
    let upgrade = upgrade(n, 0.63, 0.07);
    Case { name: format!("{n} × 0.63/0.07"), upgrade, model: Model::Marathon, times }
}

/// A million instances, one at a time: the timeline with the most steps, four for each instance.
pub fn million() -> Case {
    let n = 1_000_000;
    Case {
        name: "1000000, one at a time".into(),
        upgrade: upgrade(n, 1.0, one_spare(n)),
        model: Model::Marathon,
        times: times([5_000, 10_000, 3_000]),
    }
}

/// A definition as people write it: health checks, ports, labels.
pub const DEFINITION: &str = include_str!("../../examples/default/base-min-over.json");

/// The app of [`DEFINITION`].
pub fn app() -> App {
    App::parse(DEFINITION).expect("the example of the repository is an app")
}
