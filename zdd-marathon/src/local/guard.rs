//! The process that ends all others when the lab is gone.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::environment;
use super::process::Group;

/// What the guard does. It is a script, because it has to be a process of its own that needs nothing
/// from the lab's executable, which may be a test or a program that embeds the lab.
const SCRIPT: &str = include_str!("guard.sh");

/// A guard that dies at once is not started again faster than this.
const RESTART_AFTER: Duration = Duration::from_millis(100);

/// How long the end of the guard is waited for. It goes on without the lab.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The text that marks the processes of one lab. Each of them has it in its environment, and what
/// they start inherits it.
#[derive(Clone, Debug)]
pub(crate) struct Marker(Arc<str>);

/// A process beside the lab that ends everything that the lab started as soon as the lab is gone, in
/// whatever way: it holds the other end of a pipe.
///
/// It finds processes by the marker in their environment, so also those that left their group or
/// session; where there is no `/proc`, only those in the groups that it was told of. It is out of
/// reach of what happens to the lab: in a group of its own, deaf to the signals of a terminal, and
/// started again if somebody ends it. Only when both are killed within that moment, nothing cleans up.
#[derive(Debug)]
pub(crate) struct Guard {
    told: mpsc::UnboundedSender<Told>,
    keeper: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug)]
enum Told {
    Begun(Group),
    Ended(Group),
}

impl Marker {
    /// The variable that holds it.
    pub(crate) const VARIABLE: &str = "ZDD_LAB";

    /// One that no other lab has.
    pub(crate) fn new() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Guard {
    /// Starts a guard for the processes with this marker. At the end it also removes `folder`.
    pub(crate) fn start(marker: &Marker, folder: &Path) -> io::Result<Self> {
        let (told, hears) = mpsc::unbounded_channel();
        let keeper = Keeper {
            marker: marker.clone(),
            folder: folder.into(),
            groups: BTreeSet::new(),
            hears,
        };
        let (child, pipe) = keeper.spawn()?;
        Ok(Self { told, keeper: tokio::spawn(keeper.keep(child, pipe)) })
    }

    /// Tells it of a new process group.
    pub(crate) fn begun(&self, group: Group) {
        self.tell(Told::Begun(group));
    }

    /// Tells it that nothing is left of a process group, whose number may come again.
    pub(crate) fn ended(&self, group: Group) {
        self.tell(Told::Ended(group));
    }

    fn tell(&self, told: Told) {
        // The keeper ends only after this sender is gone, or together with the runtime.
        let _ = self.told.send(told);
    }

    /// Lets it do its work now, and waits until it has.
    pub(crate) async fn end(self) {
        drop(self.told);
        // An error is that of a runtime that is being shut down, and the guard lives outside of it.
        let _ = self.keeper.await;
    }
}

struct Keeper {
    marker: Marker,
    folder: PathBuf,
    groups: BTreeSet<Group>,
    hears: mpsc::UnboundedReceiver<Told>,
}

impl Keeper {
    fn spawn(&self) -> io::Result<(Child, ChildStdin)> {
        let mut child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "zdd-lab-guard", self.marker.as_str()])
            .arg(&self.folder)
            .env_clear()
            .env("PATH", environment::path())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let pipe = child.stdin.take().ok_or_else(|| io::Error::other("the guard has no stdin"))?;
        Ok((child, pipe))
    }

    async fn keep(mut self, mut child: Child, mut pipe: ChildStdin) {
        while self.serve(&mut child, &mut pipe).await {
            (child, pipe) = loop {
                sleep(RESTART_AFTER).await;
                if let Ok(started) = self.spawn() {
                    break started;
                }
            };
            let known =
                self.groups.iter().fold(String::new(), |text, group| text + &format!("+{group}\n"));
            // If that fails the guard is gone again, and is found so.
            let _ = pipe.write_all(known.as_bytes()).await;
        }
        let _ = pipe.write_all(b".\n").await;
        drop(pipe);
        let _ = timeout(ENDS_WITHIN, child.wait()).await;
    }

    /// Passes on what there is to tell. Returns whether the guard died before the lab ended.
    async fn serve(&mut self, child: &mut Child, pipe: &mut ChildStdin) -> bool {
        loop {
            let told = tokio::select! {
                told = self.hears.recv() => told,
                _ = child.wait() => return true,
            };
            let line = match told {
                None => return false,
                Some(Told::Begun(group)) => {
                    self.groups.insert(group);
                    format!("+{group}\n")
                }
                Some(Told::Ended(group)) => {
                    self.groups.remove(&group);
                    format!("-{group}\n")
                }
            };
            if pipe.write_all(line.as_bytes()).await.is_err() {
                return true;
            }
        }
    }
}
