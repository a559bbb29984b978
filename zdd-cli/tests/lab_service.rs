//! The test service, as a process.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod child;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use child::{DEADLINE, Running, refuses};
use nix::sys::signal::Signal;
use snapbox::cmd::cargo_bin;

/// A running service, which ends with the test.
struct Service {
    child: Running,
    address: SocketAddr,
}

impl Service {
    fn start(args: &[&str]) -> Self {
        Self::start_in(args, &[])
    }

    fn start_in(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child =
            zdd(args).envs(environment.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().parse();
        let address = address.unwrap_or_else(|_| panic!("no address in {line:?}"));
        Self { child: Running(child), address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Status and body of the answer to a request on a connection of its own.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = self.connect();
        ask(&mut stream, path);
        let answer = answer(&mut stream);
        (answer.status, answer.body)
    }

    fn terminate(&self) {
        self.child.signal(Signal::SIGTERM);
    }
}

/// The service in an environment that says nothing to it.
fn zdd(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("zdd"));
    for name in ["HOST", "LIBPROCESS_IP", "PORT0", "HEALTH_MIN", "HEALTH_MAX"] {
        command.env_remove(name);
    }
    command.args(["lab", "service"]).args(args);
    command
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn ask(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 10.0.3.188:31231\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
}

fn answer(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let mut body = vec![0; length.lines().next().unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: String::from_utf8(body).unwrap() }
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn it_answers_like_the_service_of_the_lab() {
    let service = Service::start(&[]);
    assert!(service.address.ip().is_loopback());
    let (status, body) = service.get("/endpoint0");
    let expected = r#"{"host": "10.0.3.188:31231", "version": "0.9", "result": "all is well"}"#;
    assert_eq!((status, json(&body)), (200, json(expected)));
    let (status, body) = service.get("/info");
    let expected = r#"{"host": "10.0.3.188:31231", "version": "0.9", "from": "127.0.0.1"}"#;
    assert_eq!((status, json(&body)), (200, json(expected)));
    let (status, body) = service.get("/health");
    assert_eq!((status, json(&body)), (200, json(r#"{"healthy": true}"#)));
}

#[test]
fn it_does_what_the_environment_of_a_task_says() {
    // Free a moment ago, and nobody is given it soon.
    let port = TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap().port().to_string();
    let environment = [
        ("HOST", "127.0.0.2"),
        ("PORT0", port.as_str()),
        ("SIMPLE_SERVICE_VERSION", "1.0"),
        ("HEALTH_MIN", "150"),
        ("HEALTH_MAX", "151"),
    ];
    let service = Service::start_in(&[], &environment);
    assert_eq!(service.address.to_string(), format!("127.0.0.2:{port}"));
    assert_eq!(json(&service.get("/endpoint0").1)["version"], "1.0");
    let begin = Instant::now();
    assert_eq!(service.get("/health").0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

#[test]
fn a_host_that_is_elsewhere_is_not_listened_on() {
    let service = Service::start_in(&[], &[("HOST", "192.0.2.1")]);
    assert_eq!(service.address.ip().to_string(), "127.0.0.1");
}

#[test]
fn so_many_requests_fail_as_asked_for() {
    let service = Service::start(&["--failure-rate", "0.5", "--seed", "1"]);
    let mut stream = service.connect();
    let mut failed = 0;
    for _ in 0..200 {
        ask(&mut stream, "/endpoint0");
        match answer(&mut stream).status {
            200 => {}
            500 => failed += 1,
            other => panic!("{other}"),
        }
    }
    assert!((70..=130).contains(&failed), "{failed} of 200 failed");
    assert_eq!(service.get("/health").0, 200);
}

#[test]
fn nobody_is_let_in_before_the_start_up_is_over() {
    let begin = Instant::now();
    let service = Service::start(&["--start-up", "200"]);
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert_eq!(service.get("/endpoint0").0, 200);
}

#[test]
fn it_can_be_stopped_before_it_listens() {
    let child = zdd(&["--start-up", "60000"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut child = Running(child);
    // Until it takes care of the signal itself, the signal ends it, which is as good.
    child.signal(Signal::SIGTERM);
    child.ended();
}

#[test]
fn it_crashes_when_asked_to() {
    let told = zdd(&["--crash-after", "20"]).output().unwrap();
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&told.stderr), "error: crashed after 20 ms, as asked for\n");
}

#[test]
fn told_to_stop_it_finishes_what_it_has_begun() {
    let mut service = Service::start(&["--slow", "400"]);
    let (mut busy, mut idle) = (service.connect(), service.connect());
    ask(&mut busy, "/endpoint0");
    // The answer on this connection shows that the request before it was read, too.
    ask(&mut idle, "/health");
    assert_eq!(answer(&mut idle).status, 200);

    service.terminate();
    let mut rest = Vec::new();
    assert_eq!(idle.read_to_end(&mut rest).unwrap(), 0, "an idle connection is closed");
    refuses(service.address);
    let answer = answer(&mut busy);
    assert_eq!(answer.status, 200);
    assert_eq!(json(&answer.body)["result"], "all is well");
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(busy.read_to_end(&mut rest).unwrap(), 0);
    assert_eq!(service.child.ended().code(), Some(0));
}

#[test]
fn told_twice_it_waits_for_nobody() {
    let mut service = Service::start(&["--slow", "60000"]);
    let (mut busy, mut idle) = (service.connect(), service.connect());
    ask(&mut busy, "/info");
    ask(&mut idle, "/health");
    assert_eq!(answer(&mut idle).status, 200);
    service.terminate();
    refuses(service.address);
    assert!(service.child.is_running(), "it waits for its answer");
    service.terminate();
    assert_eq!(service.child.ended().code(), Some(0));
}

#[test]
fn what_cannot_be_done_is_refused_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, code, told) in [
        (
            &["--host", "0.0.0.0"][..],
            2,
            "error: 0.0.0.0:0 can be reached from other machines\nhint: use 127.0.0.1, or \
             --allow-non-loopback if others shall be able to use it\n"
                .to_string(),
        ),
        (
            &["--port", &port],
            2,
            format!(
                "error: cannot listen on 127.0.0.1:{port}: Address already in use (os error 98)\n\
                 hint: choose another port; 0 is any free one\n"
            ),
        ),
        (
            &["--health-min", "2", "--health-max", "1"],
            3,
            "error: --health-max 1 is less than --health-min 2\n".to_string(),
        ),
    ] {
        let output = zdd(args).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), told);
        assert_eq!(output.status.code(), Some(code));
    }
    let output = zdd(&["--failure-rate", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a number between 0 and 1"));
}
