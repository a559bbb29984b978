//! How both sides stand, in numbers for people and tools.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::decision::Action;
use super::observation::Observation;
use super::view::{Member, Side, SideView, View};
use crate::ports::{Look, Name, Server};
use crate::units::AppId;

/// How one side stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// The app; `None` where it is not there.
    pub app: Option<AppId>,
    /// How many instances it should have.
    pub instances: u32,
    /// How many tasks it has.
    pub tasks: u32,
    /// How many of them are healthy.
    pub healthy: u32,
    /// How many are up at every balancer.
    pub up: u32,
    /// Its servers, in the order of their names.
    pub servers: Vec<Name>,
    /// The weights of its servers, in the order of their names, at each balancer.
    pub weights: Vec<Vec<u16>>,
    /// Sessions that go on at its servers, at all balancers together.
    pub sessions: u64,
    /// What it gets of the traffic by the weights of what serves, as a part of 1, at the balancer where
    /// it is least; `None` where nothing serves.
    pub share: Option<f64>,
}

/// How both sides stand: the old one first.
pub fn standings(seen: &Observation) -> [Standing; 2] {
    let view = View::of(seen);
    Side::BOTH.map(|side| standing(&view, side, seen))
}

/// How many sessions an action cuts, at all balancers together, and requests that wait for a server: those
/// that went on at the last look where it cuts them, or where it stops tasks.
pub fn cut_by(action: &Action, seen: &Observation) -> u64 {
    let view = View::of(seen);
    let members = || Side::BOTH.into_iter().flat_map(|side| &view.side(side).members);
    let is_of = |side: &SideView<'_>, id: &AppId| side.app.is_some_and(|app| app.app.id() == id);
    match action {
        Action::Cut(servers) => {
            let at = |it: &&Member<'_>| it.server().is_some_and(|name| servers.contains(name));
            all(members().filter(at))
        }
        Action::Kill { tasks, .. } => all(members().filter(|it| tasks.contains(&it.task.id))),
        Action::Delete { app, .. } => {
            let sides = Side::BOTH.into_iter().map(|side| view.side(side));
            all(sides.filter(|side| is_of(side, app)).flat_map(|side| &side.members))
        }
        Action::Create(_) | Action::Scale { .. } | Action::Set(_) => 0,
    }
}

fn all<'m, 'o: 'm>(members: impl Iterator<Item = &'m Member<'o>>) -> u64 {
    members.map(Member::sessions).fold(0, u64::saturating_add)
}

fn standing(view: &View<'_>, side: Side, seen: &Observation) -> Standing {
    let it = view.side(side);
    let looks = || seen.balancers.iter().filter_map(|balancer| balancer.seen.as_ref().ok());
    let mut names: Vec<_> = it.members.iter().filter_map(|member| member.server()).collect();
    names.sort_unstable();
    let weights = looks().map(|look| {
        let servers: BTreeMap<&Name, &Server> =
            look.servers.iter().rev().map(|server| (&server.name, server)).collect();
        names.iter().filter_map(|name| servers.get(name)?.weight).collect()
    });
    let share = |look: &Look| {
        let serving = |is_of: &dyn Fn(&Name) -> bool| -> u64 {
            let servers = look.servers.iter().filter(|it| it.is_serving() && is_of(&it.name));
            servers.map(|it| u64::from(it.weight.unwrap_or(1))).sum()
        };
        let all = serving(&|_| true);
        let ours = serving(&|name| names.binary_search(&name).is_ok());
        #[expect(clippy::cast_precision_loss, reason = "sums of weights are far below 2^53")]
        (all > 0).then(|| ours as f64 / all as f64)
    };
    let least = looks().filter_map(share).reduce(f64::min);
    Standing {
        app: it.app.map(|app| app.app.id().clone()),
        instances: it.instances(),
        tasks: u32::try_from(it.members.len()).unwrap_or(u32::MAX),
        healthy: it.healthy(),
        up: it.up(),
        weights: weights.collect(),
        servers: names.iter().map(|name| (*name).clone()).collect(),
        sessions: it.members.iter().map(Member::sessions).sum(),
        share: least,
    }
}
