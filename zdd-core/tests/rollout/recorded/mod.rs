//! Rollouts are recorded and judged: those of the engine hold, and each planted fault is found.

mod back;
mod planted;
mod random;
mod stage;
mod texts;
