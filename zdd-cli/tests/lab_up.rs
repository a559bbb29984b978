//! The lab, as a process.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod child;

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use child::{DEADLINE, Running, refuses};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;

/// A running lab, which ends with the test.
struct Lab {
    child: Running,
    address: SocketAddr,
    told: String,
}

impl Lab {
    fn up(args: &[&str]) -> Self {
        let mut child = zdd(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains("Ctrl-C") {
            assert_ne!(out.read_line(&mut told).unwrap(), 0, "ended early: {told}");
        }
        let url = told.split("ZDD_MARATHON=http://").nth(1).unwrap();
        let address = url.lines().next().unwrap().parse().unwrap();
        Self { child: Running(child), address, told }
    }

    /// Status and body of an answer.
    fn call(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.into())
    }

    fn tasks(&self, app: &str) -> Vec<Value> {
        let (status, body) = self.call("GET", &format!("/v2/apps{app}/tasks"), "");
        assert_eq!(status, 200, "{body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        answer["tasks"].as_array().unwrap().clone()
    }

    /// The address of the one task of an app, when it runs and is let in.
    fn running(&self, app: &str) -> SocketAddr {
        let end = Instant::now() + DEADLINE;
        loop {
            let tasks = self.tasks(app);
            let running = tasks.iter().find(|task| task["state"] == "TASK_RUNNING");
            if let Some(task) = running {
                let host = task["host"].as_str().unwrap();
                let address = format!("{host}:{}", task["ports"][0]).parse().unwrap();
                if TcpStream::connect(address).is_ok() {
                    return address;
                }
            }
            assert!(Instant::now() < end, "{tasks:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn zdd(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("zdd"));
    command.args(["lab", "up", "--listen", "127.0.0.1:0", "--no-haproxy"]).args(args);
    command
}

fn service(id: &str) -> String {
    json!({
        "id": id, "instances": 1, "cpus": 0.1, "mem": 32, "taskKillGracePeriodSeconds": 5,
        "container": {"type": "DOCKER", "docker": {"image": "mhausenblas/simpleservice:0.4.0"}}
    })
    .to_string()
}

#[test]
fn it_is_a_marathon_until_it_is_told_to_stop() {
    let mut lab = Lab::up(&[]);
    assert!(lab.address.ip().is_loopback());
    let (status, body) = lab.call("GET", "/ping", "");
    assert_eq!((status, body.trim()), (200, "pong"));

    let (status, body) = lab.call("POST", "/v2/apps", &service("/web"));
    assert_eq!(status, 201, "{body}");
    let task = lab.running("/web");
    lab.child.signal(Signal::SIGTERM);
    assert_eq!(lab.child.ended().code(), Some(0));
    refuses(lab.address);
    // Without waiting: nothing may be left when it has ended.
    let left = TcpStream::connect(task).map_err(|error| error.kind());
    assert_eq!(left.unwrap_err(), ErrorKind::ConnectionRefused);
}

#[test]
fn killed_it_takes_its_tasks_along() {
    let mut lab = Lab::up(&[]);
    let (status, body) = lab.call("POST", "/v2/apps", &service("/web"));
    assert_eq!(status, 201, "{body}");
    let task = lab.running("/web");
    lab.child.signal(Signal::SIGKILL);
    lab.child.ended();
    refuses(task);
}

#[test]
fn asked_twice_it_waits_for_no_task() {
    let mut lab = Lab::up(&[]);
    let app = json!({
        "id": "/deaf", "cpus": 0.1, "mem": 32, "taskKillGracePeriodSeconds": 600,
        "cmd": "trap '' TERM INT; while :; do sleep 0.1; done"
    });
    let (status, body) = lab.call("POST", "/v2/apps", &app.to_string());
    assert_eq!(status, 201, "{body}");
    let end = Instant::now() + DEADLINE;
    while lab.tasks("/deaf").iter().all(|task| task["state"] != "TASK_RUNNING") {
        assert!(Instant::now() < end, "it does not run");
        thread::sleep(Duration::from_millis(10));
    }
    lab.child.signal(Signal::SIGINT);
    refuses(lab.address);
    assert!(lab.child.is_running(), "it waits for its task");
    lab.child.signal(Signal::SIGINT);
    assert_eq!(lab.child.ended().code(), Some(0));
}

#[test]
fn agents_have_what_is_asked_for() {
    let lab = Lab::up(&["--agent", "127.0.0.1=cpus:1,rack:r1", "--agent", "127.0.0.2=rack:r2"]);
    assert!(lab.told.contains("with agents at 127.0.0.1, 127.0.0.2"), "{}", lab.told);
    let mut app: Value = serde_json::from_str(&service("/web")).unwrap();
    app["constraints"] = json!([["rack", "IS", "r2"]]);
    let (status, body) = lab.call("POST", "/v2/apps", &app.to_string());
    assert_eq!(status, 201, "{body}");
    assert_eq!(lab.running("/web").ip().to_string(), "127.0.0.2");
}

#[test]
fn apps_come_back_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let args = ["--state", state.to_str().unwrap()];
    let mut lab = Lab::up(&args);
    let (status, body) = lab.call("POST", "/v2/apps", &service("/web"));
    assert_eq!(status, 201, "{body}");
    lab.running("/web");
    lab.child.signal(Signal::SIGTERM);
    assert_eq!(lab.child.ended().code(), Some(0));

    let lab = Lab::up(&args);
    lab.running("/web");
}

#[test]
fn an_image_runs_the_command_that_stands_in_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images.json");
    let zdd = cargo_bin!("zdd").display().to_string();
    fs::write(&images, json!({ "web:*": [zdd, "lab", "service"] }).to_string()).unwrap();
    let lab = Lab::up(&["--image-file", images.to_str().unwrap()]);
    let mut app: Value = serde_json::from_str(&service("/web")).unwrap();
    app["container"]["docker"]["image"] = json!("web:1");
    let (status, body) = lab.call("POST", "/v2/apps", &app.to_string());
    assert_eq!(status, 201, "{body}");
    lab.running("/web");
    app["id"] = json!("/other");
    app["container"]["docker"]["image"] = json!("nginx:1");
    let (status, body) = lab.call("POST", "/v2/apps", &app.to_string());
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("--image"), "{body}");
}

#[test]
fn what_cannot_be_done_is_refused_at_once() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (args, told) in [
        (
            &["--listen", "0.0.0.0:0"][..],
            "error: 0.0.0.0:0 can be reached from other machines\nhint: use 127.0.0.1, or \
             --allow-non-loopback if others shall be able to use it\n"
                .to_string(),
        ),
        (
            &["--listen", &taken],
            format!(
                "error: cannot listen on {taken}: Address already in use (os error 98)\n\
                 hint: name another port, or 0 for any free one\n"
            ),
        ),
        (
            &["--listen", "here"],
            "error: `here` is not of the form HOST:PORT\nhint: write, for example, \
             127.0.0.1:8080\n"
                .to_string(),
        ),
        (
            &["--image", "nginx"],
            "error: `nginx` is not of the form IMAGE=COMMAND\nhint: write, for example, \
             'example/web:*=python3 -m http.server $PORT0'\n"
                .to_string(),
        ),
    ] {
        let output = Command::new(cargo_bin!("zdd"))
            .args(["lab", "up", "--no-haproxy"])
            .args(args)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), told);
        assert_eq!(output.status.code(), Some(2));
    }
    let output = zdd(&["--agent", "a=cpus:x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cpus: `x` is not an amount"));
}
