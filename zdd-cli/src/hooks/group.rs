//! The process group of a hook.

use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

/// How often it is looked whether a group is empty: nothing tells when a process ends that is no child.
const LOOK_AFTER: Duration = Duration::from_millis(20);

/// The process group of a hook. Whatever becomes of whoever waits for the hook, it does not outlive this,
/// unless it is let go.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that the process of this id leads.
    pub(super) fn led_by(id: Option<u32>) -> Self {
        Self(id.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    /// Has it outlive this: what a hook leaves behind that ends in time is its own.
    pub(super) fn let_go(&mut self) {
        self.0 = None;
    }

    /// That there are none any more is no failure.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(id) = self.0 {
            let _ = killpg(id, signal);
        }
    }

    /// Waits until nothing of it is left, for `grace` at most.
    pub(super) async fn is_empty_within(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        while self.0.is_some_and(|id| killpg(id, None).is_ok()) && Instant::now() < deadline {
            sleep(LOOK_AFTER.min(grace)).await;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
