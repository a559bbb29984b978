//! Carries a rollout out, through the ports.
//!
//! The loop is always the same: observe, decide, act, wait. It is generic over everything that it
//! touches, time included, and keeps nothing that a crash could lose. A [`Claim`] sees to it that nobody
//! else works on the same deployment group meanwhile, the `zdd` command neither: take it before, ask whether
//! it [is yours](Claim::is_ours) before each thing that is done, and forget it in the end.
//!
//! ```
//! use zdd_core::drive::{Drive, Go, Witness};
//! use zdd_core::ports::{Clock, LoadBalancer, Marathon, Name};
//! use zdd_core::rollout::{Action, Decision, Observation, Outcome, Rollout, Split, Target};
//! use zdd_core::units::Timestamp;
//!
//! /// Gives everything to `/shop-green`, which runs beside `/shop-blue` with a fifth, and removes the old one.
//! async fn promote(
//!     marathon: &dyn Marathon,
//!     balancer: &dyn LoadBalancer,
//!     clock: &dyn Clock,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let (old, new) = ("/shop-blue".parse()?, "/shop-green".parse()?);
//!     let target = Target { old: 0, new: 4, traffic: Split::NEW.into() };
//!     let mut rollout = Rollout::new(Some(old), new, target)
//!         .holding(Split { old: 80, new: 20 })
//!         .with_floor(4);
//!     let backend: Name = "shop_10080".parse()?;
//!     let drive = Drive { marathon, balancer, backend: &backend, clock };
//!     match drive.run(&mut rollout, &mut Log::default()).await? {
//!         Outcome::Reached => Ok(()),
//!         // Everything stays as it is: the same target goes on from there, another one leads back.
//!         other => Err(other.to_string().into()),
//!     }
//! }
//!
//! /// Hears of each decision before it is carried out, and of each action after it.
//! #[derive(Default)]
//! struct Log {
//!     lines: Vec<String>,
//! }
//!
//! impl Witness for Log {
//!     async fn decided(&mut self, _: Timestamp, _: &Observation, _: &Decision) -> Go {
//!         Go::On
//!     }
//!
//!     async fn done(&mut self, now: Timestamp, action: &Action) {
//!         self.lines.push(format!("{now} {action}"));
//!     }
//! }
//! ```
//!
//! `examples/canary` of this crate has all three ports in memory, and a canary from its start to its
//! promotion. Instead of the loop one can call [`Rollout::step`](crate::rollout::Rollout::step) oneself, as
//! long as its actions are carried out in their order and each look comes after them.

mod act;
mod claim;
mod observe;
mod records;
mod run;

pub use claim::{Claim, ClaimError, refuse_held};
pub use records::{Around, find, find_all, read_all, running_of};
pub use run::{Drive, DriveError, Go, Witness};
