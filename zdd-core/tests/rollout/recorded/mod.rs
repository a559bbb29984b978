//! Rollouts are recorded and judged: those of the engine hold, and each planted fault is found.

mod planted;
mod random;
mod stage;
mod texts;
