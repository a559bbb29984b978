use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;

/// A server that always says the same; it ends with the test's runtime.
async fn server(status: StatusCode, body: &'static str) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(move || async move { (status, body) }));
    tokio::spawn(async { axum::serve(listener, router).await });
    url(address)
}

/// The same, and how often it was asked.
async fn counting_server(body: &'static str) -> (Url, watch::Receiver<u64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = watch::channel(0);
    let answer = move || {
        sender.send_modify(|asked| *asked += 1);
        async move { body }
    };
    let router = Router::new().route("/", get(answer));
    tokio::spawn(async { axum::serve(listener, router).await });
    (url(address), asked)
}

/// An address at which nobody listens.
fn nobody() -> Url {
    url(std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn url(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/")).unwrap()
}

/// What becomes of the first requests to `targets`.
async fn counted(targets: Vec<Url>) -> Counted {
    let (_sender, targets) = watch::channel(targets);
    let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let mut client =
        OneClient { http, targets, next: 0, tries: TRIES, counted: Counted::default() };
    for _ in 0..10 {
        client.request().await;
    }
    client.counted
}

const OLD: &str = r#"{"version": "0.9"}"#;
const NEW: &str = r#"{"version": "1.0"}"#;

#[tokio::test]
async fn instances_take_turns() {
    let targets = vec![server(StatusCode::OK, OLD).await, server(StatusCode::OK, NEW).await];
    let counted = counted(targets).await;
    assert_eq!(counted.to_string(), "10 requests, 0 failed; answered by 0.9: 5, by 1.0: 5");
    assert_eq!(counted.failures, Vec::<String>::new());
}

#[tokio::test]
async fn an_instance_that_is_gone_costs_another_try() {
    let counted = counted(vec![nobody(), server(StatusCode::OK, OLD).await]).await;
    assert_eq!((counted.failed, counted.by_version["0.9"]), (0, 10));
    assert!(counted.tried_again >= 5, "{counted}");
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure() {
    for (targets, why) in [
        (vec![], "no instance to send it to"),
        (vec![nobody()], "refused"),
        (vec![server(StatusCode::INTERNAL_SERVER_ERROR, OLD).await], "status 500"),
        (vec![server(StatusCode::OK, "well").await], "not an answer"),
    ] {
        let counted = counted(targets).await;
        assert_eq!((counted.requests, counted.failed), (10, 10));
        assert_eq!(counted.failures.len(), 1);
        assert!(counted.failures[0].contains(why), "{:?}", counted.failures);
    }
}

#[tokio::test]
async fn clients_run_until_they_are_stopped() {
    let (new, mut asked) = counting_server(NEW).await;
    let (sender, receiver) = watch::channel(vec![server(StatusCode::OK, OLD).await]);
    let load = Load::start(3, &receiver).unwrap();
    sender.send_replace(vec![new]);
    timeout(PATIENCE, asked.wait_for(|asked| *asked >= 9)).await.unwrap().unwrap();
    let counted = timeout(PATIENCE, load.finish()).await.unwrap();
    assert_eq!((counted.failed, counted.tried_again), (0, 0), "{counted}");
    assert_eq!(counted.by_version["1.0"], *asked.borrow(), "every answer is awaited");
}
