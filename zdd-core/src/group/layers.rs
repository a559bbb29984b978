//! How high each app stands above those that it depends on.

use alloc::vec;
use alloc::vec::Vec;

use super::graph::Adjacency;
use crate::units::AppId;

/// The apps of a tree by layer, lowest layer first; see
/// [`DependencyGraph::layers`](super::DependencyGraph::layers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers<'a> {
    layers: Vec<Vec<&'a AppId>>,
}

impl<'a> Layers<'a> {
    /// `depths` are those of `apps`, one each, from one on.
    pub(super) fn new(apps: &[&'a AppId], depths: &[usize]) -> Self {
        let n_layers = apps.iter().zip(depths).map(|(_, depth)| *depth).max();
        let mut layers = vec![Vec::new(); n_layers.unwrap_or(0)];
        for (app, depth) in apps.iter().zip(depths) {
            layers[depth - 1].push(*app);
        }
        Self { layers }
    }

    /// The layers, lowest first; the apps of each in the order of their ids. No layer is empty.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[&'a AppId]> {
        self.layers.iter().map(Vec::as_slice)
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no app at all.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

/// The result of [`depths`].
pub(super) struct Depths {
    /// For each node the number of apps on the longest path from it, itself included if it is one.
    pub(super) depth: Vec<usize>,
    /// Whether a node is on a cycle or depends on one; its depth then means nothing.
    pub(super) blocked: Vec<bool>,
}

/// Counts apps along the longest path from each node. Nodes from `n_apps` on weigh nothing.
///
/// Takes nodes away that have nothing left below them, as a deployment would (Kahn's algorithm):
/// each node and edge is looked at once, and the depth of the graph costs no stack.
pub(super) fn depths(n_apps: usize, forward: &Adjacency) -> Depths {
    let dependents = forward.reversed();
    let mut n_missing: Vec<usize> = (0..forward.len()).map(|n| forward.of(n).len()).collect();
    let mut depth = vec![0; forward.len()];
    let mut blocked = vec![true; forward.len()];
    let mut free: Vec<usize> = (0..forward.len()).filter(|n| n_missing[*n] == 0).collect();
    while let Some(node) = free.pop() {
        blocked[node] = false;
        depth[node] += usize::from(node < n_apps);
        for dependent in dependents.of(node) {
            depth[*dependent] = depth[*dependent].max(depth[node]);
            n_missing[*dependent] -= 1;
            if n_missing[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
    Depths { depth, blocked }
}
