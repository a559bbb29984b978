//! Rolls an app out beside the one that runs: weights, drains, promotes, and goes back.
//!
//! ```text
//!   Release ── definition under another colour ─┐
//!                                               ▼
//!   Observation ──────────────► Rollout::step(now, seen) ──► Decision { actions, next }
//!   both apps, every balancer         │                        │
//!                                     └── Target: instances    └─ what is waited for, or the end
//!                                         and shares
//! ```
//!
//! All moves are one and the same: towards a [`Target`]. To start a canary, to change its share, to
//! promote it and to roll it back differ in nothing else. A step looks at everything that is there, never
//! at what changed; so it does no harm to lose one, to repeat one, or to begin anew after a crash.
//!
//! What holds at every step:
//!
//! - instances are added before any is taken away;
//! - traffic moves to a side only when all its instances are healthy and up at every balancer;
//! - no instance is stopped while a balancer sends it requests, or has sessions there that the policy
//!   does not allow to be cut; two looks in a row have to agree;
//! - never do fewer instances serve than the floor says, as far as the rollout has a say in it;
//! - nothing is decided while a balancer is not seen;
//! - nothing is done any more once somebody else pushes another definition of one of the apps.

mod course;
mod decide;
mod decision;
mod drain;
mod engine;
pub mod forecast;
mod growth;
pub mod history;
mod index;
pub mod labels;
mod matching;
mod merge;
mod observation;
mod onward;
mod pushed;
pub mod record;
mod release;
mod service_port;
mod settings;
mod shrink;
mod soak;
mod stage;
mod strangers;
mod summary;
mod target;
mod timer;
mod view;
mod waiting;
mod waves;
pub mod zdd_py;

pub use course::{Course, OnFailure, Step, Then};
pub use decision::{Action, Decision, Next, Outcome};
pub use engine::Rollout;
pub use growth::Growth;
pub use matching::{Matching, Place, matching};
pub use observation::Observation;
pub use pushed::Known;
pub use release::{Extent, Release, ReleaseError};
pub use service_port::{alt_port, entrance, service_port};
pub use soak::{Failed, Failure, Limits, Part, Pause, Soak};
pub use strangers::{Purpose, StrangerError, refuse_foreign, refuse_taken};
pub use summary::{Standing, cut_by, standings};
pub use target::{OnDrainTimeout, Patience, Split, Target, Traffic};
pub use view::Side;
pub use waiting::WaitingOn;
pub use waves::{NoRoom, Waves};
