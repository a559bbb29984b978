//! The servers of one or several HAProxy processes, seen and set through their admin sockets.
//!
//! What is set is read back, and remembered: a HAProxy that was reloaded has the values of its
//! configuration again, and gets ours again at the next look. A value that differs while the same
//! process runs was changed by somebody else; that is reported, and left to whoever asked.

mod balancer;
mod error;
mod memory;
mod several;

pub use balancer::{Balancer, Seen};
pub use error::AdminError;
pub use memory::{Change, Difference, Notice};
pub use several::{AdminSocket, Look};
pub use zdd_core::ports::Setting;
