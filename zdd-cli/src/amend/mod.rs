//! What the command line adds to a definition: `--set` and `--revision`, and what nobody has put into a
//! template.

mod error;
mod fields;
mod read;
mod set;
mod unreplaced;

pub(crate) use error::AmendError;
pub(crate) use read::{amended, document};
pub(crate) use set::Setting;
