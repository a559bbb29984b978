//! A proxy that counts requests and stops at one of them.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod admin;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

#[allow(unused_imports, reason = "each test file uses a part of it")]
pub(crate) use admin::AdminProxy;

/// Where it stops: from there on nothing goes through any more.
#[allow(dead_code, reason = "each test file uses a part of it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// This request, counted from 1, came and is not handed on.
    Before(usize),
    /// This request was handed on and answered, and the answer is not.
    After(usize),
    /// This request came, and then the proxy is gone: it breaks off all connections, and takes none.
    Gone(usize),
}

/// A running proxy. It ends with its value.
pub(crate) struct Proxy {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Passed>>>,
    #[allow(dead_code, reason = "each test file uses a part of it")]
    stopped: watch::Receiver<bool>,
    _task: AbortOnDropHandle<()>,
}

/// A request, and whether Marathon saw it.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    /// Method and path, without the query.
    pub(crate) what: String,
    pub(crate) is_handed_on: bool,
}

struct Gate {
    to: SocketAddr,
    stop: Stop,
    /// Whether only what may change something is counted.
    only_changes: bool,
    log: Arc<Mutex<Vec<Passed>>>,
    stopped: watch::Sender<bool>,
}

impl Proxy {
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub(crate) fn start(runtime: &Handle, to: SocketAddr, stop: Stop) -> Self {
        Self::counting(runtime, to, stop, false)
    }

    /// The same, and `stop` counts only requests that may change something.
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub(crate) fn at_changes(runtime: &Handle, to: SocketAddr, stop: Stop) -> Self {
        Self::counting(runtime, to, stop, true)
    }

    fn counting(runtime: &Handle, to: SocketAddr, stop: Stop, only_changes: bool) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, stopped) = watch::channel(false);
        let gate = Arc::new(Gate { to, stop, only_changes, log: log.clone(), stopped: sender });
        let task = runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let mut connections = tokio::task::JoinSet::new();
            let mut stopping = gate.stopped.subscribe();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (client, _) = accepted.unwrap();
                        let gate = gate.clone();
                        connections.spawn(async move { gate.serve(client).await });
                    }
                    _ = stopping.wait_for(|stopped| *stopped), if gate.is_leaving() => return,
                }
            }
        });
        Self { address, log, stopped, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it has stopped, or `ended` says that whoever is watched is gone. Answers which.
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub(crate) fn stopped_before(&self, ended: impl FnMut() -> bool) -> bool {
        stopped_before(&self.stopped, ended, || format!("{:?}", self.log()))
    }

    pub(crate) fn log(&self) -> Vec<Passed> {
        self.log.lock().unwrap().clone()
    }
}

fn stopped_before(
    stopped: &watch::Receiver<bool>,
    mut ended: impl FnMut() -> bool,
    log: impl Fn() -> String,
) -> bool {
    let until = Instant::now() + Duration::from_secs(30);
    while !*stopped.borrow() {
        if ended() {
            return *stopped.borrow();
        }
        assert!(Instant::now() < until, "{}", log());
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

impl Gate {
    /// Hands on one request and its answer. The connection ends with it, so that the next request
    /// is seen to come.
    async fn serve(&self, mut client: TcpStream) -> Option<()> {
        let request = request(&mut client).await?;
        if self.only_changes && request.starts_with(b"GET ") {
            if *self.stopped.borrow() {
                return self.stand_still().await;
            }
            let mut marathon = TcpStream::connect(self.to).await.unwrap();
            marathon.write_all(&request).await.unwrap();
            tokio::io::copy(&mut marathon, &mut client).await.ok()?;
            return client.shutdown().await.ok();
        }
        let n = {
            let mut log = self.log.lock().unwrap();
            let mut words = request.split(|byte| matches!(byte, b' ' | b'?')).take(2);
            let mut word = || String::from_utf8(words.next().unwrap().to_vec()).unwrap();
            let what = format!("{} {}", word(), word());
            log.push(Passed { what, is_handed_on: false });
            log.len()
        };
        let (Stop::Before(last) | Stop::After(last) | Stop::Gone(last)) = self.stop;
        if n > last || n == last && self.stop != Stop::After(n) {
            return self.stand_still().await;
        }
        let mut marathon = TcpStream::connect(self.to).await.unwrap();
        self.log.lock().unwrap()[n - 1].is_handed_on = true;
        marathon.write_all(&request).await.unwrap();
        if self.stop == Stop::After(n) {
            // The first piece says that it was carried out; of the event stream there is no last.
            let mut piece = [0; 1024];
            assert_ne!(marathon.read(&mut piece).await.unwrap(), 0);
            return self.stand_still().await;
        }
        tokio::io::copy(&mut marathon, &mut client).await.ok()?;
        client.shutdown().await.ok()
    }

    const fn is_leaving(&self) -> bool {
        matches!(self.stop, Stop::Gone(_))
    }

    async fn stand_still(&self) -> Option<()> {
        self.stopped.send_replace(true);
        std::future::pending().await
    }
}

/// A whole request, which asks for the connection to be closed after the answer.
async fn request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let head = loop {
        if let Some(at) = all.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut all).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(all[..head].to_vec()).unwrap().to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while all.len() < head + length {
        if client.read_buf(&mut all).await.ok()? == 0 {
            return None;
        }
    }
    let first = text.find("\r\n").unwrap() + 2;
    all.splice(first..first, *b"connection: close\r\n");
    Some(all)
}
