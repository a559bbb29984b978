//! One version beside another: `zdd canary`, and blue/green of `zdd deploy`.

mod carry;
mod claim;
mod close;
mod doing;
mod end;
mod error;
mod gate;
mod hold;
mod hooked;
mod lines;
mod metrics;
mod notices;
mod notify;
mod prepared;
mod record;
mod shared;
mod start;
mod status;
mod subject;
mod swap;
mod verb;
mod wait;
mod walk;
mod watchers;
mod zdd_py;

pub(crate) use doing::Doing;
pub(crate) use error::{CanaryError, Share};
pub(crate) use lines::CanaryLine;
pub(crate) use prepared::{Canary, Prepared, Swap, Swapped};
pub(crate) use shared::{Rollouts, go_on, take_back};
pub(crate) use status::{CanaryReport, Sight};
pub(crate) use subject::Subject;
pub(crate) use swap::swap;
pub(crate) use verb::run;
pub(crate) use watchers::Watchers;
pub(crate) use zdd_py::run as zdd_py;
