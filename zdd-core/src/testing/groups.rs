//! Trees of groups.

use alloc::format;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::sample::Index;

use super::apps::apps_with_id;
use crate::app::{App, Group};
use crate::units::{AppId, GroupId, PathId};

/// Any root group of at most 16 apps in groups up to two deep, with dependencies between apps and
/// without cycles: an app depends only on apps that come before it in the order of creation.
pub fn groups() -> impl Strategy<Value = Group> + Clone {
    let place = (prop::option::of(0..3_u8), prop::option::of(0..2_u8));
    let links = prop::collection::vec(any::<Index>(), 0..4);
    prop::collection::vec((place, links), 0..=16)
        .prop_flat_map(|plan| {
            let ids: Vec<AppId> =
                plan.iter().enumerate().map(|(n, (place, _))| id_at(n, *place)).collect();
            let apps: Vec<_> = ids.into_iter().map(apps_with_id).collect();
            let links: Vec<_> = plan.into_iter().map(|(_, links)| links).collect();
            (apps, Just(links))
        })
        .prop_map(|(apps, links)| tree(apps, &links))
}

fn id_at(n: usize, (outer, inner): (Option<u8>, Option<u8>)) -> AppId {
    let path = match (outer, inner) {
        (None, _) => format!("/app-{n}"),
        (Some(outer), None) => format!("/group-{outer}/app-{n}"),
        (Some(outer), Some(inner)) => format!("/group-{outer}/inner-{inner}/app-{n}"),
    };
    AppId::resolve(&path, &GroupId::root()).expect("the path is made of labels")
}

fn tree(apps: Vec<App>, links: &[Vec<Index>]) -> Group {
    let ids: Vec<AppId> = apps.iter().map(|app| app.id().clone()).collect();
    let mut root = Group::empty_root();
    for (n, (app, links)) in apps.into_iter().zip(links).enumerate() {
        let mut earlier: Vec<usize> = match n {
            0 => Vec::new(),
            _ => links.iter().map(|link| link.index(n)).collect(),
        };
        earlier.sort_unstable();
        earlier.dedup();
        let named = |at: usize| PathId::resolve(ids[at].as_str(), &GroupId::root());
        let dependencies: Result<Vec<_>, _> = earlier.into_iter().map(named).collect();
        let app = app.with_dependencies(dependencies.expect("an app's id is a path id"));
        root.insert_app(app).expect("ids differ, and no group is called like an app");
    }
    root
}
