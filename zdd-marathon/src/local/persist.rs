//! What a lab remembers from one run to the next.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use zdd_core::app::{App, Group};
use zdd_core::simulate::Marathon;
use zdd_core::units::{AppId, Timestamp};

/// The shape of the file. Another number is another shape.
const FORMAT: u32 = 1;

/// The state, whole.
const FILE: &str = "marathon.json";

/// The state while it is being written.
const NEW_FILE: &str = "marathon.json.new";

/// Held by the lab that uses the folder.
const LOCK_FILE: &str = "lock";

/// A folder that keeps the apps and their versions.
///
/// It is written on every change of an app or group, before the change is answered: into a new file
/// that then takes the place of the old one, so that a crash leaves the one or the other.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// Locked as long as the store is open.
    lock: File,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The version of what was written last; none before the first change.
    written: Option<Timestamp>,
    fault: Option<String>,
}

/// What was kept.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Kept {
    /// All apps and groups.
    pub(crate) root: Group,
    /// The versions of each app, the newest first.
    pub(crate) history: BTreeMap<AppId, Vec<App>>,
}

/// Why a folder cannot keep the state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("cannot use the folder `{}`", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another lab uses it.
    #[error("the folder `{}` is in use by another lab", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The state cannot be read.
    #[error("cannot read the state in `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The state is damaged, or not one.
    #[error("the state in `{}` is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What and where.
        #[source]
        source: serde_json::Error,
    },
    /// The state has another shape.
    #[error(
        "the state in `{}` is of format {found}, and this version reads format {FORMAT}",
        path.display()
    )]
    Format {
        /// Which file.
        path: PathBuf,
        /// The format it says it has.
        found: u32,
    },
}

impl StoreError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Damaged { path, .. } | Self::Format { path, .. } => Some(format!(
                "move `{}` away to begin with nothing, or name another folder",
                path.display()
            )),
            Self::InUse { .. } => Some("end the other lab, or name another folder".into()),
            Self::Folder { .. } | Self::Read { .. } => None,
        }
    }
}

impl Store {
    /// Opens a folder, which is made if it is not there, and reads what it keeps.
    pub(crate) fn open(folder: PathBuf) -> Result<(Self, Option<Kept>), StoreError> {
        let refused = |source| StoreError::Folder { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(refused)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK_FILE))
            .map_err(refused)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::InUse { path: folder.clone() },
            TryLockError::Error(source) => refused(source),
        })?;
        let kept = read(&folder.join(FILE))?;
        Ok((Self { folder, lock, state: Mutex::default() }, kept))
    }

    /// Writes the state if it is another one than what was written last.
    pub(crate) fn keep(&self, marathon: &Marathon) {
        let mut state = self.state();
        let version = marathon.root_version();
        if state.written == Some(version) && state.fault.is_none() {
            return;
        }
        match write(&self.folder, marathon) {
            Ok(()) => *state = State { written: Some(version), fault: None },
            Err(error) => state.fault = Some(error.to_string()),
        }
    }

    /// Why the state could not be written the last time, if it could not.
    pub(crate) fn fault(&self) -> Option<String> {
        self.state().fault.clone()
    }

    /// Lets another lab use the folder. Nothing may be kept after that.
    pub(crate) fn release(&self) {
        let _ = self.lock.unlock();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To close the file would not be enough: for a moment, a process that is just being started has it
/// open, too.
impl Drop for Store {
    fn drop(&mut self) {
        self.release();
    }
}

fn read(path: &Path) -> Result<Option<Kept>, StoreError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::Read { path: path.into(), source }),
    };
    let damaged = |source| StoreError::Damaged { path: path.into(), source };
    // Its number comes first: what else there is depends on it.
    let Format { format } = serde_json::from_slice(&text).map_err(damaged)?;
    if format != FORMAT {
        return Err(StoreError::Format { path: path.into(), found: format });
    }
    serde_json::from_slice(&text).map(Some).map_err(damaged)
}

fn write(folder: &Path, marathon: &Marathon) -> io::Result<()> {
    let new = folder.join(NEW_FILE);
    // What apps have in their environment is nobody else's business.
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    let mut file = BufWriter::new(file);
    serde_json::to_writer(&mut file, &Writing::of(marathon))?;
    file.flush()?;
    file.get_ref().sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    // The new name is on the disk only when its folder is.
    File::open(folder)?.sync_all()
}

/// What is written: the same as [`Kept`], borrowed.
#[derive(Serialize)]
struct Writing<'a> {
    format: u32,
    root: &'a Group,
    history: BTreeMap<&'a AppId, Vec<&'a App>>,
}

impl<'a> Writing<'a> {
    fn of(marathon: &'a Marathon) -> Self {
        let root = marathon.root();
        let versions = |app: &'a App| {
            (app.id(), marathon.history(app.id()).map(|version| &**version).collect())
        };
        Self { format: FORMAT, root, history: root.all_apps().map(versions).collect() }
    }
}
