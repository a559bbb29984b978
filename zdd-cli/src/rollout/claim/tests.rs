//! Operators who come at the same moment, in any order in which their requests may arrive.

pub(in crate::rollout) mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zdd_core::app::App;
use zdd_core::drive::{Claim, find, refuse_held};
use zdd_core::ports::Marathon;
use zdd_core::rollout::record::{Found, Holder, Record};
use zdd_core::rollout::{Course as Steps, Limits, OnFailure, Pause, Split, Step, Then};
use zdd_core::testing::record;
use zdd_core::units::Timestamp;

use super::CanaryError;
use crate::error::CliError;
use crate::exit::ExitCode;
use memory::{Dice, Memory};

/// How many races there are.
const RACES: u64 = 1000;
/// How far clocks are apart at most, either way.
const SKEW: i64 = 600_000;

fn holder(who: &str, now: Timestamp) -> Holder {
    Holder { who: who.into(), since: now, yields: false }
}

/// Somebody at a keyboard.
struct Operator {
    who: String,
    takes_over: bool,
    now: Timestamp,
}

/// What happened in a race.
#[derive(Default)]
struct Course {
    n_operators: usize,
    n_ended: AtomicUsize,
}

impl Operator {
    /// Does as the verbs do: looks, takes hold, and looks again before each thing that is done. Whoever
    /// has it keeps it until all others are told.
    async fn work(&self, marathon: &Memory, course: &Course) -> Result<(), CliError> {
        let found = find(marathon, "shop").await?;
        refuse_held(found.as_ref(), self.takes_over, self.now)?;
        let (record, me) = (record(), holder(&self.who, self.now));
        let claim = Claim::take(marathon, found.as_ref(), record, None, me).await?;
        loop {
            if !claim.is_ours().await? {
                return Err(CanaryError::Lost { group: "shop".into() }.into());
            }
            marathon.act(&self.who);
            if course.n_ended.load(Ordering::SeqCst) + 1 == course.n_operators {
                // Nobody can come any more.
                marathon.act(&self.who);
                return Ok(claim.forget().await?);
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn race(seed: u64) {
    let mut dice = Dice(seed);
    let marathon = Arc::new(Memory::new(seed));
    let mut names = Vec::new();
    if dice.throw(2) == 0 {
        // Somebody died in the middle of it, by whose clock it is later or earlier.
        let since = Timestamp::from_millis(1_000_000 + dice.within(SKEW));
        let dead = holder("dead", since);
        drop(Claim::take(&*marathon, None, record(), None, dead).await.unwrap());
        names.push("dead".to_owned());
    }
    let is_dead = !names.is_empty();
    let n_operators = 2 + dice.throw(3);
    let course = Arc::new(Course { n_operators, ..Course::default() });
    let mut running = Vec::new();
    let mut n_take_overs = 0;
    for n in 0..n_operators {
        // From somebody who is dead it has to be taken over at least once.
        let takes_over = dice.throw(2) == 0 || is_dead && n == 0;
        n_take_overs += usize::from(takes_over);
        let now = Timestamp::from_millis(1_000_000 + dice.within(SKEW));
        let operator = Operator { who: format!("operator {n}"), takes_over, now };
        let (marathon, course) = (marathon.clone(), course.clone());
        running.push(tokio::spawn(async move {
            let ended = operator.work(&marathon, &course).await;
            course.n_ended.fetch_add(1, Ordering::SeqCst);
            (operator, ended)
        }));
    }
    let mut winners = Vec::new();
    for task in running {
        let (operator, ended) = task.await.unwrap();
        match ended {
            Ok(()) => winners.push(operator.who),
            Err(error) => assert_eq!(error.exit(), ExitCode::Locked, "{seed}: {error}"),
        }
    }
    assert_eq!(winners.len(), 1, "{seed}: {winners:?}");
    // What was decided before it was taken over may still arrive, once; nothing after that.
    let late = marathon.late();
    assert!(late.values().all(|n| *n <= 1), "{seed}: {late:?}");
    assert!(late.len() <= n_take_overs, "{seed}: {late:?}");
    assert!(!late.contains_key(&winners[0]), "{seed}: {late:?}");
    assert_eq!(find(&*marathon, "shop").await.unwrap(), None, "{seed}: it is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_acts_and_all_others_are_told() {
    for seed in 0..RACES {
        // Not how long it takes, but that it ends.
        let ends = tokio::time::timeout(Duration::from_secs(60), race(seed)).await;
        assert!(ends.is_ok(), "{seed}: it does not end");
    }
}

async fn taken(marathon: &Memory, found: Option<&Found>, who: &str) -> Result<(), CliError> {
    let me = holder(who, Timestamp::EPOCH);
    Ok(Claim::take(marathon, found, record(), None, me).await.map(drop)?)
}

/// Between a look and the claim somebody went through with it all.
#[tokio::test]
async fn what_is_over_is_not_taken_hold_of() {
    let marathon = Memory::new(1);
    let me = holder("ann", Timestamp::EPOCH);
    Claim::take(&marathon, None, record(), None, me).await.unwrap().release().await.unwrap();
    let seen = find(&marathon, "shop").await.unwrap();
    let me = holder("bob", Timestamp::EPOCH);
    let claim = Claim::take(&marathon, seen.as_ref(), record(), None, me).await.unwrap();
    claim.forget().await.unwrap();
    let n_requests = marathon.n_requests();
    let error = taken(&marathon, seen.as_ref(), "carl").await.unwrap_err();
    assert_eq!(error.exit(), ExitCode::Locked);
    // It was one look: nothing was created that had to be removed again.
    assert_eq!(marathon.n_requests() - n_requests, 2, "a request and its answer");
    assert_eq!(find(&marathon, "shop").await.unwrap(), None);
    // The same where another one has begun since.
    let me = holder("dora", Timestamp::EPOCH);
    let mut other = record();
    other.new = "/shop-red".parse().unwrap();
    let claim = Claim::take(&marathon, None, other, None, me).await.unwrap();
    let error = taken(&marathon, seen.as_ref(), "carl").await.unwrap_err();
    assert_eq!(error.exit(), ExitCode::Locked);
    assert!(claim.is_ours().await.unwrap());
}

/// One that slept through the end of its rollout and the begin of another one is not fooled by the same
/// number, and leaves the other one's record as it is.
#[tokio::test]
async fn the_same_generation_of_somebody_else_is_not_ours() {
    for end in ["update", "release", "forget"] {
        let marathon = Memory::new(2);
        let me = |who| holder(who, Timestamp::EPOCH);
        let asleep = Claim::take(&marathon, None, record(), None, me("ann")).await.unwrap();
        let found = find(&marathon, "shop").await.unwrap();
        let other =
            Claim::take(&marathon, found.as_ref(), record(), None, me("bob")).await.unwrap();
        assert!(!asleep.is_ours().await.unwrap() && other.is_ours().await.unwrap());
        other.forget().await.unwrap();
        let next = Claim::take(&marathon, None, record(), None, me("carl")).await.unwrap();
        assert!(!asleep.is_ours().await.unwrap());
        let ended = match end {
            "update" => asleep.update().await,
            "release" => asleep.release().await,
            _ => asleep.forget().await,
        };
        assert_eq!(CliError::from(ended.unwrap_err()).exit(), ExitCode::Locked, "{end}");
        assert!(next.is_ours().await.unwrap(), "{end}");
        let apps = marathon.apps().await.unwrap();
        assert_eq!(apps.len(), 1, "{end}");
    }
}

/// Marathon refuses a change of what another one still deploys, and a record is created by such a one.
#[tokio::test]
async fn a_record_can_be_written_right_after_it_was_created() {
    let marathon = Memory::new(3);
    let me = holder("ann", Timestamp::EPOCH);
    let claim = Claim::take(&marathon, None, record(), None, me).await.unwrap();
    claim.update().await.unwrap();
    claim.release().await.unwrap();
    assert_eq!(find(&marathon, "shop").await.unwrap().unwrap().holder, None);
}

/// Whichever verb it was that waits.
#[tokio::test]
async fn whoever_waits_for_an_approval_gives_way() {
    let split = Split { old: 80, new: 20 };
    let step = Step { split, instances: 1, pause: Some(Pause::Approval) };
    let course = Steps {
        steps: vec![step],
        at: 0,
        reached: Some(Timestamp::EPOCH),
        limits: Limits::default(),
        then: Then::Promote,
        on_failure: OnFailure::Rollback,
    };
    for (course, yields) in [(Some(course), true), (None, false)] {
        let marathon = Memory::new(4);
        let me = holder("ann", Timestamp::EPOCH);
        let record = Record { course, ..record() };
        Claim::take(&marathon, None, record, None, me).await.unwrap();
        let found = find(&marathon, "shop").await.unwrap().unwrap();
        assert_eq!(found.holder.as_ref().map(|it| it.yields), Some(yields));
        let held = refuse_held(Some(&found), false, Timestamp::EPOCH);
        assert_eq!(held.is_ok(), yields);
    }
}

#[tokio::test]
async fn a_generation_that_nobody_counted_is_an_error() {
    let app = record().app(u64::MAX, None, None).unwrap();
    let marathon = Memory::new(5).with(app);
    let error = find(&marathon, "shop").await.unwrap_err();
    assert!(error.to_string().contains("its id ends with no generation"), "{error}");
    let record = record();
    let found = Found { generation: u64::MAX, record, holder: None, definition: None };
    let error = taken(&Memory::new(5), Some(&found), "ann").await.unwrap_err();
    assert_eq!(error.exit(), ExitCode::Usage, "{error}");
}

#[tokio::test]
async fn a_claim_is_given_up_where_somebody_else_has_by_now_what_the_new_app_would_have() {
    let app = |id: &str, port: u16, labels: serde_json::Value| {
        let app = serde_json::json!({"id": id, "ports": [port], "labels": labels});
        App::parse(&app.to_string()).unwrap()
    };
    let group = || serde_json::json!({"HAPROXY_DEPLOYMENT_GROUP": "shop"});
    let made = app("/shop-green", 10_080, group());
    for (id, port, is_refused) in
        [("/shop-green", 9, true), ("/cart", 10_080, true), ("/cart", 9, false)]
    {
        let marathon = Memory::new(3).with(app(id, port, serde_json::json!({})));
        let me = holder("ann", Timestamp::EPOCH);
        let claim = Claim::take(&marathon, None, record(), Some(made.clone()), me).await.unwrap();
        let exit =
            claim.after_all(&[]).await.map(drop).map_err(|error| CliError::from(error).exit());
        assert_eq!(exit.err(), is_refused.then_some(ExitCode::InvalidCombination), "{id} {port}");
        assert_eq!(find(&marathon, "shop").await.unwrap().is_none(), is_refused, "{id} {port}");
    }
}

/// What is left of a group where `n_failing` requests fail after `n_answered` ones of the claim and of what comes
/// after it: the answer, and who holds it.
async fn ended(
    n_before: usize,
    n_answered: usize,
    n_failing: usize,
) -> (Result<(), CliError>, Option<Option<String>>) {
    let marathon = Memory::new(7);
    for who in ["zoe"].iter().cycle().take(n_before) {
        let found = find(&marathon, "shop").await.unwrap();
        let me = holder(who, Timestamp::EPOCH);
        let claim = Claim::take(&marathon, found.as_ref(), record(), None, me).await.unwrap();
        claim.release().await.unwrap();
    }
    let found = find(&marathon, "shop").await.unwrap();
    marathon.fails_after(n_answered, n_failing);
    let me = holder("ann", Timestamp::EPOCH);
    let ended = match Claim::take(&marathon, found.as_ref(), record(), None, me).await {
        Ok(claim) => claim.after_all(&[]).await.map(drop),
        Err(error) => Err(error),
    };
    marathon.fails_after(0, 0);
    let left = find(&marathon, "shop").await.unwrap();
    (ended.map_err(CliError::from), left.map(|it| it.holder.map(|it| it.who)))
}

/// Whatever request fails, nobody is kept out afterwards; and whoever has to be is told of it.
#[tokio::test]
async fn a_claim_that_fails_half_way_is_given_back_or_told() {
    for (n_before, n_requests) in [(0, 2), (1, 6)] {
        for n_answered in 0..n_requests {
            // One that fails, and Marathon that is gone for good.
            for n_failing in [1, usize::MAX] {
                let case = format!("{n_before} {n_answered} {n_failing}");
                let (answer, left) = ended(n_before, n_answered, n_failing).await;
                let error = match answer {
                    Ok(()) => {
                        // Its answer was lost.
                        assert_eq!(left, Some(Some("ann".into())), "{case}");
                        continue;
                    }
                    Err(error) => error,
                };
                assert_eq!(error.exit(), ExitCode::Marathon, "{case}: {error}");
                let is_held = left == Some(Some("ann".into()));
                let is_told = error.to_string().contains("shop may still be held by ann");
                assert!(!is_held || is_told, "{case}: {error}");
                assert!(n_failing > 1 || !is_held, "{case}: {error}");
                // What went on before is not forgotten.
                assert_eq!(left.is_some(), n_before > 0 || is_held, "{case}: {error}");
                let hint = error.hint().unwrap_or_default();
                assert_eq!(
                    is_told,
                    hint.contains("`zdd resume shop --take-over`"),
                    "{case}: {hint}"
                );
            }
        }
        let (answer, _) = ended(n_before, n_requests, usize::MAX).await;
        answer.unwrap();
    }
}
