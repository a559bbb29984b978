//! The verdicts.

use alloc::vec::Vec;

use serde::Serialize;

use super::fix::{self, Wanted};
use super::{Fix, Kept, Satisfiable, Verdict, Warning, warning};
use crate::app::{App, StrategyRefusal};
use crate::capacity::{Bounds, Reading, Start};
use crate::guarantee::Guarantee;
use crate::units::InstanceCount;
use crate::upgrade::Upgrade;

/// What can be said about an upgrade strategy before anything is deployed.
///
/// ```
/// use zdd_core::capacity::UpgradeStrategy;
/// use zdd_core::check::Check;
/// use zdd_core::guarantee::Guarantee;
/// use zdd_core::units::InstanceCount;
/// use zdd_core::upgrade::Upgrade;
///
/// let strategy = UpgradeStrategy {
///     minimum_health_capacity: 0.5.try_into()?,
///     maximum_over_capacity: 0.1.try_into()?,
/// };
/// let check = Check::of(&Upgrade::new(InstanceCount::from(4), strategy));
/// assert!(check.verdict(Guarantee::Bounds).satisfiable.holds());
///
/// let side_by_side = check.verdict(Guarantee::SideBySide);
/// assert!(!side_by_side.satisfiable.holds());
/// assert_eq!(side_by_side.fix.unwrap().to_string(), "set maximumOverCapacity to 0.5");
/// # Ok::<(), zdd_core::units::FractionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    upgrade: Upgrade,
    bounds: Bounds,
    start: Start,
    refusal: Option<StrategyRefusal>,
    has_partial_strategy: bool,
    verdicts: [Verdict; 3],
}

impl Check {
    /// Checks an upgrade. As many old instances are taken to run as the new definition has: a
    /// strategy is judged for the app that it belongs to, not for one change of its size.
    pub fn of(upgrade: &Upgrade) -> Self {
        let refusal = upgrade.kind.refusals(upgrade.strategy, upgrade.instances).next();
        Self::decided(&Facts::of(upgrade, refusal), false)
    }

    /// Checks the strategy of an app, for a Marathon that counts as `reading` says.
    ///
    /// ```
    /// use zdd_core::app::App;
    /// use zdd_core::capacity::Reading;
    /// use zdd_core::check::Check;
    /// use zdd_core::guarantee::Guarantee;
    ///
    /// let app = App::parse(
    ///     r#"{"id": "/shop", "instances": 5, "cmd": "./shop", "upgradeStrategy":
    ///         {"minimumHealthCapacity": 0.9, "maximumOverCapacity": 0}}"#,
    /// )?;
    /// let bounds = *Check::of_app(&app, Reading::Classic).verdict(Guarantee::Bounds);
    /// assert!(!bounds.satisfiable.holds());
    /// assert_eq!(bounds.fix.unwrap().to_string(), "set minimumHealthCapacity to 0.8");
    /// # Ok::<(), zdd_core::app::ParseError>(())
    /// ```
    pub fn of_app(app: &App, reading: Reading) -> Self {
        // The last one is the one that no strategy mends, if there is such a one.
        let refusal = app.refusals().last().copied();
        let facts = Facts::of(&Upgrade::of(app, reading), refusal);
        Self::decided(&facts, app.has_partial_upgrade_strategy())
    }

    fn decided(facts: &Facts, has_partial_strategy: bool) -> Self {
        Self {
            upgrade: facts.upgrade,
            bounds: facts.bounds,
            start: facts.start,
            refusal: facts.refusal,
            has_partial_strategy,
            verdicts: Guarantee::ALL.map(|guarantee| facts.verdict(guarantee)),
        }
    }

    /// What was checked.
    pub fn upgrade(&self) -> &Upgrade {
        &self.upgrade
    }

    /// The counts that the strategy declares.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// What Marathon will decide when it starts.
    pub fn start(&self) -> Start {
        self.start
    }

    /// Old instances that Marathon stops at once.
    pub fn initial_kills(&self) -> InstanceCount {
        self.start.kill.min(self.upgrade.old)
    }

    /// The answer about one guarantee.
    pub fn verdict(&self, guarantee: Guarantee) -> &Verdict {
        &self.verdicts[guarantee as usize]
    }

    /// The answers about all guarantees, the weakest first.
    pub fn verdicts(&self) -> &[Verdict; 3] {
        &self.verdicts
    }

    /// Why Marathon does not accept the definition, if it does not.
    pub fn refusal(&self) -> Option<StrategyRefusal> {
        self.refusal
    }

    /// Whether only one of the two fractions is written down.
    pub fn has_partial_strategy(&self) -> bool {
        self.has_partial_strategy
    }

    /// What may surprise, in a fixed order.
    pub fn warnings(&self) -> Vec<Warning> {
        warning::about(self)
    }
}

/// What the verdicts follow from.
struct Facts {
    upgrade: Upgrade,
    bounds: Bounds,
    start: Start,
    refusal: Option<StrategyRefusal>,
}

impl Facts {
    fn of(upgrade: &Upgrade, refusal: Option<StrategyRefusal>) -> Self {
        let upgrade = Upgrade { old: upgrade.instances, ..*upgrade };
        Self { upgrade, bounds: upgrade.bounds(), start: upgrade.start(), refusal }
    }

    fn verdict(&self, guarantee: Guarantee) -> Verdict {
        let satisfiable = self.satisfiable(guarantee);
        let kept_by_marathon = self.kept(guarantee);
        let fix = if satisfiable.holds() { None } else { self.fix(guarantee) };
        let nearest = if satisfiable.holds() && !kept_by_marathon.holds() {
            fix::nearest(&self.upgrade, guarantee)
        } else {
            None
        };
        Verdict { guarantee, satisfiable, kept_by_marathon, fix, nearest, bounds: self.bounds }
    }

    /// The smallest change that does it, unless something stands in the way that no strategy mends.
    fn fix(&self, guarantee: Guarantee) -> Option<Fix> {
        let unmendable = self.refusal.filter(|refusal| !refusal.is_about_strategy());
        fix::smallest(&self.upgrade, guarantee).filter(|fix| {
            let strategy = fix.applied_to(self.upgrade.strategy);
            Self::of(&Upgrade { strategy, ..self.upgrade }, unmendable)
                .satisfiable(guarantee)
                .holds()
        })
    }

    fn satisfiable(&self, guarantee: Guarantee) -> Satisfiable {
        if let Some(refusal) = self.refusal {
            return Satisfiable::Refused { refusal };
        }
        if self.bounds.instances.is_zero() {
            return Satisfiable::NothingToReplace;
        }
        match guarantee {
            Guarantee::Completes if self.hangs() => Satisfiable::Hangs,
            Guarantee::Completes => match self.start.bend {
                Some(bend) => Satisfiable::EndsBent { bend },
                None => Satisfiable::Ends,
            },
            Guarantee::Bounds if Wanted::Room.is_met_by(self.bounds) => Satisfiable::Room,
            Guarantee::Bounds => Satisfiable::NoRoom,
            Guarantee::SideBySide if Wanted::SpareOverFloor.is_met_by(self.bounds) => {
                Satisfiable::SpareCarriesFloor
            }
            Guarantee::SideBySide => Satisfiable::SpareBelowFloor,
        }
    }

    fn kept(&self, guarantee: Guarantee) -> Kept {
        match self.satisfiable(guarantee) {
            Satisfiable::NothingToReplace => return Kept::Yes,
            satisfiable if !satisfiable.holds() => return Kept::Unsatisfiable,
            _ => {}
        }
        if self.hangs() {
            return Kept::Hangs;
        }
        match guarantee {
            Guarantee::Completes => Kept::Yes,
            Guarantee::Bounds => self.start.bend.map_or(Kept::Yes, |bend| Kept::Bends { bend }),
            Guarantee::SideBySide => self.kept_side_by_side(),
        }
    }

    /// Marathon looks at one event at a time: at its first stop at most one new instance is healthy.
    fn kept_side_by_side(&self) -> Kept {
        let floor = self.bounds.floor;
        let count = self.start.kill.min(self.upgrade.old);
        if floor.is_zero() || (floor == InstanceCount::ONE && count.is_zero()) {
            Kept::Yes
        } else if count.is_zero() {
            Kept::StopsOneForOne
        } else {
            Kept::StopsAtStart { count: count.get() }
        }
    }

    /// Whether the start leaves nothing running that could make Marathon go on: no old instance is
    /// stopped and no new one launched.
    fn hangs(&self) -> bool {
        let left = self.upgrade.old.saturating_sub(self.start.kill);
        !self.bounds.instances.is_zero() && self.start.ceiling <= left
    }
}

impl Upgrade {
    /// Whether Marathon since 1.10 would wait for ever where older ones do not.
    pub(super) fn hangs_since_1_10(&self) -> bool {
        let newer = Self { reading: Reading::HealthAware, ..*self };
        Facts::of(&newer, None).hangs()
    }
}
