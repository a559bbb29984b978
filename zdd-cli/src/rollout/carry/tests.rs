//! What is looked at before anything is done.

use serde_json::json;
use zdd_core::app::App;
use zdd_core::drive::find;
use zdd_core::ports::AppStatus;
use zdd_core::rollout::Known;
use zdd_core::rollout::record::Holder;
use zdd_core::testing::record;

use super::super::claim::tests::memory::Memory;
use super::*;
use crate::args::Output;
use crate::exit::ExitCode;
use crate::text::Page;

const CHANGED_AT: &str = "2026-01-02T03:04:05.678Z";

fn seen(labels: &serde_json::Value) -> Observation {
    let moments = json!({"lastConfigChangeAt": CHANGED_AT, "lastScalingAt": CHANGED_AT});
    let app = json!({"id": "/shop-green", "labels": labels, "versionInfo": moments});
    let app = App::parse(&app.to_string()).unwrap();
    Observation { new: Some(AppStatus::new(app)), ..Observation::default() }
}

fn of_shop() -> Observation {
    seen(&json!({"HAPROXY_DEPLOYMENT_GROUP": "shop"}))
}

/// One look at `seen`, before nothing is done.
async fn look(claim: &mut Claim<'_>, seen: &Observation) -> Result<Go, CliError> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, Page { width: 500 }, Output::Text);
    let (mut witness, watchers) = (Teller::new(&mut console), Watchers::default());
    let mut guard = Guard {
        claim,
        gate: None,
        witness: &mut witness,
        watchers: &watchers,
        looked: None,
        is_old: false,
        away: Away::for_at_most(Duration::ZERO),
        error: None,
        seen: None,
    };
    let decision = Decision { actions: Vec::new(), next: Next::Done(Outcome::Reached) };
    guard.look(Timestamp::EPOCH, seen, &decision).await
}

async fn claim(marathon: &Memory) -> Claim<'_> {
    let me = Holder { who: "ann".into(), since: Timestamp::EPOCH, yields: false };
    Claim::take(marathon, None, record(), None, me).await.unwrap()
}

#[tokio::test]
async fn what_is_known_is_written_at_the_next_look_if_it_was_not_at_this_one() {
    let marathon = Memory::new(1);
    let mut claim = claim(&marathon).await;
    let written = async || find(&marathon, "shop").await.unwrap().unwrap().record.known;
    marathon.goes_out();
    let error = look(&mut claim, &of_shop()).await.unwrap_err();
    assert!(matches!(error, CliError::Marathon { .. }), "{error}");
    assert_eq!(written().await, Known::default());
    marathon.comes_back();
    assert_eq!(look(&mut claim, &of_shop()).await.unwrap(), Go::On);
    let known = Known { old: None, new: Some(CHANGED_AT.parse().unwrap()) };
    assert_eq!(written().await, known);
}

#[tokio::test]
async fn nothing_is_done_to_an_app_that_is_not_of_the_group() {
    let marathon = Memory::new(2);
    let mut claim = claim(&marathon).await;
    for labels in [json!({}), json!({"HAPROXY_DEPLOYMENT_GROUP": "cart"})] {
        let error = look(&mut claim, &seen(&labels)).await.unwrap_err();
        assert_eq!(error.exit(), ExitCode::InvalidCombination, "{error}");
        assert!(error.to_string().starts_with("/shop-green is not what shop was rolled out with"));
    }
    assert_eq!(look(&mut claim, &of_shop()).await.unwrap(), Go::On);
}
