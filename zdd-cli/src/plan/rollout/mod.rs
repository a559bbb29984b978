//! Plans of blue/green and canaries, from the engine that carries them out.
//!
//! ```text
//! FILE ──► Asked ──► Swap, Canary ──► Prepared: record, app ──► forecast ──► Plan ──► text, JSON, picture
//!            what runs: Present ─────────┘                                    └── Binding: digest
//! ```

mod asked;
mod bound;
mod forecast;
mod json;
mod present;
mod show;
mod table;
mod text;
mod verb;

pub(crate) use asked::Either;
pub(crate) use bound::{Bound, BoundError};
pub(crate) use forecast::{Pace, Plan};
pub(crate) use json::{BindingReport, RolloutReport};
pub(crate) use present::Present;
pub(crate) use show::preview;
