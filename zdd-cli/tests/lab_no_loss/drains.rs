//! A drain that does not end by itself, because somebody stays: what then is up to the operator.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use crate::show::{file, stage};
use crate::stage::{Mode, Stage, said};
use crate::up::{DEADLINE, until};

/// An upgraded session that goes on until somebody ends it.
struct Session {
    stream: BufReader<TcpStream>,
}

impl Session {
    fn open(stage: &Stage) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", stage.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut session = Self { stream: BufReader::new(stream) };
        let head = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        session.stream.get_mut().write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            assert_ne!(session.stream.read_line(&mut answer).unwrap(), 0, "{answer}");
        }
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        assert!(session.is_open());
        session
    }

    /// Whether what is said comes back.
    fn is_open(&mut self) -> bool {
        let mut back = [0];
        let said = self.stream.get_mut().write_all(b"?");
        said.is_ok() && self.stream.read_exact(&mut back).is_ok() && back == *b"?"
    }
}

/// One instance with a session, and a deployment that would take it out.
fn begin(policy: &str) -> (Stage, Session, Child) {
    let stage = stage(Mode::Haproxy, 1);
    stage.zdd(0, &["deploy", &file(&stage, "v0")]);
    let session = Session::open(&stage);
    let file = file(&stage, "v1");
    let how = ["--drain-timeout", "2s", "--on-drain-timeout", policy];
    let deploys = stage.spawn(&[&["deploy", &file][..], &how].concat());
    (stage, session, deploys)
}

fn end(deploys: Child, code: i32) -> String {
    let said = said(code, &deploys.wait_with_output().unwrap(), &[]);
    // As it was before it was broken into lines.
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn stop_ends_the_deployment_and_no_session() {
    let (stage, mut session, deploys) = begin("stop");
    let said = end(deploys, 14);
    assert!(said.contains("1 session at 1 instance"), "{said}");
    assert!(session.is_open());
    assert_eq!(stage.apps(), ["/shop-blue 1", "/shop-green 1"]);
    // When it is over, what was begun can be ended.
    drop(session);
    stage.zdd(0, &["resume", "shop"]);
    assert_eq!(stage.apps(), ["/shop-green 1"]);
}

#[test]
fn wait_waits_and_goes_on_when_the_session_ends() {
    let (stage, mut session, mut deploys) = begin("wait");
    // Longer than it would take to give up.
    let mut told = BufReader::new(deploys.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("waiting for 1 session") {
        assert_ne!(told.read_line(&mut err).unwrap(), 0, "{err}");
    }
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(deploys.try_wait().unwrap().is_none());
    assert!(session.is_open());
    drop(session);
    told.read_to_string(&mut err).unwrap();
    assert_eq!(deploys.wait().unwrap().code(), Some(0), "{err}");
    assert_eq!(stage.apps(), ["/shop-green 1"]);
}

#[test]
fn kill_cuts_the_session_and_says_so() {
    let (stage, mut session, deploys) = begin("kill");
    let said = end(deploys, 0);
    eprintln!("{said}");
    assert!(said.contains("cut 1 session at "), "{said}");
    until("it is cut", || !session.is_open());
    assert_eq!(stage.apps(), ["/shop-green 1"]);
}
