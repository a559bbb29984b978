//! Processes in groups of their own.

use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the end of killed processes is waited for. One that takes longer is stuck in the kernel.
const DIES_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked whether a group is empty: at first, and at most. Nothing tells when a
/// process ends that is not a child.
const LOOK_AFTER: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

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
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status,
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
pub(crate) fn adopt_orphans() {
    // Where it cannot be done, the first process of the system adopts them.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}
