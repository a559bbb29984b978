//! What depends on what, as a graph whose size is that of the definitions.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use foldhash::quality::FixedState;
use hashbrown::HashMap;

use super::cycle::{Cycle, find_cycle};
use super::layers::{Layers, depths};
use crate::units::{AppId, GroupId, PathId};

/// The dependencies among the apps of one tree of groups.
///
/// An app depends on
///
/// - every app that its `dependencies` name,
/// - every app in or below a group that its `dependencies` name,
/// - every app in or below a group that is named by the `dependencies` of a group around it.
///
/// Ids that name nothing in the tree are ignored, and so is the id of an app among the dependencies
/// of a *group*. Groups need not be added to exist: the path of an app implies those around it.
///
/// Source: Marathon's `RootGroup.dependencyGraph`. Marathon adds one edge for each pair of apps; here
/// a group is two nodes of its own, so that there are only as many edges as the definitions have
/// dependencies, apps and groups.
///
/// # Examples
///
/// ```
/// use zdd_core::group::DependencyGraph;
/// use zdd_core::units::{AppId, PathId};
///
/// let (db, shop): (AppId, AppId) = ("/db".parse()?, "/shop/web".parse()?);
/// let on_db: [PathId; 1] = ["/db".to_owned().try_into()?];
///
/// let mut graph = DependencyGraph::new();
/// graph.add_app(&shop, &on_db);
/// graph.add_app(&db, &[]);
/// assert_eq!(graph.layers()?.iter().collect::<Vec<_>>(), [[&db], [&shop]]);
///
/// let on_shop: [PathId; 1] = ["/shop".to_owned().try_into()?];
/// graph.add_app(&db, &on_shop);
/// assert_eq!(
///     graph.layers().unwrap_err().to_string(),
///     "`/db` depends on `/shop/web` depends on `/db`",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DependencyGraph<'a> {
    apps: BTreeMap<&'a str, (&'a AppId, &'a [PathId])>,
    groups: BTreeMap<&'a str, &'a [PathId]>,
}

impl<'a> DependencyGraph<'a> {
    /// A graph without apps.
    pub const fn new() -> Self {
        Self { apps: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// Adds an app; one with the same id is replaced.
    pub fn add_app(&mut self, id: &'a AppId, dependencies: &'a [PathId]) {
        self.apps.insert(id.as_str(), (id, dependencies));
    }

    /// Adds what a group depends on, for all apps in and below it; an earlier word on the same group
    /// is replaced.
    pub fn add_group(&mut self, id: &'a GroupId, dependencies: &'a [PathId]) {
        self.groups.insert(id.as_str(), dependencies);
    }

    /// The apps by layer: those of layer 1 depend on nothing, and each other app is one above the
    /// highest that it depends on, so that its layer is the number of apps on the longest path from
    /// it. Takes time and memory in proportion to apps, groups and dependencies, apart from looking
    /// ids up.
    ///
    /// # Errors
    ///
    /// When apps depend on each other in a circle, such a circle. A group that depends on itself or
    /// on one around it makes one as soon as there is an app in it.
    pub fn layers(&self) -> Result<Layers<'a>, Cycle> {
        let nodes = self.nodes();
        let forward = Adjacency::new(nodes.len, &nodes.edges);
        let depths = depths(nodes.n_apps, &forward);
        let apps: Vec<&'a AppId> = self.apps.values().map(|(id, _)| *id).collect();
        match find_cycle(nodes.n_apps, &forward, &depths.blocked) {
            None => Ok(Layers::new(&apps, &depths.depth)),
            Some(cycle) => Err(Cycle::new(cycle.into_iter().map(|n| apps[n].clone()))),
        }
    }

    /// Numbers apps and groups, and lists the edges between them.
    ///
    /// The apps come first, in the order of their ids. Each group is two further nodes: *inside*,
    /// which depends on all apps in and below the group and stands for it where it is depended on;
    /// and *around*, which depends on what the group and those around it depend on.
    fn nodes(&self) -> Nodes {
        let groups = self.all_groups();
        let (n_apps, n_groups) = (self.apps.len(), groups.len());
        let app_index: Index<'_> = self.apps.keys().copied().zip(0..).collect();
        let group_index: Index<'_> = groups.iter().copied().zip(0..).collect();
        let inside = |group: usize| n_apps + group;
        let around = |group: usize| n_apps + n_groups + group;

        let mut edges = Vec::new();
        // Whether the two nodes of a group are of any use; unused ones get no edges.
        let mut is_depended_on = vec![false; n_groups];
        let mut depends = vec![false; n_groups];

        for ((_, dependencies), app) in self.apps.values().zip(0..) {
            for dependency in *dependencies {
                if let Some(on) = app_index.get(dependency.as_str()) {
                    edges.push((app, *on));
                } else if let Some(on) = group_index.get(dependency.as_str()) {
                    edges.push((app, inside(*on)));
                    is_depended_on[*on] = true;
                }
            }
        }
        for (id, dependencies) in &self.groups {
            let group = group_index[id];
            for dependency in *dependencies {
                if let Some(on) = group_index.get(dependency.as_str()) {
                    edges.push((around(group), inside(*on)));
                    is_depended_on[*on] = true;
                    depends[group] = true;
                }
            }
        }
        // Sorted by id, a group comes after those around it: one pass hands both marks down.
        for (id, group) in groups.iter().zip(0..).skip(1) {
            let outer = group_index[parent(id)];
            if is_depended_on[outer] {
                edges.push((inside(outer), inside(group)));
                is_depended_on[group] = true;
            }
            if depends[outer] {
                edges.push((around(group), around(outer)));
                depends[group] = true;
            }
        }
        for (id, app) in self.apps.keys().zip(0..) {
            let group = group_index[parent(id)];
            if is_depended_on[group] {
                edges.push((inside(group), app));
            }
            if depends[group] {
                edges.push((app, around(group)));
            }
        }
        Nodes { n_apps, len: n_apps + 2 * n_groups, edges }
    }

    /// Every group that there is, the root first, each after those around it.
    fn all_groups(&self) -> BTreeSet<&'a str> {
        let mut groups = BTreeSet::from(["/"]);
        let named = self.groups.keys().copied();
        for mut group in named.chain(self.apps.keys().map(|app| parent(app))) {
            // Once a group is known, those around it are.
            while groups.insert(group) {
                group = parent(group);
            }
        }
        groups
    }
}

/// The path of the group around an app or a group; the root's is the root.
fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// The number of an id. Ids are looked up once for each dependency, so that this decides the time of
/// a large plan; the seed is fixed, and nothing depends on the order.
type Index<'a> = HashMap<&'a str, usize, FixedState>;

struct Nodes {
    /// Nodes below this one are apps, the others stand for groups.
    n_apps: usize,
    len: usize,
    edges: Vec<(usize, usize)>,
}

/// The edges of a graph, by the node that they leave.
pub(super) struct Adjacency {
    starts: Vec<usize>,
    targets: Vec<usize>,
}

impl Adjacency {
    /// Sorts edges between nodes below `len`; those of one node keep their order.
    pub(super) fn new(len: usize, edges: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; len + 1];
        for (from, _) in edges {
            starts[from + 1] += 1;
        }
        for node in 0..len {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; edges.len()];
        for (from, to) in edges {
            targets[next[*from]] = *to;
            next[*from] += 1;
        }
        Self { starts, targets }
    }

    /// The same edges, turned round.
    pub(super) fn reversed(&self) -> Self {
        let edges: Vec<(usize, usize)> = (0..self.len())
            .flat_map(|from| self.of(from).iter().map(move |to| (*to, from)))
            .collect();
        Self::new(self.len(), &edges)
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The nodes to which an edge leads from `node`.
    pub(super) fn of(&self, node: usize) -> &[usize] {
        &self.targets[self.starts[node]..self.starts[node + 1]]
    }
}
