//! All orders of a case, one instance at a time, by rules written down once more.

use std::collections::BTreeMap;

use super::case::Case;
use zdd_core::fit::Verdict;

/// What of all orders is to be found.
pub(crate) fn verdict(case: &Case) -> Verdict {
    let mut brute = Brute { case, known: BTreeMap::new() };
    let start = case.upgrade().start();
    let mut state = State {
        alive: (1 << case.olds.len()) - 1,
        left_over: 0,
        new: Vec::new(),
        kills: 0,
        queue: count(case.olds.len()),
        launches: 0,
        started: 0,
    };
    if case.stages.is_none() {
        let kill = start.kill.get().min(state.queue);
        (state.kills, state.queue) = (kill, state.queue - kill);
    }
    brute.order(&mut state);
    match brute.ends(&state) {
        (true, true) => Verdict::MayStall,
        (true, false) => Verdict::Stalls,
        (false, _) => Verdict::Fits,
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    /// Old instances that run.
    alive: u32,
    /// Stopped ones of which the place is still kept.
    left_over: u32,
    /// The agents of the new ones, in their order.
    new: Vec<usize>,
    kills: u32,
    queue: u32,
    launches: u32,
    started: u32,
}

struct Brute<'a> {
    case: &'a Case,
    known: BTreeMap<State, (bool, bool)>,
}

impl Brute<'_> {
    /// Gives the orders that follow from the state.
    fn order(&self, state: &mut State) {
        let old = state.alive.count_ones();
        let Some(stages) = &self.case.stages else {
            let ceiling = self.case.upgrade().start().ceiling.get();
            let room = ceiling.saturating_sub(old).saturating_sub(state.started);
            let launched = room.min(self.case.n - state.started);
            state.started += launched;
            state.launches += launched;
            return;
        };
        for (new, left) in stages {
            if *new > state.started {
                state.launches += new - state.started;
                state.started = *new;
            }
            if count(state.new.len()) < *new {
                break;
            }
            state.kills = state.kills.max(old.saturating_sub(*left));
            if state.kills > 0 {
                break;
            }
        }
    }

    /// Whether it can stand still, and whether it can end.
    fn ends(&mut self, state: &State) -> (bool, bool) {
        let key = self.key(state);
        if let Some(ends) = self.known.get(&key) {
            return *ends;
        }
        let mut next = Vec::new();
        if state.kills > 0 {
            for old in (0..self.case.olds.len()).filter(|old| state.alive & 1 << old != 0) {
                let mut after = state.clone();
                after.alive &= !(1 << old);
                after.kills -= 1;
                if self.case.keeps_place {
                    after.left_over |= 1 << old;
                }
                self.order(&mut after);
                next.push(after);
            }
        }
        if state.launches > 0 {
            let kept: Vec<_> =
                (0..self.case.olds.len()).filter(|old| state.left_over & 1 << old != 0).collect();
            let returns = |old: &usize| {
                let counted = self.counted(state, Some(*old));
                self.suits(self.case.olds[*old], &counted)
            };
            let is_fresh = state.launches as usize > kept.len();
            let mut agents: Vec<(usize, u32)> = Vec::new();
            let good = kept.iter().filter(|old| returns(old));
            agents.extend(good.map(|old| (self.case.olds[*old], 1 << old)));
            if is_fresh {
                let good = (0..self.case.agents.len()).filter(|agent| self.is_good(state, *agent));
                // What comes back comes before others.
                let good = good.filter(|agent| agents.iter().all(|(taken, _)| taken != agent));
                let good: Vec<_> = good.map(|agent| (agent, 0)).collect();
                agents.extend(good);
            }
            for (agent, taken_over) in agents {
                let mut after = state.clone();
                after.left_over &= !taken_over;
                after.new.push(agent);
                after.launches -= 1;
                if self.case.stages.is_none() && after.queue > 0 {
                    (after.queue, after.kills) = (after.queue - 1, after.kills + 1);
                }
                if self.case.stages.is_some() {
                    self.order(&mut after);
                }
                next.push(after);
            }
        }
        let ends = if next.is_empty() {
            let is_done = count(state.new.len()) == self.target() && state.alive == 0;
            (!is_done, is_done)
        } else {
            next.iter().fold((false, false), |sum, after| {
                let ends = self.ends(after);
                (sum.0 || ends.0, sum.1 || ends.1)
            })
        };
        self.known.insert(key, ends);
        ends
    }

    /// The state without what makes no difference: of the new ones only the first, and how many there
    /// are where; of the old ones how many, unless it matters which is the first.
    fn key(&self, state: &State) -> State {
        let mut key = state.clone();
        if let Some((_, others)) = key.new.split_first_mut() {
            others.sort_unstable();
        }
        if !self.case.olds_count && !self.case.keeps_place {
            for mask in [&mut key.alive, &mut key.left_over] {
                let set = |old: &usize| *mask & 1 << old != 0;
                let agents = || (0..self.case.olds.len()).map(|old| self.case.olds[old]);
                let mut counts = [0; 5];
                (0..self.case.olds.len())
                    .filter(set)
                    .for_each(|old| counts[self.case.olds[old]] += 1);
                *mask = agents().enumerate().fold(0, |lowest, (old, agent)| {
                    let takes = u32::from(counts[agent] > 0);
                    counts[agent] -= takes;
                    lowest | takes << old
                });
            }
        }
        key
    }

    fn target(&self) -> u32 {
        self.case.stages.as_ref().map_or(self.case.n, |stages| stages.last().unwrap().0)
    }

    fn is_good(&self, state: &State, agent: usize) -> bool {
        let case = self.case;
        // What a kept place was taken over with is what the old one had.
        let held = state.alive | state.left_over;
        let olds = (0..case.olds.len()).filter(|old| held & 1 << old != 0);
        let n_old = count(olds.filter(|old| case.olds[*old] == agent).count());
        let n_new = count(state.new.iter().filter(|at| **at == agent).count());
        let it = &case.agents[agent];
        let used = it.others + n_old * case.old_cpus + n_new * case.new_cpus;
        if used + case.new_cpus > it.cpus || case.port.is_some() && n_old + n_new > 0 {
            return false;
        }
        self.suits(agent, &self.counted(state, None))
    }

    /// The agents of all that constraints look at, without the one that returns.
    fn counted(&self, state: &State, returning: Option<usize>) -> Vec<usize> {
        let case = self.case;
        let kept_count = case.olds_count || state.left_over.count_ones() <= state.launches;
        let alive = if case.olds_count { state.alive } else { 0 };
        let counted = alive | if kept_count { state.left_over } else { 0 };
        let olds = (0..case.olds.len()).filter(|old| counted & 1 << old != 0);
        let olds = olds.filter(|old| Some(*old) != returning).map(|old| case.olds[old]);
        olds.chain(state.new.iter().copied()).collect()
    }

    fn suits(&self, agent: usize, counted: &[usize]) -> bool {
        self.case
            .rules
            .iter()
            .all(|(field, operator, value)| self.accepts(agent, field, operator, *value, counted))
    }

    fn accepts(
        &self,
        agent: usize,
        field: &str,
        operator: &str,
        wanted: Option<&str>,
        counted: &[usize],
    ) -> bool {
        let value_of = |agent: usize| self.case.agents[agent].value_of(agent, field);
        let Some(mine) = value_of(agent) else {
            return operator == "UNLIKE";
        };
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for value in counted.iter().filter_map(|agent| value_of(*agent)) {
            *counts.entry(value).or_default() += 1;
        }
        let first = counted.iter().find_map(|agent| value_of(*agent));
        let used = counts.get(&mine).copied().unwrap_or(0);
        let number = || wanted.unwrap().parse::<u32>().unwrap();
        match (operator, wanted) {
            ("UNIQUE", _) => used == 0,
            ("CLUSTER" | "IS", Some(wanted)) => mine == wanted,
            ("CLUSTER", None) => first.is_none_or(|first| first == mine),
            ("MAX_PER", _) => used < number(),
            ("LIKE", _) => mine == "r1" || mine == "r2",
            ("UNLIKE", Some(wanted)) => mine != wanted,
            ("GROUP_BY", Some(_)) if self.case.shares => {
                let (share, rest) = (self.case.n / number(), self.case.n % number());
                let above = count(counts.values().filter(|count| **count > share).count());
                if used == 0 {
                    count(counts.len()) < number()
                } else {
                    used < share || used == share && above < rest
                }
            }
            ("GROUP_BY", wanted) => {
                let groups = wanted.map_or(0, |_| number());
                let fewest = counts.values().min().copied().unwrap_or(0);
                used == 0 || count(counts.len()) >= groups && used == fewest
            }
            _ => unreachable!("{operator}"),
        }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}
