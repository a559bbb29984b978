//! `zdd lab up` or `zdd lab bridge` as a process, with a real HAProxy.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![allow(dead_code, reason = "each test file uses a part of it")]

#[path = "../child/mod.rs"]
pub(crate) mod child;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use snapbox::cmd::cargo_bin;

pub(crate) use child::DEADLINE;
use child::Running;

/// A running `zdd lab …`, which ends with the test.
pub(crate) struct Up {
    child: Running,
    /// What it said when it began.
    pub(crate) told: String,
    complained: Arc<Mutex<String>>,
}

impl Up {
    /// A lab of its own, with a load balancer unless `args` say otherwise.
    pub(crate) fn lab(args: &[&str]) -> Self {
        let mut words = vec!["up", "--listen", "127.0.0.1:0"];
        if !args.contains(&"--no-haproxy") {
            words.extend(["--lb-listen", "0"]);
        }
        words.extend(args);
        Self::start(&words)
    }

    /// `zdd lab` with these arguments.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = Command::new(cargo_bin!("zdd"));
        command.arg("lab").args(args).env_remove("ZDD_MARATHON").env("NO_PROXY", "127.0.0.1");
        let streams = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        let complained = Arc::new(Mutex::new(String::new()));
        let err = BufReader::new(child.stderr.take().unwrap());
        let keeps = complained.clone();
        thread::spawn(move || {
            for line in err.lines().map_while(Result::ok) {
                let mut kept = keeps.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains("Ctrl-C") {
            let n = out.read_line(&mut told).unwrap();
            assert_ne!(n, 0, "ended early: {told}{}", complained.lock().unwrap());
        }
        Self { child: Running(child), told, complained }
    }

    /// What it said on standard error so far.
    pub(crate) fn complained(&self) -> String {
        self.complained.lock().unwrap().clone()
    }

    /// What was said to be exported under a name.
    pub(crate) fn export(&self, name: &str) -> &str {
        let (_, rest) = self.told.split_once(&format!("export {name}=")).unwrap();
        rest.lines().next().unwrap()
    }

    pub(crate) fn marathon(&self) -> SocketAddr {
        address(self.export("ZDD_MARATHON"))
    }

    pub(crate) fn marathon_lb(&self) -> SocketAddr {
        address(self.export("ZDD_MARATHON_LB"))
    }

    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.export("ZDD_HAPROXY").into()
    }

    /// The answer of Marathon, which has to be a good one.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = request(self.marathon(), method, path, &body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Waits until no deployment goes on.
    #[track_caller]
    pub(crate) fn settle(&self) {
        until("deployments end", || {
            self.call("GET", "/v2/deployments", &Value::Null).as_array().unwrap().is_empty()
        });
    }

    /// Changes something, and waits until that has been done.
    #[track_caller]
    pub(crate) fn deploy(&self, method: &str, path: &str, body: &Value) {
        self.call(method, path, body);
        self.settle();
    }

    /// Processes of HAProxy: its master and its workers.
    pub(crate) fn pids(&self) -> Vec<i32> {
        let (status, text) = request(self.marathon_lb(), "GET", "/_haproxy_getpids", "").unwrap();
        assert_eq!(status, 200, "{text}");
        text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    }

    /// The servers in the statistics, with their status: `backend/server UP`.
    pub(crate) fn servers(&self) -> Vec<String> {
        let (status, csv) = request(self.marathon_lb(), "GET", "/haproxy?stats;csv", "").unwrap();
        assert_eq!(status, 200, "{csv}");
        let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let headings = lines.next().unwrap();
        let status = headings.iter().position(|it| *it == "status").unwrap();
        let servers = lines.filter(|cells| !matches!(cells[1], "FRONTEND" | "BACKEND"));
        servers.map(|cells| format!("{}/{} {}", cells[0], cells[1], cells[status])).collect()
    }

    /// How many servers of a backend are up, where that backend is the only one.
    pub(crate) fn n_up_only_in(&self, backend: &str) -> usize {
        let servers = self.servers();
        let is_up =
            |server: &String| server.starts_with(&format!("{backend}/")) && server.ends_with(" UP");
        if servers.iter().all(is_up) { servers.len() } else { 0 }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.child.signal(signal);
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.ended()
    }
}

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// Status and body of an answer that came whole.
pub(crate) fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    ask(to, "localhost", method, path, body)
}

/// The same, for a virtual host.
pub(crate) fn ask(
    to: SocketAddr,
    host: &str,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&to, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cut = || io::Error::other(format!("cut off: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
    let lower = head.to_ascii_lowercase();
    if let Some((_, length)) = lower.split_once("content-length: ")
        && length.lines().next() != Some(body.len().to_string().as_str())
    {
        return Err(cut());
    }
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).ok_or_else(cut)?;
    Ok((status, body.into()))
}

/// A port of 127.0.0.1 that is free just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether a process is there, and not only its exit status.
pub(crate) fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Waits until processes, what they listen on and their folder are gone.
#[track_caller]
pub(crate) fn nothing_is_left(pids: &[i32], ports: &[u16], folder: &Path) {
    assert!(!pids.is_empty());
    until("HAProxy ends", || !pids.iter().any(|pid| is_alive(*pid)));
    for port in ports {
        until("nobody listens", || TcpStream::connect(("127.0.0.1", *port)).is_err());
    }
    until("the folder is removed", || !folder.exists());
}

/// Waits for something; it may take far longer than it should, on a busy machine.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
