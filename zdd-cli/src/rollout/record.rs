//! Writes the recording of a rollout.

use std::fs;
use std::path::PathBuf;

use zdd_core::rollout::{Decision, Observation};
use zdd_core::units::Timestamp;
use zdd_core::verify::rollout::Recorder;
use zdd_core::verify::rollout::wire::{Begin, Ended};

use crate::error::CliError;
use crate::follow::{Recording, RecordingFailed};

/// The lines, and the file that they go to.
#[derive(Debug)]
pub(super) struct Scribe {
    recorder: Recorder,
    file: Recording,
    path: PathBuf,
    is_empty: bool,
}

impl Scribe {
    pub(super) fn create(path: PathBuf) -> Result<Self, CliError> {
        let file = Recording::create(&path)?;
        Ok(Self { recorder: Recorder::new(), file, path, is_empty: true })
    }

    pub(super) fn begin(&mut self, begin: Begin) -> Result<(), RecordingFailed> {
        let line = self.recorder.begin(begin);
        self.write([line])
    }

    pub(super) fn decided(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        decision: &Decision,
    ) -> Result<(), RecordingFailed> {
        let lines = self.recorder.looked(now, seen, decision);
        self.write(lines)
    }

    pub(super) fn done(&mut self, now: Timestamp) -> Result<(), RecordingFailed> {
        let line = self.recorder.done(now);
        self.write([line])
    }

    pub(super) fn end(&mut self, ended: Ended) -> Result<(), RecordingFailed> {
        let line = self.recorder.end(ended);
        self.write([line])
    }

    fn write(&mut self, lines: impl IntoIterator<Item = String>) -> Result<(), RecordingFailed> {
        for mut line in lines {
            self.is_empty = false;
            line.push('\n');
            self.file.line(line.as_bytes())?;
        }
        Ok(())
    }

    /// Ends it; says which file lacks what was to be written to it. One of a rollout that did not even begin is
    /// removed.
    pub(super) fn finish(self) -> Option<PathBuf> {
        if self.is_empty && fs::metadata(&self.path).is_ok_and(|it| it.is_file() && it.len() == 0) {
            // Where it cannot be removed, an empty file is left: nothing is lost.
            let _ = fs::remove_file(&self.path);
        }
        self.file.has_failed().then_some(self.path)
    }
}
