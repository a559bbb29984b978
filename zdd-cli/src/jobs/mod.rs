//! `zdd jobs`: a canary as three jobs of Metronome.
//!
//! ```text
//! FILE ── template: image, revision ──► App ── check: can it be a canary? ──► job ──► files or a list
//! ```

mod check;
mod error;
mod job;
mod means;
mod place_holder;
mod template;
mod verb;
mod wire;

pub(crate) use error::JobsError;
pub(crate) use verb::run;
pub(crate) use wire::Job;
