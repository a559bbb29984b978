//! Starts HAProxy, loads configurations into it, and ends it.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::fs;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::ProcessError;
use super::ask::ask;
use super::output::{Output, said};
use super::watchdog::Watchdog;
use crate::bridge::config::{Configuration, Listeners};
use crate::socket::{Address, Socket};

/// How long a new worker may take to come up.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How often it is asked meanwhile.
const ASKED_EVERY: Duration = Duration::from_millis(10);
/// How long the master may be deaf while it loads itself anew, which it does with each reload.
const DEAF_WITHIN: Duration = Duration::from_secs(5);
/// What a unix socket's path may have, with what HAProxy adds while it binds it.
const LONGEST_PATH: usize = 90;

/// A running HAProxy.
#[derive(Debug)]
pub(crate) struct Haproxy {
    executable: PathBuf,
    listeners: Listeners,
    socket: Socket,
    child: Child,
    watchdog: Option<Watchdog>,
    output: Output,
}

impl Haproxy {
    /// Starts it. States and weights that were saved are taken over.
    pub(crate) async fn start(
        executable: &Path,
        listeners: &Listeners,
        configuration: &Configuration,
    ) -> Result<Self, ProcessError> {
        let socket = listeners.admin_socket();
        if socket.as_os_str().len() > LONGEST_PATH {
            return Err(ProcessError::LongPath { path: socket.display().to_string() });
        }
        prepare(listeners).await?;
        let file = write(executable, listeners, configuration).await?;
        let failed = |cause: io::Error| ProcessError::Start {
            executable: executable.display().to_string(),
            cause: cause.to_string(),
        };
        let mut master = listeners.master_socket().into_os_string();
        master.push(",mode,600");
        let mut child = Command::new(executable)
            .arg("-W")
            .arg("-S")
            .arg(master)
            .arg("-f")
            .arg(file)
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let watchdog = match child.id() {
            Some(leader) => Some(Watchdog::over(leader).map_err(failed)?),
            None => None,
        };
        let output = Output::default();
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(output.clone().keep(stderr));
        }
        let socket = Socket::new(Address::Unix(socket));
        let (executable, listeners) = (executable.into(), listeners.clone());
        let mut haproxy = Self { executable, listeners, socket, child, watchdog, output };
        match haproxy.await_worker(None).await {
            Ok(()) => Ok(haproxy),
            Err(error) => {
                haproxy.end().await;
                Err(error)
            }
        }
    }

    /// Loads a configuration with a new worker, which takes over the listening sockets, and the
    /// states and weights of servers. The old one serves what it has to its end.
    pub(crate) async fn reload(&mut self, new: &Configuration) -> Result<(), ProcessError> {
        let before = self.socket.info().await?.worker.pid;
        write(&self.executable, &self.listeners, new).await?;
        self.save_state().await?;
        self.master("reload").await?;
        self.await_worker(Some(before)).await
    }

    /// Writes a configuration that is in force already, for whoever reloads HAProxy by hand. It is
    /// not checked: with many services that takes longer than everything else, and the next change
    /// would wait for it. Whatever is started or loaded here is written anew, and checked.
    pub(crate) async fn keep(&self, now: &Configuration) -> Result<(), ProcessError> {
        replace(&self.listeners.configuration_file(), now.to_text().as_bytes()).await
    }

    /// Saves states and weights of all servers, for the next worker.
    pub(crate) async fn save_state(&self) -> Result<(), ProcessError> {
        let command = "show servers state";
        let failed = |cause: String| crate::socket::SocketError::Cut {
            socket: self.socket.address().to_string(),
            command: command.into(),
            cause,
        };
        let state = ask(&self.listeners.admin_socket(), command).await;
        let state = state.map_err(|cause| failed(cause.to_string()))?;
        // Half of it would forget the other half.
        if !state.starts_with(b"1\n") || !state.ends_with(b"\n\n") {
            return Err(failed("it is not whole".into()).into());
        }
        replace(&self.listeners.state_file(), &state).await
    }

    /// Its admin socket.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The master, the worker, and each old worker that still has connections.
    pub(crate) async fn pids(master_socket: &Path) -> Result<Vec<u32>, ProcessError> {
        let until = Instant::now() + DEAF_WITHIN;
        let listed = loop {
            let listed = ask(master_socket, "show proc").await;
            if listed.is_ok() || Instant::now() >= until {
                break listed;
            }
            sleep(ASKED_EVERY).await;
        };
        let listed = listed.map_err(|cause| ProcessError::Master { cause: cause.to_string() })?;
        let listed = String::from_utf8_lossy(&listed);
        let first = listed.lines().filter_map(|line| line.split_whitespace().next());
        Ok(first.filter_map(|pid| pid.parse().ok()).collect())
    }

    /// Waits until it ends by itself. May be dropped meanwhile.
    pub(crate) async fn ended(&mut self) -> ProcessError {
        let status = self.child.wait().await;
        self.ended_with(status)
    }

    /// Ends it, with everything that goes on.
    pub(crate) async fn end(mut self) {
        self.end_rest().await;
        // Fails where it has ended before.
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
    }

    /// Ends what is left of it: workers live on for a moment when their master was killed.
    pub(crate) async fn end_rest(&mut self) {
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.end().await;
        }
    }

    fn ended_with(&self, status: io::Result<ExitStatus>) -> ProcessError {
        let status = status.map_or_else(|error| error.to_string(), |it| it.to_string());
        ProcessError::Ended { status, said: self.output.last() }
    }

    async fn master(&self, command: &str) -> Result<Vec<u8>, ProcessError> {
        let asked = ask(&self.listeners.master_socket(), command).await;
        asked.map_err(|cause| ProcessError::Master { cause: cause.to_string() })
    }

    /// Waits until a worker answers that is not `before`, and the master does, which is ready later:
    /// what it is told until then is lost.
    async fn await_worker(&mut self, before: Option<u32>) -> Result<(), ProcessError> {
        let until = Instant::now() + READY_WITHIN;
        let socket = self.listeners.admin_socket();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.ended_with(Ok(status)));
            }
            if let Ok(answer) = ask(&socket, "show info").await {
                let answer = String::from_utf8_lossy(&answer);
                let pid = answer.lines().find_map(|line| line.strip_prefix("Pid: "));
                let pid = pid.and_then(|pid| pid.trim().parse::<u32>().ok());
                if let Some(pid) = pid.filter(|pid| Some(*pid) != before)
                    && Self::pids(&self.listeners.master_socket())
                        .await
                        .is_ok_and(|pids| pids.contains(&pid))
                {
                    return Ok(());
                }
            }
            if Instant::now() >= until {
                let seconds = READY_WITHIN.as_secs();
                return Err(ProcessError::NotReady { seconds, said: self.output.last() });
            }
            sleep(ASKED_EVERY).await;
        }
    }
}

/// Makes the folder, for this user only, and what HAProxy expects in it.
async fn prepare(listeners: &Listeners) -> Result<(), ProcessError> {
    let folder = &listeners.folder;
    fs::create_dir_all(folder).await.map_err(|cause| file(folder, &cause))?;
    let only_mine = std::fs::Permissions::from_mode(0o700);
    fs::set_permissions(folder, only_mine).await.map_err(|cause| file(folder, &cause))?;
    let state = listeners.state_file();
    let made = fs::OpenOptions::new().append(true).create(true).open(&state).await;
    made.map(drop).map_err(|cause| file(&state, &cause))
}

/// Writes the configuration, if HAProxy takes it.
async fn write(
    executable: &Path,
    listeners: &Listeners,
    configuration: &Configuration,
) -> Result<PathBuf, ProcessError> {
    let new = listeners.folder.join("haproxy.cfg.new");
    let text = configuration.to_text();
    fs::write(&new, text).await.map_err(|cause| file(&new, &cause))?;
    let mut check = Command::new(executable);
    let checked = check.arg("-c").arg("-f").arg(&new).kill_on_drop(true).output().await;
    let checked = checked.map_err(|cause| ProcessError::Start {
        executable: executable.display().to_string(),
        cause: cause.to_string(),
    })?;
    if !checked.status.success() {
        return Err(ProcessError::Configuration { said: said(&checked.stderr) });
    }
    let path = listeners.configuration_file();
    fs::rename(&new, &path).await.map_err(|cause| file(&path, &cause))?;
    Ok(path)
}

/// Replaces a file as a whole.
async fn replace(path: &Path, bytes: &[u8]) -> Result<(), ProcessError> {
    let new = path.with_extension("new");
    fs::write(&new, bytes).await.map_err(|cause| file(&new, &cause))?;
    fs::rename(&new, path).await.map_err(|cause| file(path, &cause))
}

fn file(path: &Path, cause: &io::Error) -> ProcessError {
    ProcessError::File { path: path.display().to_string(), cause: cause.to_string() }
}
