//! An embedded Marathon: the same API and event stream, with real processes on this machine.

mod environment;
mod guard;
mod images;
mod ports;
mod process;

pub use images::{Argv, ImageMap, ImageMapError, UnmappedImage};
