//! Judges a recording, line by line.

mod capacity;
mod drain;
mod look;
mod one;
mod order;
mod weights;

use alloc::vec::Vec;

use self::one::One;
use super::report::Report;
use super::wire::Entry;

/// Judges the rollouts of a recording, in the order of its lines.
///
/// What it holds for right at each look, by rule:
///
/// - **capacity**: an instance *serves* whose task runs and passes its checks, and whose server is, at
///   every balancer, up, ready and of a weight above 0. From the first look at which as many serve as
///   the floor says, never fewer do. Where Marathon had said nothing yet about an instance that requests
///   came to, the next look decides: its answer is a little older than that of a balancer.
/// - **order**: without the tasks that are told to stop, as many serve as the floor says; and an app is
///   removed only when an instance of the one that takes its place serves.
/// - **drain before kill**: at the last look before a task is told to stop, none of its servers took new
///   requests, and none had sessions or requests that wait; unless sessions are to be cut after a time
///   by the policy, and that had passed. Those are counted.
/// - **weights**: what is set is seen later at every balancer, or a notice or a refusal says why not;
///   and where the target is reached, the shares are the nearest that weights from 0 to 256 can give.
/// - **completeness**: there is a beginning and an end, and no long silence in between.
#[derive(Debug, Default)]
pub struct Judge {
    current: Option<One>,
    reports: Vec<Report>,
}

impl Judge {
    /// Before the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next line; says no where it belongs to no rollout that began.
    pub fn push(&mut self, entry: Entry) -> bool {
        if let Entry::Begin(begin) = entry {
            let next = One::new(begin);
            if let Some(one) = self.current.replace(next) {
                let by = self.current.as_ref().map(One::begin);
                self.reports.push(one.finish(by));
            }
            return true;
        }
        let Some(one) = &mut self.current else { return false };
        one.push(entry);
        if one.has_ended() {
            self.reports.extend(self.current.take().map(|one| one.finish(None)));
        }
        true
    }

    /// Takes note that a line could not be read.
    pub fn lost(&mut self) {
        if let Some(one) = &mut self.current {
            one.lost();
        }
    }

    /// Takes the end of the recording.
    pub fn finish(mut self) -> Vec<Report> {
        self.reports.extend(self.current.take().map(|one| one.finish(None)));
        self.reports
    }
}
