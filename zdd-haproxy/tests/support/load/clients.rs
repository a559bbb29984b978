//! Clients of several kinds that ask without a pause.

use std::io::Error;
use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::Connection;
use super::counts::Counts;

/// Pauses of those who pause.
const THINKING: Duration = Duration::from_millis(20);
/// Between connections of those who open one for each request: ports are not endless.
const BETWEEN_CONNECTIONS: Duration = Duration::from_millis(4);
/// How often an upgraded session that ends by itself says something.
const SAYS: u64 = 30;
/// Of those who failed, lest they do nothing else.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// GET after GET on one connection.
    KeepAlive,
    /// The same with pauses: its connection is idle most of the time.
    Thinking,
    /// A POST on a connection of its own. HAProxy sends none of them twice.
    Short,
    /// POSTs that take 5 seconds.
    Slow,
    /// POSTs that take up to 5 seconds, and mostly far less.
    Varied,
    /// One connection for all time, upgraded, on which everything comes back.
    Upgraded,
    /// The same, and it ends after less than a second, in which it can be drained.
    Sessions,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::KeepAlive,
        Self::Thinking,
        Self::Short,
        Self::Slow,
        Self::Varied,
        Self::Upgraded,
        Self::Sessions,
    ];

    const fn is_upgraded(self) -> bool {
        matches!(self, Self::Upgraded | Self::Sessions)
    }
}

/// Clients that ask until it is ended.
pub(crate) struct Load {
    counts: Arc<Counts>,
    clients: JoinSet<()>,
    since: (Instant, u64),
}

impl Load {
    pub(crate) fn new() -> Self {
        let counts = Arc::new(Counts::new());
        Self { counts, clients: JoinSet::new(), since: (Instant::now(), 0) }
    }

    /// So many more clients.
    pub(crate) fn add(&mut self, kind: Kind, port: u16, count: usize) {
        for _ in 0..count {
            let counts = Arc::clone(&self.counts);
            self.clients.spawn(async move {
                while !counts.is_over() {
                    if let Err(why) = session(kind, port, &counts).await {
                        counts.failed(kind, &why.to_string());
                        sleep(AFTER_FAILURE).await;
                    }
                }
            });
        }
    }

    /// Waits until clients of each of these kinds have had an answer.
    pub(crate) async fn await_answers(&self, kinds: &[Kind]) {
        while kinds.iter().any(|kind| self.counts.n_answered(*kind) == 0) {
            assert_eq!(self.failures(), Vec::<String>::new());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until so many requests have failed.
    pub(crate) async fn await_failures(&self, count: u64) {
        while self.counts.n_failed() < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Answers a second since the last time that this was asked.
    pub(crate) fn rate(&mut self) -> u64 {
        let (now, sum) = (Instant::now(), self.counts.sum());
        let (before, sum_before) = std::mem::replace(&mut self.since, (now, sum));
        let ms = u64::try_from((now - before).as_millis()).unwrap().max(1);
        (sum - sum_before) * 1000 / ms
    }

    /// The first failures, in words.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.counts.failures()
    }

    /// Answers so far.
    pub(crate) fn n_answered(&self) -> u64 {
        self.counts.sum()
    }

    /// Sessions of upgraded connections that were cut, by whoever did it.
    pub(crate) fn n_cut(&self) -> u64 {
        self.counts.n_cut()
    }

    /// Lets every client finish what it has begun. How many requests failed, and a report.
    pub(crate) async fn end(&mut self) -> (u64, String) {
        self.counts.end();
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        (self.counts.n_failed(), self.counts.to_string())
    }
}

/// One connection, from its beginning to its end.
async fn session(kind: Kind, port: u16, counts: &Counts) -> std::io::Result<()> {
    let mut connection = Connection::open(port).await?;
    counts.opened();
    if kind == Kind::Varied {
        return varied(&mut connection, counts).await;
    }
    let request = match kind {
        Kind::KeepAlive | Kind::Thinking => "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        Kind::Short => {
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        }
        Kind::Slow | Kind::Varied => "POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n",
        Kind::Upgraded | Kind::Sessions => {
            // HAProxy refuses an upgrade without a key.
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        }
    };
    loop {
        let answer = connection.ask(request).await?;
        if answer.status != if kind.is_upgraded() { 101 } else { 200 } {
            return Err(Error::other(format!("status {}", answer.status)));
        }
        counts.answered(kind);
        match kind {
            Kind::Upgraded => return upgraded(&mut connection, u64::MAX, counts).await,
            Kind::Sessions => {
                let ended = upgraded(&mut connection, SAYS, counts).await;
                let cut = |error: &Error| {
                    matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe)
                };
                if ended.as_ref().is_err_and(cut) {
                    counts.cut();
                    return Ok(());
                }
                return ended;
            }
            Kind::Thinking => sleep(THINKING).await,
            Kind::Short => sleep(BETWEEN_CONNECTIONS).await,
            Kind::KeepAlive | Kind::Slow | Kind::Varied => {}
        }
        if counts.is_over() || !answer.is_kept {
            return Ok(());
        }
        if connection.is_closed() {
            counts.closed_idle();
            return Ok(());
        }
    }
}

/// Requests of one connection, of which one in sixty takes as long as any does.
async fn varied(connection: &mut Connection, counts: &Counts) -> std::io::Result<()> {
    for n in 0..60_u64 {
        let ms = if n == 7 { 5_000 } else { 40 << (n % 5) };
        let request = format!("POST /slow/{ms} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        let answer = connection.ask(&request).await?;
        if answer.status != 200 {
            return Err(Error::other(format!("status {}", answer.status)));
        }
        counts.answered(Kind::Varied);
        if counts.is_over() || !answer.is_kept {
            break;
        }
        if connection.is_closed() {
            counts.closed_idle();
            break;
        }
    }
    Ok(())
}

async fn upgraded(connection: &mut Connection, says: u64, counts: &Counts) -> std::io::Result<()> {
    let kind = if says == u64::MAX { Kind::Upgraded } else { Kind::Sessions };
    let mut n = 0_u64;
    while !counts.is_over() && n < says {
        n += 1;
        connection.echo(n.to_be_bytes()).await?;
        counts.answered(kind);
        sleep(THINKING).await;
    }
    Ok(())
}
