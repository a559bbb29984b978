//! What a judge says when all is seen.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Judge, levels};
use crate::guarantee::Guarantee;
use crate::timeline::Side;
use crate::units::{InstanceCount, Timestamp};
use crate::verify::bounds::Between;
use crate::verify::{Aim, Fault, Finding, Highest, Judgement, Lowest, Outcome, Verdict, Why};

impl Judge {
    /// Ends the timeline at the moment `at`, or with its last step if that is later.
    pub fn finish(mut self, at: Timestamp, outcome: Outcome) -> Verdict {
        let at = at.max(self.now);
        self.pass(at);
        self.healthy.close(at);
        let between = match (self.expected.strategy, self.expected.instances) {
            (Some(strategy), Some(instances)) => Some(Between::declared(strategy, instances)),
            _ => None,
        };
        let completes = self.completes(at, outcome);
        let bounds = between.map(|between| self.bounds(between));
        let touched = between.and_then(|between| self.touched_too_early(between));

        let mut findings = core::mem::take(&mut self.tasks);
        findings.extend(completes.iter().cloned());
        findings.extend(bounds.iter().flatten().flatten().cloned());
        findings.extend(touched.iter().cloned());
        findings.extend(self.stalled());
        findings.sort_by_key(|found| (core::cmp::Reverse(found.fault.severity()), found.at));
        Verdict {
            guarantees: self.guarantees(&completes, bounds.as_ref(), touched.as_ref()),
            findings,
            lowest_healthy: Lowest {
                count: self.real(self.healthy.lowest),
                spell_count: self.healthy.spell_count,
                total: Duration::from_millis(self.healthy.at_lowest()),
                task: self.healthy.task.take(),
                spells: core::mem::take(&mut self.healthy.spells),
            },
            highest_running: Highest {
                count: self.real(self.highest.0),
                at: self.highest.1,
                task: self.highest.2.take(),
            },
            floor: between.map(|between| between.floor),
            ceiling: between.map(|between| between.ceiling),
            below_instances: self.expected.instances.map(|instances| {
                Duration::from_millis(self.healthy.below(self.shown(instances.get())))
            }),
            failed: self.failed,
            turned_unhealthy: self.turned_unhealthy,
            new_stopped: self.new_stopped,
            gaps: self.gaps,
            longest_silence: self.silence.0,
            started: self.started,
            ended: at,
        }
    }

    /// The count that a level stands for.
    fn real(&self, level: i64) -> u64 {
        u64::try_from(level - i64::from(self.imagined)).unwrap_or(0)
    }

    /// The level that stands for a count.
    fn shown(&self, count: u32) -> i64 {
        i64::from(count) + i64::from(self.imagined)
    }

    /// Old instances that should be gone and are not.
    pub(super) fn old_left(&self) -> u64 {
        match self.expected.aim {
            Aim::Replace => self.state.old.alive().saturating_sub(self.imagined.into()),
            Aim::Scale => 0,
        }
    }

    pub(super) fn wrong_count(&self, instances: InstanceCount) -> Option<Fault> {
        let (old, new) = (self.state.old, self.state.new);
        let rising = |side: Side| u64::from(side.starting) + u64::from(side.running);
        let (healthy, others) = match self.expected.aim {
            Aim::Replace => (u64::from(new.healthy), rising(new)),
            Aim::Scale => (self.real(levels(self.state).0), rising(old) + rising(new)),
        };
        (healthy != u64::from(instances.get()) || others > 0).then_some(Fault::WrongCount {
            healthy,
            others,
            instances: instances.get(),
        })
    }

    fn completes(&self, at: Timestamp, outcome: Outcome) -> Vec<Finding> {
        let mut faults = Vec::new();
        if outcome == Outcome::Success || (outcome == Outcome::Unseen && self.is_done()) {
            let count = self.old_left();
            faults.extend((count > 0).then_some(Fault::OldLeftOver { count }));
            faults
                .extend(self.expected.instances.and_then(|instances| self.wrong_count(instances)));
        } else {
            faults.push(Fault::NotFinished { outcome });
        }
        let place = |fault| Finding { at, task: None, fault };
        faults.into_iter().map(place).collect()
    }

    fn bounds(&self, between: Between) -> [Option<Finding>; 2] {
        let Between { floor, ceiling } = between;
        if self.expected.aim != Aim::Replace {
            return [None, None];
        }
        let below = self.lowered.below(self.shown(floor)).map(|(depth, times)| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::BelowFloor { healthy: self.real(depth.level), floor, times },
        });
        let above = self.raised.below(-self.shown(ceiling)).map(|(depth, times)| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::AboveCeiling { running: self.real(-depth.level), ceiling, times },
        });
        [below, above]
    }

    fn touched_too_early(&self, between: Between) -> Option<Finding> {
        let floor = between.floor;
        let (depth, times) = self.touched.below(floor.into())?;
        (self.expected.aim == Aim::Replace).then(|| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::OldTouchedTooEarly {
                carried: u64::try_from(depth.level).unwrap_or(0),
                floor,
                times,
            },
        })
    }

    fn stalled(&self) -> Option<Finding> {
        let (silence, at) = self.silence;
        (silence > Duration::ZERO && silence >= self.expected.stall_after).then_some(Finding {
            at,
            task: None,
            fault: Fault::Stalled { silence },
        })
    }

    fn guarantees(
        &self,
        completes: &[Finding],
        bounds: Option<&[Option<Finding>; 2]>,
        touched: Option<&Finding>,
    ) -> [Judgement; 3] {
        let broken = |found: &Finding| Why::Broken(found.fault.clone());
        let unfinished = completes.first().map(broken);
        let reached = match &unfinished {
            Some(why) => why.clone(),
            None if self.expected.instances.is_none() && self.expected.aim == Aim::Replace => {
                Why::InstancesUnknown
            }
            None => Why::Kept,
        };
        let between = match (unfinished, bounds) {
            _ if self.expected.aim != Aim::Replace => Why::NotInForce,
            (Some(why), _) => why,
            (None, Some(bounds)) => bounds.iter().flatten().next().map_or(Why::Kept, broken),
            (None, None) if self.expected.strategy.is_none() => Why::StrategyUnknown,
            (None, None) => Why::InstancesUnknown,
        };
        let side_by_side = match (&between, touched) {
            (Why::Kept, Some(touched)) => broken(touched),
            (why, _) => why.clone(),
        };
        let seen = |why| if why == Why::Kept && self.gaps > 0 { Why::Gaps } else { why };
        let (between, side_by_side) = (seen(between), seen(side_by_side));
        let judged = |guarantee, why| Judgement { guarantee, why };
        [
            judged(Guarantee::Completes, reached),
            judged(Guarantee::Bounds, between),
            judged(Guarantee::SideBySide, side_by_side),
        ]
    }
}
