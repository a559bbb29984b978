//! What a deployment does with one app.

use alloc::collections::BTreeSet;

use crate::rolling::Replacement;
use crate::scaling::StartInstances;
use crate::units::{DeploymentId, InstanceCount, InstanceId, Timestamp};

/// What a deployment does with one app in its current step.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) deployment: DeploymentId,
    pub(super) work: Work,
}

#[derive(Clone, Debug)]
pub(super) enum Work {
    /// `RestartApplication`.
    Replace { replacement: Replacement, version: Timestamp },
    /// `ScaleApplication`, first half: waiting for the death of these.
    Shrink { left: BTreeSet<InstanceId>, to: InstanceCount, version: Timestamp },
    /// `ScaleApplication`, second half.
    Grow { engine: StartInstances, version: Timestamp },
    /// `StopApplication`: waiting for the death of these.
    Stop { left: BTreeSet<InstanceId> },
}
