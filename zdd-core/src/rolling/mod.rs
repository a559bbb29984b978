//! Marathon's rolling replacement: in counts, and event by event.
//!
//! [`Numbers`] is the rule; [`Replacement`] applies it to instances with names. The nominal run of a
//! [`Timeline`](crate::timeline::Timeline) asks the same [`Numbers`].

mod event;
mod numbers;
mod replacement;

pub use event::{Action, Change, Event, Instance};
pub use numbers::{Numbers, Orders};
pub use replacement::{Definition, Replacement};

pub use crate::timeline::Version;
