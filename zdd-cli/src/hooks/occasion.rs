//! What a hook is told, in the three ways in which it can be read.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use zdd_core::app::App;
use zdd_core::units::TaskId;

use super::Event;

/// The longest argument that is handed over. Linux takes 128 KiB for one; other systems count all
/// arguments and the environment together, and start with 256 KiB.
pub(super) const LONGEST_ARGUMENT: usize = 100 << 10;

/// What a hook is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// What it is called for.
    pub(crate) event: Event,
    /// The app that goes, as it was last seen; none where there was none before.
    pub(crate) old: Option<&'a App>,
    /// The tasks that are about to be killed.
    pub(crate) tasks: &'a [TaskId],
    /// The app that takes over, as it was last seen; none where nothing is left.
    pub(crate) new: Option<&'a App>,
}

/// The same as text.
#[derive(Debug)]
pub(super) struct Texts {
    /// One object, for standard input.
    pub(super) object: String,
    /// Old app, tasks, new app.
    parts: [String; 3],
}

/// Files that are there as long as this is. Their folder can be read by nobody else.
#[derive(Debug)]
pub(super) struct Files {
    _folder: TempDir,
    /// Name of the variable, and path.
    pub(super) paths: [(&'static str, PathBuf); 3],
}

impl Occasion<'_> {
    pub(super) fn texts(&self) -> Texts {
        let app = |app: Option<&App>| app.map_or(Value::Null, |app| app.as_json().clone().into());
        let tasks: Value = self.tasks.iter().map(TaskId::as_str).collect();
        let parts = [app(self.old), tasks, app(self.new)];
        let texts = parts.each_ref().map(Value::to_string);
        let [old, tasks, new] = parts;
        let object = json!({
            "event": self.event.as_str(),
            "old_app": old,
            "task_ids": tasks,
            "new_app": new,
        });
        Texts { object: object.to_string(), parts: texts }
    }
}

impl Texts {
    /// The arguments: empty where they would be too long.
    pub(super) fn arguments(&self) -> [&str; 3] {
        self.parts.each_ref().map(|it| if it.len() > LONGEST_ARGUMENT { "" } else { it })
    }

    pub(super) fn files(&self) -> io::Result<Files> {
        let folder = tempfile::Builder::new().prefix("zdd-hook-").tempdir()?;
        let [old, tasks, new] = &self.parts;
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).map(|()| path)
        };
        let paths = [
            ("ZDD_OLD_APP_FILE", write("old-app.json", old)?),
            ("ZDD_TASKS_FILE", write("tasks.json", tasks)?),
            ("ZDD_NEW_APP_FILE", write("new-app.json", new)?),
        ];
        Ok(Files { _folder: folder, paths })
    }
}
