//! A rollout to its end, before anything of it is done.
//!
//! ```text
//!   World ── Observation ──► Steps::step(now, seen) ──► Decision
//!     ▲      (both apps,      the engine itself            │
//!     │       balancers)                                   ▼
//!     └───────────── actions, and time that passes ◄── forecast ──► Forecast: one Row a moment
//! ```
//!
//! The [`World`] is a Marathon with two apps and balancers that follow it, in which nothing fails and
//! each part of an instance's life lasts as long as was assumed. What is decided in it the engine
//! decides, the same that carries a rollout out; this module holds no rule of its own, so that a plan
//! cannot differ from what is done by anything but the world.
//!
//! What the world leaves out: instances that fail or are slower than others, balancers that need a
//! moment to follow, reloads, and everybody else. The same world and the same engine give the same
//! forecast, byte for byte.
//!
//! A [`Binding`] is what a plan was made from. It tells whether that still is so.

mod binding;
mod deed;
mod digest;
mod instance;
mod merge;
mod pool;
mod row;
mod run;
mod steps;
mod tally;
mod world;

pub use binding::{Binding, Difference, Seen, Sight};
pub use deed::{Deed, Event, Happening, Weighed};
pub use digest::{Digest, DigestError};
pub use row::{Forecast, Row, Serving, Wait};
pub use run::{ForecastError, Limits, forecast};
pub use steps::Steps;
pub use world::{Lasting, World};
