//! Where instances go: a cluster read, and plans for a large one.

use std::hint::black_box;
use std::time::Duration;

use zdd_benches::fitting::CASES;
use zdd_benches::table::{Limit, Table, Work};
use zdd_core::fit::{Effort, Verdict, fit};
use zdd_core::mesos::Cluster;

use crate::reading::peak;

/// The agents of a cluster, as the master of its Mesos says.
pub(crate) fn cluster(table: &mut Table) {
    let agents = 5_000;
    let answer = zdd_benches::agents::slaves(agents);
    let read = || Cluster::read(black_box(answer.as_bytes()));
    let all = read().expect("the generator writes agents");
    assert_eq!(all.nodes.len(), agents);
    assert!(all.nodes.iter().all(|node| {
        node.use_is_by_role && node.used.ports.count() == 10 && node.agent.reserved.len() == 1
    }));
    drop(all);
    let parse = || serde_json::from_slice::<serde_json::Value>(black_box(answer.as_bytes()));
    table.compare("5000 agents of a Mesos read", Work::Once, Limit::Ratio(2.0), read, parse);
}

/// Whether a plan finds its places on a large cluster.
pub(crate) fn plans(table: &mut Table) {
    for (name, case) in CASES {
        let scene = if table.is_quick() { case.small() } else { case }.scene();
        let ask = || fit(black_box(&scene), Effort::default());
        let expected = if case.free == 0 { Verdict::MayStall } else { Verdict::Fits };
        let answer = ask();
        assert!(answer.verdict == expected && answer.basis.is_proven(), "{name}: {answer:?}");
        assert_eq!(answer.stall.is_some(), expected != Verdict::Fits, "{name}");
        let what = format!("{} on {} agents, {name}", case.instances, case.agents);
        let copy = || black_box(&scene).clone();
        table.compare(&what, Work::Once, Limit::Time(Duration::from_secs(1)), ask, copy);
    }
    let most = (0..CASES.len()).map(|case| peak(&["fit", &case.to_string()])).max();
    let megabytes = most.unwrap_or(0) / 1_000_000;
    table.note(format!("a plan for 10000 instances on 5000 agents takes at most {megabytes} MB"));
    assert!(megabytes <= 500, "{megabytes} MB");
}
