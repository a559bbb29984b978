//! Blueprints of VAMP, read as what they say about Marathon: two definitions of one app and the shares
//! of the traffic that each of them gets.
//!
//! ```text
//! YAML ── wire ──► places of everything ── resolve ──► Blueprint { sides } ── definition ──► App
//! ```
//!
//! What cannot be carried out is refused with its line and column, never left out in silence.

mod definition;
mod error;
mod quantity;
mod resolve;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use error::BlueprintError;
pub(crate) use resolve::Blueprint;
