//! Executables that are asked and told.

use std::path::PathBuf;

use clap::Args;

use super::Span;

/// Executables that are asked before something is destroyed, and told afterwards.
///
/// Their form is zdd.py's: `PATH old_app_json task_ids_json new_app_json`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Hooks")]
pub(crate) struct HookArgs {
    /// Executable that is asked before tasks are killed; unless it ends with 0, nothing more is done
    #[arg(long, value_name = "PATH")]
    pub(crate) pre_kill_hook: Option<PathBuf>,
    /// Executable that is asked before an app is deleted; unless it ends with 0, nothing more is done
    #[arg(long, value_name = "PATH")]
    pub(crate) before_delete_hook: Option<PathBuf>,
    /// Executable that is told when a version has taken over
    #[arg(long, value_name = "PATH")]
    pub(crate) after_promote_hook: Option<PathBuf>,
    /// How long each of them may take
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(crate) hook_timeout: Span,
}

impl HookArgs {
    /// The first that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let options = [
            ("--pre-kill-hook", &self.pre_kill_hook),
            ("--before-delete-hook", &self.before_delete_hook),
            ("--after-promote-hook", &self.after_promote_hook),
        ];
        options.into_iter().find(|(_, path)| path.is_some()).map(|(option, _)| option)
    }

    /// The one that was given and is never told on the way back.
    pub(crate) fn only_forward(&self) -> Option<&'static str> {
        self.after_promote_hook.as_ref().map(|_| "--after-promote-hook")
    }
}

/// The operator's own check of a new version, for where one is watched.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Hooks")]
pub(crate) struct CheckHookArgs {
    /// Executable that is asked again and again while a canary is watched; unless it ends with 0, a limit is
    /// passed
    #[arg(long, value_name = "PATH")]
    pub(crate) check_hook: Option<PathBuf>,
    /// How long to wait between two of its answers
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "check_hook")]
    pub(crate) check_every: Span,
}
