//! The plan is what happens: a lab with real processes takes the steps of the timeline.
//!
//! Random apps and strategies, from a fixed seed, are deployed over the API, and the event stream tells
//! each order and each thing that happened. By default the first 150; all 500, in some 20 s on an idle
//! machine:
//!
//! ```sh
//! ZDD_LAB_RUNS=500 cargo test -p zdd-marathon --features local --test lab_plan
//! ```
#![cfg(feature = "local")]
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod cases;
mod deeds;
mod plan;
mod planted;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::Case;
use zdd_core::capacity::Reading;
use zdd_core::simulate::Settings;
use zdd_marathon::local::Lab;

/// So many deployments go on at the same time.
const AT_ONCE: usize = 4;

fn runs() -> usize {
    std::env::var("ZDD_LAB_RUNS").map_or(150, |runs| runs.parse().expect("a number of runs"))
}

async fn lab(reading: Reading) -> Lab {
    let mut settings = Settings::default();
    settings.reading = reading;
    Lab::builder().settings(settings).start().await.unwrap()
}

/// Deploys all cases of a reading, in one lab.
async fn all_follow(reading: Reading) {
    let cases: Vec<Case> =
        cases::first(runs()).into_iter().filter(|case| case.reading == reading).collect();
    assert!(!cases.is_empty());
    let (cases, lab, next) =
        (Arc::new(cases), Arc::new(lab(reading).await), Arc::new(AtomicUsize::new(0)));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (cases, lab, next) = (cases.clone(), lab.clone(), next.clone());
        workers.spawn(async move {
            let mut client = deeds::Client::of(&lab).await;
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let plan = plan::of(case);
                let happened = client.deploy(case, &plan).await;
                let follows = plan::follows(&happened, &plan);
                assert_eq!(follows, Ok(()), "{happened:#?}\n{case:#?}");
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    Arc::into_inner(lab).unwrap().shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lab_takes_the_steps_of_the_plan() {
    all_follow(Reading::Classic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lab_that_counts_health_takes_the_steps_of_the_plan() {
    all_follow(Reading::HealthAware).await;
}

/// Cases that are all alike would show little.
#[test]
fn the_cases_are_mixed() {
    let cases = cases::first(150);
    let assert_some = |what: &str, is: &dyn Fn(&Case) -> bool| {
        let n = cases.iter().filter(|case| is(case)).count();
        assert!((10..=140).contains(&n), "{n} of 150 {what}");
    };
    assert_some("are resident", &|case| case.new.is_resident());
    assert_some("have an external volume", &|case| case.new.has_single_attach_volume());
    assert_some("are single instances", &|case| case.new.is_single_instance());
    assert_some("have checks", &|case| !case.new.health_checks().is_empty());
    assert_some("change their size", &|case| case.old.instances() != case.new.instances());
    assert_some("count health", &|case| case.reading == Reading::HealthAware);
    assert_some("take many steps", &|case| plan::of(case).steps().count() > 12);
    assert_some("take few steps", &|case| plan::of(case).steps().count() < 6);
    let stalled = cases.iter().filter(|case| plan::is_stalled(&plan::of(case))).count();
    assert!((1..=140).contains(&stalled), "{stalled} of 150 stand still");
}
