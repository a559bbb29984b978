//! Draws an order in which instances come and go: agents × steps, what is free of each agent and who
//! has the rest, and where it stands still.
//!
//! ```text
//! Scene, moves ──held──▶ what each agent holds ──rows──▶ AgentChart ──picture──▶ rows (bars, names),
//! Rejections ────────────────────────────────────────▶                           columns, legend
//! ```

mod dimension;
mod held;
mod legend;
mod model;
mod picture;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use model::{AgentChart, Standing};
