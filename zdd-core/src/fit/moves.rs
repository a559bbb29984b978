//! How many instances come and go, and when.

use alloc::vec::Vec;

use crate::capacity::Start;
use crate::rolling::{Numbers, Orders};
use crate::units::InstanceCount;
use crate::upgrade::Upgrade;

/// How many instances come and go, and in what order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moves {
    /// Marathon's rolling upgrade, by its own [`Numbers`].
    Rolling {
        /// Instances of the new version at the end.
        target: InstanceCount,
        /// What Marathon decides when it starts.
        start: Start,
    },
    /// Stage after stage: new instances come until there are as many as the stage says, and only then
    /// old ones go. Blue/green, canaries, scaling, and a first deployment are of this kind.
    Stages(Vec<Stage>),
}

/// One stage. Counts of new instances never fall from stage to stage, those of old ones never rise;
/// one that does is taken as that of the stage before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two counts")]
pub struct Stage {
    /// So many new instances run before old ones go.
    pub new: InstanceCount,
    /// So many old ones are left then.
    pub old: InstanceCount,
}

impl Moves {
    /// Marathon's rolling upgrade, as planned.
    pub fn rolling(upgrade: &Upgrade) -> Self {
        Self::Rolling { target: upgrade.instances, start: upgrade.start() }
    }

    /// `new` instances come, and nothing goes before all of them run.
    pub fn all_at_once(new: InstanceCount) -> Self {
        Self::Stages([Stage { new, old: InstanceCount::ZERO }].into())
    }

    /// New instances at the end.
    pub fn target(&self) -> InstanceCount {
        match self {
            Self::Rolling { target, .. } => *target,
            Self::Stages(stages) => {
                stages.iter().map(|stage| stage.new).max().unwrap_or(InstanceCount::ZERO)
            }
        }
    }
}

/// Moves that are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mover<'a> {
    Rolling(Numbers),
    Stages(Staged<'a>),
}

/// Stages that are under way: how far it is, and how many were asked for in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Staged<'a> {
    stages: &'a [Stage],
    /// Old ones at the start.
    old: u32,
    /// New ones that run, and old ones that are gone.
    new: u32,
    gone: u32,
    launched: u32,
    stopped: u32,
}

impl<'a> Mover<'a> {
    /// Starts with `old` and `present` instances.
    pub(super) fn start(moves: &'a Moves, old: u32, present: u32) -> (Self, Orders) {
        match moves {
            Moves::Rolling { target, start } => {
                let (numbers, orders) = Numbers::start(*target, *start, old, present);
                (Self::Rolling(numbers), orders)
            }
            Moves::Stages(stages) => {
                let mut begun =
                    Staged { stages, old, new: present, gone: 0, launched: present, stopped: 0 };
                let orders = begun.orders();
                (Self::Stages(begun), orders)
            }
        }
    }

    /// A new instance runs and is healthy.
    pub(super) fn new_ready(&mut self) -> Orders {
        match self {
            Self::Rolling(numbers) => numbers.new_ready(1),
            Self::Stages(staged) => {
                staged.new += 1;
                staged.orders()
            }
        }
    }

    /// Whether all has come that comes, and all has gone that goes.
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Rolling(numbers) => numbers.old() == 0 && numbers.missing() == 0,
            Self::Stages(staged) => {
                let is_reached = |stage: &Stage| {
                    staged.new >= stage.new.get()
                        && staged.old.saturating_sub(staged.gone) <= stage.old.get()
                };
                staged.stages.iter().all(is_reached)
            }
        }
    }

    /// How far it is, in numbers.
    pub(super) fn numbers(&self) -> [u32; 4] {
        match self {
            Self::Rolling(numbers) => {
                [numbers.old(), numbers.queued(), numbers.started(), numbers.missing()]
            }
            Self::Stages(staged) => [staged.new, staged.gone, staged.launched, staged.stopped],
        }
    }

    /// An old instance is gone.
    pub(super) fn old_gone(&mut self) -> Orders {
        match self {
            Self::Rolling(numbers) => numbers.old_gone(1),
            Self::Stages(staged) => {
                staged.gone += 1;
                staged.orders()
            }
        }
    }
}

impl Staged<'_> {
    /// What the stages that can be reached ask for beyond what was asked for.
    fn orders(&mut self) -> Orders {
        let (launched, stopped) = (self.launched, self.stopped);
        for stage in self.stages {
            self.launched = self.launched.max(stage.new.get());
            if self.new < stage.new.get() {
                break;
            }
            let goes = self.old.saturating_sub(stage.old.get());
            self.stopped = self.stopped.max(goes);
            if self.gone < goes {
                break;
            }
        }
        Orders { kill: self.stopped - stopped, launch: self.launched - launched }
    }
}
