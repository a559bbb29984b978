//! The same for the admin socket of a HAProxy: what sets something is counted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::{Stop, stopped_before};

/// A running proxy. It ends with its value.
pub(crate) struct AdminProxy {
    folder: TempDir,
    log: Arc<Mutex<Vec<String>>>,
    stopped: watch::Receiver<bool>,
    _task: AbortOnDropHandle<()>,
}

struct Gate {
    to: PathBuf,
    stop: Stop,
    log: Arc<Mutex<Vec<String>>>,
    stopped: watch::Sender<bool>,
}

#[allow(dead_code, reason = "each test file uses a part of it")]
impl AdminProxy {
    pub(crate) fn start(runtime: &Handle, to: &Path, stop: Stop) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, stopped) = watch::channel(false);
        let gate = Arc::new(Gate { to: to.into(), stop, log: log.clone(), stopped: sender });
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(path).unwrap()
        };
        let task = runtime.spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let gate = gate.clone();
                connections.spawn(async move { gate.serve(client).await });
            }
        });
        Self { folder, log, stopped, _task: AbortOnDropHandle::new(task) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// Waits until it has stopped, or `ended` says that whoever is watched is gone. Answers which.
    pub(crate) fn stopped_before(&self, ended: impl FnMut() -> bool) -> bool {
        stopped_before(&self.stopped, ended, || format!("{:?}", self.log()))
    }

    /// The commands that set something.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Gate {
    /// Hands on one command and its answer, as HAProxy takes one a connection.
    async fn serve(&self, mut client: UnixStream) -> Option<()> {
        let mut command = Vec::new();
        while !command.ends_with(b"\n") {
            if client.read_buf(&mut command).await.ok()? == 0 {
                return None;
            }
        }
        let text = String::from_utf8(command.clone()).unwrap();
        if *self.stopped.borrow() {
            return self.stand_still().await;
        }
        let (Stop::Before(last) | Stop::After(last) | Stop::Gone(last)) = self.stop;
        let is_last = (text.starts_with("set ") || text.starts_with("shutdown ")) && {
            let mut log = self.log.lock().unwrap();
            log.push(text.trim_end().into());
            log.len() == last
        };
        if is_last && self.stop != Stop::After(last) {
            return self.stand_still().await;
        }
        let mut haproxy = UnixStream::connect(&self.to).await.ok()?;
        haproxy.write_all(&command).await.ok()?;
        if is_last {
            // Whatever it answers, it has carried the command out.
            let mut answer = Vec::new();
            haproxy.read_to_end(&mut answer).await.unwrap();
            return self.stand_still().await;
        }
        tokio::io::copy(&mut haproxy, &mut client).await.ok()?;
        client.shutdown().await.ok()
    }

    async fn stand_still(&self) -> Option<()> {
        self.stopped.send_replace(true);
        std::future::pending().await
    }
}
