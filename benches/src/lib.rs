//! Inputs and floors of the benches.
