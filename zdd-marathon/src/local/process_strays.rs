//! Processes of a task that left its group.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use super::guard::Marker;

/// Between two looks for processes that are being killed.
const LOOK_AFTER: Duration = Duration::from_millis(5);

/// So many looks, five seconds: a process that lives longer is stuck in the kernel.
const LOOKS: usize = 1_000;

/// Kills what left the group of its task: a daemon with a session of its own, as Mesos does when it
/// destroys the container of a task. Looks at all processes of the machine at once for all tasks that
/// have ended meanwhile, so that a hundred tasks that stop together cost a look or two.
///
/// Only where there is a `/proc`.
#[derive(Debug)]
pub(crate) struct Strays {
    asked: mpsc::UnboundedSender<Request>,
}

#[derive(Debug)]
struct Request {
    mark: String,
    done: oneshot::Sender<()>,
}

impl Strays {
    /// Begins to serve.
    pub(crate) fn start() -> Self {
        let (asked, asks) = mpsc::unbounded_channel();
        tokio::spawn(serve(asks));
        Self { asked }
    }

    /// Kills all processes that carry this mark, and waits until they are gone.
    pub(crate) async fn end(&self, mark: String) {
        let (done, wait) = oneshot::channel();
        if self.asked.send(Request { mark, done }).is_ok() {
            // Without an answer the runtime is being shut down; the guard does the rest.
            let _ = wait.await;
        }
    }
}

async fn serve(mut asks: mpsc::UnboundedReceiver<Request>) {
    while let Some(first) = asks.recv().await {
        let mut batch = vec![first];
        while let Ok(more) = asks.try_recv() {
            batch.push(more);
        }
        let marks = batch.iter().map(|request| request.mark.clone()).collect();
        let _ = spawn_blocking(move || end_all(&marks)).await;
        for request in batch {
            let _ = request.done.send(());
        }
    }
}

fn end_all(marks: &BTreeSet<String>) {
    for _ in 0..LOOKS {
        let found: Vec<Pid> = processes().filter(|id| carries(*id, marks)).collect();
        if found.is_empty() {
            return;
        }
        for id in &found {
            let _ = kill(*id, Signal::SIGKILL);
        }
        thread::sleep(LOOK_AFTER);
        for id in found {
            // Without its parent it is a child of this process.
            let _ = waitpid(id, Some(WaitPidFlag::WNOHANG));
        }
    }
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
}

/// Whether the process was started with one of these marks. One that has ended was started with
/// nothing, and one of another user does not say.
fn carries(id: Pid, marks: &BTreeSet<String>) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{id}/environ")) else {
        return false;
    };
    environment.split(|byte| *byte == 0).any(|entry| {
        let value = entry.strip_prefix(Marker::VARIABLE.as_bytes());
        let value = value.and_then(|rest| rest.strip_prefix(b"="));
        value.and_then(|value| str::from_utf8(value).ok()).is_some_and(|mark| marks.contains(mark))
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn start(mark: &str) -> Child {
        let mut command = Command::new("sleep");
        command.arg("1000").env(Marker::VARIABLE, mark).spawn().unwrap()
    }

    #[tokio::test]
    async fn only_processes_with_the_mark_end() {
        let marker = Marker::new();
        let mark = |task: &str| format!("{}/{task}", marker.as_str());
        let (mut first, mut second) = (start(&mark("a.1")), start(&mark("a.10")));
        let strays = Strays::start();
        tokio::join!(strays.end(mark("a.1")), strays.end(mark("b.1")));
        // The one was waited for while it was looked for; the other still runs.
        assert!(!carries(pid(&first), &BTreeSet::from([mark("a.1")])));
        assert!(carries(pid(&second), &BTreeSet::from([mark("a.10")])));
        strays.end(mark("a.10")).await;
        assert!(!carries(pid(&second), &BTreeSet::from([mark("a.10")])));
        let _ = (first.wait(), second.wait());
    }

    fn pid(child: &Child) -> Pid {
        Pid::from_raw(i32::try_from(child.id()).unwrap())
    }
}
