//! Whether what happened is what was planned.
//!
//! The plan says what is ordered because of which event: how many old instances have been told to stop
//! when so many new ones are healthy, and how many new ones have been launched when so many old ones are
//! gone. It leaves open how long each instance takes, so which of two waves comes first, and in which
//! order the instances of one wave arrive. So after each event the orders have to be those of the plan,
//! and have to come before the next event.

use std::collections::BTreeMap;

use zdd_core::timeline::{Assumptions, Change, End, Model, Timeline};
use zdd_core::upgrade::Upgrade;

use super::cases::Case;
use super::deeds::{Deed, Happened};

pub(crate) fn of(case: &Case) -> Timeline {
    let upgrade = Upgrade::between(&case.old, &case.new, case.reading);
    Timeline::of(&upgrade, Model::Marathon, &Assumptions::between(Some(&case.old), &case.new))
}

/// Sums of orders after each number of events.
#[derive(Debug, Default)]
struct Orders {
    /// Old instances that have been told to stop when so many new ones are healthy.
    stopped: Vec<usize>,
    /// New instances that have been launched when so many old ones are gone: at least, and at most.
    /// The plan says it for the end of each wave.
    launched: Vec<(usize, usize)>,
}

impl Orders {
    fn of(plan: &Timeline) -> Self {
        let size = |count: u32| count as usize;
        let (mut stopped, mut launched) = (vec![0], vec![(0, 0)]);
        let mut wave = 0;
        for step in plan.steps() {
            let (n_stopped, n_launched) = (*stopped.last().unwrap(), launched.last().unwrap().1);
            match step.change {
                Change::Stop { count } => *stopped.last_mut().unwrap() += size(count),
                Change::Launch { count } => {
                    let after = n_launched + size(count);
                    for (_, most) in &mut launched[wave..] {
                        *most = after;
                    }
                    launched.last_mut().unwrap().0 = after;
                }
                Change::Die { count } => {
                    wave = launched.len();
                    launched.extend((0..count).map(|_| (n_launched, n_launched)));
                }
                Change::Run { .. } => {}
                Change::BecomeHealthy { count } => stopped.extend((0..count).map(|_| n_stopped)),
                Change::Exchange { healthy, stopped: count } => {
                    stopped.extend((1..=healthy).map(|n| n_stopped + size(n.min(count))));
                }
            }
        }
        Self { stopped, launched }
    }
}

/// Whether it ends before its goal.
pub(crate) fn is_stalled(plan: &Timeline) -> bool {
    matches!(plan.end(), End::Stalled { .. })
}

/// So many deeds a plan has.
pub(crate) fn n_deeds(plan: &Timeline) -> usize {
    let count = |change| match change {
        Change::Stop { count }
        | Change::Die { count }
        | Change::Launch { count }
        | Change::Run { count }
        | Change::BecomeHealthy { count } => count,
        Change::Exchange { healthy, stopped } => healthy + stopped,
    };
    plan.steps().map(|step| count(step.change) as usize).sum()
}

/// Compares what happened with the plan, from the first deed to the last.
pub(crate) fn follows(happened: &Happened, plan: &Timeline) -> Result<(), String> {
    let mut run = Run { orders: Orders::of(plan), ..Run::default() };
    for (n, deed) in happened.deeds.iter().enumerate() {
        run.take(deed).map_err(|why| format!("deed {n}, {deed:?}: {why}"))?;
    }
    run.is_settled()?;
    let (n_healthy, n_gone) = (run.orders.stopped.len() - 1, run.orders.launched.len() - 1);
    if (run.healthy, run.gone) != (n_healthy, n_gone) {
        return Err(format!("{} healthy and {} gone at the end", run.healthy, run.gone));
    }
    if happened.succeeded == is_stalled(plan) || happened.deeds.len() != n_deeds(plan) {
        return Err(format!("{:?} was planned", plan.end()));
    }
    Ok(())
}

/// How far it got.
#[derive(Default)]
struct Run {
    orders: Orders,
    stopped: usize,
    launched: usize,
    healthy: usize,
    gone: usize,
    /// The deeds of each life so far: an instance may have one of the old version, and one of the new.
    lives: BTreeMap<(String, bool), Vec<Deed>>,
}

impl Run {
    fn take(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Stop(_) => self.stopped += 1,
            Deed::Launch(_) => self.launched += 1,
            Deed::Run(_) => {}
            Deed::BecomeHealthy(_) => {
                self.is_settled()?;
                self.healthy += 1;
            }
            Deed::Die(_) => {
                self.is_settled()?;
                self.gone += 1;
            }
            Deed::Other(_) => return Err("nothing of the kind was planned".into()),
        }
        self.live(deed)?;
        let Some(stopped) = self.orders.stopped.get(self.healthy) else {
            return Err("more are healthy than planned".into());
        };
        let Some((_, launched)) = self.orders.launched.get(self.gone) else {
            return Err("more are gone than planned".into());
        };
        if self.stopped > *stopped || self.launched > *launched {
            return Err(format!("{stopped} stopped and {launched} launched were planned by then"));
        }
        Ok(())
    }

    /// Whether all has been ordered that the events so far call for.
    fn is_settled(&self) -> Result<(), String> {
        let stopped = self.orders.stopped[self.healthy];
        let (least, _) = self.orders.launched[self.gone];
        if self.stopped < stopped || self.launched < least {
            let (n_stopped, n_launched) = (self.stopped, self.launched);
            return Err(format!(
                "{n_stopped} of {stopped} were stopped and {n_launched} of {least} launched"
            ));
        }
        Ok(())
    }

    /// Each instance goes through its life in order, and once.
    fn live(&mut self, deed: &Deed) -> Result<(), String> {
        let Some((instance, step, is_new)) = deed.place() else { return Ok(()) };
        let life = self.lives.entry((instance.to_owned(), is_new)).or_default();
        if life.len() != step {
            return Err(format!("after {life:?}"));
        }
        life.push(deed.clone());
        Ok(())
    }
}
