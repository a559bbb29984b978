//! The command line.

mod check;
mod common;
mod lab;
mod plan;
mod verify;

pub(crate) use check::CheckArgs;
pub(crate) use common::{
    Cli, CompletionsArgs, ManArgs, Numbers, Output, SchemaArgs, SchemaOf, Verb,
};
pub(crate) use lab::{Demo, ImageArgs, LabArgs, LabVerb, RollingArgs, ServiceArgs, UpArgs};
pub(crate) use plan::{ModelName, PlanArgs, PlanOutput};
pub(crate) use verify::VerifyArgs;
