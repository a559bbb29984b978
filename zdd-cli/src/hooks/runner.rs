//! Calls a hook, and follows it to its end.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::group::Group;
use super::lines;
use super::occasion::{Files, Texts};
use super::{Cause, Event, Occasion, Outcome, environment};

/// How long a hook that is told to stop may take for that.
const GRACE: Duration = Duration::from_secs(5);
/// How long the end of a killed hook is waited for.
const DIES_WITHIN: Duration = Duration::from_secs(5);
/// How long the last lines of a hook are waited for that has ended: a process that it left behind may keep
/// its pipes open for ever.
const LAST_LINES: Duration = Duration::from_secs(1);

/// An executable of the operator.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    path: PathBuf,
    limit: Duration,
    environment: Vec<(OsString, OsString)>,
}

/// Where the lines of a hook go.
pub(crate) type Say<'s> = &'s mut (dyn FnMut(&str) + Send);

impl Hook {
    /// The executable at `path`, which may take as long as `limit`.
    pub(crate) fn new(path: PathBuf, limit: Duration) -> Self {
        Self::with_environment(path, limit, env::vars_os())
    }

    /// The same, run by a zdd with other variables.
    pub(super) fn with_environment(
        path: PathBuf,
        limit: Duration,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        Self { path, limit, environment: environment::of_hooks(variables) }
    }

    /// Calls it and waits for its end. Each line that it prints goes to `say`, with the event before it.
    ///
    /// Whoever drops this future kills the hook.
    pub(crate) async fn run(&self, occasion: &Occasion<'_>, say: Say<'_>) -> Outcome {
        self.run_until(occasion, say, sleep(self.limit), GRACE).await
    }

    /// The same, with a limit that is over when `late` is.
    pub(super) async fn run_until(
        &self,
        occasion: &Occasion<'_>,
        say: Say<'_>,
        late: impl Future<Output = ()>,
        grace: Duration,
    ) -> Outcome {
        match self.followed(occasion, say, late, grace).await {
            Ok(Some(status)) if status.success() => Outcome::Passed,
            Ok(Some(status)) => Outcome::Refused { status },
            Ok(None) => Outcome::TimedOut { limit: self.limit },
            Err(cause) => Outcome::NotRun { cause },
        }
    }

    /// Its status; `None` if it took too long.
    async fn followed(
        &self,
        occasion: &Occasion<'_>,
        say: Say<'_>,
        late: impl Future<Output = ()>,
        grace: Duration,
    ) -> Result<Option<ExitStatus>, Cause> {
        let texts = occasion.texts();
        let files = texts.files().map_err(Cause::Files)?;
        let mut child = self.start(occasion.event, &texts, &files).map_err(Cause::Start)?;
        let mut group = Group::led_by(child.id());
        let mut output = Output::of(&mut child, texts.object, occasion.event, say);
        let ended = tokio::select! {
            biased;
            status = child.wait() => Some(status),
            () = late => None,
            () = output.pass_on_for_ever() => None,
        };
        let status = if let Some(status) = ended {
            Some(status.map_err(Cause::Wait)?)
        } else {
            stop(&mut child, &group, grace, &mut output).await;
            None
        };
        group.let_go();
        tokio::select! {
            () = output.pass_on() => {}
            () = sleep(LAST_LINES) => {}
        }
        Ok(status)
    }

    fn start(&self, event: Event, texts: &Texts, files: &Files) -> io::Result<Child> {
        match self.command(event, files).args(texts.arguments()).spawn() {
            // Some limits are on all of them together, and on the environment with them.
            Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => {
                self.command(event, files).args(["", "", ""]).spawn()
            }
            started => started,
        }
    }

    fn command(&self, event: Event, files: &Files) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("ZDD_EVENT", event.as_str())
            .envs(files.paths.iter().map(|(name, path)| (name, path)))
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Tells a hook and all that it started to stop, and kills what has not done so after `grace`.
async fn stop(child: &mut Child, group: &Group, grace: Duration, output: &mut Output<'_>) {
    group.signal(Signal::SIGTERM);
    tokio::select! {
        () = stopped(child, group, grace) => {}
        () = output.pass_on_for_ever() => {}
    }
    group.signal(Signal::SIGKILL);
    // One that does not die of it is stuck in the kernel.
    let _ = timeout(DIES_WITHIN, child.wait()).await;
}

/// Waits until nothing is left of a hook that was told to stop, for `grace` at most.
async fn stopped(child: &mut Child, group: &Group, grace: Duration) {
    tokio::select! {
        // As long as its leader is not waited for, a group does not count as empty.
        _ = child.wait() => group.is_empty_within(grace).await,
        () = sleep(grace) => {}
    }
}

/// What a hook prints, on its way to whoever shows it.
struct Output<'s> {
    lines: mpsc::Receiver<String>,
    said: usize,
    event: Event,
    say: Say<'s>,
    /// Stop when this is dropped.
    _tasks: JoinSet<()>,
}

impl<'s> Output<'s> {
    /// Feeds `input` to the hook meanwhile.
    fn of(child: &mut Child, input: String, event: Event, say: Say<'s>) -> Self {
        let (to, lines) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            tasks.spawn(lines::read(stdout, to.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tasks.spawn(lines::read(stderr, to));
        }
        if let Some(mut stdin) = child.stdin.take() {
            tasks.spawn(async move {
                // A hook need not read: it has arguments and files, too.
                let _ = stdin.write_all(input.as_bytes()).await;
            });
        }
        Self { lines, said: 0, event, say, _tasks: tasks }
    }

    /// Until there are no more.
    async fn pass_on(&mut self) {
        while let Some(line) = self.lines.recv().await {
            self.said += 1;
            match self.said {
                ..=lines::MOST => (self.say)(&format!("{}: {line}", self.event)),
                said if said == lines::MOST + 1 => {
                    (self.say)(&format!("{}: … more than that is not shown", self.event));
                }
                _ => {}
            }
        }
    }

    /// The same, but its end says nothing: a hook may close its output and go on.
    async fn pass_on_for_ever(&mut self) {
        self.pass_on().await;
        std::future::pending::<()>().await;
    }
}
