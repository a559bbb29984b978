//! Scaling: what is killed, what is started, and when that is done.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use zdd_core::app::{App, Constraint, KillSelection};
use zdd_core::scaling::{
    Candidate, Checks, Condition, Goal, ScalingProposition, StartEvent, StartInstances, even_picks,
    kill_order,
};
use zdd_core::units::{InstanceCount, InstanceId, Timestamp};

fn id(n: usize) -> InstanceId {
    format!("i{n:03}").parse().unwrap()
}

fn group_by(fields: &[&str]) -> Vec<Constraint> {
    let constraints: Vec<_> = fields.iter().map(|field| [*field, "GROUP_BY"]).collect();
    let json = serde_json::json!({"id": "/a", "constraints": constraints});
    App::parse(&json.to_string()).unwrap().constraints().to_vec()
}

/// Candidates by what they have in `hostname` and `rack`.
fn placed(places: &[(u8, u8)]) -> Vec<Candidate> {
    let places = places.iter().enumerate();
    places
        .map(|(n, (host, rack))| {
            let mut candidate = Candidate::new(id(n), Condition::Running);
            candidate.placement = BTreeMap::from([
                ("hostname".to_owned(), format!("h{host}")),
                ("rack".to_owned(), format!("r{rack}")),
            ]);
            candidate
        })
        .collect()
}

/// Most minus fewest instances of the values that a field had at the start.
fn difference(all: &[Candidate], gone: &BTreeSet<InstanceId>, field: &str) -> usize {
    let mut sizes: BTreeMap<&String, usize> = BTreeMap::new();
    for one in all {
        *sizes.entry(&one.placement[field]).or_default() += usize::from(!gone.contains(&one.id));
    }
    sizes.values().max().unwrap() - sizes.values().min().unwrap()
}

/// Whether every field may lose these, straight from the rule.
fn is_bearable(all: &[Candidate], gone: &BTreeSet<InstanceId>, fields: &[&str]) -> bool {
    fields.iter().all(|field| {
        let after = difference(all, gone, field);
        after <= 1 || after < difference(all, &BTreeSet::new(), field)
    })
}

fn candidate() -> impl Strategy<Value = Candidate> {
    let moment = || prop::option::of((0_i64..4).prop_map(Timestamp::from_millis));
    let condition = prop::sample::select(&Condition::ALL[..]);
    let goal = prop_oneof![4 => Just(Goal::Running), 1 => Just(Goal::Decommissioned)];
    (condition, goal, moment(), moment(), moment()).prop_map(
        |(condition, goal, staged_at, since, started_at)| Candidate {
            goal,
            staged_at,
            since,
            started_at,
            ..Candidate::new(id(0), condition)
        },
    )
}

fn selection() -> impl Strategy<Value = KillSelection> {
    prop_oneof![Just(KillSelection::YoungestFirst), Just(KillSelection::OldestFirst)]
}

proptest! {
    #[test]
    fn the_kill_order_is_an_order(
        a in candidate(), b in candidate(), c in candidate(), selection in selection(),
    ) {
        let order = |a, b| kill_order(selection, a, b);
        prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
        if order(&a, &b).is_le() && order(&b, &c).is_le() {
            prop_assert!(order(&a, &c).is_le());
        }
    }

    #[test]
    fn a_proposition_ends_at_the_count(
        candidates in prop::collection::vec(candidate(), 0..8),
        sentenced in prop::collection::btree_set((0_usize..10).prop_map(id), 0..4),
        picks in prop::collection::vec((0_usize..10).prop_map(id), 0..4),
        scale_to in 0_u16..10,
        selection in selection(),
    ) {
        let candidates: Vec<Candidate> = candidates
            .into_iter()
            .enumerate()
            .map(|(n, one)| Candidate { id: id(n), ..one })
            .collect();
        let counted: BTreeSet<&InstanceId> = candidates
            .iter()
            .filter(|one| one.goal == Goal::Running)
            .filter(|one| one.condition != Condition::UnreachableInactive)
            .map(|one| &one.id)
            .collect();
        let unique: BTreeSet<InstanceId> = picks.into_iter().collect();
        let found = ScalingProposition::new(
            &candidates, &sentenced, scale_to.into(), selection,
            |_, _| unique.iter().cloned().collect(),
        );
        let killed: BTreeSet<&InstanceId> = found.to_kill.iter().collect();
        prop_assert_eq!(killed.len(), found.to_kill.len());
        prop_assert!(killed.is_subset(&counted));
        prop_assert!(sentenced.iter().all(|id| !counted.contains(id) || killed.contains(id)));
        let after = counted.len() - killed.len() + found.to_start.get() as usize;
        prop_assert_eq!(after, usize::from(scale_to));
    }

    #[test]
    fn picks_keep_every_spread_and_stop_only_when_nothing_helps(
        places in prop::collection::vec((0_u8..3, 0_u8..3), 1..10),
        n in 0_usize..10,
        two: bool,
    ) {
        let fields = if two { &["hostname", "rack"][..] } else { &["hostname"][..] };
        let all = placed(&places);
        let candidates: Vec<&Candidate> = all.iter().collect();
        let picked = even_picks(&group_by(fields), &candidates, n);
        if n >= all.len() {
            prop_assert_eq!(picked.len(), all.len());
            return Ok(());
        }
        prop_assert!(picked.len() <= n);
        let mut gone = BTreeSet::new();
        for id in &picked {
            prop_assert!(gone.insert(id.clone()));
            prop_assert!(is_bearable(&all, &gone, fields));
        }
        if picked.len() < n {
            for one in all.iter().filter(|one| !gone.contains(&one.id)) {
                let mut more = gone.clone();
                more.insert(one.id.clone());
                prop_assert!(!is_bearable(&all, &more, fields), "{} could go", one.id);
            }
        }
    }

    /// Whatever fails on the way, healing the world finishes the step.
    #[test]
    fn a_start_finishes(
        health: bool,
        readiness: bool,
        there in 0_u16..4,
        scale_to in 0_u16..6,
        failures in prop::collection::vec((0_usize..6, any::<bool>()), 0..12),
    ) {
        let tracked = vec![Condition::Running; there.into()];
        let checks = Checks { health, readiness };
        let (mut engine, orders) = StartInstances::start(scale_to.into(), checks, tracked);
        let mut wanted: Vec<usize> = (0..orders.launch.get() as usize).collect();
        prop_assert_eq!(wanted.len(), usize::from(scale_to.saturating_sub(there)));
        let mut next = wanted.len();
        for (pick, goal_ends) in failures {
            let Some(n) = wanted.get(pick % wanted.len().max(1)).copied() else { break };
            let goal = if goal_ends { Goal::Decommissioned } else { Goal::Running };
            let event = StartEvent::Changed { id: &id(n), condition: Condition::Failed, goal };
            let orders = engine.on(event);
            prop_assert_eq!(orders.launch.get(), u32::from(goal_ends));
            if goal_ends {
                wanted.retain(|known| *known != n);
                wanted.push(next);
                next += 1;
            }
        }
        for n in wanted {
            prop_assert!(!engine.is_finished());
            let id = id(n);
            let running = StartEvent::Changed {
                id: &id, condition: Condition::Running, goal: Goal::Running,
            };
            let healthy = StartEvent::Health { id: &id, is_healthy: true };
            let ready = StartEvent::Readiness { id: &id, is_ready: true };
            for event in [running, healthy, ready] {
                prop_assert!(engine.on(event).launch.is_zero());
            }
        }
        prop_assert!(engine.is_finished());
        prop_assert!(engine.top_up([]).launch.is_zero());
    }
}

#[test]
fn the_fullest_value_loses_first() {
    let all = placed(&[(0, 0), (0, 0), (0, 0), (1, 0), (2, 0)]);
    let candidates: Vec<&Candidate> = all.iter().collect();
    assert_eq!(even_picks(&group_by(&["hostname"]), &candidates, 2), [id(0), id(1)]);
    assert_eq!(even_picks(&[], &candidates, 2), []);
    // Two values have two too many: taking one helps neither, so none is chosen.
    let all = placed(&[(0, 0), (0, 0), (0, 0), (1, 0), (1, 0), (1, 0), (2, 0)]);
    let candidates: Vec<&Candidate> = all.iter().collect();
    assert_eq!(even_picks(&group_by(&["hostname"]), &candidates, 2), []);
}

#[test]
fn what_got_lost_is_topped_up() {
    let (engine, _) = StartInstances::start(3.into(), Checks::default(), []);
    let there = [Condition::Scheduled, Condition::Unreachable, Condition::Failed];
    assert_eq!(engine.top_up(there).launch, InstanceCount::ONE);
}
