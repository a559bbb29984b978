//! The weights and states that servers should have.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::target::{Split, Traffic};
use super::view::{Member, Side, View};
use crate::ports::{Name, Server, ServerChange, SetState, Setting};
use crate::weights::{self, Weights};

/// The weights of all servers that can serve, so that each side gets its share whatever runs of it, and
/// the states of those that `is_to_be_ready` and were told not to serve.
///
/// Where a side that is to get something has no server, weights stay as they are: what is left serves.
pub(super) fn wanted(
    view: &View<'_>,
    traffic: Traffic,
    is_to_be_ready: impl Fn(Side) -> bool,
) -> Vec<ServerChange> {
    let mut wanted = Vec::new();
    if traffic == Traffic::Untouched {
        return wanted;
    }
    for side in Side::BOTH.into_iter().filter(|side| is_to_be_ready(*side)) {
        let members = view.side(side).members.iter().filter(|it| it.is_healthy);
        wanted.extend(members.filter_map(readied));
    }
    let able = |side| {
        let members = view.side(side).members.iter();
        let mut able: Vec<&Member<'_>> = members.filter(|it| it.is_up()).collect();
        able.sort_by_key(|it| it.server());
        able
    };
    let (old, new) = (able(Side::Old), able(Side::New));
    let count = |of: &[_]| u32::try_from(of.len()).unwrap_or(u32::MAX);
    let (n_old, n_new) = (count(&old), count(&new));
    let split = match traffic {
        Traffic::Split(split) => split,
        Traffic::ByInstances => Split { old: n_old, new: n_new },
        Traffic::Untouched => return wanted,
    };
    let sides = [weights::Side::new(split.old, n_old), weights::Side::new(split.new, n_new)];
    let Ok(weights) = Weights::of(&sides) else { return wanted };
    for (members, weights) in [old, new].iter().zip(weights.sides()) {
        for (member, weight) in members.iter().zip(weights.servers()) {
            let Some(server) = member.server() else { continue };
            let setting = Setting::Weight(weight.get());
            wanted.push(ServerChange { server: server.clone(), setting });
        }
    }
    wanted
}

/// Brings a server back one step. From maintenance it would get requests before any check: it drains
/// until a check passed.
fn readied(member: &Member<'_>) -> Option<ServerChange> {
    let state = |state| {
        let server = member.server()?.clone();
        Some(ServerChange { server, setting: Setting::State(state) })
    };
    let is = |wanted: SetState| member.servers.iter().any(|it| it.set == Some(wanted));
    if is(SetState::Maint) {
        return state(SetState::Drain);
    }
    let passes = member.servers.iter().all(|it| it.passes != Some(false));
    (is(SetState::Drain) && passes).then(|| state(SetState::Ready)).flatten()
}

/// Those that differ from what is there, at any balancer.
pub(super) fn differing<'w>(view: &View<'_>, wanted: &'w [ServerChange]) -> Vec<&'w ServerChange> {
    let mut named: BTreeMap<&Name, Vec<&Server>> = BTreeMap::new();
    let members = Side::BOTH.into_iter().flat_map(|side| &view.side(side).members);
    for server in members.flat_map(|member| &member.servers) {
        named.entry(&server.name).or_default().push(server);
    }
    let differs = |change: &&ServerChange| {
        let mut servers = named.get(&change.server).into_iter().flatten();
        servers.any(|server| match change.setting {
            Setting::Weight(weight) => server.weight != Some(weight),
            Setting::State(state) => server.set != Some(state),
        })
    };
    wanted.iter().filter(differs).collect()
}
