//! What a deployment of an app waits for, seen at one moment.
//!
//! Marathon says what it does, what runs, and what it tries to launch in three different answers.
//! [`Watch::look`] joins them: what is *intended* ([`Intent`]), what is *real* ([`Seat`]s), and why the
//! one is not yet the other ([`Waiting`]). It decides nothing and asks nobody.
//!
//! ```text
//!   app ────────┐
//!   deployments ┼─► Watch::look ─► View { intent, seats, waiting }
//!   queue ──────┘        │
//!                   since when, for what Marathon does not say
//! ```
//!
//! A moment may be late or partial: whatever is missing is not guessed. When something goes on and
//! none of the answers says what it waits for, the reason is [`Reason::Unknown`], never none at all.

mod intent;
mod look;
mod reason;
mod reasons;
mod seat;
#[cfg(test)]
mod tests;

pub use intent::{Intent, Next};
pub use look::{Moment, View, Watch};
pub use reason::{Reason, Waiting};
pub use seat::{Condition, Seat};
