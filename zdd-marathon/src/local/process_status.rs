//! How a process ended, in Mesos' words.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::sys::signal::Signal;

/// `exited with status 1`, `terminated with signal Killed`: Mesos' words after the name of what ended.
pub(crate) fn text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("terminated with signal {}", signal_name(signal)),
        (None, None) => status.to_string(),
    }
}

/// The names of the C library, which Mesos uses.
fn signal_name(signal: i32) -> String {
    let Ok(known) = Signal::try_from(signal) else {
        return format!("{signal}");
    };
    match known {
        Signal::SIGHUP => "Hangup",
        Signal::SIGINT => "Interrupt",
        Signal::SIGQUIT => "Quit",
        Signal::SIGILL => "Illegal instruction",
        Signal::SIGTRAP => "Trace/breakpoint trap",
        Signal::SIGABRT => "Aborted",
        Signal::SIGBUS => "Bus error",
        Signal::SIGFPE => "Floating point exception",
        Signal::SIGKILL => "Killed",
        Signal::SIGUSR1 => "User defined signal 1",
        Signal::SIGSEGV => "Segmentation fault",
        Signal::SIGUSR2 => "User defined signal 2",
        Signal::SIGPIPE => "Broken pipe",
        Signal::SIGALRM => "Alarm clock",
        Signal::SIGTERM => "Terminated",
        other => other.as_str(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_in_mesos() {
        for (raw, expected) in [
            (0, "exited with status 0"),
            (3 << 8, "exited with status 3"),
            (9, "terminated with signal Killed"),
            (15, "terminated with signal Terminated"),
            (128 + 11, "terminated with signal Segmentation fault"),
        ] {
            assert_eq!(text(ExitStatus::from_raw(raw)), expected);
        }
    }
}
