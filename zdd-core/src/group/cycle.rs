//! Apps that wait for each other for ever.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::graph::Adjacency;
use crate::units::AppId;

/// Apps of which each depends on the next, and the last on the first.
///
/// It starts with the app whose id comes first. From one of them at least there is no shorter way
/// back to itself. A circle of one is an app that depends on itself or on a group that it is in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Cycle {
    apps: Vec<AppId>,
}

impl Cycle {
    /// A circle of `apps`, of which there is at least one.
    pub(super) fn new(apps: impl IntoIterator<Item = AppId>) -> Self {
        let mut apps: Vec<AppId> = apps.into_iter().collect();
        if let Some((first, _)) = apps.iter().enumerate().min_by_key(|(_, app)| *app) {
            apps.rotate_left(first);
        }
        Self { apps }
    }

    /// The apps, each once; at least one.
    pub fn apps(&self) -> &[AppId] {
        &self.apps
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A circle may have as many apps as the file; a message that names them all helps nobody.
        const MOST_NAMED: usize = 12;
        for app in self.apps.iter().take(MOST_NAMED) {
            write!(f, "`{app}` depends on ")?;
        }
        if let Some(n_more @ 1..) = self.apps.len().checked_sub(MOST_NAMED) {
            write!(f, "(over {n_more} more) ")?;
        }
        match self.apps.first() {
            Some(first) => write!(f, "`{first}`"),
            None => Ok(()),
        }
    }
}

/// A shortest cycle through some app, as the apps on it, if any node is blocked.
///
/// `blocked` marks the nodes on cycles and those that depend on them. Nodes from `n_apps` on stand
/// for groups; every cycle has an app on it, since among themselves groups only lead outward or only
/// inward.
pub(super) fn find_cycle(
    n_apps: usize,
    forward: &Adjacency,
    blocked: &[bool],
) -> Option<Vec<usize>> {
    let start = (0..n_apps).find(|node| blocked[*node])?;
    let on_cycle = walk_into_cycle(start, forward, blocked);
    let first = on_cycle.into_iter().min()?;
    shortest_way_back(first, n_apps, forward, blocked)
}

/// Follows the first blocked dependency of each node until one comes up again: the nodes from that
/// one on. A blocked node always has such a dependency, or it would not be blocked.
fn walk_into_cycle(start: usize, forward: &Adjacency, blocked: &[bool]) -> Vec<usize> {
    let mut position = vec![None; forward.len()];
    let mut walked = Vec::new();
    let mut node = Some(start);
    while let Some(at) = node {
        if let Some(back) = position[at] {
            return walked.split_off(back);
        }
        position[at] = Some(walked.len());
        walked.push(at);
        node = forward.of(at).iter().copied().find(|to| blocked[*to]);
    }
    Vec::new()
}

/// The apps on the way from `home` to itself that has the fewest.
fn shortest_way_back(
    home: usize,
    n_apps: usize,
    forward: &Adjacency,
    blocked: &[bool],
) -> Option<Vec<usize>> {
    let mut came_from: Vec<Option<usize>> = vec![None; forward.len()];
    let mut is_done = vec![false; forward.len()];
    // Steps to a group cost nothing and are taken first, so nodes come up by the number of apps.
    let mut queue = VecDeque::from([(home, None)]);
    while let Some((node, from)) = queue.pop_front() {
        if node == home && from.is_some() {
            came_from[home] = from;
            break;
        }
        if is_done[node] {
            continue;
        }
        is_done[node] = true;
        came_from[node] = from;
        for to in forward.of(node).iter().copied().filter(|to| blocked[*to]) {
            if to < n_apps {
                queue.push_back((to, Some(node)));
            } else {
                queue.push_front((to, Some(node)));
            }
        }
    }
    let mut apps = Vec::new();
    let mut node = came_from[home]?;
    while node != home {
        if node < n_apps {
            apps.push(node);
        }
        node = came_from[node]?;
    }
    apps.push(home);
    apps.reverse();
    Some(apps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn cycle_of(ids: &[&str]) -> Cycle {
        Cycle::new(ids.iter().map(|id| id.parse().unwrap()))
    }

    #[test]
    fn a_circle_is_named_from_its_first_id() {
        assert_eq!(
            cycle_of(&["/b", "/c", "/a"]).to_string(),
            "`/a` depends on `/b` depends on `/c` depends on `/a`"
        );
        assert_eq!(cycle_of(&["/a"]).to_string(), "`/a` depends on `/a`");
    }

    #[test]
    fn a_long_circle_is_not_named_in_full() {
        let ids: Vec<AppId> = (10..99).map(|n| alloc::format!("/a{n}").parse().unwrap()).collect();
        let text = Cycle::new(ids).to_string();
        assert!(text.ends_with("`/a21` depends on (over 77 more) `/a10`"), "{text}");
    }
}
