//! Exit statuses.

use std::process;

/// What the shell is told. The numbers 3 to 9 are those of marathon-lb's `zdd.py`.
///
/// One enum for all verbs, also those that come later, so that a number never means two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// What was asked for is done; the guarantee asked for is satisfiable, or held.
    Done = 0,
    /// The operator said no.
    Declined = 1,
    /// Wrong usage, unusable input, or a result or recording that could not be written.
    Usage = 2,
    /// The arguments contradict each other.
    InvalidCombination = 3,
    /// A definition lacks a field.
    MissingField = 4,
    /// The load balancer failed, or what is behind it.
    LoadBalancer = 5,
    /// Marathon failed, or stopped what was begun.
    Marathon = 6,
    /// An app could not be created.
    Create = 7,
    /// An app could not be removed.
    Delete = 8,
    /// An app could not be scaled.
    Scale = 9,
    /// The guarantee asked for cannot be kept, or it is not proven that it fits the cluster.
    NotSatisfiable = 10,
    /// The guarantee asked for was violated.
    Violated = 11,
    /// Another deployment holds the app.
    Locked = 12,
    /// The app is no longer what it was when the plan was made.
    Stale = 13,
    /// The deployment took longer than it may.
    Deadline = 14,
    /// The deployment was taken back.
    RolledBack = 15,
    /// Ctrl-C: the deployment was left to itself. The number is the one of shells.
    Left = 130,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// The statuses as `--help` lists them, also those of verbs that talk to a cluster.
pub(crate) const HELP: &str = "\
Exit status:
   0  done: the guarantee asked for is satisfiable, or held
   1  declined at a prompt
   2  wrong usage, input that cannot be used, or a result that cannot be written
   3  arguments that contradict each other
   4  a field is missing
   5  the load balancer failed, or a request to it
   6  Marathon failed
   7  an app could not be created
   8  an app could not be deleted
   9  an app could not be scaled
  10  the guarantee asked for is not satisfiable, or it is not proven to fit
  11  a guarantee was violated
  12  locked by someone else
  13  the plan is stale
  14  a deadline passed
  15  rolled back
 130  interrupted: what Marathon was told to do goes on without zdd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_each_number() {
        use ExitCode::{
            Create, Deadline, Done, InvalidCombination, Left, Locked, Marathon, NotSatisfiable,
            RolledBack, Scale, Stale, Usage, Violated,
        };
        let used = [Done, Usage, InvalidCombination, Marathon, Create, Scale, NotSatisfiable];
        for code in used.into_iter().chain([Violated, Locked, Stale, Deadline, RolledBack, Left]) {
            let number = format!("{:>4}  ", code as u8);
            assert!(HELP.lines().any(|line| line.starts_with(&number)), "{code:?}");
        }
        for number in 0..=15 {
            assert_eq!(HELP.matches(&format!("\n{number:>4}  ")).count(), 1, "{number}");
        }
    }
}
