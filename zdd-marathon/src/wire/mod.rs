//! Marathon's JSON, as it is on the wire, and what it means.
//!
//! Reading is tolerant where releases differ (1.3 to the last): unknown members are passed over, and
//! `null` counts as absent. It is not tolerant about what is there: a member of the wrong type, or an
//! app that cannot be understood, is an error that names the app. A listing is then refused as a
//! whole, because an app that silently is not in it would be taken for one that does not exist.

mod accepted;
mod app;
mod definition;
mod deployment;
mod info;
mod list;
mod message;
mod queue;
mod task;

pub(crate) use accepted::WireAccepted;
pub(crate) use app::AppInfo;
pub(crate) use definition::{body_of_app, body_of_group};
pub(crate) use deployment::{WireDeployment, WireSteps};
pub(crate) use info::WireInfo;
pub use list::apps_of_answer;
pub(crate) use list::{AppList, OneApp, StarList, TaskList, Versions};
pub(crate) use message::{Message, shortened};
pub(crate) use queue::WireQueue;
