//! Where HAProxy is.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Its name, wherever it is.
const NAME: &str = "haproxy";
/// Where systems put it. Those are not in everybody's path.
const USUAL: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

/// The executable of HAProxy, if there is one.
pub(super) fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).chain(USUAL.map(PathBuf::from)).collect();
    find_in(&folders)
}

fn find_in(folders: &[PathBuf]) -> Option<PathBuf> {
    // A relative folder would be another one as soon as somebody works elsewhere.
    let absolute = folders.iter().filter(|folder| folder.is_absolute());
    absolute.map(|folder| folder.join(NAME)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn the_first_that_can_be_run_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let [none, text, folders, first, second] =
            ["none", "text", "folder", "first", "second"].map(|name| folder.path().join(name));
        fs::create_dir_all(folders.join(NAME)).unwrap();
        for (place, mode) in [(&text, 0o644), (&first, 0o755), (&second, 0o755)] {
            fs::create_dir(place).unwrap();
            fs::write(place.join(NAME), "").unwrap();
            fs::set_permissions(place.join(NAME), Permissions::from_mode(mode)).unwrap();
        }
        let wanted = first.join(NAME);
        let all = [none, "first".into(), text, folders, first, second];
        assert_eq!(find_in(&all), Some(wanted));
        assert_eq!(find_in(&all[..4]), None);
    }
}
