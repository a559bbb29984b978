//! `zdd status`: where deployments are, and what they wait for.

mod app_json;
mod app_text;
mod json;
#[cfg(test)]
mod tests;
mod text;
mod verb;

pub(crate) use app_json::AppReport;
pub(crate) use json::{DeploymentsReport, SightReport};
pub(crate) use verb::run;
