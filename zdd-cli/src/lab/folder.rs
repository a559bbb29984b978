//! A folder that goes with this program.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::{Builder, TempDir};

/// The longest that the name of a folder for sockets may be: the path of a unix socket has room for
/// 107 bytes, and HAProxy adds some of its own.
const LONGEST: usize = 48;

/// A new folder for sockets, which nobody else may enter. It is removed at the end, also when this
/// program is killed.
#[derive(Debug)]
pub(super) struct Folder {
    folder: TempDir,
    /// Waits for the end of its input, which is the end of this program, however it comes.
    remover: Child,
}

impl Folder {
    pub(super) fn new() -> io::Result<Self> {
        let folder = Builder::new()
            .prefix("zdd-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(place(std::env::temp_dir()))?;
        let remover = Command::new("/bin/sh")
            .args(["-c", "read -r _; rm -rf -- \"$1\"", "zdd-lab-folder"])
            .arg(folder.path())
            // What Ctrl-C sends is not for it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { folder, remover })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.remover.stdin.take());
        // The folder is removed once more, with an error that nobody needs, where this fails.
        let _ = self.remover.wait();
    }
}

/// Where the folder is made: in the usual place, if a socket's path has room for it.
fn place(usual: PathBuf) -> PathBuf {
    if usual.as_os_str().len() <= LONGEST { usual } else { "/tmp".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_this_users_alone_and_gone_at_the_end() {
        let folder = Folder::new().unwrap();
        let path = folder.path().to_path_buf();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::write(path.join("a"), "b").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_long_place_is_left_for_a_short_one() {
        assert_eq!(place("/var/tmp".into()), Path::new("/var/tmp"));
        assert_eq!(place(format!("/{}", "x".repeat(60)).into()), Path::new("/tmp"));
    }
}
