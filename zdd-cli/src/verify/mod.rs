//! `zdd verify`: judges a recording.

pub(crate) mod json;
mod text;
mod verb;
mod words;

pub(crate) use verb::run;
