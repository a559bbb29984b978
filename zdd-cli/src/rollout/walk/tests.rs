//! What becomes of a step when Marathon does not answer just then.

use std::time::Duration;

use async_trait::async_trait;
use zdd_core::app::App;
use zdd_core::drive::find;
use zdd_core::ports::MarathonError;
use zdd_core::rollout::record::Holder;
use zdd_core::testing::record;
use zdd_core::units::Timestamp;

use super::super::claim::tests::memory::Memory;
use super::*;
use crate::args::Output;
use crate::exit::ExitCode;
use crate::follow::Answer;
use crate::text::Page;

/// How long Marathon is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Presses Ctrl-C after so long, or never.
struct Presses(Option<Duration>);

#[async_trait(?Send)]
impl Operator for Presses {
    fn can_answer(&self) -> bool {
        false
    }

    async fn interrupted(&mut self) {
        match self.0 {
            Some(after) => sleep(after).await,
            None => std::future::pending().await,
        }
    }

    async fn ask(&mut self, _: &str) -> Option<Answer> {
        None
    }
}

/// Marathon goes away, a limit is passed, and Marathon is back after so long: how that ended, what was said,
/// and where the rollout goes by its record.
async fn passed_meanwhile(
    back_after: Duration,
    mut operator: Presses,
) -> (Result<bool, CliError>, String, Phase) {
    let marathon = Memory::new(1);
    let me = Holder { who: "ann".into(), since: Timestamp::EPOCH, yields: false };
    let mut claim = Claim::take(&marathon, None, record(), None, me).await.unwrap();
    let next = Record { phase: Phase::Rollback, ..record() };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, Page { width: 500 }, Output::Text);
    marathon.goes_out();
    let turned = tokio::select! {
        turned = is_turned(&mut claim, &next, PATIENCE, &mut operator, &mut console) => turned,
        () = async {
            sleep(back_after).await;
            marathon.comes_back();
            std::future::pending::<()>().await;
        } => unreachable!("it is never through"),
    };
    let phase = find(&marathon, "shop").await.unwrap().unwrap().record.phase;
    (turned, String::from_utf8(err).unwrap(), phase)
}

#[tokio::test(start_paused = true)]
async fn the_way_back_is_begun_once_marathon_answers_again() {
    let back_after = Duration::from_secs(25);
    let (turned, said, phase) = passed_meanwhile(back_after, Presses(None)).await;
    assert!(turned.unwrap());
    assert_eq!(phase, Phase::Rollback);
    let line = "waiting for Marathon: no Marathon reachable at http://marathon: refused";
    assert_eq!(said.lines().collect::<Vec<_>>(), [line; 3], "at once, and every 10 s");
}

#[tokio::test(start_paused = true)]
async fn marathon_is_not_waited_for_longer_than_the_operator_would() {
    let (turned, said, phase) = passed_meanwhile(PATIENCE * 2, Presses(None)).await;
    let error = turned.unwrap_err();
    assert_eq!(error.exit(), ExitCode::Marathon, "{error}");
    assert_eq!((said.lines().count(), phase), (6, Phase::Canary), "{said}");
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_is_heard_while_marathon_is_waited_for() {
    let presses = Presses(Some(Duration::from_secs(5)));
    let (turned, said, phase) = passed_meanwhile(PATIENCE * 2, presses).await;
    assert!(!turned.unwrap());
    assert_eq!((said.lines().count(), phase), (1, Phase::Canary), "{said}");
}

/// A record that somebody else took over is no Marathon that is away.
#[tokio::test(start_paused = true)]
async fn what_is_lost_is_not_waited_for() {
    let marathon = Memory::new(1);
    let me = |who: &str| Holder { who: who.into(), since: Timestamp::EPOCH, yields: false };
    let mut claim = Claim::take(&marathon, None, record(), None, me("ann")).await.unwrap();
    let found = find(&marathon, "shop").await.unwrap();
    Claim::take(&marathon, found.as_ref(), record(), None, me("bob")).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, Page { width: 500 }, Output::Text);
    let turned = is_turned(&mut claim, &record(), PATIENCE, &mut Presses(None), &mut console).await;
    let error = turned.unwrap_err();
    assert!(matches!(error, CliError::Canary(CanaryError::Lost { .. })), "{error}");
    assert!(err.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_check_looks_again_where_marathon_did_not_answer() {
    let green = App::parse(r#"{"id": "/shop-green"}"#).unwrap();
    let marathon = Memory::new(1).with(green);
    let record = record();
    let mut away = Away::for_at_most(PATIENCE);
    for (n_failures, is_seen) in [(0, true), (20, true), (200, false)] {
        marathon.fails_to_show(n_failures);
        match apps(&record, &mut away, &marathon).await {
            Ok((old, new)) => {
                assert!(is_seen && old.is_none());
                assert_eq!(new.unwrap().id(), &record.new);
            }
            Err(CliError::Marathon { error: MarathonError::Unreachable { .. }, .. }) => {
                assert!(!is_seen, "after {n_failures}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}
