//! What goes of a side, and when.

use super::decision::Action;
use super::drain::{Rest, Shrinking};
use super::engine::{Rollout, Verdict};
use super::growth::Growth;
use super::observation::Observation;
use super::stage::Stage;
use super::target::Traffic;
use super::view::{Member, Side, View};
use super::waiting::WaitingOn;
use crate::units::Timestamp;

impl Rollout {
    /// Takes out and stops what a side has too many of.
    pub(super) fn shrink(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
        side: Side,
        stage: Stage,
    ) -> Option<Verdict> {
        // An app that is left without instances is what one goes back to: it stays until the other one
        // is whole.
        if stage.of(side) == 0 && side != self.ahead() && self.next_stage(view, 0).is_some() {
            return None;
        }
        let is_whole = view.side(self.ahead()).instances() >= self.of(self.ahead());
        let least = if self.keeps_all(side) { view.side(side).instances() } else { 0 };
        let rest = match self.of(side) {
            0 if side == self.ahead() || !is_whole => Rest::App,
            0 => Rest::Nothing,
            _ => Rest::Instances,
        };
        let shrinking = Shrinking {
            side: view.side(side),
            view,
            seen,
            to: stage.of(side).max(least),
            rest,
            floor: self.floor,
            is_taken_back: self.is_way_back && stage.of(side) == 0,
            is_ours: self.target.traffic != Traffic::Untouched,
        };
        let (timer, patience) = (&self.timer, self.patience);
        let is_over = |waiting_on: &WaitingOn| timer.is_over(waiting_on, now, patience);
        let policy = patience.on_drain_timeout;
        let verdict = shrinking.step(now, &mut self.quiet, policy, is_over)?;
        match verdict {
            // marathon-lb takes the app that was scaled last for the new one: that must be so again at
            // once, and not only when the kill has been seen.
            Verdict::Act(mut actions, waiting_on) => {
                // What stops still counts in waves.
                let is_at_once = !matches!(self.growth, Growth::Waves { .. })
                    || self.target.traffic == Traffic::Untouched;
                if let ([Action::Kill { tasks, .. }], true) = (actions.as_slice(), is_at_once) {
                    let next = self.next_stage(view, tasks.len());
                    actions.extend(next.filter(|_| side != self.ahead()));
                }
                Some(Verdict::Act(actions, waiting_on))
            }
            other => Some(other),
        }
    }

    /// Stops what the side that takes over has too many of, where all of that is out: none of the rest is told
    /// to serve before.
    pub(super) fn surplus_out(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
        stage: Stage,
    ) -> Option<Verdict> {
        let (side, to) = (self.ahead(), stage.of(self.ahead()));
        let it = view.side(side);
        let is_out = |member: &&Member<'_>| !member.servers.is_empty() && member.is_out();
        let n_out = u32::try_from(it.members.iter().filter(is_out).count()).unwrap_or(u32::MAX);
        let surplus = it.instances().saturating_sub(to);
        let is_ours = self.target.traffic != Traffic::Untouched;
        let is_to_go =
            is_ours && to > 0 && surplus > 0 && n_out >= surplus && !self.keeps_all(side);
        if is_to_go { self.shrink(now, seen, view, side, stage) } else { None }
    }
}
