//! The REST API.
//!
//! [`router`] lists all routes. A handler reads its [`Call`](call::Call), asks or changes the model
//! through [`Shared`](super::runtime::Shared) in one go, and returns an
//! [`Answer`](answer::Answer) or a [`Refusal`](refusal::Refusal); both know how they look on the
//! wire. Files that end in `_view` say how things look in JSON.
//!
//! Not there: pods, artifacts, metrics, plugins, and giving up leadership, for a lab has no other
//! node that could lead.

mod answer;
mod app_path;
mod app_view;
mod apps;
mod apps_many;
mod call;
mod change;
mod deployment_view;
mod deployments;
mod embed;
mod events;
mod group_view;
mod groups;
mod info;
mod mesos;
mod mesos_view;
mod query;
mod queue;
mod refusal;
mod router;
mod selector;
mod stats_view;
mod task_view;
mod tasks;

pub(crate) use router::router;
