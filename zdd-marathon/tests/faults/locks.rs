//! Conflicts.

use std::time::{Duration, Instant};

use zdd_core::app::App;
use zdd_core::ports::{Force, Marathon, MarathonError};

use crate::scripted::{Server, Step, in_time, json};
use crate::{RESULT, app, builder, client};

fn locked() -> Step {
    json(
        409,
        r#"{"message": "App is locked by one or more deployments.", "deployments": [{"id": "d-7"}]}"#,
    )
    .step()
}

fn error() -> MarathonError {
    MarathonError::Locked { deployments: vec!["d-7".parse().unwrap()] }
}

#[tokio::test]
async fn a_lock_is_told_at_once() {
    let server = Server::play(vec![], locked()).await;
    let refused = client(&[&server.url()]).restart_app(&app("/a"), Force::No).await;
    assert_eq!(refused, Err(error()));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_lock_is_waited_for() {
    let server = Server::play(vec![locked(), locked()], json(200, RESULT).step()).await;
    let marathon =
        builder(&[&server.url()]).locked_deadline(Duration::from_secs(60)).build().unwrap();
    in_time(marathon.restart_app(&app("/a"), Force::No)).await.unwrap();
    assert_eq!((server.seen().len(), server.done().len()), (3, 1));
}

#[tokio::test]
async fn a_storm_of_locks_ends_with_the_deadline() {
    let server = Server::play(vec![], locked()).await;
    let deadline = Duration::from_millis(900);
    let marathon = builder(&[&server.url()]).locked_deadline(deadline).build().unwrap();
    let began = Instant::now();
    let refused = in_time(marathon.restart_app(&app("/a"), Force::No)).await;
    assert_eq!(refused, Err(error()));
    assert!(began.elapsed() >= deadline, "{:?}", began.elapsed());
    let asked = server.seen().len();
    assert!((2..=6).contains(&asked), "{asked} times");
    assert!(server.done().is_empty());
}

#[tokio::test]
async fn waiting_for_a_lock_does_not_hide_a_lost_answer() {
    let steps = vec![locked(), Step::Reset { done: true }];
    let server = Server::play(steps, json(200, RESULT).step()).await;
    let marathon =
        builder(&[&server.url()]).locked_deadline(Duration::from_secs(60)).build().unwrap();
    let error = in_time(marathon.restart_app(&app("/a"), Force::No)).await.unwrap_err();
    assert!(error.to_string().contains("may have been carried out"), "{error}");
    assert_eq!((server.seen().len(), server.done().len()), (2, 1));
}

#[tokio::test]
async fn an_app_that_exists_is_no_lock() {
    let exists = json(409, r#"{"message": "An app with id [/a] already exists."}"#);
    let server = Server::play(vec![], exists.step()).await;
    let marathon =
        builder(&[&server.url()]).locked_deadline(Duration::from_secs(60)).build().unwrap();
    let definition = App::parse(r#"{"id": "/a", "cmd": "sleep 1"}"#).unwrap();
    let error = in_time(marathon.create_app(&definition, Force::Yes)).await.unwrap_err();
    let message = "An app with id [/a] already exists.".into();
    assert_eq!(error, MarathonError::Exists { message });
    assert_eq!(server.seen()[0].target, "/v2/apps?force=true");
}
