//! The weights and states that servers should have.

use alloc::vec::Vec;

use super::target::{Split, Traffic};
use super::view::{Member, Side, View};
use crate::ports::{Name, ServerChange, SetState, Setting};
use crate::weights::{self, Weights};

/// What the server of a member should be set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'v> {
    server: &'v Name,
    setting: Setting,
    /// Whether a balancer has it otherwise.
    differs: bool,
}

impl<'v> Wanted<'v> {
    fn of(member: &'v Member<'_>, setting: Setting) -> Option<Self> {
        let server = member.server()?;
        let differs = member.servers.iter().any(|it| {
            // One that bears another name is not reached by this change.
            it.name == *server
                && match setting {
                    Setting::Weight(weight) => it.weight != Some(weight),
                    Setting::State(state) => it.set != Some(state),
                }
        });
        Some(Self { server, setting, differs })
    }
}

/// The weights of all servers that can serve, so that each side gets its share whatever runs of it, and
/// the states of those that `is_to_be_ready` and were told not to serve; of those in maintenance only where
/// they are `brought_back`.
///
/// Where a side that is to get something has no server, weights stay as they are: what is left serves.
pub(super) fn wanted<'v>(
    view: &'v View<'_>,
    traffic: Traffic,
    is_to_be_ready: impl Fn(Side) -> bool,
    brought_back: impl Fn(&Member<'_>) -> bool,
) -> Vec<Wanted<'v>> {
    let mut wanted = Vec::new();
    if traffic == Traffic::Untouched {
        return wanted;
    }
    // Of more than there are to be, those that were told not to serve are what Marathon stops just now: no
    // request may come to them again.
    let is_to_be_ready = |side: &Side| is_to_be_ready(*side) && !view.side(*side).is_stopping();
    for side in Side::BOTH.into_iter().filter(is_to_be_ready) {
        let members = view.side(side).members.iter().filter(|it| it.is_healthy);
        wanted.extend(members.filter_map(|it| readied(it, brought_back(it))));
    }
    let able = |side| -> Vec<&Member<'_>> {
        view.side(side).members.iter().filter(|it| it.is_up()).collect()
    };
    let (mut old, mut new) = (able(Side::Old), able(Side::New));
    let count = |of: &[_]| u32::try_from(of.len()).unwrap_or(u32::MAX);
    let (n_old, n_new) = (count(&old), count(&new));
    let split = match traffic {
        Traffic::Split(split) => split,
        Traffic::ByInstances => Split { old: n_old, new: n_new },
        Traffic::Untouched => return wanted,
    };
    let sides = [weights::Side::new(split.old, n_old), weights::Side::new(split.new, n_new)];
    let Ok(weights) = Weights::of(&sides) else { return wanted };
    wanted.reserve(old.len() + new.len());
    for (members, weights) in [&mut old, &mut new].into_iter().zip(weights.sides()) {
        members.sort_unstable_by_key(|it| it.server());
        let both = members.iter().zip(weights.servers());
        wanted
            .extend(both.filter_map(|(it, weight)| Wanted::of(it, Setting::Weight(weight.get()))));
    }
    wanted
}

/// Brings a server back one step. From maintenance it would get requests before any check: it drains
/// until a check passed.
fn readied<'v>(member: &'v Member<'_>, brought_back: bool) -> Option<Wanted<'v>> {
    let is = |wanted: SetState| member.servers.iter().any(|it| it.set == Some(wanted));
    if is(SetState::Maint) {
        let drain = Setting::State(SetState::Drain);
        return brought_back.then(|| Wanted::of(member, drain)).flatten();
    }
    let passes = member.servers.iter().all(|it| it.passes != Some(false));
    let is_ready = is(SetState::Drain) && passes;
    is_ready.then(|| Wanted::of(member, Setting::State(SetState::Ready))).flatten()
}

/// How many differ from what is there, at any balancer.
pub(super) fn differing(wanted: &[Wanted<'_>]) -> usize {
    wanted.iter().filter(|it| it.differs).count()
}

/// All of them, for balancers.
pub(super) fn changes(wanted: &[Wanted<'_>]) -> Vec<ServerChange> {
    let change = |it: &Wanted<'_>| ServerChange { server: it.server.clone(), setting: it.setting };
    wanted.iter().map(change).collect()
}
