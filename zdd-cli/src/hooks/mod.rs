//! Executables of the operator that are asked before something is destroyed, and told afterwards.
//!
//! A hook is called as zdd.py calls its `--pre-kill-hook`: `PATH old_app_json task_ids_json new_app_json`, in
//! compact JSON. Exit status 0 means to go on, anything else refuses. Beyond that:
//!
//! - the event is in `ZDD_EVENT`: `before-kill`, `before-delete` or `after-promote`;
//! - the old app is the one that goes, also on the way back; an app that is not there is `null`;
//! - the same JSON comes on standard input, as one object with `event`, `old_app`, `task_ids` and `new_app`,
//!   and in files that `ZDD_OLD_APP_FILE`, `ZDD_TASKS_FILE` and `ZDD_NEW_APP_FILE` name and that last as long
//!   as the hook runs;
//! - a text of more than 100 KiB is in these two only: its argument is empty, as the system would start
//!   nothing with it;
//! - no shell is in between, and what zdd logs in with is not in its environment;
//! - it is killed when it takes too long, with everything that it started and that has not left its process
//!   group; what it leaves running when it ends in time is left alone, but no longer listened to;
//! - what it prints goes on, line by line and within bounds;
//! - whether it can be called at all is looked at before anything is begun.
//!
//! Arguments and environments of processes can be read by others of the same machine: whoever has secrets
//! in definitions should not have a hook, as with zdd.py.

mod check;
mod environment;
mod event;
mod group;
mod lines;
mod occasion;
mod outcome;
mod runner;
#[cfg(test)]
mod tests;

pub(crate) use check::{Unusable, check};
pub(crate) use event::Event;
pub(crate) use occasion::Occasion;
pub(crate) use outcome::{Cause, Outcome};
pub(crate) use runner::Hook;
