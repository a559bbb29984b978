//! Whether what is set is in force, and whether shares are right in the end.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::finding::Fault;
use super::super::report::{BalancerShare, Why};
use super::super::shares::{Share, nearest};
use super::super::wire::{Balancer, Begin, Change, Ended, How, Server, State};
use super::look::{Look, is_serving};
use super::one::Notes;
use crate::ports::Name;
use crate::rollout::{Side, Split, Traffic};
use crate::units::Timestamp;

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Weight(u16),
    State(State),
}

/// What was set at a server, and whether it was seen there.
#[derive(Clone, Copy, Debug)]
struct Set {
    wanted: Wanted,
    at: Timestamp,
    is_in_force: bool,
}

/// By balancer, server, and whether it is its state.
type Key = (Box<str>, Name, bool);

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Weights {
    sets: BTreeMap<Key, Set>,
    is_share_unknown: bool,
}

impl Weights {
    /// Takes note of what is set, wherever the server was seen.
    pub(super) fn set(&mut self, changes: &[Change], at: Timestamp, look: &Look) {
        for balancer in &look.seen.balancers {
            for change in changes {
                let Some(server) = balancer.servers.iter().find(|it| it.name == change.server)
                else {
                    continue;
                };
                let weight = change.weight.map(Wanted::Weight);
                for wanted in weight.into_iter().chain(change.state.map(Wanted::State)) {
                    let is_in_force = wanted.found(server) == Some(true);
                    let set = Set { wanted, at, is_in_force };
                    let is_state = matches!(wanted, Wanted::State(_));
                    let key = (balancer.name.as_str().into(), server.name.clone(), is_state);
                    self.sets.insert(key, set);
                }
            }
        }
    }

    pub(super) fn seen(&mut self, look: &Look, notes: &mut Notes) {
        let at = look.seen.at;
        for balancer in look.seen.balancers.iter().filter(|it| it.error.is_none()) {
            let is_refused = look.seen.refused.iter().any(|it| it.balancer == balancer.name);
            let servers: BTreeMap<&Name, &Server> =
                balancer.servers.iter().map(|it| (&it.name, it)).collect();
            self.sets.retain(|(name, server, _), set| {
                if **name != *balancer.name {
                    return true;
                }
                let Some(found) = servers.get(server) else { return false };
                match set.wanted.found(found) {
                    None => return true,
                    Some(true) => {
                        set.is_in_force = true;
                        return true;
                    }
                    Some(false) => {}
                }
                if is_named(balancer, server) || is_refused {
                    return false;
                }
                if set.is_in_force {
                    let (balancer, server) = (name.clone(), server.clone());
                    let setting = set.wanted.text();
                    notes.add(at, None, Fault::Changed { balancer, server, setting });
                }
                !set.is_in_force
            });
        }
    }

    /// Looks at what is in the end, where the target was reached.
    pub(super) fn end(
        &mut self,
        begin: &Begin,
        look: &Look,
        at: Timestamp,
        notes: &mut Notes,
    ) -> Vec<BalancerShare> {
        for ((balancer, server, _), set) in &self.sets {
            if !set.is_in_force && set.at < look.seen.at {
                let (balancer, server) = (balancer.clone(), server.clone());
                let setting = set.wanted.text();
                notes.add(at, None, Fault::NeverInForce { balancer, server, setting });
            }
        }
        let mut shares = Vec::new();
        for (nth, balancer) in look.seen.balancers.iter().enumerate() {
            if begin.target.traffic == Traffic::Untouched || balancer.error.is_some() {
                continue;
            }
            let Some(served) = self.served(nth, look) else { continue };
            let split = match begin.target.traffic {
                Traffic::Split(split) => split,
                Traffic::ByInstances | Traffic::Untouched => {
                    Split { old: served[0].servers, new: served[1].servers }
                }
            };
            // A side without instances in the end cannot get a share.
            let is_empty = |part: u32, to: u32| part > 0 && to == 0;
            if is_empty(split.old, begin.target.old) || is_empty(split.new, begin.target.new) {
                continue;
            }
            let Some(wanted) = Share::new(split.old.into(), split.new.into()) else { continue };
            let best = nearest(wanted, served.map(|it| it.servers));
            let found = Share::new(served[0].weight, served[1].weight);
            let name: Box<str> = balancer.name.as_str().into();
            let share = BalancerShare {
                balancer: name.clone(),
                found: found.map(Share::part),
                wanted: wanted.part(),
                nearest: best.part(),
            };
            if found.is_none_or(|found| found.is_further(best, wanted)) {
                let BalancerShare { found, wanted, nearest, .. } = share;
                let fault = Fault::SharesOff { balancer: name, found, wanted, nearest };
                notes.add(at, None, fault);
            }
            shares.push(share);
        }
        shares
    }

    pub(super) fn why(&self, begin: &Begin, end: Option<&Ended>) -> Why {
        if begin.target.traffic == Traffic::Untouched {
            Why::NotOurs
        } else if end.is_none_or(|end| end.outcome != How::Reached) {
            Why::NotReached
        } else if self.is_share_unknown {
            Why::Unseen
        } else {
            Why::Kept
        }
    }

    /// What serves of each side at a balancer; none where it does not say the weights.
    fn served(&mut self, nth: usize, look: &Look) -> Option<[Served; 2]> {
        let mut served = [Served::default(); 2];
        let name = &look.seen.balancers[nth].name;
        for member in look.tasks.values().filter(|it| it.is_healthy) {
            let here = look.servers(member).filter(|(balancer, _)| balancer.name == *name);
            for (_, server) in here.filter(|(_, server)| server.up && server.set == READY) {
                let Some(weight) = server.weight else {
                    self.is_share_unknown = true;
                    return None;
                };
                let side = &mut served[usize::from(member.side == Side::New)];
                side.servers += 1;
                side.weight += if is_serving(server) { u64::from(weight) } else { 0 };
            }
        }
        Some(served)
    }
}

const READY: Option<State> = Some(State::Ready);

/// What serves of one side.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    servers: u32,
    weight: u64,
}

impl Wanted {
    /// Whether a server has it; none where that is not said.
    fn found(self, server: &Server) -> Option<bool> {
        match self {
            Self::Weight(weight) => server.weight.map(|found| found == weight),
            Self::State(state) => server.set.map(|found| found == state),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Weight(weight) => format!("weight {weight}"),
            Self::State(State::Ready) => "ready".into(),
            Self::State(State::Drain) => "drain".into(),
            Self::State(State::Maint) => "maint".into(),
        }
    }
}

/// Whether a notice says what became of what was set there.
fn is_named(balancer: &Balancer, server: &Name) -> bool {
    balancer.notices.iter().any(|it| it.server.as_ref().is_none_or(|it| it == server))
}
