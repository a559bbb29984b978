//! A client's connection.

use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer takes, so that only those that never come are missed.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Whether another request may follow.
    pub(super) is_kept: bool,
}

impl Connection {
    pub(super) async fn open(port: u16) -> Result<Self> {
        let stream = in_time(TcpStream::connect(("127.0.0.1", port))).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(1024) })
    }

    /// Whether the other side has closed it while nothing was asked.
    pub(super) fn is_closed(&self) -> bool {
        let open = self.stream.try_read(&mut [0]);
        !matches!(open, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn ask(&mut self, request: &str) -> Result<Answer> {
        in_time(async {
            self.stream.write_all(request.as_bytes()).await?;
            self.answer().await
        })
        .await
    }

    async fn answer(&mut self) -> Result<Answer> {
        self.buffer.clear();
        let head = loop {
            self.more("its head").await?;
            if let Some(at) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let status = text.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or_else(|| Error::other(format!("no answer: {text:?}")))?;
        let length = field("content-length: ").and_then(|it| it.parse().ok());
        let is_kept = length.is_some() && field("connection: close").is_none();
        let whole = head + length.unwrap_or(0_usize);
        while self.buffer.len() < whole {
            self.more("its body").await?;
        }
        Ok(Answer { status, is_kept })
    }

    async fn more(&mut self, of: &str) -> Result<()> {
        let before = self.buffer.len();
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(Error::other(format!("cut after {before} bytes, in {of}"))),
            _ => Ok(()),
        }
    }

    /// Sends what an upgraded connection sends back.
    pub(super) async fn echo(&mut self, message: [u8; 8]) -> Result<()> {
        let mut back = [0; 8];
        in_time(async {
            self.stream.write_all(&message).await?;
            self.stream.read_exact(&mut back).await
        })
        .await?;
        if back == message { Ok(()) } else { Err(Error::other("another echo")) }
    }
}

async fn in_time<T>(what: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(PATIENCE, what).await.unwrap_or_else(|_| Err(Error::other("no answer in time")))
}
