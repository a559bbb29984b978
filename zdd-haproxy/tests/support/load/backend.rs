//! Servers that can be stopped as good ones are, and killed.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long an answer to `/slow` takes; that to `/slow/70` takes 70 ms.
pub(crate) const SLOW: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serving,
    /// Nothing new; what goes on ends as it would.
    Stopping,
    /// Everything is cut.
    Killed,
}

/// A server on a port of its own that says its port to every request.
///
/// It echoes what comes after `Upgrade: websocket`.
pub(crate) struct Backend {
    pub(crate) port: u16,
    stage: watch::Sender<Stage>,
}

impl Backend {
    pub(crate) async fn start() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// At an address that is given from outside.
    pub(crate) async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stage, seen) = watch::channel(Stage::Serving);
        tokio::spawn(listen(listener, seen));
        Self { port, stage }
    }

    /// Ends it as a server does that gets SIGTERM and is good: requests in flight are answered,
    /// nothing else is.
    pub(crate) async fn stop(self) {
        self.stage.send_replace(Stage::Stopping);
        self.stage.closed().await;
    }

    /// Ends it as SIGKILL does.
    pub(crate) async fn kill(self) {
        self.stage.send_replace(Stage::Killed);
        self.stage.closed().await;
    }
}

async fn listen(listener: TcpListener, stage: watch::Receiver<Stage>) {
    let port = listener.local_addr().unwrap().port();
    let mut stopped = stage.clone();
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|it| *it != Stage::Serving) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (mut killed, stage) = (stage.clone(), stage.clone());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                // Also when the test is over and nobody could say so any more.
                _ = killed.wait_for(|it| *it == Stage::Killed) => {}
                () = serve(stream, port, stage) => {}
            }
        });
    }
}

/// Serves a connection to its end. Requests come one after another, and without a body.
async fn serve(mut stream: TcpStream, port: u16, mut stage: watch::Receiver<Stage>) {
    let mut request = Vec::new();
    let body = port.to_string();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            tokio::select! {
                read = stream.read_buf(&mut request) => if !matches!(read, Ok(1..)) { return },
                _ = stage.wait_for(|it| *it != Stage::Serving), if request.is_empty() => return,
            }
        }
        let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if head.contains("upgrade: websocket") {
            return echo(stream).await;
        }
        if let Some(rest) = head.split(' ').nth(1).and_then(|path| path.strip_prefix("/slow")) {
            let ms = rest.strip_prefix('/').and_then(|ms| ms.parse().ok());
            tokio::time::sleep(ms.map_or(SLOW, Duration::from_millis)).await;
        }
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn echo(mut stream: TcpStream) {
    // The answer to the one key that clients here have.
    let head = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let mut said = stream.write_all(head.as_bytes()).await;
    let mut buffer = [0; 1024];
    while said.is_ok() {
        let Ok(n @ 1..) = stream.read(&mut buffer).await else { return };
        said = stream.write_all(&buffer[..n]).await;
    }
}
