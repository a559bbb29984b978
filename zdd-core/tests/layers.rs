//! Dependency layers against a second opinion that expands every group into its apps.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use zdd_core::group::DependencyGraph;
use zdd_core::units::{AppId, GroupId, PathId};

const APPS: [&str; 9] = ["/a", "/b", "/g/a", "/g/b", "/g/h/a", "/g/h/b", "/k/a", "/k/l/a", "/kk/a"];
const GROUPS: [&str; 6] = ["/", "/g", "/g/h", "/k", "/k/l", "/empty"];

/// A tree by what its apps and groups depend on.
#[derive(Clone, Debug, Default)]
struct Tree {
    apps: BTreeMap<AppId, Vec<PathId>>,
    groups: BTreeMap<GroupId, Vec<PathId>>,
}

fn path(text: &str) -> PathId {
    text.to_owned().try_into().unwrap()
}

impl Tree {
    fn graph(&self) -> DependencyGraph<'_> {
        let mut graph = DependencyGraph::new();
        for (id, dependencies) in &self.apps {
            graph.add_app(id, dependencies);
        }
        for (id, dependencies) in &self.groups {
            graph.add_group(id, dependencies);
        }
        graph
    }

    fn inside(&self, group: &str) -> impl Iterator<Item = &AppId> {
        let group: GroupId = group.parse().unwrap();
        self.apps.keys().filter(move |app| app.is_in(&group))
    }

    /// Every pair (dependent, dependency) of apps, straight from the definition.
    fn edges(&self) -> BTreeSet<(AppId, AppId)> {
        let mut edges = BTreeSet::new();
        for (app, dependencies) in &self.apps {
            for dependency in dependencies {
                if self.apps.contains_key(dependency.as_str()) {
                    edges.insert((app.clone(), dependency.as_str().parse().unwrap()));
                } else {
                    let inside = self.inside(dependency.as_str());
                    edges.extend(inside.map(|on| (app.clone(), on.clone())));
                }
            }
            for (group, dependencies) in &self.groups {
                if !app.is_in(group) {
                    continue;
                }
                for dependency in dependencies {
                    let inside = self.inside(dependency.as_str());
                    edges.extend(inside.map(|on| (app.clone(), on.clone())));
                }
            }
        }
        edges
    }
}

/// Number of apps on the longest path from `app`, by trying all paths; none if one does not end.
fn longest(app: &AppId, edges: &BTreeSet<(AppId, AppId)>, limit: usize) -> Option<usize> {
    let limit = limit.checked_sub(1)?;
    let mut most = 0;
    for (_, on) in edges.iter().filter(|(from, _)| from == app) {
        most = most.max(longest(on, edges, limit)?);
    }
    Some(most + 1)
}

/// What is wrong with `layers`, if anything.
fn fault(layers: &[Vec<AppId>], tree: &Tree) -> Option<String> {
    let mut layer_of = BTreeMap::new();
    for (layer, apps) in (1..).zip(layers) {
        for app in apps {
            if layer_of.insert(app.clone(), layer).is_some() {
                return Some(format!("{app} twice"));
            }
        }
    }
    if !layer_of.keys().eq(tree.apps.keys()) {
        return Some("not the apps of the tree".to_owned());
    }
    let edges = tree.edges();
    for (app, on) in &edges {
        if layer_of[on] >= layer_of[app] {
            return Some(format!("{app} before {on}"));
        }
    }
    for (app, layer) in &layer_of {
        let below = edges.iter().filter(|(from, _)| from == app);
        if below.map(|(_, on)| layer_of[on]).max().unwrap_or(0) + 1 != *layer {
            return Some(format!("{app} waits longer than it needs to"));
        }
    }
    None
}

fn layers_of(tree: &Tree) -> Result<Vec<Vec<AppId>>, zdd_core::group::Cycle> {
    let layers = tree.graph().layers()?;
    Ok(layers.iter().map(|apps| apps.iter().map(|app| (*app).clone()).collect()).collect())
}

fn dependencies(most: usize) -> impl Strategy<Value = Vec<PathId>> {
    let known = prop::sample::select([&APPS[..], &GROUPS[1..]].concat());
    let any = prop_oneof![20 => known, 1 => Just("/"), 2 => Just("/unknown")];
    prop::collection::vec(any.prop_map(path), 0..=most)
}

fn tree() -> impl Strategy<Value = Tree> {
    let app = (prop::sample::select(&APPS[..]), dependencies(2));
    let group = (prop::sample::select(&GROUPS[..]), dependencies(2));
    (prop::collection::vec(app, 0..9), prop::collection::vec(group, 0..3)).prop_map(
        |(apps, groups)| Tree {
            apps: apps.into_iter().map(|(id, on)| (id.parse().unwrap(), on)).collect(),
            groups: groups.into_iter().map(|(id, on)| (id.parse().unwrap(), on)).collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn layers_are_longest_paths_and_cycles_are_real(tree in tree()) {
        let edges = tree.edges();
        let longest: Option<BTreeMap<_, _>> = tree
            .apps
            .keys()
            .map(|app| Some((app.clone(), longest(app, &edges, APPS.len() + 1)?)))
            .collect();
        match layers_of(&tree) {
            Ok(layers) => {
                prop_assert_eq!(fault(&layers, &tree), None);
                let longest = longest.expect("there is no cycle");
                for (layer, apps) in (1..).zip(&layers) {
                    prop_assert!(apps.iter().all(|app| longest[app] == layer));
                    prop_assert!(apps.is_sorted());
                }
            }
            Err(cycle) => {
                prop_assert!(longest.is_none());
                let apps = cycle.apps();
                prop_assert!(!apps.is_empty());
                let next = apps.iter().cycle().skip(1);
                for pair in apps.iter().cloned().zip(next.cloned()) {
                    prop_assert!(edges.contains(&pair), "{:?} is no dependency", pair);
                }
                prop_assert_eq!(apps.iter().collect::<BTreeSet<_>>().len(), apps.len());
                prop_assert_eq!(apps.iter().min(), apps.first());
            }
        }
    }

    #[test]
    fn a_wrong_layering_is_caught(tree in tree(), pick: prop::sample::Index, wrong in 0_u8..4) {
        let Ok(mut layers) = layers_of(&tree) else { return Ok(()) };
        prop_assume!(!layers.is_empty());
        let from = pick.index(layers.len());
        let app = match wrong {
            3 => layers[from][0].clone(),
            _ => layers[from].remove(0),
        };
        match wrong {
            // One layer too high, one too low, forgotten, twice.
            0 => {
                layers.push(Vec::new());
                layers[from + 1].push(app);
            }
            1 if from > 0 => layers[from - 1].push(app),
            1 | 2 => {}
            _ => layers[from].push(app),
        }
        prop_assert!(fault(&layers, &tree).is_some());
    }
}

/// The strategies above reach what the properties are about.
#[test]
fn the_trees_are_of_many_kinds() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut deep, mut cyclic, mut long_cycle) = (0, 0, 0);
    for _ in 0..1000 {
        let tree = tree().new_tree(&mut runner).unwrap().current();
        match layers_of(&tree) {
            Ok(layers) => deep += usize::from(layers.len() > 2),
            Err(cycle) => {
                cyclic += 1;
                long_cycle += usize::from(cycle.apps().len() > 2);
            }
        }
    }
    assert!(deep > 30, "{deep}");
    assert!(cyclic > 200, "{cyclic}");
    assert!(long_cycle > 5, "{long_cycle}");
}

fn tree_of(apps: &[(&str, &[&str])], groups: &[(&str, &[&str])]) -> Tree {
    let paths = |texts: &[&str]| texts.iter().map(|text| path(text)).collect();
    Tree {
        apps: apps.iter().map(|(id, on)| (id.parse().unwrap(), paths(on))).collect(),
        groups: groups.iter().map(|(id, on)| (id.parse().unwrap(), paths(on))).collect(),
    }
}

#[test]
fn circles_are_named() {
    for (tree, text) in [
        (tree_of(&[("/a", &["/b"]), ("/b", &["/a"])], &[]), "`/a` depends on `/b` depends on `/a`"),
        (tree_of(&[("/a", &["/a"])], &[]), "`/a` depends on `/a`"),
        (tree_of(&[("/g/a", &["/g"]), ("/g/b", &[])], &[]), "`/g/a` depends on `/g/a`"),
        (
            tree_of(&[("/g/a", &[]), ("/k/a", &["/g"])], &[("/g", &["/k"])]),
            "`/g/a` depends on `/k/a` depends on `/g/a`",
        ),
        (tree_of(&[("/g/a", &[])], &[("/g", &["/"])]), "`/g/a` depends on `/g/a`"),
        // The long way round exists too.
        (
            tree_of(&[("/a", &["/b", "/c"]), ("/b", &["/c"]), ("/c", &["/a"])], &[]),
            "`/a` depends on `/c` depends on `/a`",
        ),
    ] {
        assert_eq!(layers_of(&tree).unwrap_err().to_string(), text);
    }
}

#[test]
fn what_names_nothing_is_ignored() {
    let tree = tree_of(
        &[("/a", &["/nobody", "/empty"]), ("/g/b", &[])],
        // An app's id among a group's dependencies, and circles of groups without apps.
        &[("/g", &["/a"]), ("/empty", &["/"]), ("/k", &["/k"])],
    );
    assert_eq!(layers_of(&tree).unwrap().len(), 1);
}

fn chain(len: usize) -> Tree {
    let id = |n: usize| format!("/a{n}");
    let on_the_one_before = |n: usize| n.checked_sub(1).map(|n| path(&id(n)));
    Tree {
        apps: (0..len)
            .map(|n| {
                let on = on_the_one_before(n).into_iter().collect();
                (id(n).parse().unwrap(), on)
            })
            .collect(),
        groups: BTreeMap::new(),
    }
}

#[test]
fn a_chain_of_a_hundred_thousand_needs_no_stack() {
    let mut tree = chain(100_000);
    assert_eq!(layers_of(&tree).unwrap().len(), 100_000);
    let first: AppId = "/a0".parse().unwrap();
    tree.apps.insert(first, vec![path("/a99999")]);
    assert_eq!(layers_of(&tree).unwrap_err().apps().len(), 100_000);
}

/// Dependencies of groups are not multiplied out: here that would be 10^10 edges.
#[test]
fn groups_that_depend_on_groups_stay_small() {
    let mut tree = tree_of(&[], &[("/up", &["/down"])]);
    for n in 0..100_000 {
        tree.apps.insert(format!("/up/a{n}").parse().unwrap(), vec![]);
        tree.apps.insert(format!("/down/a{n}").parse().unwrap(), vec![]);
    }
    let layers = layers_of(&tree).unwrap();
    assert_eq!(layers.iter().map(Vec::len).collect::<Vec<_>>(), [100_000, 100_000]);
}
