//! The bridge between a Marathon and an HAProxy: how soon a change is in force.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::runtime::Runtime;
use zdd_haproxy::bridge::Bridge;
use zdd_haproxy::socket::{Address, Command, Name, SetState, Socket};

use crate::Seed;

// That of the tests: it answers at once, so that what is measured is the bridge.
#[path = "../../zdd-haproxy/tests/support/marathon.rs"]
mod marathon;

use marathon::Fake;

/// Far more than anything here takes.
const DEADLINE: Duration = Duration::from_secs(120);

/// Many apps behind one bridge, each with a port and one task.
pub struct Bridged {
    fake: Arc<Fake>,
    bridge: Bridge,
    socket: Socket,
    apps: Vec<(String, u16)>,
    /// Two that answer, each with its port.
    servers: [u16; 2],
    seed: Seed,
    runtime: Runtime,
    _folder: TempDir,
}

impl std::fmt::Debug for Bridged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridged").field("apps", &self.apps.len()).finish_non_exhaustive()
    }
}

impl Bridged {
    /// Starts a bridge for so many apps, and one more whose two tasks stay, and waits until all are
    /// served.
    ///
    /// # Panics
    ///
    /// When there is no HAProxy, or it does not serve them.
    pub fn start(apps: usize) -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let servers = [server(), server()];
        let fake = Fake::new();
        let folder = tempfile::Builder::new().prefix("bench").tempdir().expect("there is room");
        let started = Bridge::builder(fake.clone(), folder.path().join("b")).start();
        let bridge = runtime.block_on(started).expect("there is an HAProxy");
        // Chosen after those that it listens on itself.
        let held: Vec<TcpListener> = (0..=apps).map(|_| listener()).collect();
        let names = held.iter().enumerate().map(|(n, held)| (format!("/app-{n}"), port_of(held)));
        let apps: Vec<(String, u16)> = names.collect();
        drop(held);
        for (n, (id, port)) in apps.iter().enumerate() {
            let tasks = if n == 0 { &servers[..] } else { &servers[..1] };
            fake.set(id, *port, tasks);
        }
        let socket = Socket::new(Address::Unix(bridge.listeners().admin_socket()));
        let seed = Seed::new(23);
        let bridged = Self { fake, bridge, socket, apps, servers, seed, runtime, _folder: folder };
        let mut status = bridged.bridge.status();
        let all = status.wait_for(|it| it.n_services == bridged.apps.len());
        let all = bridged.runtime.block_on(async { tokio::time::timeout(DEADLINE, all).await });
        let Ok(Ok(())) = all.map(|it| it.map(drop)) else {
            panic!("not all are served: {:?}", *bridged.bridge.status().borrow());
        };
        bridged
    }

    /// How long after Marathon's event that one task is replaced by another the other answers: once
    /// for each of `count` changes, in any moment of what the bridge does else.
    ///
    /// # Panics
    ///
    /// When it never does.
    pub fn delays(&mut self, count: u32) -> Vec<Duration> {
        let change = |n: usize| {
            // Each app in turn, the first one aside; from the first server to the second, and back.
            let at = 1 + n % (self.apps.len() - 1);
            let to = self.servers[(n / (self.apps.len() - 1) + 1) % 2];
            let (id, port) = &self.apps[at];
            thread::sleep(Duration::from_millis(self.seed.below(150)));
            let start = Instant::now();
            self.fake.set(id, *port, &[to]);
            until_answered(*port, to);
            start.elapsed()
        };
        let count = usize::try_from(count).expect("some hundred");
        (0..count).map(change).collect()
    }

    /// The least that it takes: HAProxy told at once, by somebody who knows what has changed.
    ///
    /// # Panics
    ///
    /// When HAProxy refuses it.
    pub fn told_directly(&mut self, count: u32) -> Vec<Duration> {
        let (id, port) = self.apps[0].clone();
        let name = |text: String| Name::new(text).expect("as the bridge names them");
        let backend = name(format!("{}_{port}", &id[1..]));
        let server = |port: u16| name(format!("127_0_0_1_{port}"));
        let change = |n: u32| {
            let turn = if n.is_multiple_of(2) { [0, 1] } else { [1, 0] };
            let [from, to] = turn.map(|it| self.servers[it]);
            thread::sleep(Duration::from_millis(self.seed.below(20)));
            let start = Instant::now();
            let commands = [(to, SetState::Ready), (from, SetState::Maint)]
                .map(|(it, state)| Command::set_state(&backend, &server(it), state));
            self.runtime.block_on(self.socket.carry_out(&commands)).expect("HAProxy takes it");
            until_answered(port, to);
            start.elapsed()
        };
        (0..count).map(change).collect()
    }

    /// Ends it, and HAProxy.
    pub fn end(self) {
        self.runtime.block_on(self.bridge.end());
    }
}

/// Asks until this server answers.
fn until_answered(port: u16, server: u16) {
    let start = Instant::now();
    let wanted = server.to_string();
    while !answer(port).is_ok_and(|answer| answer.ends_with(&wanted)) {
        assert!(start.elapsed() < DEADLINE, "{server} never answers on port {port}");
        thread::sleep(Duration::from_micros(200));
    }
}

fn answer(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A server that answers every connection once, with its port.
fn server() -> u16 {
    let listener = listener();
    let port = port_of(&listener);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Health checks ask nothing.
            let _ = serve(stream, port);
        }
    });
    port
}

fn serve(mut stream: TcpStream, port: u16) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    if stream.read(&mut [0; 4096])? == 0 {
        return Ok(());
    }
    let body = port.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all((head + &body).as_bytes())
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("there are free ports")
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().expect("it listens").port()
}
