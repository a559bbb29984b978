//! One running HAProxy: a master and its workers.

mod ask;
mod error;
mod haproxy;
mod output;
mod watchdog;

pub use error::ProcessError;
pub(super) use haproxy::Haproxy;
