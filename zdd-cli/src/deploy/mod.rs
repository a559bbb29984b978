//! `zdd deploy`: carries a definition out.

mod change;
mod job;
mod lock;
mod order;
mod preview;
mod show;
mod submit;
mod verb;

pub(crate) use change::{all_unversioned, unversioned};
pub(crate) use show::PlanLine;
pub(crate) use submit::{LOOK_EVERY, LOOK_FOR};
pub(crate) use verb::{carry_out, only_rolling, refuse_beside, run};
