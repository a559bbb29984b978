//! Processes in groups of their own.

use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
#[cfg(target_os = "linux")]
use nix::sys::wait::{Id, waitid};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, sleep_until};

/// How long the end of killed processes is waited for. One that takes longer is stuck in the kernel.
pub(crate) const DIES_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked whether a group is empty: at first, and at most. Nothing tells when a
/// process ends that is not a child.
const LOOK_AFTER: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// How often orphans of a running process are waited for.
const REAPS_EVERY: Duration = Duration::from_secs(5);

/// A process group, by the id of the process that leads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group(Pid);

/// A process that leads a group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: Group,
}

/// Until when a process may go on: `None` as long as nobody wants it to stop.
pub(crate) type Deadline = watch::Receiver<Option<Instant>>;

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status, if the system said one.
    pub(crate) status: io::Result<ExitStatus>,
    /// Whether it was told to stop before.
    pub(crate) killed: bool,
}

impl Process {
    /// Starts a process in a new group.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).stdin(Stdio::null()).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.ok_or_else(|| io::Error::other("the process has no id"))?;
        Ok(Self { child, group: Group(Pid::from_raw(id)) })
    }

    /// Its group.
    pub(crate) const fn group(&self) -> Group {
        self.group
    }

    /// Waits until it ends, and leaves nothing of its group.
    ///
    /// When there is a deadline, the whole group gets a SIGTERM, and at the deadline a SIGKILL.
    /// What is left of the group when the process itself ends goes with it at once, as in Mesos,
    /// unless it is being stopped: then it has until the deadline.
    pub(crate) async fn run(mut self, mut deadline: Deadline) -> Ended {
        let mut until = None;
        let mut reap = interval(REAPS_EVERY);
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status,
                _ = reap.tick() => self.group.reap_orphans(),
                changed = deadline.changed() => {
                    let newer = *deadline.borrow_and_update();
                    // Whoever could move the deadline is gone: as if it was now.
                    let newer = if changed.is_err() { Some(Instant::now()) } else { newer };
                    if until.is_none() && newer.is_some() {
                        self.group.signal(Signal::SIGTERM);
                    }
                    until = newer.or(until);
                    if changed.is_err() {
                        self.group.signal(Signal::SIGKILL);
                        break self.child.wait().await;
                    }
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    self.group.signal(Signal::SIGKILL);
                    break self.child.wait().await;
                }
            }
        };
        if let Some(until) = until {
            self.group.is_empty_by(until).await;
        }
        self.group.end().await;
        Ended { status, killed: until.is_some() }
    }
}

impl Group {
    /// Sends a signal to all its processes. That there are none is no failure.
    pub(crate) fn signal(self, signal: Signal) {
        let _ = killpg(self.0, signal);
    }

    /// Kills what is left of it, and waits until that is gone. Only after its first process has been
    /// waited for.
    pub(crate) async fn end(self) {
        if !self.is_empty() {
            self.signal(Signal::SIGKILL);
            self.is_empty_by(Instant::now() + DIES_WITHIN).await;
        }
    }

    /// Waits for orphans that have ended, but not for the process that leads the group: that is waited
    /// for elsewhere.
    #[cfg(target_os = "linux")]
    fn reap_orphans(self) {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        while let Ok(status) = waitid(Id::PGid(self.0), look)
            && let Some(id) = status.pid().filter(|id| *id != self.0)
        {
            let _ = waitpid(id, Some(WaitPidFlag::WNOHANG));
        }
    }

    /// Elsewhere they are not children of this process.
    #[cfg(not(target_os = "linux"))]
    const fn reap_orphans(self) {}

    async fn is_empty_by(self, deadline: Instant) -> bool {
        let (mut pause, longest) = LOOK_AFTER;
        while !self.is_empty() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(pause.min(deadline - Instant::now())).await;
            pause = longest.min(pause * 2);
        }
        true
    }

    /// Whether no process of it is left. Orphans of it are children of this process, if the system
    /// can do that, and count until they have been waited for.
    fn is_empty(self) -> bool {
        let orphans = Pid::from_raw(-self.0.as_raw());
        while let Ok(status) = waitpid(orphans, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
        }
        // One that may not be signalled cannot be ended either.
        killpg(self.0, None).is_err()
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes orphans of tasks children of this process, which can then wait for them: they would stay
/// in the table of processes where the first process of the system (of a container, mostly) does not.
/// One that leaves its group and then ends by itself stays there until the lab ends.
pub(crate) fn adopt_orphans() {
    // Where it cannot be done, the first process of the system adopts them.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use tempfile::TempDir;
    use tokio::time::timeout;

    use super::*;

    /// A shell that runs `line` in `directory`, has written a file `ready` when it is.
    async fn started(line: &str, directory: &TempDir) -> (Process, watch::Sender<Option<Instant>>) {
        adopt_orphans();
        let mut command = Command::new("/bin/sh");
        let process = Process::spawn(command.args(["-c", line]).current_dir(directory)).unwrap();
        wait_for(&directory.path().join("ready")).await;
        (process, watch::channel(None).0)
    }

    async fn wait_for(file: &Path) {
        let written = async {
            while !fs::read(file).is_ok_and(|text| text.ends_with(b"\n")) {
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(10), written).await.expect("the file is written in time");
    }

    fn is_alive(id: &str) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", id.trim())) else {
            return false;
        };
        // The state comes after the name, which is in parentheses. A zombie has ended.
        !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    }

    fn in_ms(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    #[tokio::test]
    async fn an_end_of_its_own_has_its_status() {
        let directory = TempDir::new().unwrap();
        let (process, stop) = started("echo > ready; exit 3", &directory).await;
        let ended = process.run(stop.subscribe()).await;
        assert_eq!(ended.status.unwrap().code(), Some(3));
        assert!(!ended.killed);
    }

    #[tokio::test]
    async fn whoever_listens_to_the_term_may_end_by_itself() {
        let directory = TempDir::new().unwrap();
        let line = "trap 'exit 0' TERM; echo > ready; while :; do sleep 0.01; done";
        let (process, stop) = started(line, &directory).await;
        let end = stop.subscribe();
        stop.send(Some(in_ms(60_000))).unwrap();
        let ended = timeout(Duration::from_secs(10), process.run(end)).await.unwrap();
        assert_eq!(ended.status.unwrap().code(), Some(0));
        assert!(ended.killed);
    }

    #[tokio::test]
    async fn whoever_does_not_is_killed_at_the_deadline() {
        let directory = TempDir::new().unwrap();
        let line = "trap '' TERM; sleep 1000 & echo $! > ready; wait";
        let (process, stop) = started(line, &directory).await;
        let sleeper = fs::read_to_string(directory.path().join("ready")).unwrap();
        assert!(is_alive(&sleeper));
        let end = stop.subscribe();
        let deadline = in_ms(150);
        stop.send(Some(deadline)).unwrap();
        let ended = timeout(Duration::from_secs(10), process.run(end)).await.unwrap();
        assert!(Instant::now() >= deadline);
        assert_eq!(
            super::super::process_status::text(ended.status.unwrap()),
            "terminated with signal Killed"
        );
        assert!(!is_alive(&sleeper));
    }

    #[tokio::test]
    async fn a_deadline_can_be_brought_forward() {
        let directory = TempDir::new().unwrap();
        let (process, stop) = started("trap '' TERM; echo > ready; sleep 1000", &directory).await;
        let end = stop.subscribe();
        stop.send(Some(in_ms(3_600_000))).unwrap();
        let running = tokio::spawn(process.run(end));
        stop.send(Some(in_ms(0))).unwrap();
        let ended = timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
        assert!(ended.killed);
    }

    #[tokio::test]
    async fn without_anybody_who_could_stop_it_it_ends() {
        let directory = TempDir::new().unwrap();
        let (process, stop) = started("echo > ready; sleep 1000", &directory).await;
        let running = process.run(stop.subscribe());
        drop(stop);
        assert!(timeout(Duration::from_secs(10), running).await.unwrap().killed);
    }

    #[tokio::test]
    async fn what_is_left_of_the_group_ends_with_its_leader() {
        let directory = TempDir::new().unwrap();
        let line = "trap '' TERM; sleep 1000 & echo $! > ready; exit 0";
        let (process, stop) = started(line, &directory).await;
        let sleeper = fs::read_to_string(directory.path().join("ready")).unwrap();
        let ended = timeout(Duration::from_secs(10), process.run(stop.subscribe())).await.unwrap();
        assert_eq!(ended.status.unwrap().code(), Some(0));
        assert!(!is_alive(&sleeper));
    }

    #[tokio::test]
    async fn the_rest_of_a_group_that_is_stopped_may_finish_what_it_has_begun() {
        let directory = TempDir::new().unwrap();
        // The leader ends at once, its child needs a moment longer.
        let line = "sh -c 'trap \"sleep 0.1; echo > finished; exit\" TERM; echo > ready; \
                    while :; do sleep 0.01; done' & wait";
        let (process, stop) = started(line, &directory).await;
        let end = stop.subscribe();
        stop.send(Some(in_ms(60_000))).unwrap();
        timeout(Duration::from_secs(10), process.run(end)).await.unwrap();
        assert!(directory.path().join("finished").exists());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn orphans_that_have_ended_are_waited_for_while_the_process_runs() {
        let directory = TempDir::new().unwrap();
        // Two orphans that end, one of them before the other is there.
        let line = "sh -c 'sh -c : & echo $! > first'; sh -c 'sh -c : & echo $! > ready'; \
                    sleep 1000 & wait";
        let (process, stop) = started(line, &directory).await;
        let ids = ["first", "ready"].map(|file| {
            let id = fs::read_to_string(directory.path().join(file)).unwrap();
            Path::new("/proc").join(id.trim())
        });
        let group = process.group();
        let reaped = async {
            while ids.iter().any(|id| id.exists()) {
                group.reap_orphans();
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(10), reaped).await.expect("both are waited for");
        let end = stop.subscribe();
        stop.send(Some(in_ms(60_000))).unwrap();
        // The process itself was left to whoever waits for it.
        assert!(process.run(end).await.status.unwrap().code().is_none());
    }

    #[tokio::test]
    async fn what_cannot_be_started_says_why() {
        let error = Process::spawn(&mut Command::new("/no/such/program")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
