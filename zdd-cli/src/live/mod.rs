//! The live view: intent, reality and reason of each app on one screen, as lines, or as JSON.
//!
//! ```text
//!   views ─┬─► sheet ─► screen   a terminal: drawn over itself, some ten times a second
//!          ├─► teller            no terminal: a line for what changed, and what is waited for
//!          └─► line              -o json: one object a line
//! ```

mod block;
mod line;
mod row;
mod screen;
mod seats;
mod sheet;
mod teller;
#[cfg(test)]
mod tests;

pub(crate) use block::app;
pub(crate) use line::{ViewLine, WaitingReport};
pub(crate) use row::Ids;
pub(crate) use screen::Screen;
pub(crate) use sheet::sheet;
pub(crate) use teller::Teller;
