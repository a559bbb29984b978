//! The process that ends all others when the lab is gone.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
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
    keeper: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Copy, Debug)]
enum Told {
    Begun(Group),
    Ended(Group),
    LabEnds,
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
        let keeper = tokio::spawn(keeper.keep(child, pipe));
        Ok(Self { told, keeper: Mutex::new(Some(keeper)) })
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
        // The keeper is gone only after the lab has ended, or together with the runtime.
        let _ = self.told.send(told);
    }

    /// Lets it do its work now, and waits until it has.
    pub(crate) async fn end(&self) {
        self.tell(Told::LabEnds);
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper {
            // An error is that of a runtime that is being shut down, and the guard lives outside.
            let _ = keeper.await;
        }
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
            .env("PATH", path())
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
                None | Some(Told::LabEnds) => return false,
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

/// The guard needs `grep`, `sleep` and `rm`, wherever the lab looks for its own programs.
fn path() -> OsString {
    let mut path = environment::path();
    path.push(":/usr/bin:/bin");
    path
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use tempfile::TempDir;

    use super::super::process::Process;
    use super::*;

    /// Starts a shell, and waits for the line that it writes into the file `id`.
    async fn start(line: &str, marker: Option<&Marker>, directory: &Path) -> (Process, String) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).current_dir(directory);
        if let Some(marker) = marker {
            command.env(Marker::VARIABLE, format!("{}/a.1", marker.as_str()));
        }
        let process = Process::spawn(&mut command).unwrap();
        let file = directory.join("id");
        let mut id = String::new();
        while !id.ends_with('\n') {
            sleep(Duration::from_millis(2)).await;
            id = fs::read_to_string(&file).unwrap_or_default();
        }
        fs::remove_file(&file).unwrap();
        (process, id.trim().into())
    }

    fn is_alive(id: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
    }

    async fn wait_until(what: &str, condition: impl Fn() -> bool) {
        let held = async {
            while !condition() {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(10), held).await.unwrap_or_else(|_| panic!("{what}"));
    }

    /// The guard of `marker`: whatever has it in its arguments.
    fn guards(marker: &Marker) -> Vec<i32> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id: &i32| {
            let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&format!("zdd-lab-guard\0{}", marker.as_str()))
        })
        .collect()
    }

    #[tokio::test]
    async fn it_ends_what_is_left_and_nothing_else() {
        let (directory, marker) = (TempDir::new().unwrap(), Marker::new());
        let folder = directory.path().join("tasks");
        fs::create_dir_all(folder.join("a.1")).unwrap();
        let guard = Guard::start(&marker, &folder).unwrap();

        // One that left the session, one without the mark, and one that the guard knows nothing of.
        let daemon = "setsid sh -c 'echo $$ > id; sleep 1000' & wait";
        let (_a, daemon) = start(daemon, Some(&marker), directory.path()).await;
        let plain = "echo $$ > id; exec sleep 1000";
        let (unmarked, unmarked_id) = start(plain, None, directory.path()).await;
        let (forgotten, forgotten_id) = start(plain, None, directory.path()).await;
        let (stranger, stranger_id) = start(plain, Some(&Marker::new()), directory.path()).await;
        guard.begun(forgotten.group());
        guard.begun(unmarked.group());
        guard.ended(forgotten.group());
        assert!(is_alive(&daemon) && is_alive(&unmarked_id));

        guard.end().await;
        wait_until("both end", || !is_alive(&daemon) && !is_alive(&unmarked_id)).await;
        assert!(is_alive(&forgotten_id) && is_alive(&stranger_id));
        assert!(!folder.exists());
        assert!(guards(&marker).is_empty());
        forgotten.group().signal(Signal::SIGKILL);
        stranger.group().signal(Signal::SIGKILL);
    }

    #[tokio::test]
    async fn it_does_not_listen_to_a_terminal_and_comes_back_when_it_is_killed() {
        let (directory, marker) = (TempDir::new().unwrap(), Marker::new());
        let guard = Guard::start(&marker, &directory.path().join("tasks")).unwrap();
        let plain = "echo $$ > id; exec sleep 1000";
        let (unmarked, id) = start(plain, None, directory.path()).await;
        guard.begun(unmarked.group());
        wait_until("the guard is there", || guards(&marker).len() == 1).await;
        let first = guards(&marker)[0];
        // The signals are ignored only when the script has begun: it has when it passes the first on.
        let is_deaf = || {
            let status = fs::read_to_string(format!("/proc/{first}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            let ignored = u64::from_str_radix(line.unwrap_or("0").trim(), 16).unwrap_or(0);
            [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
                .iter()
                .all(|signal| ignored & (1 << (*signal as u32 - 1)) != 0)
        };
        wait_until("the guard ignores signals", is_deaf).await;
        for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM] {
            kill(Pid::from_raw(first), signal).unwrap();
        }
        assert_eq!(guards(&marker), [first]);

        kill(Pid::from_raw(first), Signal::SIGKILL).unwrap();
        wait_until("another comes", || guards(&marker).iter().any(|id| *id != first)).await;
        guard.end().await;
        // It was told again of what there was.
        wait_until("the group ends", || !is_alive(&id)).await;
    }

    #[tokio::test]
    async fn dropping_it_is_enough() {
        let (directory, marker) = (TempDir::new().unwrap(), Marker::new());
        let guard = Guard::start(&marker, &directory.path().join("tasks")).unwrap();
        let (_process, id) =
            start("echo $$ > id; exec sleep 1000", Some(&marker), directory.path()).await;
        drop(guard);
        wait_until("the process ends", || !is_alive(&id)).await;
        wait_until("the guard ends", || guards(&marker).is_empty()).await;
    }
}
