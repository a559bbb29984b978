//! Keeps what Marathon reports: for the verdict, and for a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zdd_core::app::App;
use zdd_core::ports::Event;
use zdd_core::verify::{LogReader, Replay, Replayed};

use crate::error::CliError;
use crate::verify::facts;

/// What was reported so far.
#[derive(Debug)]
pub(crate) struct Journal {
    reader: LogReader,
    replay: Replay,
    file: Option<Recording>,
    is_gapless: bool,
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
    pub(crate) fn create(path: &Path) -> Result<Self, CliError> {
        match File::create_new(path) {
            Ok(file) => Ok(Self { path: path.into(), file, failed: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(CliError::RecordingExists(path.into()))
            }
            Err(error) => Err(CliError::Write { path: path.into(), error }),
        }
    }

    /// Each line goes to the file at once, so that nothing is lost with this process.
    fn line(&mut self, line: &[u8]) -> Result<(), RecordingFailed> {
        if self.failed {
            return Ok(());
        }
        self.file.write_all(line).map_err(|error| {
            self.failed = true;
            RecordingFailed { path: self.path.clone(), error }
        })
    }
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
    /// Before the first event. `apps` are the definitions that events may not tell.
    pub(crate) fn new<'a>(
        apps: impl IntoIterator<Item = &'a App>,
        file: Option<Recording>,
    ) -> Self {
        let with =
            |replay: Replay, app: &App| replay.with_definition(app.id().as_str(), facts(app));
        let replay = apps.into_iter().fold(Replay::new(), with);
        Self { reader: LogReader::new(), replay, file, is_gapless: true }
    }

    /// Takes an event.
    pub(crate) fn event(&mut self, event: &Event) -> Result<(), RecordingFailed> {
        let line = format!("{}\n", event.json);
        self.line(line.as_bytes())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), RecordingFailed> {
        let replay = &mut self.replay;
        self.reader.push(line, &mut |event| replay.push(&event));
        self.file.as_mut().map_or(Ok(()), |file| file.line(line))
    }

    /// Notes that events may be missing from here on.
    pub(crate) fn gap(&mut self) {
        self.is_gapless = false;
    }

    /// Whether no event is missing between the first and the last.
    pub(crate) fn is_gapless(&self) -> bool {
        self.is_gapless
    }

    /// Whether all that was to be written to a file was.
    pub(crate) fn is_complete(&self) -> bool {
        self.file.as_ref().is_none_or(|file| !file.failed)
    }

    /// What there is to say about it.
    pub(crate) fn finish(self) -> Replayed {
        let Self { reader, mut replay, file: _, is_gapless: _ } = self;
        let issues = reader.finish(&mut |event| replay.push(&event));
        replay.finish(issues)
    }
}
