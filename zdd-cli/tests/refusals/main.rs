//! Input that cannot be used: one clear line, the right status, and nothing is touched.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod arguments;
mod case;
mod definitions;
#[path = "../fake/mod.rs"]
mod fake;
mod hooks;
#[path = "../run/mod.rs"]
mod run;
mod there;
mod under_way;
mod watched;
mod zdd_py;
