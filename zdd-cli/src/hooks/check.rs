//! Whether hooks can be called at all, before anything is begun.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::args::{CheckHookArgs, HookArgs};

/// Why a hook cannot be called.
#[derive(Debug, thiserror::Error)]
#[error("{option} {}: {why}", .path.display())]
pub(crate) struct Unusable {
    option: &'static str,
    path: PathBuf,
    why: String,
}

impl Unusable {
    pub(crate) const fn hint() -> &'static str {
        "name an executable file: a path such as ./check.sh, or one in the PATH"
    }
}

/// Looks at all hooks that were given.
///
/// # Errors
///
/// When one of them is not there, is a folder, or cannot be executed by anybody.
pub(crate) fn check(hooks: &HookArgs, watching: Option<&CheckHookArgs>) -> Result<(), Unusable> {
    let given = [
        ("--pre-kill-hook", &hooks.pre_kill_hook),
        ("--before-delete-hook", &hooks.before_delete_hook),
        ("--after-promote-hook", &hooks.after_promote_hook),
        ("--check-hook", watching.map_or(&None, |it| &it.check_hook)),
    ];
    for (option, path) in given {
        let Some(path) = path else { continue };
        let checked = if is_bare(path) { in_path(path) } else { executable(path) };
        checked.map_err(|why| Unusable { option, path: path.clone(), why })?;
    }
    Ok(())
}

/// Whether it is a name without a folder, which is looked for in the PATH when it is called.
fn is_bare(path: &Path) -> bool {
    !path.as_os_str().to_string_lossy().contains('/')
}

fn in_path(name: &Path) -> Result<(), String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = env::split_paths(&path).any(|folder| executable(&folder.join(name)).is_ok());
    if is_there { Ok(()) } else { Err("no executable of this name is in the PATH".into()) }
}

fn executable(path: &Path) -> Result<(), String> {
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        _ => error.to_string(),
    })?;
    if !found.is_file() {
        return Err("it is no file".into());
    }
    match found.permissions().mode() & 0o111 {
        0 => Err("it is not executable".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;
    use crate::args::Span;

    fn checked(path: &Path) -> Result<(), Unusable> {
        let hooks = HookArgs {
            pre_kill_hook: Some("/bin/sh".into()),
            before_delete_hook: Some("sh".into()),
            after_promote_hook: None,
            hook_timeout: Span::FIVE_MINUTES,
        };
        let check_every = Span::FIVE_MINUTES;
        check(&hooks, Some(&CheckHookArgs { check_hook: Some(path.into()), check_every }))
    }

    #[test]
    fn what_cannot_be_called_is_said_of_each() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("check");
        let said = |path: &Path| checked(path).unwrap_err().to_string();
        assert_eq!(said(&file), format!("--check-hook {}: no such file", file.display()));
        fs::write(&file, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert!(said(&file).ends_with(": it is not executable"));
        assert!(said(folder.path()).ends_with(": it is no file"));
        let bare = Path::new("zdd-no-such-hook");
        assert!(said(bare).ends_with(": no executable of this name is in the PATH"));
        fs::set_permissions(&file, Permissions::from_mode(0o700)).unwrap();
        checked(&file).unwrap();
    }
}
