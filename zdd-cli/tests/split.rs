//! `zdd split` against servers that answer in known shares.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use run::{Told, Zdd};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Answers in turn, as a balancer does that goes round. It ends with its value.
struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Server {
    fn of(answers: &'static [(u16, &'static str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let next = asked.clone();
        let answer = move || {
            let (status, version) = answers[next.fetch_add(1, Ordering::Relaxed) % answers.len()];
            let status = StatusCode::from_u16(status).unwrap();
            let body = json!({ "version": version, "result": "all is well" }).to_string();
            std::future::ready((status, [("x-version", version)], body).into_response())
        };
        let app = Router::new().route("/endpoint0", get(answer));
        runtime.spawn(async { axum::serve(listener, app).await });
        Self { address, asked, _runtime: runtime }
    }

    fn split(&self, args: &[&str]) -> Told {
        let url = format!("http://{}/endpoint0", self.address);
        let args: Vec<_> = ["split", &url].into_iter().chain(args.iter().copied()).collect();
        Zdd::at("http://nowhere.invalid").run(&args)
    }
}

/// Four to one.
const CANARY: [(u16, &str); 5] =
    [(200, "0.9"), (200, "0.9"), (200, "1.0"), (200, "0.9"), (200, "0.9")];

#[test]
fn shares_that_are_the_expected_ones() {
    let server = Server::of(&CANARY);
    let told = server.split(&["--expect", "0.9=80,1.0=20"]).exits(0);
    let told = told.says("1000 requests in").says("these are the expected shares (chi-square 0.00");
    let row = |version: &str, count: &str, share: &str| {
        let row = told.out.lines().find(|line| line.trim_start().starts_with(version)).unwrap();
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!((words[1], words[2]), (count, share), "{row}");
    };
    row("0.9", "800", "80.00");
    row("1.0", "200", "20.00");
    assert_eq!(server.asked.load(Ordering::Relaxed), 1_000, "not one request more");
}

#[test]
fn shares_that_are_not() {
    let server = Server::of(&CANARY);
    let told = server.split(&["--expect", "0.9=50", "--expect", "1.0=50"]).exits(11);
    told.says("✖ these are not the expected shares").says("p = 0.0000");
    let told = server.split(&["--expect", "0.9=1"]).exits(11);
    told.says("nothing was expected of 1.0");
    let told = server.split(&["-n", "100", "--expect", "0.9=79,1.0=20,1.1=1"]).exits(0);
    assert!(told.out.contains("1.1"), "who never answers is in the table: {told:#?}");
}

#[test]
fn versions_are_told_by_what_is_named() {
    let server = Server::of(&CANARY);
    let told = server.split(&["--by", "header:X-Version", "-n", "50", "-o", "json"]).exits(0);
    let report: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&report["schema"], &report["requests"]), (&json!(1), &json!(50)));
    assert_eq!(report["versions"][1]["version"], "1.0");
    assert_eq!(report["versions"][1]["count"], 10);
    let low = report["versions"][1]["low"].as_f64().unwrap();
    assert!((0.05..0.2).contains(&low), "{report}");
    assert_eq!((&report["fit"], &report["failed"]), (&Value::Null, &json!(0)));
    let told = server.split(&["--by", "status", "-n", "10", "--reconnect", "-c", "3"]).exits(0);
    told.says("200").says("100.00 %");
}

#[test]
fn requests_that_fail_are_counted_by_their_reason() {
    let server = Server::of(&[(200, "0.9"), (503, ""), (200, "0.9"), (200, "0.9")]);
    let told = server.split(&["-n", "40"]).exits(5);
    told.says("✖ 10 requests failed: status 503").says("0.9");
    let told = server.split(&["-n", "4", "--by", "json:nothing.here"]).exits(5);
    told.says("no nothing.here in the answer");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = format!("http://{closed}/");
    let told = Zdd::at("http://nowhere.invalid").run(&["split", &nowhere, "-n", "3"]).exits(5);
    told.says("✖ 3 requests failed: Connection refused");
}

#[test]
fn what_contradicts_itself_is_refused_before_anything_is_asked() {
    let server = Server::of(&CANARY);
    server.split(&["--expect", "a=1,a=2"]).exits(3).says("two shares are expected of version a");
    server.split(&["--expect", "a=0"]).exits(3).says("all shares are 0");
    server.split(&["--expect", "a"]).exits(2).says("such as 1.0=20");
    server.split(&["--by", "body"]).exits(2).says("json:PATH, header:NAME nor status");
    server.split(&["-n", "0"]).exits(2);
    server.split(&["-c", "0"]).exits(2);
    assert_eq!(server.asked.load(Ordering::Relaxed), 0);
}
