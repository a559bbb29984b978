//! The event stream over the same transport.

use zdd_core::ports::{Feed, Marathon, MarathonError};

use crate::client;
use crate::scripted::{Reply, Server, Step, in_time, json, page};

const EVENT: &str = "event: deployment_success\ndata: {\"eventType\": \"deployment_success\", \
                     \"id\": \"d-1\", \"timestamp\": \"2026-01-01T00:00:00.000Z\"}\n\n";

fn stream(body: &str) -> Reply {
    json(200, body).header("Content-Type", "text/event-stream")
}

#[tokio::test]
async fn events_come_from_the_leader_and_again_after_a_break() {
    let leader = Server::play(vec![], stream(EVENT).step()).await;
    let to = format!("{}/v2/events", leader.url());
    let announced = leader.url();
    let follower = Server::start(move |_| {
        json(302, "")
            .header("Location", to.clone())
            .header("X-Marathon-Leader", announced.clone())
            .step()
    })
    .await;
    let marathon = client(&[&follower.url()]);
    let mut events = marathon.events();
    for _ in 0..2 {
        assert_eq!(in_time(events.next()).await, Some(Feed::Connected));
        match in_time(events.next()).await {
            Some(Feed::Event(event)) => assert_eq!(event.name, "deployment_success"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(in_time(events.next()).await, Some(Feed::Lost { .. })));
    }
    let seen = leader.seen();
    assert_eq!(seen[0].header("accept"), Some("text/event-stream"));
    assert_ne!(seen[0].connection, seen[1].connection);
}

#[tokio::test]
async fn a_stream_that_cannot_be_ends_with_its_error() {
    for (reply, is_right) in [
        (page(200), (|error| matches!(error, MarathonError::NotMarathon { .. })) as fn(&_) -> bool),
        (page(401), |error| matches!(error, MarathonError::Unauthorised { .. })),
        (page(404), |error| matches!(error, MarathonError::NotMarathon { .. })),
    ] {
        let server = Server::play(vec![], reply.step()).await;
        let mut events = client(&[&server.url()]).events();
        match in_time(events.next()).await {
            Some(Feed::Ended { why }) => assert!(is_right(&why), "{why:?}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(in_time(events.next()).await, None);
    }
}

#[tokio::test]
async fn another_address_gives_the_events_that_one_does_not() {
    for fault in [page(503).step(), page(404).step(), Step::Stall { done: false }] {
        let failing = Server::play(vec![], fault).await;
        let good = Server::play(vec![], stream(EVENT).step()).await;
        let mut events = client(&[&failing.url(), &good.url()]).events();
        assert_eq!(in_time(events.next()).await, Some(Feed::Connected));
        assert_eq!((failing.seen().len(), good.seen().len()), (1, 1));
    }
}
