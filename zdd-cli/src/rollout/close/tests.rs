//! How a rollout is left to others.

use zdd_core::ports::AppStatus;
use zdd_core::rollout::record::Holder;
use zdd_core::testing::record;

use super::super::claim::tests::memory::Memory;
use super::*;
use crate::args::Output;
use crate::text::Page;

fn holder() -> Holder {
    Holder { who: "ann".into(), since: Timestamp::EPOCH, yields: false }
}

/// What is said, on lines that nothing breaks.
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Said {
    const fn nothing() -> Self {
        Self { out: Vec::new(), err: Vec::new() }
    }

    fn console(&mut self) -> Console<'_> {
        Console::new(&mut self.out, &mut self.err, Page { width: 500 }, Output::Text)
    }

    fn text(&self) -> String {
        String::from_utf8([&self.out[..], &self.err[..]].concat()).unwrap()
    }
}

#[tokio::test]
async fn a_lock_that_cannot_be_given_back_is_told_and_the_first_error_stays() {
    let marathon = Memory::new(1);
    let claim = Claim::take(&marathon, None, record(), None, holder()).await.unwrap();
    marathon.goes_out();
    let mut said = Said::nothing();
    let first = CanaryError::Declined.into();
    leave(claim, &first, &mut said.console()).await.unwrap();
    let text = said.text();
    assert!(text.contains("warning: shop is still held by ann, which ends now: "), "{text}");
    assert!(text.contains("hint: `zdd resume shop --take-over` goes on in its place"), "{text}");
}

#[tokio::test]
async fn a_lock_that_is_given_back_or_lost_is_not_talked_about() {
    let marathon = Memory::new(2);
    let mut said = Said::nothing();
    let claim = Claim::take(&marathon, None, record(), None, holder()).await.unwrap();
    let first = CanaryError::Declined.into();
    leave(claim, &first, &mut said.console()).await.unwrap();
    let found = find(&marathon, "shop").await.unwrap().unwrap();
    assert_eq!(found.holder, None);
    let claim = Claim::take(&marathon, Some(&found), record(), None, holder()).await.unwrap();
    let found = find(&marathon, "shop").await.unwrap();
    let bob = Holder { who: "bob".into(), ..holder() };
    drop(Claim::take(&marathon, found.as_ref(), record(), None, bob).await.unwrap());
    leave(claim, &first, &mut said.console()).await.unwrap();
    assert_eq!(said.text(), "");
}

#[tokio::test]
async fn a_record_that_cannot_be_removed_is_told() {
    let marathon = Memory::new(5);
    let claim = Claim::take(&marathon, None, record(), None, holder()).await.unwrap();
    marathon.fails_after(0, usize::MAX);
    let mut said = Said::nothing();
    forget(claim, &mut said.console()).await.unwrap_err();
    let text = said.text();
    assert!(text.contains("warning: shop is still held by ann, which ends now: "), "{text}");
    assert!(text.contains("hint: `zdd resume shop --take-over` goes on in its place"), "{text}");
}

#[tokio::test]
async fn both_stand_after_one_write() {
    let marathon = Memory::new(3);
    let claim = Claim::take(&marathon, None, record(), None, holder()).await.unwrap();
    let mut said = Said::nothing();
    let code = stand(claim, &Observation::default(), &mut said.console()).await.unwrap();
    assert_eq!((code, marathon.n_patches()), (ExitCode::Done, 1));
    let found = find(&marathon, "shop").await.unwrap().unwrap();
    assert_eq!((found.record.hold, found.holder), (record().traffic, None));
}

/// What one that waited for a word is told, and its status.
async fn told(now: Option<Record>, runs: bool) -> (ExitCode, String) {
    let mut marathon = Memory::new(4);
    if let Some(now) = now {
        marathon = marathon.with(now.app(2, Some(&holder()), None).unwrap());
    }
    if runs {
        let since = record().since;
        let text = format!(
            r#"{{"id": "/shop-green", "instances": 1, "labels": {{"{}": "{since}"}}}}"#,
            labels::STARTED_AT
        );
        marathon = marathon.with(App::parse(&text).unwrap());
    }
    let mut said = Said::nothing();
    let code = handed_over(&record(), &marathon, &mut said.console()).await.unwrap();
    (code, said.text())
}

#[tokio::test]
async fn whoever_waited_for_a_word_is_told_what_it_was() {
    let back = record().turned(Phase::Rollback);
    let promoted = record().turned(Phase::Promote);
    // Another rollout of the group: ours is over.
    let other = Record { since: Timestamp::from_millis(9), ..record() };
    let cases = [
        (back, true, ExitCode::RolledBack, "not approved: somebody else rolls shop back"),
        (promoted, true, ExitCode::Done, "approved: somebody else goes on with shop"),
        (Some(record()), true, ExitCode::Done, "somebody else holds shop as it is"),
        (None, true, ExitCode::Done, "approved: somebody else has promoted /shop-green"),
        (None, false, ExitCode::RolledBack, "not approved: somebody else rolled shop back"),
        (Some(other), false, ExitCode::RolledBack, "not approved: somebody else rolled shop back"),
    ];
    for (now, runs, code, text) in cases {
        let (found, said) = told(now, runs).await;
        assert_eq!((found, said.trim()), (code, text));
    }
}

#[test]
fn a_definition_that_was_pushed_is_what_is_kept() {
    let app = |text: &str| App::parse(text).unwrap();
    let made = app(r#"{"id": "/shop-green", "cmd": "one", "instances": 1}"#);
    let seen = |text: &str| {
        let new = Some(AppStatus::new(app(text)));
        Observation { new, ..Observation::default() }
    };
    // What Marathon fills in by itself, and a number of instances, is no other definition.
    let grown =
        seen(r#"{"id": "/shop-green", "cmd": "one", "instances": 3, "cpus": 1, "mem": 128}"#);
    assert_eq!(what_runs(&made, &grown), &made);
    let pushed = seen(r#"{"id": "/shop-green", "cmd": "two", "instances": 3}"#);
    assert_eq!(what_runs(&made, &pushed).as_json()["cmd"], "two");
    assert_eq!(what_runs(&made, &Observation::default()), &made);
}
