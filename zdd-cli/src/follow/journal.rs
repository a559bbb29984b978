//! Keeps what Marathon reports: for the verdict, and for a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use zdd_core::app::App;
use zdd_core::ports::{AppStatus, Event};
use zdd_core::units::AppId;
use zdd_core::verify::recording::{self, SeenApp};
use zdd_core::verify::{LogReader, Replay, Replayed};

use super::Seen;
use crate::error::CliError;

/// What was reported so far: events, and the state where they do not say it.
#[derive(Debug)]
pub(crate) struct Journal {
    reader: LogReader,
    replay: Replay,
    file: Option<Recording>,
    /// The release of Marathon, as it writes it.
    marathon: String,
    apps: BTreeMap<AppId, Definitions>,
    due: Option<Due>,
    has_begun: bool,
}

/// The definition of an app.
#[derive(Debug, Default)]
struct Definitions {
    /// The newest that was seen.
    last: Option<App>,
    /// The one that our change took the place of.
    previous: Option<App>,
}

/// Why the state has to be noted down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Nothing is known yet, or a change was accepted.
    Change,
    /// Events are missing.
    Gap,
}

/// The file that is written on the side. When it cannot be written, the deployment goes on.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    file: File,
    failed: bool,
}

impl Recording {
    /// A new file. One that exists is left alone: it may be the only record of another deployment.
    /// A device, such as the terminal, holds nothing that could be lost.
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        let file = match File::create_new(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !is_device(path) {
                    return Err(CliError::RecordingExists(path.into()));
                }
                File::options().write(true).open(path)
            }
            file => file,
        };
        match file {
            Ok(file) => Ok(Self { path: path.into(), file, failed: false }),
            Err(error) => Err(CliError::Write { path: path.into(), error }),
        }
    }

    /// Whether it lacks what was to be written to it.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    /// Each line goes to the file at once, so that nothing is lost with this process.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), RecordingFailed> {
        if self.failed {
            return Ok(());
        }
        self.file.write_all(line).map_err(|error| {
            self.failed = true;
            RecordingFailed { path: self.path.clone(), error }
        })
    }
}

fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_char_device())
}

/// The file could not be written. It is said once; from then on nothing is written.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: cannot be written any more ({error}); the deployment goes on, its recording ends here",
    .path.display()
)]
pub(crate) struct RecordingFailed {
    path: PathBuf,
    error: io::Error,
}

impl Journal {
    /// Before the first event about `apps`.
    pub(crate) fn new(
        apps: impl IntoIterator<Item = AppId>,
        marathon: &str,
        file: Option<Recording>,
    ) -> Self {
        Self {
            reader: LogReader::new(),
            replay: Replay::new(),
            file,
            marathon: marathon.into(),
            apps: apps.into_iter().map(|app| (app, Definitions::default())).collect(),
            due: Some(Due::Change),
            has_begun: false,
        }
    }

    /// Takes an event. One that is none is left out: the state tells.
    pub(super) fn event(&mut self, event: &Event) -> Result<(), RecordingFailed> {
        recording::event(&event.json).map_or(Ok(()), |line| self.line(line))
    }

    /// Notes that events may be missing from here on.
    pub(super) fn gap(&mut self) {
        self.due = Some(Due::Gap);
    }

    /// Notes that events come from here on. What happened between the last of them, or the first
    /// look, and now is not known.
    pub(super) fn connected(&mut self) {
        if self.has_begun {
            self.gap();
        }
    }

    /// Notes that what was seen last is being replaced.
    pub(super) fn accepted(&mut self) {
        for app in self.apps.values_mut() {
            app.previous = app.last.clone();
        }
        self.due = self.due.or(Some(Due::Change));
    }

    /// Whether the state has to be noted down before the next event.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// Takes what is seen; it is noted down where events do not say it. Without events every moment
    /// lies behind a gap.
    pub(super) fn seen(&mut self, seen: &Seen, has_events: bool) -> Result<(), RecordingFailed> {
        let after_gap = |due| due == Due::Gap || !has_events;
        self.has_begun = true;
        let line = self.due.take().map(|due| self.snapshot(seen, after_gap(due)));
        for status in &seen.apps {
            if let Some(app) = self.apps.get_mut(status.app.id())
                && app.last.as_ref().and_then(App::version) != status.app.version()
            {
                app.last = Some(status.app.clone());
            }
        }
        line.map_or(Ok(()), |line| self.line(line))
    }

    fn snapshot(&self, seen: &Seen, after_gap: bool) -> String {
        let status = |id: &AppId| -> Option<&AppStatus> {
            seen.apps.iter().find(|status| status.app.id() == id)
        };
        let apps: Vec<_> = self
            .apps
            .iter()
            .map(|(id, it)| SeenApp { id, status: status(id), previous: it.previous.as_ref() })
            .collect();
        recording::snapshot(&recording::Seen {
            at: seen.at,
            marathon: &self.marathon,
            after_gap,
            apps: &apps,
            deployments: &seen.deployments,
        })
    }

    fn line(&mut self, mut line: String) -> Result<(), RecordingFailed> {
        line.push('\n');
        let replay = &mut self.replay;
        self.reader.push(line.as_bytes(), &mut |event| replay.push(&event));
        self.file.as_mut().map_or(Ok(()), |file| file.line(line.as_bytes()))
    }

    /// The file that lacks what was to be written to it, if it does.
    pub(super) fn incomplete(&self) -> Option<&Path> {
        self.file.as_ref().filter(|file| file.failed).map(|file| file.path.as_path())
    }

    /// What there is to say about it.
    pub(super) fn finish(self) -> Replayed {
        let Self { reader, mut replay, .. } = self;
        let issues = reader.finish(&mut |event| replay.push(&event));
        replay.finish(issues)
    }
}
