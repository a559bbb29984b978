//! Whether it fits the cluster: what `zdd check` and `zdd plan` say with `--agents` or `--mesos`.
//!
//! ```text
//! --agents FILE ─┐
//! --mesos URL ───┴► cluster ──► Site ──► Question ──► fit ──► Answer ──► text, JSON, picture
//! Marathon's tasks ─────────────┘                     └─► fixes ─┘
//! ```

mod answer;
mod json;
mod order;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(crate) use answer::Answer;
