//! The command line.

mod abort;
mod amend;
mod asked;
mod balancer;
mod canary;
mod check;
mod cluster;
mod common;
mod connect;
mod deploy;
mod drain;
mod follow;
mod group;
mod haproxy;
mod history;
mod hooks;
mod jobs;
mod lab;
mod observe;
mod plan;
mod resume;
mod span;
mod split;
mod status;
mod steps;
mod target;
mod turn;
mod verify;
mod zdd_py;

pub(crate) use abort::AbortArgs;
pub(crate) use amend::AmendArgs;
pub(crate) use asked::Asked;
pub(crate) use balancer::{BalancerArgs, BridgeArgs};
pub(crate) use canary::{
    CanaryArgs, CanaryVerb, EndArgs, HoldArgs, PaceArgs, Percent, ShowArgs, StartArgs,
};
pub(crate) use check::CheckArgs;
pub(crate) use cluster::ClusterArgs;
pub(crate) use common::{
    Cli, CompletionsArgs, ManArgs, Numbers, Output, SchemaArgs, SchemaOf, Verb,
};
pub(crate) use connect::ConnectArgs;
pub(crate) use deploy::{Carrying, DeployArgs, Strategy, SwapArgs};
pub(crate) use drain::{DrainArgs, DrainTimeout};
pub(crate) use follow::{FollowArgs, OnFailure, WatchArgs};
pub(crate) use group::Group;
pub(crate) use haproxy::HaproxyArgs;
pub(crate) use history::{HistoryArgs, RollbackArgs};
pub(crate) use hooks::{CheckHookArgs, HookArgs};
pub(crate) use jobs::{JobArgs, JobsArgs, Revision};
pub(crate) use lab::{
    ClientsArgs, Demo, DemoArgs, ImageArgs, LabArgs, LabVerb, ServiceArgs, UpArgs,
};
pub(crate) use observe::{BesideArgs, HookUrl, ObserveArgs};
pub(crate) use plan::{ModelName, PlanArgs, PlanCommand, PlanOutput, Times};
pub(crate) use resume::ResumeArgs;
pub(crate) use span::Span;
pub(crate) use split::SplitArgs;
pub(crate) use status::StatusArgs;
pub(crate) use steps::StepArgs;
pub(crate) use target::Target;
pub(crate) use turn::TurnArgs;
pub(crate) use verify::VerifyArgs;
pub(crate) use zdd_py::ZddPyArgs;
