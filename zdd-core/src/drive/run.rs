//! The loop.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::act::act;
use super::observe::observe;
use crate::ports::{BalancerError, Clock, LoadBalancer, Marathon, MarathonError, Name};
use crate::rollout::{Action, Decision, Next, Observation, Outcome, Rollout};
use crate::units::Timestamp;

/// What a rollout is carried out with.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "all ports are needed")]
pub struct Drive<'p> {
    /// Marathon.
    pub marathon: &'p dyn Marathon,
    /// The balancers.
    pub balancer: &'p dyn LoadBalancer,
    /// The backend that serves both apps.
    pub backend: &'p Name,
    /// Time.
    pub clock: &'p dyn Clock,
}

impl fmt::Debug for Drive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drive").field("backend", &self.backend).finish_non_exhaustive()
    }
}

/// Whoever watches a rollout, and may end it. Where its futures are `Send`, so is that of [`Drive::run`].
pub trait Witness {
    /// Is told what was seen and decided, before anything of it is done.
    fn decided(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        decision: &Decision,
    ) -> impl Future<Output = Go>;

    /// Is told what was done.
    fn done(&mut self, now: Timestamp, action: &Action) -> impl Future<Output = ()>;
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "on or not")]
pub enum Go {
    /// On.
    On,
    /// Not: nothing more is done.
    Stop,
}

/// Why a rollout was not carried out to its end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// Marathon failed.
    #[error(transparent)]
    Marathon(#[from] MarathonError),
    /// Marathon refused something that was to be done.
    #[error("{error}")]
    Refused {
        /// What.
        action: Box<Action>,
        /// Why.
        error: MarathonError,
    },
    /// The witness ended it.
    #[error("it was stopped; everything stays as it is")]
    Stopped,
}

impl Drive<'_> {
    /// Carries `rollout` out until it is over.
    ///
    /// # Errors
    ///
    /// When Marathon fails with something that another look does not explain, or the witness says so.
    /// Everything stays as it is then; a rollout with the same arguments goes on from there.
    pub async fn run(
        &self,
        rollout: &mut Rollout,
        witness: &mut impl Witness,
    ) -> Result<Outcome, DriveError> {
        let mut refused = Vec::new();
        loop {
            let seen = self.observe(rollout, refused).await?;
            let now = self.clock.now();
            let decision = rollout.step(now, &seen);
            if witness.decided(now, &seen, &decision).await == Go::Stop {
                return Err(DriveError::Stopped);
            }
            refused = Vec::new();
            for action in &decision.actions {
                let done = act(action, self.marathon, self.balancer, self.backend).await;
                let failed =
                    |error| DriveError::Refused { action: Box::new(action.clone()), error };
                refused.extend(done.map_err(failed)?);
                witness.done(self.clock.now(), action).await;
            }
            match decision.next {
                Next::Done(outcome) => return Ok(outcome),
                Next::ObserveBy { deadline, .. } => self.clock.sleep_until(deadline).await,
            }
        }
    }

    /// One look at everything.
    ///
    /// # Errors
    ///
    /// When Marathon fails. What balancers fail with is part of the observation.
    pub async fn observe(
        &self,
        rollout: &Rollout,
        refused: Vec<BalancerError>,
    ) -> Result<Observation, MarathonError> {
        observe(rollout, self.marathon, self.balancer, self.backend, refused).await
    }
}
