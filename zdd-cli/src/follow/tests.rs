//! What becomes of a deployment when whoever sits in front of it answers.

use std::time::Duration;

use async_trait::async_trait;
use url::Url;
use zdd_core::ports::{Force, Marathon};
use zdd_core::units::{AppId, DeploymentId};
use zdd_marathon::HttpMarathon;

use super::{Answer, Closing, Console, Course, End, Follower, How, Journal, Operator, Scope};
use super::{Asked, carry_on, close};
use crate::args::{FollowArgs, OnFailure, Output, WatchArgs};
use crate::exit::ExitCode;
use crate::fake::{Fake, Knobs, Loses, shop};
use crate::text::Page;

/// Somebody who presses Ctrl-C when the deployment stands still, and gives these answers.
struct Scripted<'f> {
    fake: &'f Fake,
    answers: Vec<Option<Answer>>,
    /// Moves of the deployment at the next Ctrl-C.
    presses_at: Option<usize>,
}

#[async_trait(?Send)]
impl Operator for Scripted<'_> {
    fn can_answer(&self) -> bool {
        true
    }

    async fn interrupted(&mut self) {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let moves = self.fake.world().deployments.first().map(|it| it.moves);
            if self.presses_at.is_some() && moves == self.presses_at {
                self.presses_at = None;
                return;
            }
        }
    }

    async fn ask(&mut self, _: &str) -> Option<Answer> {
        let answer = self.answers.remove(0);
        if matches!(answer, Some(Answer::GoOn | Answer::Revert)) {
            self.fake.world().knobs.stuck_after = None;
        }
        answer
    }
}

/// The end of an upgrade that stands still after three moves.
async fn closing(
    fake: &Fake,
    answers: &[Option<Answer>],
    timeout: Option<&str>,
) -> (Closing, ExitCode) {
    let url: Url = fake.url().parse().unwrap();
    let marathon = HttpMarathon::builder([url]).no_proxy().build().unwrap();
    let app: AppId = "/shop".parse().unwrap();
    let new = zdd_core::app::App::parse(&shop("2", 4).to_string()).unwrap();
    let presses_at = timeout.is_none().then_some(3);
    let mut operator = Scripted { fake, answers: answers.to_vec(), presses_at };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut out, &mut err, Page { width: 80 }, Output::Text);
    let mut follower = Follower::new(&marathon, Journal::new([app.clone()], "1.8", None));
    follower.connect(&mut console).await.unwrap();
    let scope = Scope::App(app);
    follower.note(&scope.read(&marathon).await.unwrap(), &mut console).unwrap();
    let accepted = marathon.replace_app(&new, Force::No).await.unwrap();
    follower.accepted();
    let timeout = timeout.map(|text| text.parse().unwrap());
    let watch = WatchArgs { record: None, timeout, output: Output::Text };
    let args = FollowArgs { watch, on_failure: timeout.map(|_| OnFailure::Ask) };
    let deployment: DeploymentId = accepted.deployment;
    let course = Course::new(deployment.clone(), scope.clone(), &args, &operator).unwrap();
    let carried = carry_on(&marathon, &mut follower, &course, &mut operator, &mut console);
    let closing = tokio::time::timeout(Duration::from_secs(20), carried).await.unwrap().unwrap();
    assert!(operator.answers.is_empty(), "not asked: {:?}", operator.answers);
    let asked = Asked { deployment, scope, guarantee: zdd_core::guarantee::Guarantee::Bounds };
    let code = close(&closing, follower.finish(), &asked, &mut console).unwrap();
    (closing, code)
}

fn stuck() -> Fake {
    Fake::start(Knobs { stuck_after: Some(3), ..Knobs::default() })
}

#[tokio::test]
async fn going_on_goes_on_to_the_end() {
    let fake = stuck();
    let (closing, code) = closing(&fake, &[Some(Answer::GoOn)], None).await;
    assert!(matches!(closing, Closing::Ended(End { how: How::Done, .. })), "{closing:?}");
    assert_eq!(code, ExitCode::Done);
    assert_eq!(fake.world().variables(), ["2"; 4]);
}

#[tokio::test]
async fn leaving_changes_nothing_and_a_second_ctrl_c_is_leaving() {
    for answer in [Some(Answer::Leave), None] {
        let fake = stuck();
        let (closing, code) = closing(&fake, &[answer], None).await;
        assert!(matches!(closing, Closing::Left(_)), "{closing:?}");
        assert_eq!(code, ExitCode::Left);
        assert_eq!(fake.world().changes().len(), 1);
    }
}

#[tokio::test]
async fn reverting_ends_where_it_began() {
    let fake = stuck();
    let (closing, code) = closing(&fake, &[Some(Answer::Revert)], None).await;
    assert!(matches!(closing, Closing::RolledBack(End { how: How::Done, .. })), "{closing:?}");
    assert_eq!(code, ExitCode::RolledBack);
    assert_eq!(fake.world().variables(), ["1"; 4]);
}

#[tokio::test]
async fn stopping_leaves_both_versions() {
    let fake = stuck();
    let (closing, code) = closing(&fake, &[Some(Answer::Stop)], None).await;
    assert!(matches!(closing, Closing::Stopped(_)), "{closing:?}");
    assert_eq!(code, ExitCode::Marathon);
    let left = fake.world().variables();
    assert!(left.contains(&"1".into()) && left.contains(&"2".into()), "{left:?}");
}

#[tokio::test]
async fn a_revert_whose_answer_is_lost_is_found_and_not_sent_again() {
    let fake = Fake::start(Knobs {
        stuck_after: Some(3),
        loses: Some(Loses::Answer(2)),
        ..Knobs::default()
    });
    let (closing, code) = closing(&fake, &[Some(Answer::Revert)], None).await;
    assert!(matches!(closing, Closing::RolledBack(End { how: How::Done, .. })), "{closing:?}");
    assert_eq!(code, ExitCode::RolledBack);
    assert_eq!(fake.world().changes().len(), 2);
    assert_eq!(fake.world().variables(), ["1"; 4]);
}

#[tokio::test]
async fn the_deadline_asks_too() {
    let fake = stuck();
    let (closing, code) = closing(&fake, &[Some(Answer::Revert)], Some("300ms")).await;
    assert!(matches!(closing, Closing::RolledBack(_)), "{closing:?}");
    assert_eq!(code, ExitCode::RolledBack);
    let fake = stuck();
    let (closing, code) = self::closing(&fake, &[Some(Answer::Leave)], Some("300ms")).await;
    assert!(matches!(closing, Closing::Left(_)), "{closing:?}");
    assert_eq!(code, ExitCode::Deadline);
}
