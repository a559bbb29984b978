//! One question to a socket, and the bytes of its answer.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// The most bytes of an answer.
const MOST: u64 = 64 << 20;
/// As long as any socket is given: whoever follows Marathon waits meanwhile.
const WITHIN: Duration = Duration::from_secs(5);

/// Asks, says that there is nothing more to ask (the master waits for that), and reads to the end.
pub(super) async fn ask(socket: &Path, line: &str) -> io::Result<Vec<u8>> {
    let asked = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        if stream.take(MOST + 1).read_to_end(&mut answer).await? as u64 > MOST {
            return Err(io::Error::other("the answer is too large"));
        }
        Ok(answer)
    };
    timeout(WITHIN, asked).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
