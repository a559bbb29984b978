//! What listens like an admin socket, and answers whatever a test wants.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

/// Reads one command from each connection, writes what `answer` makes of it, and closes: until it is
/// aborted.
pub(crate) fn answering(
    listener: UnixListener,
    mut answer: impl FnMut(&str) -> Vec<u8> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut command = vec![0; 65_536];
            // Whoever asked may be gone again before it is read, or answered.
            let n = connection.read(&mut command).await.unwrap_or(0);
            let answer = answer(String::from_utf8_lossy(&command[..n]).trim_end());
            let _ = connection.write_all(&answer).await;
        }
    })
}
