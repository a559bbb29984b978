//! A lab as others use it.
#![cfg(feature = "local")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use zdd_core::placement::Agent;
use zdd_marathon::local::{Lab, StartError, default_agents, default_resources};

fn text(error: &StartError) -> (String, Option<String>) {
    (error.to_string(), error.hint())
}

async fn is_gone(folder: &Path) {
    let gone = async {
        while folder.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.expect("the folder is removed in time");
}

#[tokio::test]
async fn it_listens_on_loopback_and_is_gone_when_it_ends() {
    let lab = Lab::builder().start().await.unwrap();
    let url = lab.url();
    assert_eq!((url.scheme(), url.host_str()), ("http", Some("127.0.0.1")));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, url.port().unwrap()));
    let folder = lab.sandboxes().to_path_buf();
    assert!(TcpStream::connect(address).await.is_ok());
    assert!(folder.is_dir());
    lab.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!folder.exists());
}

/// A connection to the event stream of a lab, with the answer's head read.
async fn listen(lab: &Lab, query: &str) -> BufReader<TcpStream> {
    let address = lab.url().socket_addrs(|| None).expect("the URL has an address")[0];
    let mut stream = TcpStream::connect(address).await.expect("the lab listens");
    let head = format!(
        "GET /v2/events{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("the lab reads");
    let mut stream = BufReader::new(stream);
    until(&mut stream, "\r\n").await;
    stream
}

/// All lines up to this one.
async fn until(stream: &mut BufReader<TcpStream>, last: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    while lines.last().is_none_or(|line| line != last) {
        let mut line = String::new();
        let read = timeout(Duration::from_secs(10), stream.read_line(&mut line)).await;
        let read = read.expect("a line comes in time").expect("the lab writes");
        assert!(read > 0, "the stream ends: {lines:?}");
        lines.push(line);
    }
    lines
}

#[tokio::test]
async fn it_ends_even_while_somebody_listens_to_events() {
    let lab = Lab::builder().start().await.unwrap();
    let mut first = listen(&lab, "").await;
    let mut picky =
        listen(&lab, "?event_type=deployment_info&event_type=event_stream_detached").await;
    let third = listen(&lab, "").await;
    // Each hears of itself and of those after it.
    for _ in 0..3 {
        until(&mut first, "event: event_stream_attached\n").await;
    }
    drop(third);
    let lines = until(&mut picky, "event: event_stream_detached\n").await;
    assert!(!lines.concat().contains("attached"), "{lines:?}");
    timeout(Duration::from_secs(3), lab.shutdown()).await.expect("it ends in time");
    let mut rest = String::new();
    // The answer ends as it should, and is not cut.
    first.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

/// The first line of the answer to `GET /ping` with these headers.
async fn ping(lab: &Lab, headers: &str) -> String {
    let address = lab.url().socket_addrs(|| None).expect("the URL has an address")[0];
    let mut stream = TcpStream::connect(address).await.expect("the lab listens");
    let head = format!("GET /ping HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("the lab reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the lab answers");
    answer.lines().next().unwrap_or("").into()
}

#[tokio::test]
async fn a_page_of_another_site_has_no_say() {
    let lab = Lab::builder().start().await.unwrap();
    assert_eq!(ping(&lab, "Host: 127.0.0.1\r\n").await, "HTTP/1.1 200 OK");
    for headers in ["Host: evil.example\r\n", "Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n"]
    {
        assert_eq!(ping(&lab, headers).await, "HTTP/1.1 403 Forbidden", "{headers}");
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn an_address_that_others_can_reach_has_to_be_allowed() {
    let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let error = Lab::builder().bind(anywhere).start().await.unwrap_err();
    assert_eq!(
        text(&error),
        (
            "0.0.0.0:0 is not a loopback address, and whoever can reach it could run commands here"
                .into(),
            Some("listen on 127.0.0.1, or allow other addresses in so many words".into())
        )
    );
    let lab = Lab::builder().bind(anywhere).allow_non_loopback().start().await.unwrap();
    assert_eq!(lab.url().host_str(), Some("127.0.0.1"));
    lab.shutdown().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = other.local_addr().unwrap();
    let error = Lab::builder().bind(address).start().await.unwrap_err();
    let hint = Some("name another port, or 0 for any free one".into());
    assert_eq!(text(&error), (format!("cannot listen on {address}"), hint));
}

#[tokio::test]
async fn an_agent_that_cannot_be_one_is_named() {
    let mut agents = default_agents();
    agents.push(Agent::new("far".parse().unwrap(), "192.0.2.1", default_resources()));
    let error = Lab::builder().agents(agents).start().await.unwrap_err();
    assert_eq!(
        text(&error),
        (
            "the address 192.0.2.1 of agent `192.0.2.1` is not a loopback address".into(),
            Some("use addresses from 127.0.0.1 on".into())
        )
    );
}

#[tokio::test]
async fn a_damaged_state_is_never_taken_for_an_empty_one() {
    let folder = TempDir::new().unwrap();
    let lab = Lab::builder().state_dir(folder.path()).start().await.unwrap();
    assert_eq!(lab.state_fault(), None);
    lab.shutdown().await;

    let file = folder.path().join("marathon.json");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let error = Lab::builder().state_dir(folder.path()).start().await.unwrap_err();
    let hint =
        format!("move `{}` away to begin with nothing, or name another folder", file.display());
    assert_eq!(text(&error), (format!("the state in `{}` is damaged", file.display()), Some(hint)));
    // The folder is free again after a failed start.
    fs::write(&file, whole).unwrap();
    Lab::builder().state_dir(folder.path()).start().await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_lab_that_is_dropped_leaves_nothing() {
    let lab = Lab::builder().start().await.unwrap();
    let folder = lab.sandboxes().to_path_buf();
    drop(lab);
    is_gone(&folder).await;
}
