//! Ends HAProxy when the bridge is gone.

use std::io;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// A process that waits for the end of a pipe, which comes with the end of the bridge in whatever
/// way, and then ends a group of processes.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Holds the other end of the pipe.
    child: Child,
}

impl Watchdog {
    /// Watches over the group of processes that `leader` leads.
    pub(super) fn over(leader: u32) -> io::Result<Self> {
        let child = Command::new("/bin/sh")
            .args(["-c", "read -r _; kill -s KILL -- \"-$1\"", "zdd-bridge-watchdog"])
            .arg(leader.to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child })
    }

    /// Lets it do its work now. It does no harm to anybody: the group has its number until the last
    /// process in it is gone and waited for.
    pub(super) async fn end(mut self) {
        drop(self.child.stdin.take());
        // It is not needed any more when it cannot be waited for.
        let _ = self.child.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn losing_the_pipe_ends_the_group() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "sleep 90 & wait"]).process_group(0).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let watchdog = Watchdog::over(child.id().unwrap()).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it runs until then");
        // As when the bridge is killed: nobody asks for it, the pipe just closes.
        drop(watchdog);
        let mut rest = Vec::new();
        // Both hold the output: its end is theirs.
        let ended = tokio::io::AsyncReadExt::read_to_end(&mut stdout, &mut rest);
        timeout(Duration::from_secs(60), ended).await.unwrap().unwrap();
        assert!(!child.wait().await.unwrap().success());
    }
}
