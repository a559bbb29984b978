//! A server that does what a test tells it: answers, lies, breaks off, and counts what it carried
//! out.

mod reply;
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, yield_now};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use reply::{Reply, Step, json, page};
pub(crate) use tls::Authority;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The number of the connection that it came over, from 0.
    pub(crate) connection: usize,
    /// How many requests came before it.
    pub(crate) number: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A running server. It ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Mutex<Log>>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    done: Vec<String>,
    connections: usize,
}

type Script = Arc<dyn Fn(&Seen) -> Step + Send + Sync>;

impl Server {
    /// Answers each request by what `script` says.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Step + Send + Sync + 'static) -> Self {
        Self::run(Arc::new(script), None, 0).await
    }

    /// Plays the steps one after the other, then answers `then` for ever.
    pub(crate) async fn play(steps: Vec<Step>, then: Step) -> Self {
        Self::start(move |seen| steps.get(seen.number).unwrap_or(&then).clone()).await
    }

    /// The same, but the first `resets` connections are reset before anything is read.
    pub(crate) async fn resetting(resets: usize, then: Step) -> Self {
        Self::run(Arc::new(move |_| then.clone()), None, resets).await
    }

    /// Answers over TLS.
    pub(crate) async fn secured(
        tls: TlsAcceptor,
        script: impl Fn(&Seen) -> Step + Send + Sync + 'static,
    ) -> Self {
        Self::run(Arc::new(script), Some(tls), 0).await
    }

    async fn run(script: Script, tls: Option<TlsAcceptor>, resets: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let log = Arc::new(Mutex::new(Log::default()));
        let task = tokio::spawn(accept(listener, tls, resets, log.clone(), script));
        Self { address, scheme, log, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The same server under another name of this machine.
    pub(crate) fn url_as(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme, self.address.port())
    }

    pub(crate) fn host_port(&self) -> String {
        self.address.to_string()
    }

    /// All requests that came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    /// `METHOD target` of all that was carried out.
    pub(crate) fn done(&self) -> Vec<String> {
        self.log.lock().unwrap().done.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    resets: usize,
    log: Arc<Mutex<Log>>,
    script: Script,
) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let connection = {
            let mut log = log.lock().unwrap();
            log.connections += 1;
            log.connections - 1
        };
        if connection < resets {
            stream.set_zero_linger().unwrap();
            continue;
        }
        let (log, script, tls) = (log.clone(), script.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, connection, &log, &script).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(Box::new(stream), connection, &log, &script).await;
                    }
                }
            }
        });
    }
}

/// What a connection can do at its end.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {
    fn reset(self);
}

impl Connection for TcpStream {
    fn reset(self) {
        self.set_zero_linger().unwrap();
    }
}

impl Connection for Box<tokio_rustls::server::TlsStream<TcpStream>> {
    fn reset(self) {
        self.get_ref().0.set_zero_linger().unwrap();
    }
}

async fn serve(mut stream: impl Connection, connection: usize, log: &Mutex<Log>, script: &Script) {
    let mut buffer = Vec::new();
    while let Some(mut seen) = read_request(&mut stream, &mut buffer).await {
        seen.connection = connection;
        let step = {
            let mut log = log.lock().unwrap();
            seen.number = log.seen.len();
            let step = script(&seen);
            if step.is_done() {
                log.done.push(format!("{} {}", seen.method, seen.target));
            }
            log.seen.push(seen);
            step
        };
        match step {
            Step::Answer(reply) => {
                // The client may have gone away in the meantime.
                if stream.write_all(&reply.bytes()).await.is_err() || reply.closes() {
                    break;
                }
            }
            Step::Reset { .. } => return stream.reset(),
            Step::Stall { .. } => std::future::pending().await,
            Step::Drip { reply, every } => {
                for byte in reply.bytes() {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(every).await;
                }
            }
            Step::Flood { megabytes } => {
                let _ = flood(&mut stream, megabytes).await;
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

async fn flood(stream: &mut impl Connection, megabytes: usize) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"apps\": [")
        .await?;
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        stream.write_all(&spaces).await?;
        yield_now().await;
    }
    Ok(())
}

/// Reads one request; none when the client has closed.
async fn read_request(stream: &mut impl Connection, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let mut seen = Seen { method, target, headers, body: String::new(), connection: 0, number: 0 };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < end + 4 + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    seen.body = String::from_utf8(buffer[end + 4..end + 4 + length].to_vec()).unwrap();
    buffer.drain(..end + 4 + length);
    Some(seen)
}

/// Ends a test that hangs.
pub(crate) async fn in_time<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), test).await.unwrap()
}
