//! `zdd verify`: judges a recording.

pub(crate) mod json;
mod rollout;
pub(crate) mod rollout_json;
mod rollout_text;
pub(crate) mod text;
mod told;
mod verb;
mod words;

pub(crate) use verb::run;
