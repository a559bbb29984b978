//! Follows deployments: what the verbs `deploy`, `resume`, `abort` and `status` have in common.
//!
//! Marathon carries a deployment out by itself; whoever follows it only looks. Events say when to
//! look again, the state says what is: an event that was lost, came twice or lies changes nothing.

mod closing;
mod console;
mod end;
mod follower;
mod journal;
mod operator;
mod outcome;
mod raised;
mod seen;
#[cfg(test)]
mod tests;

pub(crate) use closing::{Asked, EndLine, VerdictLine, close};
pub(crate) use console::{Console, Note};
pub(crate) use end::{End, How};
pub(crate) use follower::{Follower, Stop};
pub(crate) use journal::{Journal, Recording, RecordingFailed};
pub(crate) use operator::{Answer, Operator, Terminal, line_of_terminal};
pub(crate) use outcome::{Closing, Course, carry_on, on_failure};
pub(crate) use seen::{Scope, Seen};
