//! What is sent again, and what is not.

use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use zdd_core::ports::{Force, Marathon, MarathonError, Unreachable};
use zdd_marathon::HttpMarathon;

use crate::scripted::{Reply, Server, Step, in_time, json, nobody, page};
use crate::{NO_APPS, NO_LEADER, RESULT, app, builder, client};

/// Faults of which nobody knows whether the call was carried out.
fn doubtful() -> Vec<(&'static str, Step)> {
    let result = || json(200, RESULT);
    vec![
        ("500", json(500, r#"{"message": "internal"}"#).done(true).step()),
        ("502 page", page(502).done(true).step()),
        ("503", json(503, r#"{"message": "timeout"}"#).done(true).step()),
        ("504", page(504).done(true).step()),
        ("reset before", Step::Reset { done: false }),
        ("reset after", Step::Reset { done: true }),
        ("stalls before", Step::Stall { done: false }),
        ("stalls after", Step::Stall { done: true }),
        ("truncated", result().truncated(20).step()),
        ("cut", result().cut(20).step()),
        ("stands still", Step::Drip { reply: result(), every: Duration::from_secs(1) }),
        ("empty", json(200, "").step()),
        ("without a deployment", json(200, r#"{"version": "2026-01-01T00:00:00.000Z"}"#).step()),
        ("without sense", json(200, r#"{"version": 3}"#).step()),
    ]
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_never_sent_again() {
    join_all(doubtful().into_iter().map(async |(name, fault)| {
        let first = Server::play(vec![fault], json(200, RESULT).step()).await;
        let second = Server::play(vec![], json(200, RESULT).step()).await;
        let marathon = client(&[&first.url(), &second.url()]);
        let changed = in_time(marathon.restart_app(&app("/a"), Force::No)).await;
        let error = changed.unwrap_err();
        let MarathonError::Unreachable { why: Unreachable::MayHaveHappened { url, .. } } = &error
        else {
            panic!("{name}: {error:?}");
        };
        assert_eq!(*url, first.url(), "{name}");
        assert_eq!((first.seen().len(), second.seen().len()), (1, 0), "{name}");
    }))
    .await;
}

#[tokio::test]
async fn a_connection_that_is_reset_unread_may_have_happened_too() {
    // What is written is written: only the other side knows what it read.
    let server = Server::resetting(1, json(200, RESULT).step()).await;
    let error = client(&[&server.url()]).restart_app(&app("/a"), Force::No).await.unwrap_err();
    let why = Unreachable::MayHaveHappened { url: server.url(), cause: "connection reset".into() };
    assert_eq!(error, why.into());
    assert_eq!((server.connections(), server.done().len()), (1, 0));
}

#[tokio::test]
async fn a_read_is_repeated_over_every_fault() {
    // These two are good answers to something else.
    let faults = doubtful().into_iter().filter(|(name, _)| !name.starts_with("without"));
    join_all(faults.map(async |(name, fault)| {
        let server = Server::play(vec![fault], json(200, NO_APPS).step()).await;
        let patient = builder(&[&server.url()]).patience(Duration::from_secs(10));
        let apps = in_time(patient.build().unwrap().apps()).await;
        assert_eq!(apps, Ok(Vec::new()), "{name}");
        assert_eq!(server.seen().len(), 2, "{name}");
    }))
    .await;
}

#[tokio::test]
async fn what_certainly_was_not_done_goes_to_the_next_address() {
    let closed_doors = [
        json(502, NO_LEADER),
        json(503, NO_LEADER).header("Content-Type", "text/plain"),
        page(429),
    ];
    for door in closed_doors {
        let first = Server::play(vec![], door.step()).await;
        let second = Server::play(vec![], json(200, RESULT).step()).await;
        let marathon = client(&[&first.url(), &second.url()]);
        marathon.restart_app(&app("/a"), Force::No).await.unwrap();
        assert_eq!((first.done().len(), second.done().len()), (0, 1));
    }
    let (none, second) = (nobody().await, Server::play(vec![], json(200, RESULT).step()).await);
    client(&[&none, &second.url()]).restart_app(&app("/a"), Force::No).await.unwrap();
    assert_eq!(second.done(), ["POST /v2/apps/a/restart?force=false"]);
}

#[tokio::test]
async fn a_change_waits_for_a_leader() {
    let steps = vec![json(502, NO_LEADER).step(), json(502, NO_LEADER).step()];
    let server = Server::play(steps, json(200, RESULT).step()).await;
    client(&[&server.url()]).delete_app(&app("/a"), Force::No).await.unwrap();
    assert_eq!(server.seen().len(), 3);
    assert_eq!(server.done(), ["DELETE /v2/apps/a?force=false"]);
}

#[tokio::test]
async fn the_address_that_answered_is_asked_first() {
    let (none, good) = (nobody().await, Server::play(vec![], json(200, NO_APPS).step()).await);
    let other = Server::play(vec![], json(200, NO_APPS).step()).await;
    let marathon = client(&[&none, &good.url(), &other.url()]);
    for _ in 0..3 {
        marathon.apps().await.unwrap();
    }
    assert_eq!((good.seen().len(), other.seen().len()), (3, 0));
}

#[tokio::test]
async fn a_leader_that_dies_in_the_middle_is_followed() {
    let old = Server::play(vec![json(200, NO_APPS).step()], Step::Reset { done: false }).await;
    let new = Server::play(vec![], json(200, NO_APPS).step()).await;
    let marathon = client(&[&old.url(), &new.url()]);
    marathon.apps().await.unwrap();
    marathon.apps().await.unwrap();
    marathon.apps().await.unwrap();
    assert_eq!((old.seen().len(), new.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_change_never_takes_a_connection_that_lay_idle() {
    // The server closes each connection when a second request comes over it.
    let server = Server::start(|seen| {
        if seen.number == 1 && seen.connection == 0 {
            Step::Reset { done: false }
        } else if seen.method == "GET" {
            json(200, NO_APPS).step()
        } else {
            json(200, RESULT).step()
        }
    })
    .await;
    let marathon = client(&[&server.url()]);
    marathon.apps().await.unwrap();
    marathon.restart_app(&app("/a"), Force::No).await.unwrap();
    assert_eq!(server.seen()[1].connection, 1);
    assert_eq!(server.done().len(), 2);
}

#[tokio::test]
async fn a_read_survives_a_connection_that_was_closed_while_idle() {
    let server = Server::start(|seen| {
        if seen.connection == 0 && seen.number > 0 {
            Step::Reset { done: false }
        } else {
            json(200, NO_APPS).step()
        }
    })
    .await;
    let marathon = client(&[&server.url()]);
    marathon.apps().await.unwrap();
    marathon.apps().await.unwrap();
    assert_eq!(server.seen()[1].connection, 0, "the idle connection is used for reads");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn patience_ends() {
    let server = Server::play(vec![], json(503, r#"{"message": "later"}"#).step()).await;
    let error = client(&[&server.url()]).apps().await.unwrap_err();
    let MarathonError::Unreachable { why: Unreachable::Failing { url, status, message, waited } } =
        error
    else {
        panic!("{error:?}");
    };
    assert_eq!((url, status, message.as_str()), (server.url(), 503, "later"));
    assert!(waited >= Duration::from_millis(700), "{waited:?}");
    assert!(server.seen().len() > 2);
}

#[tokio::test]
async fn a_wrong_address_costs_no_patience() {
    let (one, two) = (nobody().await, nobody().await);
    let marathon = builder(&[&one, &two]).patience(Duration::from_secs(3600)).build().unwrap();
    let error = in_time(marathon.info()).await.unwrap_err();
    let urls = format!("{one}, {two}");
    let why = Unreachable::NotReached { urls, cause: "connection refused".into() };
    assert_eq!(error, why.into());
}

#[tokio::test]
async fn pages_of_strangers_cost_no_patience_but_those_before_a_known_marathon_do() {
    let stranger = Server::play(vec![], page(503).step()).await;
    let endless = Duration::from_secs(3600);
    let marathon = builder(&[&stranger.url()]).patience(endless).build().unwrap();
    let error = in_time(marathon.apps()).await.unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    assert_eq!(stranger.seen().len(), 3);
    // A proxy before a Marathon that is away for a while.
    let mut steps = vec![json(200, NO_APPS).step()];
    steps.extend((0..4).map(|_| page(503).step()));
    let proxy = Server::play(steps, json(200, NO_APPS).step()).await;
    let marathon = builder(&[&proxy.url()]).patience(endless).build().unwrap();
    in_time(marathon.apps()).await.unwrap();
    in_time(marathon.apps()).await.unwrap();
    assert_eq!(proxy.seen().len(), 6);
}

#[tokio::test]
async fn what_does_nothing_the_second_time_is_repeated() {
    let id = "d-1".parse().unwrap();
    let gone = || json(404, r#"{"message": "DeploymentPlan d-1 does not exist"}"#).step();
    // The answer of the first try is lost, and the second finds that it was carried out.
    let server = Server::play(vec![Step::Reset { done: true }], gone()).await;
    client(&[&server.url()]).cancel(&id).await.unwrap();
    assert_eq!(server.done(), ["DELETE /v2/deployments/d-1?force=true"]);
    // Nothing was lost, so it never was there.
    let server = Server::play(vec![], gone()).await;
    let error = client(&[&server.url()]).cancel(&id).await.unwrap_err();
    assert!(matches!(error, MarathonError::NotFound { .. }), "{error:?}");
    // It is lost for good.
    let server = Server::play(vec![], Step::Reset { done: true }).await;
    let error = client(&[&server.url()]).reset_delay(&app("/a")).await.unwrap_err();
    let MarathonError::Unreachable { why: Unreachable::MayHaveHappened { .. } } = error else {
        panic!("{error:?}");
    };
    // Taking a deployment back makes another one: that is not repeated.
    let server = Server::play(vec![Step::Reset { done: true }], json(200, RESULT).step()).await;
    client(&[&server.url()]).revert(&id).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn slow_answers_end_with_the_call() {
    let reply = || -> Reply { json(200, NO_APPS) };
    let every = Duration::from_millis(50);
    let server = Server::play(vec![], Step::Drip { reply: reply(), every }).await;
    let marathon =
        builder(&[&server.url()]).call_timeout(Duration::from_millis(400)).build().unwrap();
    let error = in_time(marathon.apps()).await.unwrap_err();
    assert!(error.to_string().contains("no whole answer"), "{error}");
    // Slow is not silent: given time, it is read.
    let every = Duration::from_millis(2);
    let server = Server::play(vec![], Step::Drip { reply: reply(), every }).await;
    assert_eq!(client(&[&server.url()]).apps().await, Ok(Vec::new()));
}

/// Runs by itself only where the test below starts it.
#[tokio::test]
#[ignore = "needs a proxy in the environment"]
async fn with_a_proxy() {
    let server = Server::play(vec![], json(200, NO_APPS).step()).await;
    let at = |url: &str| HttpMarathon::builder([url.parse().unwrap()]).insecure().build().unwrap();
    assert_eq!(at(&server.url()).apps().await, Ok(Vec::new()));
    // Proof that there is a proxy, and that others go there.
    let error = at("http://10.255.255.1").apps().await.unwrap_err();
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn no_proxy_is_asked_for_this_machine() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "repeats::with_a_proxy", "--ignored"])
        .env("HTTP_PROXY", nobody().await)
        .env("http_proxy", nobody().await)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
