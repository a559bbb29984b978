//! A real HAProxy for tests: on loopback, unprivileged, gone with the test.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

pub(crate) mod fake;

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The account of a HAProxy that is started by root.
const NOBODY: u32 = 65_534;

/// How long anything may take before a test gives up. Nothing depends on it being short.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A HAProxy, and those that it replaced.
pub(crate) struct Haproxy {
    dir: TempDir,
    is_master: bool,
    /// The newest is the last.
    processes: Vec<Child>,
}

impl Haproxy {
    /// Starts one with `sections` behind a usual `global` and `defaults`.
    pub(crate) fn start(sections: &str) -> Self {
        Self::start_with("", sections)
    }

    /// The same with more lines in `global`. `@DIR@` is its directory.
    pub(crate) fn start_with(global: &str, sections: &str) -> Self {
        Self::begin(global, sections, false)
    }

    /// The same as a master with workers.
    pub(crate) fn start_master(sections: &str) -> Self {
        Self::start_master_with("", sections)
    }

    /// The same with more lines in `global`.
    pub(crate) fn start_master_with(global: &str, sections: &str) -> Self {
        Self::begin(global, sections, true)
    }

    fn begin(global: &str, sections: &str, is_master: bool) -> Self {
        let dir = tempfile::Builder::new().prefix("hap").tempdir().unwrap();
        if is_root(dir.path()) {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut haproxy = Self { dir, is_master, processes: Vec::new() };
        haproxy.configure(global, sections);
        haproxy.launch(&[]);
        haproxy
    }

    /// Writes the configuration that the next start reads.
    pub(crate) fn configure(&self, global: &str, sections: &str) {
        let text = format!(
            "global\n  stats socket @DIR@/admin.sock mode 600 level admin expose-fd listeners\n  \
             stats timeout 60s\n  maxconn 300\n{global}\n\
             defaults\n  mode http\n  timeout connect 1s\n  timeout client 60s\n  \
             timeout server 60s\n{sections}\n"
        );
        let text = text.replace("@DIR@", self.dir.path().to_str().unwrap());
        fs::write(self.dir.path().join("haproxy.cfg"), text).unwrap();
    }

    /// The admin socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("admin.sock")
    }

    /// A path in its directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Takes all that runs away, at once.
    pub(crate) fn kill(&mut self) {
        for mut process in self.processes.drain(..) {
            let group = i32::try_from(process.id()).unwrap();
            // Fails where the last of them is gone already.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            process.wait().unwrap();
        }
    }

    /// Stops the processes where they are, as if they hung.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        for process in &self.processes {
            killpg(Pid::from_raw(i32::try_from(process.id()).unwrap()), signal).unwrap();
        }
    }

    /// Starts it again after [`kill`](Self::kill).
    pub(crate) fn restart(&mut self) {
        assert!(self.processes.is_empty(), "it was killed");
        self.launch(&[]);
    }

    /// Replaces the process: by a new one that tells the old one to end, or through the master.
    pub(crate) fn reload(&mut self) {
        let before = self.pid();
        if self.is_master {
            // The master closes without an answer, or resets the connection.
            let _ = ask(&self.path("master.sock"), "reload");
        } else {
            let old = self.processes.last().unwrap().id().to_string();
            self.spawn(&["-x", self.socket().to_str().unwrap(), "-sf", &old]);
        }
        await_that("another worker answers", || self.try_pid().is_some_and(|pid| pid != before));
    }

    /// The process id of the worker that answers.
    pub(crate) fn pid(&self) -> String {
        self.try_pid().expect("HAProxy answers")
    }

    fn try_pid(&self) -> Option<String> {
        let info = ask(&self.socket(), "show info")?;
        info.lines().find_map(|line| line.strip_prefix("Pid: ")).map(str::to_owned)
    }

    /// What a command answers, by the shortest way: independent of the code under test.
    pub(crate) fn ask(&self, command: &str) -> String {
        ask(&self.socket(), command).expect("HAProxy answers")
    }

    fn launch(&mut self, arguments: &[&str]) {
        self.spawn(arguments);
        let log = self.path("log");
        let newest = self.processes.last_mut().unwrap();
        let socket = self.dir.path().join("admin.sock");
        await_that("HAProxy answers", || {
            if let Some(status) = newest.try_wait().unwrap() {
                panic!("HAProxy ended, {status}: {}", fs::read_to_string(&log).unwrap());
            }
            ask(&socket, "show info").is_some()
        });
        if self.is_master {
            // The worker is ready first. Signals and commands for the master are lost until it is.
            await_that("the master answers", || {
                ask(&self.path("master.sock"), "show proc").is_some_and(|it| it.contains("worker"))
            });
        }
    }

    fn spawn(&mut self, arguments: &[&str]) {
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let mut command = Command::new("haproxy");
        if self.is_master {
            command.arg("-W").arg("-S").arg(self.path("master.sock"));
        } else {
            command.arg("-db");
        }
        command.arg("-f").arg(self.dir.path().join("haproxy.cfg")).args(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.process_group(0);
        if fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0) {
            command.uid(NOBODY).gid(NOBODY);
        }
        self.processes.push(command.spawn().expect("haproxy is installed"));
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.kill();
    }
}

fn is_root(dir: &Path) -> bool {
    fs::metadata(dir).unwrap().uid() == 0
}

/// One command to a unix socket.
pub(crate) fn ask(socket: &Path, command: &str) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(LONG)).ok()?;
    stream.write_all(format!("{command}\n").as_bytes()).ok()?;
    // The master answers nobody who could say more.
    stream.shutdown(Shutdown::Write).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Waits until something holds.
pub(crate) fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONG, "not within {LONG:?}: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// A port that is free just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
