//! Strategies with which a plan fits.

use alloc::vec::Vec;

use super::asking::Asking;
use super::fix::Fix;
use super::least::Least;
use super::moves::{Moves, Stage};
use super::question::Way;
use super::scene::Scene;
use crate::capacity::UpgradeStrategy;
use crate::check::{self, Check, largest_minimum, smallest_over};
use crate::guarantee::Guarantee;
use crate::units::{AppId, InstanceCount};
use crate::upgrade::Upgrade;

/// So many pairs of both numbers are asked for.
const MOST_PAIRS: usize = 36;

impl Asking<'_> {
    /// Those of a rolling upgrade; for an app beside another one, fewer at a time, or a rolling upgrade
    /// instead.
    pub(super) fn strategies(&self) -> Vec<Fix> {
        match self.way {
            Way::Upgrade(upgrade) => {
                self.of_one(&upgrade).or_else(|| self.of_all()).into_iter().collect()
            }
            Way::Swap { instead, counts_old } => self
                .fewer_at_a_time()
                .into_iter()
                .chain(self.rolling(instead, counts_old))
                .collect(),
            Way::Given => Vec::new(),
        }
    }

    /// One of the two numbers lowered, the floor first; both if neither is enough.
    fn of_one(&self, upgrade: &Upgrade) -> Option<Fix> {
        let bounds = upgrade.bounds();
        let (floor, spare) = (bounds.floor.get(), bounds.spare().get());
        let fits = |strategy| {
            let moves = Moves::rolling(&Upgrade { strategy, ..*upgrade });
            self.fits_if(|exchange| exchange.moves = moves)
        };
        let asked = |floor_less, spare_less| {
            let strategy = lowered(upgrade, floor_less, spare_less)?;
            fits(strategy).then_some(strategy)
        };
        let fix = |strategy, is_least| self.strategy(upgrade, strategy, is_least);
        // A lower floor makes room before anything needs it. Fewer to be added only come later, which
        // is an order that there was before: it can do no more than rule out others.
        if let Some(Least { value, is_proven }) = self.least(floor, |less| asked(less, 0).is_some())
        {
            return fix(lowered(upgrade, value, 0)?, is_proven);
        }
        if let Some(Least { value, is_proven }) = self.least(spare, |less| asked(0, less).is_some())
        {
            return fix(lowered(upgrade, 0, value)?, is_proven);
        }
        let sums = 2..=floor.saturating_add(spare).min(64);
        // Of equal sums, the one that takes least health.
        let pairs = sums.flat_map(|sum| (1..sum).map(move |less| (less, sum - less)));
        let pairs =
            pairs.filter(|(floor_less, spare_less)| *floor_less <= floor && *spare_less <= spare);
        let pair = pairs
            .take(MOST_PAIRS)
            .find_map(|(floor_less, spare_less)| asked(floor_less, spare_less));
        // Marathon may see nothing that it could stop, and need a spare one.
        let raised = || {
            let fix = Check::of(upgrade).verdict(Guarantee::Completes).fix?;
            Some(fix.applied_to(upgrade.strategy)).filter(|strategy| fits(*strategy))
        };
        pair.or_else(raised).and_then(|strategy| fix(strategy, true))
    }

    /// The floor of each upgrade of the plan lowered by as many instances.
    fn of_all(&self) -> Option<Fix> {
        let upgrades: Vec<_> = self.question.upgrades().collect();
        let most = upgrades.iter().map(|(_, upgrade)| upgrade.bounds().floor.get()).max()?;
        let all_lowered = |less: u32| {
            let lower = move |upgrade: &Upgrade| {
                let less = less.min(upgrade.bounds().floor.get());
                lowered(upgrade, less, 0).unwrap_or(upgrade.strategy)
            };
            upgrades.iter().map(move |(at, upgrade)| (*at, *upgrade, lower(upgrade)))
        };
        let set = |scene: &mut Scene, less| {
            for ((step, exchange), upgrade, strategy) in all_lowered(less) {
                let exchange = scene.steps.get_mut(step).and_then(|step| step.get_mut(exchange));
                if let Some(exchange) = exchange {
                    exchange.moves = Moves::rolling(&Upgrade { strategy, ..*upgrade });
                }
            }
        };
        let found = self.least(most, |less| self.fits_with(|scene| set(scene, less)))?;
        let changes =
            all_lowered(found.value).filter_map(|((step, exchange), upgrade, strategy)| {
                let app = self.question.scene.exchange(step, exchange)?.app.clone();
                change(app, upgrade.strategy, strategy)
            });
        Some(Fix::Strategy { changes: changes.collect(), is_least: found.is_proven })
    }

    fn strategy(&self, upgrade: &Upgrade, to: UpgradeStrategy, is_least: bool) -> Option<Fix> {
        let change = change(self.exchange.app.clone(), upgrade.strategy, to)?;
        Some(Fix::Strategy { changes: [change].into(), is_least })
    }

    /// The most at a time that fit, fewer than now.
    fn fewer_at_a_time(&self) -> Option<Fix> {
        let Moves::Stages(stages) = &self.exchange.moves else { return None };
        let present = u32::try_from(self.exchange.present.len()).unwrap_or(u32::MAX);
        let old = u32::try_from(self.exchange.old.len()).unwrap_or(u32::MAX);
        let target = self.exchange.moves.target().get();
        let new = stages.iter().map(|stage| stage.new.get());
        let steps = new.scan(present, |before, new| {
            let step = new.saturating_sub(*before);
            *before = new.max(*before);
            Some(step)
        });
        let now = steps.max()?;
        let found = self.least(now.saturating_sub(1), |less| {
            let moves = Moves::Stages(at_a_time(now - less, present, old, target));
            self.fits_if(|exchange| exchange.moves = moves)
        })?;
        let app = self.exchange.app.clone();
        Some(Fix::AtATime { app, instances: now - found.value, is_most: found.is_proven })
    }

    /// A rolling upgrade with the app's own strategy, or with a lower floor.
    fn rolling(&self, upgrade: Upgrade, counts_old: bool) -> Option<Fix> {
        let fits = |strategy| {
            let moves = Moves::rolling(&Upgrade { strategy, ..upgrade });
            self.fits_if(|exchange| {
                exchange.moves = moves;
                exchange.old.iter_mut().for_each(|old| old.counts = counts_old);
            })
        };
        let app = self.exchange.app.clone();
        if fits(upgrade.strategy) {
            return Some(Fix::Rolling { app, strategy: upgrade.strategy });
        }
        let found = self.least(upgrade.bounds().floor.get(), |less| {
            lowered(&upgrade, less, 0).is_some_and(fits)
        })?;
        Some(Fix::Rolling { app, strategy: lowered(&upgrade, found.value, 0)? })
    }
}

/// The strategy with so many instances less to stay healthy, and so many less to be added. None if
/// Marathon refuses it, or no fractions say it.
fn lowered(upgrade: &Upgrade, floor_less: u32, spare_less: u32) -> Option<UpgradeStrategy> {
    let (bounds, mut strategy) = (upgrade.bounds(), upgrade.strategy);
    let less = |count: InstanceCount, less: u32| {
        count.saturating_sub(InstanceCount::saturating_from(u64::from(less)))
    };
    if floor_less > 0 {
        strategy.minimum_health_capacity =
            largest_minimum(upgrade.instances, less(bounds.floor, floor_less));
    }
    if spare_less > 0 {
        strategy.maximum_over_capacity =
            smallest_over(upgrade.instances, less(bounds.spare(), spare_less))?;
    }
    upgrade.kind.refusals(strategy, upgrade.instances).next().is_none().then_some(strategy)
}

/// What leads from one strategy to another; none if nothing does.
fn change(app: AppId, from: UpgradeStrategy, to: UpgradeStrategy) -> Option<(AppId, check::Fix)> {
    let min = to.minimum_health_capacity;
    let over = to.maximum_over_capacity;
    let fix = check::Fix {
        minimum_health_capacity: (min != from.minimum_health_capacity).then_some(min),
        maximum_over_capacity: (over != from.maximum_over_capacity).then_some(over),
    };
    (to != from).then_some((app, fix))
}

/// Stages in which `step` new instances come before as many old ones go as there are too many then.
/// `step` is not 0.
fn at_a_time(step: u32, present: u32, old: u32, target: u32) -> Vec<Stage> {
    let most = target.max(old);
    let count = |n: u32| InstanceCount::saturating_from(u64::from(n));
    let mut stages = Vec::new();
    let mut new = present.min(target);
    while new < target {
        new = new.saturating_add(step.max(1)).min(target);
        let left = if new == target { 0 } else { old.min(most - new) };
        stages.push(Stage { new: count(new), old: count(left) });
    }
    stages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::upgrade_strategies;
    use crate::upgrade::Kind;

    proptest! {
        #[test]
        fn what_is_lowered_is_lower_by_just_that(
            instances in 1_u16..200, strategy in upgrade_strategies(), a in 0_u32..200, b in 0_u32..200,
        ) {
            let upgrade = Upgrade::new(instances.into(), strategy);
            let bounds = upgrade.bounds();
            let (a, b) = (a.min(bounds.floor.get()), b.min(bounds.spare().get()));
            let to = lowered(&upgrade, a, b).unwrap();
            let after = to.bounds(upgrade.instances);
            prop_assert_eq!(after.floor.get(), bounds.floor.get() - a);
            prop_assert_eq!(after.spare().get(), bounds.spare().get() - b);
            prop_assert!(to.minimum_health_capacity <= strategy.minimum_health_capacity);
            let app: AppId = "/a".parse().unwrap();
            let changed = change(app, strategy, to);
            prop_assert_eq!(changed.is_some(), to != strategy);
            prop_assert!(changed.is_none_or(|(_, fix)| fix.applied_to(strategy) == to));
        }

        #[test]
        fn stages_end_whole_and_never_go_below_both(
            step in 1_u32..9, present in 0_u32..5, old in 0_u32..9, target in 1_u32..9,
        ) {
            let stages = at_a_time(step, present, old, target);
            let whole = Stage { new: InstanceCount::saturating_from(target.into()), old: InstanceCount::ZERO };
            prop_assert!(present >= target || stages.last() == Some(&whole));
            let mut before = (present, old);
            for stage in &stages {
                let (new, left) = (stage.new.get(), stage.old.get());
                prop_assert!(new > before.0 && new - before.0 <= step && left <= before.1);
                prop_assert!(new + left >= target.min(old).min(target));
                before = (new, left);
            }
        }
    }

    #[test]
    fn what_marathon_refuses_is_no_strategy() {
        let single = Upgrade {
            kind: Kind::SingleInstance,
            ..Upgrade::new(1_u16.into(), UpgradeStrategy::default())
        };
        assert_eq!(lowered(&single, 1, 0), None);
        assert!(lowered(&single, 1, 1).is_some());
    }
}
