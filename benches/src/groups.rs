//! Trees of apps that depend on each other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use zdd_core::app::Group;

use crate::Seed;

/// Dependencies of one app.
pub const DEPENDENCIES_PER_APP: usize = 5;

/// Apps in one group.
const APPS_PER_GROUP: usize = 100;

/// The JSON of a root group with `apps` apps in groups of a hundred, each with
/// [`DEPENDENCIES_PER_APP`] dependencies on others before it, and all with the command `version`. The
/// first few have fewer, because there are not enough before them.
pub fn tree(apps: usize, version: &str) -> String {
    let mut seed = Seed::new(7);
    let mut json = String::from("{\"id\":\"/\",\"groups\":[");
    for app in 0..apps {
        if app.is_multiple_of(APPS_PER_GROUP) {
            let separator = if app == 0 { "" } else { "]}," };
            let id = app / APPS_PER_GROUP;
            write!(json, "{separator}{{\"id\":\"/team-{id}\",\"apps\":[").expect("a String grows");
        } else {
            json.push(',');
        }
        let dependencies: Vec<String> =
            dependencies(app, &mut seed).into_iter().map(|on| format!("\"{}\"", id(on))).collect();
        write!(
            json,
            "{{\"id\":\"{}\",\"cmd\":\"./{version}\",\"instances\":4,\"dependencies\":[{}]}}",
            id(app),
            dependencies.join(","),
        )
        .expect("a String grows");
    }
    json.push_str("]}]}");
    json
}

/// The tree of [`tree`], parsed.
///
/// # Panics
///
/// If the generator wrote something that is no group.
pub fn group(apps: usize, version: &str) -> Group {
    Group::parse(&tree(apps, version)).expect("the generator writes groups")
}

/// Number of dependencies in a tree of so many apps.
pub fn edges(apps: usize) -> usize {
    (0..apps).map(|app| app.min(DEPENDENCIES_PER_APP)).sum()
}

fn id(app: usize) -> String {
    format!("/team-{}/service-{app}", app / APPS_PER_GROUP)
}

/// Different apps before `app`.
fn dependencies(app: usize, seed: &mut Seed) -> BTreeSet<usize> {
    let mut chosen = BTreeSet::new();
    while chosen.len() < app.min(DEPENDENCIES_PER_APP) {
        let below = seed.below(app as u64);
        chosen.insert(usize::try_from(below).expect("below a usize"));
    }
    chosen
}
