//! Draws a replacement over time: how many instances of which version are in which stage, between
//! the floor and the ceiling.
//!
//! ```text
//! Timeline ──plan──▶ Chart ──thin──▶ picture: frame (scales, axes), stack (areas),
//! recording ───────▶                          limits (floor, ceiling), marks (notes), legend
//! ```

mod agents;
mod frame;
mod legend;
mod limits;
mod marks;
mod model;
mod picture;
mod plan;
mod recording;
mod rollout;
mod stack;
#[cfg(test)]
mod tests;
mod text;
mod thin;
mod ticks;

pub(crate) use agents::{AgentChart, Standing};
pub(crate) use model::{Axis, Chart, Note, Point};
