//! Whether it fits the cluster: what `zdd check` and `zdd plan` say with `--agents` or `--mesos`.
//!
//! ```text
//! --agents FILE ─┐
//! --mesos URL ───┴► cluster ──► Site ──► Question ──► fit ──► Answer ──► text, JSON, picture
//! Marathon's tasks ─────────────┘                     └─► fixes ─┘
//! ```

mod answer;
mod ask;
mod error;
mod json;
mod order;
mod place;
mod read;
mod refuse;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(crate) use answer::{Answer, NoRoom};
pub(crate) use error::FitError;
pub(crate) use json::FitReport;
pub(crate) use place::Place;
pub(crate) use refuse::{of_check, of_plan};
