//! The folders of tasks.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zdd_core::units::TaskId;

/// The folders of so many tasks that have ended are kept, for whoever wants to know why they did.
const KEPT: usize = 100;

/// The longest that `stdout` and `stderr` of a task become before they are cut, in bytes. Mesos' own
/// logger knows no bound, but a lab may run for weeks on the disk of a laptop.
const LONGEST: u64 = 16 << 20;

/// The names of the files that a task writes to, which are Mesos'.
const OUTPUTS: [&str; 2] = ["stdout", "stderr"];

/// A folder with a folder for each task: where it runs, with what it wrote to `stdout` and `stderr`.
/// Only its owner can look inside.
#[derive(Debug)]
pub(crate) struct Sandboxes {
    folder: PathBuf,
    ended: Mutex<VecDeque<PathBuf>>,
}

/// The folder of a task, and the files that are its output.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) path: PathBuf,
    pub(crate) stdout: File,
    pub(crate) stderr: File,
}

impl Sandboxes {
    /// Makes the folder, which must not be there yet.
    pub(crate) fn new(folder: PathBuf) -> io::Result<Self> {
        private().create(&folder)?;
        Ok(Self { folder, ended: Mutex::default() })
    }

    /// The folder with all folders.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder of a task.
    pub(crate) fn create(&self, task: &TaskId) -> io::Result<Sandbox> {
        // The id of a task has no slashes: Mesos makes a folder of it, too.
        let path = self.folder.join(task.as_str().replace('/', "_"));
        private().create(&path)?;
        // To append is what lets a file be cut while it is written to.
        let open = |name| OpenOptions::new().create(true).append(true).open(path.join(name));
        Ok(Sandbox { stdout: open(OUTPUTS[0])?, stderr: open(OUTPUTS[1])?, path })
    }

    /// Lets go of the folder of a task that has ended, some time.
    pub(crate) fn retire(&self, path: PathBuf) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push_back(path);
        if ended.len() > KEPT
            && let Some(oldest) = ended.pop_front()
        {
            // What cannot be removed now is removed with the whole folder.
            let _ = fs::remove_dir_all(oldest);
        }
    }

    /// Empties the outputs that have become too long.
    pub(crate) fn cut(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            for name in OUTPUTS {
                let path = entry.path().join(name);
                if fs::metadata(&path).is_ok_and(|file| file.len() > LONGEST) {
                    // Tried again at the next look.
                    let _ = OpenOptions::new().write(true).truncate(true).open(path);
                }
            }
        }
    }
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_task_has_a_folder_with_its_output_for_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let sandboxes = Sandboxes::new(directory.path().join("tasks")).unwrap();
        let mut first = sandboxes.create(&"a.1".parse().unwrap()).unwrap();
        first.stdout.write_all(b"hello").unwrap();
        assert_eq!(fs::read(first.path.join("stdout")).unwrap(), b"hello");
        assert_eq!(fs::read(first.path.join("stderr")).unwrap(), b"");

        sandboxes.retire(first.path.clone());
        for n in 0..KEPT - 1 {
            sandboxes.retire(sandboxes.create(&format!("b.{n}").parse().unwrap()).unwrap().path);
        }
        assert!(first.path.exists());
        sandboxes.retire(sandboxes.create(&"c.1".parse().unwrap()).unwrap().path);
        assert!(!first.path.exists());
    }

    #[test]
    fn an_output_that_is_too_long_is_cut_while_it_is_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let sandboxes = Sandboxes::new(directory.path().join("tasks")).unwrap();
        let mut task = sandboxes.create(&"a.1".parse().unwrap()).unwrap();
        let length = || fs::metadata(directory.path().join("tasks/a.1/stdout")).unwrap().len();
        task.stdout.set_len(LONGEST).unwrap();
        sandboxes.cut();
        assert_eq!(length(), LONGEST);
        task.stdout.write_all(b"x").unwrap();
        sandboxes.cut();
        assert_eq!(length(), 0);
        task.stdout.write_all(b"more").unwrap();
        assert_eq!(length(), 4);
    }
}
